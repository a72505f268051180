"""Measures how places in words are understood, on a table of phrases with the place that a person meant. See `ngomon evaluate`.

Columns: words, ward (keys of today, `;` between those that are right; `-`: nothing should be understood; empty: several
readings should be), place (keys of places, `asset:` before those of assets, `@` before areas), max_radius_m, slice, split.
"""

from __future__ import annotations

import csv
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ngomon.core import clock
from ngomon.core.errors import Invalid
from ngomon.core.geo import distance_m
from ngomon.directory import queries
from ngomon.directory.snapshot import current
from ngomon.directory.terms import PlaceReading, Understood

COLUMNS = ("words", "ward", "place", "max_radius_m", "slice", "split")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one phrase was understood. None: the row does not ask."""

    words: str
    slice: str
    split: str
    ward: bool | None
    place: bool | None
    is_narrow: bool | None
    behaves: bool
    readings: int
    radius_m: int | None
    ms: float
    said: str


def rows_of(file: Path) -> list[dict[str, str]]:
    """The table. Raises: Invalid naming the columns that are missing."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    missing = [name for name in COLUMNS if rows and name not in rows[0]]
    if missing or not rows:
        raise Invalid("directory.place.no_columns", file=file.name, columns=", ".join(missing or COLUMNS))
    return rows


def evaluate_place_files(file: Path) -> dict[str, Any]:
    """How the phrases of a table are understood today, with what went wrong. Raises: Invalid, Unavailable."""
    outcomes = measured(rows_of(file), on=queries.local_day(clock.now()))
    return report(outcomes, details=True)


def measured(rows: Iterable[Mapping[str, str]], *, on: date) -> list[Outcome]:
    """Every row tried."""
    queries.understand_place("", on=on)
    return [_outcome(row, on) for row in rows]


def report(outcomes: list[Outcome], *, details: bool = False) -> dict[str, Any]:
    """Shares over all, by split and by slice; `details` adds what went wrong. Units: metres, milliseconds."""
    found: dict[str, Any] = {"of_our_own_making": True, **_shares(outcomes)}
    for name in ("split", "slice"):
        groups: dict[str, list[Outcome]] = defaultdict(list)
        for one in outcomes:
            groups[getattr(one, name)].append(one)
        found[f"by_{name}"] = {key: _shares(group) for key, group in sorted(groups.items())}
    if details:
        found["wrong"] = [
            {"words": o.words, "slice": o.slice, "split": o.split, "understood": o.said}
            for o in outcomes
            if not _is_right(o)
        ]
    return found


def _is_right(one: Outcome) -> bool:
    return one.behaves and one.ward is not False and one.place is not False and one.is_narrow is not False


def _shares(group: list[Outcome]) -> dict[str, Any]:
    def share(values: Iterable[bool | None]) -> float | None:
        asked = [value for value in values if value is not None]
        return round(sum(asked) / len(asked), 4) if asked else None

    radii = [o.radius_m for o in group if o.radius_m is not None]
    return {
        "phrases": len(group),
        "right": share(_is_right(o) for o in group),
        "right_ward": share(o.ward for o in group),
        "place_in_circle": share(o.place for o in group),
        "no_wider_than_allowed": share(o.is_narrow for o in group),
        "median_radius_m": statistics.median(radii) if radii else None,
        "cpu_ms_per_resolution": round(statistics.fmean(o.ms for o in group), 3),
        "cpu_ms_slowest": round(max(o.ms for o in group), 3),
    }


def _outcome(row: Mapping[str, str], on: date) -> Outcome:
    began = time.thread_time()
    understood = queries.understand_place(row["words"], on=on)
    took = (time.thread_time() - began) * 1_000
    wards = [key for key in row["ward"].split(";") if key]
    ward, place, narrow, behaves = _judged(row, wards, understood)
    first = understood.readings[0] if understood.readings else None
    said = " | ".join(r.sentence["vi"] for r in understood.readings) or understood.advice["vi"]
    radius = first.radius_m if first and wards and wards != ["-"] else None
    return Outcome(
        row["words"],
        row["slice"],
        row["split"],
        ward,
        place,
        narrow,
        behaves,
        len(understood.readings),
        radius,
        took,
        said,
    )


def _judged(
    row: Mapping[str, str], wards: list[str], understood: Understood
) -> tuple[bool | None, bool | None, bool | None, bool]:
    """Whether ward and place are right and the circle narrow enough; and whether doubt was shown where it is due."""
    keys = [key for key in row["place"].split(";") if key]
    if wards == ["-"]:
        return None, None, None, not understood.readings
    if not wards:
        shown = [any(_is_at(key, reading) for reading in understood.readings) for key in keys]
        return None, None, None, len(understood.readings) > 1 and all(shown)
    if not understood.readings:
        return False, False if keys else None, None, True
    first = understood.readings[0]
    place = any(_is_at(key, first) for key in keys) if keys else None
    limit = float(row["max_radius_m"] or "inf")
    return first.area in wards, place, first.radius_m <= limit, True


def _is_at(key: str, reading: PlaceReading) -> bool:
    """Whether a reading's circle holds a known thing, or names its ward."""
    snapshot = current()
    if key.startswith("@"):
        return reading.area == key[1:]
    if key.startswith("asset:"):
        thing: Any = snapshot.assets[key.removeprefix("asset:")]
    else:
        thing = snapshot.places[key]
    return distance_m((thing.lon, thing.lat), (reading.lon, reading.lat)) <= reading.radius_m
