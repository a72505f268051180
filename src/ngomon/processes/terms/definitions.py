"""What a definition may say: steps, actions, the time of each, who hears when it runs out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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
    """What an action does beside moving on: ends by a promise with a date, gives more time, or waits for a project."""

    COMMIT = "commit"
    EXTEND = "extend"
    RECORD = "record"


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
class Check:
    """What whoever takes an action has to have looked at; asked only where `when` holds."""

    key: str
    name: Text
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
    checks: tuple[Check, ...] = ()


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
class Move:
    """One move of a walk through a definition: at a step something is done (or lapses, or is asked, or is answered)."""

    kind: str
    step: str
    action: str = ""
    to: str = ""
    agency_size: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a definition cannot be used: where, which rule (a text's key), and the text's values.

    `path` is a walk from the start that shows it; `is_advice`: worth knowing, but it may be published all the same.
    """

    where: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[Move, ...] = ()
    is_advice: bool = False
