"""Computing forecasts: `ngomon simulate --waiting`. Runs in a process of its own, one forecast after another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog

from ngomon.core import actors, clock
from ngomon.core.errors import CityError, Conflict
from ngomon.core.units import unit
from ngomon.directory import queries as directory

from . import commands, queries
from .assuming import Assumption, basis
from .forecasts import forecast
from .rules import reading
from .rules.outcomes import Comparison, Difference, Outcome, compare, outcome_of, runs_of
from .rules.simulation import RunResult, Simulator, WhatIf
from .simulating import Based
from .terms import Definition, ForecastShown, Question

log = structlog.get_logger("ngomon.forecasts")
ACTOR = actors.system("processes.forecasts")
SEED = 1
TELL_S = 0.7
"""How often the page is told how far it is."""
POOLS_KEPT = 20
POOLS_BY_DAY = 4
"""Of these queues, the worst, every day is kept."""


class _CalledOff(Exception):
    """Somebody called the forecast off."""


class _Progress:
    """Counts runs and tells the page now and then."""

    def __init__(self, id: UUID) -> None:
        self.id, self.done, self.told_at = id, 0, time.monotonic()

    def __call__(self) -> None:
        self.done += 1
        if time.monotonic() - self.told_at < TELL_S:
            return
        with unit():
            is_wanted = commands.advance_forecast(self.id, self.done, actor=ACTOR, at=clock.now())
        if not is_wanted:
            raise _CalledOff
        self.told_at = time.monotonic()


def work_off() -> int:
    """Compute all forecasts that wait; how many. Nothing while another process is at it, which takes them up then."""
    n = 0
    while (id := _taken()) is not None:
        n += 1
        try:
            result = _computed(forecast(id), clock.now(), _Progress(id))
            with unit():
                commands.record_forecast(id, result, actor=ACTOR, at=clock.now())
        except _CalledOff:
            continue
        except CityError as error:
            _give_up(id, error.code, error.values)
        except Exception as error:
            log.exception("forecast failed", forecast=str(id))
            _give_up(id, "processes.forecast.broken", {"error": type(error).__name__})
    return n


def _taken() -> UUID | None:
    with unit():
        return commands.take_forecast(actor=ACTOR, at=clock.now())


def _give_up(id: UUID, reason: str, values: Mapping[str, Any]) -> None:
    said = {key: v if isinstance(v, int | float) else str(v) for key, v in values.items()}
    with unit():
        commands.give_up_forecast(id, reason, said, actor=ACTOR, at=clock.now())


def _computed(asked: ForecastShown, at: datetime, tell: _Progress) -> dict[str, Any]:
    definition, question = readable(asked), asked.question
    based, assumed = basis(
        definition, at=at, per_day=question.per_day, live=_live(asked) if not asked.n else None
    )
    calendar = directory.working_calendar()
    first = calendar.local_day(at)

    def runs(what_if: WhatIf | None) -> tuple[Simulator, list[RunResult]]:
        made = Simulator(definition, based.history, calendar, first, days=question.days, what_if=what_if)
        return made, runs_of(made, runs=question.runs, seed=SEED, tell=tell)

    now = runs(None)
    tried = runs(what_if_of(question, first)) if question.is_what_if else None
    outcomes = outcome_of(*now), outcome_of(*tried) if tried else None
    change = compare(now[1], tried[1]) if tried else None
    return told(question, first, based, assumed, outcomes, change)


def readable(asked: ForecastShown) -> Definition:
    """What is simulated. Raises: Conflict for tables that mean nothing."""
    made, _ = reading.read(asked.tables, asked.n)
    if made is None:
        raise Conflict("processes.forecast.faulty")
    return made


def _live(asked: ForecastShown) -> Definition | None:
    known = {made.key: made for made in queries.definitions()}
    return known.get(asked.key)


def what_if_of(question: Question, first_on: date) -> WhatIf:
    """What is tried, in the simulation's own words: days from the first of the run."""
    staff: dict[tuple[str, str], int] = {}
    for role, agency, n in question.staff:
        staff[role, agency] = staff.get((role, agency), 0) + n
    storm = {(on - first_on).days: times for on, times in question.storm}
    return WhatIf(staff, question.deadline, question.arrivals, storm, times=question.times)


# --- what is kept -----------------------------------------------------------------------------------------------------


def told(
    question: Question,
    first_on: date,
    based: Based,
    assumed: tuple[Assumption, ...],
    outcomes: tuple[Outcome, Outcome | None],
    change: Comparison | None,
) -> dict[str, Any]:
    """A result as it is kept; `outcomes`: as it is now, and with what is tried. Units: shares of one, working hours; a pool
    reads `role:agency`, the worst first."""
    now, tried = (_outcome(each, question) if each else None for each in outcomes)
    pools = {pool["pool"] for each in (now, tried) if each for pool in each["pools"]}
    return {
        "first_on": first_on.isoformat(),
        "matters": based.matters,
        "tasks": based.tasks,
        "since": based.since.isoformat(),
        "assumed": [asdict(each) for each in assumed],
        "now": now,
        "tried": tried,
        "change": _change(change, pools) if change else None,
    }


def _outcome(outcome: Outcome, asked: Question) -> dict[str, Any]:
    said: dict[str, Any] = _rounded(asdict(outcome))
    named = {(role, agency) for role, agency, _ in asked.staff}
    said["pools"] = [
        {**pool, "pool": ":".join(pool["pool"]), "queue": pool["queue"] if n < POOLS_BY_DAY else []}
        for n, pool in enumerate(said["pools"])
        if n < POOLS_KEPT or tuple(pool["pool"]) in named
    ]
    worst = outcome.bottleneck
    said["bottleneck"] = ":".join(worst.pool) if worst and worst.waited_h.mean > 0 else ""
    return said


def _rounded(value: Any) -> Any:
    """Figures to five digits after the point: more would be chance."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def _change(change: Comparison, pools: set[str]) -> dict[str, Any]:
    names = ("overdue_ratio", "median_h", "p90_h", "open_at_end")
    return {
        **{name: _difference(getattr(change, name)) for name in names},
        "steps": {key: _difference(each) for key, each in change.steps.items()},
        "pools": {
            key: _difference(each) for pool, each in change.pools.items() if (key := ":".join(pool)) in pools
        },
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {**_rounded(asdict(found)), "is_noise": found.is_noise}
