"""Raising an alarm, and everything that moves it: its timer, answers, and what an operator does by hand.

The timer is the worker's, as an instance's: `wake_alarms` takes alarms whose `wake_at` has come, holds their rows, and
moves `wake_at` in the same unit in which it calls. A crash in between leaves the timer where it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog

from ngomon.core.actors import Actor, system
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import add, fetch, hold, save
from ngomon.core.terms import Event
from ngomon.core.units import attempt, command
from ngomon.directory import queries as directory
from ngomon.identity.rules import require
from ngomon.messages import commands as messages
from ngomon.messages.terms import Answer, How

from .. import rows
from ..alarms import groups_for
from ..call_words import words_of
from ..knowing import kept_among
from ..models import Alarm, AlarmCall, Instance
from ..queries import definition
from ..rules import oncall, steps
from ..rules.oncall import Move
from ..terms import Definition
from ..terms.oncall import (
    OVER,
    AlarmAnswered,
    AlarmEnded,
    AlarmMoved,
    AlarmRaised,
    AlarmState,
    Called,
    ChainEnded,
    Contact,
    ContactCalled,
    Outcome,
    RungKind,
)
from . import steps as process_steps

log = structlog.get_logger("ngomon.processes")
BATCH = 200
AGAIN = timedelta(seconds=30)
"""When an alarm whose turn failed is tried again."""
TEMPLATE = "processes.call"
FOLLOW = {
    AlarmState.ACKNOWLEDGED: "acknowledge",
    AlarmState.ON_SCENE: "arrive",
    AlarmState.DONE: "finish",
}
"""Which action of the matter's process a state of the alarm takes, where its step has it."""
_ORDER = (AlarmState.ACKNOWLEDGED, AlarmState.EN_ROUTE, AlarmState.ON_SCENE, AlarmState.DONE)


@command
def raise_alarm(
    of: Ref,
    *,
    agency: str,
    area: str,
    severity: str,
    reasons: Sequence[Mapping[str, Any]] = (),
    audience: Iterable[str] = ("ioc",),
    actor: Actor,
    at: datetime,
) -> UUID:
    """Something urgent: its people on call are called from now on, by the worker; the alarm's id.

    The row bears its timer from the first moment, so it is called whatever happens to this process after the commit.
    Raises: Conflict while an alarm of this thing is open.
    """
    row = Alarm(
        id=uuid7(), of_kind=of.kind, of_key=of.key, of_label=of.label[:80], of_url=of.url[:200], agency=agency,
        area=area, severity=severity, audience=" ".join(audience)[:200], state=AlarmState.CALLING, wake_at=at,
        raised_at=at,
    )  # fmt: skip
    row.reasons = json.dumps(list(reasons), ensure_ascii=False, sort_keys=True)
    _tell(row, AlarmRaised(str(row.pk), of.kind, of.key, agency, severity), actor=actor, at=at)
    if not add(row):
        # The event must not stand for an alarm that is not there.
        raise Conflict("processes.error.alarm_already", of=of.label or of.key)
    audit("processes.raise_alarm", of, actor=actor, at=at, detail={"agency": agency, "severity": severity})
    return row.pk


def has_alarm(of: Ref) -> bool:
    """Whether an alarm of this thing is open."""
    return Alarm.objects.filter(of_key=of.key, of_kind=of.kind, ended_at__isnull=True).exists()


def _tell(row: Alarm, *events: Event, actor: Actor, at: datetime) -> None:
    keys = row.audience.split()
    if row.agency and "ioc" in keys:
        keys.append(f"agency:{row.agency}")
    for event in events:
        emit(row, event, actor=actor, at=at, audience=keys)


# --- the timer --------------------------------------------------------------------------------------------------------


@command
def wake_alarms(*, actor: Actor, at: datetime, limit: int = BATCH) -> int:
    """Call the next contacts of every alarm whose time has come; how many alarms.

    Once: each call has an id made from alarm, round and person; the timer moves in the unit in which they are called.
    """
    tail = 'WHERE "wake_at" <= %s ORDER BY "wake_at" LIMIT %s' + hold(skip=True)
    found = fetch(Alarm, tail, [at, limit])
    for row in found:
        error = attempt(lambda _, row=row: _turn(row, actor, at))  # type: ignore[misc]
        if error is not None:
            # One that fails must not silence the others; it is tried again, and again.
            log.exception("alarm failed", alarm=str(row.pk), exc_info=error)
            Alarm.objects.filter(pk=row.pk).update(wake_at=at + AGAIN)
            detail = {"error": type(error).__name__}
            audit("processes.alarm_failed", _ref(row), actor=actor, at=at, detail=detail)
    return len(found)


def _turn(row: Alarm, actor: Actor, at: datetime) -> None:
    alarm = _read(row)
    move = oncall.on_time(alarm, _groups(row, at))
    _carry_out(row, alarm, move, actor=actor, at=at, is_turn=True)


def _groups(row: Alarm, at: datetime) -> tuple[oncall.Group, ...]:
    return groups_for(row.agency, row.area, at, kept=kept_among(row.audience), alarm=row.pk)


def _held(key: UUID) -> Alarm:
    found = fetch(Alarm, 'WHERE "id" = %s' + hold(), [key])
    if not found:
        raise NotFound("processes.error.no_alarm")
    return found[0]


def _read(row: Alarm) -> oncall.Alarm:
    calls = AlarmCall.objects.filter(alarm=row).order_by("n")
    return oncall.Alarm(
        row.state,
        row.holder,
        row.round,
        row.waits,
        row.ended_rounds,
        tuple(Called(c.pk, c.account, c.rung, c.round, c.outcome) for c in calls),
    )


def _carry_out(
    row: Alarm,
    was: oncall.Alarm,
    move: Move,
    *,
    actor: Actor,
    at: datetime,
    is_turn: bool = False,
    how: str = "",
) -> None:
    """Write how the alarm stands after a move, and do what it says. All of it in this unit, or nothing."""
    for contact in move.call:
        _call(row, move.alarm.round, contact, actor=actor, at=at)
    _write_outcomes(was, move.alarm, at, how)
    if move.quiet:
        messages.stop_ringing(move.quiet, actor=actor, at=at)
    if move.close:
        messages.stand_down(move.close, actor=actor, at=at)
    now = move.alarm
    if is_turn or now.waits != row.waits or now.state != row.state:
        row.wake_at = _wake_at(row.agency, now.waits, at) if now.state == AlarmState.CALLING else None
    state_was = row.state
    row.state, row.holder, row.round, row.waits = now.state, now.holder, now.round, now.waits
    row.ended_rounds = now.ended_rounds
    if move.at_end:
        ended = ChainEnded(str(row.pk), row.of_kind, row.of_key, row.round)
        _tell(row, ended, actor=actor, at=at)
    _note_times(row, at)
    if row.state in OVER and state_was not in OVER:
        over = AlarmEnded(str(row.pk), row.of_kind, row.of_key, row.state, row.reason)
        _tell(row, over, actor=actor, at=at)
    save(row)
    if row.state != state_was:
        _follow_process(row, state_was, at=at)


def _wake_at(agency: str, waits: str, at: datetime) -> datetime:
    plan = directory.call_plan(agency, directory.local_day(at))
    minutes = {"next": plan.next_m, "again": plan.again_m}.get(waits, 0.0)
    return at + timedelta(minutes=minutes)


def _note_times(row: Alarm, at: datetime) -> None:
    if row.state in _ORDER and row.acknowledged_at is None:
        row.acknowledged_at = at
    if row.state in _ORDER[2:] and row.arrived_at is None:
        row.arrived_at = at
    if row.state in OVER and row.ended_at is None:
        row.ended_at = at


def _write_outcomes(was: oncall.Alarm, now: oncall.Alarm, at: datetime, how: str) -> None:
    before = {c.id: c.outcome for c in was.calls}
    changed: dict[str, list[UUID]] = {}
    for call in now.calls:
        if call.outcome != before.get(call.id, call.outcome):
            changed.setdefault(call.outcome, []).append(call.id)
    for outcome, ids in changed.items():
        is_answer = outcome in {Outcome.ACKNOWLEDGED, Outcome.DECLINED}
        AlarmCall.objects.filter(pk__in=ids).update(
            outcome=outcome, outcome_at=at, **({"how": how} if is_answer else {})
        )


def call_id(alarm: UUID, round_: int, account: UUID) -> UUID:
    """The id of the call of one person in one round: the same however often a unit is tried."""
    return uuid5(alarm, f"{round_}:{account}")


def _call(
    row: Alarm, round_: int, contact: Contact, *, actor: Actor, at: datetime, ways: bool = True
) -> UUID:
    call = call_id(row.pk, round_, contact.account)
    n = AlarmCall.objects.filter(alarm=row).count()
    AlarmCall.objects.create(
        id=call, alarm=row, n=n, account=contact.account, rung=contact.rung, at=at,
        stands_in_for=contact.stands_in_for, round=round_,
    )  # fmt: skip
    plan = directory.call_plan(row.agency, directory.local_day(at))
    values = {"number": row.of_label, "severity": row.severity, **words_of(row.of_kind, row.of_key)}
    messages.call_out(
        Ref(row.of_kind, row.of_key, row.of_label, row.of_url),
        contact.account,
        TEMPLATE,
        values,
        ways=plan.ways if ways else (),
        id=call,
        audience=row.audience.split(),
        actor=actor,
        at=at,
    )
    called = ContactCalled(
        str(row.pk), row.of_kind, row.of_key, str(call), str(contact.account), contact.rung, round_
    )
    _tell(row, called, actor=actor, at=at)
    return call


# --- answers ----------------------------------------------------------------------------------------------------------


@command
def take_answer(call: UUID, answer: str, how: str, *, actor: Actor, at: datetime) -> None:
    """Somebody who was called answered: early or late, by whatever way. Once: the same answer again changes nothing.

    A call that is of no alarm is passed over.
    """
    found = AlarmCall.objects.filter(pk=call).values_list("alarm_id", "account").first()
    if found is not None:
        _answer(_held(found[0]), found[1], answer, how, actor=actor, at=at)


def _answer(row: Alarm, account: UUID, answer: str, how: str, *, actor: Actor, at: datetime) -> None:
    was = _read(row)
    move = oncall.on_answer(was, account, answer)
    if move.alarm == was:
        return
    said = AlarmAnswered(
        str(row.pk), row.of_kind, row.of_key, str(account), answer, how, str(move.alarm.state)
    )
    _tell(row, said, actor=actor, at=at)
    _carry_out(row, was, move, actor=actor, at=at, how=how)
    audit("processes.take_answer", _ref(row), actor=actor, at=at, detail={"answer": answer, "how": how})


def _ref(row: Alarm) -> Ref:
    return Ref(row.of_kind, row.of_key, row.of_label, row.of_url)


def _follow_process(row: Alarm, was: str, *, at: datetime) -> None:
    """The matter's own process goes along, where it is an instant one; any other is left to its officers."""
    actor = system("processes.oncall")
    instance = rows.running(_ref(row), hold=True)
    if instance is None:
        return
    known = definition(instance.definition, instance.n)
    keys = ["call_again"] if row.state == AlarmState.CALLING else _actions_between(was, row.state)
    for key in keys:
        action = known.steps[instance.step].action(key)
        if action is not None and action.to and steps.may_act(actor, action, _situation(instance, known)):
            given = {"agency": row.agency} if row.agency and not instance.agency else {}
            process_steps.take(instance, known, action, given, actor=actor, at=at)
            audit(f"processes.{key}", _ref(row), actor=actor, at=at, detail={"by": "alarm"})


def _situation(instance: Instance, known: Definition) -> steps.Situation:
    return steps.Situation(known.steps[instance.step], {}, instance.agency, instance.assignee)


def _actions_between(was: str, now: str) -> list[str]:
    if now not in _ORDER:
        return []
    first = _ORDER.index(AlarmState(was)) + 1 if was in _ORDER else 0
    return [FOLLOW[s] for s in _ORDER[first : _ORDER.index(AlarmState(now)) + 1] if s in FOLLOW]


# --- by hand ----------------------------------------------------------------------------------------------------------


@command
def call_next(alarm: UUID, *, actor: Actor, at: datetime) -> None:
    """Do not wait: call the next contact now, beside whoever is being called. Raises: Refused, NotFound, Conflict."""
    _go_on(alarm, Outcome.PASSED, actor=actor, at=at)


@command
def skip(alarm: UUID, *, actor: Actor, at: datetime) -> None:
    """Whoever is being called cannot come: their calls are closed, the next is called. Raises: Refused, NotFound, Conflict."""
    _go_on(alarm, Outcome.SKIPPED, actor=actor, at=at)


def _go_on(key: UUID, outcome: str, *, actor: Actor, at: datetime) -> None:
    require(actor, "alarm.steer")
    row = _held(key)
    if row.state != AlarmState.CALLING:
        raise Conflict("processes.error.alarm_taken", of=row.of_label)
    was = _read(row)
    move = oncall.on_time(was, _groups(row, at), outcome=outcome)
    if outcome == Outcome.SKIPPED:
        skipped = tuple(c.id for c in oncall.open_calls(was))
        move = Move(move.alarm, move.call, (), (*move.close, *skipped), move.at_end)
    _carry_out(row, was, move, actor=actor, at=at, is_turn=True, how=How.TELEPHONE)
    audit("processes.call_next", _ref(row), actor=actor, at=at, detail={"outcome": outcome})


@command
def record_answer(alarm: UUID, account: UUID, answer: Answer, *, actor: Actor, at: datetime) -> None:
    """Somebody said it by telephone: whoever it is, called before or not. Raises: Refused, NotFound, Invalid, Conflict."""
    require(actor, "alarm.steer")
    row = _held(alarm)
    if row.state in OVER:
        raise Conflict("processes.error.alarm_over", of=row.of_label)
    known = {c.account for group in _groups(row, at) for c in group}
    mine = AlarmCall.objects.filter(alarm=row, account=account).order_by("-n").values_list("pk", flat=True)
    call = mine.first()
    if call is None:
        if account not in known:
            raise Invalid.field("account", "processes.error.not_on_call")
        contact = Contact(account, RungKind.BY_HAND)
        call = _call(row, row.round, contact, actor=actor, at=at, ways=False)
    messages.answer_call(call, answer, how=How.TELEPHONE, actor=actor, at=at)
    _answer(row, account, str(answer), How.TELEPHONE, actor=actor, at=at)


@command
def give_back(alarm: UUID, account: UUID, *, actor: Actor, at: datetime) -> None:
    """Whoever took it leaves: another who took it too has it, else the chain is called anew, without him.

    The agency's head says so, or who steers alarms. Once: an alarm that he has no more stays. Raises: Refused, NotFound.
    """
    row = _held(alarm)
    is_head = any(g.role == "agency_head" and g.agency == row.agency for g in actor.grants)
    if not is_head and not actor.holds("city_office"):
        require(actor, "alarm.steer")
    if row.holder == account:
        _answer(row, account, str(Answer.DECLINED), How.PAGE, actor=actor, at=at)


@command
def call_off(alarm: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """Nobody is needed: a false alarm, or it is over. A person says so, with a reason (a code). Raises: Refused, NotFound."""
    require(actor, "alarm.steer")
    row = _held(alarm)
    if row.state in OVER:
        return
    was = _read(row)
    row.reason = reason[:40]
    _carry_out(row, was, oncall.on_called_off(was), actor=actor, at=at)
    audit("processes.call_off", _ref(row), actor=actor, at=at, detail={"reason": reason})


def _open_of(of: Ref) -> Alarm | None:
    tail = 'WHERE "of_key" = %s AND "of_kind" = %s AND "ended_at" IS NULL' + hold()
    return next(iter(fetch(Alarm, tail, [of.key, of.kind])), None)


@command
def call_off_of(of: Ref, reason: str, *, actor: Actor, at: datetime) -> None:
    """The matter was found to be none: its alarm ends with it. Once: without an open alarm nothing happens."""
    row = _open_of(of)
    if row is not None:
        call_off(row.pk, reason, actor=actor, at=at)


@command
def move_alarm(of: Ref, agency: str, *, actor: Actor, at: datetime) -> None:
    """The matter goes to another agency: its people are called. Once: for the same agency nothing happens."""
    row = _open_of(of)
    if row is None or row.agency == agency or not agency:
        return
    was = _read(row)
    row.agency = agency
    _tell(row, AlarmMoved(str(row.pk), row.of_kind, row.of_key, agency), actor=actor, at=at)
    _carry_out(row, was, oncall.on_moved(was), actor=actor, at=at)
    audit("processes.move_alarm", of, actor=actor, at=at, detail={"agency": agency})
