"""Thousands of cases run out of time at one moment, two workers run and one of them is killed again and again: each case is
escalated once, to whom it has to be, before the next rung of any ladder. `--overdue N` sets how many (3,000)."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import waiting, without_limits
from tests.running import ROOT, Running

pytestmark = pytest.mark.faults
PERIOD_S = 15 * 60
"""The shortest time between two rungs of the city's definitions (instant.toml: `after = { minutes = 15 }`)."""
KILLS = 4


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "home", demo=True)
    made.env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    without_limits(made)
    # A demonstration's clock can be wound; its people shall not report anything meanwhile.
    (made.home / "packs/hue/demo/replay.jsonl").unlink()
    made.build()
    yield made
    made.stop()


def ask(running: Running, *said: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.escalation_inside", *said],
        env=running.env, cwd=ROOT, capture_output=True, text=True, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def left(running: Running) -> int:
    """What is still to be done of the moment: timers that came, events that a reader has not passed."""
    found = waiting(running, due=True)
    return found["timers"] + found["events"] + found["readers"]


def under_fire(running: Running, limit_s: float) -> tuple[int, float, list[tuple[float, int]]]:
    """Kill the second worker at random moments, always starting another; how often, how long, and what was left when."""
    dice, began, kills, curve = random.Random(11), time.monotonic(), 0, []
    while time.monotonic() - began < limit_s:
        time.sleep(dice.uniform(0.5, 2.0))
        timers = waiting(running, due=True)["timers"]
        curve.append((time.monotonic() - began, timers))
        if kills < KILLS or timers:
            running.kill("worker-2")
            kills += 1
            running.start("worker-2")
        elif not left(running):
            return kills, time.monotonic() - began, curve
    raise AssertionError(f"not through after {limit_s} s: {waiting(running, due=True)}")


def test_each_of_thousands_is_escalated_once_while_a_worker_is_killed(running, request, capsys):
    n = request.config.getoption("--overdue", 3000)
    told = ask(running, "load", str(n))
    record = running.home / "told.json"
    record.write_text(json.dumps(told), encoding="utf-8")
    running.start("worker", "worker-2")
    time.sleep(4)
    before = ask(running, "check", str(record))["counts"]
    assert before["escalations"] == 0, "nothing happens before the moment"
    ask(running, "wind", (datetime.fromisoformat(told["due"]) + timedelta(seconds=1)).isoformat())
    kills, took_s, curve = under_fire(running, PERIOD_S)
    found = ask(running, "check", str(record))
    with capsys.disabled():
        database = "PostgreSQL" if "NGOMON_DATABASE_URL" in running.env else "SQLite"
        decided_s = next((at for at, timers in curve if not timers), took_s)
        print(
            f"\n{n:,} overdue at one moment on {database}: {kills} kills of one of two workers; all decided within"
            f" {decided_s:.0f} s, all told within {took_s:.0f} s (a period has {PERIOD_S})\n"
            f"  {found['counts']}, seconds after the due time {found['after_s']}\n"
            f"  findings: {sum(map(len, found['findings'].values()))}"
        )
    assert found["counts"]["overdue"] == n
    assert found["counts"]["escalations"] == n
    for name, findings in found["findings"].items():
        assert not findings, f"{name}: {len(findings)}, {findings[:5]}"
    assert kills >= KILLS
