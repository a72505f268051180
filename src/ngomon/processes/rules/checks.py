"""Whether a definition is sound: nothing unreachable, nothing without a way out, a holder or a deadline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..terms import REPORTER, ActionDef, Clock, Definition, Effect, Fault, Holder, StepDef, StepKind

CONDITIONS = frozenset({"agency_size", "named", "promise", "waits"})
"""What a condition may ask about, besides what the owner of the matter passes when it starts the process."""

DEFAULT_VALUES = frozenset({"category", "area", "source"})


def faults(definition: Definition, known_roles: frozenset[str]) -> list[Fault]:
    """Everything wrong with a definition that could be read; empty when it may be published."""
    found: list[Fault] = []
    if definition.group not in {"timed", "instant", "command"}:
        found.append(_fault("definition", "unknown_group", group=definition.group))
    for step in definition.steps.values():
        found += _of_step(definition, step, known_roles)
    found += _of_ladder(definition, known_roles)
    found += _of_graph(definition)
    return found


def _fault(where: str, key: str, **values: object) -> Fault:
    return Fault(where, f"processes.fault.{key}", values)


def _of_step(definition: Definition, step: StepDef, known_roles: frozenset[str]) -> Iterator[Fault]:
    where = f"step.{step.key}"
    if not step.status:
        yield _fault(where, "no_status", step=step.key)
    if step.kind == StepKind.END:
        if step.actions:
            yield _fault(where, "end_with_exit", step=step.key)
        if not step.outcome:
            yield _fault(where, "end_without_outcome", step=step.key)
        return
    if not step.actions:
        yield _fault(where, "no_exit", step=step.key)
    yield from _of_holder(step, where)
    yield from _of_deadline(step, where)
    for role in {*step.roles, *(role for v in step.variants for role in v.roles)} - known_roles - {REPORTER}:
        yield _fault(where, "unknown_role", step=step.key, role=role)
    for variant in step.variants:
        if variant.skip_to and variant.skip_to not in definition.steps:
            yield _fault(where, "unknown_step", step=step.key, to=variant.skip_to)
        yield from _of_condition(where, variant.when)
    for action in step.actions:
        yield from _of_action(definition, step, action, known_roles)


def _of_condition(where: str, when: Iterable[str]) -> Iterator[Fault]:
    for name in when:
        if name not in CONDITIONS | DEFAULT_VALUES:
            yield _fault(where, "unknown_condition", word=name)


def _of_holder(step: StepDef, where: str) -> Iterator[Fault]:
    if not step.roles:
        yield _fault(where, "no_role", step=step.key)
    if not step.holder:
        yield _fault(where, "no_holder", step=step.key)
    if (step.holder == Holder.REPORTER) != (step.roles == (REPORTER,)):
        yield _fault(where, "reporter_mixed", step=step.key)


def _of_deadline(step: StepDef, where: str) -> Iterator[Fault]:
    if step.kind == StepKind.TASK and step.budget is None:
        yield _fault(where, "no_deadline", step=step.key)
    if step.kind == StepKind.WAIT and step.lapse is None:
        yield _fault(where, "wait_without_lapse", step=step.key)
    if step.kind == StepKind.WAIT and step.holder == Holder.REPORTER and step.clock == Clock.RUNS:
        yield _fault(where, "clock_runs_on", step=step.key)
    if step.consults and not any(action.joins for action in step.actions):
        yield _fault(where, "consultation_without_join", step=step.key)
    if step.lapse and step.action(step.lapse.action) is None:
        yield _fault(where, "unknown_action", step=step.key, action=step.lapse.action)


def _of_action(
    definition: Definition, step: StepDef, action: ActionDef, known_roles: frozenset[str]
) -> Iterator[Fault]:
    where = f"step.{step.key}.{action.key}"
    if action.to and action.to not in definition.steps:
        yield _fault(where, "unknown_step", step=step.key, to=action.to)
    if not action.roles:
        yield _fault(where, "action_without_role", step=step.key, action=action.key)
    for role in (*action.roles, *action.tells):
        if role not in known_roles and role not in {REPORTER, "system"}:
            yield _fault(where, "unknown_role", step=step.key, role=role)
    for name in (*action.requires, *action.accepts):
        if name not in definition.fields:
            yield _fault(where, "unknown_field", step=step.key, field=name)
    if action.joins and not step.consults:
        yield _fault(where, "join_without_consultation", step=step.key, action=action.key)
    needed = (
        {Effect.COMMIT: "until", Effect.EXTEND: "days", Effect.RECORD: "project"}.get(Effect(action.effect))
        if action.effect
        else None
    )
    if needed and needed not in action.requires:
        yield _fault(where, "effect_without_field", action=action.key, field=needed)
    yield from _of_condition(where, action.when)
    for check in action.checks:
        yield from _of_condition(f"{where}.check.{check.key}", check.when)


def _of_ladder(definition: Definition, known_roles: frozenset[str]) -> Iterator[Fault]:
    kinds = {rung.kind for rung in definition.ladder}
    for kind in ("reminder", "overdue", "escalate"):
        if kind not in kinds:
            yield _fault("escalation", "ladder_gap", kind=kind)
    for rung in definition.ladder:
        if rung.to != "holder" and rung.to not in known_roles:
            yield _fault("escalation", "unknown_role", step="escalation", role=rung.to)


# --- the graph ----------------------------------------------------------------------------------------------------


def ways(step: StepDef) -> set[str]:
    """The steps that may follow a step at once."""
    return {a.to for a in step.actions if a.to} | {v.skip_to for v in step.variants if v.skip_to}


def reachable(definition: Definition, start: str) -> set[str]:
    """The steps that can be reached from one, itself included."""
    seen, open_ = {start}, [start]
    while open_:
        for to in ways(definition.steps[open_.pop()]):
            if to in definition.steps and to not in seen:
                seen.add(to)
                open_.append(to)
    return seen


def _of_graph(definition: Definition) -> Iterator[Fault]:
    ends = {s.key for s in definition.steps.values() if s.kind == StepKind.END}
    if not ends:
        yield _fault("definition", "no_end")
    seen = reachable(definition, definition.start)
    for step in definition.steps.values():
        if step.key not in seen:
            yield _fault(f"step.{step.key}", "unreachable", step=step.key)
        if ends and step.kind != StepKind.END and not reachable(definition, step.key) & ends:
            yield _fault(f"step.{step.key}", "no_way_to_end", step=step.key)
    yield from _skip_circles(definition)


def _skip_circles(definition: Definition) -> Iterator[Fault]:
    """Passing over a step must come to rest somewhere."""
    skips = {
        s.key: {v.skip_to for v in s.variants if v.skip_to in definition.steps}
        for s in definition.steps.values()
    }
    for start in skips:
        seen: set[str] = set()
        open_ = list(skips[start])
        while open_:
            key = open_.pop()
            if key not in seen:
                seen.add(key)
                open_ += skips[key]
        if start in seen:
            yield _fault(f"step.{start}", "skip_circle", step=start)
