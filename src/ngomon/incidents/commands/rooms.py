"""Opening a room, its phases, its staff, its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ngomon.cases.gathering import opened_lately
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import require
from ngomon.messages.commands import tell
from ngomon.processes.commands import next_number

from ..models import Gathered, LogLine, Room, Staff, Use
from ..queries import open_orders, triggers
from ..rules import KINDS, MAX_TITLE, may_go, prefix, window_of
from ..terms import (
    INCIDENT,
    LogKind,
    Phase,
    PhaseChanged,
    RoomOpened,
    RoomProposed,
    StaffRole,
    Trigger,
)
from .flood import forget_callers
from .gathering import free_from_exercises
from .log import AUDIENCE, held, working, write

REPORT_MINUTES = 120


def ref_of(room: Room) -> Ref:
    """How others point at a room."""
    return Ref(INCIDENT, str(room.pk), room.number, f"/ioc/rooms/{room.number}")


def _made(
    title: str, kind: str, areas: Iterable[str], phase: str, *, is_exercise: bool, actor: Actor, at: datetime
) -> Room:
    if kind not in KINDS:
        raise Invalid.field("kind", "incidents.error.bad_kind")
    for key in areas:
        directory.area(key)
    month = directory.local_day(at)
    letters = "DT" if is_exercise else "SV"
    number = f"{letters}-{month:%y%m}-{next_number(f'incident:{letters}:{month:%y%m}'):03d}"
    return Room(
        id=uuid7(), number=number, title=title, kind=kind, phase=phase, is_exercise=is_exercise,
        areas=" ".join(sorted(areas)), opened_at=at, opened_by=actor.told_as, report_minutes=REPORT_MINUTES,
        next_report_at=at + timedelta(minutes=REPORT_MINUTES) if phase == Phase.ACTIVATED else None,
    )  # fmt: skip


def _opened(room: Room, *, actor: Actor, at: datetime) -> None:
    told = RoomOpened(str(room.pk), room.number, room.kind, room.is_exercise, room.rule)
    emit(room, told, actor=actor, at=at, audience=AUDIENCE)
    words = "incidents.log.opened_exercise" if room.is_exercise else "incidents.log.opened"
    write(room, LogKind.SYSTEM, words, {"title": room.title, "why": room.why}, actor=actor, at=at)


@command
def open_room(
    title: str,
    *,
    kind: str,
    areas: Iterable[str] = (),
    is_exercise: bool = False,
    commander: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> str:
    """A leader opens a command room, or an exercise that says so everywhere; its number.

    The commander is whoever opens it where none is named. Raises: Refused, Invalid, NotFound for an unknown area.
    """
    require(actor, "incident.open")
    said = clean(title)[:MAX_TITLE]
    if not said:
        raise Invalid.field("title", "incidents.error.no_title")
    named = prefix(said, is_exercise=is_exercise)
    room = _made(named, kind, list(areas), Phase.ACTIVATED, is_exercise=is_exercise, actor=actor, at=at)
    room.commander = commander or actor.account_id
    room.save(force_insert=True)
    _opened(room, actor=actor, at=at)
    if room.commander:
        Staff.objects.create(room=room, account=room.commander, role=StaffRole.COMMANDER, from_at=at)
    _write_back(room)
    audit("incidents.open_room", ref_of(room), actor=actor, at=at, detail={"exercise": is_exercise})
    return room.number


def _write_back(room: Room) -> None:
    """A room that was made in this unit, with what was counted since."""
    room.save(update_fields=["version", "lines", "phase"])


@command
def raise_room(
    trigger: Trigger,
    why: str,
    *,
    areas: Iterable[str],
    cases: Iterable[UUID] = (),
    actor: Actor,
    at: datetime,
) -> str:
    """A rule of the pack asks for a room, or opens it, with the cases that speak for it; its number.

    Once: a rule asks for no second room for an area while one of its rooms stands open or proposed.
    """
    wanted = " ".join(sorted(areas))
    living = [*(p for p in Phase if p not in {Phase.DISMISSED, Phase.ENDED, Phase.CLOSED})]
    known = Room.objects.select_for_update().filter(rule=trigger.key, phase__in=living)
    standing = known.filter(areas=wanted).values_list("number", flat=True).first()
    if standing:
        return standing
    title = trigger.name["vi"]
    phase = Phase.ACTIVATED if trigger.opens else Phase.PROPOSED
    room = _made(title, trigger.kind, list(areas), phase, is_exercise=False, actor=actor, at=at)
    room.rule, room.why = trigger.key, why[:400]
    room.save(force_insert=True)
    if trigger.opens:
        _opened(room, actor=actor, at=at)
    else:
        told = RoomProposed(str(room.pk), room.number, trigger.key, trigger.kind)
        emit(room, told, actor=actor, at=at, audience=AUDIENCE)
        write(room, LogKind.SYSTEM, "incidents.log.proposed", {"why": why}, actor=actor, at=at)
    _gather_free(room, list(cases), actor=actor, at=at)
    _write_back(room)
    audit("incidents.raise_room", ref_of(room), actor=actor, at=at, detail={"rule": trigger.key})
    return room.number


@command
def decide_room(room: str, is_opened: bool, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Open the room that a rule asked for, or say why not. Raises: Refused, Conflict, Invalid without a reason against it."""
    require(actor, "incident.open")
    found, said = held(room), clean(reason)[:400]
    now = Phase.ACTIVATED if is_opened else Phase.DISMISSED
    if found.phase != Phase.PROPOSED:
        raise Conflict("incidents.error.decided", number=found.number)
    if not is_opened and not said:
        raise Invalid.field("reason", "incidents.error.no_reason")
    _go(found, now, actor=actor, at=at)
    if is_opened:
        found.commander = actor.account_id
        found.next_report_at = at + timedelta(minutes=found.report_minutes)
        if actor.account_id:
            Staff.objects.create(room=found, account=actor.account_id, role=StaffRole.COMMANDER, from_at=at)
        _opened(found, actor=actor, at=at)
        _gather_late(found, actor=actor, at=at)
    else:
        write(found, LogKind.SYSTEM, "incidents.log.dismissed", {"why": said}, actor=actor, at=at)
        Gathered.objects.filter(room=found, released_at__isnull=True).update(
            released_at=at, reason="dismissed"
        )
    save(found)
    audit("incidents.decide_room", ref_of(found), actor=actor, at=at, detail={"opened": is_opened})


def _gather_free(room: Room, cases: Sequence[UUID], *, actor: Actor, at: datetime) -> None:
    """Take in those of these cases that belong to no room yet."""
    free_from_exercises(room, cases, actor=actor, at=at)
    taken = set(
        Gathered.objects.filter(case__in=cases, released_at__isnull=True).values_list("case", flat=True)
    )
    rows = [Gathered(room=room, case=case, at=at, by=actor.told_as) for case in cases if case not in taken]
    Gathered.objects.bulk_create(rows)


def _gather_late(room: Room, *, actor: Actor, at: datetime) -> None:
    """What came by the room's rule while nobody had decided belongs to it too."""
    trigger = next((t for t in triggers() if t.key == room.rule and t.on == "cases"), None)
    if trigger is None:
        return
    for area in room.areas.split():
        late = opened_lately(trigger.categories, area, window_of(trigger, room.opened_at))
        _gather_free(room, late, actor=actor, at=at)


def _go(room: Room, now: str, *, actor: Actor, at: datetime) -> None:
    if not may_go(room.phase, now):
        raise Conflict("incidents.error.phase", was=room.phase, now=now)
    told = PhaseChanged(str(room.pk), room.phase, now)
    emit(room, told, actor=actor, at=at, audience=AUDIENCE)
    room.phase = now


@command
def go_to_phase(room: str, phase: str, *, actor: Actor, at: datetime) -> None:
    """Bring a room to another phase of the command process; ending has a command of its own. Raises: Refused, Conflict."""
    require(actor, "incident.command")
    found = held(room)
    if phase in {Phase.ENDED, Phase.PROPOSED, Phase.DISMISSED, Phase.CLOSED}:
        raise Conflict("incidents.error.phase", was=found.phase, now=phase)
    _go(found, phase, actor=actor, at=at)
    write(found, LogKind.SYSTEM, f"incidents.log.phase.{phase}", actor=actor, at=at)
    save(found)
    audit("incidents.go_to_phase", ref_of(found), actor=actor, at=at, detail={"phase": phase})


@command
def end_room(room: str, *, actor: Actor, at: datetime) -> None:
    """End an incident: no order may be open; resources come home, the room keeps its cases. Raises: Refused, Conflict."""
    require(actor, "incident.open")
    found = held(room)
    left = open_orders(found.pk)
    if left:
        raise Conflict("incidents.error.open_orders", n=len(left))
    _go(found, Phase.ENDED, actor=actor, at=at)
    used = Use.objects.filter(room=found, to_at__isnull=True).update(to_at=at)
    found.ended_at, found.next_report_at = at, None
    write(found, LogKind.SYSTEM, "incidents.log.ended", {"resources": used}, actor=actor, at=at)
    Staff.objects.filter(room=found, to_at__isnull=True).update(to_at=at)
    save(found)
    audit("incidents.end_room", ref_of(found), actor=actor, at=at)


@command
def close_room(room: str, *, actor: Actor, at: datetime) -> None:
    """The lessons are written: the room becomes an archive. Raises: Refused; Conflict without a lesson."""
    require(actor, "incident.open")
    found = held(room)
    if not LogLine.objects.filter(room=found, kind=LogKind.LESSON).exists():
        raise Conflict("incidents.error.no_lesson", number=found.number)
    write(found, LogKind.SYSTEM, "incidents.log.closed", actor=actor, at=at)
    _go(found, Phase.CLOSED, actor=actor, at=at)
    forget_callers(found.pk, actor=actor, at=at)
    save(found)
    audit("incidents.close_room", ref_of(found), actor=actor, at=at)


@command
def set_report_beat(room: str, minutes: int, *, actor: Actor, at: datetime) -> None:
    """How often a situation report leaves the room by itself; 0: only when asked. Raises: Refused, Conflict, Invalid."""
    require(actor, "incident.command")
    found = working(room)
    if not (minutes == 0 or 15 <= minutes <= 24 * 60):
        raise Invalid.field("minutes", "incidents.error.beat")
    found.report_minutes = minutes
    found.next_report_at = at + timedelta(minutes=minutes) if minutes else None
    write(found, LogKind.SYSTEM, "incidents.log.beat", {"minutes": minutes}, actor=actor, at=at)
    save(found)
    audit("incidents.set_report_beat", ref_of(found), actor=actor, at=at, detail={"minutes": minutes})


@command
def seat(room: str, account: UUID, role: str, *, actor: Actor, at: datetime) -> None:
    """Give somebody a place in a room; the commander's place passes on. Once: a seat is taken once.

    Raises: Refused, Conflict, Invalid for an unknown role or somebody without a name here.
    """
    require(actor, "incident.command")
    found = working(room)
    if role not in set(StaffRole):
        raise Invalid.field("role", "incidents.error.bad_role")
    name = identity.name_of(account)
    if not name:
        raise Invalid.field("account", "incidents.error.nobody")
    sitting = Staff.objects.filter(room=found, to_at__isnull=True)
    if sitting.filter(account=account, role=role).exists():
        return
    if role == StaffRole.COMMANDER:
        require(actor, "incident.open")
        sitting.filter(role=role).update(to_at=at)
        found.commander = account
    Staff.objects.create(room=found, account=account, role=role, from_at=at)
    values = {"account": str(account)}
    write(found, LogKind.SYSTEM, f"incidents.log.seat.{role}", values, actor=actor, at=at)
    if role == StaffRole.VOLUNTEER:
        of = Ref(INCIDENT, str(found.pk), found.number, "/volunteer")
        told = {"label": prefix(found.number, is_exercise=found.is_exercise), "title": found.title}
        tell(account, "incidents.message.volunteer", told, of=of, actor=actor, at=at)
    save(found)
    audit("incidents.seat", ref_of(found), actor=actor, at=at, detail={"account": str(account), "role": role})
