"""What core itself keeps for a time: who looked at whose data."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.audit import LOOKS
from ngomon.core.models import AuditRow
from ngomon.core.retention import Found, Window, register

WALK = 2_000
MOST = 200


class Looks:
    """Lines of the audit log that say who looked; what was done stays. See `retention.Held`."""

    def _due(self, before: datetime) -> QuerySet[AuditRow]:
        return AuditRow.objects.filter(action__in=LOOKS, at__lt=before)

    def found(self, before: datetime, held: frozenset[str]) -> Found:
        due = self._due(before)
        kept = due.filter(ref_key__in=held).count() if held else 0
        free = due.exclude(ref_key__in=held)
        return Found(free.count(), free.aggregate(at=Min("at"))["at"], (), kept)

    def window(self, before: datetime, held: frozenset[str], after: str) -> Window:
        """By running number, which is the order of time: the walk ends at the first line that is younger."""
        rows = AuditRow.objects.filter(pk__gt=int(after or 0)).order_by("pk")
        keys: list[str] = []
        last = ""
        walked = 0
        for seq, at, action, ref_key in rows.values_list("pk", "at", "action", "ref_key")[:WALK]:
            if at >= before:
                return Window(tuple(keys), "")
            walked, last = walked + 1, str(seq)
            if action in LOOKS and ref_key not in held:
                keys.append(last)
            if len(keys) == MOST:
                return Window(tuple(keys), last)
        return Window(tuple(keys), last if walked == WALK else "")

    def destroy(self, keys: tuple[str, ...], *, actor: Actor, at: datetime) -> None:  # noqa: ARG002 (the port's)
        AuditRow.objects.filter(Q(action__in=LOOKS), pk__in=[int(key) for key in keys]).delete()


register("audit_looks", Looks())
