"""What is done in a flood: the alarm that says who is to move, lists, ticks, tickets and their claims."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import CityError, Conflict, Invalid, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.geo import lon_lat
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import fetch, hold, save
from ngomon.core.secrets import blind, seal_text
from ngomon.core.text import clean, fold
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity.rules import may, read_contact, require

from ..flood_rules import Call, is_same_house, may_move
from ..flood_terms import (
    HOUSEHOLD,
    HouseholdTicked,
    Moved,
    TakenIn,
    TicketKind,
    TicketMoved,
    TicketOpened,
    TicketState,
)
from ..floods import is_seated, may_see_households, ticket_room
from ..models import Household, Room, Tick, Ticket, TicketCall
from ..rules import prefix
from ..terms import LogKind, Phase
from .log import AUDIENCE, NEVER, held, working, write

MOST_ROWS = 5000
MOST_PEOPLE = 200


@command
def set_alarm(room: str, alarm: int, *, actor: Actor, at: datetime) -> None:
    """Say at which alarm households are to move now (0: none). Raises: Refused, Conflict, Invalid."""
    require(actor, "incident.command")
    found = working(room)
    if alarm not in {0, 1, 2, 3}:
        raise Invalid.field("alarm", "incidents.error.bad_alarm")
    found.alarm = alarm
    write(found, LogKind.SYSTEM, "incidents.log.alarm", {"alarm": alarm}, actor=actor, at=at)
    save(found)


def _number(row: Mapping[str, str], name: str, most: int = MOST_PEOPLE) -> int:
    said = (row.get(name) or "0").strip()
    if not said.isdecimal() or int(said) > most:
        raise Invalid.field(name, "incidents.error.bad_number")
    return int(said)


def _rows(table: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    if not rows or len(rows) > MOST_ROWS:
        raise Invalid.field("file", "incidents.error.bad_list")
    return rows


@command
def load_households(area: str, table: str, *, actor: Actor, at: datetime) -> int:
    """Take in a ward's list of households to move: columns hamlet, head, address, alarm, people, elderly, children, disabled,
    phone, note; how many. A household known by head and address is updated; who it is, is kept encrypted.

    Raises: Refused for another ward; Invalid naming the line, nothing taken in.
    """
    require(actor, "household.list")
    directory.area(area)
    if not (may_see_households(actor, area) or actor.holds("city_office", "leader")):
        raise Refused("incidents.refused.households")
    rows = _rows(table)
    for line, row in enumerate(rows, 2):
        try:
            _household(area, row)
        except CityError as error:
            raise Invalid("incidents.error.bad_row", fields={"file": error.code}, line=line) from error
        except KeyError as error:
            raise Invalid(
                "incidents.error.bad_row", fields={"file": "incidents.error.bad_list"}, line=line
            ) from error
    audit("incidents.load_households", Ref("area", area), actor=actor, at=at, detail={"n": len(rows)})
    return len(rows)


def _household(area: str, row: Mapping[str, str]) -> None:
    head, address, hamlet = clean(row["head"])[:120], clean(row["address"])[:200], clean(row["hamlet"])[:80]
    if not (head and hamlet):
        raise Invalid.field("head", "incidents.error.bad_list")
    alarm, people = _number(row, "alarm", 3), _number(row, "people")
    if not alarm or not people:
        raise Invalid.field("alarm", "incidents.error.bad_number")
    phone = (row.get("phone") or "").strip()
    who = {
        "head": head,
        "address": address,
        "phone": read_contact(phone).value if phone else "",
        "note": clean(row.get("note") or "")[:200],
    }
    Household.objects.update_or_create(
        area=area,
        blind=blind(f"{fold(head)}|{fold(address)}|{fold(hamlet)}", "household"),
        defaults={
            "hamlet": hamlet, "alarm": alarm, "people": people, "elderly": _number(row, "elderly"),
            "children": _number(row, "children"), "disabled": _number(row, "disabled"),
            "sealed": seal_text(json.dumps(who, ensure_ascii=False, sort_keys=True)),
        },
    )  # fmt: skip


@command
def remove_household(id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take a household off the list: it moved away, or asks for it. Who it was is erased; ticks keep their number.

    Raises: Refused, NotFound.
    """
    require(actor, "household.list")
    row = Household.objects.select_for_update().filter(pk=id).first()
    if row is None or not (may_see_households(actor, row.area) or actor.holds("city_office", "leader")):
        raise NotFound("incidents.error.no_household")
    row.sealed, row.alarm, row.blind = "", 0, f"gone:{row.pk.hex}"
    row.save(update_fields=["sealed", "alarm", "blind"])
    audit("incidents.remove_household", Ref(HOUSEHOLD, str(id)), actor=actor, at=at)


def _ticked_in(number: str, happened: datetime) -> Room:
    """The room of a tick, held: one that works, or that had not ended when it happened. Raises: Conflict, NotFound."""
    found = held(number)
    has_ended = found.phase == Phase.ENDED and not (found.ended_at and happened <= found.ended_at)
    if has_ended or found.phase in NEVER:
        raise Conflict("incidents.error.not_working", number=found.number)
    return found


@command
def tick(
    room: str,
    household: UUID,
    state: str,
    *,
    id: UUID | None = None,
    happened_at: datetime | None = None,
    seen_at: datetime | None = None,
    note: str = "",
    actor: Actor,
    at: datetime,
) -> bool:
    """Say what became of a household; whether that is new. A later tick counts, by when it happened; `seen_at` is as of when
    the list was read off which it is made. What was seen while a room worked is taken until the room is closed.

    Once: a tick sent again from a phone that was offline (`id`) changes nothing. Raises: Refused, Conflict, NotFound, Invalid.
    """
    require(actor, "household.tick")
    if id is not None and Tick.objects.filter(pk=id).exists():
        return False
    happened = min(happened_at or at, at)
    found = _ticked_in(room, happened)
    row = Household.objects.filter(pk=household).first()
    if row is None:
        raise NotFound("incidents.error.no_household")
    if not may_see_households(actor, row.area):
        raise Refused("incidents.refused.households")
    if state not in set(Moved):
        raise Invalid.field("state", "incidents.error.bad_kind")
    _, is_new = Tick.objects.get_or_create(
        id=id or uuid7(),
        defaults={
            "room": found, "household": row, "state": state, "at": happened, "written_at": at,
            "seen_at": min(seen_at or happened, happened), "by": actor.told_as, "note": clean(note)[:200],
        },
    )  # fmt: skip
    if is_new:
        told = HouseholdTicked(str(found.pk), str(household), state, happened.isoformat())
        emit(found, told, actor=actor, at=at, audience=AUDIENCE)
        save(found)
    return is_new


# --- tickets ----------------------------------------------------------------------------------------------------------


def _call(row: Ticket) -> Call:
    return Call(row.phone_blind, row.lon, row.lat, row.words, row.place)


@command
def take_in(room: str, table: str, *, source: str, actor: Actor, at: datetime) -> TakenIn:
    """Take in an outside list of calls for help as CSV; see `take_calls`. Raises: Refused, Conflict, Invalid."""
    return take_calls(room, _rows(table), source=source, actor=actor, at=at)


@command
def take_calls(
    room: str, rows: Sequence[Mapping[str, str]], *, source: str, actor: Actor, at: datetime
) -> TakenIn:
    """Take in outside calls for help: key, kind (rescue, relief), place, words, lon, lat, people, vulnerable, name, phone.
    A call known by (source, key) is passed over; one for a house that has an open ticket joins it.

    Raises: Refused, Conflict; Invalid naming the line, nothing taken in.
    """
    require(actor, "ticket.take_in")
    found, origin = working(room), clean(source)[:40]
    if found.is_exercise and origin:  # a call that was played with is not known when it comes in earnest
        origin = prefix(origin, is_exercise=True)[:40]
    if not origin:
        raise Invalid.field("source", "incidents.error.no_words")
    if len(rows) > MOST_ROWS:
        raise Invalid.field("file", "incidents.error.bad_calls")
    counted = {"new": 0, "known": 0, "same": 0}
    living = [TicketState.OPEN, TicketState.CLAIMED]
    standing = list(Ticket.objects.filter(room=found, state__in=living))
    for line, row in enumerate(rows, 2):
        try:
            counted[_take_one(found, row, origin, standing, actor=actor, at=at)] += 1
        except CityError as error:
            raise Invalid("incidents.error.bad_row", fields={"file": error.code}, line=line) from error
        except KeyError as error:
            raise Invalid(
                "incidents.error.bad_row", fields={"file": "incidents.error.bad_calls"}, line=line
            ) from error
    values = {"source": origin, **counted}
    write(found, LogKind.SYSTEM, "incidents.log.taken_in", values, actor=actor, at=at)
    save(found)
    return TakenIn(**counted)


def _take_one(
    room: Room, row: Mapping[str, str], source: str, standing: list[Ticket], *, actor: Actor, at: datetime
) -> str:
    key, kind = clean(row["key"])[:120], row["kind"].strip()
    place, words = clean(row["place"])[:300], clean(row.get("words") or "")[:2000]
    is_half = bool(row.get("lon")) != bool(row.get("lat"))
    if not key or kind not in set(TicketKind) or is_half or not (place or row.get("lon")):
        raise Invalid.field("key", "incidents.error.bad_calls")
    said = (row.get("phone") or "").strip()
    phone = read_contact(said).value if said else ""
    lon, lat = lon_lat(row["lon"], row["lat"]) if row.get("lon") and row.get("lat") else (None, None)
    hashed = blind(phone, "ticket") if phone else ""
    call = Call(hashed, lon, lat, words, place)
    people, vulnerable = _number(row, "people"), _number(row, "vulnerable")
    if TicketCall.objects.filter(source=source, key=key).exists():
        return "known"
    same = next((t for t in standing if t.kind == kind and is_same_house(_call(t), call)), None)
    if same is not None:
        same.reports += 1
        same.people, same.vulnerable = max(same.people, people), max(same.vulnerable, vulnerable)
        same.save(update_fields=["reports", "people", "vulnerable"])
        TicketCall.objects.create(ticket=same, source=source, key=key, at=at)
        return "same"
    room.tickets += 1
    made = Ticket(
        id=uuid7(), room=room, n=room.tickets, kind=kind, place=place, lon=lon, lat=lat, people=people,
        vulnerable=vulnerable, words=words, phone_blind=hashed, source=source, opened_at=at,
    )  # fmt: skip
    who = {"name": clean(row.get("name") or "")[:120], "phone": phone}
    made.sealed = seal_text(json.dumps(who, ensure_ascii=False, sort_keys=True))
    told = TicketOpened(str(room.pk), str(made.pk), kind)
    emit(made, told, actor=actor, at=at, audience=_audience(room))
    made.save(force_insert=True)
    TicketCall.objects.create(ticket=made, source=source, key=key, at=at)
    standing.append(made)
    return "new"


def _audience(room: Room) -> list[str]:
    return [*AUDIENCE, f"incident:{room.pk}"]


def _held_ticket(id: UUID) -> tuple[Ticket, Room]:
    room = held(ticket_room(id))
    return fetch(Ticket, 'WHERE "id" = %s' + hold(), [id])[0], room


@command
def move_ticket(
    id: UUID,
    state: str,
    *,
    team: str = "",
    outcome: str = "",
    happened_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> bool:
    """Claim a ticket for a team, give it back, say that it is done, or withdraw it; whether that is new.

    One team has it: a second claim is refused, whoever asks. Teams seated in the room and the command post may; done and back is
    for whoever has it, and the command post. Once: done, said again by who did it, changes nothing.
    Raises: Refused, Conflict, Invalid, NotFound.
    """
    row, room = _held_ticket(id)
    if row.state == state == TicketState.DONE and row.claimed_by == actor.account_id is not None:
        return False
    is_staff = may(actor, "incident.command")
    if not (is_staff or is_seated(room.pk, actor)) or (state == TicketState.WITHDRAWN and not is_staff):
        raise Refused("incidents.refused.tickets")
    if not may_move(row.state, state):
        raise Conflict("incidents.error.ticket_taken", team=row.team or row.state)
    if row.state == TicketState.CLAIMED and not is_staff and row.claimed_by != actor.account_id:
        raise Refused("incidents.refused.not_your_ticket")
    said, whose = clean(outcome)[:200], clean(team)[:80]
    if state in {TicketState.DONE, TicketState.WITHDRAWN} and not said:
        raise Invalid.field("outcome", "incidents.error.no_words")
    if state == TicketState.CLAIMED and (not whose or actor.account_id is None):
        raise Invalid.field("team", "incidents.error.no_team")
    happened = min(happened_at or at, at)
    _set(row, state, whose, said, actor=actor, at=happened)
    told = TicketMoved(str(room.pk), str(row.pk), state)
    emit(row, told, actor=actor, at=at, audience=_audience(room))
    save(row)
    values = {"n": row.n, "team": row.team or whose, "outcome": said}
    write(
        room,
        LogKind.SYSTEM,
        f"incidents.log.ticket.{state}",
        values,
        actor=actor,
        at=at,
        happened_at=happened,
    )
    save(room)
    return True


def _set(row: Ticket, state: str, team: str, said: str, *, actor: Actor, at: datetime) -> None:
    row.state = state
    if state == TicketState.CLAIMED:
        row.claimed_by, row.team, row.claimed_at = actor.account_id, team, at
    elif state == TicketState.OPEN:
        row.claimed_by, row.claimed_at, row.team = None, None, ""
    else:
        row.done_at, row.outcome = at, said


@command
def forget_callers(room: UUID, *, actor: Actor, at: datetime) -> int:
    """A closed room needs no names: who called for help is erased from its tickets; how many."""
    rows = Ticket.objects.filter(room_id=room).exclude(sealed="")
    found = rows.update(sealed="", phone_blind="", words="", place="")
    audit("incidents.forget_callers", Ref("incident", str(room)), actor=actor, at=at, detail={"n": found})
    return found
