"""A bulk of 1,000 and of 10,000 cases: choosing and previewing, then each case through the same command as by hand in units
of 50, and its undoing, all of them. CPU-ms per case of the worker's process, without what other reactions do with the events.
The limit is that a case costs the same in a long bulk as in a short one, and that all is through, and back again, within the
ten minutes of undoing; beside it, how long one unit keeps another writer waiting."""

from __future__ import annotations

from typing import Any

from bench.installation import installation
from bench.results import Found

SIZES = (1_000, 10_000)
CASES = 10_100
UNDO_S = 600
REACH_GROWTH = 1.3


def measure(scale: str) -> list[Found]:  # noqa: ARG001 (every bench gets it)
    """Two rows for this database: carrying out, and undoing."""
    with installation() as running:
        running.ask("bench.bulk_inside", "load", str(CASES))
        who, agency = running.city["accounts"]["ha"], running.city["agency"]
        found = [running.ask("bench.bulk_inside", "run", str(n), str(n), who, agency) for n in SIZES]
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
        reach=f"≤ {REACH_GROWTH}, all within {UNDO_S} s",
        is_reached=growth <= REACH_GROWTH and SIZES[1] / large[what]["rate"] <= UNDO_S,
        beside=[
            f"all {SIZES[1]:,} in {SIZES[1] / large[what]['rate']:.0f} s",
            f"longest unit {large[what]['longest_ms']:.0f} ms",
            f"for {SIZES[1]:,}: unit of choosing {large['choose_s']:.1f} s, looking {large['weigh_s']:.1f} s,"
            f" unit of previewing {large['preview_s']:.1f} s",
        ],
    )
