"""Reads of identity: who acts with which rights, who holds a post, names and contact points."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q

from ngomon.core.actors import ANONYMOUS, Actor, Grant
from ngomon.core.audit import audit_look
from ngomon.core.ids import Ref
from ngomon.core.rows import stored
from ngomon.core.secrets import blind, open_text
from ngomon.core.statements import run
from ngomon.core.text import fold, sort_key
from ngomon.identity.acting import actor_of as actor_of
from ngomon.identity.acting import device_key as device_key
from ngomon.identity.acting import forget_grants as forget_grants
from ngomon.identity.acting import is_locked as is_locked
from ngomon.identity.acting import own_name as own_name
from ngomon.identity.models import (
    Absence,
    Account,
    ApiClient,
    ContactPoint,
    Delegation,
    Holding,
    LockAppeal,
    Person,
    Session,
    in_force,
)
from ngomon.identity.rules import device, given_name, mask, require, requirement_for, scope_role, spoken
from ngomon.identity.standing_in import in_place_of as in_place_of
from ngomon.identity.standing_in import stood_in_for as stood_in_for
from ngomon.identity.terms import (
    AGENCY_ROLES,
    IOC_ROLES,
    AbsenceShown,
    AccountShown,
    AppealShown,
    ClientShown,
    Contact,
    ContactKind,
    DelegationShown,
    FilingRule,
    Holder,
    HoldingShown,
    LockedShown,
    Officer,
    Requirement,
    SessionShown,
    Tier,
)
from ngomon.identity.terms import ContactPoint as ContactShown

_CLIENT = "SELECT id, agency, scopes FROM identity_client WHERE key_hash = %s AND revoked_at IS NULL"


def actor_of_client(api_key: str) -> Actor | None:
    """The program behind an API key; None for an unknown or revoked one. One statement."""
    digest = sha256(api_key.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_CLIENT, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    key, agency, scopes = row
    grants = frozenset(Grant(scope_role(scope), agency or None) for scope in json.loads(scopes))
    return replace(ANONYMOUS, kind="client", id=f"client:{UUID(str(key))}", grants=grants)


def live_keys(actor: Actor) -> set[str]:
    """The audience keys of what this actor may hear of live (see `core.events`)."""
    keys = {"public"}
    if actor.person_id is not None:
        keys.add(f"person:{actor.person_id}")
    for grant in actor.grants:
        if grant.role in IOC_ROLES:
            keys.add("ioc")
        keys.add(f"role:{grant.role}")
        if grant.agency:
            keys.add(f"agency:{grant.agency}")
        if grant.area:
            keys.add(f"area:{grant.area}")
    return keys


_HOLDER = ("account_id", "account__person__name", "role", "agency", "area")


def holders(role: str | None, agency: str | None, area: str | None, at: datetime) -> list[Holder]:
    """Who may act in this role, agency and area now (None: any), substitutes in place of the absent, main posts first.

    Locked accounts are left out. Absent ones without substitute come only where nobody else is there. Two statements, three
    with substitutes.
    """
    found = Holding.objects.filter(
        in_force(at), account__locked_at__isnull=True, account__closed_at__isnull=True
    )
    if role is not None:
        found = found.filter(role=role)
    if agency is not None:
        found = found.filter(agency=agency)
    if area is not None:
        found = found.filter(Q(area="") | Q(area=area))
    rows = list(found.order_by("-is_main", "valid_from").values_list(*_HOLDER))
    if not rows:
        return []
    return _with_substitutes([Holder(a, n, r, g or None, w or None) for a, n, r, g, w in rows], at)


def is_there(account: UUID, roles: Sequence[str], agency: str, at: datetime) -> bool:
    """Whether an account itself holds one of these posts now, is not locked and not away. One hand-written statement.

    Where it is not, it may yet act as somebody's substitute, or because nobody else is there: see `holders`.
    """
    slots = ", ".join(["%s"] * len(roles))
    asked = _IS_THERE.format(roles=slots)
    return run(asked, stored([account, agency, *roles, at, at, at, at])).fetchone() is not None


_IS_THERE = (
    "SELECT 1 FROM identity_holding h JOIN identity_account a ON a.id = h.account_id"
    " WHERE h.account_id = %s AND h.agency = %s AND h.role IN ({roles})"
    " AND h.valid_from <= %s AND (h.valid_to IS NULL OR h.valid_to > %s)"
    " AND a.locked_at IS NULL AND a.closed_at IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM identity_absence w WHERE w.account_id = h.account_id"
    " AND w.valid_from <= %s AND w.valid_to > %s AND w.ended_at IS NULL) LIMIT 1"
)


def holders_of_posts(posts: Iterable[UUID], at: datetime) -> dict[UUID, list[Holder]]:
    """Who may act in each of these posts now, substitutes in place of the absent; an absent one without is left out."""
    wanted = {str(post): post for post in posts}
    open_ = {"account__locked_at__isnull": True, "account__closed_at__isnull": True}
    rows = Holding.objects.filter(in_force(at), post__in=list(wanted), **open_)
    held: dict[UUID, list[Holder]] = {}
    for post, a, n, r, g, w in rows.order_by("-is_main", "valid_from").values_list("post", *_HOLDER):
        held.setdefault(wanted[post], []).append(Holder(a, n, r, g or None, w or None))
    away = set(Absence.objects.filter(in_force(at), ended_at=None).values_list("account_id", flat=True))
    there = {post: _with_substitutes(found, at) for post, found in held.items()}
    return {post: [h for h in found if h.account_id not in away] for post, found in there.items()}


def _with_substitutes(found: list[Holder], at: datetime) -> list[Holder]:
    absences = Absence.objects.filter(in_force(at), ended_at__isnull=True)
    away = dict(absences.values_list("account_id", "substitute_id"))
    present = [holder for holder in found if holder.account_id not in away]
    standing: dict[UUID, Holder] = {}
    for holder in found:
        substitute: UUID | None = holder.account_id
        for _ in range(3):
            if substitute in away:
                substitute = away[substitute]
        if holder.account_id in away and substitute is not None and substitute not in away:
            standing.setdefault(substitute, holder)
    if standing:
        names = names_of(standing, only_open=True)
        present += [
            replace(holder, account_id=substitute, name=names[substitute], stands_in_for=holder.account_id)
            for substitute, holder in standing.items()
            if substitute in names
        ]
    unique = {holder.account_id: holder for holder in reversed(present)}
    return [h for h in present if unique[h.account_id] is h] or found


def names_of(account_ids: Iterable[UUID], *, only_open: bool = False) -> dict[UUID, str]:
    """The names of accounts: the organisation's, else the person's. One statement."""
    rows = Account.objects.filter(pk__in=list(account_ids))
    if only_open:
        rows = rows.filter(locked_at__isnull=True, closed_at__isnull=True)
    return {
        key: organisation or name
        for key, organisation, name in rows.values_list("pk", "organisation_name", "person__name")
    }


def name_of(account_id: UUID) -> str:
    """The name of one account; empty when there is none."""
    return names_of([account_id]).get(account_id, "")


def name_behind(told: str) -> str:
    """The name of whom a log or a row names by an account's id; the word itself where it is none, as of the system."""
    return name_of(UUID(told)) if len(told) == 36 else told


def account_of_person(person_id: UUID) -> UUID | None:
    """The account a person signs in with, if any; follows a merge."""
    person = Person.objects.filter(pk=person_id).values_list("merged_into_id", flat=True).first()
    own = Account.objects.filter(person_id=person or person_id, closed_at__isnull=True)
    return own.exclude(kind="organisation").values_list("pk", flat=True).first()


def every_account_of(person_id: UUID) -> list[UUID]:
    """All accounts a person ever had, closed ones and those of persons merged into this one too: for export and erasure."""
    persons = {person_id}
    new = {person_id}
    while new:
        new = set(Person.objects.filter(merged_into__in=new).values_list("pk", flat=True)) - persons
        persons |= new
    return list(
        Account.objects.filter(person_id__in=persons).order_by("created_at").values_list("pk", flat=True)
    )


def person_by_contact(contact: Contact) -> UUID | None:
    """The person who verified this contact point."""
    hashed = blind(contact.value, "contact")
    found = ContactPoint.objects.filter(blind=hashed, verified_at__isnull=False)
    return found.values_list("person_id", flat=True).first()


def persons_by_contact(blinds: Iterable[str]) -> list[tuple[str, UUID]]:
    """Which persons proved these contact points to be theirs, by keyed hashes: nothing is opened. One statement."""
    found = ContactPoint.objects.filter(blind__in=sorted(blinds), verified_at__isnull=False)
    return list(found.values_list("blind", "person_id"))


def _opened(row: ContactPoint) -> Contact:
    return Contact(ContactKind(row.kind), open_text(row.value))


def contact_points(
    person_id: UUID, *, actor: Actor, purpose: str, at: datetime, is_masked: bool = False
) -> list[ContactShown]:
    """A person's contact points. One's own are free to see; others' need `contact.see`, and the look is audited.

    Runs inside a unit when it looks at somebody else's. Raises: Refused.
    """
    if actor.person_id != person_id:
        require(actor, "contact.see")
        audit_look([Ref("person", str(person_id))], actor=actor, at=at, purpose=purpose)
    rows = ContactPoint.objects.filter(person_id=person_id).order_by("kind", "created_at")
    return [
        ContactShown(
            row.pk,
            row.kind,
            mask(_opened(row)) if is_masked else spoken(_opened(row)),
            row.verified_at is not None,
            row.is_primary,
        )
        for row in rows
    ]


def contacts_of(
    person_accounts: Iterable[UUID], *, actor: Actor, purpose: str, at: datetime
) -> dict[UUID, dict[str, str]]:
    """The verified contacts of several accounts by kind (the primary one of each), in a unit; each look is written down.

    Raises: Refused. Two statements.
    """
    require(actor, "contact.see")
    owners = dict(Account.objects.filter(pk__in=list(person_accounts)).values_list("person_id", "pk"))
    rows = ContactPoint.objects.filter(person_id__in=list(owners), verified_at__isnull=False)
    found: dict[UUID, dict[str, str]] = {}
    for row in rows.order_by("-is_primary", "created_at"):
        found.setdefault(owners[row.person_id], {}).setdefault(row.kind, open_text(row.value))
    audit_look([Ref("account", str(key)) for key in found], actor=actor, at=at, purpose=purpose)
    return found


def reach_of(account_id: UUID) -> tuple[str, list[Contact]]:
    """For sending only: the account's language and its person's verified contact points, primary ones first."""
    return reaches_of([account_id])[account_id]


def reaches_of(account_ids: Iterable[UUID]) -> dict[UUID, tuple[str, list[Contact]]]:
    """As `reach_of`, for many accounts. Two statements."""
    keys = list(account_ids)
    rows = Account.objects.filter(pk__in=keys, closed_at__isnull=True)
    known = {pk: (language, person) for pk, language, person in rows.values_list("pk", "language", "person")}
    persons = {person for _, person in known.values()}
    points = ContactPoint.objects.filter(person_id__in=persons, verified_at__isnull=False)
    contacts: dict[UUID, list[Contact]] = {}
    for row in points.order_by("-is_primary", "created_at"):
        contacts.setdefault(row.person_id, []).append(_opened(row))
    nobody: tuple[str, UUID | None] = ("vi", None)
    found = {key: known.get(key, nobody) for key in keys}
    return {key: (said, contacts.get(person, []) if person else []) for key, (said, person) in found.items()}


def may_file(channel: str, category: str, actor: Actor) -> FilingRule:
    """What the pack's sign-in policy asks on this channel for this category, and whether the actor meets it.

    Staff who file on behalf, and programs, meet it by their right; the strictest is asked where the pack says nothing.
    """
    rows = settings.NGOMON_CITY.get("sign_in", {}).get("policy", [])
    requires = requirement_for(
        channel, category, [(r["channel"], r["category"], r["requires"]) for r in rows]
    )
    if requires == Requirement.ANONYMOUS or actor.kind in {"system", "client"} or actor.is_staff:
        return FilingRule(requires, True)
    if requires == Requirement.ACCOUNT or actor.person_id is None:
        return FilingRule(requires, actor.person_id is not None)
    phones = ContactPoint.objects.filter(person_id=actor.person_id, kind="phone", verified_at__isnull=False)
    return FilingRule(requires, actor.tier >= Tier.IDENTITY or phones.exists())


def account_shown(account_id: UUID) -> AccountShown | None:
    """An account for its own pages and for administrators; callers check the right."""
    row = Account.objects.select_related("person").filter(pk=account_id).first()
    return _account(row) if row else None


def _account(row: Account) -> AccountShown:
    return AccountShown(
        row.pk,
        row.person_id,
        row.kind,
        row.person.name,
        row.organisation_name,
        row.language,
        row.tier,
        row.has_usable_password(),
        row.locked_at,
        row.locked_reason,
    )


def accounts_of_person(person_id: UUID) -> list[AccountShown]:
    """The accounts a person may act with: their own first, then those of organisations."""
    rows = Account.objects.filter(person_id=person_id, closed_at__isnull=True).order_by("organisation_name")
    return [_account(row) for row in rows.select_related("person")]


def sessions_of(account_id: UUID, *, this: str, at: datetime) -> list[SessionShown]:
    """Where an account is signed in, latest use first."""
    rows = Session.objects.filter(account_id=account_id, expire_date__gt=at).order_by("-seen_at")
    return [
        SessionShown(r.handle, r.started_at, r.seen_at, *device(r.agent), r.address, r.session_key == this)
        for r in rows
    ]


def holdings_of(account_id: UUID, at: datetime) -> list[HoldingShown]:
    """The posts an account holds now or will hold, main ones first."""
    rows = Holding.objects.filter(account_id=account_id).exclude(valid_to__lte=at)
    return [_holding(row) for row in rows.order_by("-is_main", "valid_from")]


def staff_of(agency: str, at: datetime) -> list[tuple[HoldingShown, str]]:
    """Who holds posts in an agency (empty: the city's own), with names, by given name as Vietnamese lists go."""
    rows = Holding.objects.filter(in_force(at), agency=agency).select_related("account__person")
    pairs = [(_holding(row), row.account.person.name) for row in rows]
    return sorted(pairs, key=lambda pair: (sort_key(given_name(pair[1])), sort_key(pair[1])))


def _holding(row: Holding) -> HoldingShown:
    return HoldingShown(
        row.pk,
        row.account_id,
        row.role,
        row.agency,
        row.area,
        row.title,
        row.is_main,
        row.valid_from,
        row.valid_to,
        row.post,
    )


def officers(at: datetime, *, words: str = "", agency: str | None = None, role: str = "") -> list[Officer]:
    """Everybody who holds a post now, by given name; filtered by words of the name (tone marks ignored), agency and role.

    The agency "" stands for the city's own posts. One statement.
    """
    rows = Holding.objects.filter(in_force(at), account__closed_at__isnull=True)
    names: dict[UUID, str] = {}
    held: dict[UUID, list[HoldingShown]] = {}
    for row in rows.select_related("account__person").order_by("-is_main", "valid_from"):
        names[row.account_id] = row.account.person.name
        held.setdefault(row.account_id, []).append(_holding(row))
    wanted = fold(words).split()
    found = [
        Officer(key, name, tuple(held[key]))
        for key, name in names.items()
        if all(word in fold(name) for word in wanted)
        and any(agency in {None, h.agency} and role in {"", h.role} for h in held[key])
    ]
    return sorted(found, key=lambda o: (sort_key(given_name(o.name)), sort_key(o.name)))


def absences_of(account_ids: Iterable[UUID], at: datetime) -> list[AbsenceShown]:
    """The absences of these accounts that are not over, soonest first. One statement."""
    rows = Absence.objects.filter(account_id__in=list(account_ids), ended_at__isnull=True, valid_to__gt=at)
    fields = ("pk", "account_id", "substitute_id", "valid_from", "valid_to")
    return [AbsenceShown(*row) for row in rows.order_by("valid_from").values_list(*fields)]


def away(account_ids: Iterable[UUID], at: datetime) -> set[UUID]:
    """Those of these accounts who are away now. One statement."""
    rows = Absence.objects.filter(in_force(at), account_id__in=list(account_ids), ended_at__isnull=True)
    return set(rows.values_list("account_id", flat=True))


def delegations_shown(account_ids: Iterable[UUID], at: datetime) -> list[DelegationShown]:
    """The delegations given or received by these accounts that are not over, soonest first. One statement."""
    keys = list(account_ids)
    rows = Delegation.objects.filter(Q(giver_id__in=keys) | Q(receiver_id__in=keys), ended_at__isnull=True)
    fields = ("pk", "giver_id", "receiver_id", "holding_id", "document", "valid_from", "valid_to")
    found = rows.filter(valid_to__gt=at).order_by("valid_from").values_list(*fields)
    return [DelegationShown(*row) for row in found]


def locked_accounts(*, actor: Actor) -> list[LockedShown]:
    """Locked accounts, latest first. Raises: Refused."""
    require(actor, "account.see")
    rows = Account.objects.filter(locked_at__isnull=False).select_related("person").order_by("-locked_at")
    return [
        LockedShown(
            row.pk,
            row.organisation_name or row.person.name,
            row.locked_reason,
            row.locked_note,
            row.locked_at,
            row.locked_by,
        )
        for row in rows
        if row.locked_at is not None
    ]


def absence_of(account_id: UUID, at: datetime) -> tuple[UUID, datetime, UUID | None] | None:
    """The absence in force or next to come: its id, its end, the substitute."""
    rows = Absence.objects.filter(account_id=account_id, ended_at__isnull=True, valid_to__gt=at)
    return rows.order_by("valid_from").values_list("pk", "valid_to", "substitute_id").first()


def delegations_of(account_id: UUID, at: datetime) -> list[tuple[UUID, UUID, UUID, datetime]]:
    """Delegations given or received and not over: id, giver, receiver, end."""
    rows = Delegation.objects.filter(
        Q(giver_id=account_id) | Q(receiver_id=account_id), ended_at__isnull=True
    )
    return list(rows.filter(valid_to__gt=at).values_list("pk", "giver_id", "receiver_id", "valid_to"))


def appeals_open(*, actor: Actor, at: datetime) -> list[AppealShown]:
    """Appeals against locks that wait for a decision, oldest first. The look is audited. Raises: Refused."""
    require(actor, "account.decide_appeal")
    rows = list(
        LockAppeal.objects.filter(decided_at__isnull=True).select_related("account").order_by("created_at")
    )
    audit_look(
        [Ref("account", str(r.account_id)) for r in rows], actor=actor, at=at, purpose="identity.appeal"
    )
    return [
        AppealShown(r.pk, r.account_id, r.account.locked_reason, open_text(r.text), r.created_at)
        for r in rows
    ]


def last_appeal(account_id: UUID) -> tuple[bool, str] | None:
    """For the owner: whether the latest appeal is still open, and the answer to it."""
    row = LockAppeal.objects.filter(account_id=account_id).order_by("-created_at").first()
    return (row.decided_at is None, open_text(row.answer)) if row else None


def clients(*, actor: Actor) -> list[ClientShown]:
    """All API clients, latest first. Raises: Refused."""
    require(actor, "client.manage")
    return [
        ClientShown(c.pk, c.name, c.agency, c.hint, tuple(c.scopes), c.created_at, c.revoked_at)
        for c in ApiClient.objects.order_by("-created_at")
    ]


def people_of(agency: str, at: datetime) -> list[Officer]:
    """Who can be given something by name in an agency now, with his posts there, by given name. Whoever is away without a
    substitute is left out. Two statements."""
    held: dict[UUID, tuple[str, list[HoldingShown]]] = {}
    for holding, name in staff_of(agency, at):
        if holding.role in AGENCY_ROLES:
            held.setdefault(holding.account_id, (name, []))[1].append(holding)
    away = {a.account_id for a in absences_of(held, at) if a.valid_from <= at and a.substitute_id is None}
    closed = set(held) - set(names_of(held, only_open=True))
    return [
        Officer(key, name, tuple(posts)) for key, (name, posts) in held.items() if key not in away | closed
    ]
