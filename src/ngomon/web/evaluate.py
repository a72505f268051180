"""What `ngomon evaluate NAME FILES…` can measure: each takes files of the documented columns and gives plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ngomon.core import clock
from ngomon.directory import place_evaluation
from ngomon.directory import queries as directory

Evaluation = Callable[[Sequence[Path], bool], Mapping[str, Any]]


def places(files: Sequence[Path], details: bool) -> Mapping[str, Any]:
    """How places in words are understood: shares of right wards and places, radius, time. Raises: Invalid."""
    on: date = directory.local_day(clock.now())
    rows = [row for file in files for row in place_evaluation.rows_of(file)]
    return place_evaluation.report(place_evaluation.measured(rows, on=on), details=details)


EVALUATIONS: Mapping[str, Evaluation] = {"places": places}
