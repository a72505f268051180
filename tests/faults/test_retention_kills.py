"""kill -9 of the worker in the middle of a destruction: it goes on where it stood, and the certificate says what went, once."""

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
N = 420
KILLS = 4
LIMIT_S = 120


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    without_limits(made)
    yield made
    made.stop()


def ask(running: Running, *said: str) -> Any:
    return json.loads(running.run(*said, module="tests.faults.retention_inside").splitlines()[-1])


def test_a_killed_worker_goes_on_with_a_destruction_and_its_certificate_is_right(running: Running, capsys):
    city = running.build()["accounts"]
    run = ask(running, "begin", str(N), city["lan"], city["ha"])
    before = ask(running, "state", run)
    assert before["parts"]["rejected_report"] == [0, N]
    chance, seen = random.Random(11), []
    for _ in range(KILLS):
        running.start("worker")
        time.sleep(chance.uniform(2.0, 4.5))
        running.kill("worker")
        found = ask(running, "state", run)
        n = found["parts"]["rejected_report"][0]
        seen.append(n)
        assert found["twice"] == []
        assert found["log"] == []
        assert (found["told"], found["left"], found["who"]) == (n, N - n, N - n), "rows, log and count agree"
    running.start("worker")
    until = time.monotonic() + LIMIT_S
    while found["state"] != "done" and time.monotonic() < until:
        time.sleep(1)
        found = ask(running, "state", run)
    assert found["state"] == "done"
    assert found["certificate"] is True
    assert (found["twice"], found["log"]) == ([], [])
    assert found["parts"]["rejected_report"] == [N, N]
    assert (found["told"], found["left"], found["who"]) == (N, 0, 0)
    with capsys.disabled():
        print(f"\nkilled at {seen} of {N} destroyed")
