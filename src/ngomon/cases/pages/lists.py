"""Lists of public cases: with filters and search, on the map, and the board of deadlines."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ngomon.core import clock
from ngomon.core.errors import Invalid
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.identity.edge import public

from .. import public as reads
from .. import queries
from ..terms import OPEN, CasePage, Status
from .limits import limit
from .proofs import actor_of
from .shown import card, category_of, name

SIZE = 20
MAP_MOST = 2000
_STATE = {
    Status.RECEIVED: "new",
    Status.WAITING: "soon",
    Status.IN_PROGRESS: "open",
    Status.COMMITTED: "soon",
    Status.RECORDED: "soon",
    Status.ANSWERED: "done",
    Status.CLOSED: "done",
}
_PUBLIC_STATUSES = (
    Status.RECEIVED,
    Status.WAITING,
    Status.IN_PROGRESS,
    Status.COMMITTED,
    Status.RECORDED,
    Status.ANSWERED,
    Status.CLOSED,
)
_FILTERS = ("status", "category", "area", "agency")


def views(current: str) -> list[dict[str, Any]]:
    """The three ways to look at public cases, as tabs."""
    shown = (("list", "/cases", "list"), ("map", "/map", "map"), ("board", "/board", "chart-no-axes-column"))
    return [
        {"label": text(f"cases.list.{key}"), "url": url, "icon": icon, "current": key == current}
        for key, url, icon in shown
    ]


@public
@require_safe
def cases_list(request: HttpRequest) -> HttpResponse:
    """All public cases, newest first, by filter or by search."""
    words = clean(request.GET.get("q", ""))[:200]
    chosen = {key: clean(request.GET.get(key, ""))[:60] for key in _FILTERS}
    show = request.GET.get("show", "")
    if request.GET.get("late") == "1":
        show = "late"
    if show not in reads.SHOWS:
        show = ""
    at = clock.now()
    if words:
        limit(request, "search")
        page = CasePage(tuple(queries.find_cases(words, actor=actor_of(request))), "", "", None)
    else:
        page = reads.shown_cases(at=at, show=show, cursor=request.GET.get("after", ""), size=SIZE, **chosen)
    context = {
        "cards": [card(line) for line in page.lines],
        "page": page,
        "words": words,
        "show": show,
        "chosen": chosen,
        "is_filtered": bool(show or any(chosen.values())),
        "next": _with(request, after=page.next) if page.next else "",
        "first": _with(request, after="") if request.GET.get("after") else "",
        "tabs": views("list"),
        **_choices(show),
    }
    return render(request, "cases/list.html", context)


def _with(request: HttpRequest, **changes: str) -> str:
    values = {key: value for key, value in request.GET.items() if value} | changes
    return "?" + urlencode({key: value for key, value in values.items() if value})


def _choices(show: str) -> dict[str, Any]:
    """What the filters offer, in the reader's language."""
    today = directory.local_day(clock.now())
    shows = [("", text("cases.list.show.all"))] + [
        (s, text(f"cases.list.show.{s}")) for s in ("open", "late", "answered")
    ]
    if show and show not in dict(shows):
        shows.append((show, text(f"cases.list.show.{show}")))
    areas = [a for a in directory.areas(on=today) if a.kind in {"ward", "commune"}]
    return {
        "shows": shows,
        "statuses": [(s.value, text(f"cases.status.{s.value}")) for s in _PUBLIC_STATUSES],
        "categories": [
            (name(node.category.name), [(c.category.key, name(c.category.name)) for c in node.children])
            for node in directory.category_tree(today)
        ],
        "areas": [(a.key, name(a.name)) for a in areas],
        "agencies": [(a.key, name(a.name)) for a in directory.agencies(today)],
    }


@public
@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """Public cases on the map."""
    city = directory.city()
    context = {"city": city, "tabs": views("map"), "most": MAP_MOST}
    return render(request, "cases/map.html", context)


def _box(asked: str) -> tuple[float, float, float, float]:
    """Raises: Invalid for anything but four numbers in order: west, south, east, north."""
    if not asked:
        return directory.city().bounds
    try:
        west, south, east, north = (float(part) for part in asked.split(","))
    except ValueError as error:
        raise Invalid.field("bbox", "cases.error.box") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid.field("bbox", "cases.error.box")
    return west, south, east, north


@public
@require_safe
def map_points(request: HttpRequest) -> HttpResponse:
    """Public cases in a box as GeoJSON. `bbox` is west, south, east, north; without it the whole city."""
    box = _box(request.GET.get("bbox", ""))
    now = clock.now()
    features = []
    for point in reads.public_points(box=box, limit=MAP_MOST):
        is_late = point.status in OPEN and point.due_at is not None and point.due_at < now
        properties = {
            "id": point.number,
            "title": name(category_of(point.category).name),
            "text": f"{point.number} · {text(f'cases.status.{point.status}')}",
            "url": f"/cases/{point.number}",
            "state": "late" if is_late else _STATE.get(Status(point.status), "done"),
        }
        place = {"type": "Point", "coordinates": [point.lon, point.lat]}
        features.append({"type": "Feature", "geometry": place, "properties": properties})
    answer = JsonResponse(
        {"type": "FeatureCollection", "features": features},
        json_dumps_params={"ensure_ascii": False},
        content_type="application/geo+json",
    )
    answer["Cache-Control"] = "public, max-age=30"
    answer["Vary"] = "Accept-Language, Cookie"
    return answer
