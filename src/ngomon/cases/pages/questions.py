"""Questions to an agency (hỏi đáp): search and read answered ones, ask, rate. Asking is filing a case."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.text import clean, sort_key
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.identity.queries import may_file
from ngomon.processes import queries as processes

from .. import commands, queries
from .. import question_queries as questions
from ..rules import MAX_TEXT
from ..terms import Contact, Filing, Rating
from .forms import QuestionForm, RateForm
from .limits import limit
from .proofs import actor_of, claim_of, keep_claim, keep_draft, take_draft
from .public import RATING_ICONS
from .shown import agency_name, language, name
from .tokens import fresh_token, read_token

SOURCE = "page"


def _row(one: questions.Answered) -> dict[str, Any]:
    return {
        "one": one,
        "agency": agency_name(one.agency),
        "url": reverse("cases_question", args=[one.number]),
        "rating": text(f"cases.rating.{one.rating}") if one.rating else "",
    }


@public
@require_safe
def questions_page(request: HttpRequest) -> HttpResponse:
    """Answered questions, searchable; the way to ask one."""
    q, agency = clean(request.GET.get("q", ""))[:200], request.GET.get("agency", "")[:60]
    if q:
        limit(request, "search")
    page = questions.answered_questions(cursor=request.GET.get("after", "")[:200], agency=agency, q=q)
    rest = {key: value for key, value in (("agency", agency),) if value}
    context = {
        "rows": [_row(one) for one in page.rows],
        "q": q,
        "agency": agency_name(agency) if agency else "",
        "total": page.total,
        "next_url": "?" + urlencode({**rest, "after": page.next}) if page.next else "",
    }
    return render(request, "cases/questions.html", context)


@public
@require_safe
def question_page(request: HttpRequest, number: str) -> HttpResponse:
    """One answered question; its asker is led to the case while it is not answered. Raises: NotFound."""
    actor, code = actor_of(request), claim_of(request, number)
    try:
        one = questions.answered_question(number)
    except NotFound:
        view = queries.reporter_case(number, actor=actor, claim_code=code)
        return HttpResponseRedirect(reverse("cases_case", args=[view.line.number]))
    is_mine = queries.is_reporter(one.id, actor=actor, claim_code=code)
    may_rate = is_mine and _may_rate(one.number, request)
    ratings = [
        {"value": r.value, "label": text(f"cases.rating.{r.value}"), "icon": RATING_ICONS[r]} for r in Rating
    ]
    context = {
        **_row(one),
        "is_mine": is_mine,
        "rate_form": RateForm() if may_rate else None,
        "ratings": ratings,
        "alike": [_row(o) for o in questions.answered_alike(one.text, 4) if o.id != one.id][:3],
    }
    return render(request, "cases/question.html", context)


def _may_rate(number: str, request: HttpRequest) -> bool:
    actor = actor_of(request)
    view = queries.reporter_case(number, actor=actor, claim_code=claim_of(request, number))
    return any(a.key == "rate" for a in processes.actions_for(view.line.ref, actor, is_reporter=True))


@public
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form of a question; a POST asks it, once however often it is sent."""
    if request.method != "POST":
        held = take_draft(request)
        typed = {"text": request.GET.get("text", "")[:MAX_TEXT], **held}
        return _form(request, QuestionForm(initial=typed), typed)
    limit(request, "report")
    return _ask(request, QuestionForm(request.POST))


def _ask(request: HttpRequest, form: QuestionForm) -> HttpResponse:
    actor = actor_of(request)
    external_id, code = read_token(request.POST.get("token", ""))
    valid = form.is_valid()
    if not external_id:
        form.add_error(None, text("cases.error.form_too_old"))
    sign_in = _sign_in(request, form)
    if not valid or form.errors:
        return _form(request, form, request.POST.dict(), sign_in=sign_in, status=422)
    said = form.cleaned_data
    if "seen" not in request.POST and questions.answered_alike(said["text"]):
        return _form(request, form, request.POST.dict())
    contact = Contact()
    if actor.account_id is None:
        contact = Contact(said["name"], said["phone"], said["email"])
    filing = Filing(
        text=said["text"], lon=0.0, lat=0.0, source=SOURCE, external_id=f"question:{external_id}",
        language=language(), contact=contact, claim_code=code, agency=said["agency"],
    )  # fmt: skip
    try:
        with unit():
            receipt = commands.ask_question(filing, actor=actor, at=clock.now())
    except (Invalid, Conflict) as error:
        form.blame(error)
        return _form(request, form, request.POST.dict(), status=422)
    if actor.account_id is None and queries.is_reporter(receipt.case_id, actor=actor, claim_code=code):
        keep_claim(request, receipt.number, code, fresh=True)
    return HttpResponseRedirect(reverse("cases_sent", args=[receipt.number]))


def _sign_in(request: HttpRequest, form: QuestionForm) -> str:
    """The address to sign in at where the city's policy asks for an account; what was typed is held meanwhile."""
    if may_file(SOURCE, "question", actor_of(request)).is_met:
        return ""
    keep_draft(
        request, {"text": request.POST.get("text", "")[:MAX_TEXT], "agency": request.POST.get("agency", "")}
    )
    form.add_error(None, text("cases.error.sign_in_first"))
    return f"/account/sign-in?{urlencode({'next': reverse('cases_ask')})}"


def _form(
    request: HttpRequest, form: QuestionForm, typed: dict[str, Any], *, sign_in: str = "", status: int = 200
) -> HttpResponse:
    now = clock.now()
    day = directory.local_day(now)
    category = directory.question_category(day)
    agencies = sorted(
        ((a.key, name(a.name)) for a in directory.agencies(day)), key=lambda row: sort_key(row[1])
    )
    form.fields["text"].required = True
    context = {
        "form": form,
        "token": typed.get("token") or fresh_token(),
        "agencies": agencies,
        "chosen": typed.get("agency", ""),
        "days": category.budget_days if category else None,
        "is_open": category is not None,
        "actor": actor_of(request),
        "sign_in": sign_in,
        "must_sign_in": not sign_in and not may_file(SOURCE, "question", actor_of(request)).is_met,
        **_alike(str(typed.get("text", ""))),
    }
    return render(request, "cases/ask.html", context, status=status)


def _alike(words: str) -> dict[str, Any]:
    said = clean(words)[:MAX_TEXT]
    proposed = questions.agency_for(said, directory.local_day(clock.now())) if said else ""
    return {
        "alike": [_row(one) for one in questions.answered_alike(said)],
        "proposed": agency_name(proposed) if proposed else "",
    }


@public
@require_POST
def alike(request: HttpRequest) -> HttpResponse:
    """What was answered already, and who would answer, for the words so far. Changes nothing."""
    limit(request, "hints")
    return render(request, "cases/parts/alike.html", _alike(request.POST.get("text", "")))
