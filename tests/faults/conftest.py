"""Options of the fault suite. They are read with a default, so that the suite also runs among all tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--kills", type=int, default=20, help="how many processes to kill (20)")
    group.addoption("--overdue", type=int, default=3000, help="how many cases run out of time at once (3000)")
    group.addoption(
        "--seed", type=int, default=None, help="the seed of a run to repeat (a fresh one, printed)"
    )
