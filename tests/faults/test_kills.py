"""kill -9 of web and worker at seeded random points while reports come in: what was acknowledged is there, once, with its
message; nothing is half-done. `--kills N` sets how many (20), `--seed N` repeats a run."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import waiting, without_limits
from tests.faults.replay import Client, Told, address_of
from tests.running import Running

pytestmark = pytest.mark.faults
CLIENTS = 4
PAUSE_S = 0.1
SETTLE_S = 240
PURPOSE = "cases.message.received"


@dataclass
class Kills:
    """What was killed, and when after it began."""

    web: list[float] = field(default_factory=list)
    worker: list[float] = field(default_factory=list)


def strike(running: Running, name: str, n: int, dice: random.Random, done: list[float]) -> None:
    """Kill one process n times, each time at a random moment of its life, and start it again."""
    for _ in range(n):
        after = dice.uniform(0.05, 3.0) if name == "web" else dice.uniform(0.3, 4.5)
        time.sleep(after)
        running.kill(name)
        done.append(after)
        time.sleep(dice.uniform(0.0, 0.4))
        running.start(name)


def settle(running: Running) -> dict[str, int]:
    until = time.monotonic() + SETTLE_S
    while any((left := waiting(running)).values()) and time.monotonic() < until:
        time.sleep(1)
    return left


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path / "home")
    without_limits(made)
    made.build()
    yield made
    made.stop()


def letters(running: Running) -> Counter[tuple[str, str]]:
    """How often the mailbox accepted each (receiver, Message-ID)."""
    return Counter((to, str(letter["Message-ID"])) for to, letter in running.mailbox.received)


def wrong_messages(told: Told, found: dict[str, Any], accepted: Counter[tuple[str, str]]) -> list[str]:
    """Each acknowledged report's receipt was recorded once, sent, and accepted under that one id alone."""
    by_receiver: dict[str, set[str]] = {}
    for to, message_id in accepted:
        by_receiver.setdefault(to, set()).add(message_id)
    wrong = []
    for external_id in told.numbers:
        recorded = [row for row in found["deliveries"][external_id] if row[2] == PURPOSE]
        if [row[1] for row in recorded] != ["sent"]:
            wrong.append(f"{external_id}: recorded {recorded}")
            continue
        ids = by_receiver.get(address_of(external_id), set())
        if len(ids) != 1 or recorded[0][0] not in next(iter(ids)):
            wrong.append(f"{external_id}: recorded as {recorded[0][0]}, accepted as {sorted(ids)}")
    return wrong


def replay_under_fire(running: Running, kills: int, seed: int) -> tuple[Told, Kills]:
    told, killed = Told(), Kills()
    key = json.loads(running.run("key", "cases.write", module="tests.faults.inside").splitlines()[-1])
    running.start()
    clients = [Client(n, running.port, key, seed, told, PAUSE_S) for n in range(CLIENTS)]
    shares = (("web", kills // 2, killed.web), ("worker", kills - kills // 2, killed.worker))
    strikers = [
        threading.Thread(target=strike, args=(running, name, n, random.Random(f"{seed}:{name}"), done))
        for name, n, done in shares
    ]
    for thread in (*clients, *strikers):
        thread.start()
    for thread in strikers:
        thread.join()
    for client in clients:
        client.leave()
    for client in clients:
        client.join(90)
    return told, killed


def test_what_was_acknowledged_survives_any_kill_and_happens_once(running, request, capsys):
    kills = request.config.getoption("--kills", 20)
    seed = request.config.getoption("--seed", None) or random.SystemRandom().randrange(10**6)
    began = time.monotonic()
    told, killed = replay_under_fire(running, kills, seed)
    fired_s = time.monotonic() - began
    left = settle(running)
    record = running.home / "acknowledged.json"
    record.write_text(json.dumps(told.numbers), encoding="utf-8")
    found = json.loads(running.run("check", str(record), module="tests.faults.inside").splitlines()[-1])
    accepted = letters(running)
    repeats = sum(n - 1 for n in accepted.values())
    wrong = wrong_messages(told, found, accepted)
    with capsys.disabled():
        database = "PostgreSQL" if "NGOMON_DATABASE_URL" in running.env else "SQLite"
        print(
            f"\nfaults on {database}, seed {seed}: {len(killed.web)} kills of web, {len(killed.worker)} of worker in"
            f" {fired_s:.0f} s, settled after {time.monotonic() - began - fired_s:.0f} s\n"
            f"  reports: {len(told.numbers)} acknowledged, {told.broken} requests broken, {told.repeats} said again,"
            f" {len(told.unanswered)} never answered; {found['counts']}\n"
            f"  messages: {len(accepted)} accepted, {repeats} repeats under the same id"
            f" (at most {len(killed.worker)}), {len(wrong)} wrong\n"
            f"  findings: {sum(map(len, found['findings'].values()))}"
        )
    assert len(killed.web) + len(killed.worker) == kills
    assert told.numbers, "the clients got through"
    assert not any(left.values()), f"the worker left {left}"
    assert not told.refused, told.refused[:5]
    for name, findings in found["findings"].items():
        assert not findings, f"{name}: {findings[:5]}"
    assert not wrong, wrong[:5]
    assert repeats <= len(killed.worker), "a kill repeats one message at most"
