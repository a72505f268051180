"""The edge of the HTTP API: who asks, how often, what the body says, and what an error looks like.

A program sends `Authorization: Bearer <key>`; a browser its session, and for changes the CSRF token with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import orjson
import pydantic
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja.errors import HttpError, ValidationError
from ninja.utils import check_csrf

from ngomon.core import clock
from ngomon.core.actors import Actor, Grant
from ngomon.core.edge import error_answer
from ngomon.core.errors import CityError, Invalid, NotFound, Refused
from ngomon.core.limits import Budget, budget, spend
from ngomon.core.secrets import blind
from ngomon.identity.edge import actor_from, address_of
from ngomon.identity.queries import actor_of_client

from ..uploads import most_bytes

M = TypeVar("M", bound=pydantic.BaseModel)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READ, WRITE = "scope:cases.read", "scope:cases.write"
JSON = "application/json"

_CLIENT_READ = budget("cases.api_client_read", limit=30_000, window_s=60)
_CLIENT_WRITE = budget("cases.api_client_write", limit=30_000, window_s=60)
_READ = budget("cases.api_read", limit=600, window_s=60)
_REPORT = budget("cases.api_report", limit=60, window_s=3600)
_ACT = budget("cases.api_act", limit=120, window_s=3600)
_CLAIM = budget("cases.api_claim", limit=10, window_s=900)


class Unknown(Refused):
    """Nobody showed who they are, or the key is not one of ours."""

    status = 401


class BadSyntax(Invalid):
    """What was sent cannot be read at all."""

    status = 400


class TooBig(Invalid):
    """More bytes than anybody needs."""

    status = 413


class BadType(Invalid):
    """A content type that this door does not read."""

    status = 415


class BadMethod(Invalid):
    """A method that this address does not have."""

    status = 405


# --- who ---------------------------------------------------------------------------------------------------------------


def knows(request: HttpRequest) -> Actor:
    """Works out the actor of an API request. Raises: Unknown for a bad key, Refused for a forged session request."""
    header = request.headers.get("Authorization", "")
    if header:
        actor = _client(header)
        if actor is None:
            raise Unknown("cases.api.error.key")
        actor = replace(actor, address=address_of(request))
    else:
        actor = actor_from(request)
        if actor.account_id and request.method not in SAFE and check_csrf(request):
            raise Refused("cases.api.error.csrf")
    request.__dict__["_actor"] = actor
    return actor


def _client(header: str) -> Actor | None:
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not 20 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        return None
    return actor_of_client(key)


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as `knows` found out."""
    return actor_from(request)


def with_scope(actor: Actor, scope: str) -> Actor:
    """The actor, when it is no program or has the scope. Raises: Refused."""
    if actor.kind == "client" and not actor.holds(scope):
        raise Refused("cases.api.error.scope", scope=scope.removeprefix("scope:"))
    return actor


def as_agency(actor: Actor) -> Actor:
    """A program of an agency with `cases.write` acts as that agency's clerk and officer, never as its head."""
    with_scope(actor, WRITE)
    if actor.kind != "client":
        return actor
    posts = {Grant(role, a) for a in actor.agencies(WRITE) for role in ("agency_clerk", "agency_officer")}
    return replace(actor, grants=actor.grants | posts)


# --- how often ----------------------------------------------------------------------------------------------------------


def count(request: HttpRequest, use: str) -> datetime:
    """Count one use (`read`, `report`, `act`, `claim`) of this client or address; the present. Raises: TooMany."""
    actor, at = actor_of(request), clock.now()
    if actor.kind == "client":
        spend(_CLIENT_READ if use == "read" else _CLIENT_WRITE, actor.id, at=at)
    else:
        spend(_BUDGETS[use], actor.address, at=at)
    return at


_BUDGETS: Mapping[str, Budget] = {"read": _READ, "report": _REPORT, "act": _ACT, "claim": _CLAIM}


# --- what was sent ------------------------------------------------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Invalid.field(twice[:60], "cases.api.error.repeated")
    return found


def _json(request: HttpRequest) -> dict[str, Any]:
    """The object of a JSON body. Raises: Invalid for what is no JSON, no object, or names a member twice."""
    try:
        orjson.loads(request.body)
        read = json.loads(request.body, object_pairs_hook=_once)
    except (orjson.JSONDecodeError, RecursionError, ValueError) as error:
        raise BadSyntax("cases.api.error.json") from error
    if not isinstance(read, dict):
        raise BadSyntax("cases.api.error.object")
    return read


def _form(request: HttpRequest) -> dict[str, Any]:
    """The fields of a multipart body: `contact.name` and `attributes.code` become members of objects."""
    found: dict[str, Any] = {}
    for name, values in request.POST.lists():
        if len(values) > 1:
            raise Invalid.field(name[:60], "cases.api.error.repeated")
        outer, dot, inner = name.partition(".")
        if dot and outer in {"contact", "attributes", "fields"}:
            found.setdefault(outer, {})
            if not isinstance(found[outer], dict):
                raise Invalid.field(outer, "cases.api.error.type")
            found[outer][inner] = values[0]
        else:
            found[name] = values[0]
    for name in request.FILES:
        if name != "photos":
            raise Invalid.field(str(name)[:60], "cases.api.error.unknown_field")
    return found


def body_of(request: HttpRequest, model: type[M]) -> M:
    """The body, JSON or multipart, as the model says. Raises: Invalid (400, 413, 415, 422) naming the fields."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > most_bytes():
        raise TooBig("cases.api.error.too_big")
    if request.content_type == JSON:
        return model.model_validate(_json(request), strict=True)
    if request.content_type == "multipart/form-data":
        return model.model_validate(_form(request), strict=False)
    raise BadType("cases.api.error.content_type")


def external_id(request: HttpRequest, given: str, said: str) -> str:
    """What makes a repeat of this report safe: the caller's id (in the body, else Idempotency-Key), kept apart by caller.

    Strangers share no ids: theirs count together with the words that were sent (`said`). Empty: a repeat is a new report.
    """
    key = given or request.headers.get("Idempotency-Key", "")
    if not key:
        return ""
    if len(key) > 64 or not key.isprintable() or not key.isascii():
        raise Invalid.field("external_id", "cases.api.error.external_id")
    actor = actor_of(request)
    whose = blind(actor.id, "external_id")[:32] if actor.account_id else actor.id
    if actor.kind == "anonymous":
        whose = hashlib.sha256(said.encode()).hexdigest()[:32]
    return f"{whose}/{key}"


# --- what went wrong ----------------------------------------------------------------------------------------------------

_KINDS = {
    "missing": "cases.api.error.missing",
    "extra_forbidden": "cases.api.error.unknown_field",
    "string_too_long": "cases.api.error.too_long",
    "too_long": "cases.api.error.too_long",
    "finite_number": "cases.api.error.number",
    "greater_than_equal": "cases.api.error.range",
    "less_than_equal": "cases.api.error.range",
    "float_parsing": "cases.api.error.number",
    "float_type": "cases.api.error.number",
    "int_parsing": "cases.api.error.number",
    "int_type": "cases.api.error.number",
    "string_type": "cases.api.error.string",
    "uuid_parsing": "cases.api.error.uuid",
    "uuid_type": "cases.api.error.uuid",
    "literal_error": "cases.api.error.choice",
    "enum": "cases.api.error.choice",
}
_AROUND = frozenset({"query", "path", "body", "form"})


def _invalid(errors: list[Any]) -> Invalid:
    """Our own error for what pydantic found."""
    fields = {}
    for error in errors[:20]:
        parts = [str(part) for part in error["loc"]]
        if parts and parts[0] in _AROUND:
            parts = parts[1:]
        fields[".".join(parts)[:80] or "body"] = _KINDS.get(error["type"], "cases.api.error.type")
    return Invalid("cases.api.error.invalid", fields=fields)


_STRANGE: tuple[tuple[type[Exception], type[Invalid], str], ...] = (
    (RequestDataTooBig, TooBig, "cases.api.error.too_big"),
    (TooManyFieldsSent, TooBig, "cases.api.error.too_many_parts"),
    (TooManyFilesSent, TooBig, "cases.api.error.too_many_parts"),
    (MultiPartParserError, BadSyntax, "cases.api.error.multipart"),
    (UnreadablePostError, BadSyntax, "cases.api.error.multipart"),
)


def as_ours(error: Exception) -> CityError | None:
    """The error in our terms, whoever raised it; None for a bug."""
    if isinstance(error, CityError):
        return error
    if isinstance(error, pydantic.ValidationError):
        return _invalid(error.errors(include_url=False, include_context=False, include_input=False))
    if isinstance(error, ValidationError):
        return _invalid(error.errors)
    if isinstance(error, Http404):
        return NotFound("core.problem.not_found")
    if isinstance(error, HttpError):
        return (
            BadSyntax("cases.api.error.json") if error.status_code == 400 else Unknown("cases.api.error.key")
        )
    for strange, ours, code in _STRANGE:
        if isinstance(error, strange):
            return ours(code)
    return None


def say_error(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Any error as problem+json; a bug is raised on."""
    ours = as_ours(error) if isinstance(error, Exception) else None
    if ours is None:
        raise error
    answer = error_answer(request, ours)
    if ours.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An operation's view whose every refusal, also of the method, is problem+json; open to all, rights are asked inside."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        if answer.status_code == 405:
            allowed = answer.get("Allow", "")
            answer = error_answer(request, BadMethod("cases.api.error.method"))
            answer["Allow"] = allowed
        return answer

    answered.permission = ""  # type: ignore[attr-defined]
    return answered


def answer(found: Any, status: int = 200, *, cache: str = "no-store") -> HttpResponse:
    """Plain data as JSON, without a detour through response models, which cost more than making the data did."""
    made = HttpResponse(orjson.dumps(found, option=orjson.OPT_UTC_Z), status=status, content_type=JSON)
    made["Cache-Control"] = cache
    return made
