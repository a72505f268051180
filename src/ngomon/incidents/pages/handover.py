"""Handing a shift over: the sheets, one sheet with its confirmations, as a page that prints."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ngomon.core import clock
from ngomon.core.errors import CityError, Conflict, Invalid
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may

from .. import commands, handovers
from ..terms import OpenThing, Sheet
from . import shown
from .rooms import frame
from .shown import language_of, person

ICONS = {
    "alarm": "siren", "room": "radar", "order": "send", "promise": "calendar-clock", "fault": "octagon-alert", "note": "pencil",
}  # fmt: skip


def _thing(thing: OpenThing) -> dict[str, Any]:
    return {
        "thing": thing,
        "kind": text(f"incidents.handover.kind.{thing.kind}"),
        "icon": ICONS.get(thing.kind, "circle-dot"),
        "holder": person(thing.holder) if thing.holder else "",
    }


def _row(sheet: Sheet) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "giver": person(sheet.giver),
        "taker": person(sheet.taker) if sheet.taker else "",
        "open": [_thing(t) for t in sheet.things if t.settled_at is None],
        "settled": [_thing(t) for t in sheet.things if t.settled_at is not None],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@requires("shift.see")
def sheets(request: HttpRequest) -> HttpResponse:
    """The last hand-overs. POST: the lead who goes makes the sheet of his shift."""
    actor = actor_from(request)
    if request.method == "POST":
        with unit():
            number = commands.make_sheet(actor=actor, at=clock.now())
        return redirect(f"/ioc/handover/{number}")
    rows = [_row(sheet) for sheet in handovers.sheets(actor=actor)]
    context = frame(request, sheets=rows, may_hand_over=may(actor, "shift.hand_over"))
    return render(request, "incidents/handovers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("shift.see")
def sheet(request: HttpRequest, number: str) -> HttpResponse:
    """One sheet, and what its two leads may do with it."""
    failed, status = "", 200
    if request.method == "POST":
        try:
            _act(request, number)
            return redirect(f"/ioc/handover/{number}")
        except CityError as error:
            if error.status == 403:
                raise
            if isinstance(error, Conflict) and error.code == "incidents.error.sheet_grew":
                with unit():
                    commands.bring_up_to_date(number, actor=actor_from(request), at=clock.now())
            failed, status = shown.refusal(error, language_of(request)), error.status
    return _page(request, number, failed, status)


def _page(request: HttpRequest, number: str, failed: str, status: int) -> HttpResponse:
    actor = actor_from(request)
    found = handovers.sheet(number, actor=actor)
    is_open = found.taken_at is None and may(actor, "shift.hand_over")
    _, shift = directory.shift_at(found.made_at)
    context = frame(
        request,
        s=_row(found),
        shift=text(f"incidents.handover.shift.{shift}"),
        is_open=is_open,
        may_give=is_open and actor.account_id == found.giver,
        may_take=is_open and actor.account_id != found.giver and found.given_at is not None,
        my_name=identity.name_of(actor.account_id) if actor.account_id else "",
        people=shown.people() if is_open else [],
        failed=failed,
    )
    return render(request, "incidents/handover.html", context, status=status)


def _act(request: HttpRequest, number: str) -> None:
    actor, now, form = actor_from(request), clock.now(), request.POST
    what = form.get("act", "")
    with unit():
        if what == "note":
            commands.note_thing(number, form.get("words", ""), actor=actor, at=now)
        elif what == "hold":
            holder = _uuid(form.get("holder", ""))
            commands.give_thing(
                number, form.get("kind", ""), form.get("key", ""), holder, actor=actor, at=now
            )
        elif what == "given":
            commands.confirm_given(
                number, form.get("name", ""), note=form.get("note", ""), actor=actor, at=now
            )
        elif what == "taken":
            commands.confirm_taken(number, form.get("name", ""), actor=actor, at=now)
        else:
            raise Invalid("incidents.error.bad_kind")


def _uuid(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise Invalid("incidents.error.nobody") from error
