"""A status change over HTTP at 16 connections, everything on: an operator's session and rights, the process's step and
deadline, the row, counts, search index, audit and events in one durable transaction.
The limit beside it is the same database writing the same rows by the raw driver."""

from __future__ import annotations

import json
from urllib.parse import quote

from bench.installation import installation
from bench.load import Request
from bench.results import Found

CASES, N, WARM, BARE = 14_000, 1000, 100, 600
REACH_MS = 5.0


def measure(scale: str) -> list[Found]:
    """One row for this database."""
    with installation() as running:
        running.ask("bench.loading", str(CASES * (10 if scale == "full" else 1)))
        session = running.ask("bench.inside", "session", running.city["accounts"]["ha"])
        headers = {**session, "Content-Type": "application/json"}
        found = running.ask("bench.inside", "cases", "verify", str(N + WARM + 2))
        assert len(found) == N + WARM + 2, len(found)
        agency = running.city["agency"]
        todo = [_route(number, agency, headers) for _, number, _ in found]
        method, path, _, body = todo.pop()
        seen = running.ask("bench.inside", "once", method, path, json.dumps(headers), body)
        running.start("web")
        running.load(todo[:WARM])
        load = running.load(todo[WARM : WARM + N])
        running.halt("web")
        _, path, _, body = todo[-1]
        bare = running.ask("bench.bare", "change", str(BARE), path, json.dumps(headers), body)
        database = running.database
    return [
        Found(
            bench="status_change",
            what="status change (verify → routed to an agency, becomes public)",
            database=database,
            cpu_ms=load.cpu_ms,
            statements=len(seen),
            rate=load.rate,
            ratio=f"{load.rate / bare['rate']:.2f} of the bare rate",
            reach=f"≤ {REACH_MS:.0f} ms",
            is_reached=load.cpu_ms <= REACH_MS,
            beside=[
                f"bare: {bare['rate']:.0f}/s, {bare['cpu_ms']:.2f} CPU-ms, {bare['rows']} rows",
                f"p50 {load.p50_ms:.0f} ms, p99 {load.p99_ms:.0f} ms",
                *([f"database {load.database_ms:.2f} CPU-ms"] if load.database_ms else []),
            ],
        )
    ]


def _route(number: str, agency: str, headers: dict[str, str]) -> Request:
    said = {"fields": {"why": "Đường kiệt do phường quản lý"}, "agency": agency}
    return (
        "POST",
        f"/api/v1/cases/{quote(number)}/actions/route",
        headers,
        json.dumps(said, ensure_ascii=False),
    )
