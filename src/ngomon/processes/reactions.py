"""What happens to processes without a button: timers, a changed calendar, a merged agency; and who is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.ids import Ref
from ngomon.core.react import every, on
from ngomon.core.terms import Recorded
from ngomon.core.units import current_unit
from ngomon.directory import queries as directory
from ngomon.directory.terms import AgencySucceeded, CalendarDecided
from ngomon.identity import queries as identity
from ngomon.messages.commands import tell
from ngomon.messages.terms import MessageAnswered, message_id

from . import commands, directives, queries
from .alarms import alarms_of_agency
from .forecasts import is_any_left, start_computing
from .knowing import roles_that_may_know
from .terms import (
    DIRECTIVE,
    ConsultationAsked,
    DirectiveGiven,
    DirectiveMoved,
    Escalated,
    ForecastAsked,
    ReminderDue,
    TaskAssigned,
    TaskDone,
    TaskOverdue,
)
from .terms.oncall import AlarmRaised

# Why somebody above hears: because time ran out; any other reason is an action's name.
LADDER = frozenset({"overdue", "escalate", "reminder", "whole"})


@every(seconds=15)
def wake_what_is_due(*, actor: Actor, at: datetime) -> None:
    """Reminders, overdue, escalation, silence and promised days."""
    commands.wake(actor=actor, at=at)


@every(minutes=1)
def publish_what_is_due(*, actor: Actor, at: datetime) -> None:
    """Definitions whose day has come go in force."""
    commands.publish_due(actor=actor, at=at)


@on(AgencySucceeded)
def when_agency_succeeded_move_work(
    _: Recorded, event: AgencySucceeded, *, actor: Actor, at: datetime
) -> None:
    """A re-organisation orphans nothing: what runs, what was asked, and who is being called for an alarm."""
    commands.move_work(event.agency, event.successor, actor=actor, at=at)
    for of in alarms_of_agency(event.agency):
        commands.move_alarm(of, event.successor, actor=actor, at=at)


@on(CalendarDecided)
def when_calendar_decided_move_deadlines(
    _: Recorded, event: CalendarDecided, *, actor: Actor, at: datetime
) -> None:
    """Running clocks are worked out anew, by the duty that wakes them."""
    commands.mark_stale(date.fromisoformat(event.day), actor=actor, at=at)


# --- on call ----------------------------------------------------------------------------------------------------------


@every(seconds=5)
def call_next_contacts(*, actor: Actor, at: datetime) -> None:
    """Whoever does not answer in time: the next one, then the shift lead, then the leader, then everybody anew."""
    commands.wake_alarms(actor=actor, at=at)


@on(AlarmRaised)
def when_alarm_raised_call_at_once(_: Recorded, event: AlarmRaised, *, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """The first contact need not wait for the duty's turn, which would call too."""
    commands.wake_alarms(actor=actor, at=at)


@on(MessageAnswered)
def when_call_answered_take_it(_: Recorded, event: MessageAnswered, *, actor: Actor, at: datetime) -> None:
    """Taken: the others are told. Declined: the next one is called at once."""
    commands.take_answer(UUID(event.call), event.answer, event.how, actor=actor, at=at)
    commands.wake_alarms(actor=actor, at=at)


NONE_NEEDED = frozenset({"reject", "refer", "guide"})
"""Actions by which the centre says that a matter is none for those on call."""


def _moves_alarm(recorded: Recorded) -> bool:
    return getattr(recorded.event, "action", "") in NONE_NEEDED | {"route"}


@on(TaskDone, only=_moves_alarm)
def when_matter_decided_alarm_follows(_: Recorded, event: TaskDone, *, actor: Actor, at: datetime) -> None:
    """Found to be none: nobody is called any more. Given to an agency: its people are."""
    of = Ref(event.of_kind, event.of_key)
    if event.action in NONE_NEEDED:
        commands.call_off_of(of, event.action, actor=actor, at=at)
    else:
        commands.move_alarm(of, queries.where(of).agency, actor=actor, at=at)
        commands.wake_alarms(actor=actor, at=at)


# --- forecasts ----------------------------------------------------------------------------------------------------


@on(ForecastAsked)
def when_forecast_asked_compute(_: Recorded, event: ForecastAsked, *, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """In a process of its own, after this unit."""
    current_unit().after.append(start_computing)


@every(minutes=1)
def take_up_forecasts(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001
    """What was interrupted, or never begun, is computed all the same."""
    if is_any_left(at):
        current_unit().after.append(start_computing)


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
    if event.of_kind == DIRECTIVE:
        return  # what was directed is told with the directive's own words
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


DIRECTED = "agency_head+agency_clerk"


@on(DirectiveGiven)
def when_directive_given_tell_agency(
    recorded: Recorded, event: DirectiveGiven, *, actor: Actor, at: datetime
) -> None:
    """The agency's head and clerks hear of it at once; of one that is given to one post its holder and the head."""
    receivers = _directed(event.agency, event.officer, at)
    _tell_directive(recorded, event.number, "directive", receivers, actor, at)


@on(DirectiveMoved)
def when_directive_moved_tell_the_other_side(
    recorded: Recorded, event: DirectiveMoved, *, actor: Actor, at: datetime
) -> None:
    """A report goes to whoever gave the directive, an answer to the agency."""
    line = directives.directive(event.number, actor).line
    receivers = _directed(event.agency, str(line.officer or ""), at)
    if event.action == "report":
        giver = line.given_by
        receivers = {UUID(giver)} if len(giver) == 36 else _holders("city_office", "", "", at)
    _tell_directive(recorded, event.number, f"directive_{event.action}", receivers, actor, at)


def _directed(agency: str, officer: str, at: datetime) -> set[UUID]:
    if not officer:
        return _holders(DIRECTED, agency, "", at)
    return _holders("agency_head", agency, "", at) | _holders("", agency, officer, at)


def _tell_directive(
    recorded: Recorded, number: str, what: str, receivers: Iterable[UUID], actor: Actor, at: datetime
) -> None:
    view = directives.directive(number, actor)
    line, template = view.line, f"processes.message.{what}"
    by = identity.name_of(UUID(line.given_by)) if len(line.given_by) == 36 else line.given_by
    values = {
        "label": line.number,
        "due": line.due_at,
        "by": by,
        "of": line.of.label or line.of.key,
        "words": view.entries[-1].words[:500],
        "agency": dict(directory.agency(line.agency).name),
    }
    for receiver in sorted(receivers):
        id = message_id(recorded.id, receiver, template)
        tell(receiver, template, values, of=line.ref, id=id, actor=actor, at=at)


def _holders(roles: str, agency: str, assignee: str, at: datetime) -> set[UUID]:
    """The accounts that have a task: the assignee, with who stands in for him, or all who hold one of its roles there.

    Of an assignee who holds no post there any more the head of the agency hears instead: nothing is told to nobody.
    """
    if assignee:
        officer = UUID(assignee)
        if any(held.agency == agency for held in identity.holdings_of(officer, at)):
            return {officer, identity.in_place_of(officer, at)}
        roles = "agency_head" if agency else roles
    found = (h for role in roles.split("+") for h in identity.holders(role, agency or None, None, at))
    return {holder.account_id for holder in found}


def _who_may_know(instance: str, receivers: set[UUID], at: datetime) -> set[UUID]:
    """Of a matter that only a few roles may know of, whoever holds one of them; nobody else hears, not even its number."""
    kept = roles_that_may_know(UUID(instance))
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
