"""The embedded engine: SQLite, one writer at a time, positions given inside the unit, search by FTS5.

IMMEDIATE transactions queue fairly behind a process-wide ticket lock; between processes SQLite's own lock and the busy
time-out decide. `synchronous=FULL` makes an acknowledged commit durable.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from ngomon.core.rows import Statement
from ngomon.core.statements import run
from ngomon.core.whispers import tell_here

POLL_S = 0.1


class _FairLock:
    """First come, first served among threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class _Rates:
    """Uses by key in the memory of this process: sliding windows, of which only those still open are kept."""

    MOST_KEYS = 100_000

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._uses: dict[str, tuple[int, deque[float]]] = {}

    def take(self, key: str, limit: int, window_s: int, now: float) -> int:
        with self._guard:
            _, uses = self._uses.pop(key, (window_s, deque()))
            # Put back at the end: the dictionary stays ordered by last use.
            self._uses[key] = (window_s, uses)
            while uses and uses[0] <= now - window_s:
                uses.popleft()
            if len(uses) >= limit:
                return max(1, int(uses[0] + window_s - now) + 1) if uses else window_s
            uses.append(now)
            if len(self._uses) > self.MOST_KEYS:
                self._uses.pop(next(iter(self._uses)))
            return 0

    def tidy(self, now: float) -> None:
        with self._guard:
            self._uses = {
                key: (window_s, uses)
                for key, (window_s, uses) in self._uses.items()
                if uses and uses[-1] > now - window_s
            }


class _Presence:
    """Who has what open, in the memory of the one web process."""

    MOST_THINGS = 20_000

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._here: dict[str, dict[str, tuple[str, datetime]]] = {}

    def note(self, thing: str, who: str, doing: str, at: datetime) -> None:
        with self._guard:
            here = self._here.pop(thing, {})
            # Put back at the end: what nobody looked at for longest goes first.
            self._here[thing] = here
            here[who] = (doing, at)
            if len(self._here) > self.MOST_THINGS:
                self._here.pop(next(iter(self._here)))

    def since(self, thing: str, since: datetime) -> list[tuple[str, str]]:
        with self._guard:
            here = self._here.get(thing, {})
            return sorted((who, doing) for who, (doing, at) in here.items() if at >= since)

    def forget(self, thing: str, who: str) -> None:
        with self._guard:
            self._here.get(thing, {}).pop(who, None)

    def tidy(self, before: datetime) -> None:
        with self._guard:
            self._here = {
                thing: here
                for thing, here in self._here.items()
                if any(at >= before for _, at in here.values())
            }


class SQLiteEngine:
    """See `ngomon.core.engine.Engine`."""

    name = "sqlite"

    def __init__(self) -> None:
        self._lock = _FairLock()
        self._rates = _Rates()
        self._presence = _Presence()
        self._thread = threading.local()

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def next_position(self) -> int:
        return (run("SELECT MAX(position) FROM core_event").fetchone()[0] or 0) + 1

    def sequence(self) -> int:
        return 0

    def announcing(self) -> list[Statement]:
        """Nothing to do: waiters look at SQLite's own change counter."""
        return []

    def wait(self, seconds: float) -> None:
        """Sleep until another connection committed (PRAGMA data_version changes), at most so long.

        The counter belongs to the connection, so each thread remembers its own. It does not move for commits of the
        connection itself: whoever wrote goes round again before waiting. At first it is unknown and nobody sleeps.
        """
        until = time.monotonic() + seconds
        while True:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA data_version")
                version = (id(connection.connection), cursor.fetchone()[0])
            if version != getattr(self._thread, "seen", None):
                self._thread.seen = version
                return
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_S, left))

    def unindex(self, kind: str, keys: list[str]) -> None:
        if not keys:
            return
        slots = ", ".join(["%s"] * len(keys))
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM core_search WHERE kind = %s AND key IN ({slots})", [kind, *keys])

    def erasing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")

    def erased(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=FAST")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def find(
        self, words: list[str], kinds: list[str], audiences: list[str], limit: int
    ) -> list[tuple[str, str]]:
        if not words or not kinds or not audiences:
            return []
        terms = [f'"{word}"' for word in words[:-1]] + [f'"{words[-1]}"*']
        kind_slots = ", ".join(["%s"] * len(kinds))
        audience_slots = ", ".join(["%s"] * len(audiences))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT s.kind, s.key FROM core_search_words w JOIN core_search s ON s.id = w.rowid"
                f" WHERE core_search_words MATCH %s AND s.kind IN ({kind_slots})"
                f" AND s.audience IN ({audience_slots}) ORDER BY s.at DESC LIMIT %s",
                [" AND ".join(terms), *kinds, *audiences, limit],
            )
            return [(row[0], row[1]) for row in cursor.fetchall()]

    def take(self, key: str, limit: int, window_s: int, at: datetime) -> int:
        return self._rates.take(key, limit, window_s, at.timestamp())

    def be_here(self, thing: str, who: str, doing: str, at: datetime) -> None:
        self._presence.note(thing, who, doing, at)

    def who_is_here(self, thing: str, since: datetime) -> list[tuple[str, str]]:
        return self._presence.since(thing, since)

    def be_gone(self, thing: str, who: str) -> None:
        self._presence.forget(thing, who)

    def whisper(self, packed: str) -> None:
        tell_here(packed)

    def tidy(self, at: datetime) -> None:
        self._presence.tidy(at - timedelta(minutes=5))
        self._rates.tidy(at.timestamp())
