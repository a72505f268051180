"""Whether every way through a definition comes to an end: all its markings are walked, consultations and all. Pure.

A marking is what decides what may happen next: the step, whether a lead agency is named and of which size, a promise, a
project waited for, the extensions given, and how many opinions are still open. There are finitely many (opinions counted up
to two: a third behaves like the second), so all of them are visited. Calling off and reopening by the shift lead are left
out: they are no regular way to an end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from ..terms import REPORTER, ActionDef, Clock, Definition, Effect, Fault, Holder, Move, StepDef, StepKind
from . import steps

MOST_MARKINGS = 100_000
"""How many markings are walked before the check gives up and says so. The largest definition here has about a thousand."""

MOST_OPINIONS = 2
SIZES = ("normal", "small")
"""The sizes an agency may have (directory)."""

OTHER = "…"
"""Stands for any value that no condition names."""

_MOVING = frozenset({"agency_size", "promise", "waits"})


class Marking(NamedTuple):
    """Where a process stands, as far as it decides what may happen next."""

    step: str
    has_agency: bool = False
    size: str = ""
    promised: bool = False
    waits: bool = False
    extensions: int = 0
    opinions: int = 0
    fixed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Space:
    """All markings that can be reached, numbered in the order of discovery, and the moves between them."""

    markings: tuple[Marking, ...]
    ways: tuple[tuple[tuple[int, Move], ...], ...]
    found_by: tuple[tuple[int, Move] | None, ...]
    is_whole: bool

    def path(self, n: int) -> tuple[Move, ...]:
        """The shortest walk from the start to a marking."""
        moves: list[Move] = []
        while (came := self.found_by[n]) is not None:
            n = came[0]
            moves.append(came[1])
        return tuple(reversed(moves))


def values(marking: Marking) -> dict[str, str]:
    """What conditions see at a marking."""
    found = {**dict(marking.fixed), "agency_size": marking.size}
    found["promise"] = "yes" if marking.promised else ""
    found["waits"] = "project" if marking.waits else ""
    return found


def is_over(definition: Definition, marking: Marking) -> bool:
    """Whether a marking is an end."""
    return definition.steps[marking.step].kind == StepKind.END


def starts(definition: Definition) -> Iterator[Marking]:
    """The markings in which a process may begin: one for each combination of what its owner may pass."""
    named: dict[str, set[str]] = {}
    for when in _conditions(definition):
        for name, wanted in when.items():
            if name not in _MOVING:
                named.setdefault(name, {"", OTHER}).update(wanted)
    names = sorted(named)
    for chosen in product(*(sorted(named[name]) for name in names)):
        blank = Marking("", fixed=tuple(zip(names, chosen, strict=True)))
        yield _entered(definition, blank, definition.start)


def _conditions(definition: Definition) -> Iterator[Mapping[str, tuple[str, ...]]]:
    for step in definition.steps.values():
        yield from (variant.when for variant in step.variants)
        yield from (action.when for action in step.actions)


def _entered(definition: Definition, marking: Marking, to: str) -> Marking:
    """The marking after going to a step, as the engine enters it."""
    step = steps.landing(definition, to, values(marking))
    left = definition.steps.get(marking.step)
    runs_anew = left is not None and left.clock == Clock.STOPS and step.clock != Clock.STOPS
    is_given = step.holder == Holder.ASSIGNEE
    return marking._replace(
        step=step.key,
        promised=marking.promised and not steps.ends_promise(left, step),
        waits=marking.waits and not is_given,
        extensions=0 if runs_anew else marking.extensions,
        opinions=0,
    )


def may_be_taken(action: ActionDef, step: StepDef, marking: Marking) -> bool:
    """Whether somebody can take an action: a post exists for each role, an agency's own only once an agency is named."""
    roles = action.roles if action.roles != step.roles else steps.roles_of(step, values(marking))
    return any(
        marking.has_agency if role in steps.AGENCY_ROLES else role != "system" for role in roles
    ) and steps.meets(action.when, values(marking))


def _taken(definition: Definition, marking: Marking, step: StepDef, action: ActionDef) -> Iterator[Marking]:
    """The markings that an action may lead to; none where the engine would refuse it."""
    if action.joins and marking.opinions:
        return
    if action.effect == Effect.EXTEND:
        if step.clock == Clock.STOPS or marking.extensions >= definition.max_extensions:
            return
        marking = marking._replace(extensions=marking.extensions + 1)
    named: list[Marking] = []
    if "agency" in action.requires or "agency" in action.accepts:
        named = [marking._replace(has_agency=True, size=size) for size in SIZES]
    if "agency" not in action.requires:
        named.append(marking)
    for one in named:
        after = one._replace(
            has_agency=one.has_agency and not action.leaves_agency,
            promised=one.promised or action.effect == Effect.COMMIT,
            waits=one.waits or action.effect == Effect.RECORD,
        )
        yield _entered(definition, after, action.to)


def moves(definition: Definition, marking: Marking) -> Iterator[tuple[Move, Marking]]:
    """Everything that may happen next."""
    step = definition.steps[marking.step]
    if step.kind == StepKind.END:
        return
    for action in step.actions:
        if action.to and may_be_taken(action, step, marking):
            for after in _taken(definition, marking, step, action):
                size = after.size if after.size != marking.size else ""
                yield Move("act", step.key, action.key, after.step, size), after
    if definition.group == "instant":
        yield from _answers(definition, marking, step)
    if step.kind == StepKind.WAIT and step.lapse and (lapsed := step.action(step.lapse.action)):
        for after in _taken(definition, marking, step, lapsed):
            yield Move("lapse", step.key, lapsed.key, after.step), after
    yield from _opinions(step, marking)


def _answers(definition: Definition, marking: Marking, step: StepDef) -> Iterator[tuple[Move, Marking]]:
    """What those who were called bring about: the system's own actions. The alarm's agency becomes the lead where none is."""
    led = (
        [marking] if marking.has_agency else [marking._replace(has_agency=True, size=size) for size in SIZES]
    )
    for action in step.actions:
        if action.roles != ("system",) or not action.to or not steps.meets(action.when, values(marking)):
            continue
        for one in led:
            for after in _taken(definition, one, step, action):
                size = after.size if after.size != marking.size else ""
                yield Move("act", step.key, action.key, after.step, size), after


def _opinions(step: StepDef, marking: Marking) -> Iterator[tuple[Move, Marking]]:
    if step.consults and marking.opinions < MOST_OPINIONS and _may_ask(step, marking):
        yield Move("ask", step.key), marking._replace(opinions=marking.opinions + 1)
    if marking.opinions:
        # An answer closes one part; with the joins `any` and `first` it may close all. Silence does the same at its date.
        for left in {marking.opinions - 1, 0}:
            yield Move("answer", step.key), marking._replace(opinions=left)


def _may_ask(step: StepDef, marking: Marking) -> bool:
    return any(may_be_taken(action, step, marking) for action in step.actions)


def explore(definition: Definition, most: int = MOST_MARKINGS) -> Space:
    """Walk every marking that can be reached, breadth first, until there are too many."""
    numbers: dict[Marking, int] = {}
    found_by: list[tuple[int, Move] | None] = []
    for marking in starts(definition):
        if marking not in numbers:
            numbers[marking] = len(numbers)
            found_by.append(None)
    ways: list[tuple[tuple[int, Move], ...]] = []
    waiting = deque(numbers)
    while waiting and len(numbers) <= most:
        marking = waiting.popleft()
        here, out = numbers[marking], dict[tuple[int, Move], None]()
        for move, after in moves(definition, marking):
            if after not in numbers:
                numbers[after] = len(numbers)
                found_by.append((here, move))
                waiting.append(after)
            out[numbers[after], move] = None
        ways.append(tuple(out))
    return Space(tuple(numbers), tuple(ways), tuple(found_by), not waiting)


def reaching(space: Space, ends: Iterable[int], skip: frozenset[tuple[str, str]] = frozenset()) -> set[int]:
    """The markings from which one of these can be reached, without the moves (step, action) that are skipped."""
    back: list[list[int]] = [[] for _ in space.markings]
    for here, out in enumerate(space.ways):
        for to, move in out:
            if (move.step, move.action) not in skip:
                back[to].append(here)
    seen = set(ends)
    open_ = list(seen)
    while open_:
        for here in back[open_.pop()]:
            if here not in seen:
                seen.add(here)
                open_.append(here)
    return seen


def faults(definition: Definition, most: int = MOST_MARKINGS) -> list[Fault]:
    """Where a process could stand for ever, each with the shortest walk that shows it; what never happens, as advice.

    `definition` has no faults of its graph. An end must be reachable from every marking, also when whoever brought the
    matter in never answers.
    """
    space = explore(definition, most)
    if not space.is_whole:
        return [Fault("definition", "processes.fault.too_many_markings", {"most": most})]
    ends = [n for n, marking in enumerate(space.markings) if is_over(definition, marking)]
    found = list(_of_ends(definition, space, ends))
    return found + list(_never(definition, space))


def _of_ends(definition: Definition, space: Space, ends: list[int]) -> Iterator[Fault]:
    well = reaching(space, ends)
    alone = reaching(space, ends, _of_reporter(definition))
    told: set[tuple[str, str]] = set()
    for n, marking in enumerate(space.markings):
        if n in alone:
            continue
        is_stuck = not space.ways[n]
        key = "stuck" if is_stuck else "reporter_needed" if n in well else "no_end_from"
        if (marking.step, key) in told:
            continue
        told.add((marking.step, key))
        why = {"step": marking.step, "agency": "yes" if marking.has_agency else "no", "n": marking.extensions}
        yield Fault(f"step.{marking.step}", f"processes.fault.{key}", why, space.path(n))


def _of_reporter(definition: Definition) -> frozenset[tuple[str, str]]:
    """The moves that only whoever brought the matter in can make."""
    return frozenset(
        (step.key, action.key)
        for step in definition.steps.values()
        for action in step.actions
        if set(action.roles) <= {REPORTER} and not (step.lapse and step.lapse.action == action.key)
    )


def _never(definition: Definition, space: Space) -> Iterator[Fault]:
    """Steps and actions that no walk uses."""
    visited = {marking.step for marking in space.markings}
    made = {(move.step, move.action) for out in space.ways for _, move in out}
    for step in definition.steps.values():
        where = f"step.{step.key}"
        if step.key not in visited:
            yield Fault(where, "processes.fault.never_reached", {"step": step.key}, is_advice=True)
            continue
        for action in step.actions:
            if (step.key, action.key) not in made:
                said = {"step": step.key, "action": action.key}
                yield Fault(f"{where}.{action.key}", "processes.fault.never_taken", said, is_advice=True)
