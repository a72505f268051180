"""What goes into cases and what comes out: filings, receipts, lines of lists and the view of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ngomon.core.ids import Ref

from .words import CASE, CaseKind

if TYPE_CHECKING:
    from ngomon.core.images import StoredPhoto


@dataclass(frozen=True, slots=True)
class Contact:
    """How a reporter without account wants to hear of the case. Any part may be empty."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a report belongs: a point, how far off the truth may lie (None: as exact as a pin), and what told it.

    Shape: lon, lat in WGS 84. Units: metres.
    """

    lon: float
    lat: float
    radius_m: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A report as it comes in by any door. `claim_code`: what the door already holds for a reporter without account.

    Units: lon and lat are WGS 84 degrees; the place lies within `place_radius_m` metres (None: as exact as the pin), told by
    `place_source` (a `PlaceSource`; empty: not said). `external_id` with `source` makes a repeat safe. `on_behalf`: an
    officer writes down what somebody else says, so the officer's account is not the reporter. `has_place`: false where no
    point is known (danger reported by telephone number alone, a question). `agency`: whom a question is for.
    """

    text: str
    lon: float
    lat: float
    source: str = "page"
    external_id: str = ""
    category: str = ""
    place_words: str = ""
    language: str = "vi"
    contact: Contact = field(default_factory=Contact)
    photos: tuple[StoredPhoto, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    follows: UUID | None = None
    reported_at: datetime | None = None
    on_behalf: bool = False
    claim_code: str = ""
    kind: CaseKind = CaseKind.REPORT
    has_place: bool = True
    agency: str = ""
    place_radius_m: int | None = None
    place_source: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may speak of the same thing. Units: metres, hours; lon and lat WGS 84; score and share 0 to 1 (see
    `rules.same`).

    `because`: the reasons, each a text key and its values; `said_score`: the key that says the score in words.
    """

    case_id: UUID
    number: str
    text: str
    category: str
    status: str
    distance_m: float
    age_h: float
    score: float
    share: float
    overlap: float
    said_score: str
    shared_words: tuple[str, ...]
    because: tuple[tuple[str, Mapping[str, Any]], ...]
    thumbnail: str
    reports: int
    is_public: bool
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a reporter gets: the number, what happens next, by whom, by when and why then.

    `joined`: the report is in a case that was there already; `linked`: and it came there by itself. `similar`: other open
    cases that may be the same, as officers may see them. `taken_up_at`: when the desk opens, for what came before.
    """

    case_id: UUID
    number: str
    is_new: bool
    category: str
    agency: str
    acknowledged_by_at: datetime
    due_at: datetime | None
    claim_code: str
    joined: bool = False
    linked: bool = False
    similar: tuple[Candidate, ...] = ()
    taken_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One row of a list."""

    id: UUID
    number: str
    text: str
    category: str
    area: str
    agency: str
    step: str
    status: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    lon: float
    lat: float
    thumbnail: str
    reports: int
    rating: str
    place: str
    version: int
    holder: UUID | None
    queue_at: datetime
    kind: str = CaseKind.REPORT
    place_radius_m: int | None = None
    place_source: str = ""
    urgency: str = ""

    @property
    def ref(self) -> Ref:
        """How other rooms point at this case."""
        return Ref(CASE, str(self.id), self.number, f"/cases/{self.number}")


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of a list of cases. `next` and `previous` are cursors, empty at the ends; `total` counts all pages."""

    lines: tuple[CaseLine, ...]
    next: str
    previous: str
    total: int | None


@dataclass(frozen=True, slots=True)
class EntryView:
    """Something written into a case, as one reader may see it."""

    id: UUID
    kind: str
    text: str
    code: str
    agency: str
    at: datetime
    audience: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture of a case. `file` and `thumbnail` are content hashes; their addresses are made by the page."""

    id: UUID
    role: str
    file: str
    thumbnail: str
    width: int
    height: int
    is_public: bool
    entry_id: UUID | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A part of a picture with what an editor decided: `cover` or `keep`. Shape: shares of the picture's width and height."""

    kind: str
    left: float
    top: float
    width: float
    height: float
    by_hand: bool
    decision: str


@dataclass(frozen=True, slots=True)
class BoxView:
    """A part of a picture that may show somebody; `decision` is empty while nobody decided."""

    id: UUID
    kind: str
    left: float
    top: float
    width: float
    height: float
    by_hand: bool
    decision: str


@dataclass(frozen=True, slots=True)
class PictureToDecide:
    """A picture as an editor sees it: the first one by `whole`, what everybody sees by `file`."""

    id: UUID
    number: str
    role: str
    file: str
    thumbnail: str
    whole: str
    width: int
    height: int
    is_public: bool
    is_looked_at: bool
    boxes: tuple[BoxView, ...]

    @property
    def undecided(self) -> int:
        """How many parts wait for a decision."""
        return sum(not box.decision for box in self.boxes)


@dataclass(frozen=True, slots=True)
class SignalView:
    """A report behind a case. `text` is masked unless the reader is authorised IOC staff."""

    id: UUID
    source: str
    text: str
    received_at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything one reader may see of a case."""

    line: CaseLine
    entries: tuple[EntryView, ...]
    pictures: tuple[PictureView, ...]
    signals: tuple[SignalView, ...]
    outcome: str
    commit_until_on: date | None
    merged_into: str
    reopened: int
    answered_at: datetime | None
    exit: str = ""
    is_secret: bool = False
    group: str = "timed"


@dataclass(frozen=True, slots=True)
class AgencyStanding:
    """One line of the public overdue board. Counts say their base: all cases that the agency ever held."""

    agency: str
    open: int
    overdue: int
    closed: int
    on_time: int
    satisfied: int
    rated: int
    recorded: int = 0


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise with a date. Source: domain rule "cam kết thời hạn"."""

    until_on: date
    text: str
