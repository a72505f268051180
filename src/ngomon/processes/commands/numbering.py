"""Numbers that people read: one after the other in a scope, without a gap that nobody can explain."""

from __future__ import annotations

from django.db import connection

from ngomon.core.units import current_unit

_NEXT = (
    "INSERT INTO processes_number (scope, n) VALUES (%s, 1) "
    "ON CONFLICT (scope) DO UPDATE SET n = processes_number.n + 1 RETURNING n"
)


def next_number(scope: str) -> int:
    """The next number of a scope, held until the unit ends. One statement. Raises: OutsideUnit."""
    current_unit()
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [scope])
        return int(cursor.fetchone()[0])
