"""Directives (ý kiến chỉ đạo): what a leader tells an agency to do about any thing, by when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event

DIRECTIVE = "directive"
DIRECTIVE_PROCESS = "processes.directive"
MAX_WORDS = 4000


@event("processes.directive_given")
class DirectiveGiven(Event):
    """A leader gave a directive on a thing to an agency, or to one of its people (`officer`, an account)."""

    directive: str
    number: str
    of_kind: str
    of_key: str
    agency: str
    due: str
    officer: str = ""


@event("processes.directive_moved")
class DirectiveMoved(Event):
    """It was reported back, accepted, sent back or withdrawn."""

    directive: str
    number: str
    agency: str
    action: str
    step: str


@dataclass(frozen=True, slots=True)
class DirectiveLine:
    """A directive in a list. `of` is the thing it hangs on; `agency` has it now (a re-organisation moves it);
    `officer`: whom it was given to by name, or who took it over from him."""

    id: UUID
    number: str
    of: Ref
    words: str
    agency: str
    given_by: str
    given_at: datetime
    due_at: datetime
    step: str
    outcome: str
    closed_at: datetime | None
    officer: UUID | None = None

    @property
    def ref(self) -> Ref:
        """How others point at this directive."""
        return Ref(DIRECTIVE, str(self.id), self.number, f"/desk/directives/{self.number}")

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class DirectiveEntry:
    """One thing that was said about a directive: given, report, accept, return, withdraw. `by` is an account's id."""

    at: datetime
    action: str
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class DirectiveView:
    """A directive with its history."""

    line: DirectiveLine
    entries: tuple[DirectiveEntry, ...]
