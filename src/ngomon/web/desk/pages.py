"""The desk's pages. Each POST takes pictures first, then opens one unit with one command, then shows the case again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.cases import commands as cases_commands
from ngomon.cases import filtering
from ngomon.cases import queries as cases
from ngomon.cases.filtering import Listed
from ngomon.cases.question_queries import asked_agency
from ngomon.cases.terms import CaseView, Receipt
from ngomon.core import clock
from ngomon.core.errors import CityError, Invalid
from ngomon.core.events import history
from ngomon.core.images import StoredPhoto, take_photos
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.core.worker import parked_aggregates, retry_parked
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.messages import commands as messages_commands
from ngomon.messages import queries as messages
from ngomon.processes.standing import actions_now

from . import assigning, corroboration, directives, exits, instant, panel, views
from .filters import queue_of, selecting
from .forms import ActionForm, Around, OnBehalfForm, agency_choices
from .frame import language_of, plain
from .proposed import urgency_choices
from .told import read_by_citizen, spoken_by, told, written
from .views import Queue, queues_of


def _frame(request: HttpRequest, queue: Queue, chosen: str = "") -> dict[str, Any]:
    """The left pane: the queues with their counts, the chosen one's lines."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    known = queues_of(actor)
    steps = {step for each in known for step in each.steps}
    counts = cases.waiting_counts(actor=actor, steps=steps, more=exits.scopes(actor)) if known else {}
    listed = Listed(queue.steps, queue.mine, filtering.wanted_of(request.GET))
    page = filtering.waiting(listed, actor=actor, at=now, cursor=request.GET.get("after", ""))
    narrowed = f"&{listed.wanted.query}" if listed.wanted.query else ""
    nav = [
        {
            "key": each.key,
            "label": text(f"web.desk.queue.{each.key}"),
            "url": f"/desk?queue={each.key}",
            "current": each.key == queue.key,
            "count": 0 if each.mine else sum(counts.get(step, 0) for step in each.steps),
            "icon": each.icon,
        }
        for each in known
    ]
    return {
        "face": "desk",
        "queue_key": queue.key,
        "queue_title": text(f"web.desk.queue.{queue.key}"),
        "nav": nav + views.tools(actor),
        "rows": [views.row(line, now, language) for line in page.lines],
        "next_url": f"/desk?queue={queue.key}{narrowed}&after={page.next}" if page.next else "",
        **selecting(request, queue, counts, page),
        "chosen": chosen,
        "counted": counts,
        "may_file": may(actor, "case.file_on_behalf"),
        "unconfirmed": directory.unconfirmed_years(now) if may(actor, "console.see") else [],
    }


@require_safe
@requires("desk.see")
def desk(request: HttpRequest) -> HttpResponse:
    """The queue that this officer works in, most urgent first."""
    queue = queue_of(request.GET, actor_from(request))
    context = _frame(request, queue, chosen=request.GET.get("chosen", ""))
    context["points"] = views.points(context["rows"])
    context |= exits.figures(actor_from(request), context["counted"])
    template = "web/desk/list.html" if request.headers.get("HX-Request") else "web/desk/desk.html"
    return render(request, template, context)


@require_safe
@requires("desk.see")
def search(request: HttpRequest) -> HttpResponse:
    """Cases by number, its last four digits or words; one hit opens at once."""
    q = request.GET.get("q", "").strip()[:200]
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    found = cases.find_cases(q, actor=actor) if q else []
    if len(found) == 1:
        return redirect(f"/desk/cases/{found[0].number}")
    context = _frame(request, queue_of(request.GET, actor_from(request)))
    context |= {
        "rows": [views.row(line, now, language) for line in found],
        "queue_title": text("web.desk.found", n=len(found)),
        "next_url": "",
        "q": q,
    }
    return render(request, "web/desk/desk.html", context)


@require_safe
@requires("desk.see")
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case at one glance."""
    return _case_page(request, number)


@require_safe
@requires("desk.see")
def changed(request: HttpRequest, number: str) -> HttpResponse:
    """Whether somebody else changed the case while it is open here: a notice that offers to look again, or nothing."""
    line = cases.staff_case(number, actor=actor_from(request)).line
    if str(line.version) == request.GET.get("version", ""):
        return HttpResponse("")
    return render(request, "web/desk/changed.html", {"line": line})


def _case_page(request: HttpRequest, number: str, status: int = 200, **more: Any) -> HttpResponse:
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    queue = queue_of(request.GET, actor_from(request))
    view = cases.staff_case(number, actor=actor)
    context = _frame(request, queue, chosen=view.line.number)
    context |= views.glance(view, actor=actor, at=now, language=language)
    context |= panel.panel(view, actor=actor, language=language)
    if may(actor, "case.triage"):
        panel.with_unmerge(context["history"], view, context["gathered_lines"])
    context |= {
        "forms": _forms(view, request, more.pop("bound", None)),
        **exits.beside(view, actor),
        **corroboration.beside(view, context["around"], actor=actor, language=language),
        "alarms": instant.beside(view.line.ref, actor, now, language),
        **directives.beside(view, actor, language),
        "may_merge": may(actor, "case.triage"),
        "may_change_category": may(actor, "case.triage"),
        "may_see_reporter": may(actor, "case.reporter"),
        "may_redact": may(actor, "case.redact"),
        "categories": views.category_choices(now, language),
        "urgencies": urgency_choices(language),
        "agencies": agency_choices(now, language) if context["may_consult"] else [],
    }
    context |= more
    return render(request, "web/desk/case.html", context, status=status)


def case_again(request: HttpRequest, number: str, status: int, failed: str) -> HttpResponse:
    """The case's page with what went wrong on top."""
    return _case_page(request, number, status, failed=failed)


KEYS = {
    "route": "r", "verify": "v", "reject": "x", "ask": "a", "accept": "i", "hand_back": "b", "assign": "g",
    "answer": "d", "commit": "c", "approve": "y", "return": "u", "publish": "p", "send_back": "s", "extend": "e",
}  # fmt: skip


def _forms(view: CaseView, request: HttpRequest, bound: ActionForm | None) -> list[dict[str, Any]]:
    """One form for each action that this officer may take now."""
    line, actor = view.line, actor_from(request)
    language, now = language_of(request), clock.now()
    proposed = cases.propose_agency(line.category, line.area, directory.local_day(now)).agency
    if line.kind == "question":
        proposed = asked_agency(line.id) or proposed
    actions = actions_now(line.ref, actor, now)
    people = assigning.people(line, actor, now, language) if assigning.asks_for_somebody(actions) else []
    values = views.text_values(line, language)
    around = Around(line.agency, line.category, proposed, now, language, values, assigning.choices(people))
    spoken = spoken_by(view, language)
    made = []

    for action in actions:
        if action.key == "guide":
            continue  # has a page of its own, with a preview
        is_bound = bound is not None and bound.action.key == action.key
        form = bound if is_bound and bound else ActionForm(action, around)
        # Somebody is chosen already, so that the key gives the case to him.
        presses = bool(people) and action.tone == "primary" and "assignee" in form.fields
        made.append(
            {
                "action": action,
                "form": form,
                "label": views.in_words(action.name, language),
                "key": KEYS.get(action.key, ""),
                "button": {"primary": "primary", "danger": "danger"}.get(action.tone, "quiet"),
                "fill": next((f"id_{action.key}_{name}" for name in form.fields), ""),
                "is_open": is_bound or presses,
                "people": people if "assignee" in form.fields and around.people else [],
                "presses": presses,
                "reads": read_by_citizen(form),
                "told": told(action.key, line, written(form), spoken),
                # What becomes public is looked at on a page of its own.
                "href": f"/desk/cases/{line.number}/publish" if action.key == "publish" else "",
            }
        )
    return made


STATED = ("despite_parts",)
"""What a page asks besides the fields of the process."""


@require_POST
@requires("desk.see")
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Take one action on a case; on a refusal nothing typed is lost and the reason stands on top."""
    actor, now = actor_from(request), clock.now()
    view = cases.staff_case(number, actor=actor)
    offered = next((a for a in actions_now(view.line.ref, actor, now) if a.key == action), None)
    if offered is None:
        return _case_page(request, number, 409, failed=text("web.desk.error.not_now"))
    language = language_of(request)
    form = ActionForm(offered, Around(view.line.agency, view.line.category, "", now, language), request.POST)
    stated = {name: request.POST[name] for name in STATED if request.POST.get(name)}
    try:
        if not form.is_valid():
            raise Invalid("web.desk.error.fields")
        photos = take_photos([upload.read() for upload in request.FILES.getlist("photos")])
        _act(view, action, {**form.said(), **stated}, photos, request)
        _count_texts(request)
    except CityError as error:
        words, fields = views.refusal(error, language)
        more = {"changes": _changes(view, request)} if error.code == "cases.changed_meanwhile" else {}
        return _case_page(
            request, number, error.status, bound=form, failed=words, failed_fields=fields, **more
        )
    return back(request, number)


def _changes(view: CaseView, request: HttpRequest) -> list[dict[str, Any]]:
    """What others did since this page was opened, in words."""
    said = request.POST.get("version", "")
    seen = int(said) if said.isdigit() else view.line.version
    told = [e for e in history("case", str(view.line.id)) if e.version > seen]
    return views.history_lines(told, view, language_of(request))


def _act(
    view: CaseView, action: str, said: dict[str, str], photos: list[StoredPhoto], request: HttpRequest
) -> None:
    assignee = said.pop("assignee", "")
    agency = said.get("agency", "")
    with unit():
        cases_commands.act_on_case(
            view.line.id,
            action,
            fields=said,
            photos=photos,
            agency=agency,
            assignee=UUID(assignee) if assignee else None,
            version=int(request.POST.get("version") or view.line.version),
            actor=actor_from(request),
            at=clock.now(),
        )


def _count_texts(request: HttpRequest) -> None:
    """Which standard texts the words were made from, if any."""
    chosen = request.POST.get("text_keys", "").split()
    if chosen:
        with unit():
            cases_commands.count_texts(chosen, actor=actor_from(request), at=clock.now())


def back(request: HttpRequest, number: str) -> HttpResponseRedirect:
    """To the case again, in the queue it was opened from."""
    queue = quote(request.GET.get("queue", ""))
    return HttpResponseRedirect(f"/desk/cases/{quote(number)}?queue={queue}")


@require_POST
@requires("case.note")
def note(request: HttpRequest, number: str) -> HttpResponse:
    """An internal note."""
    view = cases.staff_case(number, actor=actor_from(request))
    with unit():
        words = request.POST.get("note", "")
        cases_commands.comment(view.line.id, words, actor=actor_from(request), at=clock.now())
    return back(request, number)


@require_POST
@requires("case.triage")
def category(request: HttpRequest, number: str) -> HttpResponse:
    """Correct what the case is about."""
    chosen = request.POST.get("category", "")
    with unit():
        cases_commands.change_category(
            cases.case_id_of(number), chosen, actor=actor_from(request), at=clock.now()
        )
    return back(request, number)


@require_POST
@requires("case.triage")
def urgency(request: HttpRequest, number: str) -> HttpResponse:
    """Say how urgent a case is."""
    level = request.POST.get("urgency", "")
    with unit():
        cases_commands.set_urgency(cases.case_id_of(number), level, actor=actor_from(request), at=clock.now())
    return back(request, number)


@require_POST
@requires("case.triage")
def merge(request: HttpRequest, number: str) -> HttpResponse:
    """Gather this case in the one that speaks of the same thing."""
    into = request.POST.get("into", "").strip()
    with unit():
        cases_commands.merge(
            cases.case_id_of(number), cases.case_id_of(into), actor=actor_from(request), at=clock.now()
        )
    return back(request, into)


@require_POST
@requires("case.triage")
def unmerge(request: HttpRequest, number: str) -> HttpResponse:
    """Undo a gathering."""
    with unit():
        cases_commands.unmerge(cases.case_id_of(number), actor=actor_from(request), at=clock.now())
    return back(request, number)


@require_POST
@requires("case.reporter")
def reporter(request: HttpRequest, number: str) -> HttpResponse:
    """Show who reported, to authorised IOC staff, for a stated purpose; the look is written down."""
    with unit():
        found = cases.reporter_of(
            cases.case_id_of(number),
            actor=actor_from(request),
            purpose=request.POST.get("purpose", "")[:200],
            at=clock.now(),
        )
    return _case_page(request, number, reporters=found or [{"name": text("web.desk.reporter_unknown")}])


@require_safe
@requires("message.see")
def messages_out(request: HttpRequest) -> HttpResponse:
    """What did not get through and waits for a person."""
    letters = messages.dead_letters(actor=actor_from(request))
    return render(request, "web/desk/messages.html", plain(request, letters=letters))


@require_POST
@requires("message.resend")
def resend(request: HttpRequest, id: UUID) -> HttpResponse:
    """Try a dead message again."""
    with unit():
        messages_commands.resend(id, actor=actor_from(request), at=clock.now())
    return redirect("/desk/instant" if request.GET.get("from") == "instant" else "/desk/messages")


@require_safe
@requires("message.see")
def parked(request: HttpRequest) -> HttpResponse:
    """Events that a reaction could not handle."""
    return render(request, "web/desk/parked.html", plain(request, rows=parked_aggregates()))


@require_POST
@requires("message.resend")
def retry(request: HttpRequest) -> HttpResponse:
    """Run a parked aggregate's events again."""
    retry_parked(request.POST.get("reaction", ""), request.POST.get("aggregate", ""))
    return redirect("/desk/parked")


@require_POST
@requires("desk.see")
def consult(request: HttpRequest, number: str) -> HttpResponse:
    """Ask coordinating agencies for their opinion."""
    view = cases.staff_case(number, actor=actor_from(request))
    with unit():
        cases_commands.consult(
            view.line.id,
            request.POST.getlist("agencies"),
            request.POST.get("question", ""),
            join=request.POST.get("join", "all"),
            actor=actor_from(request),
            at=clock.now(),
        )
    return back(request, number)


@require_POST
@requires("desk.see")
def opinion(request: HttpRequest, number: str) -> HttpResponse:
    """A coordinating agency's answer. It need not be the case's own agency, so the case is found by its number alone."""
    with unit():
        cases_commands.give_opinion(
            cases.case_id_of(number),
            request.POST.get("agency", ""),
            request.POST.get("opinion", ""),
            request.POST.get("words", ""),
            actor=actor_from(request),
            at=clock.now(),
        )
    return redirect("/desk/consultations")


@require_safe
@requires("desk.see")
def consultations(request: HttpRequest) -> HttpResponse:
    """The questions that other agencies asked this officer's agency."""
    rows = views.asked_of(actor_from(request), language_of(request))
    return render(request, "web/desk/consultations.html", plain(request, rows=rows))


@require_http_methods(["GET", "POST"])
@requires("case.file_on_behalf")
def new_on_behalf(request: HttpRequest) -> HttpResponse:
    """Write down a call, a visit or an e-mail as a report; the receipt's code is told to whoever called."""
    language = language_of(request)
    form = OnBehalfForm(request.POST or None, at=clock.now(), language=language)
    failed = ""
    if request.method == "POST" and form.is_valid():
        try:
            receipt = _file(form, request)
        except CityError as error:
            failed, _ = views.refusal(error, language)
            for name, code in error.fields.items():
                form.add_error(name if name in form.fields else None, text(code, language, **error.values))
        else:
            context = plain(request, receipt=receipt, case_url=f"/desk/cases/{receipt.number}")
            return render(request, "web/desk/filed.html", context)
    context = plain(request, form=form, failed=failed, **form.readings())
    status = 422 if request.method == "POST" else 200
    return render(request, "web/desk/new.html", context, status=status)


@require_POST
@requires("case.file_on_behalf")
def place_in_words(request: HttpRequest) -> HttpResponse:
    """What the words of the place mean so far, to choose from. Changes nothing."""
    form = OnBehalfForm(request.POST, at=clock.now(), language=language_of(request))
    return render(request, "web/desk/readings.html", form.readings())


def _file(form: OnBehalfForm, request: HttpRequest) -> Receipt:
    photos = take_photos([upload.read() for upload in request.FILES.getlist("photos")])
    filing = replace(form.filing(), photos=tuple(photos))
    with unit():
        return cases_commands.file_report(filing, actor=actor_from(request), at=clock.now())
