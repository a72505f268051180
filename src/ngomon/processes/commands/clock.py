"""The clock of the whole: standing still, running again, more time, a promise with a date."""

from __future__ import annotations

from datetime import date, datetime

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.ids import Ref
from ngomon.core.rows import insert, save
from ngomon.core.units import command
from ngomon.directory import queries as directory

from .. import queries, rows
from ..models import Instance, LedgerEntry
from ..rules import deadlines
from ..terms import ClockExtended, Definition, Moved, Suspension
from . import moving
from .moving import about, tell

_LEDGER = ("instance", "kind", "from_at", "to_at", "days", "reason", "actor_id")


def _check_right(instance: Instance, actor: Actor, action: str) -> None:
    is_head = bool(instance.agency) and any(
        g.role == "agency_head" and g.agency == instance.agency for g in actor.grants
    )
    if actor.kind != "system" and not is_head and not actor.holds("ioc_lead"):
        raise Refused("processes.error.not_yours", step=instance.step, action=action)


@command
def pause(of: Ref, *, reason: str, actor: Actor, at: datetime) -> Moved:
    """Let the clock stand still without leaving the step; the head's right, or the shift lead's. `reason` is a code.

    Raises: Refused; Conflict when it stands still already or its duty is done.
    """
    instance = moving.held(of)
    _check_right(instance, actor, "pause")
    if not queries.is_running(instance):
        raise Conflict("processes.error.clock_stands")
    before = rows.counted(instance)
    moving.pause_clock(instance, reason[:60], actor=actor, at=at)
    return _written(instance, before, "processes.pause", of, reason, actor, at)


@command
def resume(of: Ref, *, reason: str, actor: Actor, at: datetime) -> Moved:
    """Let the clock run again after `pause`; the due times move by the working time that was lost.

    Raises: Refused; Conflict when it runs, or stands still because of the step.
    """
    instance = moving.held(of)
    _check_right(instance, actor, "resume")
    step = queries.step_of(instance)
    if instance.paused_at is None or step.clock == "pauses":
        raise Conflict("processes.error.clock_runs")
    before, paused_at = rows.counted(instance), instance.paused_at
    moving.resume_clock(instance, actor=actor, at=at)
    if instance.task_due_at is not None:
        clock = queries.clock_of(instance)
        is_rest = step.budget is not None and step.budget.is_rest
        pushed = deadlines.pushed(
            instance.task_due_at, Suspension(paused_at, at), instance.task_opened_at, clock
        )
        instance.task_due_at = instance.due_at if is_rest else pushed
        if instance.task_due_at and instance.task_due_at > at:
            instance.task_rung = 0
    return _written(instance, before, "processes.resume", of, reason, actor, at)


@command
def extend(of: Ref, working_days: int, *, reason: str, actor: Actor, at: datetime) -> Moved:
    """Give more working days; the head's right, or the shift lead's. `reason` is a code or the id of the words.

    Raises: Refused; Conflict when the clock does not run or no extension is left; Invalid for a wrong number of days.
    """
    instance = moving.held(of)
    _check_right(instance, actor, "extend")
    known = queries.definition(instance.definition, instance.n)
    before = rows.counted(instance)
    give_time(instance, known, working_days, reason, actor=actor, at=at)
    step = known.steps[instance.step]
    if step.budget is not None and step.budget.is_rest:
        instance.task_due_at = moving.task_due(instance, step, instance.task_opened_at)
        if instance.task_due_at and instance.task_due_at > at:
            instance.task_rung = 0
    return _written(instance, before, "processes.extend", of, reason, actor, at)


def give_time(
    instance: Instance, known: Definition, days: int, reason: str, *, actor: Actor, at: datetime
) -> None:
    """Write an extension into the ledger and move the due time of the whole."""
    if instance.met_at is not None:
        raise Conflict("processes.error.clock_stands")
    if not 1 <= days <= known.max_extension_days:
        raise Invalid.field("days", "processes.error.bad_days", most=known.max_extension_days)
    given = LedgerEntry.objects.filter(
        instance_id=instance.pk, kind="extension", from_at__gte=instance.started_at
    ).count()
    if given >= known.max_extensions:
        raise Conflict("processes.error.no_extension_left", most=known.max_extensions)
    instance.has_ledger = True
    insert(LedgerEntry, _LEDGER, [(instance.pk, "extension", at, None, days, reason[:64], actor.told_as)])
    moving.work_out_due(instance, at)
    tell(instance, ClockExtended(*about(instance), reason[:64], days), actor=actor, at=at)


@command
def commit_until(of: Ref, on: date, *, text_ref: str, actor: Actor, at: datetime) -> Moved:
    """Promise a day on which it will be done; on that day the matter opens again by itself.

    The room that owns the matter normally does this by its process's action with the effect `commit`; this is for
    matters that already rest on a promise and get another day. Raises: Refused; Conflict when it rests on none; Invalid.
    """
    instance = moving.held(of)
    _check_right(instance, actor, "commit")
    if instance.commit_on is None:
        raise Conflict("processes.error.no_promise")
    if on <= directory.working_calendar().local_day(at):
        raise Invalid.field("until", "processes.error.promise_past")
    before = rows.counted(instance)
    instance.commit_on = on
    step = queries.step_of(instance)
    if step.lapse and step.lapse.on_commitment:
        instance.task_due_at = moving.task_due(instance, step, instance.task_opened_at)
    tell(instance, moving.promised(instance, on), actor=actor, at=at)
    return _written(instance, before, "processes.commit_until", of, text_ref, actor, at)


def _written(
    instance: Instance, before: rows.Count, what: str, of: Ref, reason: str, actor: Actor, at: datetime
) -> Moved:
    known = queries.definition(instance.definition, instance.n)
    moving.set_timer(instance, known, known.steps[instance.step])
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit(what, of, actor=actor, at=at, detail={"reason": reason[:64]})
    return queries.moved(instance)
