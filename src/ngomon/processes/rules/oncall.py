"""How an alarm moves: who is called next, and what an answer does. Pure; `tests/test_oncall_model.py` walks all its states.

The promise: an alarm is over only when somebody took it and ended it, or a person called it off. While nobody has it, a
timer runs: the next contact, then the shift lead, then the leader, then everybody anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ..terms.oncall import OVER, AlarmState, Called, Contact, Outcome, RungKind

Group = tuple[Contact, ...]
"""Contacts who are called at the same time."""

_FORWARD = (AlarmState.ACKNOWLEDGED, AlarmState.EN_ROUTE, AlarmState.ON_SCENE, AlarmState.DONE)
TOGETHER = frozenset({RungKind.SHIFT_LEAD, RungKind.LEADER})
"""Rungs whose people are all called at once."""


def chain(contacts: Iterable[Contact]) -> tuple[Group, ...]:
    """Who is called in which order. Everybody once, on the lowest rung they stand on; leads and leaders all at once."""
    seen: set[UUID] = set()
    groups: list[Group] = []
    for contact in contacts:
        if contact.account in seen:
            continue
        seen.add(contact.account)
        if contact.rung in TOGETHER and groups and groups[-1][0].rung == contact.rung:
            groups[-1] = (*groups[-1], contact)
        else:
            groups.append((contact,))
    return tuple(groups)


def behind(groups: Iterable[Group], out: Collection[UUID]) -> tuple[Group, ...]:
    """The chain with those who are out on another alarm behind the rest of their agency.

    They are still called before the shift lead: an agency whose people are all out is called as ever, and nobody is lost.
    """
    known = tuple(groups)
    above = tuple(g for g in known if g[0].rung in TOGETHER)
    own = [g for g in known if g[0].rung not in TOGETHER]
    return (*(g for g in own if g[0].account not in out), *(g for g in own if g[0].account in out), *above)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What decides: the state, who has it, the round, the calls so far, and whether a timer runs and which.

    `waits` is `next` (for the one who is called), `again` (everybody was called), `now`, or empty: no timer, somebody has it.
    """

    state: str = AlarmState.CALLING
    holder: UUID | None = None
    round: int = 0
    waits: str = "now"
    ended_rounds: int = 0
    calls: tuple[Called, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """How the alarm then stands, and what is to be done: call these, stop these phones, close these calls, say the end."""

    alarm: Alarm
    call: Group = ()
    quiet: tuple[UUID, ...] = ()
    close: tuple[UUID, ...] = ()
    at_end: bool = False


def open_calls(alarm: Alarm) -> tuple[Called, ...]:
    """Who is being called now."""
    return tuple(c for c in alarm.calls if c.outcome == Outcome.OPEN)


def _with(alarm: Alarm, outcome: str, calls: Iterable[Called]) -> Alarm:
    ids = {c.id for c in calls}
    return replace(alarm, calls=tuple(replace(c, outcome=outcome) if c.id in ids else c for c in alarm.calls))


def next_group(alarm: Alarm, groups: Sequence[Group]) -> Group:
    """The next contacts who were not called in this round, nor declined in the one before; nobody at the end of the chain.

    The chain is worked out anew each time, so whoever came on duty or went away meanwhile counts as they are now.
    """
    tried = {
        c.account
        for c in alarm.calls
        if c.round == alarm.round or (c.outcome == Outcome.DECLINED and c.round == alarm.round - 1)
    }
    for group in groups:
        left = tuple(c for c in group if c.account not in tried)
        if left:
            return left
    return ()


def on_time(alarm: Alarm, groups: Sequence[Group], *, outcome: str = Outcome.PASSED) -> Move:
    """The timer came, or the operator went on by hand (`outcome` says what becomes of the open calls)."""
    if alarm.state != AlarmState.CALLING:
        return Move(alarm)
    # At the end of the chain everybody's phone may still ring; only a new round begins afresh.
    round_ = alarm.round + 1 if alarm.waits == "again" else alarm.round
    open_ = open_calls(alarm)
    stays = replace(alarm, round=round_)
    group = next_group(stays, groups)
    if not group:
        # The last phones may go on ringing, unless the operator said that these people cannot come.
        left = _with(stays, outcome, open_) if outcome == Outcome.SKIPPED else stays
        return Move(replace(left, waits="again", ended_rounds=alarm.ended_rounds + 1), at_end=True)
    moved = replace(_with(stays, outcome, open_), waits="next")
    return Move(moved, call=group, quiet=tuple(c.id for c in open_))


def on_called(alarm: Alarm, call: Called) -> Alarm:
    """Somebody was called."""
    return replace(alarm, calls=(*alarm.calls, call))


def on_answer(alarm: Alarm, account: UUID, answer: str) -> Move:
    """Somebody who was called answered, early or late. What comes after the end changes nothing."""
    mine = [c for c in alarm.calls if c.account == account]
    if not mine or alarm.state in OVER:
        return Move(alarm)
    if answer == Outcome.DECLINED:
        return _declined(_with(alarm, Outcome.DECLINED, mine), account)
    has_it = alarm.holder is not None and alarm.state != AlarmState.CALLING
    taken = _with(alarm, Outcome.ACKNOWLEDGED, mine)
    if not has_it:
        held = replace(_with(taken, Outcome.CLOSED, open_calls(taken)), state=AlarmState.ACKNOWLEDGED)
        # Who was passed over may still come late, but reads that somebody has it.
        told = tuple(c.id for c in taken.calls if c.outcome in {Outcome.OPEN, Outcome.PASSED})
        moved = Move(replace(held, holder=account, waits=""), close=told)
        return _forward(moved, answer)
    return _forward(Move(taken), answer)


def _forward(move: Move, answer: str) -> Move:
    """Anybody who took it may say that they are on the way, there, done; it never goes back by that."""
    now, said = AlarmState(move.alarm.state), AlarmState(answer)
    if _FORWARD.index(said) <= _FORWARD.index(now):
        return move
    alarm, close = replace(move.alarm, state=said), move.close
    if said == AlarmState.DONE:
        left = open_calls(alarm)
        alarm, close = _with(alarm, Outcome.CLOSED, left), (*close, *(c.id for c in left))
    return replace(move, alarm=alarm, close=close)


def _declined(alarm: Alarm, account: UUID) -> Move:
    """Nobody to wait for: the next contact now. Who had it and gives it back: another who took it too, else the chain."""
    if alarm.state == AlarmState.CALLING:
        is_waiting = bool(open_calls(alarm)) or alarm.waits == "again"
        return Move(alarm if is_waiting else replace(alarm, waits="now"))
    if alarm.holder != account:
        return Move(alarm)
    also = next((c for c in alarm.calls if c.outcome == Outcome.ACKNOWLEDGED), None)
    if also is not None:
        return Move(replace(alarm, holder=also.account, state=AlarmState.ACKNOWLEDGED))
    # A new round: those who were told that it is taken are called again, whoever gives it back is not.
    return Move(replace(alarm, holder=None, state=AlarmState.CALLING, round=alarm.round + 1, waits="now"))


def on_moved(alarm: Alarm) -> Move:
    """Another agency has it: while nobody took it, its chain begins at once, with everybody called anew."""
    if alarm.state != AlarmState.CALLING:
        return Move(alarm)
    left = open_calls(alarm)
    moved = _with(alarm, Outcome.PASSED, left)
    return Move(replace(moved, round=alarm.round + 1, waits="now"), quiet=tuple(c.id for c in left))


def on_called_off(alarm: Alarm) -> Move:
    """A person says that nobody is needed."""
    if alarm.state in OVER:
        return Move(alarm)
    left = [c for c in alarm.calls if c.outcome in {Outcome.OPEN, Outcome.ACKNOWLEDGED, Outcome.PASSED}]
    ended = replace(_with(alarm, Outcome.CLOSED, open_calls(alarm)), state=AlarmState.CALLED_OFF, waits="")
    return Move(ended, close=tuple(c.id for c in left))
