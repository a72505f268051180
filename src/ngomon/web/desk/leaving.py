"""Somebody leaves: everything that he has open, listed beforehand, and handed over with one press."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from ngomon.cases import bulks
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid, NotFound
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.incidents import commands as incidents
from ngomon.incidents import leaving as leavings
from ngomon.incidents.leaving_terms import EVERYTHING, Handed, Kind, OpenItem

from . import views
from .balance import account_said, within_of
from .frame import language_of, plain

SHOWN = 100
"""How many of one kind are listed by name; the rest is counted."""


@require_http_methods(["GET", "HEAD", "POST"])
@requires("case.hand_over")
def leaving(request: HttpRequest, id: UUID) -> HttpResponse:
    """What an officer has open in an agency. POST: hand the ticked kinds over, to one successor or by proposal."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    name = identity.name_of(id)
    if not name:
        raise NotFound("web.desk.leaving.nobody")
    within = within_of(actor, request)
    handed, failed, status = None, "", 200
    if request.method == "POST":
        try:
            handed = _hand_over(request, id, within, actor, now)
        except CityError as error:
            said, fields = views.refusal(error, language)
            failed, status = " ".join(dict.fromkeys([said, *fields])), error.status
    items = leavings.open_of(id, within, now, actor=actor)
    shown: dict[str, Any] = {
        "who": name,
        "account": str(id),
        "within": within,
        "within_name": views.agency_name(within, language) if within else "",
        "groups": _groups(items, language),
        "people": [{"id": str(key), "name": one, "n": n} for key, one, n in bulks.takers(within, now, but=id)]
        if within
        else [],
        "left": _left(handed, language),
        "handed": handed,
        "failed": failed,
    }
    return render(request, "web/desk/leaving.html", plain(request, **shown), status=status)


def _groups(items: list[OpenItem], language: str) -> list[dict[str, Any]]:
    """The open things by kind, each kind with a name and how many."""
    found = []
    for kind in Kind:
        mine = [item for item in items if item.kind == kind]
        if mine:
            found.append(
                {
                    "kind": kind.value,
                    "name": text(f"web.desk.leaving.kind.{kind}", language),
                    "n": len(mine),
                    "rows": [_row(item, language) for item in mine[:SHOWN]],
                    "more": max(0, len(mine) - SHOWN),
                    "may_tick": kind in EVERYTHING,
                }
            )
    return found


def _row(item: OpenItem, language: str) -> dict[str, Any]:
    detail = item.detail
    if item.kind == Kind.ROSTER:
        detail = text("web.desk.leaving.places", language, n=item.detail)
    elif item.kind == Kind.SEAT:
        detail = text(f"incidents.role.{item.detail}", language)
    return {
        "label": item.of.label or detail,
        "url": item.of.url,
        "detail": detail if item.of.label else "",
        "due_at": item.due_at,
        "returning": item.is_returning,
        "promised": item.promised,
    }


def _left(handed: Handed | None, language: str) -> list[tuple[str, str]]:
    """What stays, and why."""
    if handed is None:
        return []
    return [(str(_row(one.item, language)["label"]), text(one.code, language)) for one in handed.left]


def _hand_over(request: HttpRequest, account: UUID, within: str, actor: Actor, at: datetime) -> Handed:
    kinds = request.POST.getlist("kind")
    if not kinds:
        raise Invalid.field("kind", "web.desk.leaving.nothing_ticked")
    said = request.POST.get("taker", "")
    taker = account_said(said, "taker") if said else None
    with unit():
        return incidents.hand_over_all(account, within, taker=taker, kinds=kinds, actor=actor, at=at)
