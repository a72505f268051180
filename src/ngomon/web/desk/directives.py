"""Directives on the desk: the list for leaders and for agencies, giving one on a thing, reporting back, accepting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.cases import queries as cases
from ngomon.cases.terms import CaseView
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid, NotFound
from ngomon.core.ids import Ref, uuid7
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.identity.terms import HoldingShown
from ngomon.processes import commands as processes_commands
from ngomon.processes import directives
from ngomon.processes.standing import actions_now
from ngomon.processes.terms import DirectiveLine

from . import views
from .forms import agency_choices
from .frame import language_of, plain

TONES = {
    "give": "neutral",
    "do": "hue",
    "do_named": "hue",
    "review": "amber",
    "done": "leaf",
    "withdrawn": "neutral",
}


def _case(key: str, actor: Actor) -> Ref:
    line = cases.staff_case(key, actor=actor).line
    return Ref("case", str(line.id), line.number, f"/desk/cases/{line.number}")


def _board(key: str, _: Actor) -> Ref:
    """The number of overdue cases of one agency, as it stands on the public board."""
    agency = directory.agency(key)
    standing = next((s for s in cases.standings(clock.now()) if s.agency == key), None)
    label = text(
        "web.desk.directive.overdue_of", agency=agency.name["vi"], n=standing.overdue if standing else 0
    )
    return Ref("board", f"overdue:{key}", label, "/board")


SUBJECTS: dict[str, Callable[[str, Actor], Ref]] = {"case": _case, "board": _board}
"""What a directive may hang on here, by kind: its key, and whether the actor may see it."""


def subject(kind: str, key: str, actor: Actor) -> Ref:
    """The thing that a directive is to hang on. Raises: NotFound where it is none, or not for this actor."""
    find = SUBJECTS.get(kind)
    if find is None or not key:
        raise NotFound("web.desk.directive.no_subject")
    return find(key, actor)


def row(line: DirectiveLine, language: str) -> dict[str, Any]:
    """A directive as a list shows it."""
    return {
        "line": line,
        "agency": views.agency_name(line.agency, language),
        "label": text(f"web.desk.directive.step.{line.step}", language),
        "tone": TONES.get(line.step, "neutral"),
        "by": identity.name_behind(line.given_by),
        "officer": identity.name_of(line.officer) if line.officer else "",
    }


def beside(view: CaseView, actor: Actor, language: str) -> dict[str, Any]:
    """What a case's page shows of directives."""
    found = directives.directives_of(view.line.ref, actor)
    return {
        "directives": [row(line, language) for line in found],
        "may_direct": may(actor, "directive.give"),
    }


@require_safe
@requires("directive.see")
def every(request: HttpRequest) -> HttpResponse:
    """The directives that this person follows, or has to carry out; those done last below."""
    actor, language = actor_from(request), language_of(request)
    waiting = directives.directives_open(actor)
    shown = {
        "open": [row(line, language) for line in waiting],
        "closed": [row(line, language) for line in directives.directives_closed(actor)],
        "may_direct": may(actor, "directive.give"),
        "late": sum(line.due_at < clock.now() for line in waiting),
    }
    template = "directive_rows" if request.headers.get("HX-Request") else "directives"
    return render(request, f"web/desk/{template}.html", plain(request, **shown))


def _local(words: str) -> datetime | None:
    """An instant typed as the city's time. Raises: Invalid."""
    if not words:
        return None
    try:
        typed = datetime.fromisoformat(words)
    except ValueError as error:
        raise Invalid.field("due_at", "processes.error.bad_date") from error
    return typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(directory.city().timezone))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("directive.give")
def new(request: HttpRequest) -> HttpResponse:
    """Give a directive on a thing."""
    actor, language = actor_from(request), language_of(request)
    kind, key = request.GET.get("kind", ""), request.GET.get("key", "")
    if not kind:
        return render(request, "web/desk/directive_about.html", plain(request, agencies=_late(language)))
    of = subject(kind, key, actor)
    failed, status = "", 200
    if request.method == "POST" and "look" not in request.POST:
        try:
            return redirect(f"/desk/directives/{_give(request, of, actor)}")
        except CityError as error:
            said, fields = views.refusal(error, language)
            failed, status = " ".join(dict.fromkeys([said, *fields])), error.status
    agency = request.POST.get("agency", "") or _proposed(of, actor)
    shown = {
        "of": of,
        "agencies": agency_choices(clock.now(), language),
        "agency": agency,
        "people": _people(agency, language),
        "officer": request.POST.get("officer", ""),
        "words": request.POST.get("words", ""),
        "due": request.POST.get("due_at", ""),
        "token": request.POST.get("token") or str(uuid7()),
        "failed": failed,
    }
    return render(request, "web/desk/directive_new.html", plain(request, **shown), status=status)


@require_safe
@requires("directive.give")
def people(request: HttpRequest) -> HttpResponse:
    """The people of an agency whom a directive may name, for the form that is open."""
    agency = request.GET.get("agency", "")
    shown = {"people": _people(agency, language_of(request)), "officer": ""}
    return render(request, "web/desk/directive_people.html", shown)


def _people(agency: str, language: str) -> list[tuple[str, str]]:
    """Who holds which post in an agency now, as choices: the post first, as a directive names it."""
    if not agency:
        return []
    return [
        (str(one.account_id), f"{_post(one.holdings[0], language)} · {one.name}")
        for one in identity.people_of(agency, clock.now())
    ]


def _post(held: HoldingShown, language: str) -> str:
    return in_language(held.title, language) or text(f"identity.role.{held.role}", language)


def _officer(words: str) -> UUID | None:
    try:
        return UUID(words) if words else None
    except ValueError as error:
        raise Invalid.field("officer", "processes.error.no_officer") from error


def _give(request: HttpRequest, of: Ref, actor: Actor) -> str:
    due_at = _local(request.POST.get("due_at", ""))
    if due_at is None:
        raise Invalid.field("due_at", "processes.error.bad_date")
    with unit():
        return processes_commands.give_directive(
            of,
            request.POST.get("words", ""),
            agency=request.POST.get("agency", ""),
            officer=_officer(request.POST.get("officer", "")),
            due_at=due_at,
            id=_token(request.POST.get("token", "")),
            actor=actor,
            at=clock.now(),
        )


def _token(words: str) -> UUID | None:
    """The form's own identifier: a second click gives nothing twice."""
    try:
        return UUID(words)
    except ValueError:
        return None


def _proposed(of: Ref, actor: Actor) -> str:
    """The agency that has the thing already."""
    if of.kind == "board":
        return of.key.partition(":")[2]
    return cases.staff_case(of.label, actor=actor).line.agency if of.kind == "case" else ""


def _late(language: str) -> list[dict[str, Any]]:
    """Agencies with overdue cases, the most first: the numbers that a directive may hang on."""
    found = [s for s in cases.standings(clock.now()) if s.overdue]
    return [
        {"key": s.agency, "name": views.agency_name(s.agency, language), "n": s.overdue}
        for s in sorted(found, key=lambda s: -s.overdue)[:30]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@requires("directive.see")
def one(request: HttpRequest, number: str) -> HttpResponse:
    """A directive with what was said about it; what this person may do with it now."""
    actor, language = actor_from(request), language_of(request)
    view = directives.directive(number, actor)
    failed, status = "", 200
    if request.method == "POST":
        try:
            with unit():
                processes_commands.move_directive(
                    view.line.number,
                    request.POST.get("action", ""),
                    words=request.POST.get("words", ""),
                    due_at=_local(request.POST.get("due_at", "")),
                    actor=actor,
                    at=clock.now(),
                )
            return redirect(f"/desk/directives/{view.line.number}")
        except CityError as error:
            said, fields = views.refusal(error, language)
            failed, status = " ".join(dict.fromkeys([said, *fields])), error.status
    shown = {
        "d": row(view.line, language),
        "history": [
            {
                "at": entry.at,
                "title": text(f"web.desk.directive.did.{entry.action}"),
                "who": identity.name_behind(entry.by),
                "words": entry.words,
            }
            for entry in view.entries
        ],
        "actions": actions_now(view.line.ref, actor, clock.now()),
        "typed": request.POST.get("words", ""),
        "failed": failed,
    }
    template = "directive_part" if request.headers.get("HX-Request") else "directive"
    return render(request, f"web/desk/{template}.html", plain(request, **shown), status=status)
