"""What lies around a point and may be the same thing: open cases, weighed by `rules.same`, in one statement of few columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ngomon.core.errors import NotFound
from ngomon.core.geo import distance_m
from ngomon.core.rows import fetch_together
from ngomon.directory import queries as directory

from .models import Case
from .rules import same
from .rules.same_weights import SURE, Threshold
from .terms import Candidate, CaseKind

_COLUMNS = (
    "id", "number", "text", "place", "category", "status", "opened_at", "lon", "lat", "thumbnail", "reports",
    "is_public", "look",
)  # fmt: skip
# The conditions stand as the partial indexes have them, so that both databases use those. What the duty shift alone may
# know of, questions and cases without a place are like no other.
_KNOWN = ' AND NOT "is_secret" AND "kind" <> \'question\' AND "cell" <> 0'
_OPEN = '"is_open" AND "opened_at" > %s' + _KNOWN
_LATELY_CLOSED = 'NOT "is_open" AND "merged_into" IS NULL AND "closed_at" > %s' + _KNOWN
_NEAREST = (
    'WHERE {which} AND "cell" IN ({cells})'
    ' ORDER BY ("lon" - %s) * ("lon" - %s) * %s + ("lat" - %s) * ("lat" - %s) LIMIT %s'
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the city's pack says in `[same_thing]` of city.toml. Automatic links wait for a city to measure its own pairs."""

    automatic: bool = False
    links: Threshold = SURE
    recurrence_days: int = 90

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Settings:
        """From the pack; what is left out, or is no number that makes sense, stays as measured."""

        def number(name: str, default: float, most: float) -> float:
            given = body.get(name)
            return float(given) if isinstance(given, (int, float)) and 0 <= given <= most else default

        links = Threshold(
            number("score", SURE.score, 1),
            number("share", SURE.share, 1),
            number("overlap", SURE.overlap, 1),
            number("metres", SURE.metres, same.FAR_M),
        )
        return cls(body.get("automatic") is True, links, int(number("recurrence_days", 90, 3650)))


def settings() -> Settings:
    """The city's settings for what is the same thing."""
    found = directory.city().extra.get("same_thing")
    return Settings.of(found if isinstance(found, Mapping) else {})


def has_like(case: Case) -> bool:
    """Whether a case may be set beside others: not what the duty shift alone may know of, no question, none without place."""
    return not case.is_secret and case.kind != CaseKind.QUESTION and case.cell != same.NOWHERE


@dataclass(frozen=True, slots=True)
class Asked:
    """The report that looks around. Shape: lon, lat. Units: `uncertain_m`, how far off the place may be."""

    lon: float
    lat: float
    text: str
    category: str = ""
    place: str = ""
    looks: tuple[int, ...] = ()
    uncertain_m: float = 0.0


def candidates(
    *,
    lon: float,
    lat: float,
    text: str,
    category: str,
    at: datetime,
    most: int = same.SHOWN,
    but: UUID | None = None,
    place: str = "",
    looks: tuple[int, ...] = (),
    uncertain_m: float = 0.0,
    apart: Iterable[UUID] = (),
    public: int = 0,
) -> list[Candidate]:
    """Open cases that may speak of the same thing, best first, with score and reason. One statement.

    Units: within the nine cells around the point (at least 200 m each way) and 90 days, the nearest 30. `but`: the case
    that asks; `apart`: cases that somebody said are not the same; `public`: after the best `most`, so many of the best
    that everybody may see.
    """
    asked = Asked(lon, lat, text, category, place, looks, uncertain_m)
    rows = _nearest(_OPEN, at - timedelta(days=same.OPEN_DAYS), lon, lat)
    left_out = {*apart, *((but,) if but else ())}
    if left_out:
        rows = [row for row in rows if UUID(row[0]) not in left_out]
    return _weighed(asked, rows, at, most, public=public)


def lately_closed(asked: Asked, *, at: datetime, days: int, most: int = same.SHOWN) -> list[Candidate]:
    """Cases answered or closed in these days that the report may be a repeat of, best first. Age counts for nothing here:
    what comes back comes later. One statement."""
    rows = _nearest(_LATELY_CLOSED, at - timedelta(days=days), asked.lon, asked.lat)
    told = [row for row in rows if row[5] in ("answered", "closed")]
    return _weighed(asked, told, at, most, counts_age=False)


def _nearest(which: str, since: datetime, lon: float, lat: float) -> Sequence[Sequence[Any]]:
    cells = ", ".join(map(str, same.cells_around(lon, lat)))
    narrowing = math.cos(math.radians(lat)) ** 2
    values = [
        connection.ops.adapt_datetimefield_value(since), lon, lon, narrowing, lat, lat, same.NEAREST,
    ]  # fmt: skip
    return fetch_together("cases_case", _COLUMNS, _NEAREST.format(which=which, cells=cells), values)


def _instant(value: str) -> datetime:
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def look_of(hexadecimal: str) -> tuple[int, ...]:
    """A kept picture hash as a number; none for none."""
    return (int(hexadecimal, 16),) if hexadecimal else ()


def parent_of(category: str) -> str:
    """The group that a category belongs to; empty for none, or an unknown one."""
    try:
        return directory.category(category).parent if category else ""
    except NotFound:
        return ""


def _weighed(
    asked: Asked,
    rows: Sequence[Sequence[Any]],
    at: datetime,
    most: int,
    *,
    counts_age: bool = True,
    public: int = 0,
) -> list[Candidate]:
    here, parent = (asked.lon, asked.lat), parent_of(asked.category)
    kinds = {row[4] for row in rows} - {asked.category} if parent else ()
    siblings = {kind for kind in kinds if parent_of(kind) == parent}
    around: list[tuple[Sequence[Any], same.Other, float]] = []
    for row in rows:
        metres = distance_m(here, (row[7], row[8]))
        if metres > same.FAR_M:
            continue
        hours = abs((at - _instant(row[6])).total_seconds()) / 3600
        other = same.Other(
            same.spoken(row[2], row[3], look_of(row[12])),
            metres,
            hours if counts_age else 0.0,
            asked.category == row[4],
            row[4] in siblings,
            asked.uncertain_m,
        )
        around.append((row, other, hours))
    mine = same.spoken(asked.text, asked.place, asked.looks)
    found = same.weigh(mine, [other for _, other, _ in around])
    ranked = sorted(zip(around, found, strict=True), key=lambda pair: -pair[1].score)
    ranked = [pair for pair in ranked if pair[1].score >= same.SHOWN_FROM]
    told = ranked[:most] + [pair for pair in ranked[most:] if pair[0][0][11]][:public]
    return [_candidate(asked, row, other, hours, likeness) for (row, other, hours), likeness in told]


def _candidate(
    asked: Asked, row: Sequence[Any], other: same.Other, hours: float, likeness: same.Likeness
) -> Candidate:
    why = same.reasons(likeness, distance_m=other.distance_m, age_h=hours, text=asked.text)
    return Candidate(
        case_id=UUID(row[0]),
        number=row[1],
        text=row[2],
        category=row[4],
        status=row[5],
        distance_m=other.distance_m,
        age_h=hours,
        score=likeness.score,
        share=likeness.share,
        overlap=likeness.overlap,
        said_score=same.in_words(likeness, other.distance_m),
        shared_words=likeness.shared[:6],
        because=why,
        thumbnail=row[9],
        reports=row[10],
        is_public=bool(row[11]),
        lon=row[7],
        lat=row[8],
    )
