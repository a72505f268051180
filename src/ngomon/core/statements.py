"""One hand-written statement, told to the driver itself: what Django's cursors do around each costs more than many a statement.

Kept of it: the connection and its transaction, its errors, whoever watches statements, and that a broken transaction takes no
more. Left out: what only statements built by the ORM need.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def run(statement: str, values: Sequence[Any] = (), *, several: bool = False) -> Any:
    """Run a statement with one `%s` for each value, given as the database takes it; a cursor to read from.

    `several`: it is more than one in one message, as PostgreSQL takes them. Raises: django.db's errors, as any statement does.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.queries_logged:
        cursor = database.cursor()
        cursor.execute(statement, values)
        return cursor
    told = partial(_tell, database, several)
    if not database.execute_wrappers:
        return told(statement, values, False, None)
    for wrapper in reversed(database.execute_wrappers):
        told = partial(wrapper, told)
    return told(statement, values, False, {"connection": database, "cursor": None})


def _tell(database: Any, several: bool, statement: str, values: Sequence[Any], *_: Any) -> Any:
    """The innermost of those who hear of it: the driver. The rest is what watchers pass on."""
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            return database.connection.execute(_with_marks(statement), values)
        if several:
            return database.connection.cursor().execute(statement, values)
        return psycopg.Cursor(database.connection).execute(statement, values)


@lru_cache(maxsize=2000)
def _with_marks(statement: str) -> str:
    """As SQLite's driver takes it."""
    return "%".join(part.replace("%s", "?") for part in statement.split("%%"))
