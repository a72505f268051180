"""The words of cases that others may use.

report (phản ánh), signal (nguồn tin): anything that says something about the city; case (vụ việc): what the city does
about it; hand back (chuyển trả): not within competence; lead / coordinating agency (chủ trì / phối hợp); review before
publishing (kiểm tra trước khi công khai); commitment (cam kết thời hạn). Source: QĐ 30/2022/QĐ-UBND for the procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event

if TYPE_CHECKING:
    from ngomon.core.images import StoredPhoto

CASE = "case"
QUESTION = "question"
"""What an answered question is found as; while it is open it is a case like others."""
LEARNED_MODEL = "learned_model"
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
    GUIDED = "guided"
    MERGED = "merged"
    CLOSED = "closed"


OPEN = frozenset({Status.RECEIVED, Status.WAITING, Status.IN_PROGRESS, Status.COMMITTED})


class CaseKind(StrEnum):
    """What was sent: phản ánh; báo nguy hiểm đến tính mạng (before any form is finished); câu hỏi (hỏi đáp)."""

    REPORT = "report"
    DANGER = "danger"
    QUESTION = "question"


class Joined(StrEnum):
    """How a report came into a case that was there already: the reporter pointed at it, or it was linked by itself."""

    CHOSEN = "chosen"
    AUTOMATIC = "auto"


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


class PlaceSource(StrEnum):
    """What told the place: the device or a photo, a pin on the map, words, or the plate of an asset."""

    GPS = "gps"
    MAP = "map"
    WORDS = "words"
    ASSET = "asset"


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
class Proposal:
    """What the desk proposes and why: the words that say so. `is_sure`: well enough founded to be chosen beforehand."""

    key: str
    score: float
    because: tuple[str, ...]
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may speak of the same thing. Units: metres, hours; lon and lat WGS 84; score and share 0 to 1 (see `rules.same`).

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
    cases that may be the same, as officers may see them.
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


@event("cases.linked")
class SignalLinked(Event):
    """A report was linked to an open case by itself, with this score. The reporter may say that it is another thing."""

    case_id: str
    signal_id: str
    score: str


@event("cases.split")
class SignalSplit(Event):
    """A report was taken out of a case and became a case of its own."""

    case_id: str
    signal_id: str
    into: str


@event("cases.child_linked")
class ChildLinked(Event):
    """Another case became a part of this one."""

    case_id: str
    child: str


@event("cases.child_unlinked")
class ChildUnlinked(Event):
    """Another case is no longer a part of this one."""

    case_id: str
    child: str


@event("cases.child_moved")
class ChildMoved(Event):
    """A part of this case was closed, or opened again."""

    case_id: str
    child: str
    is_open: bool


@event("cases.recurred")
class CaseRecurred(Event):
    """The case is a repeat of one that was closed."""

    case_id: str
    of: str
    score: str


@event("cases.kept_apart")
class CasesKeptApart(Event):
    """Somebody looked and said that two cases are not the same thing."""

    case_id: str
    other: str


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


@event("cases.secrecy_lifted")
class SecrecyLifted(Event):
    """The duty shift found that a case is no denunciation after all: others may see it again."""

    case_id: str


@event("cases.added_to")
class ReportAddedTo(Event):
    """Who reported danger said more: words, the place, pictures."""

    case_id: str
    signal_id: str


@event("cases.erased")
class ContentErased(Event):
    """The words and pictures of one who reported were erased at their wish; the proofs of this history stay valid."""

    case_id: str
    signals: int
    entries: int
    pictures: int


REDACT_GROUNDS = ("personal", "other_person", "dignity", "secret", "order")
"""Why something is taken out: personal data; somebody else's; honour and dignity; a secret; an authority's order."""


@event("cases.redacted")
class ContentRedacted(Event):
    """Passages of a text, or a picture, were taken out for good; the event commits to what is left of the text.

    `what` is signal, entry, case or picture, `ground` one of `REDACT_GROUNDS`.
    """

    case_id: str
    what: str
    id: str
    ground: str


@event("cases.expired")
class ContentExpired(Event):
    """The period for keeping a kind of personal data of this case was over (`what`: see core's retention)."""

    case_id: str
    what: str


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


# --- proposals that learn --------------------------------------------------------------------------------------------

CATEGORY_MODEL = "category"
"""The kind of model that proposes what a report is about."""
TRAINING_ENDS_WITHIN = timedelta(hours=2)
"""A training that was asked for longer ago was interrupted."""


class ModelState(StrEnum):
    """Asked for; trained and let through by the gate, or held back; in use; formerly in use; training failed."""

    ASKED = "asked"
    CANDIDATE = "candidate"
    REFUSED = "refused"
    LIVE = "live"
    RETIRED = "retired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelShown:
    """A model as administration sees it. `figures`: by whom (`candidate`, `live`, `rules`) and the gate's findings."""

    id: UUID
    number: int
    state: str
    asked_at: datetime
    trained_at: datetime | None
    live_at: datetime | None
    rows: int
    digest: str
    figures: Mapping[str, Any]
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Correction:
    """How often something was proposed and an officer chose this. The base: all cases decided so far."""

    proposed: str
    chosen: str
    n: int


@dataclass(frozen=True, slots=True)
class AgencyProposal:
    """Which agency is proposed and why: by the routing table, or because officers have been sending such cases there.

    `times` of `of`: how many of the newest like cases went there; both 0 where the table decides.
    """

    agency: str
    why: Mapping[str, str]
    by_table: str
    times: int = 0
    of: int = 0


@event("cases.training_asked")
class TrainingAsked(Event):
    """A new model was asked for, by a person or by the weekly duty."""

    model_id: str
    of_what: str


@event("cases.model_trained")
class ModelTrained(Event):
    """A model was trained and went through the gate, or did not."""

    model_id: str
    state: str


@event("cases.model_put_live")
class ModelPutLive(Event):
    """A model proposes from now on."""

    model_id: str
    number: int


@event("cases.model_retired")
class ModelRetired(Event):
    """A model proposes no longer; what stood before it, or the rules alone, does."""

    model_id: str
    number: int


# --- urgency -----------------------------------------------------------------------------------------------------------


class UrgencyLevel(StrEnum):
    """How soon somebody should look: as usual; soon; urgently; danger to life."""

    CALM = "calm"
    SOON = "soon"
    URGENT = "urgent"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class UrgencyReason:
    """Why: a code (`danger`, `harm`, `people`, `asset`, `instant`, `crowd`, `night`), the words said, or a number."""

    code: str
    because: tuple[str, ...] = ()
    n: int = 0


@dataclass(frozen=True, slots=True)
class Urgency:
    """A level with its points and reasons, the weightiest reason first."""

    level: UrgencyLevel
    points: int
    reasons: tuple[UrgencyReason, ...] = ()


# What an action of the process means to a reporter. Others are the offices' own business.
MESSAGES: Mapping[str, str] = {
    "accept": "acknowledged",
    "route": "routed",
    "ask": "asked",
    "publish": "answered",
    "reject": "rejected",
    "refer": "rejected",
    "guide": "guided",
    "object": "reopened",
    "overturn": "reopened",
    "promise_due": "reopened",
}
