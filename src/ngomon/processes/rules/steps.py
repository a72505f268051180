"""Where an action leads, who may take it, and what it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ngomon.core.actors import Actor

from ..terms import REPORTER, Action, ActionDef, Definition, Effect, Holder, StepDef, StepKind

ABOVE: Mapping[str, str] = {
    "agency_officer": "agency_head",
    "agency_clerk": "agency_head",
    "agency_head": "city_office",
    "ioc_operator": "ioc_lead",
    "ioc_editor": "ioc_lead",
    "ioc_lead": "city_office",
    REPORTER: "ioc_lead",
}
"""Who is above whom when nobody holds a role. The city office is the last: it is always told."""

CITY_OFFICE = "city_office"
AGENCY_ROLES = frozenset({"agency_officer", "agency_clerk", "agency_head"})


def meets(when: Mapping[str, tuple[str, ...]], values: Mapping[str, str]) -> bool:
    """Whether every condition holds: the value is one of those named."""
    return all(values.get(name, "") in wanted for name, wanted in when.items())


def landing(definition: Definition, to: str, values: Mapping[str, str]) -> StepDef:
    """The step where a process comes to rest when sent to one: variants that hold are passed over."""
    step = definition.steps[to]
    for _ in range(len(definition.steps)):
        skip = next((v.skip_to for v in step.variants if v.skip_to and meets(v.when, values)), "")
        if not skip:
            return step
        step = definition.steps[skip]
    return step


def roles_of(step: StepDef, values: Mapping[str, str]) -> tuple[str, ...]:
    """The roles that may act at a step, those that its variants add included."""
    more = [role for v in step.variants if v.roles and meets(v.when, values) for role in v.roles]
    return tuple(dict.fromkeys([*step.roles, *more]))


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides who may act: where the process stands and who has it."""

    step: StepDef
    values: Mapping[str, str]
    agency: str
    assignee: UUID | None
    consulting: int = 0


def actions_open(at: Situation) -> list[ActionDef]:
    """The actions that the data allow at a step, whoever takes them."""
    return [a for a in at.step.actions if a.to and meets(a.when, at.values)]


def may_act(actor: Actor, action: ActionDef, at: Situation, *, is_reporter: bool = False) -> bool:
    """Whether the actor's role, agency and scope all fit the action. The assignee's own task is for him and his head.

    A substitute of the assignee bears his post; the caller asks identity for that.
    """
    if actor.kind == "system":
        return True
    more = roles_of(at.step, at.values)
    roles = action.roles if action.roles != at.step.roles else more
    if REPORTER in roles and is_reporter:
        return True
    for role in roles:
        if role in AGENCY_ROLES:
            if not at.agency or not any(g.role == role and g.agency == at.agency for g in actor.grants):
                continue
            is_given = at.step.holder == Holder.ASSIGNEE and at.assignee is not None
            if is_given and role != "agency_head" and actor.account_id != at.assignee:
                continue
            return True
        if role != REPORTER and actor.holds(role):
            return True
    return False


def shown(definition: Definition, action: ActionDef) -> Action:
    """An action as pages show it."""
    names = dict.fromkeys([*action.requires, *action.accepts])
    fields = tuple(definition.fields[name] for name in names if name in definition.fields)
    return Action(
        action.key,
        action.name,
        action.to,
        action.requires,
        action.tone,
        action.accepts,
        fields,
        action.effect,
    )


def wrong_fields(definition: Definition, action: ActionDef, given: Mapping[str, object]) -> dict[str, str]:
    """Which of the fields that an action needs are missing or ill-formed, as {field: text key}."""
    wrong: dict[str, str] = {}
    for name in action.requires:
        value = given.get(name)
        if value is None or (isinstance(value, str) and not value.strip()) or value in ((), []):
            wrong[name] = "processes.error.field_needed"
    for name, value in given.items():
        known = definition.fields.get(name)
        if known is None or name in wrong or value in (None, ""):
            continue
        if known.kind == "date" and not _is_date(value):
            wrong[name] = "processes.error.bad_date"
        elif known.kind == "days" and not _is_days(value, definition.max_extension_days):
            wrong[name] = "processes.error.bad_days"
        elif known.kind == "choice" and known.choices and str(value) not in known.choices:
            wrong[name] = "processes.error.bad_choice"
    return wrong


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _is_days(value: object, most: int) -> bool:
    text = str(value)
    return text.isdecimal() and 1 <= int(text) <= most


def promised_on(action: ActionDef, given: Mapping[str, object]) -> date | None:
    """The day that an action promises, where it does."""
    return date.fromisoformat(str(given["until"])) if action.effect == Effect.COMMIT else None


def ends_promise(left: StepDef | None, entered: StepDef) -> bool:
    """Whether a promise is over on this way: its day was waited for, or the work is somebody's anew."""
    has_waited = left is not None and left.lapse is not None and left.lapse.on_commitment
    return has_waited or entered.holder == Holder.ASSIGNEE


def agency_of_task(step: StepDef, lead_agency: str) -> str:
    """The agency in whose queue a step stands: the lead agency's own steps, else none."""
    return lead_agency if step.holder in {Holder.AGENCY, Holder.ASSIGNEE} else ""


def main_role(step: StepDef) -> str:
    """The role a step is shown under."""
    return step.roles[0] if step.roles else ""


def is_over(step: StepDef) -> bool:
    """Whether nothing more is to do."""
    return step.kind == StepKind.END


def highest(roles: Iterable[str]) -> str:
    """Of these roles one that none of the others is above."""
    found = sorted(roles)
    below = {role for role in found if ABOVE.get(role) in found}
    return next((role for role in found if role not in below), found[0])


def next_above(role: str) -> str:
    """The role above one; the city office above all."""
    return ABOVE.get(role, CITY_OFFICE)
