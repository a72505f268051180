"""A routing table that is only tried out: read from a file, checked against the city in force, asked like the one in force."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ngomon.directory import snapshot, terms
from ngomon.directory.rules import AT_PLACE
from ngomon.directory.sheet import Problems, Sheet
from ngomon.directory.tables import TABLES, Row

RoutingTable = Mapping[str, tuple[terms.RoutingRule, ...]]
"""Rules by the category that they name ("*" for any), in the table's order."""


def read_routing(content: bytes, file: str = "routing.csv") -> RoutingTable:
    """A routing table from a CSV file in the pack's format. Raises: InvalidData with every problem and its line."""
    problems = Problems()
    rows, lines = _rows(content, file, problems)
    known = snapshot.current()
    found: dict[str, list[terms.RoutingRule]] = defaultdict(list)
    for n, (key, row) in enumerate(rows.items(), 1):
        for column, is_known in _named(row, known):
            if not is_known:
                problems.add(file, lines[key], column, "directory.pack.unknown", value=row[column], file="")
        found[row["category"]].append(_rule(n, row))
    if problems:
        raise terms.InvalidData("directory.pack.invalid", tuple(problems))
    return {category: tuple(rules) for category, rules in found.items()}


def _rows(content: bytes, file: str, problems: Problems) -> tuple[dict[str, Row], dict[str, int]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(file, content[: error.start].count(b"\n") + 1, "", "directory.pack.not_utf8")
        return {}, {}
    city = snapshot.the_city(snapshot.current())
    sheet = Sheet(TABLES["routing"], file, city.languages, problems)
    return sheet.read(_lines(text, file, problems))


def _lines(text: str, file: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(file, reader.line_num, "", "directory.pack.bad_csv", reason=str(error))


def _named(row: Row, known: snapshot.Snapshot) -> Iterator[tuple[str, bool]]:
    """Each column that names something of the city, and whether that is there."""
    area = row["area"]
    yield "category", row["category"] == "*" or row["category"] in known.categories
    yield "area", area == "*" or area.startswith("kind:") or area in known.areas
    yield "agency", row["agency"] in AT_PLACE or row["agency"] in known.agencies


def _rule(n: int, row: Row) -> terms.RoutingRule:
    return terms.RoutingRule(
        id=n,
        category=row["category"],
        area=row["area"],
        agency=row["agency"],
        why=row["why"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        source=row["source"],
    )


def _day(cell: Any) -> date | None:
    return date.fromisoformat(cell) if cell else None
