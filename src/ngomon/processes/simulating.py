"""What would happen in this city: the history that a simulation of a definition runs on, from the city's own processes.

How long somebody worked on a step is not recorded, so it is estimated: from when the step was open and whoever did it had
done with what he did before, in working time. Pauses and other work in between count as work, so people are rather
predicted slower than they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from ngomon.core.errors import Conflict
from ngomon.directory import queries as directory

from . import queries
from .checking import staff_at
from .models import Instance, LedgerEntry, Task
from .rules import steps as ways
from .rules.outcomes import Outcome, simulate
from .rules.simulation import HOURS, Axis, History, Pool, Simulator, StepHistory, WhatIf, midnight
from .terms import Budget, Definition, StepKind

LOOKS_BACK = timedelta(weeks=26)
LEAST = 30
"""Matters without which nothing is predicted: below it a share is off by more than it says."""
SHIFTS_A_DAY = 3
"""Of those who keep watch day and night one in three is there at a time."""


@dataclass(frozen=True, slots=True)
class Based:
    """A history and what it was made of."""

    history: History
    matters: int
    tasks: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Prediction:
    """A definition as it is and, where something is tried, as it would be; `based` is what both rest on."""

    definition: Definition
    based: Based
    now: Outcome
    tried: Outcome | None
    what_if: WhatIf | None


def predict(
    key: str, *, at: datetime, what_if: WhatIf | None = None, days: int = 30, runs: int = 20, seed: int = 1
) -> Prediction:
    """Simulate the next days of a definition in force. Raises: NotFound for an unknown one, Conflict where it has too
    little history."""
    definition = queries.definition(key)
    based = history_of(definition, at=at)
    calendar = directory.working_calendar()

    def told(question: WhatIf | None) -> Outcome:
        made = Simulator(
            definition, based.history, calendar, calendar.local_day(at), days=days, what_if=question
        )
        return simulate(made, runs=runs, seed=seed)

    return Prediction(definition, based, told(None), told(what_if) if what_if else None, what_if)


def history_of(definition: Definition, *, at: datetime) -> Based:
    """What the matters of the last half year say. Raises: Conflict where there are fewer than `LEAST`, or people are
    called out instead of taking matters from a queue."""
    found = gathered(definition, at=at)
    if found.matters < LEAST:
        raise Conflict("processes.simulate.too_little", n=found.matters, least=LEAST)
    return found


def gathered(definition: Definition, *, at: datetime) -> Based:
    """What is known of the last half year, however little. Steps are matched by key, so a draft finds what its definition did.

    Raises: Conflict where people are called out.
    """
    rows = list(
        Instance.objects.filter(
            definition=definition.key, started_at__gte=at - LOOKS_BACK, started_at__lt=at
        ).values_list("started_at", "agency", "budget_unit", "budget_n")
    )
    if {row[2] for row in rows} == {"minutes"} or (not rows and definition.group == "instant"):
        # Whoever is on duty is called out; nobody takes such a matter from a queue.
        raise Conflict("processes.simulate.called_out")
    since = min((row[0] for row in rows), default=at - LOOKS_BACK)
    staff, watched = people_at(at)
    known, n = _steps(definition, since, at, watched)
    agencies = Counter(row[1] for row in rows if row[1])
    sizes = {agency.key: agency.size for agency in directory.agencies() if agency.key in agencies}
    history = History(
        by_hour(row[0] for row in rows),
        max(round((at - since) / timedelta(days=1)), 1) / 7,
        known,
        agencies,
        sizes,
        staff,
        Counter(Budget(unit, n) for _, _, unit, n in rows if unit),
        watched,
        _extension_days(definition.key, since),
    )
    return Based(history, len(rows), n, since)


def by_hour(instants: Iterable[datetime]) -> tuple[float, ...]:
    """How many fell into each hour of the week, by the city's clock."""
    zone, found = directory.working_calendar().zone, [0.0] * HOURS
    for instant in instants:
        local = instant.astimezone(zone)
        found[local.weekday() * 24 + local.hour] += 1
    return tuple(found)


def people_at(at: datetime) -> tuple[Mapping[Pool, int], frozenset[str]]:
    """How many serve each pool, and the city's roles that keep watch at night."""
    there = staff_at(at)
    by_night = {
        role for (_, shift), roles in there.duties.get("", {}).items() if shift == "night" for role in roles
    }
    watched = frozenset(by_night - ways.AGENCY_ROLES)
    found: Counter[Pool] = Counter()
    for (role, agency), n in there.held.items():
        found[role, agency if role in ways.AGENCY_ROLES else ""] += n
    return {
        pool: max(1, round(n / SHIFTS_A_DAY)) if pool[0] in watched else n for pool, n in found.items()
    }, watched


def _steps(
    definition: Definition, since: datetime, at: datetime, watched: frozenset[str]
) -> tuple[dict[str, StepHistory], int]:
    """Times and choices of each step, and how many tasks they come from. What the system did chooses, but works no time."""
    calendar = directory.working_calendar()
    first = calendar.local_day(since)
    office, origin = Axis(first, (at - since).days + 2, calendar), midnight(calendar, first)
    chosen: dict[str, Counter[str]] = defaultdict(Counter)
    times: dict[str, list[float]] = defaultdict(list)
    free: dict[str, datetime] = {}
    tasks = (
        Task.objects.filter(instance__definition=definition.key, opened_at__gte=since, done_at__lt=at)
        .order_by("done_at", "opened_at")
        .values_list("step", "opened_at", "done_at", "action", "done_by")
    )
    n = 0
    for key, opened_at, done_at, action, by in tasks.iterator(chunk_size=5000):
        step = definition.steps.get(key)
        if step is None or step.action(action) is None:
            continue
        n += 1
        chosen[key][action] += 1
        if step.kind == StepKind.WAIT:
            times[key].append((done_at - opened_at).total_seconds())
        elif _is_person(by):
            a, b = ((x - origin).total_seconds() for x in (max(opened_at, free.get(by, opened_at)), done_at))
            is_watched = ways.main_role(step) in watched
            times[key].append(max(60.0, b - a if is_watched else office.work(b) - office.work(a)))
            free[by] = done_at
    return {key: StepHistory(tuple(times[key]), counted) for key, counted in chosen.items()}, n


def _is_person(by: str) -> bool:
    """Accounts are named by their ids, the city's own reactions by words."""
    return by.count("-") == 4


def _extension_days(key: str, since: datetime) -> float:
    given = LedgerEntry.objects.filter(
        instance__definition=key, kind="extension", from_at__gte=since
    ).values_list("days", flat=True)
    return fmean(given) if given else 3.0
