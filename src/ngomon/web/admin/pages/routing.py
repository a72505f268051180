"""Trying out an edited routing table on last month's cases, before the pack with it is loaded."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from ngomon.cases import queries as cases
from ngomon.core import clock
from ngomon.core.errors import CityError
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory.terms import InvalidData
from ngomon.identity.edge import requires

from ..forms import RoutingFileForm
from ..frame import agency_name, area_name, language_of, page
from .proposals import category_name


@require_http_methods(["GET", "POST"])
@requires("catalogue.see")
def trial(request: HttpRequest) -> HttpResponse:
    """Which of last month's cases an edited routing.csv would send elsewhere. Nothing is changed."""
    language = language_of(request)
    form = RoutingFileForm(request.POST or None, request.FILES or None)
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        shown = _tried(form.cleaned_data["file"].read(), language)
    is_wrong = bool(form.errors or shown.get("problems") or shown.get("failed"))
    return page(request, "routing_trial", "proposals", status=422 if is_wrong else 200, form=form, **shown)


def _tried(content: bytes, language: str) -> dict[str, Any]:
    try:
        found = cases.routing_trial(directory.read_routing(content), clock.now())
    except InvalidData as error:
        return {"problems": [directory.problem_in_words(p, language) for p in error.problems[:50]]}
    except CityError as error:
        return {"failed": text(error.code, language, **error.values)}
    return {
        "trial": found,
        "moves": [
            {
                "source": agency_name(move.source, language),
                "target": agency_name(move.target, language),
                "n": move.n,
                "examples": [
                    {
                        "case": example,
                        "category": category_name(example.category, language),
                        "area": area_name(example.area, language),
                    }
                    for example in move.examples
                ],
            }
            for move in found.moves
        ],
    }
