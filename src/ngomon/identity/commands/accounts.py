"""Accounts: opening, profile, password, sessions, locks and appeals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.ids import Ref
from ngomon.core.secrets import seal_text
from ngomon.core.text import clean
from ngomon.core.units import command, current_unit
from ngomon.identity.commands.persons import add_verified, find_owner, read_name
from ngomon.identity.models import Account, LockAppeal, Person, Session
from ngomon.identity.queries import forget_grants
from ngomon.identity.rules import is_tax_code, require
from ngomon.identity.terms import (
    LOCK_REASONS,
    AccountKind,
    AccountLocked,
    AccountOpened,
    AccountUnlocked,
    AppealDecided,
    Contact,
    LockAppealed,
    Tier,
)


def ref_of(account: Account) -> Ref:
    """How audit points at an account."""
    return Ref("account", str(account.pk))


def audience_of(account: Account) -> list[str]:
    """Who hears of an account's own events live: its person, and administrators."""
    return [f"person:{account.person_id}"]


def locked_row(account_id: UUID) -> Account:
    """The account's row, held for this unit. Raises: NotFound."""
    found = Account.objects.select_for_update().filter(pk=account_id).first()
    if found is None:
        raise NotFound("identity.account.missing")
    return found


def new_account(
    person: Person,
    kind: AccountKind,
    tier: Tier,
    *,
    actor: Actor,
    at: datetime,
    organisation: str = "",
    tax: str = "",
) -> Account:
    """A fresh account of a person, told to the log."""
    account = Account(
        person=person,
        kind=kind.value,
        language=person.language,
        tier=int(tier),
        created_at=at,
        organisation_name=organisation,
        tax_code=tax,
    )
    account.set_unusable_password()
    emit(
        account,
        AccountOpened(account=str(account.pk), account_kind=kind.value),
        actor=actor,
        at=at,
        audience=audience_of(account),
    )
    account.save(force_insert=True)
    audit("identity.open_account", ref_of(account), actor=actor, at=at, detail={"kind": kind.value})
    return account


def forget_after(*account_ids: UUID) -> None:
    """Read these accounts' rights anew once this unit is committed."""
    current_unit().after.append(lambda: forget_grants(*account_ids))


@command
def open_account(
    name: str,
    contacts: Iterable[Contact],
    *,
    kind: AccountKind = AccountKind.PERSON,
    language: str = "vi",
    actor: Actor,
    at: datetime,
) -> UUID:
    """Open an account for somebody whose contact points staff vouch for: an officer, the cast of a demonstration.

    Once: a contact that already signs in gives back that account and changes nothing.
    Raises: Refused, Invalid.
    """
    require(actor, "post.give")
    asked = list(contacts)
    owner = find_owner(asked)
    if owner is not None:
        known = Account.objects.filter(person=owner).exclude(kind=AccountKind.ORGANISATION).first()
        if known is not None:
            return known.pk
    person = owner or Person.objects.create(name=read_name(name), language=language, created_at=at)
    if owner is None:
        add_verified(person, asked, at=at)
    return new_account(person, kind, Tier.CONTACT, actor=actor, at=at).pk


@command
def open_organisation(name: str, tax_code: str, *, actor: Actor, at: datetime) -> UUID:
    """Open an account by which the actor's person acts for an organisation (doanh nghiệp, hợp tác xã, hội).

    Units: `tax_code` is the mã số thuế of 10 digits, with a branch number 13.
    Raises: Refused, Invalid, Conflict.
    """
    if actor.person_id is None:
        raise Refused("identity.refused.sign_in")
    code = clean(tax_code).replace(" ", "")
    if not is_tax_code(code):
        raise Invalid.field("tax_code", "identity.organisation.bad_tax_code")
    person = Person.objects.get(pk=actor.person_id)
    if Account.objects.filter(person=person, tax_code=code, closed_at__isnull=True).exists():
        raise Conflict("identity.organisation.known")
    made = new_account(
        person,
        AccountKind.ORGANISATION,
        Tier.UNVERIFIED,
        actor=actor,
        at=at,
        organisation=read_name(name),
        tax=code,
    )
    return made.pk


@command
def change_profile(
    account_id: UUID, *, name: str, language: str, kind: AccountKind | None = None, actor: Actor, at: datetime
) -> None:
    """Correct a name, choose the language, say whether one is a resident or a visitor. Raises: Refused, Invalid."""
    if actor.account_id != account_id:
        require(actor, "post.give")
    if language not in {"vi", "en"}:
        raise Invalid.field("language", "identity.language.unknown")
    account = locked_row(account_id)
    is_organisation = account.kind == AccountKind.ORGANISATION
    if kind is not None and not is_organisation and kind != AccountKind.ORGANISATION:
        account.kind = kind.value
    account.language = language
    if is_organisation:
        account.organisation_name = read_name(name)
    else:
        Person.objects.filter(pk=account.person_id).update(name=read_name(name), language=language)
    account.save(update_fields=["language", "kind", "organisation_name"])
    audit("identity.change_profile", ref_of(account), actor=actor, at=at)
    forget_after(account_id)


@command
def set_password(account_id: UUID, password: str, *, actor: Actor, at: datetime) -> None:
    """Set or, with an empty one, remove the password; other sessions end. Source: argon2id, RFC 9106. Raises: Refused, Invalid."""
    if actor.account_id != account_id:
        raise Refused("identity.refused.own")
    account = locked_row(account_id)
    if password:
        try:
            validate_password(password, account)
        except ValidationError as error:
            raise Invalid.field("password", f"identity.password.{error.error_list[0].code}") from error
        account.set_password(password)
    else:
        account.set_unusable_password()
    account.save(update_fields=["password"])
    audit("identity.set_password", ref_of(account), actor=actor, at=at, detail={"is_set": bool(password)})
    end_other_sessions(account_id, keep=actor.session, actor=actor, at=at)


@command
def end_session(account_id: UUID, handle: str, *, actor: Actor, at: datetime) -> None:
    """Sign one browser out; `handle` is what the list of sessions shows of its key. Raises: Refused, NotFound."""
    if actor.account_id != account_id:
        require(actor, "account.lock")
    ended, _ = Session.objects.filter(account_id=account_id, handle=handle).delete()
    if not ended:
        raise NotFound("identity.session.missing")
    audit("identity.end_session", Ref("account", str(account_id)), actor=actor, at=at)


@command
def end_other_sessions(account_id: UUID, *, keep: str = "", actor: Actor, at: datetime) -> int:
    """Sign out everywhere, but for the session kept; how many ended. Raises: Refused."""
    if actor.account_id != account_id:
        require(actor, "account.lock")
    ended, _ = Session.objects.filter(account_id=account_id).exclude(session_key=keep).delete()
    audit("identity.end_sessions", Ref("account", str(account_id)), actor=actor, at=at, detail={"n": ended})
    return ended


@command
def lock_account(account_id: UUID, reason: str, note: str = "", *, actor: Actor, at: datetime) -> None:
    """Lock an account for a stated reason; its sessions end. The owner may appeal.

    Raises: Refused, Invalid, NotFound, Conflict (already locked, or one's own).
    """
    require(actor, "account.lock")
    if reason not in LOCK_REASONS:
        raise Invalid.field("reason", "identity.lock.reason")
    account = locked_row(account_id)
    if account.locked_at is not None:
        raise Conflict("identity.lock.already")
    if actor.account_id == account_id:
        raise Conflict("identity.lock.own")
    account.locked_at, account.locked_reason, account.locked_by = at, reason, actor.id
    account.locked_note = clean(note)[:500]
    emit(
        account,
        AccountLocked(account=str(account_id), reason=reason),
        actor=actor,
        at=at,
        audience=audience_of(account),
    )
    account.save(update_fields=["locked_at", "locked_reason", "locked_by", "locked_note", "version"])
    Session.objects.filter(account_id=account_id).delete()
    audit("identity.lock_account", ref_of(account), actor=actor, at=at, detail={"reason": reason})
    forget_after(account_id)


@command
def unlock_account(account_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Lift a lock. Raises: Refused, NotFound, Conflict (not locked)."""
    require(actor, "account.lock")
    account = locked_row(account_id)
    if account.locked_at is None:
        raise Conflict("identity.lock.none")
    _unlock(account, actor=actor, at=at)


def _unlock(account: Account, *, actor: Actor, at: datetime) -> None:
    account.locked_at, account.locked_reason, account.locked_by, account.locked_note = None, "", "", ""
    emit(account, AccountUnlocked(account=str(account.pk)), actor=actor, at=at, audience=audience_of(account))
    account.save(update_fields=["locked_at", "locked_reason", "locked_by", "locked_note", "version"])
    audit("identity.unlock_account", ref_of(account), actor=actor, at=at)
    forget_after(account.pk)


@command
def appeal_lock(account_id: UUID, text: str, *, actor: Actor, at: datetime) -> UUID:
    """Ask for another look at a lock (khiếu nại). The edge has seen that the browser proved a contact of this account.

    Raises: Invalid, NotFound, Conflict (not locked; or an appeal is open).
    """
    words = clean(text)
    if not words:
        raise Invalid.field("text", "identity.appeal.empty")
    if len(words) > 2000:
        raise Invalid.field("text", "identity.appeal.long")
    account = locked_row(account_id)
    if account.locked_at is None:
        raise Conflict("identity.lock.none")
    if LockAppeal.objects.filter(account=account, decided_at__isnull=True).exists():
        raise Conflict("identity.appeal.open")
    appeal = LockAppeal.objects.create(account=account, text=seal_text(words), created_at=at)
    emit(
        account,
        LockAppealed(account=str(account_id), appeal=str(appeal.pk)),
        actor=actor,
        at=at,
        audience=["ioc"],
    )
    account.save(update_fields=["version"])
    audit("identity.appeal_lock", ref_of(account), actor=actor, at=at, detail={"appeal": str(appeal.pk)})
    return appeal.pk


@command
def decide_appeal(appeal_id: UUID, *, is_lifted: bool, answer: str, actor: Actor, at: datetime) -> None:
    """Decide an appeal, with an answer in words; whoever locked the account may not.

    Raises: Refused, Invalid, NotFound, Conflict (already decided).
    """
    require(actor, "account.decide_appeal")
    appeal = LockAppeal.objects.select_for_update().filter(pk=appeal_id).first()
    if appeal is None:
        raise NotFound("identity.appeal.missing")
    if appeal.decided_at is not None:
        raise Conflict("identity.appeal.decided")
    if not clean(answer):
        raise Invalid.field("answer", "identity.appeal.answer")
    account = locked_row(appeal.account_id)
    if account.locked_by == actor.id:
        raise Refused("identity.appeal.same_person")
    appeal.decided_at, appeal.decided_by, appeal.is_lifted = at, actor.id, is_lifted
    appeal.answer = seal_text(clean(answer)[:2000])
    appeal.save()
    emit(
        account,
        AppealDecided(account=str(account.pk), appeal=str(appeal_id), is_lifted=is_lifted),
        actor=actor,
        at=at,
        audience=audience_of(account),
    )
    account.save(update_fields=["version"])
    audit("identity.decide_appeal", ref_of(account), actor=actor, at=at, detail={"is_lifted": is_lifted})
    if is_lifted and account.locked_at is not None:
        _unlock(account, actor=actor, at=at)
