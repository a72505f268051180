"""Forecasts (dự báo): a definition, or the draft of one, simulated on the city's own history, with what was asked and what
came of it. They are kept so that a decision can be looked up later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ngomon.core.terms import Event, event

from .definitions import Budget

FORECAST = "forecast"
MOST_WAITING = 5
"""Forecasts that wait or run at a time: each takes a processor for a while."""
KEPT = 20
"""Forecasts kept of each definition; older ones go when another is asked for."""


class ForecastState(StrEnum):
    """Asked for → running → done; or called off, or given up with a reason."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


OPEN = (ForecastState.ASKED, ForecastState.RUNNING)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a forecast. `staff`: (role, agency, people more or fewer), the agency "*" for each; `times`: another
    time of a step; `storm`: (day, times as many matters); `per_day`: matters a day where there is no history to count them in.
    """

    days: int = 30
    runs: int = 20
    staff: tuple[tuple[str, str, int], ...] = ()
    times: Mapping[str, Budget] = field(default_factory=dict)
    deadline: Budget | None = None
    arrivals: float = 1.0
    storm: tuple[tuple[date, float], ...] = ()
    per_day: float = 0.0

    @property
    def is_what_if(self) -> bool:
        """Whether anything is tried that differs from how it is."""
        return bool(self.staff or self.times or self.deadline or self.storm or self.arrivals != 1.0)


@dataclass(frozen=True, slots=True)
class ForecastShown:
    """A forecast as its page shows it. `n`: the version, 0 for the draft; `tables`: what was simulated; `result`: as
    `forecasting.told` writes it, empty until it is done; `reason`: a text's key with its values."""

    id: UUID
    key: str
    n: int
    tables: Mapping[str, Any]
    question: Question
    state: str
    done: int
    total: int
    asked_at: datetime
    asked_by: str
    ended_at: datetime | None
    reason: str
    values: Mapping[str, Any]
    result: Mapping[str, Any]


@event("processes.forecast_asked")
class ForecastAsked(Event):
    """Somebody wants to know how a definition would do."""

    forecast: str
    definition: str
    n: int
