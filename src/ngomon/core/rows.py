"""Writing many rows of one table with one statement, and reading values back, without the cost of model instances."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models


@cache
def _insert_head(
    model: type[models.Model], columns: tuple[str, ...]
) -> tuple[str, list[models.Field[Any, Any]]]:
    by_name = {field.name: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    names = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ', fields


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
    head, fields = _insert_head(model, columns)
    slots = "(" + ", ".join(["%s"] * len(columns)) + ")"
    step = max(1, min(500, 30_000 // max(1, len(columns))))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            values = [
                field.get_db_prep_save(value, connection)
                for row in part
                for field, value in zip(fields, row, strict=True)
            ]
            cursor.execute(head + ", ".join([slots] * len(part)) + tail, values)
            written += cursor.rowcount
    return written
