"""The door for other people's lists: `POST /api/v1/rooms/<number>/calls` with a program's key (scope `tickets.write`).

    {"source": "Nhóm cứu hộ", "calls": [{"key": "17", "kind": "rescue", "place": "kiệt 42 Bà Triệu", "people": 4, …}]}

The answer says how many became tickets, were known, or joined a ticket of the same house. Errors are problem+json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import Invalid, Refused
from ngomon.core.limits import budget, spend
from ngomon.core.units import unit
from ngomon.identity.edge import public
from ngomon.identity.queries import actor_of_client
from ngomon.identity.rules import may

from . import commands

MOST_BYTES = 2 * 1024 * 1024
_LISTS = budget("incidents.api_calls", limit=120, window_s=60)
_FIELDS = ("key", "kind", "place", "words", "lon", "lat", "people", "vulnerable", "name", "phone")


def _program(request: HttpRequest) -> Actor:
    """The program that shows its key. Raises: Refused."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    is_key = scheme.lower() == "bearer" and 20 <= len(key) <= 200 and key.isascii()
    actor = actor_of_client(key) if is_key else None
    if actor is None or not may(actor, "ticket.take_in"):
        raise Refused("incidents.error.no_key")
    spend(_LISTS, actor.id, at=clock.now())
    return actor


def _said(row: Any) -> Mapping[str, str]:
    if not isinstance(row, dict):
        raise Invalid("incidents.error.bad_json")
    return {name: "" if row.get(name) is None else str(row[name]) for name in _FIELDS}


def _body(request: HttpRequest) -> tuple[str, list[Mapping[str, str]]]:
    if len(request.body) > MOST_BYTES:
        raise Invalid("incidents.error.bad_json")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Invalid("incidents.error.bad_json") from error
    rows = body.get("calls") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not isinstance(body.get("source"), str):
        raise Invalid("incidents.error.bad_json")
    return body["source"], [_said(row) for row in rows]


@csrf_exempt
@require_POST
@public
def calls(request: HttpRequest, number: str) -> HttpResponse:
    """Take a list in."""
    actor = _program(request)
    source, rows = _body(request)
    with unit():
        told = commands.take_calls(number, rows, source=source, actor=actor, at=clock.now())
    return JsonResponse(asdict(told))
