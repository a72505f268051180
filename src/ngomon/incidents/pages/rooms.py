"""Every room, opening one, one room by its tabs, its picture as GeoJSON, its documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.core import clock, files
from ngomon.core.errors import CityError, NotFound
from ngomon.core.ids import uuid7
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires

from .. import commands, queries
from ..papers import DOCX, PDF, as_docx, name_of
from ..picture import collection, marks
from ..terms import STEPS, Phase, RoomLine
from . import shown
from .shown import language_of


def frame(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """What every page of the console stands in."""
    actor = actor_from(request)
    return {"face": "console", "nav": shown.nav(request.path), **shown.rights(actor), **more}


@require_safe
@requires("incident.see")
def console(_: HttpRequest) -> HttpResponse:
    """The console begins with its rooms."""
    return redirect("/ioc/rooms")


@require_safe
@requires("incident.see")
def rooms(request: HttpRequest) -> HttpResponse:
    """Every room: asked for, at work, ended."""
    language = language_of(request)
    found = [shown.row(line, language) for line in queries.rooms(actor=actor_from(request))]
    context = frame(request, rooms=found, **shown.choices(language))
    template = "parts/rooms" if request.headers.get("HX-Request") else "rooms"
    return render(request, f"incidents/{template}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("incident.open")
def open_room(request: HttpRequest) -> HttpResponse:
    """A leader opens a room or an exercise."""
    language, failed, status = language_of(request), "", 200
    if request.method == "POST":
        try:
            with unit():
                number = commands.open_room(
                    request.POST.get("title", ""),
                    kind=request.POST.get("kind", ""),
                    areas=request.POST.getlist("areas"),
                    is_exercise=bool(request.POST.get("exercise")),
                    actor=actor_from(request),
                    at=clock.now(),
                )
            return redirect(f"/ioc/rooms/{number}")
        except CityError as error:
            failed, status = shown.refusal(error, language), error.status
    typed = {"title": request.POST.get("title", ""), "chosen_kind": request.POST.get("kind", "flood")}
    context = frame(request, failed=failed, **typed, **shown.choices(language))
    return render(request, "incidents/open.html", context, status=status)


@require_safe
@requires("incident.see")
def room(request: HttpRequest, number: str) -> HttpResponse:
    """One room by one of its tabs."""
    return room_page(request, number)


def room_page(
    request: HttpRequest, number: str, *, tab: str = "", failed: str = "", status: int = 200
) -> HttpResponse:
    """The room as this person sees it now, with what was refused on top."""
    actor, language = actor_from(request), language_of(request)
    line = queries.room(number, actor=actor)
    tab = tab or request.GET.get("tab", "picture")
    tab = tab if tab in shown.SHOW else "picture"
    context = frame(
        request,
        room=shown.row(line, language),
        line=line,
        tab=tab,
        tabs=_tabs(line, tab),
        steps=shown.steps(line, language),
        next_phases=shown.next_phases(line, language),
        figures=queries.figures(line.id, clock.now(), actor=actor),
        is_working=line.is_open,
        is_proposed=line.phase == Phase.PROPOSED,
        may_end=line.is_open and line.phase in STEPS,
        may_close=line.phase == Phase.ENDED,
        failed=failed,
        typed=request.POST,
        token=request.POST.get("token") or str(uuid7()),
        chosen=_chosen(request, line) if tab == "orders" else None,
        **shown.choices(language),
        **shown.SHOW[tab](line, actor, language),
    )
    template = "parts/room" if request.headers.get("HX-Request") else "room"
    return render(request, f"incidents/{template}.html", context, status=status)


def _chosen(request: HttpRequest, line: RoomLine) -> dict[str, Any] | None:
    """The order named by its number in the address, with what this person may do with it."""
    n = request.GET.get("n", "")
    found = next((o for o in queries.orders_of(line.id) if str(o.n) == n), None)
    return shown.chosen(found, actor_from(request), language_of(request)) if found else None


def _tabs(line: RoomLine, current: str) -> list[dict[str, Any]]:
    return [
        {
            "label": text(f"incidents.tab.{key}"), "url": f"/ioc/rooms/{line.number}?tab={key}",
            "current": key == current, "icon": shown.ICONS[key],
        }
        for key in shown.TABS
    ]  # fmt: skip


@require_safe
@requires("incident.see")
def points(request: HttpRequest, number: str) -> HttpResponse:
    """The common picture as GeoJSON."""
    actor = actor_from(request)
    line = queries.room(number, actor=actor)
    found = marks(line, actor=actor, language=language_of(request))
    answer = JsonResponse(
        collection(found), json_dumps_params={"ensure_ascii": False}, content_type="application/geo+json"
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@requires("incident.see")
def paper(request: HttpRequest, number: str, id: UUID, form: str) -> HttpResponse:
    """A document of a room as PDF in the reader's language, or a formal order as DOCX. Raises: NotFound."""
    line = queries.room(number, actor=actor_from(request))
    found = queries.paper(id)
    if found.room != line.id or form not in {"pdf", "docx"}:
        raise NotFound("incidents.error.no_paper")
    if form == "docx":
        if found.kind != "dispatch":
            raise NotFound("incidents.error.no_paper")
        data, media = as_docx(found), DOCX
    else:
        language = request.GET.get("language") or language_of(request)
        kept = found.files.get(language)
        if kept is None:
            raise NotFound("incidents.error.no_paper")
        data, media = files.file(UUID(kept)).read(), PDF
    answer = HttpResponse(data, content_type=media)
    answer["Content-Disposition"] = f'inline; filename="{name_of(found, form)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
