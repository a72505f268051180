"""A bulk of 1,000 and of 10,000 cases: choosing and previewing, then each case through the same command as by hand in units
of 50, and its undoing. CPU-ms per case of the worker's process, without what other reactions do with the events.
The limit is that a case costs the same in a long bulk as in a short one, and no unit keeps writers waiting for long."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from bench.results import Found

SIZES = (1_000, 10_000)
CASES = 92_000
REACH_GROWTH = 1.3


def measure(scale: str) -> list[Found]:
    """Two rows for this database: carrying out, and undoing."""
    from bench.installation import installation  # noqa: PLC0415 (the inner process needs none of it)

    with installation() as running:
        running.ask("bench.loading", str(CASES * (2 if scale == "full" else 1)))
        accounts = running.city["accounts"]
        found = [running.ask("bench.bulk", str(n), accounts["ha"], running.city["agency"]) for n in SIZES]
        database = running.database
    return [_row(what, found, database) for what in ("done", "undone")]


def _row(what: str, found: list[dict[str, Any]], database: str) -> Found:
    small, large = found
    growth = large[what]["cpu_ms"] / small[what]["cpu_ms"]
    return Found(
        bench="bulk",
        what=f"one case of a bulk of {SIZES[1]:,}, {what}",
        database=database,
        cpu_ms=large[what]["cpu_ms"],
        rate=large[what]["rate"],
        ratio=f"{growth:.2f} of a bulk of {SIZES[0]:,}",
        reach=f"≤ {REACH_GROWTH}",
        is_reached=growth <= REACH_GROWTH,
        beside=[
            f"longest unit {large[what]['longest_ms']:.0f} ms",
            f"choose {large['choose_s']:.1f} s, preview {large['preview_s']:.1f} s for {SIZES[1]:,}",
        ],
    )


def _timed(step: Any, n: int, is_over: Any) -> dict[str, float]:
    """Units of work until it is over: CPU per case, rate, and the longest unit."""
    longest, cpu, began = 0.0, time.process_time(), time.perf_counter()
    while not is_over():
        at = time.perf_counter()
        step()
        longest = max(longest, time.perf_counter() - at)
    took = time.perf_counter() - began
    return {
        "cpu_ms": (time.process_time() - cpu) * 1000 / n,
        "rate": n / took,
        "longest_ms": longest * 1000,
    }


def inside(n: int, account: str, agency: str) -> dict[str, Any]:
    """One bulk in this process, as the worker would do it."""
    from ngomon.cases.commands import carry_back, carry_on, choose, preview, start, undo_bulk  # noqa: PLC0415
    from ngomon.cases.models import Bulk, Case  # noqa: PLC0415
    from ngomon.core import clock  # noqa: PLC0415
    from ngomon.core.actors import system  # noqa: PLC0415
    from ngomon.core.units import unit  # noqa: PLC0415
    from ngomon.identity.queries import actor_of  # noqa: PLC0415

    officer, worker = actor_of(UUID(account), clock.now()), system("cases.when_bulk_started_carry_on")
    open_now = Case.objects.filter(is_open=True, step="verify").order_by("queue_at", "id")
    ids = list(open_now.values_list("id", flat=True)[:n])
    assert len(ids) == n, len(ids)
    at = time.perf_counter()
    with unit():
        bulk = choose(ids, actor=officer, at=clock.now())
    choose_s, at = time.perf_counter() - at, time.perf_counter()
    with unit():
        preview(bulk, "route", {"agency": agency, "why": "Đường của phường"}, actor=officer, at=clock.now())
    preview_s = time.perf_counter() - at
    with unit():
        start(bulk, actor=officer, at=clock.now())

    def is_in(state: str) -> bool:
        return Bulk.objects.values_list("state", flat=True).get(pk=bulk) == state

    def forward() -> None:
        with unit():
            carry_on(bulk, actor=worker, at=clock.now())

    def backward() -> None:
        with unit():
            carry_back(bulk, actor=worker, at=clock.now())

    done = _timed(forward, n, lambda: is_in("done"))
    with unit():
        undo_bulk(bulk, actor=officer, at=clock.now())
    undone = _timed(backward, n, lambda: is_in("undone"))
    found = Bulk.objects.get(pk=bulk)
    assert (found.done, found.undone) == (n, n), (found.done, found.refused, found.undone, found.kept)
    return {"done": done, "undone": undone, "choose_s": choose_s, "preview_s": preview_s}


if __name__ == "__main__":
    print(json.dumps(inside(int(sys.argv[1]), sys.argv[2], sys.argv[3])))
