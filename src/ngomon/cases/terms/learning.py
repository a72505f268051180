"""Proposals, the models they learn by, and urgency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from ngomon.core.terms import Event, event


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the desk proposes and why: the words that say so. `is_sure`: well enough founded to be chosen beforehand."""

    key: str
    score: float
    because: tuple[str, ...]
    is_sure: bool = False


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


class UrgencyLevel(StrEnum):
    """How soon somebody should look: as usual; soon; urgently; danger to life."""

    CALM = "calm"
    SOON = "soon"
    URGENT = "urgent"
    DANGER = "danger"


SAID_BY_OFFICERS = (UrgencyLevel.URGENT, UrgencyLevel.SOON, UrgencyLevel.CALM)
"""What an officer may say of a case; danger to life has a door of its own."""


@dataclass(frozen=True, slots=True)
class UrgencyReason:
    """Why: a code (`officer`, `danger`, `harm`, `people`, `asset`, `instant`, `crowd`, `night`, `told`, `sensor`), words, or a number."""

    code: str
    because: tuple[str, ...] = ()
    n: int = 0


@dataclass(frozen=True, slots=True)
class Urgency:
    """A level with its points and reasons, the weightiest reason first."""

    level: UrgencyLevel
    points: int
    reasons: tuple[UrgencyReason, ...] = ()
