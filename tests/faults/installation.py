"""An installation that takes any number of requests: a copy of the pack whose budgets are out of reach; and what is left to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.running import ROOT, Running

ENOUGH = 1_000_000_000


def without_limits(running: Running, pack: str = "hue") -> None:
    """Give the installation its own copy of the pack, with every declared rate limit raised. Before `build`."""
    packs = running.home / "packs"
    shutil.copytree(ROOT / "packs" / pack, packs / pack, dirs_exist_ok=True)
    running.env["NGOMON_PACKS"] = str(packs)
    names = json.loads(running.run("budgets", module="tests.faults.inside").splitlines()[-1])
    _raise(packs / pack / "city.toml", names)


def _raise(city: Path, names: list[str]) -> None:
    text = city.read_text(encoding="utf-8")
    wanted = [name for name in names if f'[limits."{name}"]' not in text]
    lines = [f'\n[limits."{name}"]\nlimit = {ENOUGH}\nwindow_s = 3600\n' for name in wanted]
    city.write_text(text + "".join(lines), encoding="utf-8")


def waiting(running: Running, *, due: bool = False) -> dict[str, int]:
    """What the worker still has to do, read beside it.

    `due`: the timers of processes that came, too, and without the seal, which takes its time behind a log loaded in bulk.
    """
    asks = {
        # An alarm that nobody takes goes on calling, as it should.
        "messages": "SELECT COUNT(*) FROM core_delivery WHERE state IN ('queued', 'sending')"
        " AND purpose <> 'processes.call'",
        "events": "SELECT COUNT(*) FROM core_event WHERE position IS NULL",
        "readers": "SELECT COUNT(*) FROM core_cursor WHERE position < (SELECT MAX(position) FROM core_event)",
    }
    if due:
        asks["readers"] += " AND name <> 'core.seal'"
        asks["timers"] = f"SELECT COUNT(*) FROM processes_instance WHERE wake_at <= '{_now(running)}'"
    url = running.env.get("NGOMON_DATABASE_URL", "")
    if url.startswith("postgres"):
        with psycopg.connect(url.replace("postgres://", "postgresql://", 1)) as database:
            return {name: database.execute(ask).fetchone()[0] for name, ask in asks.items()}  # type: ignore[index]
    database = sqlite3.connect(running.home / "ngomon.sqlite3", timeout=20)
    try:
        return {name: database.execute(ask).fetchone()[0] for name, ask in asks.items()}
    finally:
        database.close()


def _now(running: Running) -> str:
    """The city's instant, as both databases read it."""
    ahead = running.home / "demo_clock"
    wound = timedelta(seconds=int(ahead.read_text()) if ahead.exists() else 0)
    return f"{datetime.now(UTC) + wound:%Y-%m-%d %H:%M:%S.%f}" + (
        "+00" if running.env.get("NGOMON_DATABASE_URL", "").startswith("postgres") else ""
    )
