"""Reads of leaving: everything that somebody has open when he goes, and an agency when it ends. Nothing is asked of memory."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from ngomon.cases import bulks
from ngomon.core.actors import Actor
from ngomon.core.errors import Refused
from ngomon.core.ids import Ref
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import may
from ngomon.processes import workload
from ngomon.processes.alarms import alarms_held

from .leaving_terms import Kind, OpenItem
from .models import Staff
from .queries import LIVING
from .terms import INCIDENT, ORDER

CASE = "case"


def may_hand_over(actor: Actor, agency: str) -> bool:
    """The head for the own agency; the shift lead and the city's office for any, and for the city's own posts."""
    if actor.kind == "system" or actor.holds(*bulks.AGENCY_MOVERS):
        return True
    return bool(agency) and may(actor, "case.hand_over", agency)


def require_hand_over(actor: Actor, agency: str) -> None:
    """Raises: Refused."""
    if not may_hand_over(actor, agency):
        raise Refused("processes.error.not_yours")


def open_of(account: UUID, agency: str, at: datetime, *, actor: Actor) -> list[OpenItem]:
    """What somebody has open in an agency (empty: with the city's own posts, everything), the most urgent first of each kind.

    Raises: Refused. Statements do not grow with the work.
    """
    require_hand_over(actor, agency)
    return [
        *cases_open(account, agency, actor=actor),
        *matters_open(account, agency),
        *alarms_open(account, agency),
        *roster_places(account, agency, at),
        *seats(account),
        *standing_in(account, at),
    ]


def cases_open(account: UUID, agency: str, *, actor: Actor) -> list[OpenItem]:
    """Cases in hand or coming back, those that may be seen."""
    ids = bulks.work_of(account=account, agency=agency)
    lines = {line.id: line for line in bulks.lines_of(list(bulks.visible_among(ids, actor=actor)))}
    return [
        OpenItem(
            Kind.CASE, str(key), Ref(CASE, str(key), lines[key].number, f"/desk/cases/{lines[key].number}"),
            lines[key].due_at, lines[key].holder != account, lines[key].step == "committed", lines[key].text[:80],
        )
        for key in ids
        if key in lines
    ]  # fmt: skip


def matters_open(account: UUID, agency: str) -> list[OpenItem]:
    """Directives and whatever else has a process."""
    return [
        OpenItem(Kind.MATTER, f"{m.of.kind}:{m.of.key}", m.of, m.due_at, m.is_returning)
        for m in workload.matters_of(account=account, agency=agency, but=CASE)
    ]


def alarms_open(account: UUID, agency: str) -> list[OpenItem]:
    """Alarms that somebody took and did not end."""
    return [
        OpenItem(Kind.ALARM, str(key), of)
        for key, of, of_agency in alarms_held(account)
        if agency in {"", of_agency}
    ]


def roster_places(account: UUID, agency: str, at: datetime) -> list[OpenItem]:
    """Places in the duty roster that stand on a post which only this person holds."""
    posts = {UUID(h.post): h for h in identity.holdings_of(account, at) if h.post and h.agency == agency}
    if not posts:
        return []
    held = identity.holders_of_posts(posts, at)
    alone = {key for key in posts if not {h.account_id for h in held.get(key, [])} - {account}}
    counts = Counter(
        key for slot in directory.roster(agency) for key in (slot.post, slot.substitute) if key in alone
    )
    return [
        OpenItem(Kind.ROSTER, str(key), Ref("agency", agency, "", f"/desk/leaving/{account}"), detail=str(n))
        for key, n in counts.items()
        if key is not None
    ]


def empty_shifts(agency: str, at: datetime) -> int:
    """How many places of an agency's duty roster stand on posts that nobody holds now."""
    slots = directory.roster(agency)
    held = identity.holders_of_posts({slot.post for slot in slots}, at) if slots else {}
    return sum(not held.get(slot.post) for slot in slots)


def seats(account: UUID) -> list[OpenItem]:
    """Seats in command rooms that work."""
    rows = Staff.objects.filter(account=account, to_at__isnull=True, room__phase__in=LIVING)
    return [
        OpenItem(
            Kind.SEAT, f"{row.room.number}:{row.role}",
            Ref(INCIDENT, str(row.room_id), row.room.number, f"/ioc/rooms/{row.room.number}"), detail=row.role,
        )
        for row in rows.select_related("room").order_by("from_at")
    ]  # fmt: skip


def standing_in(account: UUID, at: datetime) -> list[OpenItem]:
    """Absent colleagues whom he stands in for: somebody else has to."""
    absent = identity.stood_in_for(account, at)
    names = identity.names_of(absent)
    return [
        OpenItem(Kind.STAND_IN, str(key), Ref("account", str(key), names.get(key, ""), ""))
        for key in sorted(absent, key=str)
    ]


def counts_of(agency: str, *, actor: Actor) -> dict[str, int]:
    """What an agency has open, by kind: what its successor gets on the day it ends, and what must be looked at by hand."""
    require_hand_over(actor, agency)
    matters = workload.kinds_of(agency)
    orders = matters.pop(ORDER, 0)
    found = {
        "cases": matters.pop(CASE, 0),
        "directives": matters.pop("directive", 0),
        "orders": orders,
        "others": sum(matters.values()),
        "consultations": workload.asked_of(agency),
        "alarms": workload.alarms_of(agency),
        "roster": len(directory.roster(agency)),
    }
    return {kind: n for kind, n in found.items() if n or kind == "cases"}
