"""What queries and commands give back: where a process stands, what waits for whom, what is due and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.directory.terms import Text

from .definitions import Budget, FieldDef


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time that does not count. An open end: it still stands."""

    from_at: datetime
    to_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, given at an instant. Units: working days."""

    at: datetime
    days: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """One part of an explanation: a text's key and its values (instants and days are put in words by the reader)."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due and why then. `words_vi` and `words_en` say it in full sentences."""

    due_at: datetime | None
    started_at: datetime
    budget: Budget
    why: tuple[Why, ...]
    is_paused: bool
    words_vi: str
    words_en: str

    def words(self, language: str) -> str:
        """The explanation in a language."""
        return self.words_en if language[:2] == "en" else self.words_vi


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody may do now. `fields` describes what is required and what may come with it."""

    key: str
    name: Text
    to: str
    requires: tuple[str, ...]
    tone: str
    accepts: tuple[str, ...] = ()
    fields: tuple[FieldDef, ...] = ()
    effect: str = ""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """What waits for somebody: the main task of a process, or one agency's part of a consultation."""

    id: UUID
    instance: UUID
    of: Ref
    step: str
    name: Text
    role: str
    agency: str
    assignee: UUID | None
    due_at: datetime | None
    opened_at: datetime
    actions: tuple[Action, ...] = ()
    kind: str = "main"
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of waiting tasks, the most urgent first. `next` is a cursor, empty at the end."""

    tasks: tuple[OpenTask, ...]
    next: str


@dataclass(frozen=True, slots=True)
class DoneTask:
    """A step that was done: by whom, how, and in what time."""

    id: UUID
    step: str
    role: str
    agency: str
    assignee: UUID | None
    opened_at: datetime
    due_at: datetime | None
    done_at: datetime
    action: str
    done_by: str
    was_late: bool


@dataclass(frozen=True, slots=True)
class ConsultedAgency:
    """One agency's part of a consultation. The words of question and opinion belong to who asked: `question`, `answer` are ids."""

    id: UUID
    set_id: UUID
    agency: str
    join: str
    question: str
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None
    opinion: str
    answer: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a process stands after a command: what the owner of the matter writes into its own row.

    `due_at` is the deadline of the whole, None while its clock stands still (but the promised day of a commitment).
    `agency` is the lead agency, empty before one was given.
    """

    instance: UUID
    step: str
    agency: str
    assignee: UUID | None
    due_at: datetime | None
    status: str
    ended: bool
    outcome: str = ""
    task_due_at: datetime | None = None
    commit_until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a message about a process says: the thing, the present step in words, when that and the whole are due.

    `kept`: the roles that alone may know of it; none where it is as usual.
    """

    of: Ref
    step: Text
    due_at: datetime | None
    whole_due_at: datetime | None
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DraftShown:
    """A definition that is being written: its tables, since which version, and when it goes in force by itself."""

    key: str
    base_n: int
    tables: Mapping[str, Any]
    edition: int
    changed_at: datetime
    changed_by: str
    publish_at: datetime | None
    remarks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationLine:
    """What becomes of the processes that stand at one step: where they go, how many, and why some cannot (text keys)."""

    step: str
    to: str
    n: int
    problem: str = ""
    hindered: int = 0


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The dry run of a migration: one line for each step where something stands; it may go ahead without problems."""

    key: str
    from_n: int
    to_n: int
    lines: tuple[MigrationLine, ...]

    @property
    def is_clear(self) -> bool:
        """Whether nothing stands in the way."""
        return not any(line.problem for line in self.lines)
