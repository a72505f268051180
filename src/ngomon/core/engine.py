"""The port to what differs between databases. `ngomon.engines` implements it; settings choose one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from ngomon.core.rows import Statement


class Engine(Protocol):
    """What core asks of a database beyond SQL that both speak."""

    name: str

    def writing(self) -> AbstractContextManager[None]:
        """Held around each unit: a fair, process-wide queue where the database takes one writer at a time."""
        ...

    def next_position(self) -> int | None:
        """Inside a unit: the position its first event gets, or None where a sequencer gives them after the commit."""
        ...

    def sequence(self) -> int:
        """Give positions to committed events that have none; how many were given. Safe to run in any process."""
        ...

    def announcing(self) -> list[Statement]:
        """For a unit that emitted: what wakes whoever waits for events, once it is committed."""
        ...

    def wait(self, seconds: float) -> None:
        """Sleep until something was announced, at most so long."""
        ...

    def unindex(self, kind: str, keys: list[str]) -> None:
        """Take these out of the search index, so that no copy of their words remains."""
        ...

    def erasing(self) -> None:
        """Inside a unit that erases: what is deleted from here on is overwritten, not only set free."""
        ...

    def erased(self) -> None:
        """After such a unit: no copy is left in the database's own log, as far as other readers let it go."""
        ...

    def find(
        self, words: list[str], kinds: list[str], audiences: list[str], limit: int
    ) -> list[tuple[str, str]]:
        """Kind and key of what holds all the words (the last may be a beginning), newest first, seen by one of the audiences."""
        ...

    def take(self, key: str, limit: int, window_s: int, at: datetime) -> int:
        """Count one use of a limited thing; how many seconds to wait, 0 when it is within the limit."""
        ...

    def be_here(self, thing: str, who: str, doing: str, at: datetime) -> None:
        """Note that somebody has a thing open now. Not kept over a restart."""
        ...

    def who_is_here(self, thing: str, since: datetime) -> list[tuple[str, str]]:
        """Who has a thing open since then, and what they do; seen by every process."""
        ...

    def be_gone(self, thing: str, who: str) -> None:
        """Somebody no longer has a thing open."""
        ...

    def whisper(self, packed: str) -> None:
        """Carry a sign of `core.whispers` to every process that streams; kept nowhere, lost where nobody listens."""
        ...

    def tidy(self, at: datetime) -> None:
        """Forget counts of uses whose windows are over."""
        ...


@cache
def engine() -> Engine:
    """The engine that settings chose."""
    made: Engine = import_string(settings.NGOMON_ENGINE)()
    return made
