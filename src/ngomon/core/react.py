"""What happens without a button: reactions to events, and duties at intervals. The worker runs them.

    @on(CaseOpened)
    def when_case_opened_tell_reporter(recorded, event, *, actor, at): ...

    @every(minutes=5)
    def escalate_overdue(*, actor, at): ...

Each runs in one unit together with its cursor, so its effect in our database happens once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ngomon.core.actors import Actor
from ngomon.core.terms import Event, Recorded

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reaction:
    """A handler of some kinds of events. A new one starts at now unless it asks for the whole past.

    `most`: it takes so many at once, in one unit (see `on_many`); 0 for one that takes each by itself.
    """

    name: str
    kinds: frozenset[str]
    handle: Callable[..., Any]
    from_start: bool
    only: Callable[[Recorded], bool] | None = None
    most: int = 0

    def concerns(self, recorded: Recorded) -> bool:
        """Whether this event is to be handled at all."""
        if recorded.kind not in self.kinds or recorded.event is None:
            return False
        return self.only is None or self.only(recorded)

    def run(self, batch: Sequence[Recorded], *, actor: Actor, at: datetime) -> None:
        """Handle these, in the unit that is open."""
        if self.most:
            self.handle(batch, actor=actor, at=at)
            return
        for recorded in batch:
            self.handle(recorded, recorded.event, actor=actor, at=at)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something done every so often, by one worker at a time."""

    name: str
    interval: timedelta
    do: Callable[..., Any]


reactions: dict[str, Reaction] = {}
duties: dict[str, Duty] = {}


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removeprefix('ngomon.').removesuffix('.reactions')}.{function.__name__}"


def on(
    *kinds: type[Event], from_start: bool = False, only: Callable[[Recorded], bool] | None = None
) -> Callable[[F], F]:
    """Register a reaction: `handle(recorded, event, *, actor, at)` in a unit; it may be called again, so idempotent.

    `only` tells from the event alone whether it matters; what does not is passed over without a unit.
    """

    def register(function: F) -> F:
        name = _name(function)
        reactions[name] = Reaction(name, frozenset(k.kind for k in kinds), function, from_start, only)
        return function

    return register


def on_many(
    *kinds: type[Event], most: int = 100, only: Callable[[Recorded], bool] | None = None
) -> Callable[[F], F]:
    """Register a reaction that takes many events in one unit: `handle(batch, *, actor, at)`.

    For what comes in thousands and only adds rows: such a unit should hold nothing that others want to change. Where it
    fails, each event is tried by itself, as ever, and only the one at fault is parked.
    """

    def register(function: F) -> F:
        name = _name(function)
        reactions[name] = Reaction(name, frozenset(k.kind for k in kinds), function, False, only, most)
        return function

    return register


def every(*, hours: float = 0, minutes: float = 0, seconds: float = 0) -> Callable[[F], F]:
    """Register a duty: `do(*, actor, at)` in a unit, each time the interval has passed."""

    def register(function: F) -> F:
        name = _name(function)
        duties[name] = Duty(name, timedelta(hours=hours, minutes=minutes, seconds=seconds), function)
        return function

    return register


jobs: dict[str, Callable[[], int]] = {}


def between_units(function: Callable[[], int]) -> Callable[[], int]:
    """Register a job: slow work outside units (pictures, networks); it opens short units itself and says how much it did.

    The worker runs each in a thread of its own, again at once while there is something to do.
    """
    jobs[_name(function)] = function
    return function
