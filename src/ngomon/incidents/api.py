"""The door for other people's lists: `POST /api/v1/rooms/<number>/calls` with a program's key (scope `tickets.write`).

    {"source": "Nhóm cứu hộ", "calls": [{"key": "17", "kind": "rescue", "place": "kiệt 42 Bà Triệu", "people": 4, …}]}

The answer says how many became tickets, were known, or joined a ticket of the same house. `router` is hung into the city's one
API, so it is described in the same `openapi.json` and refuses in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ngomon.cases.api.edge import Unknown, actor_of, answer, body_of, with_scope
from ngomon.cases.api.shapes import described
from ngomon.core import clock
from ngomon.core.errors import Invalid
from ngomon.core.limits import budget, spend
from ngomon.core.units import unit

from . import commands
from .commands.flood import MOST_PEOPLE, MOST_ROWS

router = Router(tags=["rooms"])
SCOPE = "scope:tickets.write"
_LISTS = budget("incidents.api_calls", limit=120, window_s=60)


class CallIn(BaseModel):
    """One call for help from somebody else's list. A place in words, or a point, or both."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, StringConstraints(min_length=1, max_length=120)] = Field(
        description="your own id of the call: sending it again changes nothing"
    )
    kind: Literal["rescue", "relief"] = Field(
        description="rescue: people in danger; relief: food, water, medicine"
    )
    place: Annotated[str, StringConstraints(max_length=300)] = ""
    words: Annotated[str, StringConstraints(max_length=2000)] = ""
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False, description="WGS 84 degrees")
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False, description="WGS 84 degrees")
    people: int = Field(0, ge=0, le=MOST_PEOPLE)
    vulnerable: int = Field(0, ge=0, le=MOST_PEOPLE, description="of them old, small, ill or disabled")
    name: Annotated[str, StringConstraints(max_length=120)] = Field("", description="kept encrypted")
    phone: Annotated[str, StringConstraints(max_length=30)] = Field("", description="kept encrypted")

    def row(self) -> Mapping[str, str]:
        """The call as a line of a table."""
        return {name: "" if value is None else str(value) for name, value in self.model_dump().items()}


class CallsIn(BaseModel):
    """A list of calls. Each is taken in once by `source` and `key`; one bad call refuses the whole list."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        description="whose list it is"
    )
    calls: Annotated[list[CallIn], Field(max_length=MOST_ROWS)]


class TakenInOut(Schema):
    """What came of a list: new tickets, calls known by source and key, calls for a house that has an open ticket."""

    new: int
    known: int
    same: int


@router.post(
    "/rooms/{number}/calls",
    response=TakenInOut,
    summary="Take in an outside list of calls for rescue and relief, each once by source and key",
    openapi_extra=dict(described(CallsIn)),
)
def take_calls(request: HttpRequest, number: str) -> HttpResponse:
    """Nothing is taken in where one call is bad: the answer names it as `calls.<n>.<field>`, counted from 0."""
    actor = with_scope(actor_of(request), SCOPE)
    if actor.kind == "anonymous":
        raise Unknown("cases.api.error.key")
    spend(_LISTS, actor.id, at=clock.now())
    said = body_of(request, CallsIn)
    rows = [call.row() for call in said.calls]
    try:
        with unit():
            told = commands.take_calls(number, rows, source=said.source, actor=actor, at=clock.now())
    except Invalid as error:
        line = error.values.get("line")
        if not isinstance(line, int):
            raise
        at, code = line - 2, error.fields.get("file", error.code)
        raise Invalid("incidents.error.bad_call", fields={f"calls.{at}": code}, n=at + 1) from error
    return answer(asdict(told))
