"""Whom a case is proposed to, how many are shared out, and how the work of an agency is evened out. Pure.

Each candidate costs what he has in hand, in average cases, and up to `SKILL` cases more for what he never did. Who is away
now stands behind everybody who is there; an absence to come costs by the share of the time that it takes. Among equals the
one who was given something longest ago is first, so that equal officers take turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID

from ..workload_terms import Away, Because, Candidate, Hand, Matter, Move, Proposed, Record

LATE, SOON, LATER = 2.0, 1.5, 1.0
"""How much a matter weighs: overdue, due within three working days, later. Source: the desk's own rule; docs/how-to/workload.md."""
SKILL = 3.0
"""How many average cases more somebody who knows the category may have in hand than one who never did any."""
AWAY = 4.0
"""What an absence over the whole of the time costs, in average cases."""
EASIEST, HARDEST = 0.5, 3.0
"""A category weighs no less and no more than this, whatever its history."""
LEAST_HISTORY = 5
"""Answers of a category below which nothing is said of how much work it makes."""
NEVER = datetime(1, 1, 1, tzinfo=UTC)
EXPECTED = timedelta(days=3)
"""How long a matter without a time of its own is expected to take."""


def difficulties(hours: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """How much work a case of each category is beside the middle of all, by the median time it took. Units: hours."""
    medians = {key: median(took) for key, took in hours.items() if len(took) >= LEAST_HISTORY}
    middle = median(medians.values()) if medians else 0.0
    if middle <= 0:
        return dict.fromkeys(medians, 1.0)
    return {key: min(HARDEST, max(EASIEST, took / middle)) for key, took in medians.items()}


def weight_of(n: int, late: int, soon: int, difficulty: float = 1.0) -> float:
    """What so many matters of one category weigh: `late` and `soon` of them are overdue and due soon."""
    return difficulty * (LATE * late + SOON * soon + LATER * max(0, n - late - soon))


def skill(record: Record, *, is_field: bool) -> float:
    """How well somebody knows a category, 0 to 1: by how much he did in time and how little came back.

    Little history says little: two answers, one of them late, are assumed of everybody beforehand.
    """
    good = max(0, record.on_time - record.came_back)
    known = (good + 1) / (record.done + 2)
    used = record.done / (record.done + 4)
    return min(1.0, known * used + (0.25 if is_field else 0.0))


def away_at(away: Iterable[Away], at: datetime) -> Away | None:
    """The absence in force at an instant."""
    return next((one for one in away if one.from_at <= at < one.to_at), None)


def away_share(away: Iterable[Away], at: datetime, until: datetime) -> float:
    """The share of the time to an instant that somebody is away, 0 to 1."""
    whole = (until - at).total_seconds()
    if whole <= 0:
        return 0.0
    lost = sum(max(0.0, (min(one.to_at, until) - max(one.from_at, at)).total_seconds()) for one in away)
    return min(1.0, lost / whole)


def _until(matter: Matter, at: datetime) -> datetime:
    return matter.due_at if matter.due_at is not None and matter.due_at > at else at + EXPECTED


def _is_field(one: Candidate, matter: Matter) -> bool:
    return matter.category in one.fields or (bool(matter.area) and matter.area in one.areas)


def cost(one: Candidate, matter: Matter, at: datetime) -> float:
    """What it costs to give a matter to somebody, in average cases; less is better."""
    record = one.records.get(matter.category, Record())
    unknown = SKILL * (1 - skill(record, is_field=_is_field(one, matter)))
    return one.hand.weight + unknown + AWAY * away_share(one.away, at, _until(matter, at))


def _key(one: Candidate, matter: Matter, at: datetime) -> tuple[bool, bool, float, datetime, str]:
    is_away = away_at(one.away, at) is not None
    given = one.hand.given_at or NEVER
    return (not one.may_take, is_away, round(cost(one, matter, at), 6), given, str(one.account))


def ranked(candidates: Iterable[Candidate], matter: Matter, at: datetime) -> list[Proposed]:
    """The candidates, the best first, each with its reasons. Once: the order of the candidates given does not matter."""
    known = list(candidates)
    least = min((one.hand.weight for one in known if one.may_take), default=0.0)
    return [
        Proposed(
            one,
            cost(one, matter, at),
            away_at(one.away, at) is not None,
            tuple(_reasons(one, matter, at, is_least=len(known) > 1 and one.hand.weight <= least)),
        )
        for one in sorted(known, key=lambda one: _key(one, matter, at))
    ]


def _reasons(one: Candidate, matter: Matter, at: datetime, *, is_least: bool) -> Iterable[Because]:
    yield Because("hand" if one.hand.n else "free", n=one.hand.n, counts=True)
    if is_least:
        yield Because("least")
    if one.hand.late:
        yield Because("late", n=one.hand.late, counts=True)
    record = one.records.get(matter.category, Record())
    if record.done:
        is_all = record.on_time == record.done
        yield Because("knows")
        yield Because("did_in_time" if is_all else "did", n=record.done, m=record.on_time, counts=True)
    else:
        yield Because("new")
    if record.came_back:
        yield Because("came_back", n=record.came_back, counts=True)
    if _is_field(one, matter):
        yield Because("area" if matter.area in one.areas and matter.area else "field")
    if one.stands_in_for:
        yield Because("stands_in", name=one.stands_in_for)
    yield from _absence(one, matter, at)


def _absence(one: Candidate, matter: Matter, at: datetime) -> Iterable[Because]:
    now = away_at(one.away, at)
    if now is not None:
        yield Because("away_until", at=now.to_at)
        return
    coming = [away for away in one.away if at < away.from_at < _until(matter, at)]
    if coming:
        yield Because("away_from", at=min(away.from_at for away in coming))


def with_more(one: Candidate, weight: float, at: datetime) -> Candidate:
    """Somebody as he would be with one matter more in hand, given then."""
    hand = one.hand
    return replace(
        one,
        hand=Hand(hand.n + 1, hand.late, hand.soon, hand.weight + weight, max(at, hand.given_at or NEVER)),
    )


def shared(matters: Sequence[Matter], candidates: Iterable[Candidate], at: datetime) -> dict[str, UUID]:
    """Each matter's officer when many are shared out in this order: who is best for it, with what he was given before.

    Nobody who may not take; empty where nobody may.
    """
    there = {one.account: one for one in candidates if one.may_take}
    given: dict[str, UUID] = {}
    for n, matter in enumerate(matters if there else ()):
        best = min(there.values(), key=lambda one: _key(one, matter, at))
        given[matter.key] = best.account
        # Each turn counts as a little later than the one before, so that equals take turns.
        there[best.account] = with_more(best, matter.weight, at + timedelta(microseconds=n))
    return given


def evened(loads: Mapping[UUID, int], takers: Iterable[UUID]) -> list[Move]:
    """Moves after which no taker has two matters less than anybody whose work can be moved: one by one from most to least.

    `loads`: what each has that can be moved; `takers`: who is there to take. Largest to smallest; what is even stays.
    """
    there = sorted({key for key in takers if key in loads}, key=str)
    now = dict(loads)
    moved: dict[tuple[UUID, UUID], int] = {}
    while there:
        giver = max(sorted(now, key=str), key=lambda key: now[key])
        taker = min(there, key=lambda key: now[key])
        if now[giver] - now[taker] < 2:
            break
        now[giver] -= 1
        now[taker] += 1
        moved[giver, taker] = moved.get((giver, taker), 0) + 1
    return [Move(giver, taker, n) for (giver, taker), n in sorted(moved.items(), key=lambda row: -row[1])]
