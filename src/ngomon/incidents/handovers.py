"""Reads of the hand-over of a shift: what is open now, and the sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ngomon.cases.tracker import promises
from ngomon.core.actors import Actor
from ngomon.core.deliveries import posted_dead
from ngomon.core.errors import NotFound
from ngomon.core.ids import plain_number
from ngomon.core.texts import text
from ngomon.core.worker import parked_aggregates
from ngomon.directory import queries as directory
from ngomon.identity.rules import require
from ngomon.processes.alarms import alarms_open

from . import queries
from .models import Handover, HandoverItem
from .terms import OpenThing, Sheet

PROMISED_WITHIN = timedelta(days=2)
"""Promises whose day falls within this time, or has passed, are handed over."""
NOTE = "note"


def _alarms(actor: Actor, _: datetime) -> Iterator[OpenThing]:
    for alarm in alarms_open(actor=actor):
        yield OpenThing("alarm", str(alarm.id), alarm.of.label, alarm.of.url, alarm.raised_at, alarm.holder)


def _rooms(_: Actor, __: datetime) -> Iterator[OpenThing]:
    for room in queries.rooms_living():
        label = f"{room.number} · {room.title}"
        yield OpenThing("room", str(room.id), label[:200], room.ref.url, room.opened_at, room.commander)


def _orders(_: Actor, __: datetime) -> Iterator[OpenThing]:
    for room in queries.rooms_living():
        for order in queries.open_orders(room.id):
            if order.step in {"acknowledge", "review"}:
                url = f"/ioc/rooms/{room.number}?tab=orders&n={order.n}"
                yield OpenThing("order", str(order.id), order.ref.label, url, order.given_at)


def _promises(_: Actor, at: datetime) -> Iterator[OpenThing]:
    until = directory.local_day(at + PROMISED_WITHIN)
    for line in promises(directory.local_day(at))[0]:
        if line.state == "open" and line.until_on <= until:
            label = text("incidents.handover.promise", "vi", number=line.number, day=f"{line.until_on:%d/%m}")
            yield OpenThing("promise", line.number, label, f"/desk/cases/{line.number}", None)


def _faults(_: Actor, __: datetime) -> Iterator[OpenThing]:
    for parked in parked_aggregates():
        key = f"{parked['reaction']}:{parked['aggregate']}"[:120]
        label = text("incidents.handover.parked", "vi", reaction=parked["reaction"])[:200]
        yield OpenThing("fault", key, label, "/desk/parked", parked["parked_at"])
    dead = posted_dead()
    if dead:
        label = text("incidents.handover.dead", "vi", n=len(dead))
        yield OpenThing("fault", "messages", label, "/desk/messages", None)


SOURCES: tuple[Callable[[Actor, datetime], Iterator[OpenThing]], ...] = (
    _alarms, _rooms, _orders, _promises, _faults,
)  # fmt: skip
"""Who is asked what is open. A room that leaves something open to the next shift adds itself here."""


def open_now(actor: Actor, at: datetime) -> list[OpenThing]:
    """Everything that the shift has open at this instant."""
    return [thing for source in SOURCES for thing in source(actor, at)]


def _sheet(row: Handover) -> Sheet:
    items = HandoverItem.objects.filter(sheet=row).order_by("id")
    names = ("kind", "key", "label", "url", "since", "holder", "settled_at")
    things = tuple(OpenThing(*each) for each in items.values_list(*names))
    return Sheet(
        row.pk,
        row.number,
        row.made_at,
        row.giver,
        row.given_at,
        row.taker,
        row.taken_at,
        row.note,
        row.version,
        things,
    )


def sheets(*, actor: Actor, limit: int = 30) -> list[Sheet]:
    """The last sheets, the newest first. Raises: Refused."""
    require(actor, "shift.see")
    return [_sheet(row) for row in Handover.objects.order_by("-made_at")[:limit]]


def sheet(number: str, *, actor: Actor) -> Sheet:
    """One sheet. Raises: Refused, NotFound."""
    require(actor, "shift.see")
    row = Handover.objects.filter(number=plain_number(number)).first()
    if row is None:
        raise NotFound("incidents.error.no_sheet", number=number)
    return _sheet(row)
