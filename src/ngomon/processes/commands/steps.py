"""Starting a process and moving it from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import add, save
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity

from .. import queries, rows, standing
from ..models import Instance
from ..rules import deadlines, steps
from ..terms import (
    ActionDef,
    Budget,
    Definition,
    Effect,
    Escalated,
    Holder,
    Moved,
    ProcessStarted,
    TaskAssigned,
    TaskDone,
)
from . import consultation, moving
from .clock import give_time
from .moving import about, tell

MAY_REOPEN = ("ioc_lead", "ioc_operator")


@command
def start(
    definition_key: str,
    of: Ref,
    *,
    budget: Budget,
    actor: Actor,
    at: datetime,
    agency: str | None = None,
    values: Mapping[str, str] | None = None,
    clock_from: datetime | None = None,
) -> Moved:
    """Begin a process for a thing: its first step is open, its clock runs.

    `agency` is the proposed lead agency; it becomes the lead when an action that asks for an agency gives it. `values` is
    what conditions may ask about (category, area, source). `clock_from`: what comes while the desk is closed counts from its
    opening. Raises: NotFound for an unknown definition; Conflict when a
    process of this thing runs already. Once: by that Conflict. Three statements.
    """
    known = queries.definition(definition_key)
    first = known.first
    instance = Instance(
        id=uuid7(), of_kind=of.kind, of_key=of.key, of_label=of.label[:80], of_url=of.url[:200],
        definition=known.key, n=known.n, proposed=agency or "", budget_unit=budget.unit, budget_n=budget.n,
        started_at=clock_from or at, step=first.key, status=first.status, task=uuid7(), task_opened_at=at,
    )  # fmt: skip
    instance.values = orjson.dumps({k: str(v) for k, v in (values or {}).items() if v}).decode()
    instance.due_at = deadlines.due_at(instance.started_at, budget, (), directory.working_calendar())
    started = ProcessStarted(*about(instance), known.key, known.n, budget.unit, budget.n)
    tell(instance, started, actor=actor, at=at)
    moving.enter(instance, known, known.start, actor=actor, at=at)
    if clock_from is not None and instance.ended_at is None:
        step = known.steps[instance.step]
        instance.task_due_at = moving.task_due(instance, step, clock_from)
        moving.set_timer(instance, known, step)
    if not add(instance):
        raise Conflict("processes.error.running_already", of=of.label or of.key)
    rows.move_counts(rows.Count(), rows.counted(instance))
    audit("processes.start", of, actor=actor, at=at, detail={"definition": known.key, "n": known.n})
    return queries.moved(instance)


@command
def act(
    of: Ref,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    fields: Mapping[str, Any] | None = None,
    agency: str | None = None,
    assignee: UUID | None = None,
    expected_step: str | None = None,
    is_reporter: bool = False,
) -> Moved:
    """Complete the open main task by one of its actions.

    `is_reporter`: the caller proved that the actor brought the matter in. Raises: NotFound; Conflict when the process
    ended, went on meanwhile or waits for a consultation; Refused; Invalid naming the fields. Four statements.
    """
    instance = moving.held(of)
    known = queries.definition(instance.definition, instance.n)
    chosen = _chosen(instance, known, action, expected_step)
    _check_right(instance, chosen, actor, at, is_reporter)
    given = moving.given_words(fields)
    given.update({k: v for k, v in (("agency", agency), ("assignee", assignee)) if v})
    wrong = steps.wrong_fields(known, chosen, given)
    if wrong:
        raise Invalid("processes.error.fields", fields=wrong, most=known.max_extension_days)
    if chosen.joins and instance.consulting:
        raise Conflict("processes.error.consultation_open", n=instance.consulting)
    take(instance, known, chosen, given, actor=actor, at=at)
    audit(f"processes.{action}", of, actor=actor, at=at, detail={"step": instance.step})
    return queries.moved(instance)


def take(
    instance: Instance,
    known: Definition,
    action: ActionDef,
    given: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Carry an action out that was found allowed: the task is done, the next step is entered, all is written."""
    before = rows.counted(instance)
    was_step, was_agency = instance.step, instance.agency
    if given.get("agency"):
        moving.give_to_agency(instance, str(given["agency"]), at)
    if action.leaves_agency:
        instance.agency, instance.last_officer = "", None
    if action.bars_holder:
        instance.barred = instance.last_officer
    assignee = _checked_assignee(instance, given, at)
    if instance.consulting:
        consultation.drop_open(instance, actor=actor, at=at)
    if action.effect == Effect.EXTEND:
        reason = str(given.get("reason_ref", action.key))
        give_time(instance, known, int(given["days"]), reason, actor=actor, at=at)
    moving.close_task(instance, action.key, actor=actor, at=at)
    done = TaskDone(*about(instance), str(instance.task), was_step, action.key, action.to)
    tell(instance, done, actor=actor, at=at)
    _promise(instance, action, given, actor=actor, at=at)
    if action.effect == Effect.RECORD:
        moving.set_values(instance, waits="project")
    instance.assignee = assignee
    moving.enter(instance, known, action.to, actor=actor, at=at)
    if assignee is not None:
        given_to = TaskAssigned(*about(instance), str(instance.task), str(assignee))
        tell(instance, given_to, actor=actor, at=at)
    for role in action.tells:
        told = Escalated(*about(instance), role, was_agency, str(instance.task), was_step, action.key)
        tell(instance, told, actor=actor, at=at)
    save(instance)
    rows.move_counts(before, rows.counted(instance))


def _promise(
    instance: Instance, action: ActionDef, given: Mapping[str, Any], *, actor: Actor, at: datetime
) -> None:
    promised = steps.promised_on(action, given)
    if promised is None:
        return
    if promised <= directory.working_calendar().local_day(at):
        raise Invalid.field("until", "processes.error.promise_past")
    instance.commit_on = promised
    moving.set_values(instance, promise="yes")
    tell(instance, moving.promised(instance, promised), actor=actor, at=at)


def _chosen(instance: Instance, known: Definition, action: str, expected_step: str | None) -> ActionDef:
    if expected_step is not None and expected_step != instance.step:
        raise Conflict("processes.error.moved_on", step=instance.step)
    at = queries.situation(instance, known.steps[instance.step])
    chosen = next((a for a in steps.actions_open(at) if a.key == action), None)
    if chosen is None:
        if any(step.action(action) for step in known.steps.values()):
            raise Conflict("processes.error.not_now", step=instance.step, action=action)
        raise Invalid("processes.error.unknown_action", action=action)
    return chosen


def _check_right(
    instance: Instance, action: ActionDef, actor: Actor, at: datetime, is_reporter: bool
) -> None:
    here = queries.situation(instance)
    if steps.may_act(actor, action, here, is_reporter=is_reporter):
        return
    if here.assignee and standing.stands_in(actor, here.assignee, at):
        return
    raise Refused("processes.error.not_yours", step=instance.step, action=action.key)


def _checked_assignee(instance: Instance, given: Mapping[str, Any], at: datetime) -> UUID | None:
    """The officer that an action names. Raises: Invalid for one outside the agency, or the one who was objected to."""
    if not given.get("assignee"):
        return None
    try:
        chosen = UUID(str(given["assignee"]))
    except ValueError as error:
        raise Invalid.field("assignee", "processes.error.no_officer") from error
    if chosen == instance.barred:
        raise Invalid.field("assignee", "processes.error.another_officer")
    roles = queries.CONSULTED_ROLES
    if not identity.is_there(chosen, roles, instance.agency, at) and not any(
        is_officer(chosen, role, instance.agency, at) for role in roles
    ):
        raise Invalid.field("assignee", "processes.error.no_officer")
    return chosen


def is_officer(account: UUID, role: str, agency: str, at: datetime) -> bool:
    """Whether an account holds, or stands in for, a post of this role in the agency; or is away and somebody stands in."""
    if any(holder.account_id == account for holder in identity.holders(role, agency or None, None, at)):
        return True
    own = identity.holdings_of(account, at)
    has_post = any(h.role == role and h.agency == agency and h.valid_from <= at for h in own)
    return has_post and identity.in_place_of(account, at) != account


@command
def assign(of: Ref, account: UUID | None, *, actor: Actor, at: datetime) -> Moved:
    """Give the open task to one officer, or back to all who may take it. The head's right, or the shift lead's.

    An operator or editor may take up an open task of the operations centre himself. Raises: Refused, Conflict, Invalid.
    """
    instance = moving.held(of)
    step = queries.step_of(instance)
    if not _may_assign(instance, step.holder, account, actor):
        raise Refused("processes.error.not_yours", step=instance.step, action="assign")
    if account is not None and step.holder != Holder.IOC:
        _checked_assignee(instance, {"assignee": account}, at)
    instance.assignee = account
    if step.holder == Holder.ASSIGNEE and account is not None:
        instance.last_officer = account
    event = TaskAssigned(*about(instance), str(instance.task), str(account or ""))
    tell(instance, event, actor=actor, at=at)
    save(instance)
    audit("processes.assign", of, actor=actor, at=at, detail={"account": str(account or "")})
    return queries.moved(instance)


def _may_assign(instance: Instance, holder: str, account: UUID | None, actor: Actor) -> bool:
    if actor.kind == "system" or actor.holds("ioc_lead"):
        return True
    if holder == Holder.IOC:
        return account in {None, actor.account_id} and actor.holds(*instance.role.split("+"))
    return bool(instance.agency) and any(
        g.role == "agency_head" and g.agency == instance.agency for g in actor.grants
    )


@command
def reopen(of: Ref, *, reason: str, actor: Actor, at: datetime, to_step: str | None = None) -> Moved:
    """Take a matter up again, ended or answered: at the step named, else where it was called off, else at the start.

    `reason` is a code. The whole budget runs anew. Raises: Refused, NotFound, Invalid for an unknown step.
    """
    if actor.kind != "system" and not actor.holds(*MAY_REOPEN):
        raise Refused("processes.error.not_yours", step="", action="reopen")
    instance = rows.latest(of, hold=True)
    if instance is None:
        raise NotFound("processes.error.no_process", of=of.label or of.key)
    known = queries.definition(instance.definition, instance.n)
    here = known.steps[instance.step]
    to = to_step or (known.start if steps.is_over(here) else here.key)
    if to not in known.steps or steps.is_over(known.steps[to]):
        raise Invalid("processes.error.no_step", step=to)
    before = rows.counted(instance)
    if instance.ended_at is None:
        moving.close_task(instance, "reopen", actor=actor, at=at)
        done = TaskDone(*about(instance), str(instance.task), instance.step, "reopen", to)
        tell(instance, done, actor=actor, at=at)
    instance.ended_at, instance.outcome, instance.assignee = None, "", None
    moving.enter(instance, known, to, actor=actor, at=at)
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit("processes.reopen", of, actor=actor, at=at, detail={"reason": reason, "step": instance.step})
    return queries.moved(instance)


@command
def cancel(of: Ref, *, reason: str, actor: Actor, at: datetime) -> Moved:
    """Call a running process off (merged with another, opened by mistake); `reason` is a code and becomes the outcome.

    Reversible by `reopen`. Raises: Refused, Conflict, NotFound.
    """
    if actor.kind != "system" and not actor.holds(*MAY_REOPEN):
        raise Refused("processes.error.not_yours", step="", action="cancel")
    instance = moving.held(of)
    before = rows.counted(instance)
    if instance.consulting:
        consultation.drop_open(instance, actor=actor, at=at)
    moving.close_task(instance, "cancel", actor=actor, at=at)
    done = TaskDone(*about(instance), str(instance.task), instance.step, "cancel", "")
    tell(instance, done, actor=actor, at=at)
    moving.end_now(instance, reason[:40], actor=actor, at=at)
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit("processes.cancel", of, actor=actor, at=at, detail={"reason": reason})
    return queries.moved(instance)
