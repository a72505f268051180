"""One workbook brings agencies and officers; what is wrong is named by sheet, row and column."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from ngomon.core.errors import Refused
from ngomon.core.units import unit
from ngomon.directory import commands, queries
from ngomon.directory.terms import InvalidData

from .conftest import ADMIN, AT, CLERK

pytestmark = pytest.mark.django_db(transaction=True)

AGENCIES = [
    ["Mã", "Tên", "Tên tiếng Anh", "Loại", "Địa bàn", "Điện thoại", "Từ ngày"],
    ["roads", "Sở Xây dựng thành phố", "Department of Construction", "department", None, "0234 3 822", None],
    ["water", "Công ty Cấp nước", "Water Company", "utility", None, 2343, date(2026, 1, 1)],
]
OFFICERS = [
    ["Thư điện tử", "Họ và tên", "Cơ quan", "Vai trò", "Điện thoại", "Chức danh", "Thay thế cho"],
    ["An@demo.invalid", "Nguyễn Văn An", "water", "agency_head", "+84900000001", "Giám đốc", None],
    ["binh@demo.invalid", "Trần Thị Bình", "water", "agency_clerk", None, None, None],
    ["cuc@demo.invalid", "Lê Thị Cúc", "water", "agency_head", None, None, "an@demo.invalid"],
    ["cuc@demo.invalid", "Lê Thị Cúc", "roads", "agency_officer", None, None, None],
]


def made(agencies=AGENCIES, officers=OFFICERS) -> bytes:
    book = Workbook()
    for title, rows in (("Cơ quan", agencies), ("Cán bộ", officers)):
        sheet = book.create_sheet(title)
        for row in rows or []:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def take(content: bytes, actor=ADMIN):
    rows = commands.read_workbook(content)
    with unit():
        return commands.import_workbook(rows, actor=actor, at=AT)


def problems(content: bytes) -> set:
    with pytest.raises(InvalidData) as caught:
        take(content)
    return {(p.where, p.line, p.column, p.code.removeprefix("directory.")) for p in caught.value.problems}


def test_a_workbook_brings_agencies_and_posts_and_hands_the_officers_on(city):
    result = take(made())
    assert (result.agencies_added, result.agencies_changed) == (("water",), ("roads",))
    assert queries.agency("water").phone == "2343"
    assert queries.agency("water").valid_from == date(2026, 1, 1)
    roads = queries.agency("roads")
    assert (roads.name["vi"], roads.valid_from) == ("Sở Xây dựng thành phố", date(2025, 3, 1))
    assert result.posts_added == 4
    head, _, substitute, other = result.officers
    assert (head.email, head.given_name, head.title) == ("an@demo.invalid", "An", {"vi": "Giám đốc"})
    assert queries.post(substitute.post).substitute_of == head.post
    assert (other.agency, other.line) == ("roads", 5)


def test_the_same_workbook_again_changes_nothing_and_names_the_same_posts(city):
    first = take(made())
    edition = queries.edition()
    again = take(made())
    assert (again.agencies_added, again.agencies_changed, again.posts_added) == ((), (), 0)
    assert [o.post for o in again.officers] == [o.post for o in first.officers]
    assert queries.edition() == edition


def test_a_workbook_we_wrote_comes_back_unchanged(city):
    content = commands.write_workbook(queries.agencies())
    assert load_workbook(io.BytesIO(content)).sheetnames == ["Cơ quan", "Cán bộ"]
    result = take(content)
    assert (result.agencies_added, result.agencies_changed, result.officers) == ((), (), ())


def test_every_problem_is_named_by_sheet_row_and_column(city):
    agencies = [
        *AGENCIES,
        ["Bad Key", "x", "x", "utility", None, None, None],
        ["gas", "x", "x", "shop", None, None, "soon"],
    ]
    officers = [
        *OFFICERS,
        ["nobody", "x", "water", "agency_head", None, None, None],
        [None, "x", "water", "Boss", None, None, None],
    ]
    assert problems(made(agencies, officers)) == {
        ("Cơ quan", 4, "key", "pack.bad_key"),
        ("Cơ quan", 5, "kind", "pack.not_one_of"),
        ("Cơ quan", 5, "valid_from", "pack.bad_date"),
        ("Cán bộ", 7, "email", "pack.empty"),
        ("Cán bộ", 7, "role", "post.bad_role"),
    }
    officers = [
        *OFFICERS,
        ["d@x.invalid", "x", "gas", "agency_head", None, None, None],
        ["nobody", "x", "water", "agency_head", None, None, None],
    ]
    agencies = [*AGENCIES, ["gas-2", "x", "x", "utility", "999", None, None]]
    assert problems(made(agencies, officers)) == {
        ("Cơ quan", 4, "area", "pack.unknown"),
        ("Cán bộ", 6, "agency", "pack.unknown"),
        ("Cán bộ", 7, "email", "workbook.bad_email"),
    }
    assert "water" not in {a.key for a in queries.agencies()}


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (70 * 1024 * 1024))
    return out.getvalue()


def empty_book() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_one"),
        (b"PK\x03\x04 no", "not_one"),
        (b"<html>", "not_one"),
        (b"a,b\n1,2\n", "not_one"),
        (bomb(), "too_big"),
        (empty_book(), "no_sheet"),
    ],
    ids=["empty", "cut", "html", "csv", "bomb", "no sheet"],
)
def test_what_is_no_workbook_is_refused_in_words(city, content, code):
    assert {code} == {p[3].removeprefix("workbook.") for p in problems(content)}


def test_a_clerk_may_not_import(city):
    with pytest.raises(Refused):
        take(made(), actor=CLERK)
