"""Reads of messages: inbox, what was sent about a thing, dead letters, the tray."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.deliveries import Posted
from ngomon.core.errors import NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.secrets import derive, open_text
from ngomon.identity.rules import require
from ngomon.messages import models
from ngomon.messages.models import Call, Message, Sending, VoiceAttempt
from ngomon.messages.rules import NEXT, call_of_token, call_token, segments
from ngomon.messages.terms import (
    CALLING,
    Attempt,
    CallShown,
    DeadLetter,
    InboxItem,
    InboxPage,
    Preference,
    Told,
    TrayItem,
    Values,
    Way,
)
from ngomon.messages.words import pack, say

TRAY = "tray"


def preference_of(account_id: UUID) -> Preference:
    """How an account wants to hear from us."""
    return _preference(models.Preference.objects.filter(pk=account_id).first())


def preferences_of(account_ids: Iterable[UUID]) -> dict[UUID, Preference]:
    """How these accounts want to hear from us. One statement."""
    keys = list(account_ids)
    rows = {row.pk: row for row in models.Preference.objects.filter(pk__in=keys)}
    return {key: _preference(rows.get(key)) for key in keys}


def _preference(row: models.Preference | None) -> Preference:
    return Preference(row.mail, row.sms, row.quiet_from, row.quiet_to) if row else Preference()


def unread(account_id: UUID) -> int:
    """How many messages an account has not opened."""
    return Message.objects.filter(account_id=account_id, read_at__isnull=True).count()


def preview(template: str, values: Values, language: str) -> tuple[str, str]:
    """Subject and body of a message as they would be sent."""
    packed = pack(values)
    return say(template, "subject", packed, language), say(template, "body", packed, language)


def inbox(actor: Actor, *, after: str = "", limit: int = 30) -> InboxPage:
    """The actor's own messages, latest first, said in the actor's language. Raises: Refused."""
    if actor.account_id is None:
        raise Refused("messages.refused.inbox")
    rows = Message.objects.filter(account_id=actor.account_id)
    if after:
        at, _, key = after.partition("_")
        instant = datetime.fromisoformat(at)
        rows = rows.filter(Q(created_at__lt=instant) | Q(created_at=instant, id__lt=UUID(key)))
    found = list(rows.order_by("-created_at", "-id")[: limit + 1])
    shown = tuple(_item(row, actor.language) for row in found[:limit])
    last = found[limit - 1] if len(found) > limit else None
    return InboxPage(
        shown, f"{last.created_at.isoformat()}_{last.pk}" if last else "", unread(actor.account_id)
    )


def _item(row: Message, language: str) -> InboxItem:
    packed = open_text(row.values)
    subject, body = (say(row.template, part, packed, language) for part in ("subject", "body"))
    return InboxItem(row.pk, subject, body, row.url, row.created_at, row.read_at, row.is_urgent)


def messages_of(of: Ref, *, actor: Actor) -> list[Told]:
    """What was told about a thing, latest first: by which way, to which masked address, how it stands. Three statements.

    Subjects are said in the actor's language. Raises: Refused.
    """
    require(actor, "message.see")
    rows = list(Message.objects.filter(ref_kind=of.kind, ref_key=of.key).order_by("-created_at", "-id"))
    sendings: dict[UUID, list[Sending]] = {}
    for sending in Sending.objects.filter(message__in=rows):
        sendings.setdefault(sending.message_id, []).append(sending)
    posted = deliveries.posted(s.delivery for group in sendings.values() for s in group)
    return [told for row in rows for told in _told(row, sendings.get(row.pk, []), posted, actor.language)]


def _told(row: Message, sendings: list[Sending], posted: dict[UUID, Posted], language: str) -> Iterable[Told]:
    subject = say(row.template, "subject", open_text(row.values), language)
    bare = Told(
        message_id=row.pk,
        account_id=row.account_id,
        template=row.template,
        subject=subject,
        at=row.created_at,
        read_at=row.read_at,
    )
    if not sendings:
        yield bare
    for sending in sendings:
        one = posted.get(sending.delivery)
        if one is not None:
            yield replace(
                bare,
                delivery_id=one.id,
                channel=sending.channel,
                address=sending.address,
                state=one.error if one.error == deliveries.WITHDRAWN else one.state,
                sent_at=one.sent_at,
                due_at=one.due_at,
                attempts=one.attempts,
                error=one.error,
                is_tray=one.receipt == TRAY,
            )


# --- calling out ------------------------------------------------------------------------------------------------------


def _call_key() -> bytes:
    return derive(settings.SECRET_KEY, "call-link")


def link_of_call(call: UUID) -> str:
    """The address of a call's page: whoever has the link may answer for the one who was called."""
    return f"/c/{call_token(call, _call_key())}"


def call_of_link(token: str) -> UUID:
    """The call that a link is for, also one made with an older key of ours. Raises: NotFound."""
    keys = [_call_key(), *(derive(old, "call-link") for old in settings.SECRET_KEY_FALLBACKS)]
    found = next((call for key in keys if (call := call_of_token(token, key)) is not None), None)
    if found is None:
        raise NotFound("messages.call.missing")
    return found


def call_shown(call: UUID, language: str = "") -> CallShown:
    """One call as the one who was called sees it. The caller checked the link or the account. Raises: NotFound."""
    row = Call.objects.select_related("message").filter(pk=call).first()
    if row is None:
        raise NotFound("messages.call.missing")
    return _call(row, language)


def calls_of(account_id: UUID, *, since: datetime) -> list[CallShown]:
    """What an account was called out for since an instant, latest first."""
    rows = Call.objects.select_related("message").filter(account=account_id, created_at__gte=since)
    return [_call(row, "") for row in rows.order_by("-created_at")[:20]]


def _call(row: Call, language: str) -> CallShown:
    message = row.message
    packed = open_text(message.values)
    spoken = language or message.language
    values = json.loads(packed or "{}")
    point = (values["lon"], values["lat"]) if values.get("lon") is not None else None
    return CallShown(
        id=row.pk,
        account_id=row.account_id,
        state=row.state,
        is_over=row.closed_at is not None,
        subject=say(message.template, "subject", packed, spoken),
        body=say(message.template, "body", packed, spoken),
        at=row.created_at,
        answered_at=row.answered_at,
        of=Ref(message.ref_kind, message.ref_key),
        point=point,
        next=tuple(str(answer) for answer in NEXT[row.state]),
    )


def is_call_open(call: UUID) -> bool:
    """Whether somebody who was called out has not answered yet and is still needed."""
    return Call.objects.filter(pk=call, state=CALLING, closed_at__isnull=True).exists()


def attempts_of(of: Ref) -> dict[UUID, list[Attempt]]:
    """Every try to reach somebody by voice about a thing, by delivery, the first first. Two statements."""
    sent = Sending.objects.filter(message__ref_kind=of.kind, message__ref_key=of.key, channel=Way.VOICE)
    rows = VoiceAttempt.objects.filter(delivery__in=list(sent.values_list("delivery", flat=True)))
    found: dict[UUID, list[Attempt]] = {}
    for row in rows.order_by("at", "id"):
        attempt = Attempt(row.delivery, row.at, row.outcome, row.digit, row.seconds)
        found.setdefault(row.delivery, []).append(attempt)
    return found


# --- what did not go, and the tray --------------------------------------------------------------------------------------


def dead_letters(*, actor: Actor, limit: int = 100) -> list[DeadLetter]:
    """Messages that did not go and wait for a person, latest first. Raises: Refused."""
    require(actor, "message.see")
    dead = deliveries.posted_dead(limit)
    addresses = dict(
        Sending.objects.filter(delivery__in=[d.id for d in dead]).values_list("delivery", "address")
    )
    return [
        DeadLetter(
            d.id,
            d.channel,
            addresses.get(d.id, ""),
            d.ref,
            d.purpose,
            d.created_at,
            d.attempts,
            d.error,
            d.error not in {"expired", "erased", ""},
        )
        for d in dead
    ]


def tray(*, limit: int = 50) -> list[TrayItem]:
    """What was taken by the tray instead of a mail server or an SMS gateway, latest first. Raises: Refused outside a demonstration."""
    if not settings.NGOMON_DEMO:
        raise Refused("messages.refused.tray")
    rows = deliveries.posted_to(TRAY, limit)
    called = Sending.objects.filter(pk__in=[posted.id for posted, *_ in rows], message__url__startswith="/c/")
    links = dict(called.values_list("pk", "message__url"))
    return [_tray_item(posted, address, content, links) for posted, address, content in rows]


def _tray_item(posted: Posted, address: str, content: dict[str, str], links: dict[UUID, str]) -> TrayItem:
    words = content.get("text", "")
    parts = segments(words) if posted.channel == Way.SMS else 0
    price = parts * settings.NGOMON_SMS_PRICE_VND
    at = posted.sent_at or posted.created_at
    subject = content.get("subject", "")
    call = link_of_call(UUID(content["call"])) if content.get("call") else links.get(posted.id, "")
    return TrayItem(posted.id, posted.channel, address, subject, words, at, parts, price, call)
