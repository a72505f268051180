"""What many runs of a simulation say: bands around each figure, and what a change makes of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from ..terms import StepKind
from .simulation import History, Pool, PoolResult, RunResult, Simulator

SURE_Z = 1.6448536269514722
"""The normal quantile at 0.95: an interval that holds the mean nine times of ten. Source: any table of the distribution."""


@dataclass(frozen=True, slots=True)
class Band:
    """A figure over many runs: the mean and where nine of ten runs lie."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PoolBand:
    """One queue over many runs; `queue`: how many wait at noon of each day."""

    pool: Pool
    people: int
    waited_h: Band
    load_ratio: Band
    queue: tuple[Band, ...]
    n: float


@dataclass(frozen=True, slots=True)
class StepBand:
    """One step over many runs: the share done later than its own time; `n`: how often it was done, on average."""

    step: str
    late_ratio: Band
    n: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What many runs say. `waiting`: how many wait in all queues together at noon of each day; `assumed`: the steps whose
    times are assumed for want of history."""

    runs: int
    arrived: Band
    overdue_ratio: Band
    median_h: Band
    p90_h: Band
    open_at_end: Band
    pools: tuple[PoolBand, ...]
    assumed: tuple[str, ...]
    waiting: tuple[Band, ...] = ()
    steps: tuple[StepBand, ...] = ()

    @property
    def bottleneck(self) -> PoolBand | None:
        """The queue in which the most time is lost: waiting times how many wait."""
        return max(self.pools, key=lambda p: p.waited_h.mean * p.n, default=None)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a figure changes, run beside run with the same chance. From `low` to `high`: where the change itself lies,
    nine times of ten."""

    mean: float
    low: float
    high: float

    @property
    def is_noise(self) -> bool:
        """Whether chance alone may have made it."""
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is tried against how it is now."""

    overdue_ratio: Difference
    median_h: Difference
    p90_h: Difference
    open_at_end: Difference
    steps: Mapping[str, Difference]
    pools: Mapping[Pool, Difference]


def band(values: Sequence[float]) -> Band:
    """Mean and the middle nine tenths."""
    ordered = sorted(values)
    return Band(fmean(ordered), _at(ordered, 0.05), _at(ordered, 0.95))


def _at(ordered: Sequence[float], share: float) -> float:
    """A quantile, between neighbours by proportion."""
    place = share * (len(ordered) - 1)
    n = int(place)
    after = ordered[min(n + 1, len(ordered) - 1)]
    return ordered[n] + (after - ordered[n]) * (place - n)


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """The change from one to the other, pair by pair (runs with the same seed have the same arrivals); Student's interval."""
    changes = [b - a for a, b in zip(before, after, strict=True)]
    mean, n = fmean(changes), len(changes)
    if n < 2:
        return Difference(mean, min(mean, 0.0), max(mean, 0.0))
    reach = _student(n - 1) * stdev(changes) / sqrt(n)
    return Difference(mean, mean - reach, mean + reach)


def _student(freedom: int) -> float:
    """Student's quantile at 0.95, by the expansion in powers of one over the degrees of freedom; exact for one and two.

    Source: Abramowitz and Stegun, 26.7.5.
    """
    if freedom < 3:
        return (6.313751514675, 2.919985580354)[freedom - 1]
    z = SURE_Z
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return z + first + second + third


def simulate(simulator: Simulator, *, runs: int = 20, seed: int = 1) -> Outcome:
    """Run many times over and put the bands around it."""
    return outcome_of(simulator, runs_of(simulator, runs=runs, seed=seed))


def runs_of(
    simulator: Simulator, *, runs: int, seed: int, tell: Callable[[], None] | None = None
) -> list[RunResult]:
    """The runs themselves. `tell` is called after each; what it raises ends the work."""
    found = []
    for n in range(runs):
        found.append(simulator.run(seed * 100_003 + n))
        if tell:
            tell()
    return found


def outcome_of(simulator: Simulator, found: Sequence[RunResult]) -> Outcome:
    """The bands around runs."""
    hours = [_sorted_hours(run) for run in found]
    work = Counter(pool for run in found for pool in run.pools)
    tasks = [s.key for s in simulator.definition.steps.values() if s.kind == StepKind.TASK]
    timed = _with_times(simulator.history)
    return Outcome(
        runs=len(found),
        arrived=band([run.arrived for run in found]),
        overdue_ratio=band([run.overdue_ratio for run in found]),
        median_h=band([_at(each, 0.5) for each in hours]),
        p90_h=band([_at(each, 0.9) for each in hours]),
        open_at_end=band([run.open_at_end for run in found]),
        pools=tuple(
            sorted((_pool_band(simulator, found, p) for p in work), key=lambda b: -b.waited_h.mean * b.n)
        ),
        assumed=tuple(key for key in tasks if key not in timed),
        waiting=tuple(
            band([sum(p.queue[day] for p in run.pools.values()) for run in found])
            for day in range(simulator.days)
        ),
        steps=tuple(_step_band(key, found) for key in tasks if any(key in run.steps for run in found)),
    )


def compare(now: Sequence[RunResult], tried: Sequence[RunResult]) -> Comparison:
    """What a change makes of each figure. Shape: runs of the same seeds, in the same order."""
    before, after = [_sorted_hours(r) for r in now], [_sorted_hours(r) for r in tried]
    steps = {key for run in now for key in run.steps} & {key for run in tried for key in run.steps}
    pools = {p for run in now for p in run.pools} & {p for run in tried for p in run.pools}
    return Comparison(
        difference([r.overdue_ratio for r in now], [r.overdue_ratio for r in tried]),
        difference([_at(h, 0.5) for h in before], [_at(h, 0.5) for h in after]),
        difference([_at(h, 0.9) for h in before], [_at(h, 0.9) for h in after]),
        difference([r.open_at_end for r in now], [r.open_at_end for r in tried]),
        {k: difference([r.late_at(k) for r in now], [r.late_at(k) for r in tried]) for k in sorted(steps)},
        {p: difference([_waited(r, p) for r in now], [_waited(r, p) for r in tried]) for p in sorted(pools)},
    )


def _waited(run: RunResult, pool: Pool) -> float:
    return run.pools[pool].waited_h if pool in run.pools else 0.0


def _sorted_hours(run: RunResult) -> list[float]:
    return sorted(run.hours) or [0.0]


def _with_times(history: History) -> set[str]:
    return {key for key, known in history.steps.items() if known.times_s}


def _step_band(key: str, found: Sequence[RunResult]) -> StepBand:
    done = [run.steps[key][0] if key in run.steps else 0 for run in found]
    return StepBand(key, band([run.late_at(key) for run in found]), fmean(done))


def _pool_band(simulator: Simulator, found: Sequence[RunResult], pool: Pool) -> PoolBand:
    idle = PoolResult(0.0, 0.0, (0,) * simulator.days, 0)
    mine = [run.pools.get(pool, idle) for run in found]
    queue = tuple(band([each.queue[day] for each in mine]) for day in range(simulator.days))
    waited, load = band([each.waited_h for each in mine]), band([each.load_ratio for each in mine])
    return PoolBand(pool, simulator.people(pool), waited, load, queue, fmean([each.n for each in mine]))
