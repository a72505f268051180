"""All states of a small alarm, walked exhaustively: acknowledged or called up to the leader and visibly open, never both lost.

The model is the rules themselves under an adversary: time passes or not, answers come early, late, twice and after a refusal,
people go absent and come back, a worker dies before its unit is committed, two workers wake at the same instant.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from uuid import UUID, uuid5

import pytest

from ngomon.processes.rules.oncall import (
    Alarm,
    Group,
    Move,
    behind,
    chain,
    on_answer,
    on_called,
    on_called_off,
    on_time,
)
from ngomon.processes.terms.oncall import OVER, AlarmState, Called, Contact, Outcome, RungKind

PEOPLE = tuple(UUID(int=n) for n in range(1, 4))
RUNGS = (RungKind.DUTY, RungKind.SHIFT_LEAD, RungKind.LEADER)
TWO_OF_AN_AGENCY = (RungKind.DUTY, RungKind.SUBSTITUTE, RungKind.LEADER)
"""Here the first goes out on another alarm and comes back, instead of being absent."""
ANSWERS = ("acknowledged", "declined", "done")
MOST_ROUNDS = 1 if os.environ.get("SCALE") == "full" else 0
"""`SCALE=full` walks half a million states in some minutes; without, the second round is entered and not walked through."""


@dataclass(frozen=True)
class World:
    """The alarm as committed, who is absent or out on another alarm, who was told that the chain ended, answers on their way."""

    alarm: Alarm
    rungs: tuple[str, ...] = RUNGS
    absent: frozenset[UUID] = frozenset()
    out: frozenset[UUID] = frozenset()
    told_leader: bool = False
    coming: frozenset[tuple[UUID, str]] = frozenset()


def groups(world: World) -> tuple[Group, ...]:
    there = [Contact(p, r) for p, r in zip(PEOPLE, world.rungs, strict=True) if p not in world.absent]
    return behind(chain(there), world.out)


def commit(world: World, move: Move) -> World:
    """What one unit writes: the alarm with the calls that the move asks for. A unit that dies writes nothing at all."""
    alarm = move.alarm
    for contact in move.call:
        key = uuid5(contact.account, str(alarm.round))
        alarm = on_called(alarm, Called(key, contact.account, contact.rung, alarm.round))
    leader = any(c.rung == RungKind.LEADER for c in move.call)
    return replace(world, alarm=alarm, told_leader=world.told_leader or leader or move.at_end)


def successors(world: World) -> Iterator[World]:
    alarm = world.alarm
    if alarm.round > MOST_ROUNDS:
        return  # far enough: a later round is as an earlier one
    if alarm.waits:
        # One worker wakes it. A second one at the same instant finds the timer moved on; one that died left it as it was:
        # both are this same state again.
        yield commit(world, on_time(alarm, groups(world)))
        yield commit(world, on_time(alarm, groups(world), outcome=Outcome.SKIPPED))
    for person in {c.account for c in alarm.calls}:
        for answer in ANSWERS:
            if (person, answer) not in world.coming and not world.coming:
                yield replace(world, coming=world.coming | {(person, answer)})
    for said in world.coming:
        # An answer arrives now; it may arrive again.
        taken = commit(world, on_answer(alarm, *said))
        yield taken
        yield replace(taken, coming=taken.coming - {said})
    if world.rungs == RUNGS:
        yield replace(world, absent=world.absent ^ {PEOPLE[0]})
    else:
        yield replace(world, out=world.out ^ {PEOPLE[0]})


@cache
def all_worlds(rungs: tuple[str, ...] = RUNGS) -> frozenset[World]:
    first = World(Alarm(), rungs)
    seen, open_ = {first}, deque([first])
    while open_:
        for world in successors(open_.popleft()):
            if world not in seen:
                seen.add(world)
                open_.append(world)
    return frozenset(seen)


def settles(world: World) -> World:
    """Only time passes from here on."""
    for _ in range(3 * len(PEOPLE) + 3):
        if not world.alarm.waits or world.alarm.ended_rounds > MOST_ROUNDS + 1:
            return world
        world = commit(world, on_time(world.alarm, groups(world)))
    return world


@pytest.mark.parametrize("rungs", [RUNGS, TWO_OF_AN_AGENCY])
def test_every_state_is_taken_or_calls_somebody_and_none_is_lost(rungs) -> None:
    worlds = all_worlds(rungs)
    assert len(worlds) > 5_000, "the walk went somewhere"
    for world in worlds:
        alarm = world.alarm
        acknowledged = [c for c in alarm.calls if c.outcome == Outcome.ACKNOWLEDGED]
        # Nobody has it: then a timer runs. Somebody has it: then they said so and it is them.
        if alarm.state == AlarmState.CALLING:
            assert alarm.waits
            assert alarm.holder is None
        else:
            assert not alarm.waits
            assert alarm.holder in {c.account for c in acknowledged}
        # It is over only by somebody who was there, or by a person who called it off (not in this walk).
        assert alarm.state != AlarmState.CALLED_OFF
        # Nobody is called twice in one round.
        assert len({(c.account, c.round) for c in alarm.calls}) == len(alarm.calls)


@pytest.mark.parametrize("rungs", [RUNGS, TWO_OF_AN_AGENCY])
def test_left_alone_every_state_is_taken_or_reaches_the_leader_and_stays_open(rungs) -> None:
    for world in all_worlds(rungs):
        last = settles(world)
        if last.alarm.state == AlarmState.CALLING:
            assert last.told_leader, "the end of the chain was reached and told"
            assert last.alarm.waits == "again", "and everybody is called anew after a while"
            assert last.alarm.state not in OVER


def test_an_empty_chain_is_told_at_once_and_stays_open() -> None:
    move = on_time(Alarm(), ())
    assert move.at_end
    assert (move.alarm.waits, move.alarm.state) == ("again", AlarmState.CALLING)
    again = on_time(move.alarm, ())
    assert again.at_end
    assert again.alarm.round == 1


def test_calling_off_closes_every_call_and_late_answers_change_nothing() -> None:
    world = World(Alarm())
    for _ in range(3):
        world = commit(world, on_time(world.alarm, groups(world)))
    off = on_called_off(world.alarm)
    assert (off.alarm.state, off.alarm.waits) == (AlarmState.CALLED_OFF, "")
    assert set(off.close) == {c.id for c in world.alarm.calls}
    assert on_answer(off.alarm, PEOPLE[0], "acknowledged").alarm == off.alarm


def test_who_is_on_two_rungs_is_called_once_on_the_lower() -> None:
    a, b, c = PEOPLE[:3]
    found = chain(
        [
            Contact(a, RungKind.DUTY),
            Contact(b, RungKind.SUBSTITUTE),
            Contact(a, RungKind.AGENCY),
            Contact(b, RungKind.SHIFT_LEAD),
            Contact(c, RungKind.SHIFT_LEAD),
        ]
    )
    assert [[x.account for x in group] for group in found] == [[a], [b], [c]]


def test_who_is_out_comes_behind_the_rest_of_the_agency_and_before_the_shift_lead() -> None:
    a, b, c = PEOPLE[:3]
    groups = chain([Contact(a, RungKind.DUTY), Contact(b, RungKind.AGENCY), Contact(c, RungKind.SHIFT_LEAD)])
    assert [g[0].account for g in behind(groups, {a})] == [b, a, c]
    assert [g[0].account for g in behind(groups, {a, b})] == [a, b, c], "all out: as ever"
    assert [g[0].account for g in behind(groups, {c})] == [a, b, c], "leads lead from where they are"
