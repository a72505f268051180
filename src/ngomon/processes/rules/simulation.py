"""What would happen: a definition run many times over on invented matters, by the arrivals, times, choices and people of a
history. Pure; chance comes from a seed.

Every pool (a role, of an agency or the city) is a queue in the order of arrival with as many servers as people, who work
office hours or day and night. Times of office hours run on an axis of working seconds, so a day off costs nothing. The
definition's own rules decide where a step leads (`steps.landing`), its clock what counts against the deadline.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import fmean

from ..terms import Budget, Clock, Definition, Effect, Holder, StepBudget, StepDef, StepKind
from . import deadlines, steps
from .deadlines import Calendar

HOURS = 168
MOST_STEPS = 200
"""A matter that goes round more often than this is left where it is."""

Pool = tuple[str, str]
"""A role and the agency it belongs to (empty for the city's own)."""


@dataclass(frozen=True, slots=True)
class StepHistory:
    """How a step went: the times somebody worked on it (or, of a wait, the times it took), and what was chosen how often."""

    times_s: tuple[float, ...] = ()
    chosen: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """What a simulation is run on. `arrivals`: matters in each hour of the week, of `weeks` weeks; `agencies`: how many each
    led; `staff`: people by pool; `extension_days`: what an extension gives."""

    arrivals: tuple[float, ...]
    weeks: float
    steps: Mapping[str, StepHistory] = field(default_factory=dict)
    agencies: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(default_factory=dict)
    staff: Mapping[Pool, int] = field(default_factory=dict)
    budgets: Mapping[Budget, int] = field(default_factory=dict)
    day_and_night: frozenset[str] = frozenset()
    extension_days: float = 3.0


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is tried: people more (or fewer) by pool, where the agency "*" means each; another deadline; more or fewer matters;
    days of the run (0 the first) on which many times as many come; slower or quicker work; another time of a step (of a wait:
    when its silence ends)."""

    staff: Mapping[Pool, int] = field(default_factory=dict)
    budget: Budget | None = None
    arrivals: float = 1.0
    storm: Mapping[int, float] = field(default_factory=dict)
    pace: float = 1.0
    times: Mapping[str, Budget] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PoolResult:
    """One queue in one run. Units: working hours; `queue`: how many waited at noon of each day; `load_ratio`: share of the
    people's time that was worked."""

    waited_h: float
    load_ratio: float
    queue: tuple[int, ...]
    n: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run. `overdue`: of those that arrived in time to be due, how many were late, open ones included; `steps`: how often
    each step with a time of its own was done, and how often later than that."""

    arrived: int
    judged: int
    overdue: int
    hours: tuple[float, ...]
    open_at_end: int
    pools: Mapping[Pool, PoolResult]
    steps: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def late_at(self, step: str) -> float:
        """The share of a step that was done too late."""
        done, late = self.steps.get(step, (0, 0))
        return late / done if done else 0.0

    @property
    def overdue_ratio(self) -> float:
        """The share that was late."""
        return self.overdue / self.judged if self.judged else 0.0


class Axis:
    """Working time as a line: wall seconds since the first day to working seconds and back. Without calendar they are one."""

    def __init__(self, first_on: date, days: int, calendar: Calendar | None) -> None:
        self.zero = 0.0
        self._from: list[float] = []
        self._to: list[float] = []
        self._work: list[float] = []
        if calendar is None:
            return
        origin, worked = None, 0.0
        for n in range(days):
            for a, b in calendar.periods(first_on + timedelta(days=n)):
                origin = origin or midnight(calendar, first_on)
                start, end = (a - origin).total_seconds(), (b - origin).total_seconds()
                self._from.append(start)
                self._to.append(end)
                self._work.append(worked)
                worked += end - start

    def work(self, wall_s: float) -> float:
        """Working seconds that have passed at a wall time."""
        if not self._from:
            return wall_s
        n = bisect_right(self._from, wall_s) - 1
        if n < 0:
            return 0.0
        return self._work[n] + min(wall_s, self._to[n]) - self._from[n]

    def wall(self, work_s: float) -> float:
        """The first wall time at which so much was worked; beyond the axis it goes on day and night."""
        if not self._from:
            return work_s
        n = max(0, bisect_right(self._work, work_s) - 1)
        if n and work_s == self._work[n]:
            n -= 1
        return self._from[n] + work_s - self._work[n]


def midnight(calendar: Calendar, on: date) -> datetime:
    """The instant at which a local day begins, worked out from its office hours' own zone."""
    start = calendar.periods(on)
    at = (
        start[0][0]
        if start
        else next(p[0][0] for n in range(1, 30) if (p := calendar.periods(on + timedelta(days=n))))
    )
    while calendar.local_day(at) >= on and calendar.local_day(at - timedelta(minutes=30)) >= on:
        at -= timedelta(minutes=30)
    return at


@dataclass(slots=True)
class _Matter:
    """One invented matter on its way."""

    arrived_s: float
    agency: str
    due_w: float = 0.0
    whole_w: float = 0.0
    values: dict[str, str] = field(default_factory=dict)
    step: str = ""
    done_w: float | None = None
    paused_w: float | None = None
    extensions: int = 0
    n: int = 0


@dataclass(slots=True)
class _Queue:
    """The servers of a pool, each with the time at which it is free, on the pool's own axis; `first` to `last`: what is
    looked at."""

    axis: Axis
    free: list[float]
    first: float = 0.0
    last: float = 0.0
    waits: list[tuple[float, float]] = field(default_factory=list)
    worked: float = 0.0


class Simulator:
    """A definition with a history, ready to be run: `run(seed)` is one run of so many days after a warm-up."""

    def __init__(
        self,
        definition: Definition,
        history: History,
        calendar: Calendar,
        first_on: date,
        *,
        days: int = 30,
        warm_up: int = 15,
        what_if: WhatIf | None = None,
    ) -> None:
        self.history, self.calendar = history, calendar
        self.what_if = what_if or WhatIf()
        # Another deadline does not make people quicker: what is assumed of a step rests on its time as it is.
        self._assumed = {key: assumed_s(step) for key, step in definition.steps.items()}
        self.definition = with_times(definition, self.what_if.times)
        self.days, self.warm_up = days, warm_up
        self.first_on = first_on - timedelta(days=warm_up)
        whole = days + warm_up
        self.office = Axis(self.first_on, whole + 400, calendar)
        self.clock = Axis(self.first_on, 0, None)
        self.origin = midnight(calendar, self.first_on)
        self.horizon_s = whole * 86400.0
        self._budgets = (
            [self.what_if.budget] if self.what_if.budget else list(history.budgets) or [Budget.days(7)]
        )
        self._weights = [1] if self.what_if.budget else list(history.budgets.values()) or [1]
        self._dues: dict[tuple[int, Budget], float] = {}
        self._agencies, self._led = list(history.agencies) or [""], list(history.agencies.values()) or [1]

    def run(self, seed: int) -> RunResult:
        """One run. The same seed with the same question gives the same result."""
        chance = random.Random(seed)  # noqa: S311 (chance, not a secret)
        queues: dict[Pool, _Queue] = {}
        heap: list[tuple[float, int, _Matter]] = []
        done: dict[str, list[int]] = {}
        matters = [self._arrive(chance, at) for at in self._arrivals(chance)]
        for n, matter in enumerate(matters):
            self._enter(matter, self.definition.start, matter.arrived_s)
            heapq.heappush(heap, (matter.arrived_s, n, matter))
        number = len(matters)
        while heap and heap[0][0] < self.horizon_s:
            at, _, matter = heapq.heappop(heap)
            step = self.definition.steps[matter.step]
            if step.kind == StepKind.END or matter.n > MOST_STEPS:
                continue
            number += 1
            due_w = self._step_due(matter, step, at)
            left = self._pass(chance, queues, matter, step, at)
            if due_w is not None and at >= self.warm_up * 86400.0:
                counted = done.setdefault(step.key, [0, 0])
                counted[0] += 1
                counted[1] += self.office.work(left) > due_w
            heapq.heappush(heap, (left, number, matter))
        return self._result(matters, queues, done)

    # --- arrivals -------------------------------------------------------------------------------------------------

    def _arrivals(self, chance: random.Random) -> list[float]:
        """Poisson arrivals by the hour of the week."""
        found: list[float] = []
        weekday = self.first_on.weekday()
        for day in range(self.days + self.warm_up):
            storm = self.what_if.storm.get(day - self.warm_up, 1.0)
            for hour in range(24):
                rate = self.history.arrivals[((weekday + day) % 7) * 24 + hour] / max(
                    self.history.weeks, 1e-9
                )
                at, end = day * 86400.0 + hour * 3600.0, day * 86400.0 + (hour + 1) * 3600.0
                rate *= self.what_if.arrivals * storm / 3600.0
                while rate > 0 and (at := at + chance.expovariate(rate)) < end:
                    found.append(at)
        return found

    def _arrive(self, chance: random.Random, at: float) -> _Matter:
        made = _Matter(at, chance.choices(self._agencies, self._led)[0])
        budget = chance.choices(self._budgets, self._weights)[0]
        made.due_w = self._due(at, budget)
        made.whole_w = made.due_w - self.office.work(at)
        return made

    def _due(self, at: float, budget: Budget) -> float:
        """When it is due, on the axis of office hours (or of the clock for a budget of minutes)."""
        if budget.unit != "days":
            return self.office.work(at) + budget.n * (3600 if budget.unit == "hours" else 60)
        key = (int(at // 86400), budget)
        if key not in self._dues:
            end = deadlines.budget_end(self.origin + timedelta(seconds=at), budget, self.calendar)
            self._dues[key] = self.office.work((end - self.origin).total_seconds())
        return self._dues[key]

    def _step_due(self, matter: _Matter, step: StepDef, at: float) -> float | None:
        """When a step that is entered now is due, on the axis of office hours; None without a time of its own."""
        if step.kind != StepKind.TASK or step.budget is None or step.budget.is_rest:
            return None
        if step.budget.own and step.budget.own.unit == "minutes":
            return self.office.work(at + step.budget.own.n * 60.0)
        if step.budget.own:
            return self._due(at, step.budget.own)
        return self.office.work(at) + max(60.0, step.budget.share * matter.whole_w)

    # --- one step -------------------------------------------------------------------------------------------------

    def _pool(self, matter: _Matter, step: StepDef) -> Pool:
        role = steps.main_role(step)
        return (role, matter.agency if role in steps.AGENCY_ROLES else "")

    def people(self, pool: Pool) -> int:
        """How many serve a pool, the question's changes included; at least one."""
        more = self.what_if.staff.get(pool, 0) + self.what_if.staff.get((pool[0], "*"), 0)
        return max(1, self.history.staff.get(pool, 1) + more)

    def _queue(self, queues: dict[Pool, _Queue], pool: Pool) -> _Queue:
        if pool not in queues:
            axis = self.clock if pool[0] in self.history.day_and_night else self.office
            first, last = axis.work(self.warm_up * 86400.0), axis.work(self.horizon_s)
            queues[pool] = _Queue(axis, [0.0] * self.people(pool), first, last)
        return queues[pool]

    def _pass(
        self, chance: random.Random, queues: dict[Pool, _Queue], matter: _Matter, step: StepDef, at: float
    ) -> float:
        """Bring a matter through its step and into the next; when it is there."""
        known = self.history.steps.get(step.key, StepHistory())
        if step.kind == StepKind.WAIT:
            done, action = self._wait(chance, step, known, at)
        else:
            queue = self._queue(queues, self._pool(matter, step))
            ready, free = queue.axis.work(at), heapq.heappop(queue.free)
            begins = max(ready, free)
            work = self._work(chance, step, known)
            heapq.heappush(queue.free, begins + work)
            queue.waits.append((at, queue.axis.wall(begins) if begins > ready else at))
            # What is still to be worked when the run ends, or was before it is looked at, keeps nobody busy in it.
            queue.worked += max(0.0, min(begins + work, queue.last) - max(begins, queue.first))
            done, action = queue.axis.wall(begins + work), self._choice(chance, matter, step, known)
        self._take(matter, step, action, done)
        return done

    def _work(self, chance: random.Random, step: StepDef, known: StepHistory) -> float:
        if known.times_s:
            return chance.choice(known.times_s) * self.what_if.pace
        return chance.expovariate(1 / self._assumed[step.key]) * self.what_if.pace

    def _wait(self, chance: random.Random, step: StepDef, known: StepHistory, at: float) -> tuple[float, str]:
        """A wait takes as long as it took, but not longer than its lapse."""
        lapses = at + 86400.0
        if step.lapse and step.lapse.after:
            end = deadlines.budget_end(self.origin + timedelta(seconds=at), step.lapse.after, self.calendar)
            lapses = (end - self.origin).total_seconds()
        elif step.lapse:
            lapses = at + 14 * 86400.0
        lapse = step.lapse.action if step.lapse else ""
        if not known.chosen:
            return lapses, lapse or step.actions[0].key
        action = chance.choices(list(known.chosen), list(known.chosen.values()))[0]
        if action == lapse or not known.times_s:
            return lapses, action
        return min(lapses, at + chance.choice(known.times_s)), action

    def _choice(self, chance: random.Random, matter: _Matter, step: StepDef, known: StepHistory) -> str:
        open_ = [
            a.key for a in step.actions if a.to in self.definition.steps and self._may(matter, step, a.key)
        ]
        if not open_:
            return ""
        weights = [known.chosen.get(key, 0) for key in open_]
        if sum(weights):
            return chance.choices(open_, weights)[0]
        return next((a.key for a in step.actions if a.tone == "primary" and a.key in open_), open_[0])

    def _may(self, matter: _Matter, step: StepDef, key: str) -> bool:
        action = step.action(key)
        assert action is not None
        spent = action.effect == Effect.EXTEND and matter.extensions >= self.definition.max_extensions
        return steps.meets(action.when, matter.values) and not spent and action.roles != ("system",)

    def _take(self, matter: _Matter, step: StepDef, key: str, at: float) -> None:
        matter.n += 1
        action = step.action(key)
        if action is None or action.to not in self.definition.steps:
            matter.n = MOST_STEPS + 1
            return
        if "agency" in action.requires:
            matter.values["agency_size"] = self.history.sizes.get(matter.agency, "normal")
        if action.effect == Effect.EXTEND:
            matter.extensions += 1
            matter.due_w += self.history.extension_days * self._day_w
        matter.values.update({"promise": "yes"} if action.effect == Effect.COMMIT else {})
        matter.values.update({"waits": "project"} if action.effect == Effect.RECORD else {})
        self._enter(matter, action.to, at)

    @property
    def _day_w(self) -> float:
        return (self.office.work(14 * 86400.0) - self.office.work(7 * 86400.0)) / 5

    def _enter(self, matter: _Matter, to: str, at: float) -> None:
        left = self.definition.steps.get(matter.step)
        step = steps.landing(self.definition, to, matter.values)
        matter.step = step.key
        matter.values.update({"promise": ""} if steps.ends_promise(left, step) else {})
        matter.values.update({"waits": ""} if step.holder == Holder.ASSIGNEE else {})
        at_w = self.office.work(at)
        if matter.paused_w is not None and step.clock != Clock.PAUSES:
            matter.due_w += at_w - matter.paused_w if matter.done_w is None else 0.0
            matter.paused_w = None
        if step.clock == Clock.PAUSES and matter.paused_w is None:
            matter.paused_w = at_w
        # The first answer is what the deadline was for; what is taken up again gets a deadline of its own.
        if (
            (step.clock == Clock.STOPS or step.kind == StepKind.END)
            and matter.done_w is None
            and left is not None
        ):
            matter.done_w = at_w

    # --- the result -----------------------------------------------------------------------------------------------

    def _result(
        self, matters: Sequence[_Matter], queues: Mapping[Pool, _Queue], done: Mapping[str, list[int]]
    ) -> RunResult:
        end_w, warm = self.office.work(self.horizon_s), self.warm_up * 86400.0
        counted = [m for m in matters if m.arrived_s >= warm]
        judged = [m for m in counted if m.done_w is not None or (m.due_w < end_w and m.paused_w is None)]
        overdue = sum(1 for m in judged if (m.done_w if m.done_w is not None else end_w) > m.due_w)
        hours = tuple(
            (m.done_w - self.office.work(m.arrived_s)) / 3600 for m in counted if m.done_w is not None
        )
        still = sum(1 for m in counted if m.done_w is None)
        return RunResult(
            len(counted),
            len(judged),
            overdue,
            hours,
            still,
            {p: self._of_queue(p, q) for p, q in queues.items()},
            {key: (n, late) for key, (n, late) in done.items()},
        )

    def _of_queue(self, pool: Pool, queue: _Queue) -> PoolResult:
        warm = self.warm_up * 86400.0
        waits = [(queue.axis.work(b) - queue.axis.work(a)) / 3600 for a, b in queue.waits if a >= warm]
        queue_at = []
        for day in range(self.days):
            noon = warm + day * 86400.0 + 43200.0
            queue_at.append(sum(1 for a, b in queue.waits if a <= noon < b))
        offered = (queue.last - queue.first) * self.people(pool)
        return PoolResult(
            fmean(waits) if waits else 0.0,
            queue.worked / offered if offered else 0.0,
            tuple(queue_at),
            len(waits),
        )


def with_times(definition: Definition, times: Mapping[str, Budget]) -> Definition:
    """A definition in which some steps have another time of their own, and some waits end sooner or later."""
    steps_ = dict(definition.steps)
    for key, own in times.items():
        step = steps_[key]
        if step.kind == StepKind.WAIT and step.lapse and step.lapse.after:
            steps_[key] = replace(step, lapse=replace(step.lapse, after=own))
        elif step.kind == StepKind.TASK:
            steps_[key] = replace(step, budget=StepBudget(own=own))
    return replace(definition, steps=steps_) if times else definition


def assumed_s(step: StepDef) -> float:
    """The working time of a step that has no history: a tenth of its own budget, an hour where it has none. Units: seconds."""
    if step.budget and step.budget.own:
        own = step.budget.own
        return own.n * {"days": 27_000.0, "hours": 3600.0, "minutes": 60.0}[own.unit] / 10
    return 3600.0
