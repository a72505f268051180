"""Reporting: the form, its suggestions while writing, and the receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.images import StoredPhoto
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.identity.queries import may_file
from ngomon.identity.terms import Requirement
from ngomon.ui.tags.words import said_exactly

from .. import commands, queries
from .. import public as reads
from ..question_queries import asked_agency
from ..terms import CaseKind, Contact, Filing, Placed, Receipt, picture_url
from .danger import added_to_danger
from .exits import asks_first
from .forms import ReportForm
from .hints import category_choices, hints_for, read_follow, understood
from .limits import limit
from .photos import bytes_of, from_reference, most, photos_in, reference_of
from .proofs import actor_of, claim_of, is_fresh, keep_claim, keep_draft, take_draft
from .shown import agency_name, card, category_of, language, name
from .tokens import fresh_token, read_token

SOURCE = "page"
_DRAFTED = (
    "text",
    "place_words",
    "place_choice",
    "place_source",
    "place_accuracy_m",
    "lon",
    "lat",
    "category",
)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: HttpRequest) -> HttpResponse:
    """The form; a POST files the report, once however often it is sent."""
    if request.method == "POST":
        return _send(request)
    held = take_draft(request) or {
        k: v for k, v in request.GET.items() if k in {"lon", "lat", "category", "text"}
    }
    kept = [t for t in map(from_reference, held.get("kept", [])) if t is not None]
    form = ReportForm(initial=held)
    return _form(request, form, held, kept)


def _form(
    request: HttpRequest,
    form: ReportForm,
    typed: Mapping[str, Any],
    kept: Sequence[StoredPhoto],
    *,
    token: str = "",
    status: int = 200,
    sign_in: str = "",
) -> HttpResponse:
    actor = actor_of(request)
    lon, lat = typed.get("lon", ""), typed.get("lat", "")
    hints = hints_for(typed, at=clock.now())
    # Words are not marked optional, though a photo or a kind alone is taken.
    form.fields["text"].required = True
    context = {
        "form": form,
        "token": token or fresh_token(),
        "kept": [{"reference": reference_of(t), "thumb": _preview(t)} for t in kept],
        "lon": lon,
        "lat": lat,
        "place_source": typed.get("place_source", ""),
        "place_accuracy_m": typed.get("place_accuracy_m", ""),
        "chosen": typed.get("category", ""),
        "tree": category_choices(typed.get("category", "")),
        "place_error": _first(form, "place"),
        "photo_error": _first(form, "photos"),
        "category_error": _first(form, "category"),
        "room": max(0, most() - len(kept)),
        "hints_url": reverse("cases_hints"),
        "must_sign_in": not sign_in and not may_file(SOURCE, "", actor).is_met,
        "city": directory.city(),
        "actor": actor,
        "sign_in": sign_in,
        "promise": directory.city().defaults.acknowledge_minutes,
        **hints,
    }
    return render(request, "cases/report.html", context, status=status)


def _first(form: ReportForm, field: str) -> str:
    return str(form.errors[field][0]) if form.is_bound and field in form.errors else ""


def _preview(taken: StoredPhoto) -> str:
    return reverse("cases_kept_photo", args=[reference_of(taken)])


def _send(request: HttpRequest) -> HttpResponse:
    limit(request, "report")
    form = ReportForm(request.POST)
    kept, photo_error = photos_in(request)
    external_id, code = read_token(request.POST.get("token", ""))
    valid = form.is_valid()
    if "check" in request.POST or asks_first(request.POST):
        return _form(request, ReportForm(initial=request.POST.dict()), request.POST.dict(), kept)
    if photo_error:
        form.add_error("photos", photo_error)
    place = _place(form, request)
    if not external_id:
        form.add_error(None, text("cases.error.form_too_old"))
    sign_in = _policy(request, form, kept)
    if not valid or form.errors or place is None:
        return _again(request, form, kept, external_id, sign_in=sign_in)
    filing = replace(_filing(request, form, place, kept), external_id=external_id, claim_code=code)
    told = added_to_danger(request, filing)
    if told:
        return HttpResponseRedirect(told)
    try:
        receipt = _file(request, filing)
    except (Invalid, Conflict) as error:
        form.blame(error)
        return _again(request, form, kept, external_id)
    actor = actor_of(request)
    if actor.account_id is None and queries.is_reporter(receipt.case_id, actor=actor, claim_code=code):
        keep_claim(request, receipt.number, code, fresh=True)
    joined = "?joined=1" if receipt.joined else ""
    return HttpResponseRedirect(reverse("cases_sent", args=[receipt.number]) + joined)


def _again(
    request: HttpRequest,
    form: ReportForm,
    kept: Sequence[StoredPhoto],
    external_id: str,
    *,
    sign_in: str = "",
) -> HttpResponse:
    """The form as it was, with what is wrong; nothing typed or taken is lost."""
    token = request.POST.get("token", "") if external_id else ""
    typed = request.POST.dict()
    return _form(request, form, typed, kept, token=token, status=422, sign_in=sign_in)


def _place(form: ReportForm, request: HttpRequest) -> Placed | None:
    """The point of the map, or the reading of the words that was chosen; words alone are asked about first."""
    found = understood(request.POST, at=clock.now())
    placed = queries.placed(request.POST, found)
    if placed is not None:
        return placed
    if request.POST.get("lon", "").strip() or request.POST.get("lat", "").strip():
        form.add_error("place", text("cases.error.outside_city"))
    elif not request.POST.get("place_words", "").strip():
        form.add_error("place", text("cases.error.place_missing"))
    elif found is None or not found.readings:
        form.add_error("place", text("cases.error.place_unknown"))
    else:
        known = "place_confirm" if len(found.readings) == 1 else "place_choose"
        form.add_error("place", text(f"cases.error.{known}"))
    return None


def _policy(request: HttpRequest, form: ReportForm, kept: Sequence[StoredPhoto]) -> str:
    """What the city's sign-in policy asks; the address to sign in at when it is not met, the draft being held."""
    category = request.POST.get("category", "")
    rule = may_file(SOURCE, category, actor_of(request))
    if rule.is_met:
        return ""
    draft = {key: request.POST.get(key, "") for key in _DRAFTED}
    keep_draft(request, {**draft, "kept": [reference_of(t) for t in kept]})
    asked = "sign_in_first" if rule.requires == Requirement.ACCOUNT else "verified_phone_first"
    form.add_error(None, text(f"cases.error.{asked}"))
    return f"/account/sign-in?{urlencode({'next': reverse('cases_report')})}"


def _filing(
    request: HttpRequest,
    form: ReportForm,
    place: Placed,
    kept: Sequence[StoredPhoto],
) -> Filing:
    said = form.cleaned_data
    contact = Contact()
    if actor_of(request).account_id is None:
        contact = Contact(said["name"], said["phone"], said["email"])
    return Filing(
        text=said["text"],
        lon=place.lon,
        lat=place.lat,
        place_radius_m=place.radius_m,
        place_source=place.source,
        source=SOURCE,
        category=said["category"],
        place_words=said["place_words"],
        language=language(),
        contact=contact,
        photos=tuple(kept),
        follows=read_follow(request.POST.get("follows", "")),
    )


def _file(request: HttpRequest, filing: Filing) -> Receipt:
    with unit():
        return commands.file_report(filing, actor=actor_of(request), at=clock.now())


@public
@require_POST
def report_hints(request: HttpRequest) -> HttpResponse:
    """What the words and the place so far suggest: ward, kind with its reason, similar reports. Changes nothing."""
    limit(request, "hints")
    hints = hints_for(request.POST, at=clock.now())
    return render(
        request, "cases/parts/hints_reply.html", {**hints, "chosen": request.POST.get("category", "")}
    )


@public
@require_safe
def kept_photo(request: HttpRequest, reference: str) -> HttpResponse:  # noqa: ARG001 (the reference is the right)
    """The thumbnail of a photo that waits in a form; only who holds the reference can ask."""
    taken = from_reference(reference)
    if taken is None:
        raise NotFound("core.file.gone")
    answer = HttpResponse(bytes_of(taken.thumb.digest), content_type=taken.thumb.media_type)
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


@public
@require_safe
def sent(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt: the number, what happens next, by whom, by when and why then; the claim code once."""
    actor = actor_of(request)
    code = claim_of(request, number)
    view = queries.reporter_case(number, actor=actor, claim_code=code)
    line = view.line
    fresh = code if is_fresh(request, line.number) else ""
    routing = directory.route_for(line.category, line.area, directory.local_day(line.opened_at))
    asked = asked_agency(line.id) if line.kind == CaseKind.QUESTION else ""
    opens = queries.taken_up_at(view.group, line.opened_at)
    context = {
        "card": card(line),
        "is_question": line.kind == CaseKind.QUESTION,
        "joined": request.GET.get("joined") == "1",
        "code": "-".join((fresh[:5], fresh[5:])) if fresh else "",
        "acknowledged_words": said_exactly(queries.acknowledged_by(line.opened_at, view.group)),
        "opens_words": said_exactly(opens) if opens else "",
        "due_words": said_exactly(line.due_at) if line.due_at else "",
        "agency": agency_name(line.agency or asked or routing.agency),
        "routing_why": "" if asked else name(routing.why),
        "why": reads.due_why(line.ref, language()),
        "photos": [picture_url(p.thumbnail or p.file) for p in view.pictures if p.role == "before"],
        "category": category_of(line.category),
    }
    return render(request, "cases/sent.html", context)
