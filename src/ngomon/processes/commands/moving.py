"""What all moves share: entering a step, the clock's changes that come with it, the timer, and the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from ngomon.core.actors import Actor
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import insert
from ngomon.core.terms import Event
from ngomon.directory import queries as directory

from .. import queries, rows
from ..models import Instance, LedgerEntry, Task
from ..rules import deadlines, steps
from ..terms import (
    Clock,
    ClockPaused,
    ClockResumed,
    Committed,
    Definition,
    Extension,
    Holder,
    ProcessEnded,
    ProcessReopened,
    Rung,
    StepDef,
    StepKind,
    Suspension,
    TaskOpened,
)

_TASK = (
    "id", "instance", "step", "role", "agency", "assignee", "opened_at", "due_at", "done_at", "action", "done_by",
)  # fmt: skip


def held(of: Ref) -> Instance:
    """The running process of a thing, held until the unit ends. Raises: Conflict when it ended, NotFound."""
    found = rows.running(of, hold=True)
    if found is None:
        if rows.latest(of) is None:
            raise NotFound("processes.error.no_process", of=of.label or of.key)
        raise Conflict("processes.error.ended", of=of.label or of.key)
    if of.label and (of.label, of.url) != (found.of_label, found.of_url):
        found.of_label, found.of_url = of.label[:80], of.url[:200]
    return found


def audience(instance: Instance) -> list[str]:
    """Who hears of a process's events as they happen; `keep_to` may have named a few."""
    kept = values_of(instance).get("audience", "") if '"audience"' in instance.values else ""
    if kept:
        return kept.split()
    keys = ["ioc", f"{instance.of_kind}:{instance.of_key}"]
    return [*keys, f"agency:{instance.agency}"] if instance.agency else keys


def tell(instance: Instance, *events: Event, actor: Actor, at: datetime) -> None:
    """Tell the log what happened to an instance."""
    keys = audience(instance)
    for event in events:
        emit(instance, event, actor=actor, at=at, audience=keys)


def about(instance: Instance) -> tuple[str, str, str]:
    """The first three words of every event of a process."""
    return (str(instance.pk), instance.of_kind, instance.of_key)


def values_of(instance: Instance) -> dict[str, str]:
    """The data that conditions ask about."""
    found: dict[str, str] = orjson.loads(instance.values)
    return found


def set_values(instance: Instance, **changed: str) -> None:
    """Change the data that conditions ask about; an empty value takes it away."""
    values = {**values_of(instance), **changed}
    instance.values = orjson.dumps({k: v for k, v in values.items() if v}).decode()


def promised(instance: Instance, on: date) -> Committed:
    """The event of a promise."""
    return Committed(*about(instance), on.isoformat())


def give_to_agency(instance: Instance, agency: str, at: datetime) -> None:
    """Make an agency the lead. Raises: Invalid when there is none of that name in force."""
    try:
        known = directory.agency(agency)
    except NotFound as error:
        raise Invalid.field("agency", "processes.error.no_agency", agency=agency) from error
    if known.valid_to is not None and known.valid_to <= directory.working_calendar().local_day(at):
        raise Invalid.field("agency", "processes.error.no_agency", agency=agency)
    if agency != instance.agency:
        instance.agency, instance.last_officer, instance.barred = agency, None, None
    set_values(instance, agency_size=known.size)


# --- entering a step ----------------------------------------------------------------------------------------------


def close_task(instance: Instance, action: str, *, actor: Actor, at: datetime) -> None:
    """Write down that the open main task was done."""
    row = (
        instance.task, instance.pk, instance.step, instance.role, instance.task_agency, instance.assignee,
        instance.task_opened_at, instance.task_due_at, at, action, actor.told_as,
    )  # fmt: skip
    insert(Task, _TASK, [row])


def enter(instance: Instance, known: Definition, to: str, *, actor: Actor, at: datetime) -> StepDef:
    """Bring an instance to a step (or where its variants lead on to), its clock and its timer with it."""
    step = steps.landing(known, to, values_of(instance))
    officer = instance.assignee if step.holder == Holder.ASSIGNEE else None
    if officer is None and step.holder == Holder.ASSIGNEE and instance.last_officer != instance.barred:
        officer = instance.last_officer
    if instance.commit_on is not None and steps.ends_promise(known.steps.get(instance.step), step):
        instance.commit_on = None
        set_values(instance, promise="")
    if step.holder == Holder.ASSIGNEE:
        set_values(instance, waits="")
    instance.step, instance.status = step.key, step.status
    instance.task, instance.task_opened_at, instance.task_rung = uuid7(), at, 0
    instance.role = "+".join(steps.roles_of(step, values_of(instance)))
    instance.task_agency = steps.agency_of_task(step, instance.agency)
    instance.assignee = officer
    instance.last_officer = officer or instance.last_officer
    turn_clock(instance, step, actor=actor, at=at)
    if steps.is_over(step):
        _end(instance, step.outcome, actor=actor, at=at)
        return step
    instance.task_due_at = task_due(instance, step, at)
    set_timer(instance, known, step)
    opened = TaskOpened(
        *about(instance), str(instance.task), step.key, steps.main_role(step), instance.task_agency,
        str(officer or ""), step.clock,
    )  # fmt: skip
    tell(instance, opened, actor=actor, at=at)
    return step


def _end(instance: Instance, outcome: str, *, actor: Actor, at: datetime) -> None:
    instance.ended_at, instance.outcome = at, outcome
    instance.task_due_at = instance.wake_at = instance.consult_due_at = None
    tell(instance, ProcessEnded(*about(instance), outcome), actor=actor, at=at)


def end_now(instance: Instance, outcome: str, *, actor: Actor, at: datetime) -> None:
    """End an instance where it stands."""
    if instance.paused_at is not None:
        resume_clock(instance, actor=actor, at=at)
    instance.met_at = instance.met_at or at
    _end(instance, outcome, actor=actor, at=at)


def task_due(instance: Instance, step: StepDef, opened_at: datetime) -> datetime | None:
    """When a step entered then is due, or lapses."""
    calendar = directory.working_calendar()
    if step.kind == StepKind.WAIT and step.lapse:
        if step.lapse.on_commitment:
            return end_of_day(instance.commit_on or calendar.local_day(opened_at), calendar)
        return deadlines.budget_end(opened_at, step.lapse.after, calendar) if step.lapse.after else None
    if step.budget is None:
        return None
    return deadlines.step_due(opened_at, step.budget, queries.budget_of(instance), instance.due_at, calendar)


def end_of_day(on: date, calendar: deadlines.Calendar) -> datetime:
    """When the offices close on a day, or on the next working day."""
    before = datetime(on.year, on.month, on.day, 5, tzinfo=UTC) - timedelta(days=1)
    return calendar.add_working_days(before, 1)


# --- the clock ----------------------------------------------------------------------------------------------------


def turn_clock(instance: Instance, step: StepDef, *, actor: Actor, at: datetime) -> None:
    """Let the clock of the whole do what a step asks for."""
    if step.clock == Clock.PAUSES and instance.met_at is None:
        if instance.paused_at is None:
            pause_clock(instance, step.key, actor=actor, at=at)
        return
    if instance.paused_at is not None:
        resume_clock(instance, actor=actor, at=at)
    if step.clock == Clock.STOPS or steps.is_over(step):
        instance.met_at = instance.met_at or at
    elif instance.met_at is not None:
        restart_clock(instance, actor=actor, at=at)


def pause_clock(instance: Instance, reason: str, *, actor: Actor, at: datetime) -> None:
    """Let the clock of the whole stand still."""
    instance.paused_at, instance.pause_reason, instance.has_ledger = at, reason, True
    names = ("instance", "kind", "from_at", "to_at", "days", "reason", "actor_id")
    insert(LedgerEntry, names, [(instance.pk, "suspension", at, None, 0, reason, actor.told_as)])
    tell(instance, ClockPaused(*about(instance), reason), actor=actor, at=at)


def resume_clock(instance: Instance, *, actor: Actor, at: datetime) -> None:
    """Let the clock of the whole run again; the due time moves by the working time that was lost."""
    still_open = LedgerEntry.objects.filter(instance_id=instance.pk, kind="suspension", to_at__isnull=True)
    still_open.update(to_at=max(at, instance.paused_at or at))
    event = ClockResumed(*about(instance), instance.pause_reason)
    instance.paused_at, instance.pause_reason = None, ""
    work_out_due(instance, at)
    tell(instance, event, actor=actor, at=at)


def restart_clock(instance: Instance, *, actor: Actor, at: datetime) -> None:
    """Give the whole budget again from now: an answered or rejected matter is taken up once more."""
    instance.started_at, instance.met_at, instance.has_ledger = at, None, False
    instance.rung, instance.is_late = 0, False
    budget = queries.budget_of(instance)
    instance.due_at = deadlines.due_at(at, budget, (), directory.working_calendar())
    tell(instance, ProcessReopened(*about(instance), instance.step), actor=actor, at=at)


def work_out_due(instance: Instance, at: datetime) -> None:
    """Work the due time of the whole out anew from the ledger; a rung that lies ahead again will be told again."""
    budget, ledger = queries.budget_of(instance), queries.ledger_of(instance)
    instance.due_at = deadlines.due_at(instance.started_at, budget, ledger, directory.working_calendar())
    if instance.due_at > at:
        instance.is_late, instance.rung = False, 0


# --- the timer ----------------------------------------------------------------------------------------------------


def task_rungs(
    instance: Instance, known: Definition, step: StepDef, ledger: Sequence[Suspension | Extension]
) -> list[tuple[datetime, Rung]]:
    """The rungs of the open task with their times; none while it waits for an answer."""
    if step.kind != StepKind.TASK or instance.task_due_at is None:
        return []
    own = step.budget.own if step.budget and step.budget.own else queries.budget_of(instance)
    clock = deadlines.clock_for(own, directory.working_calendar())
    return deadlines.rungs_at(known.ladder, instance.task_opened_at, instance.task_due_at, ledger, clock)


def whole_rungs(instance: Instance, known: Definition) -> list[tuple[datetime, Rung]]:
    """The rungs of the whole from its due time on."""
    if instance.due_at is None or not queries.is_running(instance):
        return []
    late = [rung for rung in known.ladder if rung.kind != "reminder"]
    clock = queries.clock_of(instance)
    return deadlines.rungs_at(late, instance.started_at, instance.due_at, (), clock)


def set_timer(instance: Instance, known: Definition, step: StepDef) -> None:
    """Work out the next instant at which something happens by itself."""
    due: list[datetime] = []
    if step.kind == StepKind.WAIT:
        due += [instance.task_due_at] if instance.task_due_at else []
    elif instance.paused_at is None:
        ledger = queries.ledger_of(instance)
        due += [at for at, _ in task_rungs(instance, known, step, ledger)[instance.task_rung :]][:1]
    due += [at for at, _ in whole_rungs(instance, known)[instance.rung :]][:1]
    if instance.consult_due_at is not None:
        due.append(instance.consult_due_at)
    instance.wake_at = min(due) if due else None


def given_words(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields that came with an action, text trimmed."""
    return {k: v.strip() if isinstance(v, str) else v for k, v in (fields or {}).items()}
