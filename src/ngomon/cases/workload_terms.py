"""The words of workload: what an officer has in hand, what he did before, when he is away, and who is proposed for a case.

No more than the work itself is looked at: how many matters, how late, of which category, in time or not. No figure speaks
of a citizen, and none of an officer outside his agency's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Hand:
    """What somebody has in hand now. `weight` is its sum in average cases; `given_at`: when he was given something last."""

    n: int = 0
    late: int = 0
    soon: int = 0
    weight: float = 0.0
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What somebody did of one category: how many, how many of them in time, how many came back as not solved."""

    done: int = 0
    on_time: int = 0
    came_back: int = 0


@dataclass(frozen=True, slots=True)
class Away:
    """An absence: from the first instant to that of the return."""

    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a case could be given to. `records` by category; `areas`: of his posts, empty for the whole agency;
    `fields`: categories that the name of his post speaks of; `stands_in_for`: the absent colleague's name.
    """

    account: UUID
    name: str
    hand: Hand = Hand()
    records: Mapping[str, Record] = field(default_factory=dict)
    areas: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    away: tuple[Away, ...] = ()
    stands_in_for: str = ""
    may_take: bool = True


@dataclass(frozen=True, slots=True)
class Matter:
    """A case that somebody is looked for. `weight`: how much work, in average cases; `due_at`: until when it is expected."""

    key: str
    category: str
    area: str
    weight: float
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Because:
    """One reason in a proposal: a text's key behind `cases.workload.because.`, with its numbers or its instant."""

    code: str
    n: int = 0
    m: int = 0
    at: datetime | None = None
    name: str = ""
    counts: bool = False
    """Whether it tells a figure of the person, which only the head of the agency and those with the right see."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """One of the ranked proposals. `cost` is what it was ranked by: less is better."""

    candidate: Candidate
    cost: float
    is_away: bool
    reasons: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """So many matters go from one officer to another, to even out what they have in hand."""

    giver: UUID
    taker: UUID
    n: int


@dataclass(frozen=True, slots=True)
class OfficerLoad:
    """One officer in the balance view of an agency. `done`: answers within the last thirty days."""

    account: UUID
    name: str
    hand: Hand
    done: int
    away: tuple[Away, ...]
    substitute: str = ""
    has_post: bool = True


@dataclass(frozen=True, slots=True)
class AgencyLoad:
    """One agency in the balance view of the city. `stranded`: matters in the hand of somebody who holds no post there."""

    agency: str
    open: int
    late: int
    officers: int
    stranded: int
