"""Reads of messages: inbox, what was sent about a thing, dead letters, the tray."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.deliveries import Posted
from ngomon.core.errors import Refused
from ngomon.core.ids import Ref
from ngomon.core.secrets import open_text
from ngomon.identity.rules import require
from ngomon.messages import models
from ngomon.messages.models import Message, Sending
from ngomon.messages.rules import segments
from ngomon.messages.terms import DeadLetter, InboxItem, InboxPage, Preference, Told, TrayItem, Values, Way
from ngomon.messages.words import pack, say

TRAY = "tray"


def preference_of(account_id: UUID) -> Preference:
    """How an account wants to hear from us."""
    row = models.Preference.objects.filter(pk=account_id).first()
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
                state=one.state,
                sent_at=one.sent_at,
                due_at=one.due_at,
                attempts=one.attempts,
                error=one.error,
                is_tray=one.receipt == TRAY,
            )


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
    return [_tray_item(*row) for row in deliveries.posted_to(TRAY, limit)]


def _tray_item(posted: Posted, address: str, content: dict[str, str]) -> TrayItem:
    words = content.get("text", "")
    parts = segments(words) if posted.channel == Way.SMS else 0
    price = parts * settings.NGOMON_SMS_PRICE_VND
    at = posted.sent_at or posted.created_at
    return TrayItem(posted.id, posted.channel, address, content.get("subject", ""), words, at, parts, price)
