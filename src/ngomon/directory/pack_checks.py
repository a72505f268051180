"""Do the rows of a pack fit together? Everything that names what is not there, or contradicts itself. No database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ngomon.core.retention import KEEP, KINDS
from ngomon.core.text import words
from ngomon.directory.oncall import ALL, WAITS
from ngomon.directory.rules import AT_PLACE
from ngomon.directory.tables import REFERENCES, TABLES, Row
from ngomon.directory.terms import Group, Problem

_CIRCLES = {"areas": ("parent",), "agencies": ("parent", "successor"), "categories": ("parent",)}


MAX_EXIT_KEY = 30
"""With `guided:` before it, a key is a case's outcome. Units: letters."""

Rows = Mapping[str, Mapping[str, Row]]


def check_references(
    rows: Rows, lines: Mapping[str, Mapping[str, int]], shapes: Mapping[str, str]
) -> list[Problem]:
    """Everything in a pack that names something that is not there, or contradicts itself."""
    check = _References(rows, lines)
    for table, keys in rows.items():
        for key in keys:
            check.names(table, key)
            check.dates(table, key)
            check.circles(table, key)
    check.areas(shapes)
    check.categories()
    check.routing()
    check.exits()
    check.plates()
    check.retention()
    check.oncall()
    return check.problems


class _References:
    def __init__(self, rows: Rows, lines: Mapping[str, Mapping[str, int]]) -> None:
        self.rows = rows
        self.lines = lines
        self.problems: list[Problem] = []

    def _bad(self, table: str, key: str, column: str, code: str, **values: Any) -> None:
        line = self.lines[table].get(key, 0)
        self.problems.append(Problem(TABLES[table].file, line, column, code, values))

    def _unknown(self, table: str, key: str, column: str, value: str, target: str) -> None:
        if value and value not in self.rows[target]:
            self._bad(table, key, column, "directory.pack.unknown", value=value, file=TABLES[target].file)

    def names(self, table: str, key: str) -> None:
        row = self.rows[table][key]
        for column, target in REFERENCES.get(table, {}).items():
            if row[column] != "*":
                self._unknown(table, key, column, row[column], target)

    def dates(self, table: str, key: str) -> None:
        row = self.rows[table][key]
        starts, ends = row.get("valid_from"), row.get("valid_to")
        if starts and ends and starts > ends:
            self._bad(table, key, "valid_to", "directory.pack.ends_before_start")

    def circles(self, table: str, key: str) -> None:
        rows = self.rows[table]
        for column in _CIRCLES.get(table, ()):
            seen, step = {key}, key
            while step in rows and rows[step][column]:
                step = rows[step][column]
                if step in seen:
                    self._bad(table, key, column, "directory.pack.circle", value=step)
                    break
                seen.add(step)

    def areas(self, shapes: Mapping[str, str]) -> None:
        for key, row in self.rows["areas"].items():
            for successor in row["successor"].split():
                self._unknown("areas", key, "successor", successor, "areas")
        for code in shapes:
            if code not in self.rows["areas"]:
                values = {"value": code, "file": "areas.csv"}
                self.problems.append(Problem("areas.geojson", 0, "code", "directory.pack.unknown", values))

    def categories(self) -> None:
        rows = self.rows["categories"]
        parents = {row["parent"] for row in rows.values()}
        for key, row in rows.items():
            if key in parents:
                continue
            if not row["group"]:
                self._bad("categories", key, "group", "directory.pack.leaf_without_group")
            elif row["group"] == Group.INSTANT and not row["budget_minutes"]:
                self._bad("categories", key, "budget_minutes", "directory.pack.leaf_without_budget")
            elif row["group"] in {Group.TIMED, Group.QUESTION} and not row["budget_days"]:
                self._bad("categories", key, "budget_days", "directory.pack.leaf_without_budget")

    def exits(self) -> None:
        for key, row in self.rows.get("exits", {}).items():
            if not row["where"]:
                self._bad("exits", key, "where", "directory.pack.empty")
            if len(key) > MAX_EXIT_KEY:
                self._bad("exits", key, "key", "directory.pack.bad_key", value=key)

    def routing(self) -> None:
        for key, row in self.rows["routing"].items():
            if row["area"] != "*" and not row["area"].startswith("kind:"):
                self._unknown("routing", key, "area", row["area"], "areas")
            if row["agency"] not in AT_PLACE:
                self._unknown("routing", key, "agency", row["agency"], "agencies")

    def plates(self) -> None:
        """Two things with one plate could not be told apart by it."""
        seen: dict[str, str] = {}
        for key, row in self.rows["assets"].items():
            first = seen.setdefault("".join(words(row["plate"])), key)
            if first != key:
                self._bad(
                    "assets", key, "plate", "directory.pack.plate_twice", value=row["plate"], other=first
                )

    def oncall(self) -> None:
        """Minutes are not negative, and the next contact is not called at the same instant as the first."""
        for key, row in self.rows.get("oncall", {}).items():
            if row["agency"] != ALL:
                self._unknown("oncall", key, "agency", row["agency"], "agencies")
            least = 0.1 if row["way"] in WAITS else 0.0
            if row["after_minutes"] < least:
                value = row["after_minutes"]
                self._bad("oncall", key, "after_minutes", "directory.pack.bad_number", value=value)

    def retention(self) -> None:
        """A kind can be destroyed in its own way only, from its own event, after a time that is not negative."""
        for key, row in self.rows["retention"].items():
            kind = KINDS[row["what"]]
            for column, allowed in (("event", {kind.event}), ("then", {kind.then, KEEP})):
                if row[column] not in allowed:
                    words_of = ", ".join(sorted(allowed))
                    self._bad(
                        "retention",
                        key,
                        column,
                        "directory.pack.not_one_of",
                        value=row[column],
                        allowed=words_of,
                    )
            if row["months"] < 0:
                self._bad("retention", key, "months", "directory.pack.bad_number", value=row["months"])
