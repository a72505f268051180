"""Decisions of the directory: what is in force when, whose matter a place is, and arithmetic in working time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from ngomon.core.actors import Actor
from ngomon.directory.terms import AgencyKind, DayDecision, DayKind, Hours, RoutingRule

ONE_DAY = timedelta(days=1)
SEARCH_DAYS = 3660
"""How far a calendar looks for the next working day before it says that there is none. Units: days (ten years)."""


class Dated(Protocol):
    """Anything that is in force from a day until before another."""

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


def is_in_force(thing: Dated, on: date) -> bool:
    """Whether a thing is in force on a local day; validity is half open [from, to)."""
    starts, ends = thing.valid_from, thing.valid_to
    return (starts is None or starts <= on) and (ends is None or on < ends)


def may_edit(actor: Actor) -> bool:
    """Whether the actor may change the directory: the system itself (a pack, a duty) or an administrator."""
    return actor.kind == "system" or actor.holds("admin")


def may_decide_days(actor: Actor) -> bool:
    """Whether the actor may say which days are worked: an editor, or the city's office (Văn phòng UBND)."""
    return may_edit(actor) or actor.holds("city_office")


def may_set_roster(actor: Actor, agency: str) -> bool:
    """Whether the actor may set an agency's duty roster: an editor, the IOC's lead, or that agency's head."""
    own = any(g.role == "agency_head" and g.agency == agency for g in actor.grants)
    return may_edit(actor) or actor.holds("ioc_lead") or own


# --- working time ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorkingCalendar:
    """When offices work: weekly hours (Monday first), single days off, and days worked out of turn.

    A day worked out of turn (a make-up Saturday) has the longest hours of the week. Instants are aware; results are UTC.
    Raises: ValueError on a week without any hours.
    """

    hours: tuple[Hours, ...]
    off_days: frozenset[date]
    working_days: frozenset[date]
    timezone: str
    _days: dict[date, tuple[tuple[datetime, datetime], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        if len(self.hours) != 7 or not any(self.hours):
            raise ValueError("a week has seven days, and some of them have working hours")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def _make_up_hours(self) -> Hours:
        return max(self.hours, key=lambda day: sum(to - start for start, to in day))

    def local_day(self, at: datetime) -> date:
        """The city's day at an instant."""
        return at.astimezone(self.zone).date()

    def hours_on(self, on: date) -> Hours:
        """The working periods of a local day; empty on a day off. Units: minutes after midnight."""
        if on in self.working_days:
            return self.hours[on.weekday()] or self._make_up_hours
        return () if on in self.off_days else self.hours[on.weekday()]

    def is_working_day(self, on: date) -> bool:
        """Whether offices work at all on a local day."""
        return bool(self.hours_on(on))

    def periods(self, on: date) -> tuple[tuple[datetime, datetime], ...]:
        """The working periods of a local day as UTC instants, in order, each half open."""
        found = self._days.get(on)
        if found is None:
            made = ((self._instant(on, a), self._instant(on, b)) for a, b in self.hours_on(on))
            found = self._days[on] = tuple((a, b) for a, b in made if a < b)
        return found

    def _instant(self, on: date, minutes: int) -> datetime:
        day = on + timedelta(days=minutes // 1440)
        hour, minute = divmod(minutes % 1440, 60)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)

    def _periods_from(self, on: date) -> Iterator[tuple[datetime, datetime]]:
        for step in range(SEARCH_DAYS):
            yield from self.periods(on + timedelta(days=step))
        raise ValueError(f"no working day within {SEARCH_DAYS} days of {on}")

    def is_working(self, at: datetime) -> bool:
        """Whether offices work at this instant."""
        return any(a <= at < b for a, b in self.periods(self.local_day(at)))

    def next_working_start(self, at: datetime) -> datetime:
        """The first working instant not before this one: itself while offices work."""
        for a, b in self._periods_from(self.local_day(at)):
            if at < b:
                return max(a, at.astimezone(UTC))
        raise AssertionError("unreachable")

    def add_working_time(self, start_at: datetime, seconds: float) -> datetime:
        """The instant at which so much working time has passed; a whole period used up ends at its end.

        Units: seconds, not negative. The inverse of `working_seconds`. Raises: ValueError.
        """
        if seconds < 0:
            raise ValueError("working time is added, not taken away")
        left = timedelta(seconds=seconds)
        if not left:
            return self.next_working_start(start_at)
        for a, b in self._periods_from(self.local_day(start_at)):
            begin = max(a, start_at)
            if begin >= b:
                continue
            if left <= b - begin:
                return (begin + left).astimezone(UTC)
            left -= b - begin
        raise AssertionError("unreachable")

    def add_working_days(self, start_at: datetime, n: int) -> datetime:
        """The end of office hours on the nth working day after the local day of start.

        With n = 0 the first working day not before that day. Source: the day of receipt is not counted (Bộ luật Dân sự
        2015, điều 147 khoản 2). Raises: ValueError on a negative n.
        """
        if n < 0:
            raise ValueError("working days are added, not taken away")
        day = self.local_day(start_at)
        left = n
        if n == 0:
            day, left = day - ONE_DAY, 1
        for _ in range(SEARCH_DAYS + 2 * n):
            day += ONE_DAY
            left -= self.is_working_day(day)
            if left == 0:
                return self.periods(day)[-1][1]
        raise ValueError(f"no working day within {SEARCH_DAYS} days of {day}")

    def working_seconds(self, a: datetime, b: datetime) -> float:
        """How much working time lies between two instants; negative when b is the earlier. Units: seconds."""
        if b < a:
            return -self.working_seconds(b, a)
        total = timedelta()
        day, last = self.local_day(a), self.local_day(b)
        while day <= last:
            for start, end in self.periods(day):
                total += max(min(end, b) - max(start, a), timedelta())
            day += ONE_DAY
        return total.total_seconds()

    def working_days_between(self, after_on: date, until_on: date) -> int:
        """How many working days lie after one local day, up to and including another."""
        days = (until_on - after_on).days
        return sum(self.is_working_day(after_on + timedelta(days=i)) for i in range(1, days + 1))

    def days_off(self, from_on: date, until_on: date) -> list[date]:
        """The local days without work from one day up to and including another, to explain a deadline with."""
        days = (until_on - from_on).days
        every = (from_on + timedelta(days=i) for i in range(days + 1))
        return [day for day in every if not self.is_working_day(day)]


_ORIGINS = {"seed": 0, "pack": 1, "staff": 2}


def days_in_force(decisions: Iterable[DayDecision]) -> dict[date, DayDecision]:
    """One decision per day: the staff's stands above the pack's, the pack's above the seed's."""
    found: dict[date, DayDecision] = {}
    for decision in sorted(decisions, key=lambda d: _ORIGINS[d.origin]):
        found[decision.on] = decision
    return found


def calendar_of(hours: tuple[Hours, ...], days: Iterable[DayDecision], timezone: str) -> WorkingCalendar:
    """The working calendar that weekly hours and decided days make."""
    days = list(days)
    off = frozenset(d.on for d in days if d.kind == DayKind.OFF)
    working = frozenset(d.on for d in days if d.kind == DayKind.WORKING)
    return WorkingCalendar(hours=hours, off_days=off, working_days=working, timezone=timezone)


# --- routing --------------------------------------------------------------------------------------------------------

AT_PLACE = frozenset({AgencyKind.WARD_COMMITTEE.value, AgencyKind.WARD_POLICE.value})
"""What a routing rule may name instead of an agency: the one of this kind at the place."""


def rank_rules(
    rules: Iterable[RoutingRule],
    categories: tuple[str, ...],
    areas: tuple[str, ...],
    area_kind: str,
    on: date,
) -> list[RoutingRule]:
    """The rules that speak about a case, the most specific first; among equals the order of the table.

    Shape: `categories` and `areas` are the case's own and then what they lie under, nearest first; no place: ().
    The category weighs more than the area; an area by its key more than by its kind, its kind more than what it lies in.
    """
    ranked: list[tuple[tuple[int, int], int, RoutingRule]] = []
    for index, rule in enumerate(rules):
        by_category = _rank_category(rule.category, categories)
        by_area = _rank_area(rule.area, areas, area_kind)
        if by_category is not None and by_area is not None and is_in_force(rule, on):
            ranked.append(((by_category, by_area), index, rule))
    return [rule for _, _, rule in sorted(ranked, key=lambda r: r[:2])]


def _rank_category(wanted: str, categories: tuple[str, ...]) -> int | None:
    if wanted == "*":
        return len(categories)
    return categories.index(wanted) if wanted in categories else None


def _rank_area(wanted: str, areas: tuple[str, ...], kind: str) -> int | None:
    if wanted in {"", "*"}:
        return len(areas) + 2
    if not areas:
        return None
    if wanted == areas[0]:
        return 0
    if wanted.startswith("kind:"):
        return 1 if wanted == f"kind:{kind}" else None
    return areas.index(wanted) + 1 if wanted in areas else None


# --- upgrading a pack -----------------------------------------------------------------------------------------------

MANAGED: Mapping[str, frozenset[str]] = {
    "areas": frozenset({"kind", "parent", "valid_from", "valid_to", "successor", "label_lon", "label_lat"}),
    "agencies": frozenset({"kind"}),
    "categories": frozenset({"parent", "service"}),
    "routing": frozenset(),
    "answers": frozenset(),
    "places": frozenset({"lon", "lat"}),
    "exits": frozenset({"kind", "secrecy"}),
    "assets": frozenset({"plate", "lon", "lat"}),
    "retention": frozenset({"what", "event", "then"}),
    "oncall": frozenset(),
}
"""Fields whose value always comes from the pack, whatever the staff wrote: the city's structure, not its daily care."""


def merge(
    table: str,
    live: Mapping[str, Any],
    last: Mapping[str, Any] | None,
    new: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, tuple[Any, Any]]]:
    """What an upgrade sets on a row, and what it leaves to the staff as {field: (staff's, pack's)}.

    `last` is what the pack said when it was loaded before (None for a row the staff made): a field that still has that
    value was not touched and follows the pack; a touched one stays unless it is managed.
    """
    changes: dict[str, Any] = {}
    kept: dict[str, tuple[Any, Any]] = {}
    for name, value in new.items():
        if live[name] == value:
            continue
        untouched = last is not None and name in last and live[name] == last[name]
        if untouched or name in MANAGED[table]:
            changes[name] = value
        elif last is None or last.get(name) != value:
            kept[name] = (live[name], value)
    return changes, kept
