"""The event log, which is also the outbox: `emit` writes in the change's transaction; positions make it readable.

An aggregate is the thing whose history the events tell; its version counts them, so that no two writers tell the same
step. Audience keys say who may hear of it live: `public`, `ioc`, `agency:…`, `area:…`, `person:…`, joined by `&`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import models
from django.db.models import Max

from ngomon.core.actors import Actor
from ngomon.core.engine import engine
from ngomon.core.ids import uuid7
from ngomon.core.models import EventRow
from ngomon.core.rows import Statement, Tracked, inserting
from ngomon.core.terms import Event, Recorded, read_event
from ngomon.core.units import Unit, before_commit, current_unit


class Aggregate(Tracked):
    """Base of tables whose rows have a history in the log. `version` is the number of its last event."""

    aggregate_kind = ""
    version = models.IntegerField(default=0)

    class Meta:
        abstract = True


_COLUMNS = (
    "id",
    "position",
    "kind",
    "schema",
    "aggregate_kind",
    "aggregate_id",
    "aggregate_version",
    "at",
    "actor_id",
    "audience",
    "body",
    "commitment",
)


def canonical(value: Any) -> str:
    """JSON in one form only: sorted keys, no spaces, UTF-8. What is hashed is what is stored."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def emit(
    of: Aggregate,
    event: Event,
    *,
    actor: Actor,
    at: datetime,
    audience: Iterable[str] = (),
    commitment: str = "",
) -> None:
    """Tell the log what happened to an aggregate; its `version` moves on by one and must be saved with the change.

    Shape: `commitment` is the hex SHA-256 of salt and content kept beside the row, or empty.
    """
    of.version += 1
    current_unit().events.append(
        (
            uuid7(),
            None,
            event.kind,
            event.schema,
            of.aggregate_kind,
            str(of.pk),
            of.version,
            at,
            actor.told_as,
            canonical(list(audience)),
            canonical(event.body()),
            commitment,
        )
    )


@before_commit
def _write_events(unit: Unit) -> list[Statement]:
    if not unit.events:
        return []
    first = engine().next_position()
    rows = unit.events
    if first is not None:
        rows = [(row[0], first + i, *row[2:]) for i, row in enumerate(rows)]
    return [*inserting(EventRow, _COLUMNS, rows), *engine().announcing()]


_READ = (
    "position",
    "id",
    "kind",
    "schema",
    "aggregate_kind",
    "aggregate_id",
    "aggregate_version",
    "at",
    "actor_id",
    "audience",
    "body",
)


def _recorded(row: Sequence[Any]) -> Recorded:
    body = orjson.loads(row[10])
    return Recorded(
        position=row[0],
        id=row[1],
        kind=row[2],
        schema=row[3],
        aggregate_kind=row[4],
        aggregate_id=row[5],
        version=row[6],
        at=row[7],
        actor_id=row[8],
        audience=tuple(orjson.loads(row[9])),
        event=read_event(row[2], row[3], body),
    )


def read_log(after: int, *, limit: int = 200, kinds: Iterable[str] | None = None) -> list[Recorded]:
    """Events behind a position, in order, without gaps. Only committed events have one."""
    found = EventRow.objects.filter(position__gt=after)
    if kinds is not None:
        found = found.filter(kind__in=list(kinds))
    return [_recorded(row) for row in found.order_by("position").values_list(*_READ)[:limit]]


def history(kind: str, key: str) -> list[Recorded]:
    """All placed events of one aggregate, in order of its versions."""
    found = EventRow.objects.filter(aggregate_kind=kind, aggregate_id=key, position__isnull=False)
    return [_recorded(row) for row in found.order_by("aggregate_version").values_list(*_READ)]


def head() -> int:
    """The highest position given so far; 0 for an empty log."""
    found: int | None = EventRow.objects.aggregate(top=Max("position"))["top"]
    return found or 0
