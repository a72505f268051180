"""Decisions of the flood room: who is to move at an alarm, when two calls are for one house. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ngomon.core.geo import distance_m
from ngomon.core.text import words

from .flood_terms import TicketState, TickSaid

SAME_HOUSE_M = 40.0
"""Within this distance, and with words alike, two calls are for one house: what a phone's own position is worth in rain."""
SAME_PHONE_M = 150.0
"""One telephone may call for several houses of a family; within this distance it calls for one."""
ALIKE = 0.5
"""The share of the shorter call's words that must stand in the other."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call for help. `phone` is a keyed hash, empty where there is none."""

    phone: str
    lon: float | None
    lat: float | None
    said: str
    place: str


def is_to_move(household_alarm: int, alarm: int) -> bool:
    """Whether a household listed for an alarm is to move when the water is at another."""
    return 1 <= household_alarm <= alarm


def standing(ticks: Iterable[TickSaid]) -> tuple[TickSaid | None, tuple[TickSaid, ...]]:
    """The tick that counts, the last one seen whenever it was sent; and what others say otherwise that its author could not
    know, as it reached us after the list was read: the last word of each. Whoever ticks with both in sight settles it.
    """
    last: dict[str, TickSaid] = {}
    for tick in sorted(ticks, key=lambda t: (t.at, t.written_at)):
        last.pop(tick.by, None)
        last[tick.by] = tick
    if not last:
        return None, ()
    *others, counts = last.values()
    return counts, tuple(t for t in others if t.state != counts.state and t.written_at > counts.seen_at)


def alike(one: str, other: str) -> float:
    """Which share of the shorter text's words stands in the other; 0 for an empty one."""
    first, second = set(words(one)), set(words(other))
    shorter = min(len(first), len(second))
    return len(first & second) / shorter if shorter else 0.0


def _apart_m(a: Call, b: Call) -> float | None:
    if a.lon is None or a.lat is None or b.lon is None or b.lat is None:
        return None
    return distance_m((a.lon, a.lat), (b.lon, b.lat))


def is_same_house(a: Call, b: Call) -> bool:
    """Whether two calls are for one house: the same telephone close by (or with the same place in words), or a place close
    by with words alike, or the same place in words.
    """
    apart = _apart_m(a, b)
    is_phone = bool(a.phone) and a.phone == b.phone
    placed = alike(a.place, b.place) if a.place and b.place else 0.0
    if is_phone:
        return apart <= SAME_PHONE_M if apart is not None else placed >= ALIKE or not (a.place and b.place)
    if apart is not None:
        return apart <= SAME_HOUSE_M and max(placed, alike(a.said, b.said)) >= ALIKE
    return placed == 1.0 and len(words(a.place)) >= 3


def may_move(was: str, now: str) -> bool:
    """Whether a ticket may go from a state to another."""
    return (was, now) in {
        (TicketState.OPEN, TicketState.CLAIMED),
        (TicketState.CLAIMED, TicketState.OPEN),
        (TicketState.CLAIMED, TicketState.DONE),
        (TicketState.OPEN, TicketState.WITHDRAWN),
        (TicketState.CLAIMED, TicketState.WITHDRAWN),
    }
