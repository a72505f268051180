"""The public board of deadlines: per agency what is open, what is late, how answers were, each number with its rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ngomon.core import clock
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.ui.tags.words import number, said_exactly

from .. import commands, queries
from .. import public as reads
from ..exit_queries import guided_counts
from ..terms import AgencyStanding
from .limits import limit
from .lists import views
from .proofs import actor_of
from .shown import agency_name

# A percentage of fewer cases than this says nothing about an agency.
SMALL = 5
KEPT_S = 30.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What the board is made of, and from when."""

    at: datetime
    standings: tuple[AgencyStanding, ...]
    times: dict[str, reads.AnswerTime]
    reasons: dict[str, str]


_kept: list[tuple[float, Figures]] = []


def figures(at: datetime) -> Figures:
    """The board's figures, at most half a minute old; their age is shown. Read anew when the clock was wound."""
    if (
        _kept
        and time.monotonic() - _kept[0][0] < KEPT_S
        and abs((at - _kept[0][1].at).total_seconds()) < 2 * KEPT_S
    ):
        return _kept[0][1]
    made = Figures(at, tuple(queries.standings(at)), reads.answer_times(at), reads.stated_reasons())
    _kept[:] = [(time.monotonic(), made)]
    return made


def forget_figures() -> None:
    """Read the figures anew next time."""
    _kept.clear()


@public
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Every agency with its open and overdue cases, most overdue first."""
    found = figures(clock.now())
    columns = directory.city().board
    shown = [c.key for c in columns if c.public]
    hidden = [text(f"cases.board.{c.key}") for c in columns if not c.public]
    actor = actor_of(request)
    rows = [_row(s, found, shown) for s in found.standings]
    own = sorted(actor.agencies("agency_head"))
    context = {
        "rows": rows,
        "columns": [(key, text(f"cases.board.{key}")) for key in shown],
        "totals": _totals(found.standings),
        "hidden": ", ".join(hidden),
        "when_words": said_exactly(found.at),
        "small": SMALL,
        "guided": (guided := guided_counts()),
        "guided_total": sum(c.n for c in guided),
        "tabs": views("board"),
        "own": [{"key": key, "name": agency_name(key), "reason": found.reasons.get(key, "")} for key in own],
        "done": text("cases.done.stated") if request.GET.get("done") == "stated" else "",
    }
    return render(request, "cases/board.html", context)


def _rows_url(agency: str, show: str) -> str:
    return "/cases?" + urlencode({"agency": agency, "show": show})


def _row(standing: AgencyStanding, found: Figures, shown: list[str]) -> dict[str, Any]:
    return {
        "name": agency_name(standing.agency),
        "url": "/cases?" + urlencode({"agency": standing.agency}),
        "is_late": standing.overdue > 0,
        "cells": [{**_cell(key, standing, found), "label": text(f"cases.board.{key}")} for key in shown],
    }


def _cell(key: str, standing: AgencyStanding, found: Figures) -> dict[str, Any]:
    """One figure: shown words, its base, the address of its rows."""
    agency = standing.agency
    if key == "open":
        return {"key": key, "shown": number(standing.open), "url": _rows_url(agency, "open")}
    if key == "overdue":
        tone = "red" if standing.overdue else ""
        return {"key": key, "shown": number(standing.overdue), "url": _rows_url(agency, "late"), "tone": tone}
    if key == "overdue_pct":
        return _share(key, standing.overdue, standing.open, agency, "late")
    if key == "on_time_pct":
        return _share(key, standing.on_time, standing.closed, agency, "on_time")
    if key == "satisfied_pct":
        return _share(key, standing.satisfied, standing.rated, agency, "satisfied")
    if key == "median_days":
        return _median(key, found.times.get(agency), agency)
    said = found.reasons.get(agency, "")
    missing = text("cases.board.no_reason") if standing.overdue and not said else ""
    return {"key": key, "words": said, "soft": missing}


def _share(key: str, part: int, whole: int, agency: str, show: str) -> dict[str, Any]:
    if not whole:
        return {"key": key, "soft": "–"}
    base = text("cases.board.of", n=number(whole))
    if whole < SMALL:
        return {"key": key, "soft": text("cases.board.small", n=SMALL)}
    return {
        "key": key,
        "shown": f"{number(100 * part / whole, 0)}%",
        "base": base,
        "url": _rows_url(agency, show),
    }


def _median(key: str, taken: reads.AnswerTime | None, agency: str) -> dict[str, Any]:
    if taken is None:
        return {"key": key, "soft": "–"}
    if taken.n < SMALL:
        return {"key": key, "soft": text("cases.board.small", n=SMALL)}
    days = round(taken.days, 1)
    base = text("cases.board.of", n=number(taken.n))
    shown = text("cases.board.days", n=number(days, 1))
    return {"key": key, "shown": shown, "base": base, "url": _rows_url(agency, "answered")}


def _totals(standings: tuple[AgencyStanding, ...]) -> dict[str, Any]:
    """The sums over all rows: they add up."""
    names = ("open", "overdue", "closed", "on_time", "satisfied", "rated", "recorded")
    total: dict[str, Any] = {key: sum(getattr(s, key) for s in standings) for key in names}
    for share, part, whole in (("on_time_pct", "on_time", "closed"), ("satisfied_pct", "satisfied", "rated")):
        has_base = total[whole] >= SMALL
        total[share] = number(100 * total[part] / total[whole], 0) if has_base else ""
    return {**total, "open_base": text("cases.board.of", n=number(total["open"]))}


@public
@require_POST
def state_reason(request: HttpRequest) -> HttpResponse:
    """The head of an agency says why it is late; the words stand beside the figure."""
    limit(request, "act")
    with unit():
        commands.state_reason(
            request.POST.get("agency", ""),
            request.POST.get("reason", ""),
            actor=actor_of(request),
            at=clock.now(),
        )
    forget_figures()
    return HttpResponseRedirect("/board?done=stated")
