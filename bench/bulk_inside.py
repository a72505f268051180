"""A bulk inside an installation under measurement: `load N` cases that wait, `run N MOST ACCOUNT AGENCY` one bulk of them."""

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

from bench import loading
from ngomon.cases import bulks
from ngomon.cases.commands import carry_back, carry_on, choose, preview, start, undo_bulk
from ngomon.cases.models import Bulk, Case
from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.units import unit
from ngomon.identity.queries import actor_of


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


def load(n: int) -> int:
    """So many cases that wait for verification."""
    loading.STAGES = ("received",)
    sys.argv[1:] = [str(n)]
    loading.main()
    return n


def run(n: int, most: int, account: str, agency: str) -> dict[str, Any]:
    """One bulk of n in this process, as the worker would do it; at most so many of its cases."""

    officer, worker = actor_of(UUID(account), clock.now()), system("cases.when_bulk_started_carry_on")
    open_now = Case.objects.filter(is_open=True, step="verify").order_by("queue_at", "id")
    ids = list(open_now.values_list("id", flat=True)[:n])
    assert len(ids) == n, len(ids)
    at = time.perf_counter()
    with unit():
        bulk = choose(ids, actor=officer, at=clock.now())
    choose_s, at = time.perf_counter() - at, time.perf_counter()
    said = {"agency": agency, "why": "Đường của phường"}
    weighed = bulks.weigh(bulk, "route", said, actor=officer, at=clock.now())
    weigh_s, at = time.perf_counter() - at, time.perf_counter()
    with unit():
        preview(bulk, "route", said, weighed=weighed, actor=officer, at=clock.now())
    preview_s = time.perf_counter() - at
    with unit():
        start(bulk, actor=officer, at=clock.now())

    def is_through() -> bool:
        return Bulk.objects.values_list("done", flat=True).get(pk=bulk) >= most

    def is_back() -> bool:
        return Bulk.objects.values_list("state", flat=True).get(pk=bulk) == "undone"

    def forward() -> None:
        with unit():
            carry_on(bulk, actor=worker, at=clock.now())

    def backward() -> None:
        with unit():
            carry_back(bulk, actor=worker, at=clock.now())

    done = _timed(forward, most, is_through)
    with unit():
        undo_bulk(bulk, actor=officer, at=clock.now())
    undone = _timed(backward, most, is_back)
    found = Bulk.objects.get(pk=bulk)
    assert (found.done, found.undone) == (most, most), (found.done, found.refused, found.undone, found.kept)
    return {"done": done, "undone": undone, "choose_s": choose_s, "weigh_s": weigh_s, "preview_s": preview_s}


if __name__ == "__main__":
    ask, *said = sys.argv[1:]
    answer = load(int(said[0])) if ask == "load" else run(int(said[0]), int(said[1]), said[2], said[3])
    print(json.dumps(answer))
