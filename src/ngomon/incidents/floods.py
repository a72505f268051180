"""Reads of the flood room: households to move by hamlet, tickets for teams. Who somebody is, is opened for a purpose and audited."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit_look
from ngomon.core.errors import NotFound, Refused
from ngomon.core.ids import Ref, plain_number
from ngomon.core.secrets import open_text
from ngomon.directory import queries as directory
from ngomon.identity.rules import may, require

from .flood_rules import is_to_move, standing
from .flood_terms import HOUSEHOLD, TICKET, Hamlet, HouseholdLine, TicketLine, TicketState, TickSaid
from .models import Household, Room, Staff, Tick, Ticket
from .terms import StaffRole

PURPOSE_MOVE = "sơ tán"
PURPOSE_RESCUE = "cứu nạn, cứu trợ"


_Standing = dict[UUID, tuple[TickSaid, tuple[TickSaid, ...]]]


def may_see_households(actor: Actor, area: str) -> bool:
    """Whether an actor may know who lives where in an area: the ward's own people, and the duty desk."""
    if actor.holds("ioc_operator", "ioc_lead"):
        return True
    own = {
        directory.agency(key).area for key in actor.agencies("agency_clerk", "agency_head", "agency_officer")
    }
    return area in own


def _standing(room: UUID, households: Iterable[UUID]) -> _Standing:
    """Of each household that was ticked in a room: the tick that counts, and those it is in dispute with."""
    rows = Tick.objects.filter(room_id=room, household_id__in=list(households))
    said: dict[UUID, list[TickSaid]] = {}
    columns = ("household_id", "state", "by", "at", "written_at", "seen_at")
    for household, state, by, at, written_at, seen_at in rows.values_list(*columns):
        said.setdefault(household, []).append(TickSaid(state, by, at, written_at, seen_at or at))
    found: _Standing = {}
    for household, ticks in said.items():
        counts, others = standing(ticks)
        if counts is not None:
            found[household] = (counts, others)
    return found


def disputed(room: str, household: UUID, *, actor: Actor) -> tuple[TickSaid, ...]:
    """What others say of a household otherwise than the tick that counts. Raises: Refused."""
    area = Household.objects.filter(pk=household).values_list("area", flat=True).first()
    if area is None or not may_see_households(actor, area):
        raise Refused("incidents.refused.households")
    id = Room.objects.filter(number=plain_number(room)).values_list("pk", flat=True).first()
    found = _standing(id, [household]).get(household) if id else None
    if found is None or not found[1]:
        return ()
    return (found[0], *found[1])


def hamlets(room: UUID, *, alarm: int, areas: Iterable[str], actor: Actor) -> list[Hamlet]:
    """By hamlet: households that are to move at an alarm, and what became of them. No names. Raises: Refused."""
    if not (may(actor, "incident.see") or may(actor, "household.tick")):
        require(actor, "incident.see")
    rows = Household.objects.filter(alarm__gte=1, alarm__lte=alarm).order_by("area", "hamlet")
    wanted = list(areas)
    if wanted:
        rows = rows.filter(area__in=wanted)
    found = list(rows)
    states = _standing(room, [row.pk for row in found])
    kept: dict[tuple[str, str], list[Household]] = {}
    for row in found:
        if is_to_move(row.alarm, alarm):
            kept.setdefault((row.area, row.hamlet), []).append(row)
    return [_hamlet(area, name, lines, states) for (area, name), lines in kept.items()]


def _hamlet(area: str, name: str, rows: list[Household], states: _Standing) -> Hamlet:
    said = [states[row.pk][0].state for row in rows if row.pk in states]
    return Hamlet(
        area=area,
        name=name,
        households=len(rows),
        people=sum(row.people for row in rows),
        vulnerable=sum(row.elderly + row.children + row.disabled for row in rows),
        moved=said.count("moved"),
        refused=said.count("refused"),
        absent=said.count("absent"),
        returned=said.count("returned"),
        disputed=sum(1 for row in rows if row.pk in states and states[row.pk][1]),
    )


def households(
    room: UUID, *, area: str, hamlet: str, alarm: int, actor: Actor, at: datetime
) -> list[HouseholdLine]:
    """The households of a hamlet with names and telephones, those with the vulnerable first; runs in a unit, as a look.

    Raises: Refused for another ward's people.
    """
    if not may_see_households(actor, area):
        raise Refused("incidents.refused.households")
    rows = list(Household.objects.filter(area=area, hamlet=hamlet, alarm__gte=1, alarm__lte=alarm))
    audit_look([Ref(HOUSEHOLD, str(row.pk)) for row in rows], actor=actor, at=at, purpose=PURPOSE_MOVE)
    states = _standing(room, [row.pk for row in rows])
    lines = [_household(row, *states.get(row.pk, (None, ()))) for row in rows]
    return sorted(lines, key=_first)


def _first(line: HouseholdLine) -> tuple[bool, bool, int]:
    """In dispute, then not ticked yet, then the vulnerable."""
    return not line.others, bool(line.state), -(line.elderly + line.children + line.disabled)


def _household(row: Household, counts: TickSaid | None, others: tuple[TickSaid, ...]) -> HouseholdLine:
    who = json.loads(open_text(row.sealed) or "{}")
    return HouseholdLine(
        id=row.pk,
        area=row.area,
        hamlet=row.hamlet,
        alarm=row.alarm,
        people=row.people,
        elderly=row.elderly,
        children=row.children,
        disabled=row.disabled,
        head=who.get("head", ""),
        phone=who.get("phone", ""),
        address=who.get("address", ""),
        note=who.get("note", ""),
        state=counts.state if counts else "",
        state_at=counts.at if counts else None,
        state_by=counts.by if counts else "",
        others=others,
    )


# --- tickets ----------------------------------------------------------------------------------------------------------


def is_seated(room: UUID, actor: Actor) -> bool:
    """Whether an actor sits in a room as a volunteer."""
    if actor.account_id is None:
        return False
    seats = Staff.objects.filter(room_id=room, account=actor.account_id, to_at__isnull=True)
    return seats.filter(role=StaffRole.VOLUNTEER).exists()


def rooms_seated(actor: Actor) -> list[tuple[UUID, str, str]]:
    """The rooms in which an actor sits as a volunteer: id, number, title."""
    if actor.account_id is None:
        return []
    seats = Staff.objects.filter(account=actor.account_id, role=StaffRole.VOLUNTEER, to_at__isnull=True)
    rooms = Room.objects.filter(pk__in=seats.values("room_id"))
    return list(rooms.order_by("-opened_at").values_list("pk", "number", "title"))


def _ticket(row: Ticket, is_open_to: bool) -> TicketLine:
    who = json.loads(open_text(row.sealed) or "{}") if is_open_to else {}
    return TicketLine(
        row.pk, row.n, row.room_id, row.kind, row.state, row.place, row.lon, row.lat, row.people, row.vulnerable,
        row.words, row.reports, row.source, row.opened_at, row.claimed_by, row.team, row.claimed_at, row.done_at,
        row.outcome, who.get("name", ""), who.get("phone", ""), row.room.is_exercise,
    )  # fmt: skip


ORDER = {TicketState.OPEN: 0, TicketState.CLAIMED: 1, TicketState.DONE: 2, TicketState.WITHDRAWN: 3}


def tickets(room: UUID, *, actor: Actor, limit: int = 300) -> list[TicketLine]:
    """A room's tickets without names: rescue before relief, open first, the vulnerable first. Raises: Refused."""
    if not (may(actor, "incident.see") or is_seated(room, actor)):
        raise Refused("incidents.refused.tickets")
    rows = Ticket.objects.filter(room_id=room).select_related("room").order_by("opened_at")[:limit]
    lines = [_ticket(row, is_open_to=False) for row in rows]
    return sorted(lines, key=lambda t: (ORDER[TicketState(t.state)], t.kind != "rescue", -t.vulnerable, t.n))


def my_tickets(actor: Actor, at: datetime) -> list[TicketLine]:
    """What this actor claimed and has not done, with name and telephone; runs in a unit, as a look."""
    if actor.account_id is None:
        return []
    rows = list(
        Ticket.objects.filter(claimed_by=actor.account_id, state=TicketState.CLAIMED).select_related("room")
    )
    audit_look([Ref(TICKET, str(row.pk)) for row in rows], actor=actor, at=at, purpose=PURPOSE_RESCUE)
    return [_ticket(row, is_open_to=True) for row in rows]


def ticket_room(id: UUID) -> UUID:
    """The room of a ticket. Raises: NotFound."""
    found: UUID | None = Ticket.objects.filter(pk=id).values_list("room_id", flat=True).first()
    if found is None:
        raise NotFound("incidents.error.no_ticket")
    return found
