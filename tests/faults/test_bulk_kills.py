"""kill -9 of the worker in the middle of a bulk and of its undoing: it goes on where it stood, each case once."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import without_limits
from tests.running import Running

pytestmark = pytest.mark.faults
N = 400
KILLS = 3
LIMIT_S = 120


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    without_limits(made)
    yield made
    made.stop()


def ask(running: Running, *said: str) -> Any:
    return json.loads(running.run(*said, module="tests.faults.bulk_inside").splitlines()[-1])


def under_fire(running: Running, bulk: str, over: str) -> dict[str, Any]:
    """Kill the worker a few times at seeded points after it began to work, then let it finish."""
    chance, seen = random.Random(7), set[int]()
    for _ in range(KILLS):
        running.start("worker")
        time.sleep(chance.uniform(2.5, 4.0))
        running.kill("worker")
        found = ask(running, "state", bulk)
        seen.add(found["done"] + found["undone"])
        assert not found["wrong"], found["wrong"]
    running.start("worker")
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        found = ask(running, "state", bulk)
        if found["state"] == over:
            found["seen"] = sorted(seen)
            return found
    raise AssertionError(f"not over after {LIMIT_S} s: {found}")


def test_a_killed_worker_goes_on_with_a_bulk_and_does_each_case_once(running: Running, capsys):
    city = running.build()
    officer = city["accounts"]["ha"]
    running.start("worker")  # gives each reaction its place in the log
    time.sleep(4)
    running.kill("worker")
    bulk = ask(running, "begin", str(N), officer, city["agency"])
    found = under_fire(running, bulk, "done")
    assert found["results"] == {"done": N}
    assert (found["events"]["route"], found["cases"]["route"]) == ([1], N)
    assert not found["wrong"], found["wrong"]
    running.kill("worker")
    ask(running, "undo", bulk, officer)
    back = under_fire(running, bulk, "undone")
    assert back["results"] == {"undone": N}
    assert (back["events"]["undo"], back["cases"]["undo"]) == ([1], N)
    assert not back["wrong"], back["wrong"]
    with capsys.disabled():
        print(f"\nkilled at {found['seen']} cases done, at {[n - N for n in back['seen']]} taken back")
