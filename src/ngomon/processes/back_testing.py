"""The simulation held against what happened: records of matters opened and closed, the second half predicted from the first.

What was known on the day in the middle is the history: when matters came, by the hour of the week, and how long they took
(of those still open then, how long they had been open). Records without officers say nothing of queues, so nobody waits for
anybody here; queues are held against Erlang's formula in the tests of the rules.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from ngomon.core.errors import Invalid

from .rules.deadlines import Calendar
from .rules.outcomes import simulate
from .rules.reading import read
from .rules.simulation import HOURS, History, Simulator, StepHistory
from .terms import Budget, Definition

LEAST = 500
"""Matters of a kind below which nothing is predicted for it: in each half."""
DEADLINES_D = (7, 30)
RUNS = 5
OPENED = ("requested_at", "opendate", "Created Date")
CLOSED = ("updated_at", "closedate", "Closed Date")
KIND = ("category", "complaint_type", "Complaint Type")
DONE = "closed"


@dataclass(frozen=True, slots=True)
class Matter:
    """A row: what it was about, when it came and when it was done, if it was."""

    kind: str
    opened_at: datetime
    closed_at: datetime | None


def evaluate_simulation_files(*files: Path) -> dict[str, Any]:
    """For each kind of matter and in all: share late after 7 and 30 days, median hours and arrivals, predicted and real."""
    matters = sorted((m for path in files for m in _rows(path)), key=lambda m: m.opened_at)
    if not matters:
        raise Invalid("web.command.files", name="simulation", n=1)
    first, last = matters[0].opened_at, matters[-1].opened_at
    middle = matters[len(matters) // 2].opened_at
    kinds: dict[str, list[Matter]] = defaultdict(list)
    for matter in matters:
        kinds[matter.kind].append(matter)
    found = {}
    for kind, of in sorted(kinds.items()):
        before = [m for m in of if m.opened_at < middle]
        after = [m for m in of if m.opened_at >= middle]
        if min(len(before), len(after)) >= LEAST:
            found[kind] = _compare(before, after, first, middle, last)
    return {
        "matters": len(matters),
        "first_half_until": middle.date().isoformat(),
        "kinds": found,
        "mean_error": _errors(list(found.values()), "predicted"),
        "mean_error_of_the_first_half_carried_over": _errors(list(found.values()), "first_half"),
    }


# --- reading ----------------------------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[Matter]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        for row in csv.DictReader(file):
            opened, closed = _instant(_of(row, OPENED)), _instant(_of(row, CLOSED))
            if opened is None:
                continue
            is_done = row.get("status", DONE) == DONE and closed is not None and closed >= opened
            yield Matter(_of(row, KIND), opened, closed if is_done else None)


def _of(row: Mapping[str, str], names: Sequence[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _instant(said: str) -> datetime | None:
    """ISO with or without a time and a zone, or the American way."""
    if not said:
        return None
    made = (
        datetime.strptime(said, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
        if "/" in said
        else datetime.fromisoformat(said)
    )
    return made if made.tzinfo else made.replace(tzinfo=UTC)


# --- predicting -------------------------------------------------------------------------------------------------------


class EveryDay:
    """A calendar without days off: these records are judged by the clock on the wall."""

    def is_working(self, at: datetime) -> bool:
        """Always."""
        return at is not None

    def local_day(self, at: datetime) -> date:
        """The day in UTC."""
        return at.astimezone(UTC).date()

    def add_working_time(self, start_at: datetime, seconds: float) -> datetime:
        """So many seconds later."""
        return start_at + timedelta(seconds=seconds)

    def add_working_days(self, start_at: datetime, n: int) -> datetime:
        """So many days later."""
        return start_at + timedelta(days=n)

    def working_seconds(self, a: datetime, b: datetime) -> float:
        """The seconds between."""
        return (b - a).total_seconds()

    def days_off(self, from_on: date, until_on: date) -> list[date]:
        """None."""
        return [day for day in (from_on, until_on) if day is None]

    def periods(self, on: date) -> tuple[tuple[datetime, datetime], ...]:
        """The whole day."""
        start = datetime.combine(on, time(), UTC)
        return ((start, start + timedelta(days=1)),)


def _definition() -> Definition:
    named = {"vi": "x", "en": "x"}
    made, _ = read(
        {
            "key": "record",
            "group": "timed",
            "start": "work",
            "name": named,
            "step": [
                {
                    "key": "work",
                    "kind": "task",
                    "name": named,
                    "status": "open",
                    "role": "ioc_operator",
                    "holder": "ioc",
                    "budget": {"hours": 1},
                    "action": [{"key": "close", "name": named, "to": "done", "tone": "primary"}],
                },
                {"key": "done", "kind": "end", "name": named, "status": "closed", "outcome": "done"},
            ],
        }
    )
    assert made is not None
    return made


def _history(before: Sequence[Matter], first: datetime, middle: datetime) -> History:
    """What was known in the middle."""
    arrivals = [0.0] * HOURS
    for matter in before:
        at = matter.opened_at.astimezone(UTC)
        arrivals[at.weekday() * 24 + at.hour] += 1
    times = tuple(
        ((m.closed_at if m.closed_at and m.closed_at < middle else middle) - m.opened_at).total_seconds()
        for m in before
    )
    weeks = max((middle - first) / timedelta(weeks=1), 1.0)
    nobody_waits = {("ioc_operator", ""): 2 * len(before)}
    return History(
        tuple(arrivals),
        weeks,
        {"work": StepHistory(times, {"close": 1})},
        staff=nobody_waits,
        day_and_night=frozenset({"ioc_operator"}),
    )


def _compare(
    before: Sequence[Matter], after: Sequence[Matter], first: datetime, middle: datetime, last: datetime
) -> dict[str, Any]:
    history, calendar, days = _history(before, first, middle), EveryDay(), max((last - middle).days, 1)
    known: Calendar = calendar
    found: dict[str, Any] = {"n_first": len(before), "n_second": len(after)}
    for n in DEADLINES_D:
        simulator = Simulator(
            _definition(),
            _with_budget(history, n),
            known,
            calendar.local_day(middle),
            days=days,
            warm_up=0,
        )
        outcome = simulate(simulator, runs=RUNS)
        late, then = _late_ratio(after, n, last), _late_ratio(before, n, middle)
        found[f"late_after_{n}_days"] = _against(outcome.overdue_ratio.mean, late, then, 4)
    found["arrived"] = _against(outcome.arrived.mean, len(after), len(before), 0)
    found["median_hours"] = _against(
        outcome.median_h.mean, _median_h(after, last), _median_h(before, middle), 1
    )
    return found


def _with_budget(history: History, days: int) -> History:
    made = {name: getattr(history, name) for name in ("steps", "staff", "day_and_night")}
    return History(history.arrivals, history.weeks, budgets={Budget.hours(24 * days): 1}, **made)


def _late_ratio(matters: Sequence[Matter], days: int, until: datetime) -> float:
    """Of those that were done or due: how many were late."""
    allowed = timedelta(days=days)
    judged = [m for m in matters if (m.closed_at and m.closed_at <= until) or m.opened_at + allowed < until]
    late = sum(
        1 for m in judged if (min(m.closed_at, until) if m.closed_at else until) - m.opened_at > allowed
    )
    return late / len(judged) if judged else 0.0


def _median_h(matters: Sequence[Matter], until: datetime) -> float:
    """Hours within which half were done; what is open counts as long as it has been open."""
    took = sorted(((m.closed_at or until) - m.opened_at).total_seconds() / 3600 for m in matters)
    return median(took) if took else 0.0


def _against(predicted: float, real: float, first_half: float, digits: int) -> dict[str, float]:
    return {
        "predicted": round(predicted, digits),
        "real": round(real, digits),
        "first_half": round(first_half, digits),
        "error": round(predicted - real, digits),
    }


def _errors(found: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    """The error of the kinds, weighted by how many came: of a share in points, of hours in hours. Arrivals are not compared
    with the first half: it is of another length."""
    whole = sum(one["n_second"] for one in found)
    told = {}
    for figure, scale in (*((f"late_after_{n}_days", 100) for n in DEADLINES_D), ("median_hours", 1)):
        off = sum(abs(one[figure][name] - one[figure]["real"]) * one["n_second"] for one in found)
        told[figure] = round(scale * off / whole, 2) if whole else 0.0
    if name == "predicted" and whole:
        came = sum(one["arrived"][name] for one in found)
        told["arrived_ratio"] = round(abs(came - whole) / whole, 3)
    return told
