"""Households to move, on the phone of whoever moves them: by hamlet, the vulnerable first, one tap for each. With scripts a tick goes by
`/offline/acts` and works without network (`incidents.pages.offline`); these addresses serve the page and browsers without scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid
from ngomon.core.ids import uuid7
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.queries import name_behind
from ngomon.identity.rules import may
from ngomon.incidents import commands, floods
from ngomon.incidents import queries as incidents
from ngomon.incidents.flood_terms import HouseholdLine

from . import views
from .directives import _local
from .frame import language_of, plain

STATES = ("moved", "refused", "absent", "returned")


def _areas(actor: Actor) -> list[str]:
    """The areas whose households this actor may see."""
    if actor.holds("ioc_operator", "ioc_lead"):
        today = directory.local_day(clock.now())
        return [a.key for a in directory.areas(on=today) if a.kind in {"ward", "commune"}]
    own = {
        directory.agency(key).area for key in actor.agencies("agency_clerk", "agency_head", "agency_officer")
    }
    return sorted(area for area in own if area)


def _overview(request: HttpRequest, failed: str = "", status: int = 200) -> HttpResponse:
    actor, language = actor_from(request), language_of(request)
    areas = _areas(actor)
    rooms = []
    for room in incidents.rooms_living():
        alarm = incidents.alarm_of_room(room.id)
        if not alarm or not areas:
            continue
        wanted = [a for a in areas if not room.areas or a in room.areas]
        found = floods.hamlets(room.id, alarm=alarm, areas=wanted or [""], actor=actor)
        lines = [{"h": h, "area": in_language(directory.area(h.area).name, language)} for h in found]
        rooms.append({"room": room, "alarm": alarm, "hamlets": lines})
    shown = {
        "rooms": rooms,
        "failed": failed,
        "may_load": may(actor, "household.list") and bool(areas),
        "areas": [(a, in_language(directory.area(a).name, language)) for a in areas],
    }
    return render(request, "web/desk/households.html", plain(request, **shown), status=status)


def _said(state: str, by: str, at: datetime | None, language: str) -> str:
    who = name_behind(by)
    if at is None:
        return ""
    here = at.astimezone(ZoneInfo(directory.city().timezone))
    return f"{text(f'incidents.flood.{state}', language)} ({who or by}, {here:%H:%M} {here.day}/{here.month})"


def _row(line: HouseholdLine, language: str) -> dict[str, Any]:
    """A household in its list: what it was ticked last, or who says what where two say different things."""
    last = _said(line.state, line.state_by, line.state_at, language)
    others = [_said(tick.state, tick.by, tick.at, language) for tick in line.others]
    said = text("incidents.flood.disputed", language, said="; ".join([last, *others])) if others else ""
    return {"h": line, "token": str(uuid7()), "last": last, "said": said}


@require_safe
@requires("household.tick")
def every(request: HttpRequest) -> HttpResponse:
    """By room and hamlet; with a room, area and hamlet, its households."""
    number = request.GET.get("room", "")
    if not number:
        return _overview(request)
    actor = actor_from(request)
    room = next((r for r in incidents.rooms_living() if r.number == number), None)
    if room is None:
        return redirect("/desk/households")
    asked: dict[str, Any] = {"area": request.GET.get("area", ""), "hamlet": request.GET.get("hamlet", "")}
    with unit():
        now, alarm = clock.now(), incidents.alarm_of_room(room.id)
        lines = floods.households(room.id, alarm=alarm, actor=actor, at=now, **asked)
    rows = [_row(line, language_of(request)) for line in lines]
    states = [(key, text(f"incidents.flood.{key}", language_of(request))) for key in STATES]
    shown = {"room": room, "alarm": alarm, "rows": rows, "states": states, "now": now.isoformat(), **asked}
    answer = render(request, "web/desk/household_list.html", plain(request, **shown))
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@requires("household.tick")
def tick(request: HttpRequest, number: str, id: UUID) -> HttpResponse:
    """What became of a household; sent again it changes nothing."""
    form = request.POST
    try:
        token = UUID(form["token"]) if form.get("token") else None
    except ValueError as error:
        raise Invalid("incidents.error.bad_kind") from error
    with unit():
        commands.tick(
            number,
            id,
            form.get("state", ""),
            id=token,
            happened_at=_local(form.get("happened_at", "")),
            seen_at=_local(form.get("seen", "")),
            actor=actor_from(request),
            at=clock.now(),
        )
    back = request.POST.get("next", "")
    return redirect(back if back.startswith("/desk/households") else "/desk/households")


@require_POST
@requires("household.list")
def load(request: HttpRequest) -> HttpResponse:
    """Take in a ward's list."""
    upload = request.FILES.get("file")
    try:
        if upload is None or (upload.size or 0) > 2 * 1024 * 1024:
            raise Invalid("incidents.error.bad_list")
        try:
            table = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Invalid("incidents.error.bad_list") from error
        with unit():
            area = request.POST.get("area", "")
            commands.load_households(area, table, actor=actor_from(request), at=clock.now())
    except CityError as error:
        if error.status == 403:
            raise
        said, fields = views.refusal(error, language_of(request))
        return _overview(request, " ".join(dict.fromkeys([said, *fields])), error.status)
    return redirect("/desk/households")
