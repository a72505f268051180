"""Many processes at once: a few are made by commands, that run or ended, in time or late, and their rows stamped again.

The rows equal those of the commands (tests/bench/test_steps_loading.py): only identifiers, moments (by hours) and the agency
differ. Loaded are the process's own tables and the counts; the log is not. `python -m bench.steps_loading N` inside an
installation loads up to N and tells what the totals, a recount, a bare count and a step then cost.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from django.conf import settings
from django.db import connection, transaction

from bench import loading
from bench.rows import Change, Row, Stamp, Written, watched
from bench.steps_inside import Spent, Turn, act, life, opened, spend, start
from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.ids import uuid7
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.processes import commands
from ngomon.processes.totals import recounted, totals

OWN = ("processes_instance", "processes_task", "processes_ledger")
COUNTER = "processes_counter"
STAGES = ("late", "open", "at_work", "ended_late", "ended")
MIX = ("late", "open", "at_work", "ended_late", "ended_late", *["ended"] * 15)
"""Of twenty three run, one of them late; of those ended every ninth was."""
NUMBER = "PA-2611-0001"
BATCH = 5_000
STEP = timedelta(milliseconds=40)


def make(stage: str, now: datetime, turns: Sequence[Turn]) -> None:
    """One process by commands, up to its stage."""
    ago = {"late": 40, "ended_late": 40, "ended": 20}.get(stage, 1)
    begun = now - timedelta(days=ago)
    of = start(begun)
    upto = {"open": 0, "at_work": 3, "late": 3}.get(stage, len(turns))
    for n, turn in enumerate(turns[:upto]):
        act(of, turn, begun + timedelta(days=25 if stage == "ended_late" and n >= 3 else 0))
    if stage == "late":
        with unit():
            commands.wake(actor=system("bench"), at=now)


def made(stage: str, now: datetime) -> Written:
    """What the commands wrote for one, of the process's own tables."""
    turns = life(now)
    with watched() as written:
        make(stage, now, turns)
    written.rows = {table: written.rows[table] for table in OWN if table in written.rows} | {"core_event": []}
    written.counts = {COUNTER: written.counts[COUNTER]}
    return written


def moulds(now: datetime) -> dict[str, Stamp]:
    """A mould of each stage; the late one first, so that waking wakes no other.

    Made once per installation: watching what is written reads all tables, which should still be small.
    """
    path, at = settings.NGOMON_HOME / "step_moulds.pickle", now.replace(microsecond=123_457)
    if not path.exists():
        path.write_bytes(pickle.dumps((at, {stage: made(stage, at) for stage in STAGES})))
    at, written = pickle.loads(path.read_bytes())
    return {stage: Stamp(found, NUMBER, at=at) for stage, found in written.items()}


class Loader:
    """Stamps processes, each for one of the city's agencies."""

    def __init__(self, stamps: dict[str, Stamp], agency: str, agencies: Sequence[str]) -> None:
        self._stamps, self._agency, self._agencies = stamps, agency, agencies
        self._n = 0

    def stamp(self, stage: str) -> tuple[dict[str, list[Row]], Counter[tuple[Row, int]]]:
        """The rows of one more process, and by how much it moves the counts."""
        self._n += 1
        mould, agency = self._stamps[stage], self._agencies[self._n % len(self._agencies)]
        ids = [uuid7() for _ in range(mould.n_ids)]
        change = Change(ids, NUMBER, STEP * (self._n % 250_000), 0.0, 0.0, 0, None)
        rows = {
            table: [tuple(agency if value == self._agency else value for value in row) for row in found]
            for table, found in mould.rows(change)
            if found
        }
        moved: Counter[tuple[Row, int]] = Counter()
        for key, values in mould.counts[COUNTER].items():
            theirs = (agency if key[0] == self._agency else key[0], *key[1:])
            for n, value in enumerate(values):
                moved[theirs, n] += value
        return rows, moved

    def load(self, n: int) -> None:
        """So many more, in batches."""
        for begin in range(0, n, BATCH):
            rows: dict[str, list[Row]] = {}
            moved: Counter[tuple[Row, int]] = Counter()
            columns: dict[str, tuple[str, ...]] = {}
            for i in range(begin, min(n, begin + BATCH)):
                stage = MIX[i % len(MIX)]
                found, counts = self.stamp(stage)
                columns |= self._stamps[stage].columns
                for table, some in found.items():
                    rows.setdefault(table, []).extend(some)
                for key, value in counts.items():
                    moved[key] += value
            with transaction.atomic():
                for table in OWN:
                    if table in rows:
                        loading.write(table, columns[table], rows[table])
                loading.move(COUNTER, moved)


def timed(do: Callable[[], Any], times: int) -> dict[str, float]:
    """Per time: CPU of this process, and how long it took."""
    do()
    cpu, began = time.process_time(), time.perf_counter()
    for _ in range(times):
        do()
    took, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    return {"ms": took * 1000 / times, "cpu_ms": cpu_s * 1000 / times}


def measured(now: datetime) -> dict[str, Any]:
    """The totals beside a recount, a bare count of what is open by its index, and what a step costs among so many."""
    raw = opened()
    bare = "SELECT agency, COUNT(*) FROM processes_instance WHERE ended_at IS NULL GROUP BY agency"
    turns, several, spent = life(now), [start(now) for _ in range(60)], Spent()
    for turn in turns[:3]:
        spend(spent, len(several), lambda t=turn: [act(of, t, now) for of in several])
    assert totals() == recounted()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM processes_instance")
        n = cursor.fetchone()[0]
    return {
        "n": n,
        "lines": len(totals()),
        "totals": timed(totals, 20),
        "recount": timed(recounted, 1),
        "bare": timed(lambda: raw.execute(bare).fetchall(), 20),
        "step": spent.told(),
    }


def main() -> None:
    """Load up to as many as named, and measure."""
    began, now = time.monotonic(), clock.now()
    agency = str(life(now)[0].said["agency"])
    agencies = sorted(each.key for each in directory.agencies())
    stamps = moulds(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM processes_instance")
        there = cursor.fetchone()[0]
    Loader(stamps, agency, agencies).load(int(sys.argv[1]) - there)
    took = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    sys.stdout.write(json.dumps(measured(now) | {"load_s": took}) + "\n")


if __name__ == "__main__":
    main()
