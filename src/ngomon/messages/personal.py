"""What messages hold of a person: the inbox and what went out from it; handed out, and taken away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.personal import register
from ngomon.core.secrets import open_text
from ngomon.identity.queries import every_account_of

from .models import Message, Preference, Sending
from .words import say


def export_inbox(person_id: UUID, *, actor: Actor, at: datetime) -> dict[str, Any]:  # noqa: ARG001 (the port's)
    """Every message with its words, in the person's language, and the ways it went."""
    rows = list(Message.objects.filter(account__in=every_account_of(person_id)).order_by("created_at", "id"))
    ways: dict[UUID, list[str]] = {}
    for sending in Sending.objects.filter(message__in=rows):
        ways.setdefault(sending.message_id, []).append(sending.channel)
    found = [_told(row, ways.get(row.pk, [])) for row in rows]
    return {"messages": found} if found else {}


def _told(row: Message, ways: list[str]) -> dict[str, Any]:
    packed = open_text(row.values)
    return {
        "subject": say(row.template, "subject", packed, row.language),
        "text": say(row.template, "body", packed, row.language),
        "at": row.created_at.isoformat(),
        "read_at": row.read_at.isoformat() if row.read_at else None,
        "ways": ways,
    }


def erase_inbox(person_id: UUID, *, actor: Actor, at: datetime) -> int:  # noqa: ARG001 (the port's)
    """The inbox goes, with what was sent from it; of a delivery only stays that something was sent."""
    accounts = every_account_of(person_id)
    rows = Message.objects.filter(account__in=accounts)
    deliveries.forget(Sending.objects.filter(message__in=rows).values_list("delivery", flat=True))
    gone = rows.delete()[0]
    return gone + Preference.objects.filter(pk__in=accounts).delete()[0]


register("messages", export=export_inbox, erase=erase_inbox)
