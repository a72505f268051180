"""Reads of promises and projects: which dates were kept, with their base, and what is recorded but not solved."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from .models import Project, Promise
from .terms import Status

SHOWN = 200


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise. `state`: open, kept, broken; `moved` counts how often its day was changed after it was public."""

    number: str
    agency: str
    first_on: date
    until_on: date
    moved: int
    settled_on: date | None
    state: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """How an agency keeps its promises. Base of the share: those that fell due, `kept + broken`."""

    agency: str
    open: int
    kept: int
    broken: int
    moved: int

    @property
    def due(self) -> int:
        """How many fell due."""
        return self.kept + self.broken

    @property
    def kept_pct(self) -> int | None:
        """The share kept in per cent; None where none fell due."""
        return round(100 * self.kept / self.due) if self.due else None


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A recorded matter that waits for a project."""

    number: str
    agency: str
    name: str
    reference: str
    quarter: str


def state_of(until_on: date, settled_on: date | None, today: date) -> str:
    """`kept` when the answer came no later than the promised day, `broken` when it did not, else `open`."""
    if settled_on is not None:
        return "kept" if settled_on <= until_on else "broken"
    return "broken" if until_on < today else "open"


def promises(today: date, *, agency: str = "") -> tuple[list[PromiseLine], list[Keeping]]:
    """The promises of public cases, nearest day last, and how each agency keeps them. Base: all time; one statement."""
    found = Promise.objects.filter(published_at__isnull=False, case__is_public=True)
    if agency:
        found = found.filter(agency=agency)
    columns = ("case__number", "agency", "first_on", "until_on", "moved", "settled_on")
    rows = found.order_by("-until_on", "-id").values_list(*columns)
    lines = [
        PromiseLine(number, held_by, first, until, moved, settled, state_of(until, settled, today))
        for number, held_by, first, until, moved, settled in rows
    ]
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"open": 0, "kept": 0, "broken": 0, "moved": 0})
    for line in lines:
        counts[line.agency][line.state] += 1
        counts[line.agency]["moved"] += line.moved > 0
    keeping = [Keeping(key, **figures) for key, figures in counts.items()]
    return lines[:SHOWN], sorted(keeping, key=lambda k: (-k.broken, k.agency))


def projects(*, agency: str = "") -> list[ProjectLine]:
    """The public matters that wait for a project, the nearest quarter first."""
    found = Project.objects.filter(ended_at__isnull=True, case__is_public=True, case__status=Status.RECORDED)
    if agency:
        found = found.filter(agency=agency)
    rows = found.order_by("quarter", "pk").values_list(
        "case__number", "agency", "name", "reference", "quarter"
    )
    return [ProjectLine(*row) for row in rows[:SHOWN]]


def project_of(case_id: UUID) -> ProjectLine | None:
    """The project that a recorded case waits for; the quarter as people write it."""
    row = Project.objects.filter(pk=case_id, ended_at__isnull=True).first()
    if row is None:
        return None
    quarter = "/".join(reversed(row.quarter.split("-")))
    return ProjectLine("", row.agency, row.name, row.reference, quarter)
