"""A durable step of a process, by the engine's own commands on one connection: rights, the step's rules and deadline, the
instance's row, its timer, the task done, counts, audit and events in one durable transaction each; no HTTP. Mean over a
report's whole life (route, accept, assign, answer, approve, publish, rate). Beside it in the same run, in turn: the very rows
that the step writes, by the raw driver; and SpiffWorkflow running our own BPMN export of the same definition, its state read,
moved on and written back into a table of the same database, one durable transaction each, and nothing else. *In memory*: its
matter stays in memory and is only written. Ratios of CPU count the database's processes too. A loop is an answer and its
return. Sizes are of packed tables with their indexes; the log is events and audit."""

from __future__ import annotations

from typing import Any

from bench.installation import installation
from bench.results import Found

LIVES, LOOPS = 100, 200
REACH_MS, REACH_BARE, REACH_SPIFF, REACH_FLAT, REACH_BYTES = 0.65, 0.6, 5.0, 1.15, 1500


def measure(scale: str) -> list[Found]:
    """The rows of this database."""
    with installation() as running:
        lives = LIVES * (4 if scale == "full" else 1)
        found = running.ask("bench.steps_inside", str(lives), str(LOOPS))
        return [
            _step(found, running.database),
            _looped(found, running.database),
            _sized(found, running.database),
        ]


def _cpu(spent: dict[str, float]) -> float:
    return spent["cpu_ms"] + spent["database_ms"]


def _step(found: dict[str, Any], database: str) -> Found:
    ours, bare, spiff, memory = (found[name] for name in ("ours", "bare", "spiff", "memory"))
    of_bare, times = ours["rate"] / bare["rate"], _cpu(spiff) / _cpu(ours)
    by_action = ", ".join(f"{action} {spent['cpu_ms']:.2f}" for action, spent in found["by_action"].items())
    return Found(
        bench="process_steps",
        what="a step of a process, mean of a life",
        database=database,
        cpu_ms=ours["cpu_ms"],
        statements=found["statements"],
        rate=ours["rate"],
        ratio=f"{of_bare:.2f} of the bare rate; SpiffWorkflow takes {times:.1f} × its CPU",
        reach=f"≤ {REACH_MS} ms, ≥ {REACH_BARE} of bare, ≥ {REACH_SPIFF:.0f} × SpiffWorkflow",
        is_reached=ours["cpu_ms"] <= REACH_MS and of_bare >= REACH_BARE and times >= REACH_SPIFF,
        beside=[
            f"bare: {bare['rate']:.0f}/s, {bare['cpu_ms']:.2f} CPU-ms",
            f"SpiffWorkflow: {spiff['rate']:.0f}/s, {spiff['cpu_ms']:.2f} CPU-ms (in memory {memory['cpu_ms']:.2f})",
            f"by action: {by_action}; start {found['start']['cpu_ms']:.2f}",
            *([f"database {ours['database_ms']:.2f} CPU-ms, bare {bare['database_ms']:.2f}, "
               f"SpiffWorkflow {spiff['database_ms']:.2f}"] if ours["database_ms"] else []),
        ],
    )  # fmt: skip


def _looped(found: dict[str, Any], database: str) -> Found:
    (first, last), (spiff_first, spiff_last) = found["loops"]["ours"], found["loops"]["spiff"]
    return Found(
        bench="process_steps",
        what=f"a step in the last of {LOOPS} loops of one matter",
        database=database,
        cpu_ms=last,
        ratio=f"{last / first:.2f} of the first loops",
        reach=f"≤ {REACH_FLAT}",
        is_reached=last / first <= REACH_FLAT,
        beside=[
            f"SpiffWorkflow in {found['loops']['spiff_loops']} loops: {spiff_first:.1f} → {spiff_last:.1f} CPU-ms, "
            f"state {found['loops']['spiff_bytes'] / 1000:.0f} kB"
        ],
    )


def _sized(found: dict[str, Any], database: str) -> Found:
    running, ended = found["sizes"]["running"], found["sizes"]["ended"]
    return Found(
        bench="process_steps",
        what="a matter at its end, in the database",
        database=database,
        cpu_ms=found["ours"]["cpu_ms"] * len(found["by_action"]) + found["start"]["cpu_ms"],
        ratio=f"{ended['process']:.0f} B",
        reach=f"≤ {REACH_BYTES} B",
        is_reached=ended["process"] <= REACH_BYTES,
        beside=[
            f"its log {ended['log']:.0f} B; running (three steps done) {running['process']:.0f} B, log {running['log']:.0f} B",
            f"SpiffWorkflow {found['spiff_bytes']} B at its end",
        ],
    )
