"""Durable report intake over HTTP at 16 connections, everything on: key, rights, rate limit, category proposed from the
words, place, process with deadline, search index, audit and events in one durable transaction. The limit beside it is the
same database writing the same rows by the raw driver. Reactions (receipt by e-mail included) are the worker's CPU."""

from __future__ import annotations

import json
import time
import uuid

from tests.faults.installation import waiting

from bench.installation import Installation, installation
from bench.requests import bearer, report
from bench.results import Found

WARM, REACTIONS, N, BARE = 200, 300, 3000, 3000
REACH_MS, REACH_SQL, REACH_WORKER_MS = 6.0, 14, 12.0


def measure(scale: str) -> list[Found]:
    """One row for this database."""
    n = N * (4 if scale == "full" else 1)
    with installation() as running:
        key = running.ask("tests.faults.inside", "key", "cases.write")
        method, path, _, body = report(key, "{id}", 0)
        seen = running.ask("bench.inside", "statements", method, path, json.dumps(bearer(key)), body)
        running.start("web")
        running.load([report(key, str(uuid.uuid4()), i) for i in range(WARM)])
        settled(running)
        start_ms = settled(running)
        running.load([report(key, str(uuid.uuid4()), i) for i in range(REACTIONS)])
        worker_ms = (settled(running) - start_ms) / REACTIONS
        load = running.load([report(key, str(uuid.uuid4()), i) for i in range(n)])
        running.halt("web")
        bare = running.ask("bench.bare", "report", str(BARE), key)
        database = running.database
    beside = [
        f"p50 {load.p50_ms:.0f} ms, p99 {load.p99_ms:.0f} ms",
        f"reactions {worker_ms:.1f} CPU-ms per report (reach ≤ {REACH_WORKER_MS:.0f})",
        f"bare: {bare['rate']:.0f}/s, {bare['cpu_ms']:.2f} CPU-ms, {bare['rows']} rows",
    ]
    if load.database_ms:
        beside.append(f"database {load.database_ms:.2f} CPU-ms")
    return [
        Found(
            bench="intake",
            what="report intake",
            database=database,
            cpu_ms=load.cpu_ms,
            statements=len(seen),
            rate=load.rate,
            ratio=f"{load.rate / bare['rate']:.2f} of the bare rate",
            reach=f"≤ {REACH_MS:.0f} ms, ≤ {REACH_SQL}",
            is_reached=load.cpu_ms <= REACH_MS and len(seen) <= REACH_SQL,
            beside=beside,
        )
    ]


def settled(running: Installation) -> float:
    """Let a fresh worker do all that waits; the CPU milliseconds it took, its start included."""
    running.start("worker")
    cpu, still = 0.0, 0
    while still < 3:
        time.sleep(1)
        now = running.cpu_ms("worker")
        still = still + 1 if now > 500 and now - cpu < 60 and not any(waiting(running).values()) else 0
        cpu = now
    running.halt("worker")
    return cpu
