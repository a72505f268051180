"""What happens by itself: reminders, overdue, escalation, silence, promised days, a changed calendar, a merged agency.

Each instance bears its own timer (`wake_at`); `wake` takes those whose time has come, holds their rows, and counts the
rungs it told, so each rung fires once however many workers there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import structlog
from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.ids import Ref
from ngomon.core.rows import save_all
from ngomon.core.terms import Event
from ngomon.core.units import attempt, command
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity

from .. import queries, rows
from ..knowing import kept_roles
from ..models import Consultation, Instance
from ..rules import deadlines, steps
from ..terms import (
    ClockMoved,
    CommitmentDue,
    Definition,
    Escalated,
    Holder,
    ReminderDue,
    Rung,
    StepDef,
    StepKind,
    TaskOverdue,
    WorkMoved,
)
from . import consultation, moving
from .moving import about, tell
from .steps import take

log = structlog.get_logger("ngomon.processes")
TIMERS_AT_ONCE = 250
"""How many instances the worker wakes in one unit: short enough that nobody waits long for the one writer of SQLite."""
MOST = 20_000
AGAIN = timedelta(minutes=15)
"""When a timer that failed is tried again; until then it keeps nobody else waiting."""


@command
def wake(*, actor: Actor, at: datetime, limit: int = MOST) -> int:
    """Do what has become due by itself until this instant, the oldest first; how many instances were woken.

    Once: each rung, silence and promised day takes effect once, whoever calls and however often.
    """
    woken = 0
    above = _Above(at)
    while woken < limit:
        batch = rows.waking(at, min(TIMERS_AT_ONCE, limit - woken))
        if not batch:
            break
        _wake_all(batch, above, actor=actor, at=at)
        woken += len(batch)
    return woken


def _wake_all(batch: list[Instance], above: _Above, *, actor: Actor, at: datetime) -> None:
    """Wake these together; where that fails each by itself, and what fails then is put off: one keeps no other waiting."""
    together = attempt(lambda _: _wake_batch(batch, above, actor=actor, at=at))
    if together is None:
        return
    log.warning("timers failed together", instances=len(batch), exc_info=together)
    for instance in batch:
        error = attempt(lambda _, key=instance.pk: _wake_batch(rows.by_key(key), above, actor=actor, at=at))  # type: ignore[misc]
        if error is not None:
            log.exception("timer failed", instance=str(instance.pk), exc_info=error)
            Instance.objects.filter(pk=instance.pk).update(wake_at=at + AGAIN)
            detail = {"error": type(error).__name__, "step": instance.step}
            audit("processes.timer_failed", queries.ref_of(instance), actor=actor, at=at, detail=detail)


def _wake_batch(batch: list[Instance], above: _Above, *, actor: Actor, at: datetime) -> None:
    before, after, changed = rows.Count(), rows.Count(), []
    for instance in batch:
        known = queries.definition(instance.definition, instance.n)
        was, woken_for = rows.counted(instance), instance.wake_at
        if _wake_one(instance, known, above, actor=actor, at=at):
            continue
        if instance.wake_at is not None and woken_for is not None and instance.wake_at <= woken_for:
            raise RuntimeError(f"the timer of {instance.pk} stands still at step {instance.step}")
        before.update(was)
        after.update(rows.counted(instance))
        changed.append(instance)
    save_all(changed)
    rows.move_counts(before, after)


def _wake_one(instance: Instance, known: Definition, above: _Above, *, actor: Actor, at: datetime) -> bool:
    """Do what is due of one instance; whether it went to another step (and was written for that)."""
    step = known.steps[instance.step]
    if instance.is_stale:
        _work_out_anew(instance, known, step, actor=actor, at=at)
    if instance.consult_due_at is not None and instance.consult_due_at <= at:
        consultation.lapse_silent(instance, actor=actor, at=at)
    tell(instance, *_whole_events(instance, known, step, above, at), actor=actor, at=at)
    lapse = step.lapse if step.kind == StepKind.WAIT else None
    if lapse and instance.task_due_at is not None and instance.task_due_at <= at:
        action = step.action(lapse.action)
        if action is not None:
            _lapse(instance, known, step, actor=actor, at=at)
            return True
    tell(instance, *_task_events(instance, known, step, above, at), actor=actor, at=at)
    moving.set_timer(instance, known, step)
    return False


def _lapse(instance: Instance, known: Definition, step: StepDef, *, actor: Actor, at: datetime) -> None:
    assert step.lapse is not None
    action = step.action(step.lapse.action)
    assert action is not None
    if step.lapse.on_commitment:
        tell(instance, CommitmentDue(*about(instance)), actor=actor, at=at)
    take(instance, known, action, {}, actor=actor, at=at)
    audit(f"processes.{action.key}", queries.ref_of(instance), actor=actor, at=at, detail={"by": "time"})


def _whole_events(
    instance: Instance, known: Definition, step: StepDef, above: _Above, at: datetime
) -> Iterator[Event]:
    """The rungs of the whole that were reached. Where the step's time is what is left of the whole, its own rungs tell."""
    covers = step.budget is not None and step.budget.is_rest
    for reached_at, rung in moving.whole_rungs(instance, known)[instance.rung :]:
        if reached_at > at:
            break
        instance.rung += 1
        if rung.kind == "overdue":
            instance.is_late = True
            yield _overdue(instance, step, is_whole=True)
        if not covers:
            yield _escalated(instance, step, rung, above, "whole")


def _task_events(
    instance: Instance, known: Definition, step: StepDef, above: _Above, at: datetime
) -> Iterator[Event]:
    if instance.paused_at is not None:
        return
    ledger = queries.ledger_of(instance)
    for reached_at, rung in moving.task_rungs(instance, known, step, ledger)[instance.task_rung :]:
        if reached_at > at:
            break
        instance.task_rung += 1
        if rung.kind == "reminder":
            percent = round(rung.share * 100)
            yield ReminderDue(
                *about(instance), str(instance.task), percent, step.key, instance.role,
                instance.task_agency, str(instance.assignee or ""),
            )  # fmt: skip
            continue
        if rung.kind == "overdue":
            yield _overdue(instance, step, is_whole=False)
        yield _escalated(instance, step, rung, above, rung.kind)


def _overdue(instance: Instance, step: StepDef, *, is_whole: bool) -> TaskOverdue:
    return TaskOverdue(
        *about(instance), str(instance.task), step.key, instance.role, instance.task_agency,
        str(instance.assignee or ""), is_whole,
    )  # fmt: skip


def _escalated(instance: Instance, step: StepDef, rung: Rung, above: _Above, why: str) -> Escalated:
    role, agency = above.reached(rung.to, step, instance)
    kept = kept_roles(instance)
    if kept and role not in kept:
        # What only a few may know of climbs no higher than to the highest of them.
        role, agency = steps.highest(kept), ""
    return Escalated(*about(instance), role, agency, str(instance.task), step.key, why)


class _Above:
    """Finds who is told: the rung's role where somebody is there, else the next above; the city office always.

    Who is away and stood in for by nobody is not there.
    """

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._held: dict[tuple[str, str], bool] = {}

    def reached(self, role: str, step: StepDef, instance: Instance) -> tuple[str, str]:
        """The role to tell and its agency (empty for the city's own)."""
        if role == "holder":
            role = steps.main_role(step)
        if step.holder in {Holder.IOC, Holder.REPORTER} and role in steps.AGENCY_ROLES:
            role = "ioc_lead"
        while role != steps.CITY_OFFICE:
            agency = instance.agency if role in steps.AGENCY_ROLES else ""
            if self._is_held(role, agency):
                return role, agency
            role = steps.next_above(role)
        return role, ""

    def _is_held(self, role: str, agency: str) -> bool:
        if role in steps.AGENCY_ROLES and not agency:
            return False
        key = (role, agency)
        if key not in self._held:
            holders = [h.account_id for h in identity.holders(role, agency or None, None, self._at)]
            self._held[key] = bool(set(holders) - identity.away(holders, self._at))
        return self._held[key]


# --- a changed calendar -------------------------------------------------------------------------------------------


@command
def mark_stale(day: date, *, actor: Actor, at: datetime) -> int:
    """A day was decided off or working: every clock that runs over it is to be worked out anew; how many."""
    zone = directory.working_calendar().zone
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    ends = begins + timedelta(days=1)
    over = Q(due_at__gte=begins, met_at__isnull=True, started_at__lt=ends)
    own = Q(task_due_at__gte=begins, task_opened_at__lt=ends)
    running = Instance.objects.filter(over | own, ended_at__isnull=True)
    found = running.update(is_stale=True, wake_at=at)
    audit("processes.mark_stale", Ref("day", day.isoformat()), actor=actor, at=at, detail={"n": found})
    return found


def _work_out_anew(
    instance: Instance, known: Definition, step: StepDef, *, actor: Actor, at: datetime
) -> None:
    instance.is_stale = False
    was = (instance.due_at, instance.task_due_at)
    if instance.met_at is None:
        budget, ledger = queries.budget_of(instance), queries.ledger_of(instance)
        calendar = directory.working_calendar()
        instance.due_at = deadlines.due_at(instance.started_at, budget, ledger, calendar)
    instance.task_due_at = moving.task_due(instance, step, instance.task_opened_at)
    _give_rungs_back(instance, known, step, at)
    if was != (instance.due_at, instance.task_due_at):
        shown = [each.isoformat() if each else "" for each in (was[0], instance.due_at)]
        tell(instance, ClockMoved(*about(instance), *shown), actor=actor, at=at)


def _give_rungs_back(instance: Instance, known: Definition, step: StepDef, at: datetime) -> None:
    """Rungs that lie ahead again will be told again; those not yet told stay to be told."""
    if instance.due_at is not None and instance.due_at > at:
        instance.rung, instance.is_late = 0, False
    ledger = queries.ledger_of(instance)
    passed = sum(reached <= at for reached, _ in moving.task_rungs(instance, known, step, ledger))
    instance.task_rung = min(instance.task_rung, passed)


# --- a re-organisation --------------------------------------------------------------------------------------------


@command
def move_work(agency: str, successor: str, *, actor: Actor, at: datetime) -> int:
    """Move an agency's open work, and what it was asked, to its successor; how many processes. Once: a repeat finds none.

    An officer keeps his task: his post moved with it (identity does that); the successor's head may assign it anew.
    """
    found = 0
    before, after, moved = rows.Count(), rows.Count(), []
    for instance in rows.of_agency(agency):
        before.update(rows.counted(instance))
        officer, barred = instance.last_officer, instance.barred
        moving.give_to_agency(instance, successor, at)
        instance.proposed, instance.last_officer, instance.barred = successor, officer, barred
        step = queries.step_of(instance)
        instance.task_agency = steps.agency_of_task(step, successor)
        tell(instance, WorkMoved(*about(instance), agency, successor), actor=actor, at=at)
        after.update(rows.counted(instance))
        moved.append(instance)
        found += 1
    save_all(moved)
    rows.move_counts(before, after)
    _move_consultations(agency, successor)
    consultation.drop_doubled(agency, actor=actor, at=at)
    Instance.objects.filter(proposed=agency, ended_at__isnull=True).update(proposed=successor)
    audit(
        "processes.move_work", Ref("agency", agency), actor=actor, at=at, detail={"to": successor, "n": found}
    )
    return found


def _move_consultations(agency: str, successor: str) -> None:
    asked = Consultation.objects.filter(agency=agency, closed_at__isnull=True)
    both = Consultation.objects.filter(agency=successor).values("set_id")
    asked.exclude(set_id__in=both).update(agency=successor)
