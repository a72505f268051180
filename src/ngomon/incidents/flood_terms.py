"""The words of the flood room: households to move (hộ phải di dời), ticks (đánh dấu), rescue and relief tickets (phiếu cứu
nạn, cứu hộ; phiếu cứu trợ), and the teams that claim them. Part of `terms`. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ngomon.core.terms import Event, event

HOUSEHOLD = "household"
TICKET = "ticket"


class Moved(StrEnum):
    """What became of a household: it was moved, refused, nobody was there, it came home again."""

    MOVED = "moved"
    REFUSED = "refused"
    ABSENT = "absent"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class TickSaid:
    """One tick: what was seen, by whom, when; when it reached us; as of when the list was read off which it was made."""

    state: str
    by: str
    at: datetime
    written_at: datetime
    seen_at: datetime


class TicketKind(StrEnum):
    """Rescue (cứu nạn, cứu hộ) is for people in danger; relief (cứu trợ) for those who need food, water, medicine."""

    RESCUE = "rescue"
    RELIEF = "relief"


class TicketState(StrEnum):
    """open → claimed → done; a claim can be given back; withdrawn: not needed any more."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Hamlet:
    """A thôn or tổ dân phố at an alarm: households and people that are to move, and what became of them."""

    area: str
    name: str
    households: int
    people: int
    vulnerable: int
    moved: int
    refused: int
    absent: int
    returned: int
    disputed: int = 0

    @property
    def left(self) -> int:
        """Households of which nobody knows yet."""
        return self.households - self.moved - self.refused - self.absent - self.returned


@dataclass(frozen=True, slots=True)
class HouseholdLine:
    """A household as those who move it see it; name, telephone and address were opened for that and written down.
    `others`: ticks that say otherwise, which whoever made the standing one did not know.
    """

    id: UUID
    area: str
    hamlet: str
    alarm: int
    people: int
    elderly: int
    children: int
    disabled: int
    head: str
    phone: str
    address: str
    note: str
    state: str
    state_at: datetime | None
    state_by: str = ""
    others: tuple[TickSaid, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket. `name` and `phone` are filled for whoever claimed it, and for the command post on request."""

    id: UUID
    n: int
    room: UUID
    kind: str
    state: str
    place: str
    lon: float | None
    lat: float | None
    people: int
    vulnerable: int
    words: str
    reports: int
    source: str
    opened_at: datetime
    claimed_by: UUID | None
    team: str
    claimed_at: datetime | None
    done_at: datetime | None
    outcome: str
    name: str = ""
    phone: str = ""
    is_exercise: bool = False


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What came of a list: new tickets, calls that were known (same source and key), calls for a house that has a ticket."""

    new: int
    known: int
    same: int


@event("incidents.household_ticked")
class HouseholdTicked(Event):
    """Somebody said what became of a household."""

    incident: str
    household: str
    state: str
    happened: str


@event("incidents.ticket_opened")
class TicketOpened(Event):
    """Somebody needs rescue or relief."""

    incident: str
    ticket: str
    sort: str


@event("incidents.ticket_moved")
class TicketMoved(Event):
    """A ticket was claimed, given back, done or withdrawn."""

    incident: str
    ticket: str
    state: str
