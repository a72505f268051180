"""The log is append-only in the database itself: no door changes or removes a line, not even one that knows SQL.

The migration puts the guard up. It is taken down by whoever may drop triggers, which leaves its trace in the seal: every
line's words are committed to by an event.
"""

from __future__ import annotations

from typing import Any

TABLE = "incidents_log"
_SAID = "the log of a command room is append-only"

SQLITE_UP = (
    f"""CREATE TRIGGER incidents_log_kept BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END""",
    f"""CREATE TRIGGER incidents_log_stays BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END""",
)
SQLITE_DOWN = (
    "DROP TRIGGER IF EXISTS incidents_log_kept",
    "DROP TRIGGER IF EXISTS incidents_log_stays",
)
POSTGRES_UP = (
    f"""CREATE OR REPLACE FUNCTION incidents_log_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_SAID}' USING ERRCODE = 'restrict_violation'; END $$""",
    f"""CREATE TRIGGER incidents_log_kept BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION incidents_log_refuse()""",
    f"""CREATE TRIGGER incidents_log_stays BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION incidents_log_refuse()""",
)
POSTGRES_DOWN = (
    f"DROP TRIGGER IF EXISTS incidents_log_kept ON {TABLE}",
    f"DROP TRIGGER IF EXISTS incidents_log_stays ON {TABLE}",
)


def put_up(connection: Any) -> None:
    """Guard the log. Once: a guard that stands is put up anew."""
    take_down(connection)
    with connection.cursor() as cursor:
        for statement in SQLITE_UP if connection.vendor == "sqlite" else POSTGRES_UP:
            cursor.execute(statement)


def take_down(connection: Any) -> None:
    """Leave the log unguarded: for tests, whose database is emptied after each."""
    with connection.cursor() as cursor:
        for statement in SQLITE_DOWN if connection.vendor == "sqlite" else POSTGRES_DOWN:
            cursor.execute(statement)
