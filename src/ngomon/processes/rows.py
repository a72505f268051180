"""Hand-written SQL of the hot path: find and hold an instance, move the counts. One statement each."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core import rows
from ngomon.core.ids import Ref
from ngomon.core.units import put_off

from .models import Instance

Count = Tally[tuple[str, str, str, str]]
"""Changes of counts, by (agency, definition, step, one of `COUNTED`)."""


_OF = 'WHERE "of_key" = %s AND "of_kind" = %s '


def running(of: Ref, *, hold: bool = False) -> Instance | None:
    """The process of a thing that has not ended; with `hold` nobody else changes it until the unit ends."""
    tail = _OF + 'AND "ended_at" IS NULL' + (rows.hold() if hold else "")
    return next(iter(rows.fetch(Instance, tail, [of.key, of.kind])), None)


def latest(of: Ref, *, hold: bool = False) -> Instance | None:
    """The process of a thing that runs, else the one that ended last."""
    tail = _OF + 'ORDER BY "id" DESC LIMIT 1' + (rows.hold() if hold else "")
    return next(iter(rows.fetch(Instance, tail, [of.key, of.kind])), None)


def waking(at: datetime, limit: int) -> list[Instance]:
    """Instances whose timer has come, held; what another worker holds is left to it."""
    tail = 'WHERE "wake_at" <= %s ORDER BY "wake_at" LIMIT %s' + rows.hold(skip=True)
    return rows.fetch(Instance, tail, [at, limit])


def by_key(key: UUID) -> list[Instance]:
    """One instance as it stands, held."""
    return rows.fetch(Instance, 'WHERE "id" = %s' + rows.hold(), [key])


def of_agency(agency: str) -> list[Instance]:
    """All running processes that an agency leads, held, in a fixed order."""
    tail = 'WHERE "agency" = %s AND "ended_at" IS NULL ORDER BY "id"' + rows.hold()
    return rows.fetch(Instance, tail, [agency])


def count_key(instance: Instance, kind: str) -> tuple[str, str, str, str]:
    """Under which count an instance now stands."""
    return (instance.agency, instance.definition, instance.step, kind)


def was_late(instance: Instance) -> bool:
    """Whether an ended instance was late as a whole: it was found late while it ran, or its duty was done after its time."""
    if instance.met_at is None or instance.due_at is None:
        return instance.is_late
    return instance.is_late or instance.met_at > instance.due_at


def counted(instance: Instance) -> Count:
    """What an instance adds to the counts as it is now."""
    found: Count = Tally()
    if instance.ended_at is None:
        found[count_key(instance, "open")] += 1
        if instance.is_late:
            found[count_key(instance, "late")] += 1
        return found
    found[count_key(instance, "ended")] += 1
    if was_late(instance):
        found[count_key(instance, "ended_late")] += 1
    return found


COUNTED = ("open", "late", "ended", "ended_late")
_MOVE = (
    'INSERT INTO processes_counter (agency, definition, step, "open", "late", "ended", "ended_late") VALUES {slots}'
    " ON CONFLICT (agency, definition, step) DO UPDATE SET "
    + ", ".join(f'"{name}" = processes_counter."{name}" + EXCLUDED."{name}"' for name in COUNTED)
)


def move_counts(before: Count, after: Count) -> None:
    """Move the counts by a difference, in one statement and always in the same order, so that no two units deadlock."""
    moved = Tally(after)
    moved.subtract(before)
    changes: dict[tuple[str, str, str], list[int]] = {}
    for (agency, definition, step, kind), n in moved.items():
        if n:
            changes.setdefault((agency, definition, step), [0, 0, 0, 0])[COUNTED.index(kind)] += n
    if not changes:
        return
    slots = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(changes))
    values: list[Any] = [value for key in sorted(changes) for value in (*key, *changes[key])]
    put_off((_MOVE.format(slots=slots), values))
