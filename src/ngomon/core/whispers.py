"""Signs that are only for those who look on now: told to open streams, kept nowhere, no part of the log or its seal.

A sign that nobody hears is lost, so whatever rests on one asks again by itself after a while. Within one process they go by
`listen`; an engine that serves several processes carries them itself (see `core.engine.Engine.whisper`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from ngomon.core.engine import engine

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Whisper:
    """Of what kind of thing, which one, and who may hear of it (audience keys as of events)."""

    kind: str
    id: str
    audience: tuple[str, ...]

    def packed(self) -> str:
        """As text, for an engine to carry."""
        return orjson.dumps([self.kind, self.id, self.audience]).decode()

    @classmethod
    def of(cls, packed: str) -> Whisper:
        """From text. Raises: ValueError."""
        kind, id, audience = orjson.loads(packed)
        return cls(kind, id, tuple(audience))


Heard = deque[Whisper]
_ears: list[Heard] = []


def listen() -> Heard:
    """What is told in this process from now on comes into this queue, the newest `MOST` of it."""
    heard: Heard = deque(maxlen=MOST)
    _ears.append(heard)
    return heard


def deaf(heard: Heard) -> None:
    """Stop listening."""
    _ears[:] = [ear for ear in _ears if ear is not heard]


def tell_here(packed: str) -> None:
    """Give a sign to all who listen in this process."""
    whisper = Whisper.of(packed)
    for heard in list(_ears):
        heard.append(whisper)


def whisper(kind: str, id: str, audience: Iterable[str]) -> None:
    """Tell whoever looks on now and holds one of the keys that something moved. Nothing is written."""
    engine().whisper(Whisper(kind, id, tuple(audience)).packed())
