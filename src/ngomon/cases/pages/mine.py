"""What a reporter does after reporting: find it again, reply, rate, object, appeal, follow."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import CityError, Conflict, Invalid, NotFound
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import public

from .. import commands, queries
from .. import public as reads
from ..terms import CaseLine
from .forms import AppealForm, CityForm, ClaimForm, RateForm, ReasonForm, ReplyForm
from .limits import limit
from .photos import photos_in
from .proofs import actor_of, claim_of, claims, keep_claim
from .public import show_case
from .shown import card


@public
@require_safe
def my_reports(request: HttpRequest) -> HttpResponse:
    """Reports of this account, and those whose claim codes this browser knows."""
    actor = actor_of(request)
    mine = queries.my_cases(actor=actor)
    here = [line for line in claimed_here(request) if line.number not in {m.number for m in mine}]
    context = {"mine": [card(line) for line in mine], "here": [card(line) for line in here], "actor": actor}
    return render(request, "cases/mine.html", context)


def claimed_here(request: HttpRequest) -> list[CaseLine]:
    """The cases whose claim codes this browser has proved, newest first."""
    return reads.claimed_cases(list(claims(request).values()))


@public
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Open a report by its claim code."""
    if request.method != "POST":
        return _claim_form(request, ClaimForm(), 200)
    limit(request, "claim")
    form = ClaimForm(request.POST)
    code = clean(request.POST.get("code", "")).upper().replace("-", "").replace(" ", "")[:20]
    try:
        number = queries.case_of_claim(code)
    except NotFound as error:
        form.is_valid()
        form.add_error("code", text(error.code))
        return _claim_form(request, form, 422)
    keep_claim(request, number, code)
    return HttpResponseRedirect(_case_url(number, "claim"))


def _claim_form(request: HttpRequest, form: ClaimForm, status: int) -> HttpResponse:
    form.fields["code"].required = True  # only so that it is not marked optional
    return render(request, "cases/claim.html", {"form": form}, status=status)


def _case_url(number: str, done: str) -> str:
    return f"{reverse('cases_case', args=[number])}?{urlencode({'done': done})}"


def _own(request: HttpRequest, number: str) -> tuple[UUID, str]:
    """The case and the code by which this reader proved it. Raises: NotFound for one who did not, or for no case."""
    code = claim_of(request, number)
    view = queries.reporter_case(number, actor=actor_of(request), claim_code=code)
    return view.line.id, code


Act = Callable[[], object]


def _act(request: HttpRequest, number: str, form: CityForm, act: Act, done: str) -> HttpResponse:
    """Do one thing in a unit; show the case again with what was wrong."""
    if not form.is_valid():
        return show_case(request, number, form=form, status=422)
    try:
        with unit():
            act()
    except (Invalid, Conflict) as error:
        return _refused(request, number, form, error)
    return HttpResponseRedirect(_case_url(number, done))


def _refused(request: HttpRequest, number: str, form: CityForm, error: CityError) -> HttpResponse:
    form.blame(error)
    return show_case(request, number, form=form, status=error.status)


@public
@require_POST
def reply(request: HttpRequest, number: str) -> HttpResponse:
    """Answer the centre's question."""
    limit(request, "act")
    case_id, code = _own(request, number)
    form = ReplyForm(request.POST)
    photos, photo_error = photos_in(request)
    said = clean(request.POST.get("reply", ""))
    if form.is_valid() and photo_error:
        form.add_error("reply", photo_error)
    elif form.is_valid() and not said and not photos:
        form.add_error("reply", text("cases.error.reply_needed"))
    elif form.is_valid() and not said:
        said = text("cases.reply.only_photos")

    def act() -> object:
        return commands.reply(
            case_id, said, actor=actor_of(request), at=clock.now(), claim_code=code, photos=photos
        )

    return _act(request, number, form, act, "reply")


@public
@require_POST
def not_this(request: HttpRequest, number: str) -> HttpResponse:
    """ "Không phải việc này": a report that was linked by itself becomes a case of its own."""
    limit(request, "act")
    case_id, code = _own(request, number)
    with unit():
        made = commands.say_not_same(case_id, actor=actor_of(request), at=clock.now(), claim_code=code)
    if code:
        keep_claim(request, made, code)
    return HttpResponseRedirect(_case_url(made, "apart"))


@public
@require_POST
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """Rate the answer."""
    limit(request, "act")
    case_id, code = _own(request, number)
    form = RateForm(request.POST)
    rating, said = request.POST.get("rating", ""), clean(request.POST.get("comment", ""))
    if form.is_valid() and rating == "dissatisfied" and not said:
        form.add_error("comment", text("cases.error.reason_needed"))

    def act() -> object:
        return commands.rate(
            case_id, rating, actor=actor_of(request), at=clock.now(), comment=said, claim_code=code
        )

    return _act(request, number, form, act, "object" if rating == "dissatisfied" else "rate")


@public
@require_POST
def object_to_answer(request: HttpRequest, number: str) -> HttpResponse:
    """ "Chưa được giải quyết"."""
    limit(request, "act")
    case_id, code = _own(request, number)
    form = ReasonForm(request.POST)
    photos, photo_error = photos_in(request)
    if form.is_valid() and photo_error:
        form.add_error("reason", photo_error)

    def act() -> object:
        return commands.object_to_answer(
            case_id,
            form.cleaned_data["reason"],
            actor=actor_of(request),
            at=clock.now(),
            claim_code=code,
            photos=photos,
        )

    return _act(request, number, form, act, "object")


@public
@require_POST
def appeal(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for another look at a report that was not taken up."""
    limit(request, "act")
    case_id, code = _own(request, number)
    form = AppealForm(request.POST)

    def act() -> object:
        said = form.cleaned_data["reason"]
        return commands.appeal(case_id, said, actor=actor_of(request), at=clock.now(), claim_code=code)

    return _act(request, number, form, act, "appeal")


@public
@require_POST
def follow(request: HttpRequest, number: str) -> HttpResponse:
    """Hear of a public case without reporting again; strangers sign in first."""
    limit(request, "act")
    actor = actor_of(request)
    if actor.account_id is None:
        return HttpResponseRedirect(f"/account/sign-in?{urlencode({'next': f'/cases/{number}'})}")
    view = queries.public_case(number)
    with unit():
        commands.follow(view.line.id, actor=actor, at=clock.now())
    return HttpResponseRedirect(_case_url(number, "follow"))
