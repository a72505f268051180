"""Reads of the directory, from memory: see `snapshot`. Everything is public to the city's own rooms; pages decide on rights.

Where a query takes `on` (a local day of the city), it answers for that day; without it, for all times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from ngomon.core.errors import NotFound
from ngomon.core.retention import Rule, in_force
from ngomon.core.text import in_language, sort_key
from ngomon.core.texts import LANGUAGES, text
from ngomon.directory import oncall, rules, terms
from ngomon.directory.models import CallRule, RetentionRule
from ngomon.directory.pack import read_pack
from ngomon.directory.place_sentences import length as length
from ngomon.directory.routing import RoutingTable
from ngomon.directory.routing import read_routing as read_routing
from ngomon.directory.snapshot import Snapshot, current, the_city
from ngomon.directory.snapshot import forget as forget

SOON = timedelta(days=60)
"""How far ahead a year nobody has confirmed is warned about."""
PLACE_LIMIT_M = 1_000
"""Wider than any street's circle, narrower than most wards'. Units: metres."""


def problem_in_words(problem: terms.Problem, language: str) -> str:
    """One problem of a pack or workbook for a person: where it is, and what is wrong."""
    where = ":".join(str(part) for part in (problem.where, problem.line, problem.column) if part)
    return f"{where} {text(problem.code, language, **problem.values)}"


def edition() -> int:
    """Counts every change of the directory; 0 before a pack was loaded."""
    return current().edition


def city() -> terms.City:
    """The city's settings. Raises: Unavailable before a pack was loaded."""
    return the_city(current())


def pack_folder() -> Path:
    """Where the files of the chosen pack lie."""
    return Path(settings.NGOMON_PACKS) / settings.NGOMON_PACK


def local_day(at: datetime) -> date:
    """The city's day at an instant."""
    return at.astimezone(ZoneInfo(city().timezone)).date()


# --- areas ----------------------------------------------------------------------------------------------------------


def in_bounds(lon: float, lat: float) -> bool:
    """Whether a point lies in the city. Shape: lon, lat in WGS 84."""
    return current().holds(lon, lat)


def area_at(lon: float, lat: float, on: date) -> terms.Area | None:
    """The ward or commune that holds a point on a day; None outside the city. Shape: lon, lat in WGS 84.

    A point just outside the drawn limits (a beach, the river mouth) belongs to the nearest area.
    """
    snapshot = current()
    found = (snapshot.areas.get(key) for key in snapshot.areas_around(lon, lat))
    return next((area for area in found if area is not None and rules.is_in_force(area, on)), None)


def area(key: str) -> terms.Area:
    """An area by its key, of today or former. Raises: NotFound."""
    found = current().areas.get(key)
    if found is None:
        raise NotFound("directory.no_area", key=key)
    return found


def areas(kind: str | None = None, on: date | None = None) -> list[terms.Area]:
    """Areas of a kind (all kinds without one), in force on a day, by the Vietnamese alphabet."""
    found = (a for a in current().areas.values() if kind in {None, a.kind})
    return _sorted([a for a in found if on is None or rules.is_in_force(a, on)])


def former_units(text: str) -> list[terms.FormerUnit]:
    """Units of before a re-organisation by the words of their name, tone marks ignored, with today's areas."""
    return current().gazetteer.former(text)


def shape_of(key: str) -> str:
    """The polygon of an area as GeoJSON geometry, empty where it has none."""
    return current().shapes.get(key, "")


# --- agencies -------------------------------------------------------------------------------------------------------


def agency(key: str) -> terms.Agency:
    """An agency by its key, of today or ended. Raises: NotFound."""
    found = current().agencies.get(key)
    if found is None:
        raise NotFound("directory.no_agency", key=key)
    return found


def agencies(on: date | None = None, kind: str | None = None) -> list[terms.Agency]:
    """Agencies in force on a day, of a kind where one is named, by the Vietnamese alphabet."""
    found = (a for a in current().agencies.values() if kind in {None, a.kind})
    return _sorted([a for a in found if on is None or rules.is_in_force(a, on)])


def successor_of(key: str, on: date) -> terms.Agency | None:
    """The agency that stands for this one on a day: itself while in force, then along its successors; None if nobody."""
    known = current().agencies
    seen: set[str] = set()
    found = known.get(key)
    while found is not None and not rules.is_in_force(found, on):
        seen.add(found.key)
        if found.valid_from is not None and on < found.valid_from:
            return None
        found = known.get(found.successor) if found.successor not in seen else None
    return found


def heirless(on: date) -> list[terms.Agency]:
    """Agencies that ended by a day and that nobody stands for: their work has no address."""
    ended = (a for a in current().agencies.values() if a.valid_to is not None and a.valid_to <= on)
    return _sorted([a for a in ended if successor_of(a.key, on) is None])


def readiness(agency: str) -> terms.Readiness:
    """Who of an agency acknowledged a test message, and who has not."""
    marks = current().readiness.get(agency, {})
    missing = tuple(role for role in terms.READINESS if role not in marks)
    return terms.Readiness(agency, dict(marks), missing)


# --- categories and routing -----------------------------------------------------------------------------------------


def category(key: str) -> terms.Category:
    """A category by its key. Raises: NotFound."""
    found = current().categories.get(key)
    if found is None:
        raise NotFound("directory.no_category", key=key)
    return found


def categories(on: date | None = None) -> list[terms.Category]:
    """The leaves of the tree in force on a day, in the tree's order."""
    return [leaf for node in category_tree(on) for leaf in _leaves(node)]


def categories_of_pack(folder: Path) -> list[terms.Category]:
    """The leaves of the catalogue in a pack on disk, loaded or not: for what is measured without a database.

    Raises: InvalidData for a pack that is not in order.
    """
    told = ("key", "parent", "name", "group", "hint", "words", "danger_words")
    rows = read_pack(folder).rows["categories"].values()
    found = [terms.Category(**{name: row[name] for name in told}) for row in rows if row["group"]]
    return [replace(c, words=tuple(c.words), danger_words=tuple(c.danger_words)) for c in found]


def category_tree(on: date | None = None) -> list[terms.CategoryNode]:
    """The tree of categories of reports in force on a day."""
    return _nodes(current(), "", on)


def _nodes(snapshot: Snapshot, parent: str, on: date | None) -> list[terms.CategoryNode]:
    return [
        terms.CategoryNode(c, tuple(_nodes(snapshot, c.key, on)))
        for c in snapshot.children.get(parent, ())
        if (on is None or rules.is_in_force(c, on)) and c.group != terms.Group.QUESTION
    ]


def question_category(on: date) -> terms.Category | None:
    """What questions to an agency are filed under, with their deadline; None where the city takes none. No report is."""
    known = (c for c in current().categories.values() if c.group == terms.Group.QUESTION)
    return next((c for c in known if rules.is_in_force(c, on)), None)


def _leaves(node: terms.CategoryNode) -> list[terms.Category]:
    if not node.children:
        return [node.category] if node.category.group else []
    return [leaf for child in node.children for leaf in _leaves(child)]


def route_for(
    category_key: str, area_key: str | None, on: date, table: RoutingTable | None = None
) -> terms.Routing:
    """The agency competent for a category at a place on a day, and why, in words.

    `table`: another table than the one in force, to try it out. Where no rule answers it is the city's office.
    Raises: NotFound for an unknown category, or a city without agencies.
    """
    snapshot = current()
    place = snapshot.areas.get(area_key or "")
    chain = _chain(category(category_key), snapshot.categories)
    lies_in = _chain(place, snapshot.areas) if place else ()
    by_category = snapshot.rules_for if table is None else table
    named = [rule for key in (*chain, "*") for rule in by_category.get(key, ())]
    for rule in rules.rank_rules(named, chain, lies_in, place.kind if place else "", on):
        found = _agency_meant(snapshot, rule.agency, place, on)
        if found is not None:
            return terms.Routing(found.key, _why(rule, found, place, chain[0]), rule.id)
    return _last_resort(on)


def routing_rules(category: str) -> list[terms.RoutingRule]:
    """The rows of the routing table that name a category ("*" for those of all), in the table's order, ended ones too."""
    return list(current().rules_for.get(category, ()))


def _chain(
    thing: terms.Area | terms.Category, known: Mapping[str, terms.Area] | Mapping[str, terms.Category]
) -> tuple[str, ...]:
    """A thing's key and the keys of what it lies under, nearest first."""
    keys = [thing.key]
    above = known.get(thing.parent)
    while above is not None and above.key not in keys:
        keys.append(above.key)
        above = known.get(above.parent)
    return tuple(keys)


def _agency_meant(snapshot: Snapshot, name: str, place: terms.Area | None, on: date) -> terms.Agency | None:
    if name not in rules.AT_PLACE or name in snapshot.agencies:
        return successor_of(name, on)
    here = [a for a in snapshot.agencies.values() if place and a.kind == name and a.area == place.key]
    standing = (successor_of(a.key, on) for a in sorted(here, key=lambda a: not rules.is_in_force(a, on)))
    return next((a for a in standing if a is not None), None)


def _why(
    rule: terms.RoutingRule, found: terms.Agency, place: terms.Area | None, category_key: str
) -> dict[str, str]:
    words = {}
    for language in LANGUAGES:
        values = {
            "area": in_language(place.name if place else city().name, language),
            "agency": in_language(found.name, language),
            "category": in_language(category(category_key).name, language),
        }
        said = in_language(rule.why, language)
        for name, value in values.items():
            said = said.replace("{" + name + "}", value)
        before = current().agencies.get(rule.agency)
        if before is not None and before.key != found.key:
            old = in_language(before.name, language)
            said += " " + text("directory.route.succeeded", language, old=old, new=values["agency"])
        words[language] = said
    return words


def _last_resort(on: date) -> terms.Routing:
    known = agencies(on)
    offices = [a for a in known if a.kind == terms.AgencyKind.CITY_OFFICE] or known
    if not offices:
        raise NotFound("directory.no_agency", key="")
    why = {
        language: text("directory.route.none", language, agency=in_language(offices[0].name, language))
        for language in LANGUAGES
    }
    return terms.Routing(offices[0].key, why, 0)


# --- calendar -------------------------------------------------------------------------------------------------------


def working_calendar() -> rules.WorkingCalendar:
    """When the city's offices work."""
    return current().calendar


def day_decisions(from_on: date, until_on: date) -> list[terms.DayDecision]:
    """The decided days (off, or worked out of turn) from one local day up to and including another, in order."""
    return [day for on, day in sorted(current().days.items()) if from_on <= on <= until_on]


def years() -> dict[int, bool]:
    """The years whose holidays are in the table, and whether somebody confirmed them."""
    return dict(sorted(current().years.items()))


def unconfirmed_years(at: datetime) -> list[int]:
    """This year, and the next when it is near, where nobody has confirmed that their days off are complete."""
    confirmed = current().years
    wanted = {local_day(at).year, local_day(at + SOON).year}
    return sorted(year for year in wanted if not confirmed.get(year))


def warnings(at: datetime, language: str) -> list[str]:
    """What an operator should see to in the directory, in words; empty when all is well. For the desk and the doctor."""
    on = local_day(at)
    said = [text("directory.calendar.unconfirmed", language, year=year) for year in unconfirmed_years(at)]
    ended = heirless(on)
    if ended:
        names = "; ".join(in_language(a.name, language) for a in ended)
        said.append(text("directory.agency.heirless", language, names=names))
    return said


# --- posts and duty -------------------------------------------------------------------------------------------------


def post(id: UUID) -> terms.Post:
    """A post by its id, also an ended one. Raises: NotFound."""
    found = current().posts.get(id)
    if found is None:
        raise NotFound("directory.no_post", key=str(id))
    return found


def posts(agency: str | None = None, on: date | None = None, role: str | None = None) -> list[terms.Post]:
    """Posts of an agency ("" for those of the whole city, None for all), in force on a day, of a role."""
    found = (p for p in current().posts.values() if agency in {None, p.agency} and role in {None, p.role})
    return [p for p in found if on is None or rules.is_in_force(p, on)]


def roster(agency: str) -> tuple[terms.DutySlot, ...]:
    """An agency's duty roster, Monday first."""
    return current().roster.get(agency, ())


def shift_at(at: datetime) -> tuple[int, str]:
    """The weekday (Monday 0) and shift that an instant falls in; after midnight it is the night of the day before."""
    here = city()
    local = at.astimezone(ZoneInfo(here.timezone))
    clock = local.time().replace(tzinfo=None)
    if here.day_shift_from <= clock < here.night_shift_from:
        return local.weekday(), terms.Shift.DAY
    if clock < here.day_shift_from:
        return (local.weekday() - 1) % 7, terms.Shift.NIGHT
    return local.weekday(), terms.Shift.NIGHT


def on_duty(agency: str, at: datetime) -> list[terms.DutySlot]:
    """Who of an agency is on duty at an instant: posts in force, each with its substitute."""
    weekday, shift = shift_at(at)
    snapshot, on = current(), local_day(at)
    slots = (s for s in snapshot.roster.get(agency, ()) if s.weekday == weekday and s.shift == shift)
    return [s for s in slots if rules.is_in_force(snapshot.posts[s.post], on)]


def call_plan(agency: str, on: date) -> oncall.CallPlan:
    """How an agency's people on call are called on a day: ways with their minutes, and the waits. One statement."""
    rows = CallRule.objects.filter(agency__in=[agency, oncall.ALL]).order_by("key")
    held = [row for row in rows if rules.is_in_force(row, on)]
    return oncall.plan_of(agency, [oncall.CallLine(r.agency, r.way, r.after_minutes) for r in held])


def calls_out_as_ever() -> bool:
    """Whether somebody who is out on an alarm is called in turn for the next one all the same (city.toml, `[on_call]`)."""
    return (city().extra.get("on_call") or {}).get("who_is_out") == "as_ever"


def taken_up_at(at: datetime) -> datetime | None:
    """When a report that is not urgent and came in now is taken up; None while that is at once."""
    here = city()
    first = oncall.ReceptionHours(date.min, here.night_from, here.night_to)
    hours = oncall.reception_hours(here.extra.get("reception_hours"), first)
    return oncall.taken_up_at(at, hours, ZoneInfo(here.timezone))


# --- places, texts, layers ------------------------------------------------------------------------------------------


def understand_place(words: str, *, on: date) -> terms.Understood:
    """What words say about a place on a day: readings with their circles, best first; what is unknown; what to do.

    Shape: lon, lat in WGS 84. Units: metres. Never raises: what is not understood is said.
    """
    return current().place_book.understand(words, on=on)


def readings_in_words(found: terms.Understood, language: str, *, chosen: str = "") -> list[dict[str, Any]]:
    """The readings of words as a page offers them to choose from; one in no single ward can be seen, not chosen."""
    return [
        {
            "value": reading.key,
            "sentence": in_language(reading.sentence, language),
            "source": reading.source,
            "is_chosen": reading.key == chosen,
            "is_wide": not reading.area,
        }
        for reading in found.readings
    ]


def place_limit_m() -> int:
    """How wide the circle of a place in words may be to be taken without asking again. Units: metres."""
    places = city().extra.get("places")
    limit = places.get("radius_limit_m") if isinstance(places, Mapping) else None
    return limit if isinstance(limit, int) and limit > 0 else PLACE_LIMIT_M


def nearest_place(lon: float, lat: float) -> terms.NearPlace | None:
    """The gazetteer's entry nearest to a point, to say where it is in words."""
    return current().gazetteer.nearest(lon, lat)


def standard_texts(action: str, category: str | None, language: str) -> list[tuple[str, str]]:
    """(key, text) of the texts kept for an action, those of the category first, then of what it lies under, then any."""
    snapshot = current()
    known = snapshot.categories.get(category or "")
    chain = (*(_chain(known, snapshot.categories) if known else ()), "*")
    found = [t for t in snapshot.texts if t.action == action and t.category in chain]
    found.sort(key=lambda t: (chain.index(t.category), t.key))
    return [(t.key, in_language(t.text, language)) for t in found]


def all_standard_texts() -> tuple[terms.StandardText, ...]:
    """Every text kept ready, by key."""
    return current().texts


def exits() -> list[terms.Exit]:
    """Where matters belong that are no reports, in the pack's order."""
    return list(current().exits.values())


def exit_of(key: str) -> terms.Exit:
    """One exit by its key. Raises: NotFound."""
    found = current().exits.get(key)
    if found is None:
        raise NotFound("directory.no_exit", key=key)
    return found


def map_layers() -> tuple[terms.MapLayer, ...]:
    """The layers of the base map, as the pack lists them."""
    return city().map_layers


def _sorted(things: list[terms.T]) -> list[terms.T]:
    return sorted(things, key=lambda t: sort_key(in_language(t.name, "vi")))


def retention_rules(on: date) -> list[Rule]:
    """How long each kind of things is kept, by the city's table as it holds on a day. One statement, nothing cached."""
    rows = RetentionRule.objects.order_by("key")
    found = [
        Rule(r.key, r.what, r.months, r.event, r.then, r.automatic, r.source, r.name, r.valid_from)
        for r in rows
        if r.valid_to is None or on < r.valid_to
    ]
    return in_force(found, on)
