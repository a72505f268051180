"""Telling somebody something: into the inbox, and out by the ways the receiver has and wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time
from uuid import UUID

from django.utils import timezone

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.deliveries import deliver
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import add
from ngomon.core.secrets import open_text, seal_text
from ngomon.core.units import command
from ngomon.identity.queries import reach_of, reaches_of
from ngomon.identity.rules import mask, require
from ngomon.identity.terms import Contact
from ngomon.messages import models
from ngomon.messages.models import Message, Sending
from ngomon.messages.queries import preference_of, preferences_of
from ngomon.messages.rules import quiet_until, ways
from ngomon.messages.terms import RINGS, Preference, Telling, Values, Way, delivery_id
from ngomon.messages.words import Content, pack


@command
def tell(
    to: UUID | Contact,
    template: str,
    values: Values,
    *,
    of: Ref,
    is_urgent: bool = False,
    language: str = "vi",
    id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Tell an account (by id) or a bare contact something about a thing; the message's id.

    `template` names texts `<template>.subject`, `.body` and, where a shorter one helps, `.sms`. An account is told in its own
    language and finds it in its inbox too; `language` is for a contact. `of.url` becomes the link. Nothing urgent waits.
    Once: with an `id` of `terms.message_id(...)` a second call changes nothing.
    """
    account_id = to if isinstance(to, UUID) else None
    preference = Preference()
    contacts = [to] if isinstance(to, Contact) else []
    if account_id is not None:
        language, contacts = reach_of(account_id)
        preference = preference_of(account_id)
    packed = pack(values)
    message = Message(
        id=id or uuid7(),
        account_id=account_id,
        template=template,
        values=seal_text(packed),
        language=language,
        ref_kind=of.kind,
        ref_key=of.key,
        url=of.url,
        is_urgent=is_urgent,
        created_at=at,
    )
    if not add(message):
        return message.pk
    sent = _send_out(message, contacts, preference, packed, of, actor=actor, at=at)
    Sending.objects.bulk_create(sent)
    return message.pk


@command
def tell_all(tellings: Iterable[Telling], *, actor: Actor, at: datetime) -> int:
    """Tell many accounts something, each as `tell` would; how many messages were new. So many statements for any number.

    Once: by their ids, which are of `terms.message_id(...)`; what was told before changes nothing.
    """
    wanted = {telling.id: telling for telling in tellings}
    told = set(Message.objects.filter(pk__in=list(wanted)).values_list("pk", flat=True))
    fresh = [telling for key, telling in wanted.items() if key not in told]
    receivers = {telling.to for telling in fresh}
    reaches, preferences = reaches_of(receivers), preferences_of(receivers)
    messages = []
    for telling in fresh:
        language, contacts = reaches[telling.to]
        packed = pack(telling.values)
        message = Message(
            id=telling.id, account_id=telling.to, template=telling.template, values=seal_text(packed),
            language=language, ref_kind=telling.of.kind, ref_key=telling.of.key, url=telling.of.url, created_at=at,
        )  # fmt: skip
        messages.append((message, contacts, preferences[telling.to], packed, telling.of))
    Message.objects.bulk_create([message for message, *_ in messages], batch_size=500)
    sendings = []
    for message, contacts, preference, packed, of in messages:
        sendings += _send_out(message, contacts, preference, packed, of, actor=actor, at=at)
    Sending.objects.bulk_create(sendings, batch_size=500)
    return len(messages)


def _send_out(
    message: Message,
    contacts: Sequence[Contact],
    preference: Preference,
    packed: str,
    of: Ref,
    *,
    actor: Actor,
    at: datetime,
) -> list[Sending]:
    """Enqueue a written message by the ways it goes; what is to be noted of each."""
    content = Content(message.template, packed, message.language, of.url)
    taken = ways(contacts, preference, is_urgent=message.is_urgent)
    sent = [_send(message, way, contact, content, preference, at=at) for way, contact in taken]
    detail = {"message": str(message.pk), "template": message.template, "ways": [s.channel for s in sent]}
    audit("messages.tell", of, actor=actor, at=at, detail=detail)
    return sent


def _send(
    message: Message, way: Way, contact: Contact, content: Content, preference: Preference, *, at: datetime
) -> Sending:
    quiet = None
    if way in RINGS and not message.is_urgent:
        quiet = quiet_until(at, preference, timezone.get_default_timezone())
    delivery = deliver(
        way.value,
        contact.value,
        content.by(way),
        purpose=message.template[:60],
        of=Ref(message.ref_kind, message.ref_key),
        at=at,
        id=delivery_id(message.pk, way.value),
        not_before=quiet,
    )
    return Sending(delivery=delivery, message=message, channel=way.value, address=mask(contact))


@command
def mark_read(message_id: UUID | None, *, actor: Actor, at: datetime) -> int:
    """Note that the actor opened a message of their own (all of them where none is named); how many that were new.

    Raises: Refused, NotFound.
    """
    if actor.account_id is None:
        raise Refused("messages.refused.inbox")
    own = Message.objects.filter(account_id=actor.account_id)
    if message_id is not None:
        own = own.filter(pk=message_id)
        if not own.exists():
            raise NotFound("messages.missing")
    return own.filter(read_at__isnull=True).update(read_at=at)


@command
def resend(delivery: UUID, *, actor: Actor, at: datetime) -> None:
    """Send a dead message again, under the same stable id. Raises: Refused, Conflict (not dead, expired or erased)."""
    require(actor, "message.resend")
    if not deliveries.resend(delivery, at=at):
        raise Conflict("messages.resend.not_dead")
    sending = Sending.objects.filter(pk=delivery).select_related("message").first()
    of = Ref(sending.message.ref_kind, sending.message.ref_key) if sending else Ref("delivery", str(delivery))
    audit("messages.resend", of, actor=actor, at=at, detail={"delivery": str(delivery)})


@command
def set_preference(
    *, mail: bool, sms: bool, quiet_from: time, quiet_to: time, actor: Actor, at: datetime
) -> None:
    """Say how one wants to hear from us; equal ends switch quiet hours off. Raises: Refused."""
    if actor.account_id is None:
        raise Refused("messages.refused.inbox")
    if quiet_from.tzinfo or quiet_to.tzinfo:
        raise Invalid.field("quiet_from", "messages.quiet.local")
    values = {"mail": mail, "sms": sms, "quiet_from": quiet_from, "quiet_to": quiet_to}
    models.Preference.objects.update_or_create(account_id=actor.account_id, defaults=values)
    audit("messages.set_preference", Ref("account", str(actor.account_id)), actor=actor, at=at)


@command
def strike_messages(of: Ref, change: Callable[[str], str]) -> int:
    """Change the words of everything that was told about a thing, in inboxes and on its way out; how many changed."""
    changed = deliveries.strike(of, change)
    for row in Message.objects.select_for_update().filter(ref_kind=of.kind, ref_key=of.key):
        held = json.loads(open_text(row.values) or "{}")
        struck = {key: change(value) if isinstance(value, str) else value for key, value in held.items()}
        if struck != held:
            row.values = seal_text(json.dumps(struck, ensure_ascii=False, sort_keys=True))
            row.save(update_fields=["values"])
            changed += 1
    return changed
