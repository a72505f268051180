"""Former units by their names, and the place nearest to a point. Pure. Words of a place are read by `places`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import shapely
from shapely.geometry import Point

from ngomon.core.text import words
from ngomon.directory.terms import Area, AreaKind, FormerUnit, NearPlace, Place

M_PER_DEG = 111_320.0
"""Metres in one degree of latitude (WGS 84, mean)."""
_FORMER = {AreaKind.FORMER_WARD, AreaKind.FORMER_DISTRICT}


class Gazetteer:
    """The places and areas of one edition of the directory."""

    def __init__(self, places: Mapping[str, Place], areas: Mapping[str, Area]) -> None:
        self._areas = areas
        self._places = list(places.values())

    def today(self, area: Area) -> list[Area]:
        """The areas that a former one went into, along the chain of successors."""
        if not area.successor:
            return []
        found: list[Area] = []
        for key in area.successor.split():
            after = self._areas.get(key)
            if after is not None and after.key != area.key:
                found += self.today(after) if after.successor else [after]
        return found

    def former(self, text: str) -> list[FormerUnit]:
        """Former units whose name holds all the words, with the areas of today."""
        typed = set(words(text))
        units = [a for a in self._areas.values() if a.kind in _FORMER]
        named = [a for a in units if typed and any(typed <= set(words(n)) for n in a.name.values())]
        named.sort(
            key=lambda a: (len(words(next(iter(a.name.values())))), a.kind != AreaKind.FORMER_WARD, a.key)
        )
        return [FormerUnit(area, tuple(self.today(area))) for area in named]

    @cached_property
    def _points(self) -> tuple[float, shapely.STRtree]:
        middle = sum(p.lat for p in self._places) / max(1, len(self._places))
        scale = math.cos(math.radians(middle))
        return scale, shapely.STRtree([Point(p.lon * scale, p.lat) for p in self._places])

    def nearest(self, lon: float, lat: float) -> NearPlace | None:
        """The place nearest to a point; None in an empty gazetteer."""
        if not self._places:
            return None
        scale, tree = self._points
        place = self._places[int(tree.nearest(Point(lon * scale, lat)))]
        metres = math.hypot((place.lon - lon) * scale, place.lat - lat) * M_PER_DEG
        return NearPlace(place, metres)
