"""Open311 GeoReport v2 at `/open311/v2/`: services, requests in and out, tokens, discovery; XML and JSON.

A service is a leaf of the catalogue, a service request a case, its id the case number. Nothing here tells who reported.
Source: GeoReport v2 (wiki.open311.org/GeoReport_v2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor
from ngomon.core.errors import CityError, Invalid, NotFound, Refused
from ngomon.core.limits import budget, spend
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category
from ngomon.identity.edge import address_of, public
from ngomon.identity.queries import actor_of_client, may_file
from ngomon.identity.rules import read_contact

from . import commands, open311_attributes, open311_queries
from .open311_answers import Row, Wire, answer, errors, request, service, single, w3c
from .open311_queries import RequestLine
from .places import placed_by_words
from .terms import Contact, Filing, Placed
from .uploads import most_bytes, photos_from

SOURCE = "open311"
SPAN = timedelta(days=90)
SIZE, MOST, DEEPEST = 100, 1000, 50_000
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

_CLIENT_WRITE = budget("cases.open311_client_write", limit=6_000, window_s=60)
_WRITE = budget("cases.open311_write", limit=20, window_s=3600)
_READ = budget("cases.open311_read", limit=300, window_s=60)


class Bad(Invalid):
    """A parameter that is missing or wrong: 400, as the specification says."""

    status = 400


class TooBig(Invalid):
    """More bytes than anybody needs."""

    status = 413


class BadForm(Invalid):
    """A body that is no form."""

    status = 415


class BadMethod(Invalid):
    """A method that this address does not have."""

    status = 405


_STRANGE: tuple[tuple[type[Exception], type[Invalid], str], ...] = (
    (RequestDataTooBig, TooBig, "cases.api.error.too_big"),
    (TooManyFieldsSent, TooBig, "cases.api.error.too_many_parts"),
    (TooManyFilesSent, TooBig, "cases.api.error.too_many_parts"),
    (MultiPartParserError, Bad, "cases.api.error.multipart"),
    (UnreadablePostError, Bad, "cases.api.error.multipart"),
    (SuspiciousOperation, Bad, "core.problem.malformed"),
)

View = Callable[..., HttpResponse]


def door(*methods: str) -> Callable[[View], View]:
    """A method of the specification: its refusals are error arrays in the form asked for; no session counts here."""

    def wrap(view: View) -> View:
        @csrf_exempt
        @public
        @wraps(view)
        def answered(http: HttpRequest, *args: Any, form: str = "xml", **kwargs: Any) -> HttpResponse:
            wire = Wire(form, (translation.get_language() or "vi")[:2], settings.NGOMON_BASE_URL)
            try:
                if http.method not in methods:
                    raise BadMethod("cases.api.error.method")
                _jurisdiction(http)
                return view(http, wire, *args, **kwargs)
            except tuple(kind for kind, _, _ in _STRANGE) as strange:
                ours = next((k, c) for kind, k, c in _STRANGE if isinstance(strange, kind))
                return _say(wire, ours[0](ours[1]))
            except CityError as error:
                return _say(wire, error)

        return answered

    return wrap


def _say(wire: Wire, error: CityError) -> HttpResponse:
    """An error array. What a form lacks is 400 here where the house says 422."""
    status = 400 if error.status == 422 else error.status
    words = [text(error.code, wire.language, **error.values)]
    words = [f"{f}: {text(c, wire.language, **error.values)}" for f, c in error.fields.items()] or words
    made = errors(wire, status, [(status, said) for said in words])
    if error.retry_after_s is not None:
        made["Retry-After"] = str(error.retry_after_s)
    return made


def _one(params: QueryDict, name: str, most: int = 200) -> str:
    """A parameter's value, clean; empty for none. Raises: Bad when it comes twice or is too long."""
    values = params.getlist(name)
    if len(values) > 1:
        raise Bad.field(name, "cases.api.error.repeated")
    value = clean(values[0]) if values else ""
    if len(value) > most:
        raise Bad.field(name, "cases.api.error.too_long")
    return value


def _jurisdiction(http: HttpRequest) -> None:
    """We are one city: its key may be named, no other. Raises: NotFound."""
    named = _one(http.GET, "jurisdiction_id")
    if http.method == "POST" and http.content_type in FORMS:
        _weigh(http)
        named = named or _one(http.POST, "jurisdiction_id")
    if named and named != directory.city().key:
        raise NotFound("cases.open311.error.jurisdiction")


def _weigh(http: HttpRequest) -> None:
    if int(http.META.get("CONTENT_LENGTH") or 0) > most_bytes():
        raise TooBig("cases.api.error.too_big")


def _client(params: QueryDict, http: HttpRequest, scope: str) -> Actor:
    """The program behind the api_key; a stranger without one. Raises: Refused for a key that is not good for this."""
    key = _one(params, "api_key")
    actor = replace(ANONYMOUS, address=address_of(http), language=(translation.get_language() or "vi")[:2])
    if not key:
        return actor
    found = actor_of_client(key)
    if found is None:
        raise Refused("cases.api.error.key")
    if not found.holds(f"scope:open311.{scope}", "scope:open311.write"):
        raise Refused("cases.api.error.scope", scope=f"open311.{scope}")
    return replace(found, address=actor.address)


def _read(http: HttpRequest) -> tuple[Actor, datetime]:
    actor, at = _client(http.GET, http, "read"), clock.now()
    if actor.kind != "client":
        spend(_READ, actor.address, at=at)
    return actor, at


# --- services -----------------------------------------------------------------------------------------------------------


def _known() -> list[Category]:
    return directory.categories(directory.local_day(clock.now()))


@door("GET", "HEAD")
def services(http: HttpRequest, wire: Wire) -> HttpResponse:
    """GET Service List."""
    _read(http)
    rows = [
        service(c, wire.language, has_attributes=bool(open311_attributes.of_category(c.key)))
        for c in _known()
    ]
    return answer(wire, "services", "service", rows)


@door("GET", "HEAD")
def definition(http: HttpRequest, wire: Wire, code: str) -> HttpResponse:
    """GET Service Definition: the further questions of a service."""
    _read(http)
    _service(code)
    asked = open311_attributes.of_category(code)
    rows = [open311_attributes.shown(row, n, wire.language) for n, row in enumerate(asked, 1)]
    found = {"service_code": code, "attributes": ("attribute", rows)}
    return single(wire, "service_definition", found)


def _service(code: str) -> Category:
    found = next((c for c in _known() if c.key == code), None)
    if found is None:
        raise NotFound("cases.open311.error.service", service=code[:60])
    return found


# --- requests in --------------------------------------------------------------------------------------------------------


@door("GET", "HEAD", "POST")
def requests(http: HttpRequest, wire: Wire) -> HttpResponse:
    """GET Service Requests, POST Service Request."""
    return _post(http, wire) if http.method == "POST" else _list(http, wire)


def _post(http: HttpRequest, wire: Wire) -> HttpResponse:
    if http.content_type not in FORMS:
        raise BadForm("cases.open311.error.form")
    _weigh(http)
    actor, at = _client(http.POST, http, "write"), clock.now()
    if actor.kind == "client" and not actor.holds("scope:open311.write"):
        raise Refused("cases.api.error.scope", scope="open311.write")
    spend(*((_CLIENT_WRITE, actor.id) if actor.kind == "client" else (_WRITE, actor.address)), at=at)
    code = _one(http.POST, "service_code")
    if not code:
        raise Bad.field("service_code", "cases.api.error.missing")
    category = _service(code)
    if not may_file(SOURCE, category.key, actor).is_met:
        raise Refused("cases.open311.error.key_needed")
    filing = _filing(http, category, actor)
    with unit():
        made = commands.file_report(filing, actor=actor, at=at)
    row = {"service_request_id": made.number, "service_notice": "", "account_id": ""}
    return answer(wire, "service_requests", "request", [row], status=201)


def _filing(http: HttpRequest, category: Category, actor: Actor) -> Filing:
    given = {
        name.partition("[")[2].rstrip("]"): values
        for name, values in http.POST.lists()
        if name.startswith("attribute[")
    }
    wrong = open311_attributes.wrong(category.key, given)
    if wrong:
        raise Bad("cases.error.report", fields=wrong)
    attributes = {clean(code): ", ".join(map(clean, values)) for code, values in given.items()}
    words, address = _one(http.POST, "description", 8_000), _one(http.POST, "address_string", 600)
    place = _place(http.POST, address)
    lon, lat = place.lon, place.lat
    media = _one(http.POST, "media_url", 500)
    if media:
        attributes["media_url"] = _link(media)
    return Filing(
        text=words,
        lon=lon,
        lat=lat,
        place_radius_m=place.radius_m,
        place_source=place.source,
        source=SOURCE,
        external_id=_external_id(http.POST, actor, f"{words}\n{lon}\n{lat}\n{category.key}"),
        category=category.key,
        place_words=address,
        language=actor.language,
        contact=_contact(http.POST),
        photos=photos_from([*http.FILES.getlist("media"), *http.FILES.getlist("media[]")], "media"),
        attributes=attributes,
    )


def _number(typed: str, name: str, most: float) -> float:
    try:
        value = float(typed) if len(typed) <= 40 else None
    except ValueError:
        value = None
    if value is None or not -most <= value <= most:
        raise Bad.field(
            name, "cases.api.error.number" if value is None or value != value else "cases.api.error.range"
        )
    return value


def _place(params: QueryDict, address: str) -> Placed:
    """The place: lat and long, else the one narrow reading of the address. Raises: Bad."""
    lat, lon = _one(params, "lat"), _one(params, "long")
    if lat or lon:
        wrong = {
            name: "cases.api.error.missing" for name, typed in (("lat", lat), ("long", lon)) if not typed
        }
        if wrong:
            raise Bad("cases.error.report", fields=wrong)
        return Placed(_number(lon, "long", 180), _number(lat, "lat", 90), None, "")
    if not address:
        raise Bad.field("lat", "cases.open311.error.place")
    try:
        return placed_by_words(address, "address_string", at=clock.now())
    except Invalid as error:
        raise Bad(error.code, fields=error.fields, **error.values) from error


def _link(media: str) -> str:
    try:
        parts = urlsplit(media)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Bad.field("media_url", "cases.open311.error.link")
    return media


def _contact(params: QueryDict) -> Contact:
    name = " ".join(p for p in (_one(params, "last_name", 80), _one(params, "first_name", 80)) if p)
    found, wrong = {"phone": "", "email": ""}, {}
    for field in found:
        typed = _one(params, field, 254)
        try:
            found[field] = read_contact(typed).value if typed else ""
        except Invalid:
            wrong[field] = "cases.error.phone" if field == "phone" else "cases.error.email"
        if found[field] and ("@" in found[field]) != (field == "email"):
            wrong[field] = "cases.error.phone" if field == "phone" else "cases.error.email"
    if wrong:
        raise Bad("cases.error.report", fields=wrong)
    return Contact(name, found["phone"], found["email"])


def _external_id(params: QueryDict, actor: Actor, said: str) -> str:
    """The sender's own id of the request (`external_id`, else `service_request_id`), kept apart by sender."""
    own = _one(params, "external_id") or _one(params, "service_request_id")
    if not own:
        return ""
    if len(own) > 64 or not own.isascii() or not own.isprintable():
        raise Bad.field("external_id", "cases.api.error.external_id")
    whose = actor.id if actor.kind == "client" else hashlib.sha256(said.encode()).hexdigest()[:32]
    return f"{whose}/{own}"


# --- requests out -------------------------------------------------------------------------------------------------------


def _list(http: HttpRequest, wire: Wire) -> HttpResponse:
    actor, at = _read(http)
    ids = _one(http.GET, "service_request_id", 4_000)
    if ids:
        return _by_number(wire, ids, actor)
    start, end = _span(http.GET, at)
    codes = [code for code in _one(http.GET, "service_code", 2_000).split(",") if code]
    page = _whole(http.GET, "page", 1, DEEPEST)
    size = _whole(http.GET, "page_size", SIZE, MOST)
    if page * size > DEEPEST + size:
        raise Bad.field("page", "cases.open311.error.too_deep", most=DEEPEST)
    found = open311_queries.requests_between(
        start=start,
        end=end,
        categories=[_service(code.strip()).key for code in codes],
        is_open=_state(_one(http.GET, "status")),
        skip=(page - 1) * size,
        size=size,
    )
    return _shown(wire, found)


def _shown(wire: Wire, found: Sequence[RequestLine]) -> HttpResponse:
    waiting = text("cases.open311.waiting", wire.language)
    rows: list[Row] = [request(line, wire, waiting) for line in found]
    return answer(wire, "service_requests", "request", rows)


def _by_number(wire: Wire, ids: str, actor: Actor) -> HttpResponse:
    """Public ones for everybody; that another is there is told to programs with a key alone."""
    wanted = list(dict.fromkeys(part.strip().upper() for part in ids.split(",") if part.strip()))
    if len(wanted) > MOST:
        raise Bad.field("service_request_id", "cases.open311.error.too_deep", most=MOST)
    known = {line.number: line for line in open311_queries.requests_by_number(wanted)}
    found = [known[n] for n in wanted if n in known and (known[n].is_public or actor.kind == "client")]
    if not found:
        raise NotFound("cases.open311.error.request")
    return _shown(wire, found)


def _whole(params: QueryDict, name: str, default: int, most: int) -> int:
    typed = _one(params, name)
    if not typed:
        return default
    if not (typed.isascii() and typed.isdecimal()) or len(typed) > 9 or int(typed) < 1:
        raise Bad.field(name, "cases.open311.error.whole")
    return min(int(typed), most)


def _state(typed: str) -> bool | None:
    """open, closed, or both."""
    states = {part.strip() for part in typed.split(",") if part.strip()}
    if not states <= {"open", "closed"}:
        raise Bad.field("status", "cases.open311.error.status")
    return None if len(states) != 1 else states == {"open"}


def _moment(params: QueryDict, name: str) -> datetime | None:
    typed = _one(params, name).replace(" ", "+")
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
        here = ZoneInfo(directory.city().timezone)
        return (found if found.tzinfo else found.replace(tzinfo=here)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Bad.field(name, "cases.open311.error.date") from error


def _span(params: QueryDict, at: datetime) -> tuple[datetime, datetime]:
    """At most 90 days: those before the end, after the start, or up to now."""
    start, end = _moment(params, "start_date"), _moment(params, "end_date")
    try:
        if start is None:
            end = end or at
            return end - SPAN, end
        end = end or start + SPAN
        if end < start or end - start > SPAN + timedelta(days=1):
            raise Bad.field("end_date", "cases.open311.error.span")
    except OverflowError as error:
        raise Bad.field("start_date", "cases.open311.error.date") from error
    return start, end


@door("GET", "HEAD")
def one_request(http: HttpRequest, wire: Wire, number: str) -> HttpResponse:
    """GET Service Request; several ids with commas between."""
    actor, _ = _read(http)
    return _by_number(wire, clean(number), actor)


@door("GET", "HEAD")
def token(http: HttpRequest, wire: Wire, number: str) -> HttpResponse:
    """GET service_request_id from a token: our ids are given at once, so a token is the id itself."""
    _read(http)
    known = open311_queries.requests_by_number([clean(number).upper()])
    if not known:
        raise NotFound("cases.open311.error.request")
    row = {"service_request_id": known[0].number, "token": known[0].number}
    return answer(wire, "service_requests", "request", [row])


# --- discovery ----------------------------------------------------------------------------------------------------------


@door("GET", "HEAD")
def discovery(http: HttpRequest, wire: Wire) -> HttpResponse:
    """Service Discovery: where which version answers in which form."""
    _read(http)
    forms = ["text/xml", "application/json"]
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": f"{wire.base}/open311/v2",
        "changeset": w3c(clock.now().replace(hour=0, minute=0, second=0)),
        "type": "production",
        "formats": ("format", forms),
    }
    found = {
        "changeset": endpoint["changeset"],
        "contact": text("cases.open311.contact", wire.language, hotline=directory.city().hotline),
        "key_service": text("cases.open311.key_service", wire.language, hotline=directory.city().hotline),
        "endpoints": ("endpoint", [endpoint]),
    }
    return single(wire, "discovery", found)


@csrf_exempt
@public
def nowhere(http: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below: an error array, in XML unless JSON was asked for."""
    form = "json" if rest.endswith(".json") or "json" in http.headers.get("Accept", "") else "xml"
    wire = Wire(form, (translation.get_language() or "vi")[:2], settings.NGOMON_BASE_URL)
    return errors(wire, 404, [(404, text("cases.open311.error.nowhere", wire.language))])
