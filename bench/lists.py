"""A list of 50 cases: first page and page 1,500 (or the deepest there is), of the public API and of an operator's queue on the
desk, at growing numbers of cases. Totals come from counters, pages from keyset cursors. HTML is reported apart."""

from __future__ import annotations

import json
from typing import Any

from bench.installation import Installation, installation
from bench.requests import bearer
from bench.results import Found

SIZES = {"normal": (10_000, 100_000), "full": (10_000, 100_000, 1_000_000)}
PAGE, DEEP, N, N_HTML = 50, 1_500, 2000, 300
REACH_MS, REACH_SQL = 6.0, 4
QUEUE = "route,verify"


def measure(scale: str) -> list[Found]:
    """Rows for this database: each size, first and deep, API and desk."""
    rows: list[Found] = []
    with installation() as running:
        key = running.ask("tests.faults.inside", "key", "cases.read")
        desk = running.ask("bench.inside", "session", running.city["accounts"]["ha"])
        for size in SIZES[scale]:
            running.ask("bench.loading", str(size), seconds=6000)
            running.start("web")
            for depth, path in api_pages(running, key).items():
                rows.append(_row(running, f"API, {size:,} cases, {depth}", path, bearer(key), N))
            for depth, path in desk_pages(running).items():
                rows.append(
                    _row(running, f"desk (HTML), {size:,} cases, {depth}", path, desk, N_HTML, is_html=True)
                )
            running.halt("web")
    for row in rows:
        smallest = next(r for r in rows if _alike(r, row))
        row.beside.insert(0, f"{row.cpu_ms / smallest.cpu_ms:.2f} of its CPU at 10,000")
    return rows


def _alike(one: Found, other: Found) -> bool:
    """The same list at the same end, at another size."""
    return one.bench == other.bench and ("first" in one.what) == ("first" in other.what)


def api_pages(running: Installation, key: str) -> dict[str, str]:
    """The first page, and the deep one, whose cursor is found by walking there."""
    return {"first page": f"/api/v1/cases?size={PAGE}", **_deep(running, key)}


def _deep(running: Installation, key: str) -> dict[str, str]:
    cursor, passed, last = "", 0, ("", 0)
    while passed < (DEEP - 1) * PAGE:
        answer = running.get(f"/api/v1/cases?size=200&cursor={cursor}", bearer(key))
        passed += len(answer["cases"])
        cursor = answer["next"]
        if not cursor:
            break
        last = (cursor, passed)
    if not last[0]:
        return {}
    return {f"page {last[1] // PAGE + 1:,}": f"/api/v1/cases?size={PAGE}&cursor={last[0]}"}


def desk_pages(running: Installation) -> dict[str, str]:
    """The operator's queue: its beginning, and as deep as page 1,500 or its last page."""
    pages = {"first page": "/desk?queue=inbox"}
    cursor: Any = running.ask("bench.inside", "queue", "ioc_operator", QUEUE, str((DEEP - 1) * PAGE))
    n = DEEP
    while not cursor and n > 2:
        n //= 2
        cursor = running.ask("bench.inside", "queue", "ioc_operator", QUEUE, str((n - 1) * PAGE))
    if cursor:
        pages[f"page {n:,}"] = f"/desk?queue=inbox&after={cursor}"
    return pages


def _row(
    running: Installation, what: str, path: str, headers: dict[str, str], n: int, *, is_html: bool = False
) -> Found:
    request = ("GET", path, headers, "")
    seen = running.ask("bench.inside", "statements", "GET", path, json.dumps(headers), "")
    running.load([request] * (n // 10))
    load = running.load([request] * n)
    bare = running.ask("bench.bare", "read", str(n), path, json.dumps(headers))
    beside = [f"bare: {bare['rate']:.0f}/s, {bare['cpu_ms']:.2f} CPU-ms, {bare['rows']} rows"]
    if load.database_ms:
        beside.append(f"database {load.database_ms:.2f} CPU-ms")
    return Found(
        bench="desk" if is_html else "api",
        what=what,
        database=running.database,
        cpu_ms=load.cpu_ms,
        statements=len(seen),
        rate=load.rate,
        ratio=f"{load.rate / bare['rate']:.2f} of the bare rate",
        reach="" if is_html else f"≤ {REACH_MS:.0f} ms, ≤ {REACH_SQL}",
        is_reached=None if is_html else load.cpu_ms <= REACH_MS and len(seen) <= REACH_SQL,
        beside=beside,
    )
