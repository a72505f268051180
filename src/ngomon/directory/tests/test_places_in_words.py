"""What words about a place are understood to mean: circles, doubt shown, nothing invented; and the register of plates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ngomon.core.geo import distance_m
from ngomon.core.units import unit
from ngomon.directory import commands, place_evaluation, queries, snapshot
from ngomon.directory.terms import InvalidData, PartKind

from .conftest import AT, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 24)
PACKS = Path(__file__).resolve().parents[4] / "packs"
ASSETS = """key,kind,plate,name_vi,name_en,lon,lat,area,source
lamp-1,lamp,TĐ-12/045,Trụ đèn TĐ-12/045,Lamp TĐ-12/045,107.561,16.461,101,demo
pole-1,pole,473/12,Cột điện 473/12,Power pole 473/12,107.64,16.45,102,demo
"""
LOCALITIES = """thon-a,Kế Môn,Ke Mon,locality,,107.65,16.48,102,BK (±300 m)
thon-b,Kế Môn,Ke Mon,locality,,107.6,16.58,103,BK (±300 m)
"""


@pytest.fixture
def town(folder):
    (folder.path / "assets.csv").write_text(ASSETS, encoding="utf-8")
    places = folder.path / "places.csv"
    places.write_text(places.read_text(encoding="utf-8") + LOCALITIES, encoding="utf-8")
    folder.load()
    return folder


def _understood(words: str):
    return queries.understand_place(words, on=ON)


def test_a_street_in_its_ward_is_one_circle_as_wide_as_streets_are_long(town):
    found = _understood("số 3 kiệt 42/5 Lê Lợi, phường Thuận Hóa")
    (reading,) = found.readings
    assert (reading.lon, reading.lat, reading.area) == (107.56, 16.46, "101")
    assert 600 <= reading.radius_m <= 1_000
    assert reading.sentence["vi"] == (
        "Hiểu là: số 3 kiệt 42/5 Lê Lợi, phường Thuận Hóa, sai số khoảng 650 m."
    )
    assert reading.sentence["en"].startswith(
        "Understood as: no. 3 kiệt (lane) 42/5 Le Loi Street, Thuan Hoa Ward"
    )
    assert [p.kind for p in reading.parts] == ["house", "alley", "street", "ward"]
    assert found.sure(queries.place_limit_m()) is reading


def test_a_former_ward_takes_the_circle_of_the_ward_it_went_to(town):
    (reading,) = _understood("xã Phú Mậu cũ").readings
    assert reading.area == "102"
    assert "xã Phú Mậu cũ (nay là phường Phú Xuân)" in reading.sentence["vi"]
    assert reading.radius_m > 5_000
    assert _understood("xã Phú Mậu cũ").sure(1_000) is None


def test_one_name_in_two_communes_gives_both_and_the_ward_decides(town):
    both = _understood("thôn Kế Môn")
    assert {r.area for r in both.readings} == {"102", "103"}
    assert both.sure(10_000) is None
    assert "2 nơi" in both.advice["vi"]
    (one,) = _understood("thôn Kế Môn, xã Bình Điền").readings
    assert one.area == "103"


def test_a_landmark_is_narrower_than_its_street_and_its_relation_widens_it(town):
    (at,) = _understood("chợ Đông Ba").readings
    (before,) = _understood("trước chợ Đông Ba").readings
    (away,) = _understood("cách chợ Đông Ba 200m").readings
    assert at.radius_m < before.radius_m < away.radius_m


def test_a_plate_tells_the_place_within_metres(town):
    (reading,) = _understood("trụ đèn số tđ 12 045 trước chợ Đông Ba").readings[:1]
    assert (reading.source, reading.area, reading.parts[0].key) == ("asset", "101", "lamp-1")
    assert reading.radius_m <= 20
    assert "“Đông Ba”" in reading.sentence["vi"] or "“chợ Đông Ba”" in reading.sentence["vi"]


def test_an_unknown_street_is_said_and_only_the_ward_is_taken(town):
    (reading,) = _understood("đường Nguyễn Văn Siêu, phường Thuận Hóa").readings
    assert reading.area == "101"
    assert "Chưa biết “đường Nguyễn Văn Siêu”" in reading.sentence["vi"]
    assert reading.radius_m > 1_000
    nothing = _understood("đường Nguyễn Văn Siêu")
    assert nothing.readings == ()
    assert [p.kind for p in nothing.unknown] == [PartKind.UNKNOWN_STREET]
    assert "Nguyễn Văn Siêu" in nothing.advice["vi"]
    assert "touch the map" in nothing.advice["en"]


def test_a_contradiction_is_shown_and_never_settled_silently(town):
    found = _understood("chợ Đông Ba, phường Thuận Hóa")
    assert {r.area for r in found.readings} == {"101", "102"}
    assert all("không khớp" in r.sentence["vi"] for r in found.readings)


def test_words_that_name_nothing_get_advice(town):
    for words in ("", "chỗ hôm qua", "!!!", "0905123456", "ngoài đường"):
        found = _understood(words)
        assert found.readings == ()
        assert "bản đồ" in found.advice["vi"]


_WORDS = "12 42/5 kiệt số đường Lê Lợi phường Thuận Hóa cũ xã Phú Mậu chợ Đông Ba trước cách 200m , thôn Kế Môn trụ"
_SAID = st.lists(
    st.sampled_from([*_WORDS.split(), "TĐ-12/045"]) | st.text(max_size=6),
    max_size=14,
).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(_SAID)
def test_any_words_give_circles_within_reason(town, said):
    found = _understood(said)
    assert found.advice["vi"]
    for reading in found.readings:
        assert reading.radius_m > 0
        assert found.chosen(reading.key) == reading
        assert distance_m((reading.lon, reading.lat), (107.6, 16.5)) < 50_000
        assert reading.sentence["vi"].startswith("Hiểu là: ")


def test_plates_load_with_the_pack_once_and_are_upgraded(town):
    assert town.load().is_empty
    town.change("assets.csv", "107.561", "107.562")
    diff = town.load()
    assert [(c.table, c.key) for c in diff.changed] == [("assets", "lamp-1")]
    town.change("assets.csv", ASSETS.splitlines()[2] + "\n", "")
    assert [(c.table, c.key) for c in town.load().removed] == [("assets", "pole-1")]


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "code"),
    [
        ("473/12,Cột", "TĐ 12.045,Cột", 3, "plate", "directory.pack.plate_twice"),
        ("473/12,Cột", "không số,Cột", 3, "plate", "directory.pack.bad_plate"),
        ("107.561", "đâu đó", 2, "lon", "directory.pack.bad_number"),
        (",101,demo", ",999,demo", 2, "area", "directory.pack.unknown"),
    ],
)
def test_a_wrong_plate_is_refused_with_file_and_line(folder, before, after, line, column, code):
    (folder.path / "assets.csv").write_text(ASSETS.replace(before, after), encoding="utf-8")
    with pytest.raises(InvalidData) as refused:
        folder.load()
    problem = refused.value.problems[0]
    assert (problem.where, problem.line, problem.column, problem.code) == ("assets.csv", line, column, code)


def test_the_phrases_of_hue_are_understood_quickly():
    snapshot.forget()
    with unit():
        commands.load_pack(PACKS / "hue", actor=SYSTEM, at=AT)
    rows = place_evaluation.rows_of(PACKS / "hue/evaluation/places.csv")
    found = place_evaluation.report(place_evaluation.measured(rows, on=ON))
    snapshot.forget()
    assert found["phrases"] >= 150
    assert {"tune", "held_out"} == set(found["by_split"])
    assert found["by_split"]["held_out"]["right"] >= 0.9
    assert found["right_ward"] >= 0.95
    assert found["cpu_ms_per_resolution"] <= 2
