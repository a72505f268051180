"""What happens to processes, as the log tells it. Bodies hold ids, codes and times only."""

from __future__ import annotations

from ngomon.core.terms import Event, event

from .definitions import Clock


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


@event("processes.migrated")
class Migrated(Event):
    """A running process goes on by another version of its definition; `step` is where it stands in that one."""

    instance: str
    of_kind: str
    of_key: str
    from_n: int
    to_n: int
    step: str


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


@event("processes.restored")
class Restored(Event):
    """An action was undone: the process stands again exactly where it stood before."""

    instance: str
    of_kind: str
    of_key: str
    step: str


@event("processes.handed_over")
class HandedOver(Event):
    """Open work went from one officer to another, or from one agency to another (empty: not changed)."""

    instance: str
    of_kind: str
    of_key: str
    account: str
    agency: str
