"""Reports by the API: filing, and what may be the same thing already."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Router
from ninja.params.functions import Query

from ngomon.core import clock
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.text import clean
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.queries import may_file
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import Requirement

from .. import commands, queries
from ..places import PlaceUnclear, placed_by_words
from ..terms import Contact, Filing, Placed
from ..uploads import photos_from
from . import shapes
from .edge import WRITE, Unknown, actor_of, answer, body_of, count, external_id, with_scope

router = Router(tags=["reports"])
SOURCE = "api"


@router.post(
    "/reports",
    response={201: shapes.ReceiptOut, 200: shapes.ReceiptOut},
    summary="File a report, once per external_id or Idempotency-Key",
    openapi_extra=dict(shapes.described(shapes.ReportIn, has_photos=True)),
)
def file_report(request: HttpRequest) -> HttpResponse:
    """201 with the receipt; 200 with the first receipt for a repeat."""
    actor = with_scope(actor_of(request), WRITE)
    at = count(request, "report")
    said = body_of(request, shapes.ReportIn)
    rule = may_file(SOURCE, said.category, actor)
    if not said.danger and not rule.is_met:
        if rule.requires == Requirement.ACCOUNT:
            raise Unknown("cases.api.error.sign_in")
        raise Refused("cases.api.error.verified_phone")
    filing = _filing(request, said)
    take = commands.report_danger if said.danger else commands.file_report
    with unit():
        made = take(filing, actor=actor, at=at)
    similar = [] if said.danger else shapes.candidates(made.similar)[:3]
    told = {**shapes.receipt(made), "similar": similar}
    return answer(told, 201 if made.is_new or made.joined else 200)


def _filing(request: HttpRequest, said: shapes.ReportIn) -> Filing:
    follows = None
    if said.follows:
        try:
            follows = queries.public_case(said.follows).line.id
        except NotFound as error:
            raise Invalid.field("follows", "cases.not_found", number=said.follows) from error
    words = f"{said.text}\n{said.lon}\n{said.lat}\n{said.category}"
    if said.lon is None and said.lat is None and said.place_words:
        words += f"\n{said.place_words}"
    place = _place(said)
    lon, lat = (place.lon, place.lat) if place else directory.city().center
    filing = Filing(
        text=said.text,
        lon=lon,
        lat=lat,
        has_place=place is not None,
        place_radius_m=place.radius_m if place else None,
        place_source=place.source if place else "",
        source=SOURCE,
        external_id=external_id(request, said.external_id, words),
        category=said.category,
        place_words=said.place_words,
        language=language_of(said.language),
        contact=contact_of(said.contact.name, said.contact.phone, said.contact.email, "contact."),
        attributes={clean(key): clean(value) for key, value in said.attributes.items()},
        follows=follows,
    )
    if not request.FILES:
        return filing
    return _with_photos(filing, request)


def _place(said: shapes.ReportIn) -> Placed | None:
    """The coordinates, else the one narrow reading of the words; for danger None where there is neither.

    Raises: Invalid, with the readings there are.
    """
    if said.lon is not None and said.lat is not None:
        return Placed(said.lon, said.lat, None, "")
    if said.lon is None and said.lat is None:
        if clean(said.place_words):
            try:
                return placed_by_words(said.place_words, "place_words", at=clock.now())
            except PlaceUnclear as error:
                if said.danger:
                    return None
                error.more["readings"] = [shapes.reading(one) for one in error.understood.readings]
                raise
        if said.danger:
            return None
    pair = (("lon", said.lon), ("lat", said.lat))
    missing = {name: "cases.api.error.missing" for name, value in pair if value is None}
    raise Invalid("cases.api.error.invalid", fields=missing)


def _with_photos(filing: Filing, request: HttpRequest) -> Filing:
    values: dict[str, Any] = {name: getattr(filing, name) for name in Filing.__slots__}
    return Filing(**{**values, "photos": photos_from(request.FILES.getlist("photos"))})


def contact_of(name: str, phone: str, email: str, prefix: str) -> Contact:
    """A contact as somebody typed it. Raises: Invalid naming the field."""
    if not (name or phone or email):
        return Contact()
    wrong, found = {}, {"phone": "", "email": ""}
    for field, typed, code in (
        ("phone", phone, "cases.error.phone"),
        ("email", email, "cases.error.email"),
    ):
        try:
            found[field] = read_contact(typed).value if clean(typed) else ""
        except Invalid:
            wrong[prefix + field] = code
            continue
        if found[field] and ("@" in found[field]) != (field == "email"):
            wrong[prefix + field] = code
    if wrong:
        raise Invalid("cases.error.report", fields=wrong)
    return Contact(clean(name), found["phone"], found["email"])


def language_of(asked: str) -> str:
    """The language somebody asked for, else the reader's. Raises: Invalid."""
    known = directory.city().languages
    if asked and asked not in known:
        raise Invalid.field("language", "cases.api.error.choice")
    return asked or (translation.get_language() or known[0])[:2]


@router.get("/similar", summary="Public open cases that may speak of the same thing, with the reason")
def similar(
    request: HttpRequest,
    lon: float = Query(ge=-180, le=180, allow_inf_nan=False),
    lat: float = Query(ge=-90, le=90, allow_inf_nan=False),
    text: str = Query("", max_length=4000),
    category: str = Query("", max_length=60),
) -> HttpResponse:
    """At most three, best first, within 60 days and about 400 m."""
    at = count(request, "read")
    if not directory.in_bounds(lon, lat):
        raise Invalid("cases.error.report", fields={"place": "cases.error.outside_city"})
    words = clean(text)
    best = clean(category) or next((p.key for p in queries.propose(words)), "")
    proposals = [
        {"category": p.key, "score": round(p.score, 3), "because": p.because} for p in queries.propose(words)
    ]
    found = queries.candidates(lon=lon, lat=lat, text=words, category=best, at=at, most=10)
    return answer({"cases": shapes.candidates(found)[:3], "categories": proposals})
