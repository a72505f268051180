"""Open cases by the hundred thousand, for measuring: rows as intake leaves them, without their processes and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ngomon.core.ids import uuid7
from ngomon.core.rows import insert

from .duplicates import Filed
from .models import Case
from .rules.same import cell_of
from .terms import Status

_CASE = tuple(field.name for field in Case._meta.concrete_fields)


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Cases to be written into the table, by whoever holds a transaction that is rolled back."""

    rows: Sequence[Sequence[Any]]

    @property
    def n(self) -> int:
        """How many."""
        return len(self.rows)

    def write(self) -> None:
        """Write them, and let the database count anew what its planner knows."""
        insert(Case, _CASE, self.rows)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE cases_case" if connection.vendor == "postgresql" else "ANALYZE")


def open_cases(reports: Sequence[Filed], *, until: datetime, over: timedelta) -> OpenCases:
    """One open case for each report, opened evenly over the time before `until`."""
    step = over / max(1, len(reports))
    made = []
    for n, one in enumerate(reports):
        opened = until - over + step * n
        case = Case(
            id=uuid7(), number=f"PA-9901-{n:06d}", tail=f"{n:04d}"[-4:], text=one.text, category=one.category,
            status=Status.RECEIVED, place=one.place[:300], lon=one.lon, lat=one.lat,
            cell=cell_of(one.lon, one.lat), opened_at=opened, queue_at=opened,
        )  # fmt: skip
        made.append([getattr(case, name) for name in _CASE])
    return OpenCases(made)
