"""Reads the rows of one table, from CSV or a workbook's sheet, and gathers every problem with its line. No database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ngomon.core.text import clean
from ngomon.directory.tables import Bad, Required, Row, Table
from ngomon.directory.terms import Problem


class Problems(list[Problem]):
    """What is wrong, gathered."""

    def add(self, where: str, line: int, column: str, code: str, /, **values: Any) -> None:
        """One more thing is wrong there."""
        self.append(Problem(where, line, column, code, values))


class Sheet:
    """One table of a file, being read. `where` names it to people."""

    def __init__(self, table: Table, where: str, languages: tuple[str, ...], problems: Problems) -> None:
        self.table = table
        self.where = where
        self.problems = problems
        self.languages = tuple(dict.fromkeys(("vi", "en", *languages)))
        self.wanted = languages[0]
        self.header: list[str] = []
        self.filled: dict[str, set[str]] = {}

    def read(self, records: Iterable[tuple[int, list[str]]]) -> tuple[dict[str, Row], dict[str, int]]:
        """Rows by key, and the line of each; the first record is the header."""
        rows: dict[str, Row] = {}
        lines: dict[str, int] = {}
        is_first = True
        for line, cells in records:
            if is_first:
                is_first = False
                self.header = [self.table.other_names.get(c.strip(), c.strip()) for c in cells]
                if not self._is_header_good(line):
                    return {}, {}
                continue
            row = self._row(line, cells)
            if row is None:
                continue
            key = self.table.key(row)
            if key in rows:
                self.problems.add(self.where, line, "key", "directory.pack.twice", value=key, line=lines[key])
                continue
            rows[key], lines[key] = row, line
            named = zip(self.header, cells, strict=True)
            self.filled[key] = {column for column, cell in named if cell.strip()}
        if is_first:
            self.problems.add(self.where, 1, "", "directory.pack.no_header")
        return rows, lines

    def _is_header_good(self, line: int) -> bool:
        table, header = self.table, self.header
        texts = [f"{name}_{language}" for name in table.texts for language in self.languages]
        needed = [name for name, parse in table.columns.items() if isinstance(parse, Required)]
        missing = [name for name in needed if name not in header]
        if table.needs_text and not {f"{table.texts[0]}_{lang}" for lang in self.languages} & set(header):
            missing.append(f"{table.texts[0]}_{self.wanted}")
        strange = [name for name in header if name not in {*table.columns, *texts}]
        twice = sorted({name for name in header if header.count(name) > 1})
        wrong = {
            "directory.pack.no_column": missing,
            "directory.pack.strange_column": strange,
            "directory.pack.twice": twice,
        }
        for code, columns in wrong.items():
            for column in columns:
                self.problems.add(self.where, line, column, code, value=column, line=line)
        return not (missing or strange or twice)

    def _row(self, line: int, cells: list[str]) -> Row | None:
        if not any(cells):
            return None
        if len(cells) != len(self.header):
            values = {"n": len(cells), "expected": len(self.header)}
            self.problems.add(self.where, line, "", "directory.pack.cells", **values)
            return None
        return self._values(line, dict(zip(self.header, cells, strict=True)))

    def _values(self, line: int, cells: Mapping[str, str]) -> Row | None:
        before = len(self.problems)
        row: Row = {}
        for column, parse in self.table.columns.items():
            try:
                row[column] = parse(clean(cells.get(column, "")))
            except Bad as error:
                self.problems.add(self.where, line, column, error.code, **error.values)
        for text in self.table.texts:
            found = {lang: clean(cells.get(f"{text}_{lang}", "")) for lang in self.languages}
            row[text] = {language: words for language, words in found.items() if words}
        if self.table.needs_text and not row[self.table.texts[0]]:
            where = f"{self.table.texts[0]}_{self.wanted}"
            self.problems.add(self.where, line, where, "directory.pack.empty")
        return row if len(self.problems) == before else None
