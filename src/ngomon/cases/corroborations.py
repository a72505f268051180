"""Reads of verifications by evidence: a case's own, the sample that a person looks at, figures by category, what is on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound, Refused
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import may

from .models import AutomaticStop, Corroboration
from .rules.evidence import AutomaticLine, Settings
from .terms import AutomaticFigures, CorroborationView

REVIEWED_SHOWN = 50
_FIELDS = (
    "id", "case_id", "case__number", "case__text", "category", "score", "people", "codes", "by_itself", "at",
    "is_sampled", "verdict", "judged_at", "judged_by", "reversed_at", "case__step", "case__is_open",
)  # fmt: skip
VERIFIED_TO = "route"
"""The step that a verification by evidence leads to; once a case is elsewhere it is no longer taken back."""


def settings() -> Settings:
    """The city's settings for verification by evidence."""
    found = directory.city().extra.get("corroboration")
    return Settings.of(found if isinstance(found, Mapping) else {})


def is_any_on(at: datetime) -> bool:
    """Whether any category verifies by itself on this day, or did and may again: asked before any statement."""
    day = directory.local_day(at)
    return any(
        line.from_on <= day and (not line.until_on or day < line.until_on) for line in settings().lines
    )


def line_for(category: str, at: datetime) -> AutomaticLine | None:
    """What a category's cases must bring to be verified by themselves now; None where a person does it, or it stopped."""
    line = _line(category, at)
    return None if line is None or _stop_since(category, line, at) is not None else line


def _line(category: str, at: datetime) -> AutomaticLine | None:
    try:
        parent = directory.category(category).parent
    except NotFound:
        return None
    return settings().line_for(category, parent, directory.local_day(at))


def _stop_since(category: str, line: AutomaticLine, at: datetime) -> datetime | None:
    """When a category stopped under the line in force; a line of a later day starts anew."""
    last = AutomaticStop.objects.filter(category=category, at__lte=at).order_by("-at")
    stopped = last.values_list("at", flat=True).first()
    return stopped if stopped is not None and directory.local_day(stopped) >= line.from_on else None


# --- lists --------------------------------------------------------------------------------------------------------------


def of_case(case_id: UUID, *, actor: Actor) -> CorroborationView | None:
    """The last verification by evidence of a case that still stands, for the duty desk; None for none. One statement."""
    if not may(actor, "case.triage"):
        return None
    found = Corroboration.objects.filter(case_id=case_id, reversed_at__isnull=True)
    row = found.order_by("-at").values_list(*_FIELDS).first()
    return _view(row, {}) if row else None


def to_review(*, actor: Actor) -> tuple[list[CorroborationView], list[CorroborationView]]:
    """The sample of automatic verifications: what nobody looked at yet, oldest first, and what was, newest first.

    Raises: Refused for whoever does not sort at the duty desk. Three statements.
    """
    if not may(actor, "case.triage"):
        raise Refused("cases.error.desk_only")
    sample = Corroboration.objects.filter(by_itself=True, is_sampled=True)
    if not may(actor, "case.see_secret"):
        sample = sample.filter(case__is_secret=False)
    waiting = list(sample.filter(verdict="").order_by("at").values_list(*_FIELDS)[:200])
    done = list(sample.exclude(verdict="").order_by("-judged_at").values_list(*_FIELDS)[:REVIEWED_SHOWN])
    judges = _names(row[_FIELDS.index("judged_by")] for row in done)
    return [_view(row, {}) for row in waiting], [_view(row, judges) for row in done]


def _names(accounts: Iterable[str]) -> Mapping[str, str]:
    ids = {UUID(one) for one in accounts if len(one) == 36}
    return {str(key): name for key, name in identity.names_of(ids).items()} if ids else {}


def _view(row: tuple[Any, ...], judges: Mapping[str, str]) -> CorroborationView:
    told = dict(zip(_FIELDS, row, strict=True))
    is_back = told["reversed_at"] is not None
    return CorroborationView(
        id=told["id"],
        case_id=told["case_id"],
        number=told["case__number"],
        text=told["case__text"],
        category=told["category"],
        score=told["score"],
        people=told["people"],
        codes=told["codes"],
        is_automatic=bool(told["by_itself"]),
        at=told["at"],
        is_sampled=told["is_sampled"],
        verdict=told["verdict"],
        judged_at=told["judged_at"],
        judged_by=judges.get(told["judged_by"], ""),
        reversed_at=told["reversed_at"],
        can_reverse=not is_back and told["case__is_open"] and told["case__step"] == VERIFIED_TO,
    )


# --- figures ------------------------------------------------------------------------------------------------------------


def _counted(found: QuerySet[Corroboration]) -> Iterable[tuple[str, int, int, int, int, int]]:
    """By category: made, sampled, looked at, wrong, reversed. Who reverses one outside the sample looked at it too."""
    outside = Q(is_sampled=False, reversed_at__isnull=False)
    return found.values_list("category").annotate(
        made=Count("id"),
        sampled=Count("id", filter=Q(is_sampled=True)),
        looked_at=Count("id", filter=(Q(is_sampled=True) & ~Q(verdict="")) | outside),
        wrong=Count("id", filter=Q(is_sampled=True, verdict="wrong") | outside),
        reversed=Count("id", filter=Q(reversed_at__isnull=False)),
    )


def figures(at: datetime) -> list[AutomaticFigures]:
    """Automatic verifications by category, of all time, and what is on or stopped now. Two statements."""
    day, known = directory.local_day(at), settings()
    rows = {row[0]: row for row in _counted(Corroboration.objects.filter(by_itself=True).order_by())}
    stops = dict(AutomaticStop.objects.filter(at__lte=at).order_by("at").values_list("category", "at"))
    named = {line.category for line in known.lines if line.from_on <= day}
    found = []
    for category in sorted({*rows, *named, *stops}):
        line = _line(category, at)
        stopped = stops.get(category)
        if line is not None and stopped is not None and directory.local_day(stopped) < line.from_on:
            stopped = None
        found.append(
            AutomaticFigures(
                *rows.get(category, (category, 0, 0, 0, 0, 0)),
                stopped_at=stopped,
                is_on=line is not None and stopped is None,
                score=line.score if line else 0.0,
                people=line.people if line else 0,
            )
        )
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(directory.city().timezone))


def looked_at(category: str, at: datetime) -> tuple[int, int]:
    """Of a category's automatic verifications since its line in force began: how many were looked at, how many wrong."""
    line = _line(category, at)
    if line is None:
        return 0, 0
    found = Corroboration.objects.filter(by_itself=True, category=category)
    found = found.filter(at__gte=_midnight(line.from_on)).order_by()
    row = next(iter(_counted(found)), None)
    return (row[3], row[4]) if row else (0, 0)
