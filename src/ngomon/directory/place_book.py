"""Understands places said in words: the evidence of an address, brought together into circles that should hold the place.

Every circle is honest: a street is known by one rough point, so its circle is as wide as streets are long; a former ward has no
outline, so it takes that of the ward it went to. What could be several places gives several readings. Pure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from ngomon.core.geo import METRES_PER_DEGREE, distance_m
from ngomon.core.text import fold, words
from ngomon.directory import place_sentences as said_of
from ngomon.directory.addresses import Lexicon, Mention, Name, Parsed, parse
from ngomon.directory.place_names import area_names, bare_names, place_names
from ngomon.directory.rules import is_in_force
from ngomon.directory.terms import Area, AreaKind, Asset, PartKind, Place, PlacePart, PlaceReading, Understood

STREET_REACH_M = 600
"""How far a named street goes from its middle. Source: half the extent of 189 named streets of a Vietnamese city centre in
OpenStreetMap, 90 % within 588 m."""
ROAD_REACH_M = 4_000
"""The same for a national or provincial road within one district; not measured."""
ASSET_M = 15
"""How far a thing with a plate may stand from its point in the register; of the order of a hand-held GPS."""
EXTENT_M: Mapping[str, int] = {
    "locality": 1_000, "village": 600, "lagoon": 6_000, "lake": 400, "hill": 400, "nature": 3_000, "beach": 800,
    "airport": 1_200, "industrial": 1_500, "port": 1_500, "hospital": 250, "park": 250, "school": 200,
}  # fmt: skip
"""How far things of a kind reach from their point; the others POINT_M. Judged by hand, to be confirmed."""
POINT_M = 100
SLACK_M = 500
MARGIN = 3.0
"""How much worse than the best a reading may be and still be shown: what a word like "thôn" before the name weighs."""
MOST_READINGS = 5
MOST_MENTIONS = 8
"""Names beyond these are left out: each is weighed against each other."""
_FINE = frozenset({"street", "locality", "landmark"})
_PRESENT = frozenset({AreaKind.WARD.value, AreaKind.COMMUNE.value})
_STATED = re.compile(r"±\s*(?:[\d.]+\s*[–-]\s*)?([\d.]+)\s*(k?)m")


@dataclass(frozen=True, slots=True)
class Circle:
    """A place and how far from it the truth may lie. Units: metres."""

    lon: float
    lat: float
    radius: float

    @property
    def point(self) -> tuple[float, float]:
        """Shape: lon, lat."""
        return self.lon, self.lat


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a mention may mean. `wards` are where it may lie today; `is_area`: a unit, not a place in one."""

    mention: Mention
    key: str
    kind: str
    name: Mapping[str, str]
    fit: float
    circle: Circle
    wards: frozenset[str]
    is_area: bool


def stated_accuracy(place: Place) -> int:
    """How exact the gazetteer says a point is: the "±" of its source. Units: metres; 50 where nothing is said."""
    found = _STATED.search(place.source)
    if not found:
        return 50
    return round(float(found[1].rstrip(".")) * (1_000 if found[2] else 1))


def reach_of(place: Place) -> int:
    """The radius that should hold all of a place of the gazetteer. Units: metres."""
    stated = stated_accuracy(place)
    if place.kind == "street":
        is_road = fold(next(iter(place.name.values()), "")).startswith(("quoc lo", "tinh lo"))
        return stated + (ROAD_REACH_M if is_road else STREET_REACH_M)
    return max(stated, EXTENT_M.get(place.kind, POINT_M))


class PlaceBook:
    """The names of one edition of the directory, and what words make of them."""

    def __init__(
        self,
        places: Mapping[str, Place],
        areas: Mapping[str, Area],
        assets: Mapping[str, Asset],
        shapes: Mapping[str, BaseGeometry],
    ) -> None:
        self.places, self.areas, self.assets, self.shapes = places, areas, assets, shapes
        self._wards = {key: self._wards_of(area) for key, area in areas.items()}
        self._parts = Counter(
            ward
            for key, area in areas.items()
            if area.kind == AreaKind.FORMER_WARD
            for ward in self._wards[key]
        )
        names = [name for place in places.values() for name in place_names(place)]
        names += [name for area in areas.values() for name in area_names(area)]
        plates = {"".join(words(asset.plate)): asset.key for asset in assets.values()}
        self.lexicon = Lexicon(names, plates)
        self._circles = {key: self._area_circle(area) for key, area in areas.items() if self._wards[key]}

    # --- where areas lie

    def _wards_of(self, area: Area) -> frozenset[str]:
        """Wards and communes of today that a unit is, went to, or whose wards went to."""
        if area.kind in _PRESENT:
            return frozenset({area.key})
        if area.kind == AreaKind.FORMER_DISTRICT:
            inside = [
                a for a in self.areas.values() if a.parent == area.key and a.kind == AreaKind.FORMER_WARD
            ]
            return frozenset().union(*(self._wards_of(a) for a in inside))
        found: frozenset[str] = frozenset()
        for key in area.successor.split():
            after = self.areas.get(key)
            if after is not None and after.key != area.key and area.kind == AreaKind.FORMER_WARD:
                found |= self._wards_of(after)
        return found

    def _ward_circle(self, key: str) -> Circle:
        """Around the point where a ward's name is written, wide enough for all of its outline."""
        area, shape = self.areas[key], self.shapes.get(key)
        if shape is None:
            lon, lat = area.label or (0.0, 0.0)
            return Circle(lon, lat, 2_000 * math.sqrt((area.area_km2 or 20) / math.pi))
        label = area.label
        if label is None:
            inside = shape.representative_point()
            label = (inside.x, inside.y)
        return Circle(*label, max(distance_m(label, (x, y)) for x, y in shapely.get_coordinates(shape)))

    def _area_circle(self, area: Area) -> Circle:
        circles = [self._ward_circle(key) for key in sorted(self._wards[area.key])]
        if len(circles) == 1:
            whole = circles[0]
            return self._former_circle(area, whole) if area.kind == AreaKind.FORMER_WARD else whole
        lon = sum(c.lon for c in circles) / len(circles)
        lat = sum(c.lat for c in circles) / len(circles)
        return Circle(lon, lat, max(distance_m((lon, lat), c.point) + c.radius for c in circles))

    def _former_circle(self, area: Area, whole: Circle) -> Circle:
        """A former ward is one of n parts of today's: where a place bears its name, around that, else all of the ward."""
        (ward,) = self._wards[area.key]
        own = set(bare_names(area.name.values()))
        here = [
            p
            for p in self.places.values()
            if p.kind == "locality" and p.area == ward and own & set(bare_names(p.name.values()))
        ]
        size = self.areas[ward].area_km2
        if not here or not size or self._parts[ward] < 2:
            return whole
        radius = stated_accuracy(here[0]) + 2_000 * math.sqrt(size / self._parts[ward] / math.pi)
        return Circle(here[0].lon, here[0].lat, min(radius, whole.radius))

    # --- understanding

    def understand(self, said: str, *, on: date) -> Understood:
        """What words say about a place: the readings, best first, what is unknown, and what to do."""
        parsed = parse(said, self.lexicon)
        groups = [group for group in self._candidates(parsed, on) if group][:MOST_MENTIONS]
        tried = [_gathered(anchor, groups, self._agree) for group in groups for anchor in group]
        best = max((score for score, _ in tried), default=0)
        found: dict[tuple[float, float, str], tuple[float, PlaceReading]] = {}
        for score, chosen in tried:
            if score < best - MARGIN:
                continue
            reading = self._reading(chosen, parsed, groups)
            mark = (round(reading.lon, 4), round(reading.lat, 4), reading.area)
            if mark not in found or found[mark][0] < score:
                found[mark] = (score, reading)
        ranked = sorted(found.values(), key=lambda pair: (-pair[0], pair[1].radius_m, pair[1].key))
        kept = [reading for _, reading in ranked[:MOST_READINGS]]
        unknown = tuple(
            PlacePart(h.kind, h.said, {"vi": h.value, "en": h.value})
            for h in parsed.heard
            if h.kind.startswith("unknown_")
        )
        return Understood(said, tuple(kept), unknown, said_of.advice(kept, unknown))

    def _candidates(self, parsed: Parsed, on: date) -> Iterator[list[Candidate]]:
        for key, said in parsed.assets:
            asset = self.assets[key]
            mention = Mention(0, 0, said, ())
            circle = Circle(asset.lon, asset.lat, ASSET_M)
            wards = frozenset({asset.area} if asset.area else ())
            yield [Candidate(mention, key, PartKind.ASSET, asset.name, 20, circle, wards, False)]
        fine = {m.start for m in parsed.mentions if m.names[0][0].kind in _FINE and (m.head or m.is_numbered)}
        fine |= {m.start for m in parsed.mentions if m.names[0][0].kind == PartKind.LANDMARK}
        for mention in parsed.mentions:
            made = [self._candidate(mention, name, fit, on) for name, fit in mention.names]
            kept = [c for c in made if c is not None]
            present = {ward for c in kept if c.kind in _PRESENT for ward in c.wards}
            is_beside = bool(fine - {mention.start}) and not (mention.head or mention.is_numbered)
            if is_beside and any(c.is_area for c in kept):
                kept = [c for c in kept if c.kind != PartKind.STREET]
            yield [
                _weighed(c, parsed.away_m)
                for c in kept
                if mention.is_former or c.kind != AreaKind.FORMER_WARD or not c.wards <= present
            ]

    def _candidate(self, mention: Mention, name: Name, fit: float, on: date) -> Candidate | None:
        if name.key in self.areas and name.kind not in _FINE:
            area = self.areas[name.key]
            wards = self._wards[name.key]
            if not wards or (area.kind in _PRESENT and not is_in_force(area, on)):
                return None
            return Candidate(
                mention, area.key, area.kind, area.name, fit, self._circles[area.key], wards, True
            )
        place = self.places.get(name.key)
        if place is None:
            return None
        circle = Circle(place.lon, place.lat, reach_of(place))
        wards = frozenset({place.area} if place.area else ())
        return Candidate(mention, place.key, name.kind, place.name, fit, circle, wards, False)

    def _agree(self, one: Candidate, other: Candidate) -> bool:
        """Whether two pieces of evidence can speak of one place."""
        if one.is_area and other.is_area:
            return bool(one.wards & other.wards)
        if not (one.is_area or other.is_area):
            apart = distance_m(one.circle.point, other.circle.point)
            return apart <= one.circle.radius + other.circle.radius + SLACK_M
        area, place = (one, other) if one.is_area else (other, one)
        if place.wards & area.wards or not place.wards:
            return True
        return any(self._is_near(place, ward) for ward in area.wards)

    def _is_near(self, place: Candidate, ward: str) -> bool:
        """Whether a place that lies outside a ward may reach into it."""
        limit = place.circle.radius * _stretch(place)
        whole = self._circles[ward]
        if distance_m(whole.point, place.circle.point) > whole.radius + limit:
            return False
        return self._away(place.circle, ward) <= limit

    def _away(self, circle: Circle, ward: str) -> float:
        """How far a point is from a ward. Units: metres, measured along the meridian."""
        shape = self.shapes.get(ward)
        if shape is None:
            return distance_m(circle.point, self._ward_circle(ward).point)
        return float(shape.distance(shapely.Point(circle.point))) * METRES_PER_DEGREE

    # --- one reading

    def _reading(
        self, chosen: Sequence[Candidate], parsed: Parsed, groups: Sequence[Sequence[Candidate]]
    ) -> PlaceReading:
        fine = [c for c in chosen if not c.is_area]
        units = [c for c in chosen if c.is_area]
        wards = frozenset.intersection(*(c.wards for c in units)) if units else frozenset[str]()
        if fine:
            circle, anchor = _narrowed(fine, parsed.is_junction)
            circle, ward = self._into_ward(circle, anchor, wards)
        elif len(wards) == 1:
            (ward,) = wards
            circle = min(
                (c.circle for c in units if len(c.wards) == 1),
                key=lambda c: c.radius,
                default=self._ward_circle(ward),
            )
        else:
            circle, ward = min((c.circle for c in units), key=lambda c: c.radius), ""
        said = {c.mention.said for c in chosen}
        missed = [g[0].mention.said for g in groups if g[0].mention.said not in said]
        parts = _parts(chosen, parsed, self.areas, ward)
        radius = _rounded(circle.radius)
        now = self.areas[ward].name if ward else {}
        source = "asset" if any(c.kind == PartKind.ASSET for c in fine) else "words"
        unknown = [h.said for h in parsed.heard if h.kind.startswith("unknown_")]
        label = said_of.label(parts, now)
        sentence = said_of.sentence(label, radius, unknown, missed)
        return PlaceReading(
            round(circle.lon, 6), round(circle.lat, 6), radius, ward, source, parts, sentence, label
        )

    def _into_ward(self, circle: Circle, anchor: Candidate, wards: frozenset[str]) -> tuple[Circle, str]:
        """The circle, moved into the ward that was said where its middle lies outside, as a long street's may."""
        here = next(iter(anchor.wards), "") or self._ward_at(circle)
        if not wards or here in wards:
            return circle, here
        ward = min(wards, key=lambda key: self._away(circle, key))
        shape = self.shapes.get(ward)
        if shape is None:
            return circle, ward
        inside = shape.buffer(-60 / METRES_PER_DEGREE)
        near = nearest_points(shape if inside.is_empty else inside, shapely.Point(circle.point))[0]
        moved = distance_m((near.x, near.y), circle.point)
        return Circle(near.x, near.y, max(circle.radius, moved / 2)), ward

    def _ward_at(self, circle: Circle) -> str:
        point = shapely.Point(circle.point)
        return next((key for key, shape in self.shapes.items() if shape.intersects(point)), "")


# --- weighing and bringing together -----------------------------------------------------------------------------------


def _weighed(one: Candidate, away_m: int) -> Candidate:
    """With what the words around it say: former or of today, how far from it, a house number before it."""
    fit, circle, mention = one.fit, one.circle, one.mention
    is_former = one.kind in {AreaKind.FORMER_WARD, AreaKind.FORMER_DISTRICT}
    if mention.is_former is not None and one.is_area:
        fit += 3 if is_former == mention.is_former else -3
    elif one.kind in _PRESENT:
        fit += 0.5
    if mention.is_numbered and one.kind == PartKind.STREET:
        fit += 2
    if not one.is_area and one.kind != PartKind.STREET:
        circle = Circle(circle.lon, circle.lat, circle.radius + mention.relation_m + away_m)
    return Candidate(mention, one.key, one.kind, one.name, fit, circle, one.wards, one.is_area)


def _stretch(place: Candidate) -> float:
    """How many times its reach a place may lie outside the ward that was said: streets run on, houses do not."""
    return 4 if place.kind == PartKind.STREET else 1


def _gathered(
    anchor: Candidate,
    groups: Sequence[Sequence[Candidate]],
    agree: Callable[[Candidate, Candidate], bool],
) -> tuple[float, list[Candidate]]:
    """What goes together with a candidate, mention by mention, and how much speaks for it."""
    chosen, score = [anchor], anchor.fit
    for group in groups:
        if group[0].mention is anchor.mention:
            continue
        fitting = [c for c in group if all(agree(c, other) for other in chosen)]
        if fitting:
            best = max(fitting, key=lambda c: c.fit)
            chosen.append(best)
            score += best.fit
        else:
            # A street's name is found in many places; a ward that was said is meant.
            score -= 4 if anchor.kind == PartKind.STREET and group[0].is_area else 2
    return score, chosen


def _narrowed(fine: Sequence[Candidate], is_junction: bool) -> tuple[Circle, Candidate]:
    """The smallest circle of the evidence; of two streets that cross, what both circles hold."""
    anchor = min(fine, key=lambda c: c.circle.radius)
    streets = [c for c in fine if c.kind == PartKind.STREET]
    if not is_junction or len(streets) < 2 or anchor.kind not in {PartKind.STREET, PartKind.LOCALITY}:
        return anchor.circle, anchor
    one, other = streets[0].circle, streets[1].circle
    apart = distance_m(one.point, other.point)
    reach = min(one.radius, other.radius)
    half = apart / 2
    radius = math.sqrt(reach**2 - half**2) if half < reach * 0.7 else max(reach * 0.7, half / 2)
    return Circle((one.lon + other.lon) / 2, (one.lat + other.lat) / 2, radius), streets[0]


def _rounded(metres: float) -> int:
    """Two figures, upwards: no precision that is not there."""
    step = 10 ** max(0, math.floor(math.log10(max(metres, 1))) - 1)
    return int(math.ceil(metres / step) * step)


_ORDER = (
    PartKind.ASSET, PartKind.HOUSE, PartKind.ALLEY, PartKind.STREET, PartKind.LANDMARK, PartKind.GROUP, PartKind.LOCALITY,
    PartKind.FORMER_WARD, PartKind.FORMER_DISTRICT, PartKind.WARD, AreaKind.COMMUNE,
)  # fmt: skip


def _parts(
    chosen: Sequence[Candidate], parsed: Parsed, areas: Mapping[str, Area], ward: str
) -> tuple[PlacePart, ...]:
    """What was understood, in the order of an address; the ward of today last, also where it was not said."""
    counted = {h.kind: h for h in reversed(parsed.heard) if h.kind in _COUNTED}
    found = [PlacePart(h.kind, h.said, {"vi": h.value, "en": h.value}) for h in counted.values()]
    for one in chosen:
        kind = PartKind.WARD if one.kind in _PRESENT else one.kind
        relation = "" if one.is_area else one.mention.relation
        found.append(PlacePart(str(kind), one.mention.said, one.name, one.key, relation))
    if ward and all(p.key != ward for p in found):
        found.append(PlacePart(PartKind.WARD, "", areas[ward].name, ward))
    ranks = {str(kind): rank for rank, kind in enumerate(_ORDER)}
    return tuple(sorted(found, key=lambda p: ranks.get(str(p.kind), 99)))


_COUNTED = frozenset({PartKind.HOUSE.value, PartKind.ALLEY.value, PartKind.GROUP.value})
