"""What the log says happened to cases: ids, codes and times only."""

from __future__ import annotations

from ngomon.core.terms import Event, event


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


@event("cases.urgency_set")
class UrgencySet(Event):
    """An officer said how urgent a case is; empty: as its words say."""

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
