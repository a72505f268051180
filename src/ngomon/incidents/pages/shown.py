"""What the pages of the command post show, gathered from queries and put in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import may
from ngomon.processes import queries as processes

from .. import floods, queries
from ..flood_terms import TicketLine, TickSaid
from ..picture import level_words
from ..rules import KINDS, may_go
from ..said import TONES, line_words, order_state
from ..terms import STEPS, LogKind, OrderLine, Phase, ResourceLine, RoomLine, Said, StaffRole

TABS = ("picture", "orders", "resources", "flood", "log", "papers", "staff")
ICONS = {
    "picture": "map", "orders": "send", "resources": "truck", "flood": "life-buoy", "log": "scroll-text", "papers": "file-text", "staff": "users",
}  # fmt: skip


def language_of(request: HttpRequest) -> str:
    """The reader's language."""
    return str(getattr(request, "LANGUAGE_CODE", "vi"))[:2]


def local(words: str) -> datetime | None:
    """An instant typed as the city's time; None for nothing. Raises: Invalid."""
    if not words:
        return None
    try:
        typed = datetime.fromisoformat(words)
    except ValueError as error:
        raise Invalid("incidents.error.bad_time") from error
    return typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(directory.city().timezone))


def said_at(instant: str) -> str:
    """An instant of the log's values as the city says it."""
    at = datetime.fromisoformat(instant).astimezone(ZoneInfo(directory.city().timezone))
    return f"{at:%H:%M} {at.day}/{at.month}"


def refusal(error: CityError, language: str) -> str:
    """An error in the reader's words."""
    said = [text(error.code, language, **error.values)]
    said += [text(code, language, **error.values) for code in error.fields.values()]
    return " ".join(dict.fromkeys(said))


def nav(path: str) -> list[dict[str, Any]]:
    """What stands at the side of the console."""
    return [
        {
            "key": "rooms", "label": text("incidents.page.title"), "url": "/ioc/rooms", "icon": "radar",
            "current": path.startswith("/ioc/rooms"),
        },
        {
            "key": "handover", "label": text("incidents.handover.title"), "url": "/ioc/handover", "icon": "clipboard-check",
            "current": path.startswith("/ioc/handover"),
        },
    ]  # fmt: skip


def person(account: str | UUID | None) -> str:
    """Who an account is; the word itself where it is none."""
    said = str(account or "")
    if said.startswith("system:"):
        return text("incidents.log.kind.system")
    return identity.name_behind(said) or said


def row(line: RoomLine, language: str) -> dict[str, Any]:
    """A room in a list."""
    tones = {
        Phase.PROPOSED: "amber",
        Phase.ENDED: "neutral",
        Phase.CLOSED: "neutral",
        Phase.DISMISSED: "neutral",
    }
    areas = ", ".join(in_language(directory.area(key).name, language) for key in line.areas)
    return {
        "line": line,
        "kind": text(f"incidents.kind.{line.kind}", language),
        "phase": text(f"incidents.phase.{line.phase}", language),
        "tone": tones.get(Phase(line.phase), "red"),
        "areas": areas or text("incidents.page.areas_all", language),
        "commander": person(line.commander),
    }


def steps(line: RoomLine, language: str) -> list[dict[str, str]]:
    """The phases, as far as the room has come."""
    here = STEPS.index(Phase(line.phase)) if line.phase in STEPS else -1
    return [
        {
            "label": text(f"incidents.phase.{phase}", language),
            "state": "done" if n < here else "current" if n == here else "todo",
        }
        for n, phase in enumerate(STEPS)
    ]


def next_phases(line: RoomLine, language: str) -> list[tuple[str, str]]:
    """Where the room may go, besides its end: the phases ahead."""
    if line.phase not in STEPS:
        return []
    ahead = STEPS[STEPS.index(Phase(line.phase)) + 1 :]
    return [
        (phase, text(f"incidents.phase.{phase}", language))
        for phase in ahead
        if may_go(line.phase, phase) and phase not in {Phase.ENDED, Phase.CLOSED}
    ]


def order(line: OrderLine, language: str) -> dict[str, Any]:
    """An order as a list shows it."""
    agency = directory.agency(line.agency)
    return {
        "line": line,
        "agency": in_language(agency.name, language),
        "phone": agency.phone,
        "label": order_state(line.step, line.outcome, language),
        "tone": TONES.get(line.outcome or line.step, "neutral"),
        "by": person(line.given_by),
        "said": text(f"incidents.said.{line.said}", language),
        "acknowledged_by": person(line.acknowledged_by),
        "called": said_at(line.call_since.isoformat()) if line.call_since else "",
    }


def chosen(line: OrderLine, actor: Actor, language: str) -> dict[str, Any]:
    """The order that somebody handles, with what he may do with it now."""
    offered = [
        {"key": a.key, "label": in_language(a.name, language), "tone": a.tone, "requires": a.requires}
        for a in processes.actions_for(line.ref, actor)
    ]
    return {**order(line, language), "actions": offered}


def resource(line: ResourceLine, room: RoomLine, language: str) -> dict[str, Any]:
    """A resource as a room's list shows it."""
    if line.room == room.id:
        state, tone = text("incidents.resource.here", language), "hue"
    elif line.room:
        state, tone = text("incidents.resource.elsewhere", language, number=line.room_number), "amber"
    elif not line.is_ready:
        state, tone = text("incidents.resource.not_ready", language, why=line.note), "neutral"
    else:
        state, tone = text("incidents.resource.free", language), "leaf"
    return {
        "line": line,
        "name": in_language(line.name, language),
        "kind": text(f"incidents.resource.kind.{line.kind}", language),
        "agency": in_language(directory.agency(line.agency).name, language) if line.agency else "",
        "state": state,
        "tone": tone,
        "is_here": line.room == room.id,
        "is_free": line.room is None and line.is_ready,
    }


def log(room: RoomLine, language: str) -> list[dict[str, Any]]:
    """The log, the newest line first."""
    lines = []
    for line in reversed(queries.log(room.id, limit=2000)):
        values = {**line.values, "account": person(line.values.get("account", ""))}
        lines.append(
            {
                "line": line,
                "said": line_words(line.kind, line.words, values, language, said_at),
                "kind": text(f"incidents.log.kind.{line.kind}", language),
                "by": person(line.by),
                "is_late": (line.written_at - line.at).total_seconds() > 120,
                "is_said": line.kind not in {LogKind.SYSTEM, LogKind.ORDER},
            }
        )
    return lines


def levels(language: str) -> list[dict[str, Any]]:
    """Each river station with its level in words."""
    return [
        {
            "station": station,
            "name": f"{in_language(station.name, language)} · {in_language(station.river, language)}",
            "words": level_words(station, level_m, at, language),
            "at": at,
            "tone": ("neutral", "river", "amber", "red")[alarm],
        }
        for station, level_m, at, alarm in queries.levels()
    ]


def people() -> list[tuple[str, str]]:
    """Who may be given a seat: everybody who holds a post of the command post's roles, by name."""
    now = clock.now()
    roles = ("leader", "city_office", "ioc_lead", "ioc_operator", "ioc_editor", "agency_head")
    found = {h.account_id: h.name for role in roles for h in identity.holders(role, None, None, now)}
    return sorted(((str(key), name) for key, name in found.items()), key=lambda each: each[1])


def choices(language: str) -> dict[str, Any]:
    """What forms offer."""
    today = directory.local_day(clock.now())
    return {
        "kinds": [(key, text(f"incidents.kind.{key}", language)) for key in KINDS],
        "areas": [
            (a.key, in_language(a.name, language))
            for a in directory.areas(on=today)
            if a.kind in {"ward", "commune"}
        ],
        "agencies": [(a.key, in_language(a.name, language)) for a in directory.agencies(today)],
        "ways": [(way.value, text(f"incidents.said.{way}", language)) for way in Said],
        "seat_roles": [(role.value, text(f"incidents.role.{role}", language)) for role in StaffRole],
        "log_kinds": [
            (kind, text(f"incidents.log.kind.{kind}", language)) for kind in ("note", "briefing", "lesson")
        ],
    }


def picture(line: RoomLine, actor: Actor, language: str) -> dict[str, Any]:
    """The map's tab: cases and river stations."""
    now = clock.now()
    cases = [
        {
            "line": case,
            "category": in_language(directory.category(case.category).name, language),
            "status": text(f"cases.status.{case.status}", language),
            "is_late": case.closed_at is None and case.due_at is not None and case.due_at < now,
        }
        for case in queries.cases_of(line.id, actor=actor)
    ]
    return {"cases": cases, "levels": levels(language)}


def orders(line: RoomLine, _: Actor, language: str) -> dict[str, Any]:
    """The book of orders, those that still wait first."""
    found = [order(each, language) for each in queries.orders_of(line.id)]
    return {"orders": sorted(found, key=lambda o: (not o["line"].is_open, o["line"].n))}


def resources(line: RoomLine, _: Actor, language: str) -> dict[str, Any]:
    """Forces and means, those working here first."""
    found = [resource(each, line, language) for each in queries.resources()]
    return {"resources": sorted(found, key=lambda r: (not r["is_here"], not r["is_free"]))}


def tick(said: TickSaid, language: str) -> str:
    """One tick in words: what, by whom, when."""
    what = text(f"incidents.flood.{said.state}", language)
    return f"{what} ({person(said.by)}, {said_at(said.at.isoformat())})"


def ticket(line: TicketLine, language: str) -> dict[str, Any]:
    """A ticket as lists show it."""
    tones = {"open": "red", "claimed": "amber", "done": "leaf", "withdrawn": "neutral"}
    return {
        "line": line,
        "kind": text(f"incidents.flood.{line.kind}", language),
        "state": text(f"incidents.flood.state.{line.state}", language, team=line.team),
        "tone": tones[line.state],
    }


def flood(line: RoomLine, actor: Actor, language: str) -> dict[str, Any]:
    """Households to move by hamlet, and tickets."""
    alarm = queries.alarm_of_room(line.id)
    hamlets = floods.hamlets(line.id, alarm=alarm, areas=line.areas, actor=actor)
    return {
        "alarm": alarm,
        "hamlets": [{"h": h, "area": in_language(directory.area(h.area).name, language)} for h in hamlets],
        "tickets": [ticket(t, language) for t in floods.tickets(line.id, actor=actor)],
        "alarms": [(n, text("incidents.flood.alarm_none", language) if n == 0 else str(n)) for n in range(4)],
    }


def lines(line: RoomLine, _: Actor, language: str) -> dict[str, Any]:
    """The log."""
    return {"log": log(line, language)}


def papers(line: RoomLine, _: Actor, language: str) -> dict[str, Any]:
    """The documents with their files."""
    kept = queries.papers_of(line.id)
    found = [
        {
            "line": paper,
            "label": text(f"incidents.paper.{paper.kind}", language),
            "by": person(paper.by),
            "is_order": paper.kind == "dispatch",
        }
        for paper in kept
    ]
    return {"papers": found, "has_failed": any(paper.state == "failed" for paper in kept)}


def staff(line: RoomLine, _: Actor, language: str) -> dict[str, Any]:
    """Who sits in the room."""
    seated = [
        {"name": person(account), "role": text(f"incidents.role.{role}", language), "since": since}
        for account, role, since in queries.staff(line.id)
    ]
    return {"seated": seated, "people": people()}


SHOW: dict[str, Callable[[RoomLine, Actor, str], dict[str, Any]]] = {
    "picture": picture, "orders": orders, "resources": resources, "flood": flood, "log": lines, "papers": papers, "staff": staff,
}  # fmt: skip


def rights(actor: Actor) -> dict[str, bool]:
    """What this person may do in rooms."""
    return {"may_open": may(actor, "incident.open"), "may_command": may(actor, "incident.command")}
