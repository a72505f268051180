"""What messages keep for a time: the inbox and what was sent from it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Min, QuerySet

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.retention import Found, Window, register

from .models import Message, Sending

WALK = 1_000


class Inbox:
    """Messages by their age; those about a thing that is held back stay. See `core.retention.Held`."""

    def _due(self, before: datetime) -> QuerySet[Message]:
        return Message.objects.filter(created_at__lt=before)

    def found(self, before: datetime, held: frozenset[str]) -> Found:
        due = self._due(before)
        kept = due.filter(ref_key__in=held).count() if held else 0
        free = due.exclude(ref_key__in=held)
        return Found(free.count(), free.aggregate(at=Min("created_at"))["at"], (), kept)

    def window(self, before: datetime, held: frozenset[str], after: str) -> Window:
        """By key, whatever their age, so that each step costs the same."""
        rows = Message.objects.order_by("pk")
        if after:
            rows = rows.filter(pk__gt=UUID(after))
        found = list(rows.values_list("pk", "created_at", "ref_key")[:WALK])
        keys = tuple(str(pk) for pk, at, ref_key in found if at < before and ref_key not in held)
        return Window(keys, str(found[-1][0]) if len(found) == WALK else "")

    def destroy(self, keys: tuple[str, ...], *, actor: Actor, at: datetime) -> None:  # noqa: ARG002 (the port's)
        rows = Message.objects.filter(pk__in=keys)
        deliveries.forget(Sending.objects.filter(message__in=rows).values_list("delivery", flat=True))
        rows.delete()


register("messages", Inbox())
