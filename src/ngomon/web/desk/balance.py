"""The balance of work on the desk: of an agency by officer, of the city by agency; and moving some of it from there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ngomon.cases import bulks, workload
from ngomon.cases import commands as cases
from ngomon.cases.rules.workload import away_at
from ngomon.cases.workload_terms import AgencyLoad, OfficerLoad
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import Invalid, Refused
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, requires
from ngomon.incidents import leaving
from ngomon.ui.tags.words import said_day

from . import views
from .forms import agency_choices
from .frame import language_of, plain

CHARTED = 8
"""How many bars a chart holds that can still be read; the table has all."""


def within_of(actor: Actor, request: HttpRequest) -> str:
    """The agency that is looked at: a head's own; any, or none for the city, for the shift lead and the city's office."""
    own = sorted(actor.agencies("agency_head"))
    asked = request.POST.get("within") or request.GET.get("within", "")
    if actor.holds(*bulks.AGENCY_MOVERS):
        return asked
    if asked and asked not in own:
        raise Refused("processes.error.not_yours")
    return asked or (own[0] if own else "")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("workload.see")
def balance(request: HttpRequest) -> HttpResponse:
    """Who has how much, as chart and table. POST: move so many cases from one to another, as a bulk with preview."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    within = within_of(actor, request)
    if request.method == "POST":
        return _move(request, within, actor, now)
    is_city = actor.holds(*bulks.AGENCY_MOVERS)
    shown: dict[str, Any] = {
        "within": within,
        "may_move": is_city,
        "agencies": agency_choices(now, language) if is_city else [],
    }
    if within:
        shown |= _of_agency(within, actor, now, language)
    elif is_city:
        shown |= _of_city(workload.agencies(actor=actor, at=now), language)
    return render(request, "web/desk/balance.html", plain(request, **shown))


def _of_agency(within: str, actor: Actor, at: datetime, language: str) -> dict[str, Any]:
    loads = workload.balance(within, actor=actor, at=at)
    rows = [_row(one, at, language) for one in loads]
    takers = [row for row in rows if row["may_take"]]
    moves = workload.suggested(loads, within, at)
    by_id = {row["id"]: row for row in rows}
    return {
        "within_name": views.agency_name(within, language),
        "rows": rows,
        "takers": takers,
        "chart": _chart(loads, language),
        "height": f"{80 + 88 * len(loads)}px",
        "moves": [{"giver": by_id[str(m.giver)], "taker": by_id[str(m.taker)], "n": m.n} for m in moves],
        "gone": [row for row in rows if not row["has_post"] and row["hand"].n],
        "empty_shifts": leaving.empty_shifts(within, at),
        "total": sum(one.hand.n for one in loads),
        "late": sum(one.hand.late for one in loads),
    }


def _row(one: OfficerLoad, at: datetime, language: str) -> dict[str, Any]:
    is_away = away_at(one.away, at) is not None
    return {
        "id": str(one.account),
        "name": one.name,
        "hand": one.hand,
        "done": one.done,
        "away": [_span(away.from_at, away.to_at, language) for away in one.away],
        "substitute": one.substitute,
        "is_away": is_away,
        "has_post": one.has_post,
        "may_take": one.has_post and not is_away,
    }


def _span(from_at: datetime, to_at: datetime, language: str) -> str:
    days = (said_day(directory.local_day(at)) for at in (from_at, to_at))
    return text("web.desk.balance.away", language, **dict(zip(("start", "end"), days, strict=True)))


def _chart(loads: list[OfficerLoad], language: str) -> dict[str, Any]:
    series = {
        "hand": [one.hand.n for one in loads],
        "late": [one.hand.late for one in loads],
        "soon": [one.hand.soon for one in loads],
        "done": [one.done for one in loads],
    }
    return {
        "kind": "bar",
        "lying": True,
        "x": [one.name for one in loads],
        "unit": text("web.desk.balance.unit", language),
        "series": [
            {"name": text(f"web.desk.balance.{key}", language), "values": values}
            for key, values in series.items()
        ],
    }


def _of_city(found: list[AgencyLoad], language: str) -> dict[str, Any]:
    first = found[:CHARTED]
    chart = {
        "kind": "bar",
        "lying": True,
        "x": [in_language(directory.agency(one.agency).short, language) for one in first],
        "unit": text("web.desk.balance.unit", language),
        "series": [
            {"name": text("web.desk.balance.open", language), "values": [one.open for one in first]},
            {"name": text("web.desk.balance.late", language), "values": [one.late for one in first]},
        ],
    }
    rows = [{"load": one, "name": views.agency_name(one.agency, language)} for one in found]
    return {
        "city": rows,
        "chart": chart,
        "height": f"{80 + 52 * len(first)}px",
        "stranded": [row for row, one in zip(rows, found, strict=True) if one.stranded],
    }


def _move(request: HttpRequest, within: str, actor: Actor, now: datetime) -> HttpResponse:
    """So many of an officer's cases to another: chosen with the most time left, previewed, done as a bulk."""
    giver, taker = (account_said(request.POST.get(name, ""), name) for name in ("giver", "taker"))
    n = request.POST.get("n", "")
    if not within or not n.isdecimal() or not 1 <= int(n) <= 500:
        raise Invalid.field("n", "web.desk.balance.bad_number")
    if giver == taker:
        raise Invalid.field("taker", "cases.bulk.same_person")
    said = {"giver": str(giver), "taker": str(taker), "within": within}
    with unit():
        made = cases.choose(workload.movable(giver, within, int(n)), actor=actor, at=now)
        cases.preview(made, bulks.HAND_OVER, said, actor=actor, at=now)
    return redirect(f"/desk/bulk/{made}")


def account_said(said: str, name: str) -> UUID:
    """The account that a form's field names. Raises: Invalid."""
    try:
        return UUID(said)
    except ValueError as error:
        raise Invalid.field(name, "cases.bulk.no_taker") from error
