"""Retention: what is kept for how long, who holds it, and what is held back. The rule is pure; rooms register what they hold.

    register("report_words", ReportWords())        # in a room's `personal.py`

The periods are data (`retention.csv` of the city pack). Which things are due on a day follows from a rule and its instant
alone; `core.retention_runs` destroys them in small units once a person confirmed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.ids import Ref
from ngomon.core.models import RetentionHold
from ngomon.core.secrets import open_text, seal_text
from ngomon.core.text import clean
from ngomon.core.units import command


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be done with one kind of things, and from which event its period runs.

    `is_standing`: a duty that runs all the time destroys it; a rule only says for how long, and nobody need confirm.
    """

    then: str
    event: str
    is_standing: bool = False


KINDS: Mapping[str, Kind] = {
    "reporter_identity": Kind("anonymise", "closed"),
    "report_words": Kind("erase", "closed"),
    "report_photos": Kind("erase", "closed"),
    "rejected_report": Kind("erase", "closed"),
    "guided_case": Kind("erase", "closed"),
    "denunciation": Kind("erase", "closed"),
    "messages": Kind("erase", "created"),
    "audit_looks": Kind("erase", "created"),
    "sessions": Kind("erase", "expired", is_standing=True),
    "one_time_codes": Kind("erase", "expired", is_standing=True),
}
EVENTS = frozenset(kind.event for kind in KINDS.values())
KEEP = "keep"
THENS = frozenset({kind.then for kind in KINDS.values()} | {KEEP})
GROUNDS = ("appeal", "complaint", "court", "incident")
"""Why a thing is held back although its period is over."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the city's table: how many months after its event a kind of things is destroyed, and by which law.

    Units: calendar months. `is_automatic`: no person need confirm.
    """

    key: str
    what: str
    months: int
    event: str
    then: str
    is_automatic: bool
    source: str
    name: Mapping[str, str]
    valid_from: date | None = None


def in_force(rules: Iterable[Rule], on: date) -> list[Rule]:
    """Of each kind the rule that holds on a day: of those that began, the latest."""
    found: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda r: (r.valid_from or date.min, r.key)):
        if rule.valid_from is None or rule.valid_from <= on:
            found[rule.what] = rule
    return [found[what] for what in KINDS if what in found]


def due_before(months: int, at: datetime) -> datetime:
    """Things whose event lies before this instant are due. The same day of the month, or its last. Shape: zone of `at`."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def is_due(happened_at: datetime | None, months: int, at: datetime) -> bool:
    """Whether the period of a thing is over. What has not happened yet is never due."""
    return happened_at is not None and happened_at < due_before(months, at)


# --- who holds what -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What of a kind is due: how many, since when, the first of them by number, and how many are held back."""

    n: int
    oldest_at: datetime | None
    first: tuple[str, ...]
    held: int


@dataclass(frozen=True, slots=True)
class Window:
    """A few due things, by key, and where to go on; `after` is empty at the end."""

    keys: tuple[str, ...]
    after: str


class Held(Protocol):
    """How a room counts, walks through and destroys one kind of things. Walking costs the same at every place."""

    def found(self, before: datetime, held: frozenset[str]) -> Found:
        """What is due, without a change. `held`: keys of things (cases) that are held back."""
        ...

    def window(self, before: datetime, held: frozenset[str], after: str) -> Window:
        """The next few due things behind a place."""
        ...

    def destroy(self, keys: tuple[str, ...], *, actor: Actor, at: datetime) -> None:
        """In a unit: take them out of rows, files, search. Once: safe to repeat."""
        ...


holders: dict[str, Held] = {}


def register(what: str, holder: Held) -> None:
    """Make known who holds a kind of things."""
    if what not in KINDS:
        raise ValueError(f"{what} is no kind of retention")
    holders[what] = holder


# --- held back ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a thing is kept although its period is over, who said so and when."""

    id: UUID
    of: Ref
    ground: str
    reason: str
    set_by: str
    set_at: datetime


def held_keys() -> frozenset[str]:
    """The keys of everything that is held back now. One statement."""
    return frozenset(RetentionHold.objects.filter(lifted_at__isnull=True).values_list("ref_key", flat=True))


def holds() -> list[Hold]:
    """What is held back now, latest first. Callers check the right to see it."""
    rows = RetentionHold.objects.filter(lifted_at__isnull=True).order_by("-set_at", "-id")
    return [
        Hold(
            r.pk,
            Ref(r.ref_kind, r.ref_key, r.number),
            r.ground,
            open_text(r.reason),
            r.set_by,
            r.set_at,
        )
        for r in rows[:200]
    ]


@command
def hold(of: Ref, ground: str, reason: str, *, actor: Actor, at: datetime) -> UUID:
    """Keep a thing beyond its period: appeal, complaint, court, incident. Callers check the right.

    Raises: Invalid without a ground and a reason; Conflict when it is held back for that ground already.
    """
    words = clean(reason)
    if ground not in GROUNDS:
        raise Invalid.field("ground", "core.retention.bad_ground")
    if not words:
        raise Invalid.field("reason", "core.retention.no_reason")
    same = RetentionHold.objects.filter(ref_kind=of.kind, ref_key=of.key, ground=ground)
    if same.filter(lifted_at__isnull=True).exists():
        raise Conflict("core.retention.held_already")
    made = RetentionHold.objects.create(
        ref_kind=of.kind,
        ref_key=of.key,
        number=of.label,
        ground=ground,
        reason=seal_text(words),
        set_by=actor.told_as,
        set_at=at,
    )
    audit("retention.hold", of, actor=actor, at=at, detail={"ground": ground})
    return made.pk


@command
def lift_hold(id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """A thing need no longer be held back; the ordinary period counts again. Raises: NotFound, Invalid without reason."""
    words = clean(reason)
    if not words:
        raise Invalid.field("reason", "core.retention.no_reason")
    row = RetentionHold.objects.select_for_update().filter(pk=id, lifted_at__isnull=True).first()
    if row is None:
        raise NotFound("core.retention.no_hold")
    row.lifted_at, row.lifted_by, row.lift_reason = at, actor.told_as, seal_text(words)
    row.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    audit("retention.lift", Ref(row.ref_kind, row.ref_key), actor=actor, at=at, detail={"ground": row.ground})
