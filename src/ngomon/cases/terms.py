"""The words of cases that others may use.

report (phản ánh), signal (nguồn tin): anything that says something about the city; case (vụ việc): what the city does
about it; hand back (chuyển trả): not within competence; lead / coordinating agency (chủ trì / phối hợp); review before
publishing (kiểm tra trước khi công khai); commitment (cam kết thời hạn). Source: QĐ 30/2022/QĐ-UBND for the procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event

if TYPE_CHECKING:
    from ngomon.core.images import StoredPhoto

CASE = "case"
REPORTER = "reporter"
"""What the log calls whoever reported: no account, so that nobody can put one person's cases together."""


def picture_url(digest: str) -> str:
    """Where a picture or thumbnail is shown, for whoever may see it."""
    return f"/pictures/{digest}.jpg" if digest else ""


class Status(StrEnum):
    """What the public is told; the process step behind it is finer."""

    RECEIVED = "received"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    COMMITTED = "committed"
    RECORDED = "recorded"
    REJECTED = "rejected"
    MERGED = "merged"
    CLOSED = "closed"


OPEN = frozenset({Status.RECEIVED, Status.WAITING, Status.IN_PROGRESS, Status.COMMITTED})


class Rating(StrEnum):
    """Hài lòng / Chấp nhận / Không hài lòng."""

    SATISFIED = "satisfied"
    ACCEPTABLE = "acceptable"
    DISSATISFIED = "dissatisfied"


CONTENT = frozenset({Rating.SATISFIED, Rating.ACCEPTABLE})
"""Ratings that count as content: "from acceptable upwards", as the city publishes it."""


class EntryKind(StrEnum):
    """What was written into a case."""

    QUESTION = "question"
    REPLY = "reply"
    REASON = "reason"
    WHY_HERE = "why_here"
    ANSWER = "answer"
    RETURNED = "returned"
    NOTE = "note"
    OBJECTION = "objection"
    APPEAL = "appeal"
    RATING = "rating"
    REQUEST = "request"
    OPINION = "opinion"


REPORTERS_KINDS = frozenset({EntryKind.REPLY, EntryKind.RATING, EntryKind.OBJECTION, EntryKind.APPEAL})
"""What a reporter writes."""


class Audience(StrEnum):
    """Who may read an entry or see a photo."""

    PUBLIC = "public"
    REPORTER = "reporter"
    STAFF = "staff"
    IOC = "ioc"


@dataclass(frozen=True, slots=True)
class Contact:
    """How a reporter without account wants to hear of the case. Any part may be empty."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """A report as it comes in by any door. `claim_code`: what the door already holds for a reporter without account.

    Units: lon and lat are WGS 84 degrees. `external_id` with `source` makes a repeat safe. `on_behalf`: an officer writes
    down what somebody else says, so the officer's account is not the reporter.
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a reporter gets: the number, what happens next, by whom, by when and why then."""

    case_id: UUID
    number: str
    is_new: bool
    category: str
    agency: str
    acknowledged_by_at: datetime
    due_at: datetime | None
    claim_code: str
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the desk proposes and why, in words that a text key and its values give."""

    key: str
    score: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may speak of the same thing. Units: metres, hours."""

    case_id: UUID
    number: str
    text: str
    category: str
    status: str
    distance_m: float
    age_h: float
    score: float
    shared_words: tuple[str, ...]
    thumbnail: str
    reports: int


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


@event("cases.signal_received")
class SignalReceived(Event):
    """A report, call or message came in and was written down."""

    case_id: str
    signal_id: str
    source: str
    is_first: bool


@event("cases.case_opened")
class CaseOpened(Event):
    """A case was opened for a signal."""

    case_id: str
    number: str
    category: str
    area: str
    group: str
    source: str


@event("cases.category_changed")
class CategoryChanged(Event):
    """An officer corrected what the case is about."""

    case_id: str
    was: str
    now: str


@event("cases.merged")
class CaseMerged(Event):
    """The case was found to speak of the same thing as another and its reports were gathered there."""

    case_id: str
    into: str


@event("cases.unmerged")
class CaseUnmerged(Event):
    """A gathering was undone."""

    case_id: str
    out_of: str


@event("cases.followed")
class CaseFollowed(Event):
    """Somebody said: it is this one, tell me too."""

    case_id: str


@event("cases.rated")
class CaseRated(Event):
    """The reporter rated the answer."""

    case_id: str
    rating: str


@event("cases.erased")
class ContentErased(Event):
    """The words and pictures of one who reported were erased at their wish; the proofs of this history stay valid."""

    case_id: str
    signals: int
    entries: int
    pictures: int


@event("cases.picture_covered")
class PictureCovered(Event):
    """An editor decided what of a picture is made unrecognisable."""

    case_id: str
    picture: str
    covered: int
    left: int


@event("cases.answer_checked")
class AnswerChecked(Event):
    """What the editor ticked before publishing, and what did not apply: keys of the process's checklist."""

    case_id: str
    done: str
    not_applicable: str


@event("cases.words_hidden")
class WordsHidden(Event):
    """An editor decided which words of a report nobody else reads; how many parts."""

    case_id: str
    parts: int


@event("cases.project_recorded")
class ProjectRecorded(Event):
    """The matter waits for a project; the quarter it is expected in."""

    case_id: str
    agency: str
    quarter: str


@event("cases.project_reviewed")
class ProjectReviewed(Event):
    """The agency was asked again how the project stands."""

    case_id: str
    agency: str


@event("cases.committed")
class CommitmentMade(Event):
    """The agency gave a date by which it will be done; on that day the case opens again by itself."""

    case_id: str
    agency: str
    until: str


@event("cases.moved")
class CaseMoved(Event):
    """An action took the case from one step of its process to another. `entry` names the text that came with it."""

    case_id: str
    action: str
    step: str
    status: str
    agency: str
    entry: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise with a date. Source: domain rule "cam kết thời hạn"."""

    until_on: date
    text: str
