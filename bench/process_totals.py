"""How many matters stand where, over all that ever ran: by agency, definition and step, open or ended, in time or late. Read
from counts that each step moves in its own unit; asserted in the run to equal a recount over all rows. Processes are loaded in
bulk (17 of 20 ended; the log is left out). The limit beside it is a bare count of what is open by agency, through its index; also
a recount that groups all rows, and what a step by commands (the first three of a life) costs among so many."""

from __future__ import annotations

from bench.installation import installation
from bench.results import Found

SIZES = {"normal": (14_000, 140_000), "full": (14_000, 140_000, 1_400_000)}
REACH_MS = 100.0


def measure(scale: str) -> list[Found]:
    """A row for each size on this database."""
    rows = []
    with installation() as running:
        for size in SIZES[scale]:
            found = running.ask("bench.steps_loading", str(size))
            asked, bare, recount = found["totals"], found["bare"], found["recount"]
            step = found["step"]
            rows.append(
                Found(
                    bench="process_totals",
                    what=f"totals over {found['n']:,} processes ({found['lines']} lines)",
                    database=running.database,
                    cpu_ms=asked["cpu_ms"],
                    statements=1,
                    rate=1000 / asked["ms"],
                    ratio=f"{asked['ms'] / bare['ms']:.2f} of a bare count of what is open",
                    reach=f"≤ {REACH_MS:.0f} ms",
                    is_reached=asked["ms"] <= REACH_MS,
                    beside=[
                        f"{asked['ms']:.1f} ms; bare {bare['ms']:.2f} ms",
                        f"recount {recount['ms']:.0f} ms",
                        f"a step {step['cpu_ms'] + step['database_ms']:.2f} CPU-ms",
                        f"loaded in {found['load_s']:.0f} s",
                    ],
                )
            )
    return rows
