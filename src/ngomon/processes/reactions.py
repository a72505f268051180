"""What happens to processes without a button: timers, a changed calendar, a merged agency; and who is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.react import every, on
from ngomon.core.terms import Recorded
from ngomon.directory.terms import AgencySucceeded, CalendarDecided
from ngomon.identity import queries as identity
from ngomon.messages.commands import tell
from ngomon.messages.terms import message_id

from . import commands, queries
from .terms import ConsultationAsked, Escalated, ReminderDue, TaskAssigned, TaskOverdue

# Why somebody above hears: because time ran out; any other reason is an action's name.
LADDER = frozenset({"overdue", "escalate", "reminder", "whole"})


@every(seconds=15)
def wake_what_is_due(*, actor: Actor, at: datetime) -> None:
    """Reminders, overdue, escalation, silence and promised days."""
    commands.wake(actor=actor, at=at)


@on(AgencySucceeded)
def when_agency_succeeded_move_work(
    _: Recorded, event: AgencySucceeded, *, actor: Actor, at: datetime
) -> None:
    """A re-organisation orphans nothing."""
    commands.move_work(event.agency, event.successor, actor=actor, at=at)


@on(CalendarDecided)
def when_calendar_decided_move_deadlines(
    _: Recorded, event: CalendarDecided, *, actor: Actor, at: datetime
) -> None:
    """Running clocks are worked out anew, by the duty that wakes them."""
    commands.mark_stale(date.fromisoformat(event.day), actor=actor, at=at)


# --- telling people -----------------------------------------------------------------------------------------------


@on(ReminderDue)
def when_reminder_due_tell_holder(
    recorded: Recorded, event: ReminderDue, *, actor: Actor, at: datetime
) -> None:
    """Most of a task's time has passed: whoever has it hears."""
    receivers = _holders(event.role, event.agency, event.assignee, at)
    _tell(recorded, event.instance, "reminder", receivers, percent=event.percent, actor=actor, at=at)


@on(TaskOverdue)
def when_task_overdue_tell_holder(
    recorded: Recorded, event: TaskOverdue, *, actor: Actor, at: datetime
) -> None:
    """The time has passed: whoever has it hears; who is above him hears of the escalation."""
    receivers = _holders(event.role, event.agency, event.assignee, at)
    what = "overdue_whole" if event.is_whole else "overdue"
    _tell(recorded, event.instance, what, receivers, is_whole=event.is_whole, actor=actor, at=at)


@on(Escalated)
def when_escalated_tell_the_one_above(
    recorded: Recorded, event: Escalated, *, actor: Actor, at: datetime
) -> None:
    """The rung's role hears."""
    receivers = _holders(event.to_role, event.agency, "", at)
    what = "escalated" if event.why in LADDER else "escalated_action"
    whole = event.why == "whole"
    _tell(recorded, event.instance, what, receivers, is_whole=whole, actor=actor, at=at)


@on(TaskAssigned)
def when_task_assigned_tell_officer(
    recorded: Recorded, event: TaskAssigned, *, actor: Actor, at: datetime
) -> None:
    """Who was given a task hears of it, unless he took it himself."""
    if event.account and event.account != recorded.actor_id:
        _tell(recorded, event.instance, "assigned", {UUID(event.account)}, actor=actor, at=at)


@on(ConsultationAsked)
def when_consultation_asked_tell_agency(
    recorded: Recorded, event: ConsultationAsked, *, actor: Actor, at: datetime
) -> None:
    """The consulted agency's clerks hear, or whoever is there."""
    receivers = _holders("agency_clerk", event.agency, "", at) or _holders(
        "+".join(queries.CONSULTED_ROLES), event.agency, "", at
    )
    until = datetime.fromisoformat(event.due)
    _tell(recorded, event.instance, "consulted", receivers, until=until, actor=actor, at=at)


def _holders(roles: str, agency: str, assignee: str, at: datetime) -> set[UUID]:
    """The accounts that have a task: the assignee, or all who hold one of its roles there."""
    if assignee:
        return {UUID(assignee)}
    found = (h for role in roles.split("+") for h in identity.holders(role, agency or None, None, at))
    return {holder.account_id for holder in found}


def _who_may_know(instance: str, receivers: set[UUID], at: datetime) -> set[UUID]:
    """Of a matter that only a few roles may know of, whoever holds one of them; nobody else hears, not even its number."""
    kept = queries.roles_that_may_know(UUID(instance))
    if not kept:
        return receivers
    return receivers & {h.account_id for role in kept for h in identity.holders(role, None, None, at)}


def _tell(
    recorded: Recorded,
    instance: str,
    what: str,
    receivers: Iterable[UUID],
    *,
    actor: Actor,
    at: datetime,
    is_whole: bool = False,
    **more: object,
) -> None:
    """One message for each receiver, once per event however often the reaction runs."""
    receivers = _who_may_know(instance, set(receivers), at)
    told = queries.told_of(UUID(instance), is_whole=is_whole)
    template = f"processes.message.{what}"
    values = {"label": told.of.label or told.of.key[:8], "step": dict(told.step), "due": told.due_at, **more}
    for receiver in sorted(receivers):
        id = message_id(recorded.id, receiver, template)
        tell(receiver, template, values, of=told.of, id=id, actor=actor, at=at)
