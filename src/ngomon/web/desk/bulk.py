"""Work in bulk on the desk: choose, preview, carry out, follow, undo; and handing over all open work. See docs/how-to/bulk.md."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.cases import bulks, filtering, letters
from ngomon.cases import commands as cases
from ngomon.cases.bulk_terms import MOST_IN_BULK, BulkLine, BulkView, RowResult
from ngomon.cases.terms import CaseLine
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid, Refused
from ngomon.core.texts import has_text, text
from ngomon.core.units import unit
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.incidents import leaving as incidents

from . import views
from .balance import within_of
from .filters import listed_of
from .forms import ActionForm, Around, agency_choices
from .frame import language_of, plain
from .proposed import urgency_choices

SHOWN = 20


def _uuids(said: list[str]) -> list[UUID]:
    found = []
    for word in said:
        try:
            found.append(UUID(word))
        except ValueError as error:
            raise Invalid("cases.bulk.nothing_chosen") from error
    return found


@require_http_methods(["GET", "POST"])
@requires("case.bulk")
def bulk(request: HttpRequest) -> HttpResponse:
    """GET: what this officer did in bulk. POST: take up a selection, or all that a filter finds."""
    actor, now = actor_from(request), clock.now()
    if request.method != "POST":
        rows = [_said(view, request) for view in bulks.bulks_of(actor=actor)]
        return render(request, "web/desk/bulk_list.html", plain(request, rows=rows))
    query = ""
    if request.POST.get("all"):
        listed = listed_of(request.POST, actor)
        wanted = filtering.ids_of(listed, actor=actor, at=now, most=MOST_IN_BULK + 1)
        query = f"queue={request.POST.get('queue', '')}&{listed.wanted.query}"
    else:
        wanted = _uuids(request.POST.getlist("case"))
    with unit():
        made = cases.choose(wanted, query=query, actor=actor, at=now)
    return redirect(f"/desk/bulk/{made}")


@require_safe
@requires("case.bulk")
def one(request: HttpRequest, id: UUID) -> HttpResponse:
    """One bulk: what may be done with the selection, the preview, or how it goes."""
    return _page(request, id)


def _page(request: HttpRequest, bulk_id: UUID, status: int = 200, **more: Any) -> HttpResponse:
    view = bulks.bulk(bulk_id, actor=actor_from(request))
    context = plain(request, bulk=view, said=_said(view, request), **more)
    if view.state == "chosen" or request.GET.get("choose") or more.get("failed"):
        context |= _choice(view, request, more.get("bound"))
        return render(request, "web/desk/bulk_choose.html", context, status=status)
    if view.state == "previewed":
        context |= _previewed(view, request)
        return render(request, "web/desk/bulk_preview.html", context, status=status)
    context |= _progress(view, request)
    return render(request, "web/desk/bulk_run.html", context, status=status)


def _label(action: str, language: str) -> str:
    key = f"web.desk.bulk.action.{action}"
    return text(key, language) if has_text(key) else text(f"web.desk.history.{action}", language)


def _said(view: BulkView, request: HttpRequest) -> dict[str, Any]:
    """A bulk in words."""
    language = language_of(request)
    return {
        "view": view,
        "action": _label(view.action, language) if view.action else "",
        "state": text(f"web.desk.bulk.state.{view.state}", language),
        "by": identity.name_of(view.by),
        "url": f"/desk/bulk/{view.id}",
        "through": view.done + view.refused,
        "may_undo": view.state == "running" or (view.until is not None and view.until > clock.now()),
    }


# --- choosing what to do --------------------------------------------------------------------------------------------


def _choice(view: BulkView, request: HttpRequest, bound: ActionForm | None) -> dict[str, Any]:
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    offered = bulks.offers(view.id, actor=actor, at=now)
    counts = Counter(key for allowed in offered.allowed.values() for key in allowed)
    first = bulks.case_lines(line.case_id for line in bulks.lines(view.id, size=200))
    around = _around(first, now, language)
    forms = []
    for key, n in counts.most_common():
        is_bound = bound is not None and bound.action.key == key
        form = bound if is_bound and bound else ActionForm(offered.actions[key], around)
        forms.append({"key": key, "n": n, "form": form, "label": _label(key, language), "is_open": is_bound})
    return {
        "forms": forms,
        "may_share": counts[bulks.ASSIGN] > 1 and bool(around.agency),
        "lines": [views.row(line, now, language) for line in list(first.values())[:SHOWN]],
        "may_triage": may(actor, "case.triage"),
        "categories": views.category_choices(now, language),
        "urgencies": [choice for choice in urgency_choices(language) if choice[0]],
    }


def _around(lines: Mapping[UUID, CaseLine], at: datetime, language: str) -> Around:
    """What the forms need to know: the agency and category that the cases share, empty where they differ."""
    agencies = {line.agency for line in lines.values()}
    categories = {line.category for line in lines.values()}
    shared = next(iter(agencies)) if len(agencies) == 1 else ""
    category = next(iter(categories)) if len(categories) == 1 else ""
    return Around(shared, category, "", at, language)


@require_POST
@requires("case.bulk")
def preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """Settle the action and see what it would do; on a refusal nothing typed is lost."""
    actor, now = actor_from(request), clock.now()
    action = request.POST.get("action", "")
    form = None
    try:
        if action in bulks.OWN or action in {bulks.HAND_OVER, bulks.SHARE}:
            names = ("category", "urgency", "into", "note", "giver", "taker", "agency", "within")
            said = {name: request.POST.get(name, "")[:4000] for name in names}
        else:
            form = _bound(id, action, request)
            if not form.is_valid():
                raise Invalid("web.desk.error.fields")
            said = form.said()
        bulks.bulk(id, actor=actor)
        # A number is not yet the case that it names: for merging the command looks it up first.
        weighed = bulks.weigh(id, action, said, actor=actor, at=now) if action != "merge" else None
        with unit():
            cases.preview(id, action, said, weighed=weighed, actor=actor, at=now)
    except CityError as error:
        words, fields = views.refusal(error, language_of(request))
        return _page(request, id, error.status, bound=form, failed=words, failed_fields=fields)
    return redirect(f"/desk/bulk/{id}")


def _bound(bulk_id: UUID, action: str, request: HttpRequest) -> ActionForm:
    actor, now = actor_from(request), clock.now()
    bulks.bulk(bulk_id, actor=actor)
    offered = bulks.offers(bulk_id, actor=actor, at=now)
    if action not in offered.actions:
        raise Refused("processes.error.not_yours")
    first = bulks.case_lines(line.case_id for line in bulks.lines(bulk_id, size=200))
    around = _around(first, now, language_of(request))
    return ActionForm(offered.actions[action], around, request.POST)


# --- the preview ----------------------------------------------------------------------------------------------------


def reason(line: BulkLine, language: str) -> str:
    """Why a case was not done, in words."""
    if not line.code:
        return ""
    return text(line.code, language, **{"number": line.number, **line.values})


def _previewed(view: BulkView, request: HttpRequest) -> dict[str, Any]:
    language = language_of(request)
    shown = bulks.lines(view.id, result=RowResult.WAITING, size=SHOWN)
    known = bulks.case_lines(line.case_id for line in shown)
    said = {**view.fields, "into": _number_into(view)}
    names = identity.names_of({UUID(line.given["taker"]) for line in shown if line.given.get("taker")})
    rows = [
        {
            "line": known[line.case_id],
            "category": views.category_name(known[line.case_id].category, language),
            "letter": letter(view.action, known[line.case_id], said, language),
            "taker": names.get(UUID(line.given["taker"]), "") if line.given.get("taker") else "",
        }
        for line in shown
        if line.case_id in known
    ]
    return {
        "rows": rows,
        "reasons": _reasons(view, language),
        "facts": _facts(view, language),
        "takers": _takers(view),
    }


def _takers(view: BulkView) -> list[tuple[str, int]]:
    """How many of the cases go to whom, where each has an officer of its own; the most first."""
    if (
        view.action not in {bulks.SHARE, bulks.HAND_OVER}
        or view.fields.get("taker")
        or view.fields.get("agency")
    ):
        return []
    given = Counter(
        UUID(line.given["taker"])
        for line in bulks.every_line(view.id)
        if line.result == RowResult.WAITING and line.given.get("taker")
    )
    names = identity.names_of(given)
    return [(names.get(key, ""), n) for key, n in given.most_common()]


def _reasons(view: BulkView, language: str) -> list[tuple[str, int, list[str]]]:
    """Why some cannot be done: the reason, how many, the first numbers."""
    found: dict[str, tuple[BulkLine, int, list[str]]] = {}
    if view.refused or view.kept:
        for line in bulks.every_line(view.id):
            if line.result in {RowResult.REFUSED, RowResult.KEPT}:
                first, n, numbers = found.get(line.code, (line, 0, []))
                found[line.code] = (first, n + 1, numbers[:4] + [line.number] * (len(numbers) < 5))
    return [(reason(first, language), n, numbers) for first, n, numbers in found.values()]


def _facts(view: BulkView, language: str) -> list[tuple[str, str]]:
    """What was said for all of them, in words."""
    made = []
    for name, value in view.fields.items():
        shown = value
        if name == "agency":
            shown = views.agency_name(value, language)
        elif name == "category":
            shown = views.category_name(value, language)
        elif name == "urgency":
            shown = text(f"cases.urgency.{value}", language)
        elif name in {"assignee", "giver", "taker"}:
            shown = identity.name_of(UUID(value))
        elif name == "into":
            shown = _number_into(view) or value
        elif name == "within":
            continue
        key = f"web.desk.bulk.field.{name}"
        made.append((text(key, language) if has_text(key) else name, shown))
    return made


def _number_into(view: BulkView) -> str:
    """The number of the case that all of them are merged into; empty for none."""
    found = bulks.case_lines([UUID(view.fields["into"])]) if "into" in view.fields else {}
    return next((line.number for line in found.values()), "")


def letter(action: str, line: CaseLine, said: Mapping[str, str], language: str) -> str:
    """What the reporters of a case would read; empty where they are not told by such an action."""
    found = letters.letter_of(action, line, said, language=language)
    return "" if found is None or found.is_later else found.body


# --- carrying out ---------------------------------------------------------------------------------------------------


@require_POST
@requires("case.bulk")
def start(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let the worker begin."""
    with unit():
        cases.start(id, actor=actor_from(request), at=clock.now())
    return redirect(f"/desk/bulk/{id}")


def _progress(view: BulkView, request: HttpRequest) -> dict[str, Any]:
    language = language_of(request)
    is_over = view.state in {"done", "undone"}
    return {
        "is_over": is_over,
        "reasons": _reasons(view, language) if is_over else [],
        "facts": _facts(view, language),
    }


@require_safe
@requires("case.bulk")
def progress(request: HttpRequest, id: UUID) -> HttpResponse:
    """How far it is, for the page that is open."""
    view = bulks.bulk(id, actor=actor_from(request))
    context = {"bulk": view, "said": _said(view, request), **_progress(view, request)}
    return render(request, "web/desk/bulk_progress.html", context)


@require_POST
@requires("case.bulk")
def undo(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take it back, or stop it where it is and take back what was done."""
    with unit():
        cases.undo_bulk(id, actor=actor_from(request), at=clock.now())
    return redirect(f"/desk/bulk/{id}")


@require_POST
@requires("case.bulk")
def release(request: HttpRequest, id: UUID) -> HttpResponse:
    """Tell the reporters now."""
    with unit():
        cases.release(id, actor=actor_from(request), at=clock.now())
    return redirect(f"/desk/bulk/{id}")


@require_POST
@requires("case.bulk")
def again(request: HttpRequest, id: UUID) -> HttpResponse:
    """A new selection of the cases that could not be done."""
    actor = actor_from(request)
    bulks.bulk(id, actor=actor)
    left = [line.case_id for line in bulks.every_line(id) if line.result in {"refused", "kept"}]
    with unit():
        made = cases.choose(left, actor=actor, at=clock.now())
    return redirect(f"/desk/bulk/{made}")


@require_safe
@requires("case.bulk")
def export(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """What became of each case, as CSV (UTF-8 with a mark, so that spreadsheets read it)."""
    view, language = bulks.bulk(id, actor=actor_from(request)), language_of(request)
    answer = StreamingHttpResponse(_csv(view, language), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="bulk-{view.at:%Y%m%d-%H%M}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _csv(view: BulkView, language: str) -> Iterator[str]:
    heads = [text(f"web.desk.bulk.csv.{name}", language) for name in ("number", "action", "result", "reason")]
    yield "\ufeff" + _csv_line(heads)
    action = _label(view.action, language) if view.action else ""
    for line in bulks.every_line(view.id):
        result = text(f"web.desk.bulk.result.{line.result}", language)
        yield _csv_line([line.number, action, result, reason(line, language)])


def _csv_line(values: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


# --- handing over ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires("case.hand_over")
def handover(request: HttpRequest) -> HttpResponse:
    """From whom, to whom; the work goes over as a bulk, so with preview, result of each case, and undoing."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    within = within_of(actor, request)
    if request.method == "POST":
        return _hand_over(request, within, actor, now)
    people = []
    if within:
        for account, name, n in bulks.takers(within, now):
            people.append({"id": str(account), "name": name, "n": n})
    context = plain(
        request,
        within=within,
        within_name=views.agency_name(within, language) if within else "",
        agencies=agency_choices(now, language),
        may_move=actor.holds(*bulks.AGENCY_MOVERS),
        people=people,
        counts=[
            (text(f"web.desk.leaving.count.{kind}", language), n)
            for kind, n in (incidents.counts_of(within, actor=actor) if within else {}).items()
        ],
        empty_shifts=incidents.empty_shifts(within, now) if within else 0,
        total=len(bulks.visible_among(bulks.work_of(agency=within), actor=actor)) if within else 0,
    )
    return render(request, "web/desk/handover.html", context)


def _hand_over(request: HttpRequest, within: str, actor: Actor, now: datetime) -> HttpResponse:
    giver = request.POST.get("giver", "")
    said = {name: request.POST.get(name, "") for name in ("giver", "taker", "agency")}
    ids = bulks.work_of(account=_uuids([giver])[0], agency=within) if giver else bulks.work_of(agency=within)
    if not within or (not giver and not said["agency"]):
        raise Invalid.field("agency", "cases.bulk.no_taker")
    with unit():
        made = cases.choose(ids, actor=actor, at=now)
    with unit():
        cases.preview(made, bulks.HAND_OVER, {**said, "within": within}, actor=actor, at=now)
    return redirect(f"/desk/bulk/{made}")
