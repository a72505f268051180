"""Orders from command rooms on an agency's desk: acknowledge with one thumb, report back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.core import clock
from ngomon.core.errors import CityError
from ngomon.core.text import in_language
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.incidents import commands, queries
from ngomon.incidents.said import TONES, order_state
from ngomon.incidents.terms import OrderLine
from ngomon.processes import queries as processes

from . import views
from .frame import language_of, plain


def _row(line: OrderLine, language: str) -> dict[str, object]:
    return {
        "line": line,
        "agency": in_language(directory.agency(line.agency).name, language),
        "label": order_state(line.step, line.outcome, language),
        "tone": TONES.get(line.outcome or line.step, "neutral"),
        "by": identity.name_behind(line.given_by),
    }


@require_safe
@requires("order.see")
def every(request: HttpRequest) -> HttpResponse:
    """The orders of this officer's agencies, those to be acknowledged first."""
    language = language_of(request)
    lines = queries.orders_for(actor_from(request))
    first = sorted(lines, key=lambda line: (not line.is_open, line.step != "acknowledge", line.due_at))
    rows = [_row(line, language) for line in first]
    template = "order_rows" if request.headers.get("HX-Request") else "orders"
    return render(request, f"web/desk/{template}.html", plain(request, orders=rows))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("order.see")
def one(request: HttpRequest, id: UUID) -> HttpResponse:
    """One order: acknowledge it, report on it."""
    actor, language = actor_from(request), language_of(request)
    line = queries.order(id, actor=actor)
    failed, status = "", 200
    if request.method == "POST":
        try:
            with unit():
                words, action = request.POST.get("words", ""), request.POST.get("action", "")
                commands.move_order(line.id, action, words=words, actor=actor, at=clock.now())
            return redirect(f"/desk/orders/{line.id}")
        except CityError as error:
            said, fields = views.refusal(error, language)
            failed, status = " ".join(dict.fromkeys([said, *fields])), error.status
    offered = [a for a in processes.actions_for(line.ref, actor) if a.key not in commands.BY_STAFF]
    shown = {"o": _row(line, language), "actions": offered, "typed": request.POST.get("words", "")}
    return render(request, "web/desk/order.html", plain(request, failed=failed, **shown), status=status)
