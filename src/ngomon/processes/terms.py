"""The words of processes: what a definition may say, what runs, what is due, and what happened.

process (quy trình), step (bước), task (việc phải làm ở một bước), lead / coordinating agency (chủ trì / phối hợp),
consultation (lấy ý kiến), extension (gia hạn), escalation (báo lên cấp trên), commitment (cam kết thời hạn).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event
from ngomon.directory.terms import Text

PROCESS = "process"
REPORTER = "reporter"
"""The role of whoever brought the matter in. Who that is, the room that owns the matter knows and vouches for."""


class StepKind(StrEnum):
    """task: somebody has to act; wait: for an answer or a date; end: nothing more to do."""

    TASK = "task"
    WAIT = "wait"
    END = "end"


class Holder(StrEnum):
    """With whom a step lies: the operations centre, the lead agency, one officer of it, or the reporter."""

    IOC = "ioc"
    AGENCY = "agency"
    ASSIGNEE = "assignee"
    REPORTER = "reporter"


class Clock(StrEnum):
    """What a step does to the clock of the whole: it runs, it stands still, or its duty is done."""

    RUNS = "runs"
    PAUSES = "pauses"
    STOPS = "stops"


class Join(StrEnum):
    """When a consultation of several agencies is settled: all have answered, any one agrees, or the first has answered."""

    ALL = "all"
    ANY = "any"
    FIRST = "first"


class Opinion(StrEnum):
    """What a consulted agency says. Silence is consent at the consultation's date."""

    AGREES = "agrees"
    OBJECTS = "objects"
    SILENT = "silent"


class Effect(StrEnum):
    """What an action does beside moving on: ends by a promise with a date, or gives more time."""

    COMMIT = "commit"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much time there is. Units: `days` working days, `hours` working hours, `minutes` by the clock on the wall."""

    unit: str
    n: float

    @classmethod
    def days(cls, n: int) -> Budget:
        """So many working days; the last one until the end of office hours."""
        return cls("days", n)

    @classmethod
    def hours(cls, n: float) -> Budget:
        """So many hours of working time."""
        return cls("hours", n)

    @classmethod
    def minutes(cls, n: float) -> Budget:
        """So many minutes by the clock on the wall, day and night."""
        return cls("minutes", n)


@dataclass(frozen=True, slots=True)
class StepBudget:
    """The time of one step: a budget of its own, a share of the whole, or what is left of the whole."""

    own: Budget | None = None
    share: float = 0.0
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A field that an action may ask for. Kinds: text, choice, agency, account, date, days, photos."""

    key: str
    name: Text
    kind: str = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionDef:
    """One way out of a step."""

    key: str
    name: Text
    to: str
    roles: tuple[str, ...]
    requires: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    tone: str = "plain"
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    effect: str = ""
    leaves_agency: bool = False
    joins: bool = False
    bars_holder: bool = False
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """What a step is under a condition: passed over, or open to more roles (a small commune merges its steps)."""

    when: Mapping[str, tuple[str, ...]]
    skip_to: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lapse:
    """What happens by itself when nobody answers: after a time, or on the day that was promised."""

    action: str
    after: Budget | None = None
    on_commitment: bool = False


@dataclass(frozen=True, slots=True)
class StepDef:
    """One step of a process. `status` is the word that the public is told."""

    key: str
    name: Text
    kind: str
    status: str
    roles: tuple[str, ...] = ()
    holder: str = ""
    budget: StepBudget | None = None
    clock: str = Clock.RUNS
    lapse: Lapse | None = None
    variants: tuple[Variant, ...] = ()
    consults: bool = False
    outcome: str = ""
    actions: tuple[ActionDef, ...] = ()

    def action(self, key: str) -> ActionDef | None:
        """The action of this name."""
        return next((a for a in self.actions if a.key == key), None)


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder: at a share of the time, or so much after it ended, somebody is told."""

    kind: str
    to: str
    share: float = 1.0
    after: Budget | None = None


@dataclass(frozen=True)
class Definition:
    """A process as data, in one of its versions. Running instances keep theirs."""

    key: str
    n: int
    name: Text
    group: str
    start: str
    steps: Mapping[str, StepDef]
    fields: Mapping[str, FieldDef]
    ladder: tuple[Rung, ...]
    max_extensions: int = 2
    max_extension_days: int = 10
    notes: str = ""

    @property
    def first(self) -> StepDef:
        """Where it starts."""
        return self.steps[self.start]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a definition cannot be used: where, which rule (a text's key), and the text's values."""

    where: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


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
    """What a message about a process says: the thing, the present step in words, when it is due."""

    of: Ref
    step: Text
    due_at: datetime | None


@event("processes.definition_published")
class DefinitionPublished(Event):
    """A new version of a definition is in force for what starts from now on."""

    definition: str
    n: int
    hash: str


@event("processes.started")
class ProcessStarted(Event):
    """A process began for a thing of another room. The budget is in its own unit."""

    instance: str
    of_kind: str
    of_key: str
    definition: str
    n: int
    budget_unit: str = ""
    budget_n: float = 0


@event("processes.task_opened")
class TaskOpened(Event):
    """A step was entered: this role in this agency now has something to do."""

    instance: str
    of_kind: str
    of_key: str
    task: str
    step: str
    role: str
    agency: str
    assignee: str = ""
    clock: str = Clock.RUNS


@event("processes.task_done")
class TaskDone(Event):
    """A step was left by an action, towards another."""

    instance: str
    of_kind: str
    of_key: str
    task: str
    step: str
    action: str
    to: str


@event("processes.task_assigned")
class TaskAssigned(Event):
    """The open task was given to one officer, or taken from one (empty)."""

    instance: str
    of_kind: str
    of_key: str
    task: str
    account: str


@event("processes.consultation_asked")
class ConsultationAsked(Event):
    """An agency was asked for its opinion, until an instant; silence then is consent."""

    instance: str
    of_kind: str
    of_key: str
    consultation: str
    set_id: str
    agency: str
    join: str
    due: str


@event("processes.consultation_answered")
class ConsultationAnswered(Event):
    """A consulted agency answered."""

    instance: str
    of_kind: str
    of_key: str
    consultation: str
    set_id: str
    agency: str
    opinion: str
    is_settled: bool


@event("processes.consultation_lapsed")
class ConsultationLapsed(Event):
    """A consulted agency said nothing until the date (silence is consent), or its opinion is no longer needed."""

    instance: str
    of_kind: str
    of_key: str
    consultation: str
    set_id: str
    agency: str
    is_settled: bool


@event("processes.clock_paused")
class ClockPaused(Event):
    """The clock of the whole stands still. `reason` is a code."""

    instance: str
    of_kind: str
    of_key: str
    reason: str


@event("processes.clock_resumed")
class ClockResumed(Event):
    """The clock of the whole runs again."""

    instance: str
    of_kind: str
    of_key: str
    reason: str


@event("processes.clock_extended")
class ClockExtended(Event):
    """More working days were given. `reason` is a code or the id of the words."""

    instance: str
    of_kind: str
    of_key: str
    reason: str
    days: int


@event("processes.clock_moved")
class ClockMoved(Event):
    """A due time changed because the calendar did (ISO instants)."""

    instance: str
    of_kind: str
    of_key: str
    was: str
    now: str


@event("processes.reminder_due")
class ReminderDue(Event):
    """So many percent of a task's time have passed."""

    instance: str
    of_kind: str
    of_key: str
    task: str
    percent: int
    step: str = ""
    role: str = ""
    agency: str = ""
    assignee: str = ""


@event("processes.task_overdue")
class TaskOverdue(Event):
    """The time of a task, or of the whole (`is_whole`), has passed."""

    instance: str
    of_kind: str
    of_key: str
    task: str
    step: str = ""
    role: str = ""
    agency: str = ""
    assignee: str = ""
    is_whole: bool = False


@event("processes.escalated")
class Escalated(Event):
    """Somebody above was told: the rung's role, or the next one above it that somebody holds."""

    instance: str
    of_kind: str
    of_key: str
    to_role: str
    agency: str
    task: str = ""
    step: str = ""
    why: str = "overdue"


@event("processes.committed")
class Committed(Event):
    """The matter rests on a promise until a day (ISO)."""

    instance: str
    of_kind: str
    of_key: str
    until: str


@event("processes.commitment_due")
class CommitmentDue(Event):
    """The promised day has come: the matter opens again by itself."""

    instance: str
    of_kind: str
    of_key: str


@event("processes.work_moved")
class WorkMoved(Event):
    """An agency's open work went to its successor."""

    instance: str
    of_kind: str
    of_key: str
    agency: str
    successor: str


@event("processes.reopened")
class ProcessReopened(Event):
    """An ended or answered matter runs again, with its whole budget from now."""

    instance: str
    of_kind: str
    of_key: str
    step: str


@event("processes.ended")
class ProcessEnded(Event):
    """Nothing more to do. `outcome` is the definition's word."""

    instance: str
    of_kind: str
    of_key: str
    outcome: str
