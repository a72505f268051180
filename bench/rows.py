"""The rows that commands write: read back as they stand in the database, and stamped again as further cases.

A stamp has fresh identifiers, numbers, positions and moments; everything else is what the commands wrote. Counts are kept
as differences, so that stamping n times moves them n times.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from ngomon.core.text import words

PREFIXES = ("cases_", "processes_", "messages_", "core_")
COUNTS = {
    "cases_tally": (("scope",), ("n",)),
    "processes_counter": (("agency", "definition", "step"), ("open", "late", "ended", "ended_late")),
}
APART = frozenset(
    {"core_cursor", "core_tick", "core_rate", "core_parked", "core_seal_tile", "core_checkpoint", *COUNTS}
)
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6}(\+00:00)?")
Row = tuple[Any, ...]


@cache
def tables() -> dict[str, tuple[str, ...]]:
    """The tables that hold cases and what hangs on them, with their columns."""
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names(cursor)):
            if name.startswith(PREFIXES) and name not in APART and "search_words" not in name:
                described = connection.introspection.get_table_description(cursor, name)
                found[name] = tuple(column.name for column in described)
    return found


@cache
def counted_by_the_database() -> frozenset[tuple[str, str]]:
    """Columns whose values the database draws itself."""
    found = {("core_search", "id")}
    for model in apps.get_models():
        found |= {
            (model._meta.db_table, f.column)
            for f in model._meta.concrete_fields
            if isinstance(f, models.AutoField)
        }
    return frozenset(found)


def _read(table: str, columns: Sequence[str]) -> dict[str, Row]:
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {names} FROM "{table}"')
        return {repr(row): tuple(row) for row in cursor.fetchall()}


@dataclass
class Written:
    """What commands wrote: new rows by table, and by how much counts moved."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    counts: dict[str, dict[Row, Row]] = field(default_factory=dict)
    since_ms: int = 0


def _counts() -> dict[str, dict[Row, Row]]:
    found = {}
    for table, (keys, values) in COUNTS.items():
        rows = _read(table, (*keys, *values)).values()
        found[table] = {row[: len(keys)]: row[len(keys) :] for row in rows}
    return found


@contextmanager
def watched() -> Iterator[Written]:
    """Watch what is written in between; nothing else may write meanwhile."""
    before, counts = {name: _read(name, columns) for name, columns in tables().items()}, _counts()
    written = Written(since_ms=int(time.time() * 1000))
    yield written
    for name, columns in tables().items():
        fresh = [row for key, row in _read(name, columns).items() if key not in before[name]]
        if fresh:
            written.rows[name] = fresh
    for table, now in _counts().items():
        was = counts[table]
        moved = {}
        for key, values in now.items():
            old = was.get(key, (0,) * len(values))
            if values != old:
                moved[key] = tuple(a - b for a, b in zip(values, old, strict=True))
        written.counts[table] = moved


@dataclass(slots=True)
class Change:
    """What makes one stamp differ from the case it copies."""

    ids: list[UUID]
    number: str
    moved: timedelta
    lon: float
    lat: float
    cell: int
    position: int | None


Maker = Callable[[Change], Any]


class Stamp:
    """A case's rows as a mould. `number` is the number of the case that is copied."""

    def __init__(self, written: Written, number: str, *, at: datetime) -> None:
        self.number = number
        self._folded = " ".join(words(number))
        self.counts = written.counts
        self.events = len(written.rows["core_event"])
        self._microsecond = at.microsecond
        self._known: dict[str, int] = {}
        self._since_ms = written.since_ms
        self.columns: dict[str, tuple[str, ...]] = {}
        self._makers: dict[str, list[list[Maker]]] = {}
        for table, rows in written.rows.items():
            kept = [n for n, c in enumerate(tables()[table]) if (table, c) not in counted_by_the_database()]
            self.columns[table] = tuple(tables()[table][n] for n in kept)
            order = sorted(rows, key=lambda row: _place(table, row))
            self._makers[table] = [
                [self._maker(table, n, row, i) for n in kept] for i, row in enumerate(order)
            ]

    @property
    def n_ids(self) -> int:
        """How many fresh identifiers a stamp takes."""
        return len(self._known)

    @property
    def identifiers(self) -> tuple[UUID, ...]:
        """Those that a stamp replaces, in the order of `Change.ids`."""
        return tuple(UUID(hex=plain) for plain in self._known)

    def rows(self, change: Change) -> Iterator[tuple[str, list[Row]]]:
        """The rows of one further case, by table, as the database takes them."""
        for table, makers in self._makers.items():
            yield table, [tuple(make(change) for make in row) for row in makers]

    def _maker(self, table: str, n: int, row: Row, i: int) -> Maker:
        column, value = tables()[table][n], row[n]
        if (table, column) == ("core_event", "position"):
            return lambda change: None if change.position is None else change.position + i
        if table in ("cases_case", "cases_signal") and column in ("lon", "lat", "cell"):
            return lambda change: getattr(change, column)
        if column == "tail":
            return lambda change: change.number[-4:]
        if isinstance(value, UUID):
            return self._uuid(value)
        if isinstance(value, datetime):
            return self._moment(value, lambda moment: moment)
        if isinstance(value, str):
            return self._text(value)
        return lambda _: value

    def _index(self, key: str) -> int | None:
        """The place of a fresh identifier among a stamp's; None for one that was there before."""
        plain = key.replace("-", "")
        if int(plain[:12], 16) < self._since_ms:
            return None
        return self._known.setdefault(plain, len(self._known))

    def _uuid(self, value: UUID) -> Maker:
        n = self._index(value.hex)
        return (lambda _: value) if n is None else (lambda change: change.ids[n])

    def _moment(self, value: datetime, write: Callable[[datetime], Any]) -> Maker:
        # What follows the instant of the action moves with it; ends of working days have whole seconds and stay.
        if value.microsecond != self._microsecond:
            return lambda _: write(value)
        return lambda change: write(value + change.moved)

    def _text(self, value: str) -> Maker:
        if _MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            joint = value[10]
            return self._moment(moment, lambda told: told.isoformat(joint, "microseconds"))
        parts: list[tuple[str, Maker]] = []
        end = 0
        for match in re.finditer(f"{_UUID.pattern}|{re.escape(self.number)}|{self._folded}", value):
            make = self._part(match[0])
            if make is not None:
                parts.append((value[end : match.start()], make))
                end = match.end()
        if not parts:
            return lambda _: value
        tail = value[end:]
        if len(parts) == 1 and not parts[0][0] and not tail:
            return parts[0][1]
        return lambda change: "".join(before + make(change) for before, make in parts) + tail

    def _part(self, found: str) -> Maker | None:
        """What stands instead of a number or an identifier within a text; None for one that stays."""
        if found == self.number:
            return lambda change: change.number
        if found == self._folded:
            return lambda change: " ".join(words(change.number))
        n = self._index(found)
        if n is None:
            return None
        return (lambda change: str(change.ids[n])) if "-" in found else (lambda change: change.ids[n].hex)


def _place(table: str, row: Row) -> int:
    """Events and audits keep the order in which they were written."""
    columns = tables()[table]
    return int(row[columns.index("seq")]) if "seq" in columns else 0


def utc(value: Any) -> datetime:
    """A moment as either database gives it."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read
