"""Handing over everything that somebody has open, in one command: few things at once, the cases by a bulk.

All that is done at once is one unit, and the bulk is started in it: killed before its end nothing has happened, killed after
it the worker carries the cases on where it stood. What cannot be handed over stays where it is, named with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ngomon.cases import bulks
from ngomon.cases import commands as cases
from ngomon.cases import workload as proposals
from ngomon.cases.rules.workload import shared
from ngomon.cases.workload_terms import Matter
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import CityError, Conflict, Invalid
from ngomon.core.ids import Ref
from ngomon.core.rows import save
from ngomon.core.units import command, part
from ngomon.directory import commands as directory
from ngomon.directory import queries as places
from ngomon.directory.terms import DutySlot
from ngomon.identity import queries as identity
from ngomon.identity.rules import require
from ngomon.processes import commands as processes

from .. import leaving
from ..leaving_terms import EVERYTHING, Handed, Kind, Left, OpenItem
from ..models import Room, Staff
from ..terms import LogKind
from .log import working, write
from .rooms import seat


@command
def hand_over_all(
    account: UUID,
    agency: str,
    *,
    taker: UUID | None = None,
    kinds: Iterable[str] = EVERYTHING,
    actor: Actor,
    at: datetime,
) -> Handed:
    """Hand what somebody has open in an agency to one successor, or each thing to whoever is proposed for it.

    An alarm that he took goes back to the chain of those on call, who are called at once. Once: what was handed over is not
    open any more, so a repeat finds what is left. Raises: Refused; Invalid for nobody there, or oneself to oneself.
    """
    leaving.require_hand_over(actor, agency)
    if taker == account:
        raise Invalid.field("taker", "cases.bulk.same_person")
    wanted = set(kinds)
    open_ = [item for item in leaving.open_of(account, agency, at, actor=actor) if item.kind in wanted]
    to = _takers(open_, account, agency, taker, at)
    bulk = _cases(open_, account, agency, taker, actor=actor, at=at)
    left, done = [], 0
    for item in open_:
        act = ACTS.get(Kind(item.kind))
        if act is None:
            continue
        code = _try(act, item, account, agency, to.get(item.key), actor, at)
        done += not code
        left += [Left(item, code)] if code else []
    detail = {
        "agency": agency,
        "to": str(taker or ""),
        "done": done,
        "left": len(left),
        "bulk": str(bulk or ""),
    }
    audit("incidents.hand_over_all", Ref("account", str(account)), actor=actor, at=at, detail=detail)
    return Handed(done, tuple(left), bulk)


def _takers(
    items: Sequence[OpenItem], account: UUID, agency: str, taker: UUID | None, at: datetime
) -> Mapping[str, UUID]:
    """Who gets which thing that is no case. Raises: Invalid where the agency has nobody else."""
    if taker is not None:
        return dict.fromkeys((item.key for item in items), taker)
    others = [item for item in items if item.kind not in {Kind.CASE, Kind.ALARM}]
    if not agency or not others:
        return {}
    there = proposals.candidates(agency, [], at, but=account)
    return shared([Matter(item.key, "", "", 1.0, item.due_at) for item in others], there, at)


def _cases(
    items: Sequence[OpenItem], account: UUID, agency: str, taker: UUID | None, *, actor: Actor, at: datetime
) -> UUID | None:
    """Start the bulk that carries the cases over."""
    ids = [UUID(item.key) for item in items if item.kind == Kind.CASE]
    if not ids:
        return None
    said = {"giver": str(account), "within": agency, "taker": str(taker or "")}
    bulk = cases.choose(ids, actor=actor, at=at)
    cases.preview(bulk, bulks.HAND_OVER, said, actor=actor, at=at)
    if bulks.bulk(bulk, actor=actor).waiting:
        cases.start(bulk, actor=actor, at=at)
    return bulk


_Act = Callable[[OpenItem, UUID, str, UUID | None, Actor, datetime], None]


def _try(
    act: _Act, item: OpenItem, account: UUID, agency: str, taker: UUID | None, actor: Actor, at: datetime
) -> str:
    """One thing, in a part of the unit that leaves no trace when it is refused; the reason, or nothing."""
    try:
        with part():
            act(item, account, agency, taker, actor, at)
    except CityError as error:
        return next(iter(error.fields.values()), error.code)
    return ""


def _named(taker: UUID | None) -> UUID:
    if taker is None:
        raise Invalid("cases.bulk.nobody_there")
    return taker


def _matter(item: OpenItem, account: UUID, _: str, taker: UUID | None, actor: Actor, at: datetime) -> None:
    processes.hand_over(item.of, account, _named(taker), actor=actor, at=at)


def _alarm(item: OpenItem, account: UUID, _: str, __: UUID | None, actor: Actor, at: datetime) -> None:
    processes.give_back(UUID(item.key), account, actor=actor, at=at)


def _roster(item: OpenItem, _: UUID, agency: str, taker: UUID | None, actor: Actor, at: datetime) -> None:
    """The places go to a post that the successor holds there. Raises: Conflict where he holds none of the directory's."""
    post = UUID(item.key)
    own = [h for h in identity.holdings_of(_named(taker), at) if h.agency == agency and h.post]
    found = next((UUID(h.post) for h in sorted(own, key=lambda h: not h.is_main)), None)
    if found is None:
        raise Conflict("incidents.leaving.no_post")
    slots = []
    for slot in places.roster(agency):
        held = found if slot.post == post else slot.post
        substitute = found if slot.substitute == post else slot.substitute
        slots.append(
            DutySlot(agency, slot.weekday, slot.shift, held, None if substitute == held else substitute)
        )
    directory.set_roster(agency, slots, actor=actor, at=at)


def _seat(item: OpenItem, account: UUID, _: str, taker: UUID | None, actor: Actor, at: datetime) -> None:
    require(actor, "incident.command")
    number, _, role = item.key.partition(":")
    seat(number, _named(taker), role, actor=actor, at=at)
    leave_seat(number, account, role, actor=actor, at=at)


@command
def leave_seat(room: str, account: UUID, role: str, *, actor: Actor, at: datetime) -> None:
    """Somebody gives his seat in a room up. Once: an empty seat stays empty. Raises: Refused, Conflict."""
    require(actor, "incident.command")
    found: Room = working(room)
    if Staff.objects.filter(room=found, account=account, role=role, to_at__isnull=True).update(to_at=at):
        values = {"account": str(account)}
        write(found, LogKind.SYSTEM, "incidents.log.left_seat", values, actor=actor, at=at)
        save(found)


ACTS: Mapping[Kind, _Act] = {
    Kind.MATTER: _matter,
    Kind.ALARM: _alarm,
    Kind.ROSTER: _roster,
    Kind.SEAT: _seat,
}
