"""Hand-written SQL for the hot path: many rows of one table in one statement, and whole rows read, changed and written back
without the cost of building queries. Everything else uses the ORM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

from ngomon.core.statements import run

_AS_IT_IS = frozenset({str, int, float, type(None)})
Statement = tuple[str, Sequence[Any]]
"""SQL with one %s for each value, and the values."""
_PARTING = ";\n"


def send(statements: Sequence[Statement]) -> None:
    """Writes that need no answer, in order: on PostgreSQL in one message, since each answer waited for is a round trip and
    a turn of the interpreter; on SQLite, which is no network away, one by one."""
    if not statements:
        return
    if connection.vendor == "postgresql":
        values = [value for _, given in statements for value in given]
        run(_PARTING.join(sql for sql, _ in statements), values, several=True)
        return
    for sql, given in statements:
        run(sql, given)


def parted(sql: str) -> list[str]:
    """The statements of one message."""
    return sql.split(_PARTING)


@cache
def _insert_head(
    model: type[models.Model], columns: tuple[str, ...]
) -> tuple[str, list[Callable[[Any], Any]]]:
    by_name = {field.name: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    names = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ', [_writer(field) for field in fields]


def _writer(column: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """How a column's values that are not given as they are go to the database. As text an id or an instant costs a third of what the driver's own
    way for them costs, and both databases read it from the column's type."""
    field = column.target_field if isinstance(column, models.ForeignKey) else column

    def prepared(value: Any) -> Any:
        if type(value) is UUID and isinstance(field, models.UUIDField):
            return value.hex
        if type(value) is datetime and value.tzinfo is not None and isinstance(field, models.DateTimeField):
            return _plain(value) if connection.vendor == "sqlite" else value.isoformat()
        return column.get_db_prep_save(value, connection)

    return prepared


def insert(
    model: type[models.Model],
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    skip_known: bool = False,
) -> int:
    """Insert rows given as tuples of Python values in the order of `columns`; one statement per 500 rows.

    With `skip_known` a row that would break a unique constraint is left out. Returns how many were written.
    Raises: django.db.IntegrityError as any insert does.
    """
    written = 0
    tail = " ON CONFLICT DO NOTHING" if skip_known else ""
    for sql, values in inserting(model, columns, rows):
        written += run(sql + tail, values).rowcount
    return written


def inserting(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> Iterator[Statement]:
    """The statements that insert rows, for `send`; one per 500 rows."""
    head, writers = _insert_head(model, columns)
    slots = "(" + ", ".join(["%s"] * len(columns)) + ")"
    step = max(1, min(500, 30_000 // max(1, len(columns))))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        values = [
            value if type(value) in _AS_IT_IS else writer(value)
            for row in part
            for writer, value in zip(writers, row, strict=True)
        ]
        yield head + ", ".join([slots] * len(part)), values


_TOGETHER = {
    "sqlite": "SELECT json_group_array(json_array({columns})) FROM (SELECT {columns} FROM {table} {rest})",
    "postgresql": (
        "SELECT coalesce(json_agg(json_build_array({columns})), '[]')::text"
        " FROM (SELECT {columns} FROM {table} {rest}) AS found"
    ),
}


def fetch_together(
    table: str, columns: Sequence[str], rest: str, values: Sequence[Any]
) -> list[list[str | float | int | bool | None]]:
    """Rows of one table as JSON has them, all in one answer of the database: ids and instants are text.

    For some dozens of rows that are only looked at. Row by row, each fetch lets go of the interpreter, and under load
    waits for its turn again. `rest`: WHERE, ORDER BY and LIMIT, with a slot for each value.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    statement = _TOGETHER[connection.vendor].format(columns=names, table=f'"{table}"', rest=rest)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[list[str | float | int | bool | None]] = orjson.loads(cursor.fetchone()[0])
    return found


# --- whole rows ---------------------------------------------------------------------------------------------------


class Tracked(models.Model):
    """Base of tables whose rows are read by `fetch`: a row remembers what was read, so that `save` writes what differs."""

    as_read: tuple[Any, ...] = ()

    class Meta:
        abstract = True


T = TypeVar("T", bound=Tracked)


@cache
def columns_of(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of a table, in the order of its model."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def _as_instant(value: Any) -> Any:
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _as_date(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _as_uuid(value: Any) -> Any:
    return UUID(hex=value) if isinstance(value, str) else value


def _as_flag(value: Any) -> Any:
    return None if value is None else bool(value)


_READERS: tuple[tuple[type[models.Field[Any, Any]], Callable[[Any], Any]], ...] = (
    (models.DateTimeField, _as_instant),
    (models.DateField, _as_date),
    (models.UUIDField, _as_uuid),
    (models.BooleanField, _as_flag),
)


@cache
def _readers(model: type[models.Model]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Which columns' raw values become something else in Python, on either database, and how."""
    found = []
    for place, column in enumerate(model._meta.concrete_fields):
        field = column.target_field if isinstance(column, models.ForeignKey) else column
        reader = next((reader for kind, reader in _READERS if isinstance(field, kind)), None)
        if reader is not None:
            found.append((place, reader))
    return tuple(found)


@cache
def _select(model: type[models.Model]) -> str:
    names = ", ".join(f'"{name}"' for name in columns_of(model))
    return f'SELECT {names} FROM "{model._meta.db_table}" '


def hold(*, skip: bool = False) -> str:
    """The end of a reading statement that keeps its rows from others until the unit ends; `skip` those already kept."""
    if connection.vendor != "postgresql":
        return ""
    return " FOR UPDATE SKIP LOCKED" if skip else " FOR UPDATE"


def fetch(model: type[T], tail: str, values: Sequence[Any]) -> list[T]:
    """Whole rows of a table; `tail` is what follows FROM, with one %s for each value. One statement."""
    return [_made(model, row) for row in run(_select(model) + tail, stored(values)).fetchall()]


def key_of(model: type[models.Model], column: str, value: str) -> UUID | None:
    """The key of the row in which a unique column holds a value. One statement."""
    statement = f'SELECT "id" FROM "{model._meta.db_table}" WHERE "{column}" = %s'
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        row = cursor.fetchone()
    found: UUID | None = _as_uuid(row[0]) if row else None
    return found


def _made(model: type[T], row: Sequence[Any]) -> T:
    values = list(row)
    for place, read in _readers(model):
        values[place] = read(values[place])
    # As `from_db` makes it, without asking forty times whether a field is deferred.
    instance = model.__new__(model)
    instance.__dict__.update(zip(columns_of(model), values, strict=True), _state=ModelState())
    instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
    instance.as_read = tuple(values)
    return instance


def _plain_instant(value: datetime) -> str:
    return str(value.astimezone(UTC).replace(tzinfo=None))


_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    datetime: _plain_instant,
    UUID: lambda value: value.hex,
    date: date.isoformat,
}
"""How SQLite stores what it has no type for, in the form Django gives it too (instants in UTC, identifiers as 32 digits)."""


def stored(values: Iterable[Any]) -> list[Any]:
    """Values as this database takes them; a member of a string enumeration as its string."""
    if connection.vendor == "postgresql":
        return [str(value) if isinstance(value, str) else value for value in values]
    return [value if type(value) in _AS_IT_IS else _plain(value) for value in values]


def _plain(value: Any) -> Any:
    """One value as SQLite stores it."""
    plain = _PLAIN.get(type(value))
    if plain is not None:
        return plain(value)
    return str(value) if isinstance(value, str) else value


def add(row: models.Model) -> bool:
    """Write a new row whole; False when a unique constraint knows it already."""
    model = type(row)
    done = run(_insert_whole(model), stored(getattr(row, name) for name in columns_of(model)))
    return bool(done.rowcount == 1)


@cache
def _insert_whole(model: type[models.Model]) -> str:
    names = columns_of(model)
    columns, slots = ", ".join(f'"{name}"' for name in names), ", ".join(["%s"] * len(names))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({slots}) ON CONFLICT DO NOTHING'


def _changes(row: Tracked) -> tuple[tuple[str, ...], list[Any]]:
    """The columns that differ from what was read, and their values with the key behind."""
    held = row.__dict__
    changed = [
        (name, value)
        for name, was in zip(columns_of(type(row)), row.as_read, strict=True)
        if (value := held[name]) is not was and value != was
    ]
    return tuple(name for name, _ in changed), stored([*(value for _, value in changed), row.pk])


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = %s' for name in names)
    return f'UPDATE "{model._meta.db_table}" SET {changes} WHERE "id" = %s'


def kept(row: Tracked) -> dict[str, Any]:
    """A row as it is now, but its key and version, to be given back later."""
    return {name: getattr(row, name) for name in columns_of(type(row)) if name not in {"id", "version"}}


def give_back(row: Tracked, was: Mapping[str, Any]) -> None:
    """Set a row's columns to what `kept` told, also after a way through JSON. Columns that came later stay as they are."""
    names, readers = columns_of(type(row)), dict(_readers(type(row)))
    for place, name in enumerate(names):
        if name in was:
            read = readers.get(place)
            setattr(row, name, read(was[name]) if read else was[name])


def save(row: Tracked) -> None:
    """Write back what differs from what `fetch` read. Raises: ValueError for a row that was not read by it."""
    names, values = _changes(row)
    if names:
        run(_update(type(row), names), values)
        held = row.__dict__
        row.as_read = tuple([held[name] for name in columns_of(type(row))])


def save_all(changed: Iterable[Tracked]) -> None:
    """Write back what differs of several rows, those with the same changes together."""
    alike: dict[tuple[type[Tracked], tuple[str, ...]], list[list[Any]]] = {}
    for row in changed:
        names, values = _changes(row)
        if names:
            alike.setdefault((type(row), names), []).append(values)
    with connection.cursor() as cursor:
        for (model, names), found in alike.items():
            cursor.executemany(_update(model, names), found)
