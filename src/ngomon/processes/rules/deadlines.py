"""When something is due, and why then: a pure function of start, budget, suspensions, extensions and calendar.

The ledger is walked in the order of time. A suspension that began before the due time then reached moves it by the
working time it took away; one that began later came too late to help. An extension adds working days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from ..terms import Budget, Extension, Rung, StepBudget, Suspension, Why

SATURDAY = 5
Ledger = Sequence[Suspension | Extension]


class Calendar(Protocol):
    """The part of a working calendar that deadlines need."""

    def is_working(self, at: datetime) -> bool: ...
    def local_day(self, at: datetime) -> date: ...
    def add_working_time(self, start_at: datetime, seconds: float) -> datetime: ...
    def add_working_days(self, start_at: datetime, n: int) -> datetime: ...
    def working_seconds(self, a: datetime, b: datetime) -> float: ...
    def days_off(self, from_on: date, until_on: date) -> list[date]: ...
    def periods(self, on: date) -> tuple[tuple[datetime, datetime], ...]: ...


@dataclass(frozen=True, slots=True)
class WallClock:
    """Day and night alike: the time of the instant group."""

    days: Calendar

    def is_working(self, at: datetime) -> bool:
        """Always."""
        return at is not None

    def local_day(self, at: datetime) -> date:
        """The city's day."""
        return self.days.local_day(at)

    def add_working_time(self, start_at: datetime, seconds: float) -> datetime:
        """So many seconds later."""
        return (start_at + timedelta(seconds=seconds)).astimezone(UTC)

    def add_working_days(self, start_at: datetime, n: int) -> datetime:
        """Extensions are given in working days in every group."""
        return self.days.add_working_days(start_at, n)

    def working_seconds(self, a: datetime, b: datetime) -> float:
        """The seconds between."""
        return (b - a).total_seconds()

    def days_off(self, from_on: date, until_on: date) -> list[date]:  # noqa: ARG002
        """None."""
        return []

    def periods(self, on: date) -> tuple[tuple[datetime, datetime], ...]:
        """Those of the offices, for what is told during office hours."""
        return self.days.periods(on)


def clock_for(budget: Budget, calendar: Calendar) -> Calendar:
    """The clock that a budget runs on."""
    return WallClock(calendar) if budget.unit == "minutes" else calendar


def budget_end(start_at: datetime, budget: Budget, calendar: Calendar) -> datetime:
    """When a budget is used up if nothing interrupts it."""
    if budget.unit == "days":
        return calendar.add_working_days(start_at, int(budget.n))
    if budget.unit == "hours":
        return calendar.add_working_time(start_at, budget.n * 3600)
    return (start_at + timedelta(minutes=budget.n)).astimezone(UTC)


def due_at(start_at: datetime, budget: Budget, ledger: Ledger, calendar: Calendar) -> datetime:
    """When the whole is due. A suspension still open counts as if it never was; see `resume` for its end.

    Raises: ValueError for a suspension that ends before it begins.
    """
    due = budget_end(start_at, budget, calendar)
    clock = clock_for(budget, calendar)
    for entry in sorted(ledger, key=_when):
        if isinstance(entry, Extension):
            due = calendar.add_working_days(due, entry.days)
        elif entry.to_at is not None:
            due = pushed(due, entry, start_at, clock)
    return due


def _when(entry: Suspension | Extension) -> datetime:
    return entry.at if isinstance(entry, Extension) else entry.from_at


def pushed(due: datetime, entry: Suspension, start_at: datetime, clock: Calendar) -> datetime:
    """A due time moved by the working time that one suspension took away; one that began too late moves nothing.

    Raises: ValueError for a suspension that ends before it begins.
    """
    if entry.to_at is None or entry.from_at >= due:
        return due
    if entry.to_at < entry.from_at:
        raise ValueError("a suspension ends after it begins")
    lost = clock.working_seconds(max(entry.from_at, start_at), max(entry.to_at, start_at))
    return clock.add_working_time(due, lost) if lost > 0 else due


def step_due(
    start_at: datetime,
    budget: StepBudget,
    whole: Budget,
    whole_due: datetime | None,
    calendar: Calendar,
) -> datetime:
    """When a step entered now is due. What is left of the whole: at its due time, but an hour at least."""
    if budget.own is not None:
        return budget_end(start_at, budget.own, calendar)
    if budget.is_rest:
        least = clock_for(whole, calendar).add_working_time(start_at, 3600)
        return max(whole_due, least) if whole_due else least
    clock = clock_for(whole, calendar)
    seconds = clock.working_seconds(start_at, budget_end(start_at, whole, calendar))
    return clock.add_working_time(start_at, max(60.0, seconds * budget.share))


def rung_at(rung: Rung, start_at: datetime, due: datetime, ledger: Ledger, clock: Calendar) -> datetime:
    """When one rung of the ladder is reached between start and due: suspended time does not count towards a share."""
    if rung.after is not None:
        return budget_end(due, rung.after, clock)
    if rung.share >= 1.0:
        return due
    closed = [e for e in ledger if isinstance(e, Suspension) and e.to_at is not None and e.from_at < due]
    lost = sum(
        clock.working_seconds(max(e.from_at, start_at), max(e.to_at or start_at, start_at)) for e in closed
    )
    seconds = (clock.working_seconds(start_at, due) - lost) * rung.share
    reached = clock.add_working_time(start_at, max(0.0, seconds))
    for entry in sorted(closed, key=lambda e: e.from_at):
        reached = pushed(reached, entry, start_at, clock)
    return min(reached, due)


def rungs_at(
    ladder: Iterable[Rung], start_at: datetime, due: datetime, ledger: Ledger, clock: Calendar
) -> list[tuple[datetime, Rung]]:
    """All rungs with their times, in order."""
    timed = [(rung_at(rung, start_at, due, ledger, clock), i, rung) for i, rung in enumerate(ladder)]
    return [(at, rung) for at, _, rung in sorted(timed, key=lambda t: t[:2])]


# --- in words -----------------------------------------------------------------------------------------------------


def explain(
    start_at: datetime,
    budget: Budget,
    ledger: Ledger,
    calendar: Calendar,
    *,
    paused_from: datetime | None = None,
    is_met: bool = False,
) -> tuple[Why, ...]:
    """The parts of the explanation of a due time, in the order they are read."""
    due = due_at(start_at, budget, ledger, calendar)
    parts = [Why(f"processes.why.{budget.unit}", {"n": _number(budget.n), "start": start_at})]
    clock = clock_for(budget, calendar)
    off = clock.days_off(calendar.local_day(start_at), calendar.local_day(due))
    weekend = sorted({day.weekday() for day in off if day.weekday() >= SATURDAY})
    special = [day for day in off if day.weekday() not in weekend]
    if weekend:
        parts.append(Why("processes.why.weekend", {"weekdays": tuple(weekend)}))
    if special:
        parts.append(Why("processes.why.days_off", {"days": tuple(special)}))
    for entry in sorted(ledger, key=_when):
        parts += _explain_entry(entry, start_at, clock)
    if paused_from is not None:
        return (*parts, Why("processes.why.paused", {"from": paused_from}))
    return (*parts, Why("processes.why.met" if is_met else "processes.why.due", {"due": due}))


def _explain_entry(entry: Suspension | Extension, start_at: datetime, clock: Calendar) -> list[Why]:
    if isinstance(entry, Extension):
        return [Why("processes.why.extended", {"n": entry.days, "at": entry.at})]
    if entry.to_at is None:
        return []
    lost = clock.working_seconds(max(entry.from_at, start_at), max(entry.to_at, start_at))
    if lost <= 0:
        return []
    values = {"seconds": lost, "from": entry.from_at, "to": entry.to_at, "reason": entry.reason}
    return [Why("processes.why.suspended", values)]


def _number(n: float) -> float | int:
    return int(n) if n == int(n) else n
