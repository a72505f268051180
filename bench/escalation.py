"""1,000, 10,000 and (full) 100,000 cases that run out of time at one moment, as badly arranged as can be (`bench.overdue`): half with
one agency, others with nobody, with agencies whose head is missing, away or locked out, one merged meanwhile. One worker's
work in one process: every case is decided (events to holder and to who is above), then everybody is told in the inbox. CPU-ms
per escalated case. The limit is that a case costs the same among many as among few, and that all are told before the next rung
of any ladder of the city (15 minutes)."""

from __future__ import annotations

from typing import Any

from bench.installation import installation
from bench.results import Found

SIZES = {"normal": (1_000, 10_000), "full": (1_000, 10_000, 100_000)}
PERIOD_S = 15 * 60
REACH_GROWTH = 1.3


def measure(scale: str) -> list[Found]:
    """Two rows for this database: deciding, and telling."""
    found = []
    for n in SIZES[scale]:
        with installation() as running:
            running.env["NGOMON_DEMO"] = "1"
            found.append(running.ask("bench.escalation_inside", str(n)))
            database = running.database
    return [_row(what, found, database) for what in ("decided", "told")]


def _row(what: str, found: list[dict[str, Any]], database: str) -> Found:
    small, large = found[0], found[-1]
    growth = large[what]["cpu_ms"] / small[what]["cpu_ms"]
    all_s = large["decided"]["took_s"] + large["told"]["took_s"]
    return Found(
        bench="escalation",
        what=f"one of {large['n']:,} overdue cases, {what}",
        database=database,
        cpu_ms=large[what]["cpu_ms"],
        rate=large["n"] / large[what]["took_s"],
        ratio=f"{growth:.2f} of one of {small['n']:,}",
        reach=f"≤ {REACH_GROWTH}, all told within {PERIOD_S} s",
        is_reached=growth <= REACH_GROWTH and all_s <= PERIOD_S,
        beside=[
            *(f"of {one['n']:,}: {one[what]['cpu_ms']:.2f} CPU-ms" for one in found),
            f"all {large['n']:,} after {large[what]['took_s']:.0f} s",
            f"longest turn {large[what]['longest_ms']:.0f} ms",
            f"{large[what]['rows']:,} {'events' if what == 'decided' else 'messages'}",
        ],
    )
