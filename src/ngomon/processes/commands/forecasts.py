"""Forecasts: asked for, taken up by the computing process, told how far they are, recorded, called off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.units import command
from ngomon.identity.rules import require

from .. import drafting, forecasts
from ..checking import faults_of
from ..models import Forecast
from ..queries import definition
from ..terms import KEPT, MOST_WAITING, OPEN, ForecastAsked, ForecastState, Question


@command
def ask_forecast(key: str, asked: Question, *, of_draft: bool, actor: Actor, at: datetime) -> UUID:
    """Ask how a definition in force, or its draft, would do; its forecast's id. The worker has it computed.

    Raises: Refused; NotFound; Invalid for a draft with faults, or a step that is not there; Conflict while many wait.
    """
    require(actor, "catalogue.change")
    if Forecast.objects.filter(state__in=OPEN).count() >= MOST_WAITING:
        raise Conflict("processes.forecast.too_many", most=MOST_WAITING)
    tables, n = _tables(key, of_draft=of_draft)
    if not asked.times.keys() <= {str(step["key"]) for step in tables["step"]}:
        raise Invalid("processes.error.no_step", step=", ".join(asked.times))
    made = Forecast(
        key=key, n=n, text=orjson.dumps(tables).decode(), state=ForecastState.ASKED, asked_at=at,
        question=orjson.dumps(forecasts.question_to(asked)).decode(), asked_by=actor.id,
        total=asked.runs * (2 if asked.is_what_if else 1),
    )  # fmt: skip
    emit(made, ForecastAsked(str(made.id), key, n), actor=actor, at=at, audience=["ioc"])
    made.save(force_insert=True)
    audit("processes.ask_forecast", made.ref, actor=actor, at=at, detail={"definition": key, "n": n})
    _forget_old(key)
    return made.id


def _tables(key: str, *, of_draft: bool) -> tuple[dict[str, Any], int]:
    if not of_draft:
        found = definition(key)
        return drafting.tables_of(key, found.n), found.n
    draft = drafting.draft_of(key)
    if draft is None:
        raise NotFound("processes.error.no_draft", key=key)
    if any(not fault.is_advice for fault in faults_of(draft.tables)):
        raise Invalid("processes.forecast.faulty")
    return dict(draft.tables), 0


def _forget_old(key: str) -> None:
    over = Forecast.objects.filter(key=key).exclude(state__in=OPEN).order_by("-asked_at")
    Forecast.objects.filter(pk__in=list(over.values_list("pk", flat=True)[KEPT:])).delete()


@command
def take_forecast(*, actor: Actor, at: datetime) -> UUID | None:  # noqa: ARG001 (the system's own)
    """The forecast that has waited longest, now being computed; None while another is, or nothing waits.

    Once: of two that ask at the same time one gets it.
    """
    if forecasts.is_computing(at):
        return None
    waits = Q(state=ForecastState.ASKED) | Q(state=ForecastState.RUNNING, beat_at__lt=at - forecasts.SILENT)
    row = Forecast.objects.select_for_update().filter(waits).order_by("asked_at", "id").first()
    if row is None:
        return None
    row.state, row.beat_at, row.done = ForecastState.RUNNING, at, 0
    row.save()
    return row.id


@command
def advance_forecast(id: UUID, done: int, *, actor: Actor, at: datetime) -> bool:  # noqa: ARG001
    """Note how many runs are through; False when it was called off meanwhile."""
    mine = Forecast.objects.filter(pk=id, state=ForecastState.RUNNING)
    return mine.update(done=done, beat_at=at) == 1


@command
def record_forecast(id: UUID, result: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Keep what a forecast says. Once: only one that is still being computed."""
    row = _locked(id)
    if row.state != ForecastState.RUNNING:
        return
    row.state, row.ended_at, row.done = ForecastState.DONE, at, row.total
    row.result = orjson.dumps(result).decode()
    row.save()
    audit("processes.record_forecast", row.ref, actor=actor, at=at)


@command
def give_up_forecast(id: UUID, reason: str, values: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """It cannot be computed: say why, as a text's key with its values. Once: only one that is still being computed."""
    row = _locked(id)
    if row.state != ForecastState.RUNNING:
        return
    row.state, row.ended_at, row.reason = ForecastState.FAILED, at, reason
    row.values = orjson.dumps(dict(values)).decode()
    row.save()
    audit("processes.give_up_forecast", row.ref, actor=actor, at=at, detail={"why": reason})


@command
def cancel_forecast(id: UUID, *, actor: Actor, at: datetime) -> None:
    """Call a forecast off; its computing ends within a run. Raises: Refused, NotFound. Once: one that is over stays as it is."""
    require(actor, "catalogue.change")
    row = _locked(id)
    if row.state not in OPEN:
        return
    row.state, row.ended_at = ForecastState.CANCELLED, at
    row.save()
    audit("processes.cancel_forecast", row.ref, actor=actor, at=at)


def _locked(id: UUID) -> Forecast:
    row = Forecast.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound("processes.forecast.none")
    return row
