"""Volunteer teams on their phones: the open tickets of the rooms they sit in, theirs with name and telephone."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import CityError
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires

from .. import commands, floods
from . import shown
from .shown import language_of


@require_safe
@requires("ticket.claim")
def tickets(request: HttpRequest) -> HttpResponse:
    """What waits, and what this team has."""
    return _page(request)


def _page(request: HttpRequest, failed: str = "", status: int = 200) -> HttpResponse:
    actor, language = actor_from(request), language_of(request)
    rooms = [
        {
            "number": number,
            "title": title,
            "tickets": [
                shown.ticket(t, language) for t in floods.tickets(id, actor=actor) if t.state == "open"
            ],
        }
        for id, number, title in floods.rooms_seated(actor)
    ]
    with unit():
        mine = [shown.ticket(t, language) for t in floods.my_tickets(actor, clock.now())]
    context = {"rooms": rooms, "mine": mine, "failed": failed, "team": request.POST.get("team", "")}
    answer = render(request, "incidents/volunteer.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@requires("ticket.claim")
def move(request: HttpRequest, id: UUID) -> HttpResponse:
    """Claim a ticket, give it back, say that it is done."""
    try:
        with unit():
            commands.move_ticket(
                id,
                request.POST.get("state", ""),
                team=request.POST.get("team", ""),
                outcome=request.POST.get("outcome", ""),
                actor=actor_from(request),
                at=clock.now(),
            )
    except CityError as error:
        if error.status == 403:
            raise
        return _page(request, shown.refusal(error, language_of(request)), error.status)
    return redirect("/volunteer")
