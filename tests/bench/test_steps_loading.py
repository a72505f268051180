"""Processes that benches load in bulk are rows that commands would have written, and the counts stay equal to a recount."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bench.rows import tables
from bench.steps_loading import COUNTER, MIX, OWN, STAGES, Loader, made, moulds

from bench import steps_loading
from ngomon.core import clock
from ngomon.processes.models import Instance
from ngomon.processes.totals import recounted, totals

pytestmark = pytest.mark.django_db(transaction=True)


def test_loaded_rows_equal_those_of_the_commands(city, settings, tmp_path):
    settings.NGOMON_HOME = tmp_path
    now = clock.now()
    stamps = moulds(now)
    at = now.replace(microsecond=123_457)
    agency = str(steps_loading.life(now)[0].said["agency"])
    # The late one anew is made last: waking it then wakes what else is late.
    for stage in [each for each in STAGES if each != "late"]:
        loader = Loader(stamps, agency, [agency])
        steps_loading.STEP = timedelta()
        rows, moved = loader.stamp(stage)
        anew = made(stage, at)
        assert set(rows) == {table for table in OWN if table in anew.rows}
        for table in rows:
            kept = [tables()[table].index(name) for name in stamps[stage].columns[table]]
            theirs = [tuple(row[n] for n in kept) for row in anew.rows[table]]
            names = stamps[stage].columns[table]
            assert _shape(rows[table], names) == _shape(theirs, names), (stage, table)
        assert {key: n for key, n in moved.items() if n} == {
            (key, i): n for key, values in anew.counts[COUNTER].items() for i, n in enumerate(values) if n
        }


def _shape(rows: list[tuple[Any, ...]], names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Rows with identifiers and instants as words for their kind, in an order of their own."""
    found = []
    for row in rows:
        line = []
        for name, value in zip(names, row, strict=True):
            is_id = name in {"id", "instance_id", "of_key", "task"}
            line.append("id" if is_id else "" if value is None else str(value))
        found.append(tuple(line))
    return sorted(found)


def test_totals_of_loaded_processes_equal_a_recount(city, settings, tmp_path):
    settings.NGOMON_HOME = tmp_path
    now = clock.now()
    agency = str(steps_loading.life(now)[0].said["agency"])
    stamps = moulds(now)
    there = Instance.objects.count()
    Loader(stamps, agency, [agency, "a", "b"]).load(3 * len(MIX))
    assert Instance.objects.count() == there + 3 * len(MIX)
    assert totals() == recounted()
    found = totals()
    assert {line.agency for line in found} >= {agency, "a", "b"}
    assert sum(line.ended for line in found) > sum(line.ended_late for line in found) > 0
    assert sum(line.open for line in found) > sum(line.late for line in found) > 0
