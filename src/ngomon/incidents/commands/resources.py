"""Resources: taken in from a list, set ready or not, sent to a room and called home. None works in two places."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import CityError, Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.geo import lon_lat
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import add, fetch, hold, save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity.rules import require

from ..models import Resource, Room, Use
from ..terms import RESOURCE, LogKind, ResourceAssigned, ResourceKind, ResourceReleased
from .log import AUDIENCE, held, working, write

MOST_ROWS = 5000


def ref_of(resource: Resource) -> Ref:
    """How others point at a resource."""
    return Ref(RESOURCE, str(resource.pk), resource.key)


def _held(id: UUID) -> Resource:
    rows = fetch(Resource, 'WHERE "id" = %s' + hold(), [id])
    if not rows:
        raise NotFound("incidents.error.no_resource")
    return rows[0]


@command
def assign_resource(room: str, resource: UUID, *, task: str = "", actor: Actor, at: datetime) -> UUID:
    """Send a resource to work for a room; the use's id. Once: sent to the same room again it stays as it is.

    Raises: Refused; Conflict when it works elsewhere or is not ready; NotFound.
    """
    require(actor, "incident.command")
    found, thing = working(room), _held(resource)
    standing = Use.objects.filter(resource=thing, to_at__isnull=True).select_related("room").first()
    if standing is not None and standing.room_id == found.pk:
        return standing.pk
    if standing is not None and standing.room.is_exercise and not found.is_exercise:
        _call_from_exercise(standing, thing, found, actor=actor, at=at)
    elif standing is not None:
        raise Conflict("incidents.error.resource_taken", number=standing.room.number)
    if not thing.is_ready:
        raise Conflict("incidents.error.resource_not_ready")
    use = Use(id=uuid7(), resource=thing, room=found, task=clean(task)[:200], from_at=at, by=actor.told_as)
    if not add(use):
        raise Conflict("incidents.error.resource_taken", number="")
    told = ResourceAssigned(str(found.pk), str(thing.pk))
    emit(thing, told, actor=actor, at=at, audience=AUDIENCE)
    save(thing)
    values = {"name": json.loads(thing.name), "task": use.task}
    write(found, LogKind.SYSTEM, "incidents.log.resource_sent", values, actor=actor, at=at)
    save(found)
    return use.pk


def _call_from_exercise(use: Use, thing: Resource, room: Room, *, actor: Actor, at: datetime) -> None:
    """The real thing goes first: what only plays in an exercise is sent to a real incident."""
    exercise = held(use.room_id)
    Use.objects.filter(pk=use.pk).update(to_at=at)
    told = ResourceReleased(str(exercise.pk), str(thing.pk))
    emit(thing, told, actor=actor, at=at, audience=AUDIENCE)
    values = {"name": json.loads(thing.name), "number": room.number}
    write(exercise, LogKind.SYSTEM, "incidents.log.resource_to_real", values, actor=actor, at=at)
    save(exercise)


@command
def release_resource(resource: UUID, *, actor: Actor, at: datetime) -> None:
    """Call a resource home. Raises: Refused; Conflict when it works nowhere; NotFound."""
    require(actor, "incident.command")
    thing = _held(resource)
    standing = Use.objects.filter(resource=thing, to_at__isnull=True).first()
    if standing is None:
        raise Conflict("incidents.error.resource_free")
    room = working(standing.room_id)
    Use.objects.filter(pk=standing.pk).update(to_at=at)
    told = ResourceReleased(str(room.pk), str(thing.pk))
    emit(thing, told, actor=actor, at=at, audience=AUDIENCE)
    save(thing)
    write(
        room,
        LogKind.SYSTEM,
        "incidents.log.resource_home",
        {"name": json.loads(thing.name)},
        actor=actor,
        at=at,
    )
    save(room)


@command
def set_ready(resource: UUID, is_ready: bool, *, note: str = "", actor: Actor, at: datetime) -> None:
    """Say that a resource can be sent, or why not. Raises: Refused; Conflict while it works; Invalid; NotFound."""
    require(actor, "incident.command")
    thing, said = _held(resource), clean(note)[:200]
    if not is_ready and not said:
        raise Invalid.field("note", "incidents.error.no_reason")
    if not is_ready and Use.objects.filter(resource=thing, to_at__isnull=True).exists():
        raise Conflict("incidents.error.resource_taken", number="")
    thing.is_ready, thing.note = is_ready, said
    save(thing)
    audit("incidents.set_ready", ref_of(thing), actor=actor, at=at, detail={"ready": is_ready})


@command
def load_resources(table: str, *, actor: Actor, at: datetime) -> int:
    """Take in a CSV of resources (see packs/README.md), upserting by key; how many rows.

    What was set by hand (ready, note) stays. Raises: Refused; Invalid naming the line and what is wrong, nothing taken in.
    """
    require(actor, "incident.open")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    if not rows or len(rows) > MOST_ROWS:
        raise Invalid.field("file", "incidents.error.bad_table")
    for line, row in enumerate(rows, 2):
        try:
            _upsert(row)
        except CityError as error:
            raise Invalid("incidents.error.bad_row", fields={"file": error.code}, line=line) from error
        except (KeyError, ValueError, TypeError) as error:
            raise Invalid(
                "incidents.error.bad_row", fields={"file": "incidents.error.bad_table"}, line=line
            ) from error
    audit("incidents.load_resources", Ref(RESOURCE, "*"), actor=actor, at=at, detail={"n": len(rows)})
    return len(rows)


def _upsert(row: Mapping[str, str]) -> None:
    key, kind = clean(row["key"])[:80], row["kind"].strip()
    if not key or kind not in set(ResourceKind) or not clean(row["name_vi"]):
        raise Invalid.field("key", "incidents.error.bad_table")
    agency = (row.get("agency") or "").strip()
    if agency:
        directory.agency(agency)
    place = lon_lat(row["lon"], row["lat"]) if row.get("lon") and row.get("lat") else None
    name = {"vi": clean(row["name_vi"])[:120], "en": clean(row.get("name_en") or row["name_vi"])[:120]}
    values = {
        "kind": kind,
        "name": json.dumps(name, ensure_ascii=False, sort_keys=True),
        "agency": agency,
        "lon": place[0] if place else None,
        "lat": place[1] if place else None,
        "place": clean(row.get("place") or "")[:200],
        "capacity": max(0, int(row.get("capacity") or 0)),
        "phone": clean(row.get("phone") or "")[:40],
    }
    changed = Resource.objects.filter(key=key).update(**values)
    if not changed:
        Resource.objects.create(id=uuid7(), key=key, **values)
