"""Hand-written SQL of the hot path: find and hold an instance, write it back, move the counts. One statement each."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from ngomon.core.ids import Ref

from .models import Instance

Count = Tally[tuple[str, str, str, str]]
"""Changes of counts, by (agency, definition, step, `open` or `late`)."""


@cache
def _columns() -> tuple[str, ...]:
    return tuple(field.attname for field in Instance._meta.concrete_fields)


def _as_instant(value: Any) -> Any:
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _as_uuid(value: Any) -> Any:
    return UUID(hex=value) if isinstance(value, str) else value


def _as_is(value: Any) -> Any:
    return value


@cache
def _readers() -> tuple[Callable[[Any], Any], ...]:
    """How each column's raw value becomes Python's, on either database."""
    found: list[Callable[[Any], Any]] = []
    for field in Instance._meta.concrete_fields:
        if isinstance(field, models.DateTimeField):
            found.append(_as_instant)
        elif isinstance(field, models.DateField):
            found.append(lambda v: datetime.fromisoformat(v).date() if isinstance(v, str) else v)
        elif isinstance(field, models.UUIDField):
            found.append(_as_uuid)
        elif isinstance(field, models.BooleanField):
            found.append(bool)
        else:
            found.append(_as_is)
    return tuple(found)


def _plain(value: Any) -> Any:
    """A value as SQLite stores it, in the form Django gives it too (instants in UTC, identifiers as 32 digits)."""
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if isinstance(value, date) else value


def _stored(values: Iterable[Any]) -> list[Any]:
    """Values as this database takes them."""
    return list(values) if connection.vendor == "postgresql" else [_plain(value) for value in values]


@cache
def _select() -> str:
    columns = ", ".join(f'"{name}"' for name in _columns())
    return f'SELECT {columns} FROM "processes_instance" '


def _instance(row: Sequence[Any]) -> Instance:
    made = [read(value) for read, value in zip(_readers(), row, strict=True)]
    instance = Instance.from_db("default", _columns(), made)
    instance.as_read = tuple(made)
    return instance


def _hold() -> str:
    return " FOR UPDATE" if connection.vendor == "postgresql" else ""


def running(of: Ref, *, hold: bool = False) -> Instance | None:
    """The process of a thing that has not ended; with `hold` nobody else changes it until the unit ends."""
    statement = _select() + 'WHERE "of_key" = %s AND "of_kind" = %s AND "ended_at" IS NULL'
    with connection.cursor() as cursor:
        cursor.execute(statement + (_hold() if hold else ""), [of.key, of.kind])
        row = cursor.fetchone()
    return _instance(row) if row else None


def latest(of: Ref, *, hold: bool = False) -> Instance | None:
    """The process of a thing that runs, else the one that ended last."""
    statement = _select() + 'WHERE "of_key" = %s AND "of_kind" = %s ORDER BY "id" DESC LIMIT 1'
    with connection.cursor() as cursor:
        cursor.execute(statement + (_hold() if hold else ""), [of.key, of.kind])
        row = cursor.fetchone()
    return _instance(row) if row else None


def waking(at: datetime, limit: int) -> list[Instance]:
    """Instances whose timer has come, held; what another worker holds is left to it."""
    statement = _select() + 'WHERE "wake_at" <= %s ORDER BY "wake_at" LIMIT %s'
    if connection.vendor == "postgresql":
        statement += " FOR UPDATE SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(statement, [connection.ops.adapt_datetimefield_value(at), limit])
        rows = cursor.fetchall()
    return [_instance(row) for row in rows]


def of_agency(agency: str) -> list[Instance]:
    """All running processes that an agency leads, held, in a fixed order."""
    statement = _select() + 'WHERE "agency" = %s AND "ended_at" IS NULL ORDER BY "id"' + _hold()
    with connection.cursor() as cursor:
        cursor.execute(statement, [agency])
        rows = cursor.fetchall()
    return [_instance(row) for row in rows]


@cache
def _insert() -> str:
    columns = ", ".join(f'"{name}"' for name in _columns())
    slots = ", ".join(["%s"] * len(_columns()))
    return f'INSERT INTO "processes_instance" ({columns}) VALUES ({slots}) ON CONFLICT DO NOTHING'


def add(instance: Instance) -> bool:
    """Write a new instance; False when a process of this thing runs already."""
    with connection.cursor() as cursor:
        cursor.execute(_insert(), _stored(getattr(instance, name) for name in _columns()))
        return bool(cursor.rowcount == 1)


def _changes(instance: Instance) -> tuple[tuple[str, ...], list[Any]]:
    """The columns that differ from what was read, and their values with the key behind."""
    now = [getattr(instance, name) for name in _columns()]
    changed = [
        (name, value)
        for name, value, was in zip(_columns(), now, instance.as_read, strict=True)
        if value is not was and value != was
    ]
    values = _stored([*(value for _, value in changed), instance.pk])
    return tuple(name for name, _ in changed), values


@cache
def _update(names: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = %s' for name in names)
    return f'UPDATE "processes_instance" SET {changes} WHERE "id" = %s'


def save(instance: Instance) -> None:
    """Write back what differs from what was read."""
    names, values = _changes(instance)
    if names:
        with connection.cursor() as cursor:
            cursor.execute(_update(names), values)


def save_all(instances: Iterable[Instance]) -> None:
    """Write back what differs of several instances, those with the same changes together."""
    alike: dict[tuple[str, ...], list[list[Any]]] = {}
    for instance in instances:
        names, values = _changes(instance)
        alike.setdefault(names, []).append(values)
    with connection.cursor() as cursor:
        for names, rows in alike.items():
            if names:
                cursor.executemany(_update(names), rows)


def count_key(instance: Instance, kind: str) -> tuple[str, str, str, str]:
    """Under which count an instance now stands."""
    return (instance.agency, instance.definition, instance.step, kind)


def counted(instance: Instance) -> Count:
    """What an instance adds to the counts as it is now."""
    found: Count = Tally()
    if instance.ended_at is None:
        found[count_key(instance, "open")] += 1
        if instance.is_late:
            found[count_key(instance, "late")] += 1
    return found


def move_counts(before: Count, after: Count) -> None:
    """Move the counts by a difference, in one statement and always in the same order, so that no two units deadlock."""
    moved = Tally(after)
    moved.subtract(before)
    changes: dict[tuple[str, str, str], list[int]] = {}
    for (agency, definition, step, kind), n in moved.items():
        if n:
            changes.setdefault((agency, definition, step), [0, 0])[kind == "late"] += n
    if not changes:
        return
    slots = ", ".join(["(%s, %s, %s, %s, %s)"] * len(changes))
    values: list[Any] = [value for key in sorted(changes) for value in (*key, *changes[key])]
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO processes_counter (agency, definition, step, "open", "late") VALUES {slots}'
            " ON CONFLICT (agency, definition, step) DO UPDATE SET"
            ' "open" = processes_counter."open" + EXCLUDED."open",'
            ' "late" = processes_counter."late" + EXCLUDED."late"',
            values,
        )
