"""What a phone did without network, sent when it is back: ticks of households, tickets that are done. Each act is a unit of its
own, named by an id made on the phone, so one that fails holds up no other and one sent twice counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_http_methods

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid, Unavailable
from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.queries import device_key

from .. import commands, floods
from . import shown

MOST_ACTS = 200
RIGHT_ENOUGH = timedelta(minutes=1)
"""A phone's clock that is off by less is believed: the way here takes seconds too."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the phone noted it; its times are put right by how far the phone's clock is off."""

    id: UUID
    kind: str
    room: str
    thing: UUID
    state: str
    words: str
    at: datetime
    seen: datetime | None


@require_http_methods(["GET", "HEAD", "POST"])
@requires("ticket.claim")
def acts(request: HttpRequest) -> HttpResponse:
    """GET: who is signed in here, and a token to send with. POST: acts, each answered by what became of it."""
    actor = actor_from(request)
    who = device_key(actor.account_id) if actor.account_id else ""
    if request.method != "POST":
        answer = JsonResponse({"who": who, "token": get_token(request)})
    else:
        body, at = _body(request), clock.now()
        if body.get("who") != who:
            raise Invalid("incidents.error.not_yours_to_send")
        skew = at - _instant(body.get("sent_at"))
        if abs(skew) <= RIGHT_ENOUGH:
            skew = timedelta()
        told = [
            _taken(row, skew, actor=actor, at=at, language=shown.language_of(request)) for row in body["acts"]
        ]
        answer = JsonResponse({"acts": told})
    answer["Cache-Control"] = "no-store"
    return answer


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Invalid("incidents.error.bad_acts") from error
    rows = body.get("acts") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) > MOST_ACTS or not all(isinstance(row, dict) for row in rows):
        raise Invalid("incidents.error.bad_acts")
    found: dict[str, Any] = body
    return found


def _instant(said: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError as error:
        raise Invalid("incidents.error.bad_acts") from error
    if found.tzinfo is None:
        raise Invalid("incidents.error.bad_acts")
    return found


def _act(row: Mapping[str, Any], skew: timedelta) -> Act:
    try:
        id, thing = UUID(str(row.get("id"))), UUID(str(row.get("thing")))
        at = _instant(row.get("at")) + skew
    except (ValueError, OverflowError) as error:
        raise Invalid("incidents.error.bad_acts") from error
    seen = _instant(row["seen"]) if row.get("seen") else None
    said = {name: clean(str(row.get(name) or ""))[:200] for name in ("kind", "room", "state", "words")}
    return Act(id=id, thing=thing, at=at, seen=seen, **said)


def _taken(
    row: Mapping[str, Any], skew: timedelta, *, actor: Actor, at: datetime, language: str
) -> dict[str, Any]:
    """What became of one act: new, known (sent before), disputed (somebody else says otherwise) or refused, with the reason."""
    told: dict[str, Any] = {"id": str(row.get("id") or "")[:40]}
    try:
        act = _act(row, skew)
        with unit():
            is_new = _do(act, actor=actor, at=at)
        told["result"] = "new" if is_new else "known"
        if act.kind == "tick":
            told |= _others(act, actor, language)
    except Unavailable:
        raise  # the phone keeps all of them and sends again
    except CityError as error:
        told |= {"result": "refused", "said": shown.refusal(error, language)}
    return told


def _do(act: Act, *, actor: Actor, at: datetime) -> bool:
    if act.kind == "tick":
        times: dict[str, Any] = {"happened_at": act.at, "seen_at": act.seen}
        return commands.tick(act.room, act.thing, act.state, id=act.id, **times, actor=actor, at=at)
    if act.kind == "done":
        done: dict[str, Any] = {"outcome": act.words, "happened_at": act.at}
        return commands.move_ticket(act.thing, "done", **done, actor=actor, at=at)
    raise Invalid("incidents.error.bad_acts")


def _others(act: Act, actor: Actor, language: str) -> dict[str, Any]:
    found = floods.disputed(act.room, act.thing, actor=actor)
    if not found:
        return {}
    said = [shown.tick(tick, language) for tick in found]
    return {"result": "disputed", "said": text("incidents.flood.disputed", language, said="; ".join(said))}
