"""Whether the deadlines of the steps fit the whole: for each step the mildest walk over it, everybody using his time. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

from ..terms import Budget, Clock, Definition, Fault, Move, StepDef, StepKind
from .soundness import Space

LEAST_S = 3600.0
"""What a step that has the rest of the whole gets at least (deadlines.step_due)."""


Ways = tuple[tuple[int, Move], ...]
Came = dict[int, tuple[int, Move]]


def seconds(budget: Budget, day_s: float) -> float:
    """A budget in seconds of its own clock. `day_s`: the working time of an ordinary day."""
    return budget.n * {"days": day_s, "hours": 3600.0, "minutes": 60.0}[budget.unit]


def step_seconds(step: StepDef, whole_s: float, day_s: float) -> float:
    """How much of the whole's time a step may use; none while the whole's clock stands."""
    if step.kind == StepKind.END or step.clock != Clock.RUNS:
        return 0.0
    if step.kind == StepKind.WAIT:
        return seconds(step.lapse.after, day_s) if step.lapse and step.lapse.after else 0.0
    if step.budget is None:
        return 0.0
    if step.budget.own is not None:
        return seconds(step.budget.own, day_s)
    return LEAST_S if step.budget.is_rest else whole_s * step.budget.share


def faults(definition: Definition, space: Space, whole: Budget, day_s: float) -> Iterator[Fault]:
    """The steps that cannot be passed in time: even the quickest walk over them takes longer than the whole. Advice.

    Walks go on, never back: no step twice, nothing handed back to where it came from.
    """
    whole_s = seconds(whole, day_s)
    cost = [step_seconds(definition.steps[m.step], whole_s, day_s) for m in space.markings]
    stops = {n for n, m in enumerate(space.markings) if _stops(definition.steps[m.step])}
    firsts = [n for n, came in enumerate(space.found_by) if came is None]
    ways = [() if n in stops else _on(definition, out) for n, out in enumerate(space.ways)]
    before, came = _nearest(ways, firsts, cost)
    quickest: dict[str, int] = {}
    for n in sorted(before, key=lambda n: before[n]):
        if cost[n] > 0:
            quickest.setdefault(space.markings[n].step, n)
    for step, n in quickest.items():
        path = tuple(_walk(came, n)[::-1])
        passed = {move.step for move in path}
        ahead = [() if space.markings[m].step in passed else out for m, out in enumerate(ways)]
        after, goes = _nearest(ahead, [n], cost)
        end = min((m for m in after if m in stops), key=lambda m: after[m], default=None)
        if end is not None and before[n] + after[end] - cost[n] > whole_s:
            needed = before[n] + after[end] - cost[n]
            said = {"step": step, "needed_h": round(needed / 3600, 1), "whole_h": round(whole_s / 3600, 1)}
            walk = (*path, *_walk(goes, end)[::-1])
            yield Fault(f"step.{step}", "processes.fault.does_not_fit", said, walk, is_advice=True)


def _stops(step: StepDef) -> bool:
    return step.kind == StepKind.END or step.clock == Clock.STOPS


def _on(definition: Definition, out: Ways) -> Ways:
    """The moves that lead on."""
    kept = []
    for to, move in out:
        action = definition.steps[move.step].action(move.action)
        if action is not None and not action.leaves_agency:
            kept.append((to, move))
    return tuple(kept)


def _nearest(
    ways: Sequence[Ways], starts: Iterable[int], cost: Sequence[float]
) -> tuple[dict[int, float], Came]:
    """The least time to every marking, its own included, and by which move it is reached."""
    found: dict[int, float] = {}
    came: Came = {}
    heap = [(cost[n], n) for n in starts]
    least = {n: at for at, n in heap}
    heapq.heapify(heap)
    while heap:
        at, here = heapq.heappop(heap)
        if here in found:
            continue
        found[here] = at
        for to, move in ways[here]:
            then = at + cost[to]
            if then < least.get(to, float("inf")):
                least[to], came[to] = then, (here, move)
                heapq.heappush(heap, (then, to))
    return found, came


def _walk(came: Came, n: int) -> list[Move]:
    moves = []
    while n in came:
        n, move = came[n]
        moves.append(move)
    return moves
