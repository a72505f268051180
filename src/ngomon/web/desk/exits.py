"""The desk and what is no report: danger on top of everything, guiding a case to where it belongs, the counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.cases import commands as cases_commands
from ngomon.cases import exit_queries as exits
from ngomon.cases import queries as cases
from ngomon.cases.terms import CaseView
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory.terms import Exit
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.processes import queries as processes

from . import views


def _language(request: HttpRequest) -> str:
    return str(getattr(request, "LANGUAGE_CODE", "vi"))[:2]


def scopes(actor: Actor) -> list[str]:
    """The counters that `figures` needs."""
    return [exits.DANGER_WAITING, *exits.guided_scopes()] if may(actor, "case.triage") else []


def figures(actor: Actor, counted: Mapping[str, int]) -> dict[str, Any]:
    """What stands beside a queue: danger that waits, and how many cases were guided where. Asks only where danger waits."""
    if not may(actor, "case.triage"):
        return {}
    counts = exits.guided_counts(counted)
    strip = _strip(actor) if counted.get(exits.DANGER_WAITING) else {"sees_danger": True, "dangers": []}
    return {"guided": counts, "guided_total": sum(c.n for c in counts), **strip}


def _strip(actor: Actor) -> dict[str, Any]:
    now, language = clock.now(), (get_language() or "vi")[:2]
    rows = [views.row(line, now, language) for line in exits.danger_waiting(actor=actor)]
    return {"sees_danger": True, "dangers": rows}


@require_safe
@requires("case.triage")
def danger(request: HttpRequest) -> HttpResponse:
    """The strip of danger that nobody has taken up yet, fetched whenever something happens."""
    return render(request, "web/desk/danger.html", _strip(actor_from(request)))


def _may_guide(view: CaseView, actor: Actor) -> bool:
    return any(action.key == "guide" for action in processes.actions_for(view.line.ref, actor))


def beside(view: CaseView, actor: Actor) -> dict[str, Any]:
    """What the case's page needs to know about exits."""
    found = exits.exit_of_case(view.exit)
    if found is None and view.line.status in {"received", "waiting"}:
        heard = _heard(view)
        found = heard if heard and may(actor, "case.triage") else None
    strip = _strip(actor) if may(actor, "case.triage") else {}
    return {
        "exit": found,
        "may_guide": _may_guide(view, actor),
        "may_lift": view.is_secret and view.line.status != "guided" and may(actor, "case.see_secret"),
        **strip,
    }


def _heard(view: CaseView) -> Exit | None:
    """The exit that the report's words speak for most plainly, besides danger."""
    known = {e.key: e for e in exits.exits_to_choose()}
    return next((known[s.key] for s in exits.spoken(view.line.text) if s.key in known), None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("case.triage")
def guide(request: HttpRequest, number: str) -> HttpResponse:
    """Choose where a case belongs, see what the reporter will read, send it."""
    actor = actor_from(request)
    view = cases.staff_case(number, actor=actor)
    if request.method != "POST":
        return _guide_page(request, view, request.GET.get("exit", ""))
    chosen, words = request.POST.get("exit", "")[:60], clean(request.POST.get("words", ""))[:4000]
    version = request.POST.get("version", "")
    try:
        with unit():
            cases_commands.act_on_case(
                view.line.id,
                "guide",
                fields={"exit": chosen, "words": words},
                version=int(version) if version.isdigit() and len(version) < 10 else view.line.version,
                actor=actor,
                at=clock.now(),
            )
    except CityError as error:
        failed, fields = views.refusal(error, _language(request))
        said = " ".join([failed, *fields])
        return _guide_page(request, view, chosen, words=words, failed=said, status=error.status)
    return redirect(f"/desk/cases/{view.line.number}?{urlencode({'queue': request.GET.get('queue', '')})}")


def _guide_page(
    request: HttpRequest,
    view: CaseView,
    asked: str,
    *,
    words: str = "",
    failed: str = "",
    status: int = 200,
) -> HttpResponse:
    known = exits.exits_to_choose()
    chosen = next((e for e in known if e.key == (asked or view.exit)), None) or _heard(view)
    spoken = view.signals[0].language if view.signals else _language(request)
    if not _may_guide(view, actor_from(request)) and not failed:
        failed, status = text("web.desk.error.not_now"), 409
    context = {
        "face": "desk",
        "nav": _nav(actor_from(request), request.path),
        "queue_key": request.GET.get("queue", ""),
        **_strip(actor_from(request)),
        "line": view.line,
        "version": request.POST.get("version") or view.line.version,
        "exits": known,
        "chosen_exit": chosen,
        "words": words or (exits.guidance(chosen, spoken) if chosen else ""),
        "failed": failed,
    }
    return render(request, "web/desk/guide.html", context, status=status)


def _nav(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The queues without their counts, and the tools under them."""
    queues = [
        {
            "key": q.key,
            "label": text(f"web.desk.queue.{q.key}"),
            "url": f"/desk?queue={q.key}",
            "icon": q.icon,
        }
        for q in views.queues_of(actor)
    ]
    return queues + views.tools(actor, path)


@require_POST
@requires("case.see_secret")
def lift(request: HttpRequest, number: str) -> HttpResponse:
    """ "Không phải tố cáo": others may see the case again."""
    view = cases.staff_case(number, actor=actor_from(request))
    with unit():
        cases_commands.lift_secrecy(view.line.id, actor=actor_from(request), at=clock.now())
    return redirect(f"/desk/cases/{view.line.number}?{urlencode({'queue': request.GET.get('queue', '')})}")
