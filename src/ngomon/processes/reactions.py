"""What happens to processes without a button: timers, a changed calendar, a merged agency; and who is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast
from uuid import UUID

from ngomon.core import clock
from ngomon.core.actors import Actor, system
from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref
from ngomon.core.react import between_units, every, on, on_many
from ngomon.core.terms import Recorded
from ngomon.core.units import current_unit, unit
from ngomon.directory import queries as directory
from ngomon.directory.terms import AgencySucceeded, CalendarDecided
from ngomon.identity import queries as identity
from ngomon.messages.commands import tell, tell_all
from ngomon.messages.terms import MessageAnswered, Telling, message_id

from . import commands, directives, queries
from .alarms import alarms_of_agency
from .forecasts import is_any_left, start_computing
from .standing import is_any_waking, told_of
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


@between_units
def wake_what_is_due() -> int:
    """Reminders, overdue, escalation, silence and promised days: a few at a time in a thread of its own, so that thousands
    at one moment keep nothing else of the worker waiting, and two workers share them."""
    at = clock.now()
    if not is_any_waking(at):
        return 0
    with unit():
        return commands.wake(actor=system("processes.wake_what_is_due"), at=at, limit=commands.TIMERS_AT_ONCE)


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


@on_many(ReminderDue)
def when_reminder_due_tell_holder(batch: Sequence[Recorded], *, actor: Actor, at: datetime) -> None:
    """Most of a task's time has passed: whoever has it hears."""
    posts, news = _Posts(at), []
    for recorded in batch:
        event = cast("ReminderDue", recorded.event)
        hearers = posts.holders(event.role, event.agency, event.assignee)
        news.append(_News(recorded, event.instance, "reminder", hearers, {"percent": event.percent}))
    _tell(news, posts, actor=actor, at=at)


@on_many(TaskOverdue)
def when_task_overdue_tell_holder(batch: Sequence[Recorded], *, actor: Actor, at: datetime) -> None:
    """The time has passed: whoever has it hears; who is above him hears of the escalation."""
    posts, news = _Posts(at), []
    for recorded in batch:
        event = cast("TaskOverdue", recorded.event)
        hearers = posts.holders(event.role, event.agency, event.assignee)
        what = "overdue_whole" if event.is_whole else "overdue"
        news.append(_News(recorded, event.instance, what, hearers, is_whole=event.is_whole))
    _tell(news, posts, actor=actor, at=at)


@on_many(Escalated)
def when_escalated_tell_the_one_above(batch: Sequence[Recorded], *, actor: Actor, at: datetime) -> None:
    """The rung's role hears."""
    posts, news = _Posts(at), []
    for recorded in batch:
        event = cast("Escalated", recorded.event)
        hearers = posts.holders(event.to_role, event.agency)
        what = "escalated" if event.why in LADDER else "escalated_action"
        news.append(_News(recorded, event.instance, what, hearers, is_whole=event.why == "whole"))
    _tell(news, posts, actor=actor, at=at)


@on(TaskAssigned)
def when_task_assigned_tell_officer(
    recorded: Recorded, event: TaskAssigned, *, actor: Actor, at: datetime
) -> None:
    """Who was given a task hears of it, unless he took it himself."""
    if event.of_kind == DIRECTIVE:
        return  # what was directed is told with the directive's own words
    if event.account and event.account != recorded.actor_id:
        news = _News(recorded, event.instance, "assigned", frozenset({UUID(event.account)}))
        _tell([news], _Posts(at), actor=actor, at=at)


@on(ConsultationAsked)
def when_consultation_asked_tell_agency(
    recorded: Recorded, event: ConsultationAsked, *, actor: Actor, at: datetime
) -> None:
    """The consulted agency's clerks hear, or whoever is there."""
    posts = _Posts(at)
    hearers = posts.holders("agency_clerk", event.agency) or posts.holders(
        "+".join(queries.CONSULTED_ROLES), event.agency
    )
    until = {"until": datetime.fromisoformat(event.due)}
    _tell([_News(recorded, event.instance, "consulted", hearers, until)], posts, actor=actor, at=at)


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
        receivers = frozenset({UUID(giver)}) if len(giver) == 36 else _Posts(at).holders("city_office", "")
    _tell_directive(recorded, event.number, f"directive_{event.action}", receivers, actor, at)


def _directed(agency: str, officer: str, at: datetime) -> frozenset[UUID]:
    posts = _Posts(at)
    if not officer:
        return posts.holders(DIRECTED, agency)
    return posts.holders("agency_head", agency) | posts.holders("", agency, officer)


def _tell_directive(
    recorded: Recorded, number: str, what: str, receivers: Iterable[UUID], actor: Actor, at: datetime
) -> None:
    view = directives.directive(number, actor)
    line, template = view.line, f"processes.message.{what}"
    by = identity.name_behind(line.given_by)
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


class _Posts:
    """Who holds which posts now, asked once for each while a batch is worked off."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._known: dict[tuple[str, str], frozenset[UUID]] = {}
        self._officers: dict[tuple[str, str], frozenset[UUID]] = {}

    def holders(self, roles: str, agency: str, assignee: str = "") -> frozenset[UUID]:
        """The accounts that have a task: the assignee, with who stands in for him, or all who hold one of its roles there.

        Of an assignee who holds no post there any more the head of the agency hears instead: nothing is told to nobody.
        """
        if assignee:
            found = self._officer(assignee, agency)
            if found:
                return found
            roles = "agency_head" if agency else roles
        return frozenset(account for role in roles.split("+") for account in self._of(role, agency))

    def _officer(self, assignee: str, agency: str) -> frozenset[UUID]:
        if (assignee, agency) not in self._officers:
            officer = UUID(assignee)
            is_there = any(held.agency == agency for held in identity.holdings_of(officer, self._at))
            both = {officer, identity.in_place_of(officer, self._at)} if is_there else set()
            self._officers[assignee, agency] = frozenset(both)
        return self._officers[assignee, agency]

    def _of(self, role: str, agency: str) -> frozenset[UUID]:
        if (role, agency) not in self._known:
            held = identity.holders(role, agency or None, None, self._at)
            self._known[role, agency] = frozenset(holder.account_id for holder in held)
        return self._known[role, agency]


@dataclass(frozen=True, slots=True)
class _News:
    """Who is to hear what of one event."""

    recorded: Recorded
    instance: str
    what: str
    hearers: frozenset[UUID]
    more: Mapping[str, object] = field(default_factory=dict)
    is_whole: bool = False


def _tell(news: Sequence[_News], posts: _Posts, *, actor: Actor, at: datetime) -> None:
    """One message for each hearer, once per event however often the reaction runs.

    Of a matter that only a few roles may know of, whoever holds one of them; nobody else hears, not even its number.
    """
    standing = told_of({UUID(one.instance) for one in news})
    tellings = []
    for one in news:
        told = standing.get(UUID(one.instance))
        if told is None:
            raise NotFound("processes.error.no_process", of=one.instance)
        hearers = one.hearers & posts.holders("+".join(told.kept), "") if told.kept else one.hearers
        template = f"processes.message.{one.what}"
        due = told.whole_due_at if one.is_whole else told.due_at
        values = {"label": told.of.label or told.of.key[:8], "step": dict(told.step), "due": due, **one.more}
        tellings += [
            Telling(hearer, template, values, told.of, message_id(one.recorded.id, hearer, template))
            for hearer in sorted(hearers)
        ]
    tell_all(tellings, actor=actor, at=at)
