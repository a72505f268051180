"""What happens to processes without a button."""

from __future__ import annotations

from datetime import date, datetime

from ngomon.core.actors import Actor
from ngomon.core.react import every, on
from ngomon.core.terms import Recorded
from ngomon.directory.terms import AgencySucceeded, CalendarDecided

from . import commands


@every(seconds=15)
def wake_what_is_due(*, actor: Actor, at: datetime) -> None:
    """Reminders, overdue, escalation, silence and promised days."""
    commands.wake(actor=actor, at=at)


@on(AgencySucceeded)
def when_agency_succeeded_move_work(
    _: Recorded, event: AgencySucceeded, *, actor: Actor, at: datetime
) -> None:
    """A re-organisation orphans nothing."""
    commands.move_work(event.agency, event.successor, actor=actor, at=at)


@on(CalendarDecided)
def when_calendar_decided_move_deadlines(
    _: Recorded, event: CalendarDecided, *, actor: Actor, at: datetime
) -> None:
    """Running clocks are worked out anew, by the duty that wakes them."""
    commands.mark_stale(date.fromisoformat(event.day), actor=actor, at=at)
