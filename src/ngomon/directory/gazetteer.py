"""Finds places by what people type: tone marks and case ignored, house numbers and filling words passed over. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import shapely
from shapely.geometry import Point

from ngomon.core.text import words
from ngomon.directory.terms import Area, AreaKind, FormerUnit, FoundPlace, NearPlace, Place

M_PER_DEG = 111_320.0
"""Metres in one degree of latitude (WGS 84, mean)."""
_FILLING = (
    "duong pho kiet hem ngo so tp thanh xa phuong quan huyen thi tran thon tai o gan truoc sau canh "
    "street road alley ward commune district no at in near"
)
FILLING = frozenset(_FILLING.split())
"""Words of an address that name no place by themselves."""
_FORMER = {AreaKind.FORMER_WARD, AreaKind.FORMER_DISTRICT}


@dataclass(frozen=True, slots=True)
class _Entry:
    names: tuple[tuple[str, ...], ...]
    rank: int
    found: FoundPlace


class Gazetteer:
    """The places, areas and former units of one edition, indexed by their folded words."""

    def __init__(self, places: Mapping[str, Place], areas: Mapping[str, Area]) -> None:
        self._areas = areas
        self._places = list(places.values())
        self._entries = [self._of_place(p) for p in self._places]
        self._entries += [e for e in map(self._of_area, areas.values()) if e is not None]
        self._by_word: dict[str, set[int]] = defaultdict(set)
        for index, entry in enumerate(self._entries):
            for name in entry.names:
                for word in name:
                    self._by_word[word].add(index)

    def _of_place(self, place: Place) -> _Entry:
        names = _folded([*place.name.values(), *place.aliases])
        found = FoundPlace(place.key, place.name, place.kind, place.lon, place.lat, place.area)
        return _Entry(names, 0, found)

    def _of_area(self, area: Area) -> _Entry | None:
        today = self.today(area)[:1] if area.kind in _FORMER else [area]
        if not today or today[0].label is None:
            return None
        lon, lat = today[0].label
        is_former = area.kind in _FORMER
        found = FoundPlace(
            today[0].key,
            today[0].name,
            today[0].kind,
            lon,
            lat,
            today[0].key,
            former=area.name if is_former else None,
        )
        return _Entry(_folded(area.name.values()), 2 if is_former else 1, found)

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

    def find(self, text: str, limit: int) -> list[FoundPlace]:
        """Places whose name holds the words typed (the last may be a beginning), or is named within a longer address."""
        typed = tuple(words(text))
        if not typed:
            return []
        scored = []
        for index in self._candidates(typed):
            entry = self._entries[index]
            score = max(_score(name, typed, entry.rank) for name in entry.names)
            if score > 0:
                scored.append((-score, entry.rank, len(entry.names[0]), index))
        hits: dict[tuple[str, str], FoundPlace] = {}
        for *_, index in sorted(scored):
            found = self._entries[index].found
            hits.setdefault((found.kind, found.key), found)
            if len(hits) == limit:
                break
        return list(hits.values())

    def _candidates(self, typed: tuple[str, ...]) -> set[int]:
        found: set[int] = set()
        for word in typed:
            found |= self._by_word.get(word, set())
        last = typed[-1]
        for word, indexes in self._by_word.items():
            if word.startswith(last):
                found |= indexes
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


def _folded(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    made = [tuple(words(name)) for name in names]
    made += [name[1:] for name in made if len(name) > 2 and name[0] in FILLING]
    return tuple(dict.fromkeys(name for name in made if name))


def _score(name: tuple[str, ...], typed: tuple[str, ...], rank: int) -> float:
    """How well a name answers: the same words, then a beginning of it, then all words in it, then named in an address,

    where a place (rank 0) says more than the ward (1) or former unit (2) it lies in.
    """
    if name == typed:
        return 100
    if (
        name[: len(typed) - 1] == typed[:-1]
        and len(name) >= len(typed)
        and name[len(typed) - 1].startswith(typed[-1])
    ):
        return 80
    bag = set(name)
    if all(w in bag for w in typed[:-1]) and any(w.startswith(typed[-1]) for w in name):
        return 60 - len(name) / 10
    asked = {w for w in typed if w not in FILLING and not w.isdigit()}
    if asked and asked <= bag:
        return 50 - len(name) / 10
    if len(name) > 1 or name[0] == typed[0]:
        width = len(name)
        if any(typed[i : i + width] == name for i in range(len(typed) - width + 1)):
            return 30 + min(width, 9) - 10 * rank
    return 0
