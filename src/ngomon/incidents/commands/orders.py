"""Orders to agencies: given in the system or by telephone and radio, acknowledged, reported on, accepted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor, system
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import fetch, hold, save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity.rules import require
from ngomon.processes import commands as processes
from ngomon.processes import queries as process_queries
from ngomon.processes.terms import Budget, Moved

from ..models import Order, Room
from ..rules import MAX_WORDS, may_reach, prefix
from ..terms import ORDER, ORDER_PROCESS, Channel, LogKind, OrderGiven, OrderMoved, Said
from .log import AUDIENCE, held, working, write

BY_ITSELF = system("incidents")
BY_STAFF = frozenset({"heard", "heard_report", "accept", "return", "withdraw"})
"""What the command post does with an order; the rest is the agency's."""


def ref_of(order: Order, room: Room) -> Ref:
    """How others point at an order."""
    label = prefix(f"Lệnh số {order.n} · {room.number}", is_exercise=room.is_exercise)
    return Ref(ORDER, str(order.pk), label, f"/desk/orders/{order.pk}")


def _audience(order: Order) -> list[str]:
    return [*AUDIENCE, f"agency:{order.agency}"]


@command
def give_order(
    room: str,
    words: str,
    *,
    agency: str,
    due_at: datetime,
    said: str = Said.SYSTEM,
    heard_by: str = "",
    said_at: datetime | None = None,
    id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Give an agency an order, numbered in the room; its id. One given by telephone, radio or face to face is written
    down afterwards with who heard it, which acknowledges it.

    Not acknowledged in time, it is reminded of, the agency's head hears, then the shift lead, then the leader; the room
    is told to telephone. Once: an `id` known already changes nothing. Raises: Refused, Conflict, Invalid.
    """
    require(actor, "incident.command")
    found = working(room)
    if id is not None and Order.objects.filter(pk=id).exists():
        return id
    spoken, ordered, heard = said != Said.SYSTEM, clean(words)[:MAX_WORDS], clean(heard_by)[:200]
    given_at = said_at or at
    _check(ordered, said, heard, given_at, due_at, at)
    found.orders += 1
    order = Order(
        id=id or uuid7(), room=found, n=found.orders, agency=agency, words=ordered, said=said, heard_by=heard,
        given_by=actor.told_as, given_at=given_at, due_at=due_at,
    )  # fmt: skip
    ref = ref_of(order, found)
    minutes = max(1.0, (due_at - at).total_seconds() / 60)
    processes.start(ORDER_PROCESS, ref, budget=Budget.minutes(minutes), agency=agency, actor=actor, at=at)
    processes.act(ref, "give", agency=agency, actor=actor, at=at)
    if spoken:
        order.acknowledged_at, order.acknowledged_by = given_at, heard
        processes.act(ref, "heard", fields={"heard_by": heard}, actor=actor, at=at)
    given = OrderGiven(str(found.pk), str(order.pk), order.n, agency, said, due_at.isoformat())
    emit(order, given, actor=actor, at=at, audience=_audience(order))
    order.save(force_insert=True)
    values = {
        "n": order.n,
        "agency": dict(directory.agency(agency).name),
        "words": ordered,
        "due": due_at.isoformat(),
    }
    key = f"incidents.log.order.{said}"
    write(found, LogKind.ORDER, key, values, actor=actor, at=at, happened_at=given_at, heard_by=heard)
    save(found)
    return order.pk


def _check(ordered: str, said: str, heard: str, given_at: datetime, due_at: datetime, at: datetime) -> None:
    if not ordered:
        raise Invalid.field("words", "incidents.error.no_words")
    if said not in set(Said):
        raise Invalid.field("said", "incidents.error.bad_kind")
    if said != Said.SYSTEM and not heard:
        raise Invalid.field("heard_by", "incidents.error.nobody_heard")
    if given_at > at:
        raise Invalid.field("said_at", "incidents.error.ahead")
    if due_at <= at:
        raise Invalid.field("due_at", "incidents.error.due_past")


def held_order(id: UUID) -> tuple[Order, Room]:
    """An order and its room, held until the unit ends: the room first, so that two writers never wait for each other."""
    room_id = Order.objects.filter(pk=id).values_list("room_id", flat=True).first()
    if room_id is None:
        raise NotFound("incidents.error.no_order")
    room = held(room_id)
    return fetch(Order, 'WHERE "id" = %s' + hold(), [id])[0], room


@command
def move_order(
    id: UUID, action: str, *, words: str = "", heard_by: str = "", actor: Actor, at: datetime
) -> Moved:
    """What an agency does with an order (acknowledge, report), or the command post (heard, heard_report, accept, return,
    withdraw). The process says who may and when. Raises: Refused, Conflict, Invalid, NotFound.
    """
    order, room = held_order(id)
    if action in BY_STAFF:
        require(actor, "incident.command")
    said, heard = clean(words)[:MAX_WORDS], clean(heard_by)[:200]
    ref = ref_of(order, room)
    fields = {"words": said, "reason": said, "heard_by": heard}
    moved = processes.act(ref, action, fields=fields, actor=actor, at=at)
    _take(order, action, said, heard, moved, actor=actor, at=at)
    _call_off(ref, at)
    told = OrderMoved(str(room.pk), str(order.pk), order.n, action, moved.step)
    emit(order, told, actor=actor, at=at, audience=_audience(order))
    save(order)
    values = {"n": order.n, "agency": dict(directory.agency(order.agency).name), "words": said}
    write(room, LogKind.ORDER, f"incidents.log.did.{action}", values, actor=actor, at=at, heard_by=heard)
    save(room)
    return moved


def _take(
    order: Order, action: str, said: str, heard: str, moved: Moved, *, actor: Actor, at: datetime
) -> None:
    """The order's row learns what was done."""
    if action in {"acknowledge", "heard"}:
        order.acknowledged_at, order.call_since = at, None
        order.acknowledged_by = heard or actor.told_as
    elif action in {"report", "heard_report"}:
        order.report, order.reported_at = said, at
    elif action == "return" and moved.due_at:
        order.due_at = moved.due_at
    if moved.ended:
        order.call_since, order.closed_at = None, at


@command
def call_for_order(id: UUID, *, actor: Actor, at: datetime) -> bool:
    """Nobody acknowledged an order in time: the room is told to telephone; whether that is new.

    Once: an order that was acknowledged meanwhile, or is called for already, stays as it is.
    """
    order, room = held_order(id)
    ref = ref_of(order, room)
    if order.acknowledged_at is not None or order.call_since is not None:
        return False
    if process_queries.where(ref).step != "acknowledge":
        return False
    order.call_since = at
    agency = directory.agency(order.agency)
    told = OrderMoved(str(room.pk), str(order.pk), order.n, "call", "acknowledge")
    emit(order, told, actor=actor, at=at, audience=_audience(order))
    save(order)
    values = {"n": order.n, "agency": dict(agency.name), "phone": agency.phone}
    write(room, LogKind.SYSTEM, "incidents.log.call", values, actor=actor, at=at)
    save(room)
    if may_reach(Channel.VOICE, is_exercise=room.is_exercise) and not processes.has_alarm(ref):
        processes.raise_alarm(ref, agency=order.agency, area="", severity="order", actor=actor, at=at)
    return True


@command
def acknowledge_by_call(id: UUID, account: UUID, *, actor: Actor, at: datetime) -> None:
    """Somebody who was called out for an order took it: it is acknowledged, and nobody else is called. Once."""
    order, room = held_order(id)
    ref = ref_of(order, room)
    if order.acknowledged_at is None:
        if process_queries.where(ref).step == "acknowledge":
            processes.act(ref, "acknowledge", actor=actor, at=at)
        order.acknowledged_at, order.call_since, order.acknowledged_by = at, None, str(account)
        told = OrderMoved(str(room.pk), str(order.pk), order.n, "acknowledge", "carry_out")
        emit(order, told, actor=actor, at=at, audience=_audience(order))
        save(order)
        values = {"n": order.n, "agency": dict(directory.agency(order.agency).name), "account": str(account)}
        write(room, LogKind.ORDER, "incidents.log.did.called", values, actor=actor, at=at)
        save(room)
    _call_off(ref, at)


def _call_off(ref: Ref, at: datetime) -> None:
    """Nobody needs to be called for an order any more."""
    if processes.has_alarm(ref):
        processes.call_off_of(ref, "acknowledged", actor=BY_ITSELF, at=at)


@command
def move_orders(agency: str, successor: str, *, actor: Actor, at: datetime) -> int:
    """An agency was merged: its open orders stand under its successor's name, as their processes do; how many."""
    moved = 0
    for id in list(Order.objects.filter(agency=agency).values_list("id", flat=True)):
        order, room = held_order(id)
        try:
            where = process_queries.where(ref_of(order, room))
        except NotFound:
            continue
        if not where.ended:
            order.agency = successor
            save(order)
            values = {"n": order.n, "agency": dict(directory.agency(successor).name)}
            write(room, LogKind.SYSTEM, "incidents.log.order_moved", values, actor=actor, at=at)
            save(room)
            moved += 1
    return moved


@command
def number_dispatch(id: UUID, number: str, *, actor: Actor, at: datetime) -> None:
    """Give an order the number under which it leaves as a formal order (công điện). Raises: Refused, Conflict, Invalid."""
    require(actor, "incident.open")
    order, room = held_order(id)
    said = clean(number)[:40]
    if not said:
        raise Invalid.field("number", "incidents.error.no_words")
    if order.dispatch and order.dispatch != said:
        raise Conflict("incidents.error.dispatched", number=order.dispatch)
    if not order.dispatch:
        order.dispatch = said
        told = OrderMoved(str(room.pk), str(order.pk), order.n, "dispatch", "")
        emit(order, told, actor=actor, at=at, audience=_audience(order))
        save(order)
        write(
            room, LogKind.ORDER, "incidents.log.dispatch", {"n": order.n, "number": said}, actor=actor, at=at
        )
        save(room)
