"""Where a form puts a report: the pin, or the circle of what its words about the place were understood to mean. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ngomon.cases.terms import Placed, PlaceSource
from ngomon.directory.terms import PlaceReading, Understood

MOST_RADIUS_M = 100_000
SAME_DEG = 0.000_005
"""Two points nearer than this are one: half of the last figure that forms carry."""
_SOURCES = {
    "device": PlaceSource.GPS,
    "photo": PlaceSource.GPS,
    "pin": PlaceSource.MAP,
    "typed": PlaceSource.MAP,
    "words": PlaceSource.WORDS,
    "asset": PlaceSource.ASSET,
}


def point(typed: Mapping[str, Any]) -> tuple[float, float] | None:
    """The point a form holds; None for nonsense or none. Shape: lon, lat in WGS 84, inside the bounds of the Earth."""
    try:
        lon, lat = (float(str(typed.get(name, "")).strip().replace(",", ".")) for name in ("lon", "lat"))
    except ValueError:
        return None
    if math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90:
        return lon, lat
    return None


def placed(typed: Mapping[str, Any], understood: Understood | None) -> Placed | None:
    """The place of a form: its pin, else the reading of its words that was chosen. None where neither is there.

    A reading counts only while the words still give it: the radius is ours, never what a browser sent.
    """
    pin = point(typed)
    chosen = understood.chosen(str(typed.get("place_choice", ""))) if understood else None
    if pin is None:
        return of_reading(chosen) if chosen else None
    source = _SOURCES.get(str(typed.get("place_source", "")), PlaceSource.MAP)
    if source in {PlaceSource.WORDS, PlaceSource.ASSET}:
        readings = understood.readings if understood else ()
        same = (
            chosen if chosen and _is_at(chosen, pin) else next((r for r in readings if _is_at(r, pin)), None)
        )
        return of_reading(same) if same else Placed(*pin, None, PlaceSource.MAP)
    radius = _metres(typed.get("place_accuracy_m")) if source == PlaceSource.GPS else None
    return Placed(*pin, radius, source)


def only_reading(understood: Understood | None, limit_m: int) -> Placed | None:
    """The one narrow reading of the words; None where there is none or it may be another."""
    sure = understood.sure(limit_m) if understood else None
    return of_reading(sure) if sure else None


def chosen_key(typed: Mapping[str, Any], understood: Understood, limit_m: int) -> str:
    """The reading that a form stands at: the one it took, else the only narrow one where no pin says otherwise."""
    at = placed(typed, understood)
    if at is not None:
        same = (r.key for r in understood.readings if of_reading(r) == at)
        return next(same, "")
    sure = understood.sure(limit_m)
    return sure.key if sure else ""


def of_reading(reading: PlaceReading) -> Placed:
    """The place that a reading stands for."""
    source = PlaceSource.ASSET if reading.source == "asset" else PlaceSource.WORDS
    return Placed(reading.lon, reading.lat, reading.radius_m, source)


def why_unclear(understood: Understood) -> str:
    """The code of the text that says why words alone do not place a report."""
    if not understood.readings:
        return "cases.error.place_unknown"
    return "cases.error.place_many" if len(understood.readings) > 1 else "cases.error.place_wide"


def _is_at(reading: PlaceReading, pin: tuple[float, float]) -> bool:
    return abs(reading.lon - pin[0]) <= SAME_DEG and abs(reading.lat - pin[1]) <= SAME_DEG


def _metres(typed: Any) -> int | None:
    """How exact a device says it is; None for nonsense."""
    try:
        metres = float(str(typed))
    except ValueError:
        return None
    return min(MOST_RADIUS_M, math.ceil(metres)) if 0 < metres < math.inf else None
