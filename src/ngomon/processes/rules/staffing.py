"""Whether everybody whom a definition asks for is there: a holder for each role, a duty on each shift. Pure; gets the roster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..terms import REPORTER, Definition, Fault, StepDef
from .steps import AGENCY_ROLES

SHIFTS = tuple((weekday, shift) for weekday in range(7) for shift in ("day", "night"))


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is there. `held`: how many hold a role in an agency ("" for the city's own); `duties`: for each agency that keeps
    a duty roster, the roles on each (weekday, shift); `office_days`: weekdays with office hours."""

    agencies: tuple[str, ...]
    held: Mapping[tuple[str, str], int]
    duties: Mapping[str, Mapping[tuple[int, str], frozenset[str]]] = field(default_factory=dict)
    office_days: tuple[int, ...] = (0, 1, 2, 3, 4)


def faults(definition: Definition, staff: Staff) -> Iterator[Fault]:
    """Roles that nobody holds, agencies whose only officer may be barred, shifts on which nobody of a step is on duty. Advice:
    people come and go, the definition stays."""
    for role, steps in _used(definition).items():
        yield from _of_role(role, steps, staff)
    if any(action.bars_holder for step in definition.steps.values() for action in step.actions):
        alone = [a for a in staff.agencies if staff.held.get(("agency_officer", a), 0) == 1]
        if alone:
            yield _advice("definition", "one_officer", agencies=tuple(alone))
    for step in definition.steps.values():
        yield from _of_shifts(definition, step, staff)


def _advice(where: str, key: str, **values: object) -> Fault:
    return Fault(where, f"processes.fault.{key}", values, is_advice=True)


def _used(definition: Definition) -> dict[str, list[str]]:
    """The roles without which a step cannot go on, each with its steps: one role of a step is enough."""
    found: dict[str, list[str]] = {}
    for step in definition.steps.values():
        for role in step.roles if len(step.roles) == 1 else ():
            if role not in {REPORTER, "system"}:
                found.setdefault(role, []).append(step.key)
    return found


def _of_role(role: str, steps: list[str], staff: Staff) -> Iterator[Fault]:
    if role not in AGENCY_ROLES:
        if not sum(n for (held, _), n in staff.held.items() if held == role):
            yield _advice(f"step.{steps[0]}", "nobody_holds", role=role)
        return
    without = tuple(agency for agency in staff.agencies if not staff.held.get((role, agency)))
    if without:
        yield _advice(f"step.{steps[0]}", "nobody_in_agency", role=role, agencies=without)


def _of_shifts(definition: Definition, step: StepDef, staff: Staff) -> Iterator[Fault]:
    """A step timed by the clock on the wall needs somebody on every shift; one in working time on those of the office days."""
    if step.budget is None or not step.roles or step.roles == (REPORTER,):
        return
    is_day_and_night = definition.group == "instant" or bool(
        step.budget.own and step.budget.own.unit == "minutes"
    )
    needed = SHIFTS if is_day_and_night else tuple((day, "day") for day in staff.office_days)
    wanted = set(step.roles)
    keepers = {a: on for a, on in staff.duties.items() if any(wanted & roles for roles in on.values())}
    for agency, duties in keepers.items():
        empty = tuple(at for at in needed if not wanted & duties.get(at, frozenset()))
        if empty:
            yield _advice(f"step.{step.key}", "shift_empty", step=step.key, agencies=(agency,), shifts=empty)
    if is_day_and_night and not keepers:
        yield _advice(f"step.{step.key}", "no_roster", step=step.key)
