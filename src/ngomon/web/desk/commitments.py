"""The commitment tracker, for the desk and for everybody: dates that were promised, and what waits for a project."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ngomon.cases import tracker
from ngomon.core import clock
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.identity.edge import public, requires

from . import views
from .frame import language_of, plain

TONES = {"kept": "leaf", "broken": "red", "open": "river"}


def _facts(request: HttpRequest, base: str) -> dict[str, Any]:
    language, today = language_of(request), directory.local_day(clock.now())
    lines, keeping = tracker.promises(today)
    return {
        "lines": [
            {
                "line": line,
                "agency": views.agency_name(line.agency, language),
                "label": text(f"web.desk.commitments.{line.state}"),
                "tone": TONES[line.state],
                "url": f"{base}{line.number}",
            }
            for line in lines
        ],
        "keeping": [
            {
                "row": row,
                "agency": views.agency_name(row.agency, language),
                "share": text("web.desk.commitments.of", share=row.kept_pct, n=row.due)
                if row.due
                else text("web.desk.commitments.no_base"),
            }
            for row in keeping
        ],
        "projects": [
            {
                "line": line,
                "agency": views.agency_name(line.agency, language),
                "quarter": "/".join(reversed(line.quarter.split("-"))),
                "url": f"{base}{line.number}",
            }
            for line in tracker.projects()
        ],
    }


@require_safe
@requires("desk.see")
def desk(request: HttpRequest) -> HttpResponse:
    """All promises, with their cases on the desk."""
    return render(request, "web/desk/commitments.html", plain(request, **_facts(request, "/desk/cases/")))


@require_safe
@public
def everybody(request: HttpRequest) -> HttpResponse:
    """The same for the public."""
    return render(request, "web/citizen/commitments.html", _facts(request, "/cases/"))
