"""Reads of forecasts: one with its result, those of a definition, and whether any waits to be computed. Starts computing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from ngomon.core.errors import NotFound

from .models import Forecast
from .terms import OPEN, Budget, ForecastShown, ForecastState, Question

SILENT = timedelta(minutes=2)
"""A forecast whose computing was not heard of for so long was interrupted."""


def forecast(id: UUID) -> ForecastShown:
    """One forecast. Raises: NotFound."""
    row = Forecast.objects.filter(pk=id).first()
    if row is None:
        raise NotFound("processes.forecast.none")
    return shown(row)


def forecasts_of(key: str) -> list[ForecastShown]:
    """The forecasts of a definition and its drafts, newest first, without tables and results."""
    rows = Forecast.objects.filter(key=key).defer("text", "result").order_by("-asked_at", "-id")
    return [shown(row, is_whole=False) for row in rows[:50]]


def shown(row: Forecast, *, is_whole: bool = True) -> ForecastShown:
    """A forecast as others see it."""
    tables, result = (orjson.loads(row.text), orjson.loads(row.result)) if is_whole else ({}, {})
    return ForecastShown(
        row.id, row.key, row.n, tables, question_from(orjson.loads(row.question)), row.state,
        row.done, row.total, row.asked_at, row.asked_by, row.ended_at, row.reason, orjson.loads(row.values), result,
    )  # fmt: skip


def question_from(said: Mapping[str, Any]) -> Question:
    """A question as `question_to` wrote it."""
    return Question(
        days=said["days"],
        runs=said["runs"],
        staff=tuple((role, agency, n) for role, agency, n in said["staff"]),
        times={step: Budget(unit, n) for step, (unit, n) in said["times"].items()},
        deadline=Budget(*said["deadline"]) if said["deadline"] else None,
        arrivals=said["arrivals"],
        storm=tuple((date.fromisoformat(on), times) for on, times in said["storm"]),
        per_day=said["per_day"],
    )


def question_to(asked: Question) -> dict[str, Any]:
    """A question as it is kept."""
    return {
        "days": asked.days,
        "runs": asked.runs,
        "staff": [list(row) for row in asked.staff],
        "times": {step: [own.unit, own.n] for step, own in asked.times.items()},
        "deadline": [asked.deadline.unit, asked.deadline.n] if asked.deadline else None,
        "arrivals": asked.arrivals,
        "storm": [[on.isoformat(), times] for on, times in asked.storm],
        "per_day": asked.per_day,
    }


def is_computing(at: datetime) -> bool:
    """Whether a forecast is being computed and was heard of lately."""
    return Forecast.objects.filter(state=ForecastState.RUNNING, beat_at__gte=at - SILENT).exists()


def is_any_left(at: datetime) -> bool:
    """Whether something waits and nothing is being computed."""
    return Forecast.objects.filter(state__in=OPEN).exists() and not is_computing(at)


def start_computing() -> None:
    """Begin a process that computes what waits, and do not wait for it: so neither pages nor alarms are slowed down."""
    command = [sys.executable, "-m", "ngomon", "simulate", "--waiting"]
    subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
