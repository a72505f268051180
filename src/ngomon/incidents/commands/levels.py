"""Water levels, as the forecasting service tells them or a sensor measures them; a rule of the pack may ask for a room."""

from __future__ import annotations

from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.ids import Ref, plain_number, uuid7
from ngomon.core.rows import fetch, hold, save
from ngomon.core.texts import text
from ngomon.core.units import command
from ngomon.identity.rules import require

from ..models import Level, Room
from ..queries import stations, triggers
from ..rules import fires_on_level
from ..terms import LevelNoted, Trigger
from .rooms import raise_room

LOWEST_M, HIGHEST_M = -5.0, 200.0


@command
def note_level(
    station: str, level_m: float, *, observed_at: datetime, room: str = "", actor: Actor, at: datetime
) -> list[str]:
    """Note a reading; the numbers of the rooms that rules ask for because of it. An older reading changes nothing.
    From an exercise (`room`) none is noted: the levels are the real city's, and its rules would ask for a real room.

    Units: metres. Once: each rise through an alarm asks once. Raises: Refused, NotFound, Invalid.
    """
    require(actor, "incident.command")
    if room and Room.objects.filter(number=plain_number(room), is_exercise=True).exists():
        raise Refused("incidents.refused.exercise_level", number=room)
    known = next((s for s in stations() if s.key == station), None)
    if known is None:
        raise NotFound("incidents.error.no_station")
    if not LOWEST_M <= level_m <= HIGHEST_M:
        raise Invalid.field("level_m", "incidents.error.bad_level")
    if observed_at > at:
        raise Invalid.field("observed_at", "incidents.error.ahead")
    rows = fetch(Level, 'WHERE "station" = %s' + hold(), [station])
    if rows and rows[0].observed_at >= observed_at:
        return []
    row = rows[0] if rows else Level(id=uuid7(), station=station)
    was = row.level_m if rows else None
    row.was_m, row.level_m, row.observed_at, row.by = was, level_m, observed_at, actor.told_as
    told = LevelNoted(station, level_m, observed_at.isoformat())
    emit(row, told, actor=actor, at=at, audience=["ioc", "role:leader", "role:city_office"])
    if rows:
        save(row)
    else:
        row.save(force_insert=True)
    audit("incidents.note_level", Ref("station", station), actor=actor, at=at, detail={"level_m": level_m})
    fired = [t for t in triggers() if fires_on_level(t, known, was, level_m)]
    return [_raise(t, known.name["vi"], level_m, actor=actor, at=at) for t in fired]


def _raise(trigger: Trigger, name: str, level_m: float, *, actor: Actor, at: datetime) -> str:
    why = text(
        "incidents.why.level",
        "vi",
        station=name,
        level=f"{level_m:.2f}".replace(".", ","),
        alarm=trigger.alarm,
    )
    return raise_room(trigger, why, areas=(), actor=actor, at=at)
