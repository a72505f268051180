"""Where each step of a definition stands in a drawing: layers from the start on, a lane for each holder. Pure.

Units are cells; whoever draws (a page, BPMN) makes lengths of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..terms import Definition, Holder, StepKind
from .checks import ways

LANES = (Holder.REPORTER, Holder.IOC, Holder.AGENCY, Holder.ASSIGNEE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A step's place: how far from the start, in whose lane, and the how manieth there."""

    layer: int
    lane: str
    slot: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All steps in their cells. `lanes`: those that are used, each with how many cells it needs side by side."""

    cells: Mapping[str, Cell]
    lanes: Mapping[str, int]
    layers: int


def laid_out(definition: Definition) -> Layout:
    """The drawing of a definition; of a faulty one too, as far as its steps go."""
    layers = _layers(definition)
    cells: dict[str, Cell] = {}
    taken: dict[tuple[int, str], int] = {}
    for key in sorted(layers, key=lambda k: (layers[k], list(definition.steps).index(k))):
        lane = definition.steps[key].holder or _lane_before(definition, key)
        slot = taken.get((layers[key], lane), 0)
        taken[layers[key], lane] = slot + 1
        cells[key] = Cell(layers[key], lane, slot)
    used = {cell.lane for cell in cells.values()}
    order = [str(lane) for lane in LANES if lane in used] + sorted(used - set(LANES))
    lanes = {lane: max(c.slot for c in cells.values() if c.lane == lane) + 1 for lane in order}
    return Layout(cells, lanes, max(layers.values(), default=0) + 1)


def _layers(definition: Definition) -> dict[str, int]:
    """The longest way to each step, ways back left out; what cannot be reached comes last, ends one behind all."""
    on: dict[str, list[str]] = {}
    state: dict[str, int] = {}
    order: list[str] = []

    def visit(start: str) -> None:
        stack: list[tuple[str, list[str]]] = [(start, _next(definition, start))]
        state[start] = 1
        while stack:
            key, rest = stack[-1]
            if not rest:
                state[key] = 2
                order.append(key)
                stack.pop()
                continue
            to = rest.pop(0)
            if state.get(to) == 1:
                continue
            on.setdefault(key, []).append(to)
            if to not in state:
                state[to] = 1
                stack.append((to, _next(definition, to)))

    if definition.start in definition.steps:
        visit(definition.start)
    layers = dict.fromkeys(definition.steps, 0)
    for key in reversed(order):
        for to in on.get(key, []):
            layers[to] = max(layers[to], layers[key] + 1)
    last = max(layers.values(), default=0)
    for key, step in definition.steps.items():
        if key not in state:
            layers[key] = last + (step.kind == StepKind.END)
    return layers


def _next(definition: Definition, key: str) -> list[str]:
    """The steps that may follow, in the order of the file."""
    following = ways(definition.steps[key])
    return [to for to in definition.steps if to in following and to != key]


def _lane_before(definition: Definition, key: str) -> str:
    """An end stands in the lane of the first step that leads to it."""
    before = (s.holder for s in definition.steps.values() if key in ways(s) and s.holder)
    return next(before, str(Holder.IOC))
