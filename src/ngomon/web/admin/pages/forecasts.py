"""Simulating a definition, or its draft: what is asked, how far it is, what came of it, beside how it is now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.processes import assuming, commands, drafting, forecasts, queries
from ngomon.processes.simulating import LEAST, people_at
from ngomon.processes.terms import OPEN, Definition, ForecastShown

from ..definition_views import readable
from ..forecast_forms import ForecastForm, offered
from ..forecast_views import forecast_rows, of_words, question_lines, result_view
from ..frame import language_of, page, saves


@require_safe
@requires("catalogue.see")
def simulate(request: HttpRequest, key: str) -> HttpResponse:
    """Ask how a definition would do; what was asked before. `?draft=1`: the draft is proposed to be simulated."""
    return _page(request, key)


def _of(key: str) -> tuple[Definition | None, Definition | None]:
    """The version in force and the draft. Raises: NotFound where there is neither."""
    live = next((made for made in queries.definitions() if made.key == key), None)
    found = drafting.draft_of(key)
    draft = readable(found.tables) if found else None
    if live is None and found is None:
        raise NotFound("processes.error.no_definition", key=key)
    return live, draft


def _form(request: HttpRequest, key: str, data: Any = None) -> tuple[ForecastForm, Definition | None]:
    language, at = language_of(request), clock.now()
    live, draft = _of(key)
    wants_draft = (data or request.GET).get("of", "draft" if request.GET.get("draft") else "") == "draft"
    about = draft if (wants_draft and draft) or live is None else live
    staff, _ = people_at(at)
    choices = offered(about, staff, language) if about else {}
    choices["of"] = _sources(live, draft, language)
    begin = {
        "of": "draft" if about is draft else "live", "horizon_days": 30, "runs": "20", "arrivals_pct": 100,
        "step_unit_1": "hours", "step_unit_2": "hours",
    }  # fmt: skip
    form = ForecastForm(data, initial=begin, choices=choices)
    form.today = directory.local_day(at)
    form.is_few = assuming.matters_known(key, at) < LEAST
    return form, about


def _sources(live: Definition | None, draft: Definition | None, language: str) -> list[tuple[str, str]]:
    found = []
    if live is not None:
        found.append(("live", text("web.admin.forecast.of_live", language, n=live.n)))
    if draft is not None:
        found.append(("draft", text("web.admin.definitions.draft", language)))
    return found


def _page(request: HttpRequest, key: str, form: ForecastForm | None = None) -> HttpResponse:
    language = language_of(request)
    made, about = _form(request, key)
    form = form or made
    known = assuming.matters_known(key, clock.now())
    return page(
        request, "simulate", "processes", status=422 if form.errors else 200, key=key, form=form, about=about,
        name=in_language(about.name, language) if about else key, is_few=form.is_few, known=known, least=LEAST,
        is_called_out=about is not None and about.group == "instant",
        may_change=may(actor_from(request), "catalogue.change"), has_draft=drafting.draft_of(key) is not None,
        is_new=not any(each.key == key for each in queries.definitions()),
        rows=forecast_rows(forecasts.forecasts_of(key), about, language),
    )  # fmt: skip


@require_POST
@requires("catalogue.change")
def ask(request: HttpRequest, key: str) -> HttpResponse:
    """Have it computed; the page of the forecast follows how far it is."""
    form, _ = _form(request, key, request.POST)
    made: list[UUID] = []

    def write() -> None:
        of_draft = form.cleaned_data["of"] == "draft"
        asked = form.question()
        made.append(
            commands.ask_forecast(key, asked, of_draft=of_draft, actor=actor_from(request), at=clock.now())
        )

    if saves(form, write, language_of(request)):
        return redirect(f"/admin/processes/{key}/simulate/{made[0]}")
    return _page(request, key, form)


def _one(key: str, forecast: UUID) -> ForecastShown:
    found = forecasts.forecast(forecast)
    if found.key != key:
        raise NotFound("processes.forecast.none")
    return found


def _shown(request: HttpRequest, found: ForecastShown) -> dict[str, Any]:
    language = language_of(request)
    definition = readable(found.tables)
    return {
        "forecast": found,
        "key": found.key,
        "of": of_words(found, language),
        "name": in_language(definition.name, language) if definition else found.key,
        "tried": question_lines(found.question, definition, language),
        "by": identity.name_of(UUID(found.asked_by)) if len(found.asked_by) == 36 else "",
        "state": text(f"web.admin.forecast.state.{found.state}", language),
        "is_open": found.state in OPEN,
        "reason": text(found.reason, language, **found.values) if found.reason else "",
        "may_change": may(actor_from(request), "catalogue.change"),
        **(result_view(found, language) if found.result else {}),
    }


@require_safe
@requires("catalogue.see")
def forecast(request: HttpRequest, key: str, forecast: UUID) -> HttpResponse:
    """One forecast: how far it is, or what it says."""
    return page(request, "forecast", "processes", **_shown(request, _one(key, forecast)))


@require_safe
@requires("catalogue.see")
def progress(request: HttpRequest, key: str, forecast: UUID) -> HttpResponse:
    """How far it is, for the page that is open; once it is over that page is loaded anew."""
    shown = _shown(request, _one(key, forecast))
    answer = render(request, "web/admin/forecast_progress.html", shown)
    if not shown["is_open"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@requires("catalogue.change")
def cancel(request: HttpRequest, key: str, forecast: UUID) -> HttpResponse:
    """Call it off."""
    found = _one(key, forecast)
    with unit():
        commands.cancel_forecast(found.id, actor=actor_from(request), at=clock.now())
    return redirect(f"/admin/processes/{key}/simulate/{found.id}")
