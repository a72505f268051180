"""Calling somebody out: by several ways at once, and what they answer. Who is called when, the rooms above decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.deliveries import Rank, deliver
from ngomon.core.errors import Conflict, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref
from ngomon.core.rows import add, fetch, hold, save
from ngomon.core.secrets import seal_text
from ngomon.core.units import command
from ngomon.directory.terms import CallWay
from ngomon.identity.queries import reach_of
from ngomon.identity.rules import mask
from ngomon.identity.terms import Contact, ContactKind

from ..models import Call, Message, Sending, VoiceAttempt
from ..queries import link_of_call
from ..rules import may_say
from ..terms import CALLING, Answer, How, MessageAnswered, Values, Way, delivery_id
from ..words import Content, pack

_WAYS = {
    CallWay.SMS: (Way.SMS, ContactKind.PHONE),
    CallWay.VOICE: (Way.VOICE, ContactKind.PHONE),
    CallWay.MAIL: (Way.SMTP, ContactKind.EMAIL),
}


@command
def call_out(
    of: Ref,
    to: UUID,
    template: str,
    values: Values,
    *,
    ways: Sequence[tuple[str, float]],
    id: UUID,
    audience: Iterable[str] = (),
    actor: Actor,
    at: datetime,
) -> UUID:
    """Call an account out about a thing: into the inbox now, out by each way after its minutes; the call's id.

    `template` names texts `<template>.subject`, `.body`, `.sms` and `.voice`. Quiet hours and preferences do not hold: who is
    on call is called. Each way's message is a delivery of its own and bears one stable id. Units: minutes.
    Once: a second call with the same `id` changes nothing.
    """
    language, contacts = reach_of(to)
    packed = pack(values)
    message = Message(
        id=id,
        account_id=to,
        template=template,
        values=seal_text(packed),
        language=language,
        ref_kind=of.kind,
        ref_key=of.key,
        url=link_of_call(id),
        is_urgent=True,
        created_at=at,
    )
    if not add(message):
        return id
    heard = " ".join(audience)[:300]
    add(Call(id=id, message_id=id, account_id=to, audience=heard, state=CALLING, created_at=at))
    content = Content(template, packed, language, message.url, call=id)
    sent = [
        sending
        for n, (way, after_m) in enumerate(ways)
        if (sending := _send(message, way, n, after_m, contacts, content, at=at)) is not None
    ]
    Sending.objects.bulk_create(sent)
    detail = {"call": str(id), "account": str(to), "ways": [s.channel for s in sent]}
    audit("messages.call_out", of, actor=actor, at=at, detail=detail)
    return id


def _send(
    message: Message,
    way: str,
    n: int,
    after_m: float,
    contacts: Sequence[Contact],
    content: Content,
    *,
    at: datetime,
) -> Sending | None:
    """One way of a call; nothing where the inbox is meant, or where the person has no such contact."""
    if way not in _WAYS:
        return None
    channel, kind = _WAYS[CallWay(way)]
    contact = next((c for c in contacts if c.kind == kind), None)
    if contact is None:
        return None
    delivery = deliver(
        channel.value,
        contact.value,
        content.by(channel),
        purpose=message.template[:60],
        of=Ref(message.ref_kind, message.ref_key),
        at=at,
        id=delivery_id(message.pk, f"{channel}:{n}"),
        not_before=at + timedelta(minutes=after_m),
        rank=Rank.CALL,
    )
    return Sending(delivery=delivery, message=message, channel=channel.value, address=mask(contact))


def _held(call: UUID) -> Call:
    found = fetch(Call, 'WHERE "id" = %s' + hold(), [call])
    if not found:
        raise NotFound("messages.call.missing")
    return found[0]


@command
def answer_call(call: UUID, answer: Answer, *, how: How, actor: Actor, at: datetime) -> str:
    """What somebody who was called out says: yes, no, on the way, there, done; the call's new state.

    Also after the call was closed: an answer that comes late is told all the same. What was not sent yet is withdrawn.
    Once: the same answer again changes nothing. Raises: NotFound; Conflict when it cannot follow what was said before.
    """
    row = _held(call)
    if row.state == answer:
        return row.state
    if not may_say(row.state, answer):
        raise Conflict("messages.call.not_now")
    row.state, row.how, row.answered_at = str(answer), str(how), at
    message = Message.objects.values_list("ref_kind", "ref_key").get(pk=row.message_id)
    said = MessageAnswered(str(row.pk), *message, str(row.account_id), str(answer), str(how))
    emit(row, said, actor=actor, at=at, audience=row.audience.split())
    save(row)
    _withdraw([call], at=at)
    detail = {"call": str(call), "answer": str(answer), "how": str(how)}
    audit("messages.answer_call", Ref(*message), actor=actor, at=at, detail=detail)
    return row.state


@command
def stand_down(calls: Iterable[UUID], *, actor: Actor, at: datetime) -> int:
    """These calls are needed no more: their pages say so, and what was not sent yet does not go; how many were open."""
    wanted = list(calls)
    open_ = Call.objects.filter(pk__in=wanted, closed_at__isnull=True).order_by("pk")
    closed = open_.update(closed_at=at)
    _withdraw(wanted, at=at)
    if closed:
        detail = {"calls": [str(call) for call in wanted]}
        audit("messages.stand_down", Ref("call", str(wanted[0])), actor=actor, at=at, detail=detail)
    return closed


@command
def stop_ringing(calls: Iterable[UUID], *, actor: Actor, at: datetime) -> int:  # noqa: ARG001 (a command gets both)
    """The turn of these people is over, others are called: phones that rang do not ring again. Answers still count."""
    return _withdraw(calls, at=at, only_tried=Way.VOICE)


def _withdraw(calls: Iterable[UUID], *, at: datetime, only_tried: str = "") -> int:
    """What of these calls still waits to be sent stays here: a phone that was answered does not ring again."""
    sendings = Sending.objects.filter(message__in=list(calls)).values_list("delivery", flat=True)
    return deliveries.withdraw(sendings, at=at, only_tried=only_tried)


@command
def note_attempt(
    delivery: UUID, outcome: str, *, digit: str = "", seconds: int = 0, actor: Actor, at: datetime
) -> None:
    """Write down what came of one try to reach somebody by voice."""
    VoiceAttempt.objects.create(delivery=delivery, at=at, outcome=outcome, digit=digit, seconds=seconds)
    detail = {"outcome": outcome, "seconds": seconds}
    audit("messages.note_attempt", Ref("delivery", str(delivery)), actor=actor, at=at, detail=detail)
