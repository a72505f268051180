"""One-time codes (mã xác thực dùng một lần) and signing in. A code is kept as a keyed hash and leaves by one delivery.

A wrong try must be counted, so these commands answer instead of raising: the unit is committed either way.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.deliveries import Rank, deliver
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.secrets import blind, open_text, seal_text
from ngomon.core.texts import text
from ngomon.core.units import command
from ngomon.identity.commands.accounts import audience_of, new_account, ref_of
from ngomon.identity.commands.persons import contact_blind, find_owner, verify_contact
from ngomon.identity.models import Account, Code, Person, Session
from ngomon.identity.terms import (
    AccountKind,
    CodePurpose,
    Contact,
    ContactKind,
    SignedIn,
    SignInAnswer,
    Tier,
)

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CHANNELS = {ContactKind.EMAIL: "smtp", ContactKind.PHONE: "sms"}


def _hash(code_id: UUID, code: str) -> str:
    return blind(f"{code_id}:{code}", "code")


@command
def send_code(
    contact: Contact,
    *,
    purpose: CodePurpose,
    account_id: UUID | None = None,
    language: str = "vi",
    actor: Actor,
    at: datetime,
) -> UUID:
    """Send a fresh code to a contact point, whether or not anybody has it; the id under which it is proved.

    The code itself is nowhere but in the sealed delivery, which is purged when the code expires. Codes sent before to the
    same contact stop working. The edge has limited how often (see `edge.limit_codes`).
    """
    code_id, code = uuid7(), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    hashed = contact_blind(contact)
    before = Code.objects.filter(blind=hashed, used_at__isnull=True, purpose=purpose.value)
    (before.filter(account_id=account_id) if account_id else before).delete()
    Code.objects.create(
        id=code_id,
        purpose=purpose.value,
        kind=contact.kind.value,
        contact=seal_text(contact.value),
        blind=hashed,
        account_id=account_id,
        hash=_hash(code_id, code),
        created_at=at,
        expires_at=at + CODE_LIFE,
    )
    values = {"code": code, "minutes": int(CODE_LIFE.total_seconds() // 60)}
    body = "sms" if contact.kind == ContactKind.PHONE else "body"
    content = {
        "subject": text("identity.message.code.subject", language, **values),
        "text": text(f"identity.message.code.{body}", language, **values),
        "language": language,
    }
    deliver(
        CHANNELS[contact.kind],
        contact.value,
        content,
        purpose="identity.code",
        of=Ref("code", str(code_id)),
        at=at,
        purge_at=at + CODE_LIFE,
        rank=Rank.CODE,
    )
    audit(
        "identity.send_code", Ref("code", str(code_id)), actor=actor, at=at, detail={"purpose": purpose.value}
    )
    return code_id


def _try(code_id: UUID, typed: str, purpose: CodePurpose, at: datetime) -> tuple[Code | None, int]:
    """The code's row when the typed digits are right, else how many tries are left."""
    row = Code.objects.select_for_update().filter(pk=code_id, purpose=purpose.value).first()
    if row is None or row.used_at is not None or row.expires_at <= at or row.tries >= CODE_TRIES:
        return None, 0
    row.tries += 1
    digits = "".join(c for c in typed if c.isdigit())
    is_right = hmac.compare_digest(row.hash, _hash(row.pk, digits))
    if is_right:
        row.used_at = at
    row.save(update_fields=["tries", "used_at"])
    return (row, 0) if is_right else (None, CODE_TRIES - row.tries)


def _wrong(tries_left: int) -> SignInAnswer:
    return SignInAnswer("wrong" if tries_left else "spent", tries_left=tries_left)


@command
def sign_in_by_code(
    code_id: UUID, typed: str, *, language: str = "vi", actor: Actor, at: datetime
) -> SignInAnswer:
    """Prove a code. The contact's owner signs in; a contact nobody has opens an account (a person's, without a name yet).

    Once: a code works once. A locked account is told so and may appeal.
    """
    row, left = _try(code_id, typed, CodePurpose.SIGN_IN, at)
    if row is None:
        return _wrong(left)
    contact = Contact(ContactKind(row.kind), open_text(row.contact))
    person = find_owner([contact])
    account = Account.objects.filter(person=person).exclude(kind="organisation").first() if person else None
    is_new = account is None
    if account is None:
        person = person or Person.objects.create(language=language, created_at=at)
        account = new_account(person, AccountKind.PERSON, Tier.CONTACT, actor=actor, at=at)
        verify_contact(person, contact, actor=actor, at=at)
    return _signed_in(account, "code", is_new=is_new, at=at)


@command
def sign_in_by_password(contact: Contact, password: str, *, actor: Actor, at: datetime) -> SignInAnswer:
    """Sign in with a contact point and the account's password.

    The same answer, by the same statements in the same time, for a contact that nobody has.
    """
    person = find_owner([contact])
    account = Account.objects.filter(person=person).exclude(kind="organisation").first()
    if account is None or not account.has_usable_password():
        make_password(password)
        audit("identity.wrong_password", Ref("account", ""), actor=actor, at=at)
        return SignInAnswer("wrong")
    if not account.check_password(password):
        audit("identity.wrong_password", ref_of(account), actor=actor, at=at)
        return SignInAnswer("wrong")
    return _signed_in(account, "password", is_new=False, at=at)


def _signed_in(account: Account, way: str, *, is_new: bool, at: datetime) -> SignInAnswer:
    if account.locked_at is not None:
        return SignInAnswer("locked", account.pk)
    actor = Actor("account", str(account.pk), account.pk, account.person_id)
    event = SignedIn(account=str(account.pk), way=way)
    emit(account, event, actor=actor, at=at, audience=audience_of(account))
    account.save(update_fields=["version"])
    audit("identity.sign_in", ref_of(account), actor=actor, at=at, detail={"way": way})
    return SignInAnswer("right", account.pk, is_new=is_new)


@command
def add_contact_by_code(code_id: UUID, typed: str, *, actor: Actor, at: datetime) -> SignInAnswer:
    """Prove a further contact point of the actor's own. Raises: Conflict when it is somebody else's."""
    row, left = _try(code_id, typed, CodePurpose.ADD_CONTACT, at)
    if row is None or row.account_id != actor.account_id or actor.person_id is None:
        return _wrong(left)
    person = Person.objects.select_for_update().get(pk=actor.person_id)
    verify_contact(person, Contact(ContactKind(row.kind), open_text(row.contact)), actor=actor, at=at)
    return SignInAnswer("right", actor.account_id)


@command
def forget_spent(*, before: datetime, at: datetime) -> int:
    """Drop codes that expired before an instant, and sessions that have expired; how many rows."""
    codes, _ = Code.objects.filter(expires_at__lt=before).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return codes + sessions
