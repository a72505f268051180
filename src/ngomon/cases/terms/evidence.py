"""Words of verification by corroboration (xác minh bằng đối chiếu nguồn tin): what speaks for a case besides its reporter.

evidence (bằng chứng); corroborate (đối chiếu, xác minh bằng bằng chứng); review of automatic verifications (soát xác minh tự động).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ngomon.core.terms import Event, event


class EvidenceKind(StrEnum):
    """What a piece of evidence is. The first four come from cases themselves, the others from sources of other rooms."""

    REPORT = "report"
    PICTURE = "picture"
    VERIFIED = "verified"
    DANGER = "danger"
    LEVEL = "level"
    SENSOR = "sensor"
    CAMERA = "camera"
    PRESS = "press"
    UNIT = "unit"


OF_CASES = frozenset({EvidenceKind.REPORT, EvidenceKind.PICTURE, EvidenceKind.VERIFIED, EvidenceKind.DANGER})
"""Kinds that no source of another room may claim: what people said is weighed by who they are, and cases alone know that."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that speaks for a case.

    `origins`: whom or what it comes from, as keys that mean nothing to a reader; two pieces that share one are not
    independent. `strength`: how surely it speaks of this very thing, 0 to 1. `words`: a text key and its values, where the
    kind alone does not say enough. `number`: the case it stands in, for whoever may see that. Units: metres and hours from
    the case; lon and lat WGS 84.
    """

    kind: EvidenceKind
    origins: frozenset[str]
    strength: float = 1.0
    distance_m: float | None = None
    hours: float | None = None
    words: tuple[str, Mapping[str, Any]] | None = None
    number: str = ""
    has_picture: bool = False
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """All that one independent origin says: its weightiest piece, how many there are, what they add alone (0 to 1)."""

    first: Piece
    n: int
    worth: float
    is_person: bool
    has_picture: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a case. `score`: 0 to 1, no probability; `people`: different people besides who reported it;
    `others`: independent origins besides the reporter; `left_out`: reports that count for nothing, as they may be the
    reporter's own or nobody knows whose. `groups`: the weightiest first. `reasons`: text keys and their values."""

    score: float = 0.0
    people: int = 0
    others: int = 0
    left_out: int = 0
    groups: tuple[Group, ...] = ()
    reasons: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def codes(self) -> str:
        """What it rests on, for the log: kinds and counts only, such as `picture:1 report:3`."""
        counts: dict[str, int] = {}
        for group in self.groups:
            counts[group.first.kind] = counts.get(group.first.kind, 0) + 1
        return " ".join(f"{kind}:{n}" for kind, n in sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class About:
    """The case that a source is asked about. Shape: lon, lat in WGS 84. Units: `uncertain_m`, how far off the place may be."""

    case_id: UUID
    category: str
    parent: str
    lon: float
    lat: float
    uncertain_m: float
    opened_at: datetime


Source = Callable[[About], Iterable[Piece]]
"""Something that watches the city and may speak for a case: see `cases.evidence.add_source`."""


@dataclass(frozen=True, slots=True)
class CorroborationView:
    """A verification by evidence as the desk shows it. `verdict`: right, wrong, or empty while nobody looked."""

    id: UUID
    case_id: UUID
    number: str
    text: str
    category: str
    score: float
    people: int
    codes: str
    is_automatic: bool
    at: datetime
    is_sampled: bool
    verdict: str
    judged_at: datetime | None
    judged_by: str
    reversed_at: datetime | None
    can_reverse: bool


@dataclass(frozen=True, slots=True)
class AutomaticFigures:
    """Automatic verifications of a category. Base of `wrong`: those that a person looked at (`looked_at`)."""

    category: str
    made: int = 0
    sampled: int = 0
    looked_at: int = 0
    wrong: int = 0
    reversed: int = 0
    stopped_at: datetime | None = None
    is_on: bool = False
    score: float = 0.0
    people: int = 0

    @property
    def wrong_pct(self) -> float | None:
        """Of those looked at, how many were wrong; None without a base."""
        return 100.0 * self.wrong / self.looked_at if self.looked_at else None


REVERSE_GROUNDS = ("other_thing", "same_person", "not_there", "other")
"""Why a verification is taken back: the evidence speaks of another thing; it is one person's; it is not there; else."""

RIGHT, WRONG = "right", "wrong"


@event("cases.corroborated")
class CaseCorroborated(Event):
    """A case was verified by its evidence: the score and what it rests on, by kind and number. Never whose reports."""

    case_id: str
    score: str
    people: int
    codes: str
    is_automatic: bool


@event("cases.corroboration_reversed")
class CorroborationReversed(Event):
    """A verification by evidence was taken back; the case stands where it stood. `ground`: one of `REVERSE_GROUNDS`."""

    case_id: str
    ground: str
    was_automatic: bool


@event("cases.corroboration_judged")
class CorroborationJudged(Event):
    """Somebody looked at an automatic verification of the sample: right or wrong."""

    case_id: str
    verdict: str


@event("cases.automatic_stopped")
class AutomaticStopped(Event):
    """A category stopped verifying by itself: too many of those that were looked at were wrong."""

    case_id: str
    category: str
    looked_at: int
    wrong: int
