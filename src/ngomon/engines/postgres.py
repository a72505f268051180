"""PostgreSQL: many writers, positions given after the commit by one sequencer, search by GIN, rates in an UNLOGGED table.

The sequencer holds an advisory lock, so at any time one process numbers. It takes committed rows in the order of `seq`.
An aggregate's next version is written only after the one before was committed (its row is locked and read), so a
snapshot that shows version n+1 shows n too, and `seq` puts n first: no reader sees them the wrong way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from ngomon.core.rows import Statement

SEQUENCER_LOCK = 0x4E474F4D4F4E  # "NGOMON"
CHANNEL = "ngomon_events"
WHISPERS = "ngomon_whispers"

_SEQUENCE = """
WITH top AS (SELECT COALESCE(MAX(position), 0) AS p FROM core_event),
     fresh AS (
        SELECT seq, row_number() OVER (ORDER BY seq) AS n
        FROM (SELECT seq FROM core_event WHERE position IS NULL ORDER BY seq LIMIT 2000) AS unplaced
     )
UPDATE core_event e SET position = top.p + fresh.n FROM fresh, top WHERE e.seq = fresh.seq
"""

_TAKE = """
INSERT INTO core_rate (key, started_at, uses) VALUES (%s, %s, 1)
ON CONFLICT (key) DO UPDATE SET
    uses = CASE WHEN core_rate.started_at <= EXCLUDED.started_at - %s * interval '1 second'
                THEN 1 ELSE core_rate.uses + 1 END,
    started_at = CASE WHEN core_rate.started_at <= EXCLUDED.started_at - %s * interval '1 second'
                THEN EXCLUDED.started_at ELSE core_rate.started_at END
RETURNING uses, started_at
"""


class PostgresEngine:
    """See `ngomon.core.engine.Engine`."""

    name = "postgres"

    @contextmanager
    def writing(self) -> Iterator[None]:
        yield

    def next_position(self) -> None:
        return None

    def sequence(self) -> int:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute(_SEQUENCE)
            given: int = cursor.rowcount
            if given:
                cursor.execute(f"NOTIFY {CHANNEL}_placed")
            return given

    def announcing(self) -> list[Statement]:
        return [(f"NOTIFY {CHANNEL}", ())]

    def wait(self, seconds: float) -> None:
        """LISTEN on this connection until something was emitted or got its position, at most so long."""
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
            cursor.execute(f"LISTEN {CHANNEL}_placed")
        raw = connection.connection
        for _ in raw.notifies(timeout=seconds, stop_after=1):
            return

    def unindex(self, kind: str, keys: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM core_search WHERE kind = %s AND key = ANY(%s)", [kind, keys])

    def erasing(self) -> None:
        """Nothing to do: dead rows go by autovacuum, the log by its own age."""

    def erased(self) -> None:
        """See `erasing`."""

    def find(
        self, words: list[str], kinds: list[str], audiences: list[str], limit: int
    ) -> list[tuple[str, str]]:
        if not words or not kinds or not audiences:
            return []
        query = " & ".join([*words[:-1], f"{words[-1]}:*"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kind, key FROM core_search WHERE to_tsvector('simple', folded) @@ to_tsquery('simple', %s)"
                " AND kind = ANY(%s) AND audience = ANY(%s) ORDER BY at DESC LIMIT %s",
                [query, kinds, audiences, limit],
            )
            return [(row[0], row[1]) for row in cursor.fetchall()]

    def take(self, key: str, limit: int, window_s: int, at: datetime) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [key, at, window_s, window_s])
            uses, started_at = cursor.fetchone()
        left_s = window_s - (at - started_at).total_seconds()
        return 0 if uses <= limit else max(1, int(left_s) + 1)

    def be_here(self, thing: str, who: str, doing: str, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_presence (thing, who, doing, at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (thing, who) DO UPDATE SET doing = EXCLUDED.doing, at = EXCLUDED.at",
                [thing, who, doing, at],
            )

    def who_is_here(self, thing: str, since: datetime) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT who, doing FROM core_presence WHERE thing = %s AND at >= %s ORDER BY who",
                [thing, since],
            )
            return [(row[0], row[1]) for row in cursor.fetchall()]

    def be_gone(self, thing: str, who: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM core_presence WHERE thing = %s AND who = %s", [thing, who])

    def whisper(self, packed: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [WHISPERS, packed])

    def tidy(self, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM core_presence WHERE at < %s - interval '5 minutes'", [at])
            cursor.execute("DELETE FROM core_rate WHERE started_at < %s - interval '2 days'", [at])
