"""The words of command support: the command room (phòng chỉ huy), its phases, orders (lệnh, công điện), resources (lực
lượng, phương tiện), the log (nhật ký) and situation reports (báo cáo nhanh). An exercise (diễn tập) is a room that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event

INCIDENT = "incident"
ORDER = "order"
RESOURCE = "resource"
HANDOVER = "handover"
ORDER_PROCESS = "incidents.order"

Text = Mapping[str, str]


class Phase(StrEnum):
    """kích hoạt → lập sở chỉ huy → bức tranh chung → mệnh lệnh → báo cáo định kỳ → kết thúc → rút kinh nghiệm.

    `proposed`: a rule asks for a room and nobody has decided yet; `dismissed`: somebody decided against it;
    `closed`: the lessons are written, the room is an archive.
    """

    PROPOSED = "proposed"
    DISMISSED = "dismissed"
    ACTIVATED = "activated"
    COMMAND_POST = "command_post"
    PICTURE = "picture"
    ORDERS = "orders"
    REPORTING = "reporting"
    ENDED = "ended"
    CLOSED = "closed"


STEPS = (
    Phase.ACTIVATED,
    Phase.COMMAND_POST,
    Phase.PICTURE,
    Phase.ORDERS,
    Phase.REPORTING,
    Phase.ENDED,
    Phase.CLOSED,
)


class StaffRole(StrEnum):
    """Who does what in a room: commander, staff officer, technician of the operations centre, an agency's envoy.

    A volunteer (đội tình nguyện) holds no post: his seat lets him see and claim tickets of this room, nothing else.
    """

    COMMANDER = "commander"
    STAFF = "staff"
    TECHNICIAN = "technician"
    ENVOY = "envoy"
    VOLUNTEER = "volunteer"


class LogKind(StrEnum):
    """What a line of the log is. The words of `system` lines are a text's key and its values."""

    SYSTEM = "system"
    NOTE = "note"
    ORDER = "order"
    BRIEFING = "briefing"
    LESSON = "lesson"
    CORRECTION = "correction"


class Said(StrEnum):
    """By which way an order was given."""

    SYSTEM = "system"
    PHONE = "phone"
    RADIO = "radio"
    IN_PERSON = "in_person"


class ResourceKind(StrEnum):
    """What can be sent or used."""

    FORCE = "force"
    VEHICLE = "vehicle"
    BOAT = "boat"
    SHELTER = "shelter"
    STOCK = "stock"


class PaperKind(StrEnum):
    """What leaves a room on paper: a situation report, a formal order (công điện), the report after the action."""

    REPORT = "report"
    DISPATCH = "dispatch"
    AFTER = "after"


class Channel(StrEnum):
    """Ways out that reach the public or make a device sound: never from an exercise."""

    SIREN = "siren"
    SPEAKER = "speaker"
    LED = "led"
    PUBLIC_WARNING = "public_warning"
    VOICE = "voice"


# --- rules of a pack ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule of the pack that asks for a room, or opens it.

    `on`: `cases` (n of these categories in one area within so many minutes) or `level` (a station's water at an alarm).
    """

    key: str
    on: str
    kind: str
    name: Text
    opens: bool = False
    categories: tuple[str, ...] = ()
    n: int = 0
    within_minutes: int = 60
    station: str = ""
    alarm: int = 0
    legal: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """A river station with its alarm levels. Units: metres. Source: QĐ 05/2020/QĐ-TTg."""

    key: str
    name: Text
    river: Text
    lon: float
    lat: float
    alarms_m: tuple[float, ...]


# --- records ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A room in a list."""

    id: UUID
    number: str
    title: str
    kind: str
    phase: str
    is_exercise: bool
    areas: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    rule: str
    commander: UUID | None
    report_minutes: int
    next_report_at: datetime | None
    ended_at: datetime | None
    version: int
    why: str = ""

    @property
    def ref(self) -> Ref:
        """How others point at this room."""
        return Ref(INCIDENT, str(self.id), self.number, f"/ioc/rooms/{self.number}")

    @property
    def is_open(self) -> bool:
        """Whether the room works."""
        return self.phase in STEPS and self.phase not in {Phase.ENDED, Phase.CLOSED}


@dataclass(frozen=True, slots=True)
class LogView:
    """One line of the log: when it happened, when it was written, who wrote it, who heard it."""

    n: int
    at: datetime
    written_at: datetime
    kind: str
    words: str
    values: Mapping[str, Any]
    by: str
    heard_by: str
    corrects: int | None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order with where its process stands."""

    id: UUID
    room: UUID
    room_number: str
    is_exercise: bool
    n: int
    agency: str
    words: str
    said: str
    heard_by: str
    given_by: str
    given_at: datetime
    due_at: datetime
    dispatch: str
    step: str
    outcome: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    report: str
    reported_at: datetime | None
    ended_at: datetime | None
    call_since: datetime | None
    ack_due_at: datetime | None = None

    @property
    def ref(self) -> Ref:
        """How others point at this order."""
        return Ref(ORDER, str(self.id), f"Lệnh số {self.n} · {self.room_number}", f"/desk/orders/{self.id}")

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class ResourceLine:
    """A resource and where it is used now, if it is."""

    id: UUID
    key: str
    kind: str
    name: Text
    agency: str
    lon: float | None
    lat: float | None
    place: str
    capacity: int
    phone: str
    is_ready: bool
    note: str
    room: UUID | None = None
    room_number: str = ""
    task: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A document of a room. `files` holds the file's id by language once it was made."""

    id: UUID
    room: UUID
    kind: str
    n: int
    at: datetime
    by: str
    state: str
    files: Mapping[str, str]
    sent_to: int
    order: UUID | None
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenThing:
    """Something that a shift leaves open: an alarm, a room, an order nobody acknowledged, a promise, a fault, a note."""

    kind: str
    key: str
    label: str
    url: str
    since: datetime | None
    holder: UUID | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A hand-over sheet with what stands on it."""

    id: UUID
    number: str
    made_at: datetime
    giver: UUID
    given_at: datetime | None
    taker: UUID | None
    taken_at: datetime | None
    note: str
    version: int
    things: tuple[OpenThing, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing on the common picture. Shape: (lon, lat). `state` is one of the map's."""

    layer: str
    key: str
    title: str
    text: str
    lon: float
    lat: float
    state: str = "open"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a room at an instant. Base: what was gathered into it and given in it since it was opened."""

    cases: int
    cases_open: int
    reports: int
    orders: int
    orders_unacknowledged: int
    orders_late: int
    orders_done: int
    resources: int
    capacity: int
    people: int
    at: datetime


# --- events -------------------------------------------------------------------------------------------------------


@event("incidents.proposed")
class RoomProposed(Event):
    """A rule of the pack asks for a room."""

    incident: str
    number: str
    rule: str
    about: str


@event("incidents.opened")
class RoomOpened(Event):
    """A room works."""

    incident: str
    number: str
    about: str
    is_exercise: bool
    rule: str


@event("incidents.phase_changed")
class PhaseChanged(Event):
    """A room went on."""

    incident: str
    was: str
    now: str


@event("incidents.logged")
class Logged(Event):
    """A line was written into the log; its words are committed to."""

    incident: str
    n: int
    line: str
    happened: str


@event("incidents.order_given")
class OrderGiven(Event):
    """An order went to an agency."""

    incident: str
    order: str
    n: int
    agency: str
    said: str
    due: str


@event("incidents.order_moved")
class OrderMoved(Event):
    """An order was acknowledged, reported on, accepted, sent back or withdrawn."""

    incident: str
    order: str
    n: int
    action: str
    step: str


@event("incidents.resource_assigned")
class ResourceAssigned(Event):
    """A resource works for a room."""

    incident: str
    resource: str


@event("incidents.resource_released")
class ResourceReleased(Event):
    """A resource is free again."""

    incident: str
    resource: str


@event("incidents.case_gathered")
class CaseGathered(Event):
    """A case belongs to an incident."""

    incident: str
    case: str


@event("incidents.case_released")
class CaseReleased(Event):
    """A case was taken out of an incident again."""

    incident: str
    case: str


@event("incidents.paper_asked")
class PaperAsked(Event):
    """A document is to be made; its content is frozen."""

    incident: str
    paper: str
    paper_kind: str
    n: int


@event("incidents.paper_made")
class PaperMade(Event):
    """A document is there, in both languages."""

    incident: str
    paper: str
    paper_kind: str
    n: int


@event("incidents.handover_made")
class HandoverMade(Event):
    """A shift lead began the hand-over: this many things were open."""

    sheet: str
    number: str
    open: int


@event("incidents.handover_confirmed")
class HandoverConfirmed(Event):
    """A shift lead confirmed a sheet by name: `side` is given or taken."""

    sheet: str
    number: str
    side: str
    open: int


@event("incidents.level_noted")
class LevelNoted(Event):
    """A water level was read at a station. Units: metres."""

    station: str
    level_m: float
    observed: str
