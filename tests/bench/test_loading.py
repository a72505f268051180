"""Cases that benches load in bulk are rows that commands would have written."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from bench.loading import Loader, Sample, Staff, made_by_commands, make, moulds
from bench.rows import Change, Written, tables, watched

from ngomon.cases import queries
from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.text import words
from ngomon.core.worker import open_cursors, settle
from tests.faults import inside

pytestmark = pytest.mark.django_db(transaction=True)
# What differs between two cases of the same content made by commands: secrets and their hashes, running numbers.
SECRET = {
    "salt",
    "commitment",
    "sealed",
    "claim_blind",
    "kin",
    "number",
    "tail",
    "of_label",
    "of_url",
    "position",
    "seq",
    "cell",
}
AUTOMATIC = {("core_search", "id"), ("processes_ledger", "id")}


def plain(rows: dict[str, list[tuple[Any, ...]]], number: str) -> dict[str, list[tuple[Any, ...]]]:
    """Rows with identifiers replaced by the order in which they come, numbers by N, secrets by their length."""
    known: dict[str, str] = {}

    def token(match: re.Match[str]) -> str:
        return known.setdefault(match[0].replace("-", ""), f"#{len(known)}")

    def value(table: str, column: str, raw: Any) -> Any:
        if (table, column) in AUTOMATIC:
            return None
        if column in SECRET:
            return len(raw) if isinstance(raw, str) else None
        if isinstance(raw, UUID):
            raw = raw.hex
        if not isinstance(raw, str):
            return raw
        raw = re.sub(r"gAAAAA[\w-]+=*", "sealed", raw)
        raw = raw.replace(number, "N").replace(" ".join(words(number)), "N")
        return re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}", token, raw)

    found = {}
    for table in sorted(rows):
        columns = tables()[table]
        order = columns.index("seq") if "seq" in columns else None
        ordered = sorted(rows[table], key=lambda row: row[order]) if order is not None else rows[table]
        found[table] = [
            tuple(value(table, c, v) for c, v in zip(columns, row, strict=True)) for row in ordered
        ]
    return found


def stamped(loader: Loader, which: int) -> tuple[Change, Written]:
    """One case loaded after a mould, as it stands in the database."""
    drawn: list[Change] = []
    take = loader.stamp
    loader.stamp = lambda n: drawn.append((got := take(which))[0]) or got  # type: ignore[method-assign,func-returns-value]
    try:
        with watched() as written:
            loader.load(1)
    finally:
        loader.stamp = take  # type: ignore[method-assign]
    return drawn[0], written


def again(sample: Sample, change: Change, staff: Staff) -> tuple[str, Written]:
    """The same case by commands, at the moment and place of the stamped one."""
    like = replace(sample, lon=change.lon, lat=change.lat, at=sample.at + change.moved)
    with watched() as written:
        number = make(like, staff)
    return number, written


def without_numbers(counts: dict[str, dict[Any, Any]]) -> dict[str, dict[Any, Any]]:
    return {t: {k: v for k, v in c.items() if not str(k[0]).startswith("number:")} for t, c in counts.items()}


def test_loaded_rows_equal_those_of_the_commands(city):
    open_cursors()
    settle()
    at = clock.now()
    staff, made = Staff(at), moulds(made_by_commands(14, at))
    settle()
    for which in range(7):
        loader = Loader([made[which]])
        change, loaded = stamped(loader, 0)
        number, commanded = again(made[which][0], change, staff)
        settle()
        assert plain(loaded.rows, change.number) == plain(commanded.rows, number), made[which][0].stage
        assert without_numbers(loaded.counts) == without_numbers(commanded.counts)


def test_loaded_cases_are_counted_found_and_go_on(city):
    made = moulds(made_by_commands(14, clock.now()))
    settle()
    Loader(made).load(60)
    settle()
    assert Case.objects.count() == 74
    assert inside._tallies() == []
    assert inside._standings() == []
    assert inside._log() == []
    case = Case.objects.filter(step="verify").order_by("-id").first()
    assert case is not None
    assert case.number in [line.number for line in queries.find_cases(case.tail, actor=city.ha)]
    assert case.number in [line.number for line in queries.find_cases(case.number, actor=city.ha)]
    line = city.act(city.ha, case.id, "route", agency=city.agency, why="Đường của phường")
    assert line.agency == city.agency
    settle()
    assert inside._tallies() == []
    assert inside._log() == []
