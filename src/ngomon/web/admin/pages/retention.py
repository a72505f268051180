"""Retention: what is due by the city's table, the destruction that a person confirms, its certificate, what is held back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ngomon.cases.queries import case_id_of
from ngomon.cases.terms import CASE
from ngomon.core import clock, retention, retention_runs, seal
from ngomon.core.errors import CityError, Invalid
from ngomon.core.ids import Ref
from ngomon.core.retention_runs import Due, Run
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may

from ..forms import HoldForm, hold_choices
from ..frame import done, language_of, page, saves

HERE = "/admin/retention"
STATES = {"proposed": "amber", "confirmed": "hue", "done": "leaf", "dropped": "neutral"}


@require_safe
@requires("retention.see")
def overview(request: HttpRequest) -> HttpResponse:
    """The dry run, what waits for a person, what is being destroyed, what was, and what is held back."""
    return _page(request)


def _page(request: HttpRequest, *, form: HoldForm | None = None, failed: str = "") -> HttpResponse:
    now, language, actor = clock.now(), language_of(request), actor_from(request)
    names = {str(officer.account_id): officer.name for officer in identity.officers(now)}
    due = retention_runs.dry_run(directory.retention_rules(directory.local_day(now)), now)
    found = [_run_row(run, names, language) for run in retention_runs.runs()]
    is_wrong = bool(failed or (form is not None and form.errors))
    return page(
        request,
        "retention",
        "retention",
        status=422 if is_wrong else 200,
        due=[_due_row(line, language) for line in due],
        n=sum(line.found.n for line in due),
        open=[row for row in found if row["run"].state in {"proposed", "confirmed"}],
        past=[row for row in found if row["run"].state in {"done", "dropped"}],
        holds=[
            {
                "hold": hold,
                "ground": text(f"web.admin.retention.ground.{hold.ground}"),
                "by": _who(hold.set_by, names),
            }
            for hold in retention.holds()
        ],
        may_decide=may(actor, "retention.decide"),
        may_hold=may(actor, "retention.hold"),
        form=form or HoldForm(choices=hold_choices(language)),
        failed=failed,
    )


def _who(actor_id: str, names: dict[str, str]) -> str:
    if actor_id.startswith("system:"):
        return text("web.admin.audit.system", name=actor_id.removeprefix("system:"))
    return names.get(actor_id, actor_id)


def _due_row(line: Due, language: str) -> dict[str, Any]:
    rule = line.rule
    return {
        "due": line,
        "name": in_language(rule.name, language),
        "then": text(f"web.admin.retention.then.{rule.then}"),
        "event": text(f"web.admin.retention.event.{rule.event}"),
        "stays": text(f"web.admin.retention.stays.{rule.what}"),
        "first": ", ".join(line.found.first),
    }


def _run_row(run: Run, names: dict[str, str], language: str) -> dict[str, Any]:
    return {
        "run": run,
        "state": text(f"web.admin.retention.state.{run.state}"),
        "tone": STATES[run.state],
        "by": _who(run.confirmed_by or run.proposed_by, names),
        "n": sum(part.n for part in run.parts),
        "proposed_n": sum(part.proposed_n for part in run.parts),
        "parts": [{"part": part, "name": what_name(part.what, language)} for part in run.parts],
    }


def what_name(what: str, language: str) -> str:
    """A kind of things in words."""
    return text(f"web.admin.retention.what.{what}", language)


@require_POST
@requires("retention.decide")
def propose(request: HttpRequest) -> HttpResponse:
    """Write down what is due now, to be confirmed."""
    now = clock.now()
    with unit():
        rules = directory.retention_rules(directory.local_day(now))
        made = retention_runs.propose(rules, actor=actor_from(request), at=now)
    return done(HERE, "retention_proposed" if made else "retention_nothing")


@require_POST
@requires("retention.decide")
def confirm(request: HttpRequest, run: UUID) -> HttpResponse:
    """Destroy it: asked twice, as nothing brings it back. Raises: Invalid without the second yes."""
    if request.POST.get("sure") != "yes":
        raise Invalid.field("sure", "web.admin.retention.not_sure")
    with unit():
        retention_runs.confirm(run, actor=actor_from(request), at=clock.now())
    return done(HERE, "retention_confirmed")


@require_POST
@requires("retention.decide")
def drop(request: HttpRequest, run: UUID) -> HttpResponse:
    """A proposal is not taken up."""
    with unit():
        retention_runs.drop(run, actor=actor_from(request), at=clock.now())
    return done(HERE, "retention_dropped")


@require_POST
@requires("retention.hold")
def hold(request: HttpRequest) -> HttpResponse:
    """Keep a case beyond its period, with the reason."""
    language = language_of(request)
    form = HoldForm(request.POST, choices=hold_choices(language))

    def write() -> None:
        said = form.cleaned_data
        id = case_id_of(said["number"])
        of = Ref(CASE, str(id), said["number"].strip().upper())
        retention.hold(of, said["ground"], said["reason"], actor=actor_from(request), at=clock.now())

    if saves(form, write, language):
        return done(HERE, "retention_held")
    return _page(request, form=form)


@require_POST
@requires("retention.hold")
def lift(request: HttpRequest, hold: UUID) -> HttpResponse:
    """A case need no longer be held back."""
    try:
        with unit():
            retention.lift_hold(
                hold, request.POST.get("reason", ""), actor=actor_from(request), at=clock.now()
            )
    except Invalid as error:
        return _page(request, failed=_words(error))
    return done(HERE, "retention_lifted")


def _words(error: CityError) -> str:
    return text(next(iter(error.fields.values()), error.code), **error.values)


@require_safe
@requires("retention.see")
def certificate(request: HttpRequest, run: UUID) -> HttpResponse:
    """The certificate in both languages, to print and sign. Raises: NotFound."""
    found = retention_runs.finished(run)
    names = {str(officer.account_id): officer.name for officer in identity.officers(clock.now())}
    parts = [
        {"part": part, "vi": what_name(part.what, "vi"), "en": what_name(part.what, "en")}
        for part in found.parts
    ]
    return render(
        request,
        "web/admin/certificate.html",
        {
            "run": found,
            "parts": parts,
            "n": sum(part.n for part in found.parts),
            "by": _who(found.confirmed_by, names),
            "root": retention_runs.root_of(found),
            "key": seal.public_key(),
            "office": directory.city().office_name,
        },
    )


@require_safe
@requires("retention.see")
def certificate_file(request: HttpRequest, run: UUID) -> HttpResponse:  # noqa: ARG001 (every view gets it)
    """The signed certificate as JSON, for `ngomon verify --certificate`. Raises: NotFound."""
    found = retention_runs.finished(run)
    answer = HttpResponse(found.certificate, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="destruction-{found.id}.json"'
    answer["Cache-Control"] = "private, no-cache"
    return answer
