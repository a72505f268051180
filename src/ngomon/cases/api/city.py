"""What the city is made of, by the API: kinds of reports, areas, agencies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from ngomon.core import clock
from ngomon.core.text import clean
from ngomon.directory import queries as directory

from . import shapes
from .edge import answer, count

router = Router(tags=["city"])
CACHE = "public, max-age=300"


@router.get("/categories", summary="Kinds of reports in force today, in the catalogue's order")
def categories(request: HttpRequest) -> HttpResponse:
    """Leaves only: each has a deadline (working days, or minutes by the clock on the wall)."""
    count(request, "read")
    found = directory.categories(directory.local_day(clock.now()))
    return answer({"categories": [shapes.category(c) for c in found]}, cache=CACHE)


@router.get("/areas", summary="Wards and communes in force today")
def areas(request: HttpRequest) -> HttpResponse:
    """With a point to write the name at. Shape: lon, lat in WGS 84."""
    count(request, "read")
    found = directory.areas(on=directory.local_day(clock.now()))
    return answer({"areas": [shapes.area(a) for a in found]}, cache=CACHE)


@router.get(
    "/places",
    response=shapes.UnderstoodOut,
    summary="What words say about a place: circles that should hold it",
)
def places(request: HttpRequest, words: str = Query(min_length=1, max_length=300)) -> HttpResponse:
    """Former and present wards, villages, streets, house numbers, lanes, landmarks, plates; at most five readings.

    Shape: lon, lat in WGS 84. Units: metres.
    """
    count(request, "read")
    found = directory.understand_place(clean(words), on=directory.local_day(clock.now()))
    return answer(shapes.understood(found), cache=CACHE)


@router.get("/agencies", summary="Agencies in force today")
def agencies(request: HttpRequest) -> HttpResponse:
    """Sorted by the Vietnamese alphabet."""
    count(request, "read")
    found: list[dict[str, Any]] = [
        shapes.agency(a) for a in directory.agencies(directory.local_day(clock.now()))
    ]
    return answer({"agencies": found}, cache=CACHE)
