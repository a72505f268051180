"""Whatever stands in a pack's files, reading it ends in a pack or in a list of problems, never in a crash."""

from __future__ import annotations

import io
import tomllib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from ngomon.directory.city import read_city
from ngomon.directory.pack import read_pack, shape_fault
from ngomon.directory.terms import InvalidData
from ngomon.directory.workbook import read_workbook

from .conftest import FILES, Folder

ODD = st.sampled_from(
    [
        "",
        ",",
        ";",
        '"',
        "\n",
        "\r",
        "\x00",
        "NaN",
        "inf",
        "1e999",
        "-1",
        "{}",
        "[]",
        "null",
        "vi",
        "=",
        "\ufeff",
        "đ",
        "9" * 400,
    ]
)
NAMES = [*sorted(FILES), "areas.geojson", "boundary.geojson"]


def taken(read, given):
    try:
        return (), read(given)
    except InvalidData as error:
        return error.problems, None


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), ODD), min_size=1, max_size=4),
)
def test_a_damaged_pack_is_read_or_refused(tmp_path, name, cuts):
    folder = Folder(tmp_path)
    content = (folder.path / name).read_text(encoding="utf-8")
    for where, width, odd in cuts:
        at = int(where * len(content))
        content = content[:at] + odd + content[at + width :]
    (folder.path / name).write_text(content, encoding="utf-8", newline="")
    problems, pack = taken(read_pack, folder.path)
    assert problems or pack.key


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.floats(0, 1))
def test_a_damaged_workbook_is_read_or_refused(junk, where):
    book = Workbook()
    book.active.title = "Cơ quan"
    book.active.append(["key", "name_vi", "kind"])
    book.active.append(["a", "A", "centre"])
    out = io.BytesIO()
    book.save(out)
    whole = out.getvalue()
    at = int(where * len(whole))
    problems, rows = taken(read_workbook, whole[:at] + junk + whole[at + len(junk) :])
    assert problems or set(rows.agencies) <= {"a"}


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.dates()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
BODY = tomllib.loads(FILES["city.toml"])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BODY)), VALUES)
def test_a_setting_of_any_kind_is_read_or_named(name, value):
    city, faults = read_city({**BODY, name: value})
    assert all(code.startswith("directory.pack.") for _, code in faults)
    assert len(city.working_hours) == 7


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_geojson_of_any_shape_is_read_or_named(value):
    feature = {"type": "Feature", "properties": {"code": "101"}, "geometry": value}
    assert shape_fault(feature)
    assert shape_fault(value)
