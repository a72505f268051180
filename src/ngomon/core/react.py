"""What happens without a button: reactions to events, and duties at intervals. The worker runs them.

    @on(CaseOpened)
    def when_case_opened_tell_reporter(recorded, event, *, actor, at): ...

    @every(minutes=5)
    def escalate_overdue(*, actor, at): ...

Each runs in one unit together with its cursor, so its effect in our database happens once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from ngomon.core.terms import Event, Recorded

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reaction:
    """A handler of some kinds of events. A new one starts at now unless it asks for the whole past."""

    name: str
    kinds: frozenset[str]
    handle: Callable[..., Any]
    from_start: bool
    only: Callable[[Recorded], bool] | None = None

    def concerns(self, recorded: Recorded) -> bool:
        """Whether this event is to be handled at all."""
        if recorded.kind not in self.kinds or recorded.event is None:
            return False
        return self.only is None or self.only(recorded)


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
