"""What identity holds of a person: name, contact points, accounts, sessions; handed out, and taken away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from ngomon.core.actors import Actor, system
from ngomon.core.audit import audit
from ngomon.core.events import emit
from ngomon.core.personal import register
from ngomon.core.secrets import open_text

from .commands.accounts import audience_of, forget_after, ref_of
from .commands.posts import end_absence, end_delegation, leave_post
from .models import (
    Absence,
    Account,
    Code,
    ContactPoint,
    Delegation,
    Holding,
    LockAppeal,
    Person,
    Session,
    in_force,
)
from .queries import every_account_of
from .terms import AccountClosed, Tier


def export_account(person_id: UUID, *, actor: Actor, at: datetime) -> dict[str, Any]:  # noqa: ARG001 (the port's)
    """Name, contact points, accounts, posts, sessions, appeals."""
    person = Person.objects.filter(pk=person_id, erased_at__isnull=True).first()
    if person is None:
        return {}
    accounts = every_account_of(person_id)
    points = ContactPoint.objects.filter(person=person).order_by("created_at")
    return {
        "name": person.name,
        "language": person.language,
        "national_id": open_text(person.national_id),
        "known_since": person.created_at.isoformat(),
        "contacts": [
            {"kind": p.kind, "value": open_text(p.value), "verified_at": _said(p.verified_at)} for p in points
        ],
        "accounts": [_account(row) for row in Account.objects.filter(pk__in=accounts)],
        "posts": [
            {"role": h.role, "agency": h.agency, "from": _said(h.valid_from), "to": _said(h.valid_to)}
            for h in Holding.objects.filter(account__in=accounts).order_by("valid_from")
        ],
        "sessions": [
            {"address": s.address, "browser": s.agent, "from": _said(s.started_at), "seen": _said(s.seen_at)}
            for s in Session.objects.filter(account_id__in=accounts).order_by("started_at")
        ],
        "lock_appeals": [
            {"text": open_text(a.text), "answer": open_text(a.answer), "at": _said(a.created_at)}
            for a in LockAppeal.objects.filter(account__in=accounts).order_by("created_at")
        ],
    }


def _said(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _account(row: Account) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "organisation": row.organisation_name,
        "tax_code": row.tax_code,
        "language": row.language,
        "tier": row.tier,
        "opened_at": _said(row.created_at),
        "locked_at": _said(row.locked_at),
        "locked_note": row.locked_note,
    }


def erase_account(person_id: UUID, *, actor: Actor, at: datetime) -> int:
    """Name, numbers, contact points, codes and sessions go; posts end; the accounts are closed for good."""
    accounts = every_account_of(person_id)
    owners = set(Account.objects.filter(pk__in=accounts).values_list("person_id", flat=True)) | {person_id}
    points = ContactPoint.objects.filter(person_id__in=owners)
    blinds = list(points.values_list("blind", flat=True))
    done = Code.objects.filter(Q(account__in=accounts) | Q(blind__in=blinds)).delete()[0]
    done += points.delete()[0]
    done += Session.objects.filter(account_id__in=accounts).delete()[0]
    done += LockAppeal.objects.filter(account__in=accounts).exclude(text="").update(text="", answer="")
    done += _end_grants(accounts, at=at)
    still = Account.objects.select_for_update().filter(pk__in=accounts).order_by("pk")
    done += sum(_close(account, actor=actor, at=at) for account in still)
    known = Person.objects.filter(pk__in=owners, erased_at__isnull=True)
    done += known.update(name="", national_id="", national_blind=None, erased_at=at)
    forget_after(*accounts)
    return done


def _end_grants(accounts: list[UUID], *, at: datetime) -> int:
    """Posts, delegations and absences end, so that work and rights go elsewhere."""
    system_ = system("identity.erase")
    held = list(Holding.objects.filter(in_force(at), account__in=accounts).values_list("pk", flat=True))
    for holding in held:
        leave_post(holding, actor=system_, at=at)
    given = Delegation.objects.filter(Q(giver__in=accounts) | Q(receiver__in=accounts), ended_at__isnull=True)
    delegations = list(given.filter(valid_to__gt=at).values_list("pk", flat=True))
    for delegation in delegations:
        end_delegation(delegation, actor=system_, at=at)
    away = Absence.objects.filter(account__in=accounts, ended_at__isnull=True, valid_to__gt=at)
    absences = list(away.values_list("pk", flat=True))
    for absence in absences:
        end_absence(absence, actor=system_, at=at)
    return len(held) + len(delegations) + len(absences)


def _close(account: Account, *, actor: Actor, at: datetime) -> int:
    """Close one account and empty it; whether there was anything left to do."""
    is_new = account.closed_at is None
    if not is_new and not (account.organisation_name or account.tax_code or account.has_usable_password()):
        return 0
    account.organisation_name, account.tax_code, account.locked_note = "", "", ""
    account.tier, account.closed_at = int(Tier.UNVERIFIED), account.closed_at or at
    account.set_unusable_password()
    if is_new:
        event = AccountClosed(str(account.pk))
        emit(account, event, actor=actor, at=at, audience=audience_of(account))
    account.save()
    audit("identity.erase_account", ref_of(account), actor=actor, at=at)
    return 1


register("identity", export=export_account, erase=erase_account)
