"""Reads and writes the workbook (.xlsx) by which a city hands in its agencies and officers: two sheets. No database.

Headings are the columns' names, or their Vietnamese as `HEADINGS` has them; tone marks and case do not matter.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook as Book
from openpyxl import load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from ngomon.core.text import fold
from ngomon.directory.sheet import Problems, Sheet
from ngomon.directory.tables import OFFICERS, TABLES, Row
from ngomon.directory.terms import Agency, InvalidData

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ROWS = 5000
MAX_COLUMNS = 40
SHEETS = {"agencies": ("agencies", "co quan"), "officers": ("officers", "can bo")}
HEADINGS = {
    "ma": "key",
    "ten": "name_vi",
    "ten tieng anh": "name_en",
    "ten viet tat": "short_vi",
    "ten viet tat tieng anh": "short_en",
    "loai": "kind",
    "truc thuoc": "parent",
    "dia ban": "area",
    "quy mo": "size",
    "thu dien tu": "email",
    "dien thoai": "phone",
    "tu ngay": "valid_from",
    "den ngay": "valid_to",
    "co quan ke thua": "successor",
    "nguon": "source",
    "can cu": "legal",
    "ho va ten": "name",
    "ten goi": "given_name",
    "co quan": "agency",
    "vai tro": "role",
    "vi tri": "seat",
    "chinh": "primary",
    "thay the cho": "substitute_for",
    "chuc danh": "title_vi",
    "chuc danh tieng anh": "title_en",
}


@dataclass(frozen=True, slots=True)
class WorkbookRows:
    """A workbook as read: rows by key with their line; of agencies only the cells that are filled in."""

    agencies: Mapping[str, Row]
    agency_lines: Mapping[str, int]
    officers: Mapping[str, Row]
    officer_lines: Mapping[str, int]


def read_workbook(content: bytes) -> WorkbookRows:
    """A workbook's two sheets. Raises: InvalidData with every problem by sheet, row and column."""
    problems = Problems()
    book = _open(content)
    try:
        found = {fold(sheet.title): sheet for sheet in book.worksheets}
        read: dict[str, tuple[dict[str, Row], dict[str, int]]] = {}
        for name, table in (("agencies", TABLES["agencies"]), ("officers", OFFICERS)):
            sheet = next((found[title] for title in SHEETS[name] if title in found), None)
            if sheet is None:
                read[name] = {}, {}
                continue
            reader = Sheet(table, sheet.title, ("vi", "en"), problems)
            rows, lines = reader.read(_records(sheet, problems))
            if name == "agencies":
                rows = {key: _said(row, reader.filled[key]) for key, row in rows.items()}
            read[name] = rows, lines
    finally:
        book.close()
    if not any(title in found for titles in SHEETS.values() for title in titles):
        problems.add("", 0, "", "directory.workbook.no_sheet", names="Cơ quan, Cán bộ")
    if problems:
        raise InvalidData("directory.workbook.invalid", tuple(problems))
    return WorkbookRows(*read["agencies"], *read["officers"])


def _said(row: Row, filled: set[str]) -> Row:
    """What a row says: only the columns whose cell is not empty."""
    columns = {column.removesuffix("_vi").removesuffix("_en") for column in filled}
    return {column: value for column, value in row.items() if column in columns}


def _open(content: bytes) -> Any:
    """The workbook, when it is one and of bearable size. Raises: InvalidData."""
    problems = Problems()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if len(content) > MAX_BYTES or size > MAX_UNPACKED_BYTES:
            problems.add("", 0, "", "directory.workbook.too_big", mb=MAX_BYTES // 1024 // 1024)
        else:
            return load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception:
        problems.add("", 0, "", "directory.workbook.not_one")
    raise InvalidData("directory.workbook.invalid", tuple(problems))


def _records(sheet: Any, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    width = 0
    for line, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), 1):
        if line > MAX_ROWS:
            problems.add(sheet.title, line, "", "directory.workbook.too_many_rows", n=MAX_ROWS)
            return
        words = [_cell(cell) for cell in cells]
        if not width:
            if not any(words):
                continue
            words = [HEADINGS.get(fold(word), word.strip().lower()) for word in words]
            while words and not words[-1]:
                words.pop()
            width = len(words)
        yield line, (words + [""] * width)[:width]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_workbook(agencies: Iterable[Agency], officers: Iterable[Mapping[str, Any]] = ()) -> bytes:
    """A workbook to fill in: the agencies as they are, and the officers given, by the names of the sheet's columns."""
    book = Book()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Cơ quan"
    columns = ["key", "name_vi", "name_en", "short_vi", "short_en"]
    columns += [c for c in TABLES["agencies"].columns if c not in {"key", "source", "legal"}]
    sheet.append(columns)
    for agency in agencies:
        sheet.append([_field(agency, column) for column in columns])
    people = book.create_sheet("Cán bộ")
    headings = [*OFFICERS.columns, "title_vi", "title_en"]
    people.append(headings)
    for officer in officers:
        people.append([officer.get(column, "") for column in headings])
    for page in (sheet, people):
        page.freeze_panes = "A2"
        for number in range(1, page.max_column + 1):
            page.cell(1, number).font = Font(bold=True)
            page.column_dimensions[get_column_letter(number)].width = 22
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _field(agency: Agency, column: str) -> Any:
    for text in ("name", "short"):
        if column.startswith(f"{text}_"):
            return getattr(agency, text).get(column.removeprefix(f"{text}_"), "")
    return getattr(agency, column)
