"""Danger to life: tell the duty desk at once with what is known, then add the rest under the same claim code."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.images import StoredPhoto
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.identity.rules import read_contact

from .. import commands, queries
from ..rules import MAX_PLACE
from ..terms import CaseView, Contact, Filing
from .exits import danger_card
from .hints import understood
from .limits import limit
from .photos import photos_in
from .proofs import actor_of, claim_of, is_fresh, keep_claim
from .shown import category_of, language, name
from .tokens import fresh_token, read_token

SOURCE = "page"
_BEFORE = "danger:"


@public
@require_http_methods(["GET", "HEAD", "POST"])
def danger(request: HttpRequest) -> HttpResponse:
    """The numbers to call and a form of three fields; a POST, also one from an unfinished report, tells the desk."""
    if request.method != "POST":
        return _form(request, {}, "")
    limit(request, "danger")
    typed = request.POST.dict()
    external_id, code = read_token(request.POST.get("token", ""))
    if not external_id:
        external_id, code = read_token(fresh_token())
    photos, _ = photos_in(request)
    filing = replace(_said(typed, photos), external_id=_BEFORE + external_id, claim_code=code)
    actor = actor_of(request)
    try:
        with unit():
            receipt = commands.report_danger(filing, actor=actor, at=clock.now())
    except Invalid as error:
        return _form(request, typed, text(next(iter(error.fields.values()), error.code)), 422)
    if actor.account_id is None and queries.is_reporter(receipt.case_id, actor=actor, claim_code=code):
        keep_claim(request, receipt.number, code, fresh=True)
    return HttpResponseRedirect(reverse("cases_danger_sent", args=[receipt.number]))


def _said(typed: dict[str, Any], photos: Sequence[StoredPhoto]) -> Filing:
    """What is known, as much as can be read; nothing that cannot be read is refused or lost."""
    found, words = understood(typed, at=clock.now()), clean(str(typed.get("text", "")))
    where = queries.placed(typed, found) or queries.only_reading(found, directory.place_limit_m())
    place_words = clean(str(typed.get("place_words", "")))[:MAX_PLACE]
    phone, email = _contact(typed, "phone"), _contact(typed, "email")
    for field, read in (("phone", phone), ("email", email)):
        left = clean(str(typed.get(field, "")))[:80]
        if left and not read:
            words = f"{words}\n{left}".strip()
    lon, lat = (where.lon, where.lat) if where else directory.city().center
    return Filing(
        text=words,
        lon=lon,
        lat=lat,
        source=SOURCE,
        category=clean(str(typed.get("category", "")))[:60],
        place_words=place_words,
        language=language(),
        contact=Contact(clean(str(typed.get("name", "")))[:80], phone, email),
        photos=tuple(photos),
        has_place=where is not None,
        place_radius_m=where.radius_m if where else None,
        place_source=where.source if where else "",
    )


def _contact(typed: dict[str, Any], field: str) -> str:
    try:
        found = read_contact(str(typed.get(field, ""))[:254]).value
    except Invalid:
        return ""
    return found if ("@" in found) == (field == "email") else ""


def _form(request: HttpRequest, typed: dict[str, Any], failed: str, status: int = 200) -> HttpResponse:
    context = {
        "danger": danger_card(),
        "city": directory.city(),
        "token": typed.get("token") or fresh_token(),
        "typed": typed,
        "failed": failed,
        "lon": typed.get("lon", ""),
        "lat": typed.get("lat", ""),
        "actor": actor_of(request),
    }
    return render(request, "cases/danger.html", context, status=status)


def _own(request: HttpRequest, number: str) -> tuple[CaseView, str]:
    """The case and the code by which this reader proved it. Raises: NotFound."""
    code = claim_of(request, number)
    return queries.reporter_case(number, actor=actor_of(request), claim_code=code), code


@public
@require_safe
def danger_sent(request: HttpRequest, number: str) -> HttpResponse:
    """The desk knows: the number, whom to call meanwhile, and what would help to know more."""
    return _sent(request, number, "")


def _sent(request: HttpRequest, number: str, failed: str, status: int = 200) -> HttpResponse:
    view, code = _own(request, number)
    fresh = code if is_fresh(request, view.line.number) else ""
    context = {
        "view": view,
        "line": view.line,
        "danger": danger_card(),
        "city": directory.city(),
        "code": "-".join((fresh[:5], fresh[5:])) if fresh else "",
        "category": name(category_of(view.line.category).name),
        "token": fresh_token(),
        "added": request.GET.get("added") == "1",
        "failed": failed,
        "lon": view.line.lon if view.line.area else "",
        "lat": view.line.lat if view.line.area else "",
    }
    return render(request, "cases/danger_sent.html", context, status=status)


@public
@require_POST
def danger_more(request: HttpRequest, number: str) -> HttpResponse:
    """More about a danger that was told: words, place, pictures, a number."""
    limit(request, "danger")
    view, code = _own(request, number)
    external_id, _ = read_token(request.POST.get("token", ""))
    photos, photo_error = photos_in(request)
    said = replace(
        _said(request.POST.dict(), photos),
        external_id=external_id or secrets.token_hex(16),
        claim_code=code,
    )
    if photo_error and not (said.text or photos):
        return _sent(request, number, photo_error, 422)
    try:
        with unit():
            commands.add_to_danger(view.line.id, said, actor=actor_of(request), at=clock.now())
    except (Invalid, Conflict) as error:
        words = text(next(iter(error.fields.values()), error.code), **error.values)
        return _sent(request, number, words, error.status)
    return HttpResponseRedirect(reverse("cases_danger_sent", args=[view.line.number]) + "?added=1")


def added_to_danger(request: HttpRequest, filing: Filing) -> str:
    """Where a finished form leads whose danger was told already: it is added to that case. Empty for any other form."""
    try:
        told = queries.receipt_of(SOURCE, _BEFORE + filing.external_id)
    except NotFound:
        return ""
    actor = actor_of(request)
    if not queries.is_reporter(told.case_id, actor=actor, claim_code=filing.claim_code):
        return ""
    try:
        with unit():
            commands.add_to_danger(told.case_id, filing, actor=actor, at=clock.now())
    except Conflict:
        return ""
    return reverse("cases_danger_sent", args=[told.number]) + "?added=1"
