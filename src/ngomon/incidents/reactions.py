"""What happens in command rooms without a button: rules of the pack, orders nobody acknowledged, reports on their beat."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.cases.gathering import opened_lately
from ngomon.cases.terms import CaseOpened
from ngomon.core.actors import Actor
from ngomon.core.ids import Ref
from ngomon.core.react import every, on
from ngomon.core.terms import Recorded
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory.terms import AgencySucceeded
from ngomon.identity import queries as identity
from ngomon.identity.terms import PostLeft
from ngomon.messages.commands import tell
from ngomon.messages.terms import message_id
from ngomon.processes.terms import TaskOverdue
from ngomon.processes.terms.oncall import AlarmAnswered, AlarmState

from . import calling, commands, evidence, leaving, papers, queries
from .rules import fires_on_cases, prefix, window_of
from .terms import ORDER, OrderGiven, PaperKind, PaperMade, RoomLine, RoomOpened, RoomProposed

__all__ = ["calling", "evidence", "papers"]

ABOUT = ("leader", "city_office", "ioc_lead")
"""Who hears of a room, besides those who sit in it."""


def _watched(recorded: Recorded) -> bool:
    """Whether a rule of the pack speaks of the category of a case that was opened."""
    event = recorded.event
    return isinstance(event, CaseOpened) and any(event.category in t.categories for t in queries.triggers())


@on(CaseOpened, only=_watched)
def when_cases_crowd_raise_a_room(_: Recorded, event: CaseOpened, *, actor: Actor, at: datetime) -> None:
    """So many cases in one area within the rule's time: a room is asked for, or opened; later ones join it."""
    if not event.area:
        return
    for trigger in queries.triggers():
        if trigger.on != "cases" or event.category not in trigger.categories:
            continue
        room = _standing(trigger.key, event.area)
        if room is not None:
            if room.is_open and not queries.rooms_of_case(UUID(event.case_id)):
                commands.gather_cases(room.number, [UUID(event.case_id)], actor=actor, at=at)
            continue
        found = opened_lately(trigger.categories, event.area, window_of(trigger, at))
        if fires_on_cases(trigger, len(found)):
            area = directory.area(event.area).name["vi"]
            why = text("incidents.why.cases", "vi", n=len(found), area=area, minutes=trigger.within_minutes)
            commands.raise_room(trigger, why, areas=[event.area], cases=found, actor=actor, at=at)


def _standing(rule: str, area: str) -> RoomLine | None:
    """The room that a rule raised for an area and that still stands."""
    return next((r for r in queries.rooms_living() if r.rule == rule and r.areas == (area,)), None)


def _is_order_unread(recorded: Recorded) -> bool:
    event = recorded.event
    return isinstance(event, TaskOverdue) and event.of_kind == ORDER and event.step == "acknowledge"


@on(TaskOverdue, only=_is_order_unread)
def when_nobody_acknowledges_call(_: Recorded, event: TaskOverdue, *, actor: Actor, at: datetime) -> None:
    """An order that nobody acknowledged in time is telephoned; its process climbs to the head, shift lead and leader."""
    commands.call_for_order(UUID(event.of_key), actor=actor, at=at)


@on(AlarmAnswered)
def when_called_takes_an_order_acknowledge_it(
    _: Recorded, event: AlarmAnswered, *, actor: Actor, at: datetime
) -> None:
    """Whoever was called out and took an order has acknowledged it."""
    if event.of_kind == ORDER and event.state == AlarmState.ACKNOWLEDGED:
        commands.acknowledge_by_call(UUID(event.of_key), UUID(event.account), actor=actor, at=at)


@on(AgencySucceeded)
def when_agency_succeeded_move_orders(
    _: Recorded, event: AgencySucceeded, *, actor: Actor, at: datetime
) -> None:
    """A re-organisation in the middle of a flood loses no order."""
    commands.move_orders(event.agency, event.successor, actor=actor, at=at)


def _is_of_agency(recorded: Recorded) -> bool:
    return bool(getattr(recorded.event, "agency", ""))


@on(PostLeft, only=_is_of_agency)
def when_somebody_leaves_tell_the_head_of_open_work(
    recorded: Recorded, event: PostLeft, *, actor: Actor, at: datetime
) -> None:
    """Who left a post with work in hand: the head of the agency hears, or the city's office, with the page to hand it over.

    Nobody hears where the agency itself ended, as all goes to its successor, or where he holds another post there.
    """
    account, today = UUID(event.account), directory.local_day(at)
    heir = directory.successor_of(event.agency, today)
    if heir is None or heir.key != event.agency:
        return
    if any(held.agency == event.agency for held in identity.holdings_of(account, at)):
        return
    n = len(leaving.open_of(account, event.agency, at, actor=actor))
    receivers = identity.holders("agency_head", event.agency, None, at)
    receivers = [h for h in receivers if h.account_id != account] or identity.holders(
        "city_office", None, None, at
    )
    template, url = "incidents.message.left_open", f"/desk/leaving/{account}?within={event.agency}"
    of = Ref("account", str(account), "", url)
    values = {"n": n, "who": identity.name_of(account), "agency": dict(directory.agency(event.agency).name)}
    for receiver in sorted({h.account_id for h in receivers}) if n else ():
        id = message_id(recorded.id, receiver, template)
        tell(receiver, template, values, of=of, id=id, actor=actor, at=at)


@every(minutes=1)
def report_on_the_beat(*, actor: Actor, at: datetime) -> None:
    """Situation reports leave by themselves as often as the room wants them."""
    for room in queries.rooms_living():
        if room.next_report_at is not None and room.next_report_at <= at and room.is_open:
            commands.ask_report(room.number, actor=actor, at=at)


# --- telling people -----------------------------------------------------------------------------------------------


def _hearers(room: RoomLine, at: datetime) -> set[UUID]:
    seated = {account for account, _, _ in queries.staff(room.id)}
    return seated | {h.account_id for role in ABOUT for h in identity.holders(role, None, None, at)}


@on(RoomProposed, RoomOpened)
def when_room_stands_tell_leaders(
    recorded: Recorded, event: RoomProposed | RoomOpened, *, actor: Actor, at: datetime
) -> None:
    """Leaders, the city's office and the shift lead hear that a room is asked for, or works."""
    room = queries.room_by_id(UUID(event.incident))
    what = "proposed" if isinstance(event, RoomProposed) else "opened"
    template = f"incidents.message.{what}"
    label = prefix(room.number, is_exercise=room.is_exercise)
    values = {"label": label, "title": room.title, "why": room.why}
    for receiver in sorted(_hearers(room, at)):
        id = message_id(recorded.id, receiver, template)
        is_urgent = not room.is_exercise
        tell(receiver, template, values, of=room.ref, is_urgent=is_urgent, id=id, actor=actor, at=at)


@on(OrderGiven)
def when_order_given_tell_agency(
    recorded: Recorded, event: OrderGiven, *, actor: Actor, at: datetime
) -> None:
    """The agency's head and clerks hear of an order at once, at any hour."""
    order = next((o for o in queries.orders_of(UUID(event.incident)) if str(o.id) == event.order), None)
    if order is None:
        return
    values = {
        "label": prefix(order.ref.label, is_exercise=order.is_exercise),
        "words": order.words[:500],
        "due": order.due_at,
    }
    template = "incidents.message.order"
    roles = ("agency_head", "agency_clerk", "agency_officer")
    receivers = {h.account_id for role in roles for h in identity.holders(role, event.agency, None, at)}
    for receiver in sorted(receivers):
        id = message_id(recorded.id, receiver, template)
        is_urgent = not order.is_exercise
        tell(receiver, template, values, of=order.ref, is_urgent=is_urgent, id=id, actor=actor, at=at)


@on(PaperMade)
def when_paper_made_send_it(recorded: Recorded, event: PaperMade, *, actor: Actor, at: datetime) -> None:
    """A situation report goes to everybody who sits in the room, and to leaders; the number of receivers is kept."""
    if event.paper_kind == PaperKind.DISPATCH:
        return
    room, paper = queries.room_by_id(UUID(event.incident)), queries.paper(UUID(event.paper))
    template = f"incidents.message.{event.paper_kind}"
    label = prefix(room.number, is_exercise=room.is_exercise)
    values = {"label": label, "title": room.title, "n": event.n, **_headline(paper.content["figures"])}
    receivers = sorted(_hearers(room, at))
    for receiver in receivers:
        id = message_id(recorded.id, receiver, template)
        tell(receiver, template, values, of=room.ref, id=id, actor=actor, at=at)
    commands.count_sent(paper.id, len(receivers), actor=actor, at=at)


def _headline(figures: dict[str, int]) -> dict[str, int]:
    """The numbers that a message says."""
    return {name: figures[name] for name in ("cases_open", "orders", "orders_unacknowledged", "resources")}
