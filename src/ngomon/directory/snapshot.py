"""The whole directory in memory, one edition at a time: reads cost no SQL until somebody changed something.

The edition is asked for again at most every two seconds; a unit that changes the directory sees its own change at once,
and nobody else's process sees it before the commit.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from ngomon.core.errors import Unavailable
from ngomon.core.units import Unit, current_unit, in_unit
from ngomon.directory import models, rules, terms
from ngomon.directory.city import read_city
from ngomon.directory.gazetteer import Gazetteer
from ngomon.directory.place_book import PlaceBook

RECHECK_S = 2.0
NEAR_DEG = 0.005
"""How far outside the drawn limits a point still belongs to the city or area: simplified shores. Units: degrees (500 m)."""


@dataclass(frozen=True)
class Snapshot:
    """Everything of one edition, as frozen records and the indexes that reads need."""

    edition: int
    city: terms.City | None
    areas: Mapping[str, terms.Area]
    agencies: Mapping[str, terms.Agency]
    categories: Mapping[str, terms.Category]
    routing: tuple[terms.RoutingRule, ...]
    days: Mapping[date, terms.DayDecision]
    years: Mapping[int, bool]
    texts: tuple[terms.StandardText, ...]
    places: Mapping[str, terms.Place]
    exits: Mapping[str, terms.Exit]
    assets: Mapping[str, terms.Asset]
    posts: Mapping[UUID, terms.Post]
    roster: Mapping[str, tuple[terms.DutySlot, ...]]
    readiness: Mapping[str, Mapping[str, Any]]
    shapes: Mapping[str, str] = field(repr=False)
    boundary: str = field(repr=False)

    @cached_property
    def calendar(self) -> rules.WorkingCalendar:
        """The city's working calendar."""
        city = the_city(self)
        return rules.calendar_of(city.working_hours, self.days.values(), city.timezone)

    @cached_property
    def children(self) -> Mapping[str, tuple[terms.Category, ...]]:
        """Categories by the one they lie under ("" for the top), in order."""
        found: dict[str, list[terms.Category]] = defaultdict(list)
        for category in sorted(self.categories.values(), key=lambda c: (c.order, c.key)):
            found[category.parent].append(category)
        return {key: tuple(rows) for key, rows in found.items()}

    @cached_property
    def rules_for(self) -> Mapping[str, tuple[terms.RoutingRule, ...]]:
        """Routing rules by the category they name ("*" for any), in the table's order."""
        found: dict[str, list[terms.RoutingRule]] = defaultdict(list)
        for rule in self.routing:
            found[rule.category].append(rule)
        return {key: tuple(rows) for key, rows in found.items()}

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The place search."""
        return Gazetteer(self.places, self.areas)

    @cached_property
    def place_book(self) -> PlaceBook:
        """What understands places in words."""
        keys, _, polygons = self._polygons
        shapes = dict(zip(keys, polygons, strict=True))
        return PlaceBook(self.places, self.areas, self.assets, shapes)

    @cached_property
    def _polygons(self) -> tuple[list[str], shapely.STRtree, list[BaseGeometry]]:
        keys = list(self.shapes)
        made = [shapely.from_geojson(self.shapes[key]) for key in keys]
        for one in made:
            shapely.prepare(one)
        return keys, shapely.STRtree(made), made

    @cached_property
    def _outline(self) -> BaseGeometry | None:
        if not self.boundary:
            return None
        made: BaseGeometry = shapely.from_geojson(self.boundary).buffer(NEAR_DEG, quad_segs=2)
        shapely.prepare(made)
        return made

    def areas_around(self, lon: float, lat: float) -> list[str]:
        """Keys of the areas that hold a point; in the city but in none of them, the nearest within NEAR_DEG."""
        if not self._is_within_bounds(lon, lat):
            return []
        keys, tree, polygons = self._polygons
        point = Point(lon, lat)
        found = [keys[i] for i in tree.query(point) if polygons[i].intersects(point)]
        if not found and keys and self._is_by_outline(point):
            found = [keys[i] for i in tree.query_nearest(point, max_distance=NEAR_DEG)]
        return found

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a point lies in the city: within its bounds, and within or near its outline."""
        return self._is_within_bounds(lon, lat) and self._is_by_outline(Point(lon, lat))

    def _is_within_bounds(self, lon: float, lat: float) -> bool:
        """Also False for what is no number, and before a city is loaded."""
        if self.city is None:
            return False
        west, south, east, north = self.city.bounds
        return west <= lon <= east and south <= lat <= north

    def _is_by_outline(self, point: Point) -> bool:
        return self._outline is None or bool(self._outline.intersects(point))


def the_city(snapshot: Snapshot) -> terms.City:
    """The loaded city. Raises: Unavailable before a pack was loaded."""
    if snapshot.city is None:
        raise Unavailable("directory.no_pack")
    return snapshot.city


# --- which snapshot -------------------------------------------------------------------------------------------------

_shared: tuple[float, Snapshot] | None = None
_own: ContextVar[tuple[Unit, Snapshot | None] | None] = ContextVar("directory_own", default=None)


def current() -> Snapshot:
    """The snapshot to read from here."""
    global _shared
    own = _own.get()
    if own is not None:
        unit, mine = own
        if in_unit() and current_unit() is unit:
            if mine is None:
                mine = load()
                _own.set((unit, mine))
            return mine
        _own.set(None)
    now = time.monotonic()
    if _shared is not None and now - _shared[0] < RECHECK_S:
        return _shared[1]
    edition = models.City.objects.values_list("edition", flat=True).first() or 0
    fresh = _shared[1] if _shared is not None and _shared[1].edition == edition and edition else load()
    _shared = (now, fresh)
    return fresh


def forget() -> None:
    """Read everything anew at the next question: after the database was changed behind our back."""
    global _shared
    _shared = None


def changed() -> None:
    """Inside a unit that changed the directory: see the change here, and everywhere in this process once committed."""
    unit = current_unit()
    _own.set((unit, None))
    if forget not in unit.after:
        unit.after.append(forget)


# --- loading --------------------------------------------------------------------------------------------------------


def load() -> Snapshot:
    """Read the whole directory from the database."""
    row = models.City.objects.first()
    shapes = dict(models.Shape.objects.filter(kind="fine").order_by("key").values_list("key", "geometry"))
    outline = models.Shape.objects.filter(kind="boundary").values_list("geometry", flat=True).first()
    return Snapshot(
        edition=row.edition if row else 0,
        city=read_city(row.body)[0] if row else None,
        areas={a.key: a for a in map(_area, models.Area.objects.order_by("key"))},
        agencies=_agencies(),
        categories={c.key: c for c in map(_category, models.Category.objects.order_by("order", "key"))},
        routing=tuple(map(_rule, models.RoutingRule.objects.order_by("place", "id"))),
        days=rules.days_in_force(map(day_record, models.CalendarDay.objects.order_by("on"))),
        years={y.year: y.confirmed_at is not None for y in models.CalendarYear.objects.all()},
        texts=tuple(map(_text, models.StandardText.objects.order_by("key"))),
        places={p.key: p for p in map(_place, models.Place.objects.order_by("key"))},
        exits={e.key: e for e in map(_exit, models.Exit.objects.order_by("order", "key"))},
        assets={a.key: a for a in map(_asset, models.Asset.objects.order_by("key"))},
        posts={p.id: p for p in map(_post, models.Post.objects.order_by("agency", "role", "seat", "id"))},
        roster=_by_agency(map(_slot, models.RosterSlot.objects.order_by("agency", "weekday", "id"))),
        readiness=_readiness(),
        shapes=shapes,
        boundary=outline or "",
    )


def _area(row: models.Area) -> terms.Area:
    label = None
    if row.label_lon is not None and row.label_lat is not None:
        label = (row.label_lon, row.label_lat)
    return terms.Area(
        key=row.key,
        kind=row.kind,
        name=row.name,
        parent=row.parent,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor=row.successor,
        label=label,
        area_km2=row.area_km2,
    )


def _agencies() -> dict[str, terms.Agency]:
    marks = _readiness()
    names = [f for f in terms.Agency.__dataclass_fields__ if f != "is_ready"]
    return {
        row["key"]: terms.Agency(
            **row, is_ready=all(role in marks.get(row["key"], {}) for role in terms.READINESS)
        )
        for row in models.Agency.objects.order_by("key").values(*names)
    }


def _readiness() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for agency, role, at in models.ReadinessMark.objects.values_list(
        "agency", "post_role", "acknowledged_at"
    ):
        found[agency][role] = at
    return dict(found)


def _category(row: models.Category) -> terms.Category:
    values = {name: getattr(row, name) for name in terms.Category.__dataclass_fields__}
    return terms.Category(**{**values, "words": tuple(row.words), "danger_words": tuple(row.danger_words)})


def _rule(row: models.RoutingRule) -> terms.RoutingRule:
    return terms.RoutingRule(**{name: getattr(row, name) for name in terms.RoutingRule.__dataclass_fields__})


def day_record(row: models.CalendarDay) -> terms.DayDecision:
    """A row of the calendar as the record others see."""
    return terms.DayDecision(**{name: getattr(row, name) for name in terms.DayDecision.__dataclass_fields__})


def _text(row: models.StandardText) -> terms.StandardText:
    return terms.StandardText(key=row.key, action=row.action, category=row.category, text=row.text)


def _place(row: models.Place) -> terms.Place:
    return terms.Place(
        key=row.key,
        name=row.name,
        kind=row.kind,
        lon=row.lon,
        lat=row.lat,
        area=row.area,
        aliases=tuple(row.aliases),
        source=row.source,
    )


def _exit(row: models.Exit) -> terms.Exit:
    values = {name: getattr(row, name) for name in terms.Exit.__dataclass_fields__}
    return terms.Exit(**{**values, "words": tuple(row.words), "phones": tuple(row.phones)})


def _asset(row: models.Asset) -> terms.Asset:
    return terms.Asset(**{name: getattr(row, name) for name in terms.Asset.__dataclass_fields__})


def _post(row: models.Post) -> terms.Post:
    return terms.Post(
        id=row.id,
        agency=row.agency,
        role=row.role,
        area=row.area,
        seat=row.seat,
        title=row.title,
        substitute_of=row.substitute_of_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _slot(row: models.RosterSlot) -> terms.DutySlot:
    return terms.DutySlot(
        agency=row.agency,
        weekday=row.weekday,
        shift=row.shift,
        post=row.post_id,
        substitute=row.substitute_id,
    )


def _by_agency(slots: Iterable[terms.DutySlot]) -> dict[str, tuple[terms.DutySlot, ...]]:
    found: dict[str, list[terms.DutySlot]] = defaultdict(list)
    for slot in slots:
        found[slot.agency].append(slot)
    return {agency: tuple(rows) for agency, rows in found.items()}
