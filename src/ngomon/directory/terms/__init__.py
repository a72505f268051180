"""The words of the directory: areas, agencies, categories, who is responsible where, and when offices work. Pure.

Everything here is date-effective: `valid_from` is the first local day a thing is in force, `valid_to` the first day it
no longer is (None: open). A thing that ended may name its successor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from ngomon.core.errors import Invalid
from ngomon.core.terms import Event, event
from ngomon.directory.exits import Exit as Exit
from ngomon.directory.exits import ExitKind as ExitKind
from ngomon.directory.exits import Secrecy as Secrecy
from ngomon.directory.oncall import CallPlan as CallPlan
from ngomon.directory.oncall import CallWay as CallWay
from ngomon.directory.terms.places import Asset as Asset
from ngomon.directory.terms.places import PartKind as PartKind
from ngomon.directory.terms.places import PlacePart as PlacePart
from ngomon.directory.terms.places import PlaceReading as PlaceReading
from ngomon.directory.terms.places import Understood as Understood

Text = Mapping[str, str]
"""A name or text by language code; read it with `core.text.in_language`."""

T = TypeVar("T", "Area", "Agency")

Hours = tuple[tuple[int, int], ...]
"""Working periods of one day. Units: minutes after local midnight, each half open [from, to)."""


class AreaKind(StrEnum):
    """Đơn vị hành chính. Since 1 July 2025 two tiers: city, and ward (phường) or commune (xã)."""

    CITY = "city"
    WARD = "ward"
    COMMUNE = "commune"
    FORMER_WARD = "former_ward"
    FORMER_DISTRICT = "former_district"


class AgencyKind(StrEnum):
    """Cơ quan, đơn vị that a case can be given to."""

    CITY_OFFICE = "city_office"
    DEPARTMENT = "department"
    WARD_COMMITTEE = "ward_committee"
    POLICE = "police"
    WARD_POLICE = "ward_police"
    UTILITY = "utility"
    CENTRE = "centre"
    MILITARY = "military"
    UNION = "union"


class Group(StrEnum):
    """Nhóm quy trình: có thời gian (working time), tức thời (minutes by the clock on the wall), hỏi đáp (questions)."""

    TIMED = "timed"
    INSTANT = "instant"
    QUESTION = "question"


class DayKind(StrEnum):
    """What a decision makes of a day, against the weekly hours."""

    OFF = "off"
    WORKING = "working"


class Shift(StrEnum):
    """Ca trực. A night shift belongs to the day it begins on."""

    DAY = "day"
    NIGHT = "night"


READINESS = ("agency_head", "agency_clerk", "substitute")
"""Who must have answered a test message before an agency counts as ready."""


@dataclass(frozen=True, slots=True)
class Area:
    """A ward, a commune, the city, or a unit of before that became part of one. `label` is (lon, lat)."""

    key: str
    kind: str
    name: Text
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""
    label: tuple[float, float] | None = None
    area_km2: float | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    """Whoever handles cases. `area` is the one it answers for, empty for the whole city. `is_ready`: see READINESS."""

    key: str
    name: Text
    short: Text
    kind: str
    area: str = ""
    size: str = "normal"
    parent: str = ""
    email: str = ""
    phone: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """What a report is about. A leaf has a group and a budget: working days (timed) or minutes (instant)."""

    key: str
    parent: str
    name: Text
    icon: str = ""
    group: str = ""
    budget_days: int | None = None
    budget_minutes: int | None = None
    legal_source: str = ""
    photo_required: bool = False
    after_photo: str = "optional"
    public_map: bool = True
    hint: Text = field(default_factory=dict)
    words: tuple[str, ...] = ()
    danger_words: tuple[str, ...] = ()
    service: str = "field_reports"
    order: int = 0
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category with what lies under it."""

    category: Category
    children: tuple[CategoryNode, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """One row of the routing table. `agency` may also say `ward_committee` or `ward_police`: the one at the place."""

    id: int
    category: str
    area: str
    agency: str
    why: Text
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a case belongs and why, in words. `rule` is the id of the row that decided, 0 when none did."""

    agency: str
    why: Text
    rule: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A position (vị trí) in an agency; identity knows who holds it. `substitute_of`: the post it stands in for."""

    id: UUID
    agency: str
    role: str
    area: str = ""
    seat: str = "1"
    title: Text = field(default_factory=dict)
    substitute_of: UUID | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class DutySlot:
    """One line of a duty roster (lịch trực): this post on this weekday's shift, and the post that steps in for it."""

    agency: str
    weekday: int
    shift: str
    post: UUID
    substitute: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the gazetteer. Shape: lon, lat in WGS 84."""

    key: str
    name: Text
    kind: str
    lon: float
    lat: float
    area: str = ""
    aliases: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class NearPlace:
    """The gazetteer's entry nearest to a point."""

    place: Place
    distance_m: float


@dataclass(frozen=True, slots=True)
class FormerUnit:
    """A unit of before a re-organisation and the areas of today it went into."""

    area: Area
    successors: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class StandardText:
    """A text kept ready for an action (acknowledge, ask, reject …); braces hold variables."""

    key: str
    action: str
    category: str
    text: Text


@dataclass(frozen=True, slots=True)
class DayDecision:
    """A day that is off, or working, against the weekly hours. `origin` is seed, pack or staff."""

    on: date
    kind: str
    name: Text
    source: str = ""
    decided_on: date | None = None
    origin: str = "seed"


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """What a channel asks of a reporter for a category: `account`, `verified_phone` or `anonymous`."""

    channel: str
    category: str
    requires: str


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column of the overdue board, and whether the public sees it."""

    key: str
    public: bool


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer of the base map, a file of the pack."""

    key: str
    file: str
    kind: str
    name: Text


@dataclass(frozen=True, slots=True)
class Defaults:
    """Budgets where no category says otherwise. Source: QĐ 30/2022/QĐ-UBND for Huế; each pack gives its own."""

    acknowledge_minutes: int = 30
    budget_working_days: int = 7
    reminder_ratio: float = 0.7
    escalate_after_working_hours: int = 8


@dataclass(frozen=True, slots=True)
class City:
    """What `city.toml` says. `bounds` is west, south, east, north; `extra` holds what other rooms read themselves."""

    key: str
    version: str
    name: Text
    timezone: str
    languages: tuple[str, ...]
    currency: str
    center: tuple[float, float]
    zoom: float
    bounds: tuple[float, float, float, float]
    boundary: str
    hotline: str
    case_prefix: str
    office_name: Text
    site_name: Text
    working_hours: tuple[Hours, ...]
    night_from: time
    night_to: time
    day_shift_from: time
    night_shift_from: time
    defaults: Defaults
    sign_in: tuple[SignInPolicy, ...]
    board: tuple[BoardColumn, ...]
    map_layers: tuple[MapLayer, ...]
    calendar_seed: str
    confirmed_years: tuple[int, ...]
    photos_max_count: int = 5
    photos_max_mb: int = 12
    tone_style: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a pack or a workbook. `where` is the file or sheet; `line` its row as a person counts."""

    where: str
    line: int
    column: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


class InvalidData(Invalid):
    """A pack or workbook that cannot be taken; nothing of it was. `problems` lists everything wrong with it."""

    def __init__(self, code: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(code, n=len(problems))
        self.problems = problems

    def __str__(self) -> str:
        lines = [f"{p.where}:{p.line}: {p.column}: {p.code} {dict(p.values) or ''}" for p in self.problems]
        return "\n".join([self.code, *lines])


@dataclass(frozen=True, slots=True)
class RowChange:
    """What loading a pack did, or would do, to one row. `fields` maps a name to (before, after)."""

    table: str
    key: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackDiff:
    """The difference between a pack and what is loaded. `kept` are fields where the staff's edit stands."""

    pack: str
    from_version: str
    to_version: str
    added: tuple[RowChange, ...] = ()
    changed: tuple[RowChange, ...] = ()
    closed: tuple[RowChange, ...] = ()
    removed: tuple[RowChange, ...] = ()
    kept: tuple[RowChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether loading writes nothing."""
        return not (self.added or self.changed or self.closed or self.removed)


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """A line of the workbook's officers' sheet, its post made; identity opens the account and gives the post."""

    line: int
    email: str
    phone: str
    name: str
    given_name: str
    title: Text
    post: UUID
    agency: str
    role: str
    area: str
    is_primary: bool
    substitute_for: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class WorkbookResult:
    """What importing a workbook did here, and the officers whom identity must now take up."""

    agencies_added: tuple[str, ...]
    agencies_changed: tuple[str, ...]
    posts_added: int
    officers: tuple[OfficerRow, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an agency can be reached: who acknowledged a test message, and who has not."""

    agency: str
    acknowledged: Mapping[str, datetime]
    missing: tuple[str, ...]


@event("directory.directory_changed")
class DirectoryChanged(Event):
    """Something of the directory changed; caches older than `version` are stale."""

    version: int


@event("directory.agency_succeeded")
class AgencySucceeded(Event):
    """An agency ended and another took its place: open work moves. Emitted when the day has come."""

    agency: str
    successor: str


@event("directory.calendar_decided")
class CalendarDecided(Event):
    """It was decided that a day (ISO) is off or working: running deadlines may move."""

    day: str
    is_working: bool


@event("directory.year_confirmed")
class YearConfirmed(Event):
    """Somebody confirmed that a year's days off are complete."""

    year: int


@event("directory.post_added")
class PostAdded(Event):
    """A position was made."""

    post: str
    agency: str
    role: str


@event("directory.post_ended")
class PostEnded(Event):
    """A position ends on a day (ISO); whoever holds it loses it then."""

    post: str
    agency: str
    role: str
    on: str


@event("directory.agency_ready")
class AgencyReady(Event):
    """Head, intake clerk and substitute have all acknowledged a test message."""

    agency: str


@event("directory.roster_set")
class RosterSet(Event):
    """An agency's duty roster was replaced."""

    agency: str
