"""What `ngomon doctor` looks at: each check says how it stands and what to do, in Vietnamese and English.

    @check
    def disk() -> Result: ...

Rooms add their own checks in their `reactions` or `queries`; those here are core's.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from ngomon.core import clock, metrics, personal
from ngomon.core.models import Checkpoint, DeliveryState, EventRow, Parked
from ngomon.core.seal import sealed_size
from ngomon.core.texts import text

SQLITE_LEAST = (3, 51, 3)
"""Versions before have the WAL-reset corruption fault. Source: sqlite.org release log, 3.51.3."""
DISK_LEAST_BYTES = 2 * 1024**3
LAG_MOST = 1_000
SEAL_LATE_S = 600


@dataclass(frozen=True, slots=True)
class Result:
    """How one thing stands: `ok`, `warn` (works, look at it) or `bad`. The code finds `….say` and `….remedy`."""

    code: str
    state: str = "ok"
    values: dict[str, Any] = field(default_factory=dict)


Check = Callable[[], Iterator[Result]]
checks: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a check: yields one result for each thing it looked at."""
    checks[f"{function.__module__.removeprefix('ngomon.')}.{function.__name__}"] = function
    return function


def _result(code: str, is_well: bool, *, otherwise: str = "bad", **values: Any) -> Result:
    return Result(f"core.doctor.{code}", "ok" if is_well else otherwise, values)


@check
def database() -> Iterator[Result]:
    """It answers, and SQLite is new enough not to break its own file."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if connection.vendor == "sqlite":
        is_new = sqlite3.sqlite_version_info >= SQLITE_LEAST
        yield _result(
            "sqlite", is_new, version=sqlite3.sqlite_version, least=".".join(map(str, SQLITE_LEAST))
        )
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            yield _result("sqlite_file", cursor.fetchone()[0] == "ok")
    else:
        yield _result("postgres", True)


@check
def migrations() -> Iterator[Result]:
    """The tables are those the code expects."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield _result("migrations", not waiting, n=len(waiting))


@check
def permissions() -> Iterator[Result]:
    """Keys are readable by their owner only; the data folder is writable."""
    home = Path(settings.NGOMON_HOME)
    yield _result("home", os.access(home, os.W_OK), path=str(home))
    for name in ("secret_key", "seal_key", "erasures.jsonl"):
        path = home / name
        if path.exists():
            is_private = not stat.S_IMODE(path.stat().st_mode) & 0o077
            yield _result("private", is_private, path=name)


@check
def erasures() -> Iterator[Result]:
    """Nobody who was erased is there again, as after a restore."""
    again = personal.unapplied()
    yield _result("erasures", not again, n=len(again))


@check
def disk() -> Iterator[Result]:
    """There is room to grow."""
    free = shutil.disk_usage(settings.NGOMON_HOME).free
    yield _result("disk", free > DISK_LEAST_BYTES, otherwise="warn", gb=round(free / 1024**3, 1))


@check
def time_of_day() -> Iterator[Result]:
    """The clock goes forward and is not wound in a real city."""
    ahead = clock.offset().total_seconds()
    yield _result("clock", ahead == 0 or settings.NGOMON_DEMO, hours=round(ahead / 3600, 1))
    newest = EventRow.objects.order_by("-seq").values_list("at", flat=True).first()
    is_behind = newest is not None and (newest - clock.now()).total_seconds() > 5
    yield _result("clock_behind", not is_behind)
    yield _result("clock_sane", time.time() > 1_700_000_000)


@check
def secret_key() -> Iterator[Result]:
    """Long enough, and nobody left it at an example's value."""
    key: str = settings.SECRET_KEY
    yield _result("secret_key", len(key) >= 32 and len(set(key)) > 8 and "change" not in key.lower())


@check
def messages_out() -> Iterator[Result]:
    """Dead letters wait for a person."""
    dead = metrics.waiting()[DeliveryState.DEAD]
    yield _result("dead_letters", dead == 0, otherwise="warn", n=dead)


@check
def reactions() -> Iterator[Result]:
    """Nothing is parked, nobody lags, a worker is alive."""
    parked = Parked.objects.count()
    yield _result("parked", parked == 0, n=parked)
    lags = metrics.lags()
    worst = max(lags, key=lambda name: lags[name], default="")
    yield _result(
        "lag", not worst or lags[worst] < LAG_MOST, otherwise="warn", n=lags.get(worst, 0), name=worst
    )
    age = metrics.heartbeat_age()
    yield _result("worker", age is not None and age.total_seconds() < 60, otherwise="warn")


@check
def seal() -> Iterator[Result]:
    """What happened is sealed soon after. (`ngomon verify` checks the seal itself.)"""
    size = sealed_size()
    oldest = (
        EventRow.objects.filter(position__gt=size).order_by("position").values_list("at", flat=True).first()
    )
    late_s = (clock.now() - oldest).total_seconds() if oldest else 0
    yield _result("seal", late_s < SEAL_LATE_S, otherwise="warn", minutes=round(late_s / 60))
    if size and not (Path(settings.NGOMON_HOME) / "seal_key").exists():
        yield _result("seal_key", False, n=Checkpoint.objects.count())


def examine() -> list[Result]:
    """All checks; one that cannot run is a bad result, not the end."""
    found: list[Result] = []
    for name, look in checks.items():
        try:
            found += look()
        except (Error, OSError) as error:
            found.append(Result("core.doctor.failed", "bad", {"name": name, "error": type(error).__name__}))
    return found


_MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}


def lines(results: list[Result], language: str | None = None) -> list[str]:
    """The results for a terminal: how each stands, and under what is not well, what to do."""
    said: list[str] = []
    for result in results:
        said.append(f"{_MARKS[result.state]} {text(f'{result.code}.say', language, **result.values)}")
        if result.state != "ok":
            said.append(f"    → {text(f'{result.code}.remedy', language, **result.values)}")
    return said
