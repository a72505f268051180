"""Reads of command support: rooms, their log, orders, resources, papers, figures; what the pack's rules and stations are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from ngomon.cases.gathering import lines_by_id
from ngomon.cases.terms import CaseLine
from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound, Refused
from ngomon.core.ids import plain_number
from ngomon.directory import queries as directory
from ngomon.identity.rules import may, require
from ngomon.processes.standing import standing_of
from ngomon.processes.terms import Moved

from .models import Gathered, Level, LogLine, Order, Paper, Resource, Room, Staff, Use
from .rules import alarm_of, may_reach, stations_of, triggers_of
from .terms import (
    ORDER,
    Figures,
    LogView,
    OrderLine,
    PaperLine,
    Phase,
    ResourceLine,
    RoomLine,
    Station,
    Trigger,
)

LIVING = tuple(p for p in Phase if p not in {Phase.DISMISSED, Phase.ENDED, Phase.CLOSED})


def _pack() -> Mapping[str, Any]:
    found = directory.city().extra.get("incidents")
    return found if isinstance(found, Mapping) else {}


def triggers() -> tuple[Trigger, ...]:
    """The rules of the pack that ask for rooms."""
    return triggers_of(_pack())


def stations() -> tuple[Station, ...]:
    """The river stations of the pack."""
    return stations_of(_pack())


# --- rooms --------------------------------------------------------------------------------------------------------


def _room(row: Room) -> RoomLine:
    return RoomLine(
        id=row.pk,
        number=row.number,
        title=row.title,
        kind=row.kind,
        phase=row.phase,
        is_exercise=row.is_exercise,
        areas=tuple(row.areas.split()),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        rule=row.rule,
        commander=row.commander,
        report_minutes=row.report_minutes,
        next_report_at=row.next_report_at,
        ended_at=row.ended_at,
        version=row.version,
        why=row.why,
    )


def rooms(*, actor: Actor, limit: int = 100) -> list[RoomLine]:
    """Every room, the proposed ones first, then those at work, then the ended ones; newest first. Raises: Refused."""
    require(actor, "incident.see")
    found = [_room(row) for row in Room.objects.order_by("-opened_at")[:limit]]
    order = {Phase.PROPOSED: 0, Phase.ENDED: 2, Phase.CLOSED: 3, Phase.DISMISSED: 4}
    return sorted(found, key=lambda line: order.get(Phase(line.phase), 1))


def room(number: str, *, actor: Actor) -> RoomLine:
    """One room. Raises: Refused, NotFound."""
    require(actor, "incident.see")
    row = Room.objects.filter(number=plain_number(number)).first()
    if row is None:
        raise NotFound("incidents.error.no_room", number=number)
    return _room(row)


def room_by_id(id: UUID) -> RoomLine:
    """One room, for what the system does by itself. Raises: NotFound."""
    row = Room.objects.filter(pk=id).first()
    if row is None:
        raise NotFound("incidents.error.no_room", number=str(id))
    return _room(row)


def alarm_of_room(id: UUID) -> int:
    """At which alarm households are to move in a room; 0 where nobody is."""
    found = Room.objects.filter(pk=id).values_list("alarm", flat=True).first()
    return int(found or 0)


def rooms_living() -> list[RoomLine]:
    """The rooms that are proposed or at work."""
    return [_room(row) for row in Room.objects.filter(phase__in=LIVING).order_by("opened_at")]


def require_channel(id: UUID, channel: str) -> None:
    """Refuse a way out that this room may not use: every door to a siren, a speaker or the public asks here first.

    Raises: Refused for an exercise; NotFound.
    """
    line = room_by_id(id)
    if not may_reach(channel, is_exercise=line.is_exercise):
        raise Refused("incidents.refused.exercise", number=line.number, channel=channel)


def staff(id: UUID) -> list[tuple[UUID, str, datetime]]:
    """Who sits in a room now: account, role, since when; the commander first."""
    rows = Staff.objects.filter(room_id=id, to_at__isnull=True).order_by("from_at")
    found = list(rows.values_list("account", "role", "from_at"))
    return sorted(found, key=lambda row: row[1] != "commander")


def log(id: UUID, *, after: int = 0, limit: int = 500) -> list[LogView]:
    """The lines of a room's log behind a number, oldest first."""
    rows = LogLine.objects.filter(room_id=id, n__gt=after).order_by("n")[:limit]
    return [
        LogView(r.n, r.at, r.written_at, r.kind, r.words, json.loads(r.values), r.by, r.heard_by, r.corrects)
        for r in rows
    ]


# --- orders -------------------------------------------------------------------------------------------------------


def _orders(found: Q) -> list[OrderLine]:
    rows = list(Order.objects.filter(found).select_related("room").order_by("room_id", "n")[:500])
    where = standing_of(ORDER, [str(row.pk) for row in rows])
    return [_order(row, where[str(row.pk)]) for row in rows if str(row.pk) in where]


def _order(row: Order, moved: Moved) -> OrderLine:
    return OrderLine(
        id=row.pk,
        room=row.room_id,
        room_number=row.room.number,
        is_exercise=row.room.is_exercise,
        n=row.n,
        agency=row.agency,
        words=row.words,
        said=row.said,
        heard_by=row.heard_by,
        given_by=row.given_by,
        given_at=row.given_at,
        due_at=row.due_at,
        dispatch=row.dispatch,
        step=moved.step,
        outcome=moved.outcome,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        report=row.report,
        reported_at=row.reported_at,
        ended_at=row.closed_at,
        call_since=row.call_since,
        ack_due_at=moved.task_due_at if moved.step == "acknowledge" else None,
    )


def orders_of(id: UUID) -> list[OrderLine]:
    """The orders of a room in their numbers. Two statements."""
    return _orders(Q(room_id=id))


def open_orders(id: UUID) -> list[OrderLine]:
    """Those that still ask something of somebody."""
    return [line for line in orders_of(id) if line.is_open]


def orders_for(actor: Actor) -> list[OrderLine]:
    """The orders of this actor's agencies, open ones first, the most urgent on top. Raises: Refused."""
    require(actor, "order.see")
    agencies = sorted(actor.agencies())
    lines = _orders(Q(agency__in=agencies) & Q(room__phase__in=[*LIVING, Phase.ENDED]))
    return sorted(lines, key=lambda line: (not line.is_open, line.due_at))


def order_by_id(id: UUID) -> OrderLine | None:
    """One order, for what the system does by itself."""
    return next(iter(_orders(Q(pk=id))), None)


def order(id: UUID, *, actor: Actor) -> OrderLine:
    """One order, for its agency and for the command post. Raises: NotFound, also for what is not for this actor."""
    line = order_by_id(id)
    if line is None or not (may(actor, "incident.see") or line.agency in actor.agencies()):
        raise NotFound("incidents.error.no_order")
    return line


# --- resources ----------------------------------------------------------------------------------------------------


def resources(*, room: UUID | None = None) -> list[ResourceLine]:
    """All resources with where they work now; with a room only those that work for it. Two statements."""
    using = Use.objects.filter(to_at__isnull=True).select_related("room")
    if room is not None:
        using = using.filter(room_id=room)
    uses = {use.resource_id: use for use in using}
    rows = Resource.objects.order_by("kind", "key")
    if room is not None:
        rows = rows.filter(pk__in=list(uses))
    return [_resource(row, uses.get(row.pk)) for row in rows]


def _resource(row: Resource, use: Use | None) -> ResourceLine:
    return ResourceLine(
        id=row.pk,
        key=row.key,
        kind=row.kind,
        name=json.loads(row.name),
        agency=row.agency,
        lon=row.lon,
        lat=row.lat,
        place=row.place,
        capacity=row.capacity,
        phone=row.phone,
        is_ready=row.is_ready,
        note=row.note,
        room=use.room_id if use else None,
        room_number=use.room.number if use else "",
        task=use.task if use else "",
        since=use.from_at if use else None,
    )


# --- cases, levels, papers, figures -------------------------------------------------------------------------------


def cases_of(id: UUID, *, actor: Actor) -> list[CaseLine]:
    """The cases that belong to an incident now, newest first, as far as the actor may know of them."""
    ids = Gathered.objects.filter(room_id=id, released_at__isnull=True).values_list("case", flat=True)
    return lines_by_id(ids, actor=actor)


def rooms_of_case(case: UUID) -> list[RoomLine]:
    """The incident that a case belongs to now, if any."""
    held = Gathered.objects.filter(case=case, released_at__isnull=True).select_related("room")
    return [_room(row.room) for row in held]


def levels() -> list[tuple[Station, float | None, datetime | None, int]]:
    """Each station with its last reading and the alarm reached."""
    rows = {row.station: row for row in Level.objects.all()}
    found = []
    for station in stations():
        row = rows.get(station.key)
        alarm = alarm_of(row.level_m, station) if row else 0
        found.append((station, row.level_m if row else None, row.observed_at if row else None, alarm))
    return found


def _paper(row: Paper) -> PaperLine:
    return PaperLine(
        row.pk, row.room_id, row.kind, row.n, row.at, row.by, row.state, json.loads(row.files), row.sent_to,
        row.order_id, json.loads(row.content),
    )  # fmt: skip


def papers_of(id: UUID) -> list[PaperLine]:
    """The documents of a room, newest first."""
    return [_paper(row) for row in Paper.objects.filter(room_id=id).order_by("-at")]


def paper(id: UUID) -> PaperLine:
    """One document. Raises: NotFound."""
    row = Paper.objects.filter(pk=id).first()
    if row is None:
        raise NotFound("incidents.error.no_paper")
    return _paper(row)


def papers_asked(limit: int = 5) -> list[PaperLine]:
    """What is to be made, the oldest first."""
    return [_paper(row) for row in Paper.objects.filter(state="asked").order_by("id")[:limit]]


def figures(id: UUID, at: datetime, *, actor: Actor) -> Figures:
    """The numbers of a room now."""
    lines, given, used = cases_of(id, actor=actor), orders_of(id), resources(room=id)
    people = [r for r in used if r.kind == "force"]
    return Figures(
        cases=len(lines),
        cases_open=sum(line.closed_at is None for line in lines),
        reports=sum(line.reports for line in lines),
        orders=len(given),
        orders_unacknowledged=sum(line.step == "acknowledge" for line in given),
        orders_late=sum(line.is_open and line.due_at < at for line in given),
        orders_done=sum(line.outcome == "done" for line in given),
        resources=len(used),
        capacity=sum(r.capacity for r in used if r.kind in {"boat", "shelter", "vehicle"}),
        people=sum(r.capacity for r in people),
        at=at,
    )
