"""The words of core that others may use: what an event is, and how one is declared.

    @event("cases.case_opened")
    class CaseOpened(Event):
        case_id: str
        category: str

Bodies hold ids, codes and times only: never names, contacts, report text or one-time codes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar, dataclass_transform
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Base of all events. Fields are str, int, float, bool, None, or lists and dicts of these."""

    kind: ClassVar[str] = ""
    schema: ClassVar[int] = 1

    def body(self) -> dict[str, Any]:
        """The event's fields as they are logged."""
        return dict(self.__dict__)


E = TypeVar("E", bound=Event)
Upcast = Callable[[dict[str, Any]], dict[str, Any]]

_kinds: dict[str, type[Event]] = {}
_upcasts: dict[tuple[str, int], Upcast] = {}


@dataclass_transform(frozen_default=True)
def event(kind: str, schema: int = 1) -> Callable[[type[E]], type[E]]:
    """Declare an event class under a kind (`room.what_happened`) and a schema version."""

    def declare(cls: type[E]) -> type[E]:
        made = dataclass(frozen=True)(cls)
        made.kind = kind
        made.schema = schema
        if kind in _kinds and _kinds[kind].__qualname__ != made.__qualname__:
            raise TypeError(f"two events are called {kind}")
        _kinds[kind] = made
        return made

    return declare


def upcast(kind: str, from_schema: int) -> Callable[[Upcast], Upcast]:
    """Declare how a body of an old schema becomes one of the next."""

    def declare(function: Upcast) -> Upcast:
        _upcasts[kind, from_schema] = function
        return function

    return declare


def read_event(kind: str, schema: int, body: dict[str, Any]) -> Event | None:
    """The event as the present code knows it, old schemas brought up; None for a kind nobody declares any more."""
    cls = _kinds.get(kind)
    if cls is None:
        return None
    while schema < cls.schema:
        body = _upcasts[kind, schema](body)
        schema += 1
    return cls(**body)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log."""

    position: int
    id: UUID
    kind: str
    schema: int
    aggregate_kind: str
    aggregate_id: str
    version: int
    at: datetime
    actor_id: str
    audience: tuple[str, ...]
    event: Event | None
