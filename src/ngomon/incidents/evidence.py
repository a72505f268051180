"""What river stations say for a case: near a river above its alarm, water in a street is to be expected.

A source of evidence for cases (`cases.evidence.add_source`); which categories a level speaks for, and how far, the pack says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ngomon.cases.evidence import add_source
from ngomon.cases.terms import About, EvidenceKind, Piece
from ngomon.core.geo import distance_m
from ngomon.directory import queries as directory

from . import queries

FAR_M = 5000.0
"""How far from a station its level speaks for a case, where the pack does not say."""
FRESH_H = 6.0
"""A level read longer before the case, or after it, says nothing of it."""
STRENGTH = (0.0, 0.4, 0.7, 1.0)
"""By the alarm that is reached; our own proposal. Alarms: QĐ 05/2020/QĐ-TTg."""


def _settings() -> tuple[frozenset[str], float]:
    """The categories that a level speaks for, and how far. Units: metres."""
    found = directory.city().extra.get("corroboration")
    body: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    named = body.get("level_categories")
    metres = body.get("level_metres")
    return (
        frozenset(map(str, named)) if isinstance(named, list) else frozenset(),
        float(metres) if isinstance(metres, (int, float)) and 0 < metres <= 50_000 else FAR_M,
    )


def levels_for(about: About) -> Iterator[Piece]:
    """The stations above an alarm near the case; none for a category that no level speaks for. One statement at most."""
    categories, metres = _settings()
    if not {about.category, about.parent} & categories:
        return
    for station, level_m, at, alarm in queries.levels():
        if level_m is None or not alarm or not _is_fresh(at, about.opened_at):
            continue
        far = distance_m((about.lon, about.lat), (station.lon, station.lat))
        if far <= metres:
            hours = abs((at - about.opened_at).total_seconds()) / 3600 if at else None
            words = {"river": dict(station.river), "station": dict(station.name), "alarm": alarm}
            yield Piece(
                EvidenceKind.LEVEL,
                frozenset({station.key}),
                STRENGTH[min(alarm, 3)],
                far,
                hours,
                ("incidents.evidence.level", words),
                lon=station.lon,
                lat=station.lat,
            )


def _is_fresh(read_at: datetime | None, opened_at: datetime) -> bool:
    return read_at is not None and abs((read_at - opened_at).total_seconds()) <= FRESH_H * 3600


add_source("levels", levels_for)
