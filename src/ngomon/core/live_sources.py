"""Where the live hub reads the log: a plain connection of its own in one reader, no ORM, woken by the database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import psycopg

from ngomon.core.whispers import MOST, Whisper, deaf, listen

POLL_S = 0.1
_COLUMNS = "position, kind, aggregate_kind, aggregate_id, aggregate_version, audience"


@dataclass(frozen=True, slots=True)
class Placed:
    """What the hub needs of one event."""

    position: int
    event: str
    kind: str
    id: str
    version: int
    audience: tuple[str, ...]


class Source(Protocol):
    """The log as the hub sees it."""

    async def head(self) -> int:
        """The highest position."""
        ...

    async def read(self, after: int, limit: int) -> list[Placed]:
        """Events behind a position, in order."""
        ...

    async def changed(self, timeout_s: float) -> None:
        """Sleep until there may be something new, at most so long."""
        ...

    def whispers(self) -> list[Whisper]:
        """Signs that came since the last time; `changed` wakes for them."""
        ...

    async def close(self) -> None:
        """Let the connection go."""
        ...


def _placed(row: tuple[Any, ...]) -> Placed:
    return Placed(row[0], row[1], row[2], row[3], row[4], tuple(orjson.loads(row[5])))


class SQLiteSource:
    """Looks at SQLite's change counter ten times a second, in one thread of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "live-reader")
        self._connection: sqlite3.Connection | None = None
        self._seen = -1
        self._heard = listen()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=10)
        return self._connection

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._open().execute(sql, values).fetchall()
        except sqlite3.Error:
            self._connection = None
            raise

    async def _ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._rows, sql, values)

    async def head(self) -> int:
        return (await self._ask("SELECT MAX(position) FROM core_event"))[0][0] or 0

    async def read(self, after: int, limit: int) -> list[Placed]:
        sql = f"SELECT {_COLUMNS} FROM core_event WHERE position > ? ORDER BY position LIMIT ?"
        return [_placed(row) for row in await self._ask(sql, after, limit)]

    async def changed(self, timeout_s: float) -> None:
        until = asyncio.get_running_loop().time() + timeout_s
        while True:
            version = (await self._ask("PRAGMA data_version"))[0][0]
            if version != self._seen:
                self._seen = version
                return
            if self._heard or asyncio.get_running_loop().time() >= until:
                return
            await asyncio.sleep(POLL_S)

    def whispers(self) -> list[Whisper]:
        return [self._heard.popleft() for _ in range(len(self._heard))]

    async def close(self) -> None:
        deaf(self._heard)
        self._thread.shutdown(wait=False, cancel_futures=True)


class PostgresSource:
    """Listens to the sequencer; looks anyway when it has been silent for a while."""

    CHANNEL = "ngomon_events_placed"
    WHISPERS = "ngomon_whispers"

    def __init__(self, conninfo: Mapping[str, Any]) -> None:
        self._conninfo = dict(conninfo)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._heard: deque[Whisper] = deque(maxlen=MOST)

    async def _open(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            made = await psycopg.AsyncConnection.connect(autocommit=True, **self._conninfo)
            await made.execute(f"LISTEN {self.CHANNEL}")
            await made.execute(f"LISTEN {self.WHISPERS}")
            made.add_notify_handler(self._hear)
            self._connection = made
        return self._connection

    async def _ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        found = await (await self._open()).execute(sql.encode(), values)
        return await found.fetchall()

    async def head(self) -> int:
        return (await self._ask("SELECT MAX(position) FROM core_event"))[0][0] or 0

    async def read(self, after: int, limit: int) -> list[Placed]:
        sql = f"SELECT {_COLUMNS} FROM core_event WHERE position > %s ORDER BY position LIMIT %s"
        return [_placed(row) for row in await self._ask(sql, after, limit)]

    async def changed(self, timeout_s: float) -> None:
        connection = await self._open()
        if self._heard:
            return
        async for _ in connection.notifies(timeout=min(timeout_s, 1.0), stop_after=1):
            return

    def _hear(self, note: psycopg.Notify) -> None:
        if note.channel == self.WHISPERS:
            self._heard.append(Whisper.of(note.payload))

    def whispers(self) -> list[Whisper]:
        return [self._heard.popleft() for _ in range(len(self._heard))]

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def source_of(database: Mapping[str, Any]) -> Source:
    """The source for one entry of Django's DATABASES."""
    if database["ENGINE"].endswith("sqlite3"):
        return SQLiteSource(str(database["NAME"]))
    parts = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return PostgresSource({name: database[key] for name, key in parts.items() if database.get(key)})
