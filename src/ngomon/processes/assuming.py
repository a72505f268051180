"""What a forecast rests on where history says too little: drafts with new steps, definitions that hardly ever ran. Each
assumption is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ngomon.core.errors import Conflict
from ngomon.directory import queries as directory

from .models import Instance
from .rules import steps as ways
from .rules.simulation import History
from .simulating import LEAST, LOOKS_BACK, Based, by_hour, gathered
from .terms import Budget, Definition, StepDef, StepKind

MOST_OF_CITY = 20_000
"""Matters of all processes that the shape of a week is taken from."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is taken for granted: a text `processes.assumed.<key>` and its values. `steps`: the steps it is about."""

    key: str
    values: Mapping[str, Any]
    steps: tuple[str, ...] = ()


def matters_known(key: str, at: datetime) -> int:
    """How many matters of the last half year there are, counted up to `LEAST`."""
    rows = Instance.objects.filter(definition=key, started_at__gte=at - LOOKS_BACK, started_at__lt=at)
    return len(rows.values_list("pk")[:LEAST])


def basis(
    definition: Definition, *, at: datetime, per_day: float = 0.0, live: Definition | None = None
) -> tuple[Based, tuple[Assumption, ...]]:
    """History for a simulation, and what had to be assumed. `per_day`: matters a day where there are fewer than `LEAST`;
    `live`: the version in force, when `definition` is a draft.

    Raises: Conflict without enough history and without `per_day`, or where people are called out.
    """
    based = gathered(definition, at=at)
    told: list[Assumption] = []
    if based.matters < LEAST:
        if per_day <= 0:
            raise Conflict("processes.simulate.too_little", n=based.matters, least=LEAST)
        based = replace(based, history=_filled(definition, based, per_day, at, told))
    told += _of_draft(definition, live) if live is not None else []
    told += _of_steps(definition, based.history)
    return based, tuple(told)


def _filled(
    definition: Definition, based: Based, per_day: float, at: datetime, told: list[Assumption]
) -> History:
    """A history with what is missing put in: how many come and when, for whom, by when."""
    history, week = based.history, _week_of_city(at)
    total = sum(week)
    told.append(Assumption("few", {"n": based.matters, "least": LEAST, "per_day": per_day}))
    told.append(Assumption("week_of_city" if total else "week_even", {}))
    shape = [n / total for n in week] if total else [1 / len(week)] * len(week)
    arrivals = tuple(7 * per_day * share for share in shape)
    agencies = history.agencies or _agencies(definition, history)
    if agencies and not history.agencies:
        told.append(Assumption("agencies_alike", {"n": len(agencies)}))
    budgets = history.budgets or _budgets(definition.group)
    if not history.budgets:
        told.append(Assumption("catalogue_times" if budgets else "week_given", {}))
    sizes = {agency.key: agency.size for agency in directory.agencies() if agency.key in agencies}
    return replace(history, arrivals=arrivals, weeks=1.0, agencies=agencies, budgets=budgets, sizes=sizes)


def _week_of_city(at: datetime) -> tuple[float, ...]:
    """When matters of any process come, by hour of the week."""
    rows = Instance.objects.filter(started_at__gte=at - LOOKS_BACK, started_at__lt=at).order_by("-id")
    return by_hour(rows.values_list("started_at", flat=True)[:MOST_OF_CITY])


def _agencies(definition: Definition, history: History) -> dict[str, int]:
    """The agencies with people for every agency role of the definition, one like the other."""
    wanted = {ways.main_role(s) for s in definition.steps.values()} & ways.AGENCY_ROLES
    held: Counter[str] = Counter(agency for role, agency in history.staff if role in wanted and agency)
    return {agency: 1 for agency, n in sorted(held.items()) if n == len(wanted)}


def _budgets(group: str) -> dict[Budget, int]:
    """The times that the catalogue gives to this group, by how many categories each."""
    found: Counter[Budget] = Counter()
    for category in directory.categories():
        if str(category.group) == group and category.budget_days:
            found[Budget("days", category.budget_days)] += 1
    return dict(found)


def _of_draft(definition: Definition, live: Definition) -> Iterable[Assumption]:
    """What a draft takes over from the version in force, and what it cannot."""
    tasks = {key for key, step in definition.steps.items() if step.kind != StepKind.END}
    same = tuple(key for key in definition.steps if key in tasks and key in live.steps)
    new = tuple(key for key in definition.steps if key in tasks and key not in live.steps)
    yield Assumption("same_steps", {"n": len(same)}, same)
    if new:
        yield Assumption("new_steps", {}, new)


def _of_steps(definition: Definition, history: History) -> Iterable[Assumption]:
    """Steps without times or choices in the history, and actions that nobody ever took."""
    tasks = [step for step in definition.steps.values() if step.kind == StepKind.TASK]
    known = history.steps
    times = tuple(s.key for s in tasks if s.key not in known or not known[s.key].times_s)
    if times:
        yield Assumption("times", {}, times)
    first = tuple(
        s.key for s in tasks if (s.key not in known or not known[s.key].chosen) and len(s.actions) > 1
    )
    if first:
        yield Assumption("first_way", {}, first)
    never = tuple(s.key for s in tasks if s.key in known and _has_unknown_way(s, known[s.key].chosen))
    if never:
        yield Assumption("never_taken", {}, never)


def _has_unknown_way(step: StepDef, chosen: Mapping[str, int]) -> bool:
    """Whether the main way of a step, the one it proposes, was never gone."""
    return any(action.tone == "primary" and action.key not in chosen for action in step.actions)
