"""Cases are gathered into an incident and taken out again; both stay in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ngomon.cases.gathering import lines_by_id
from ngomon.core.actors import Actor
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.identity.rules import require

from ..models import Gathered, Room
from ..terms import CaseGathered, CaseReleased, LogKind
from .log import AUDIENCE, held, working, write


def free_from_exercises(room: Room, cases: Iterable[UUID], *, actor: Actor, at: datetime) -> None:
    """The real thing goes first: cases that only an exercise holds are let go for a room that is none."""
    if room.is_exercise:
        return
    played = Gathered.objects.filter(case__in=list(cases), released_at__isnull=True, room__is_exercise=True)
    for row in list(played):
        exercise = held(row.room_id)
        row.released_at, row.reason = at, room.number
        row.save(update_fields=["released_at", "reason"])
        told = CaseReleased(str(exercise.pk), str(row.case))
        emit(exercise, told, actor=actor, at=at, audience=AUDIENCE)
        values = {"number": room.number}
        write(exercise, LogKind.SYSTEM, "incidents.log.case_to_real", values, actor=actor, at=at)
        save(exercise)


@command
def gather_cases(room: str, cases: Iterable[UUID], *, actor: Actor, at: datetime) -> int:
    """Make cases part of an incident; how many that was new for. The case's own process goes on as before.

    Once: a case that is in already stays; one that an exercise plays with is let go for a real incident.
    Raises: Refused; Conflict when a case belongs to another incident; NotFound.
    """
    require(actor, "incident.command")
    found, wanted = working(room), list(dict.fromkeys(cases))
    lines = {line.id: line for line in lines_by_id(wanted, actor=actor)}
    if set(wanted) - set(lines):
        raise NotFound("incidents.error.no_case")
    free_from_exercises(found, wanted, actor=actor, at=at)
    held_by = {
        row.case: row
        for row in Gathered.objects.filter(case__in=wanted, released_at__isnull=True).select_related("room")
    }
    elsewhere = next((row for row in held_by.values() if row.room_id != found.pk), None)
    if elsewhere is not None:
        raise Conflict("incidents.error.case_elsewhere", number=elsewhere.room.number)
    new = [case for case in wanted if case not in held_by]
    for case in new:
        _gather(found, case, lines[case].number, actor=actor, at=at)
    save(found)
    return len(new)


def _gather(room: Room, case: UUID, number: str, *, actor: Actor, at: datetime) -> None:
    Gathered.objects.create(room=room, case=case, at=at, by=actor.told_as)
    told = CaseGathered(str(room.pk), str(case))
    emit(room, told, actor=actor, at=at, audience=AUDIENCE)
    write(room, LogKind.SYSTEM, "incidents.log.case_in", {"number": number}, actor=actor, at=at)


@command
def release_case(room: str, case: UUID, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take a case out of an incident again; it can be gathered anew. Raises: Refused, Conflict, Invalid without a reason."""
    require(actor, "incident.command")
    found, said = working(room), clean(reason)[:200]
    if not said:
        raise Invalid.field("reason", "incidents.error.no_reason")
    lines = lines_by_id([case], actor=actor)
    row = Gathered.objects.filter(room=found, case=case, released_at__isnull=True)
    if not lines or not row.update(released_at=at, reason=said):
        raise Conflict("incidents.error.case_not_in")
    told = CaseReleased(str(found.pk), str(case))
    emit(found, told, actor=actor, at=at, audience=AUDIENCE)
    values = {"number": lines[0].number, "why": said}
    write(found, LogKind.SYSTEM, "incidents.log.case_out", values, actor=actor, at=at)
    save(found)
