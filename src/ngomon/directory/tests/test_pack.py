"""Loading a pack: once, whole, upgraded with a diff, staff edits standing, errors by file and line."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ngomon.core.audit import AuditRow
from ngomon.core.errors import Conflict, Refused
from ngomon.core.events import read_log
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import commands, queries
from ngomon.directory.terms import InvalidData

from .conftest import ADMIN, AT, CLERK, SYSTEM, Folder

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_pack_is_loaded_and_read_back(city):
    assert queries.city().name["en"] == "Small City"
    assert [a.key for a in queries.areas(kind="ward")] == ["102", "101"]
    assert queries.category("pothole").words == ("ổ gà", "o ga", "hố")
    assert queries.agency("ward-103").size == "small"
    assert queries.edition() == 1


def test_loading_again_writes_nothing(city, django_assert_max_num_queries):
    settle()
    before = AuditRow.objects.count(), len(read_log(0, limit=10_000))
    diff = city.load()
    settle()
    assert diff.is_empty
    assert (AuditRow.objects.count(), len(read_log(0, limit=10_000))) == before
    assert queries.edition() == 1


def test_an_upgrade_says_what_it_did_and_a_dry_run_says_the_same(city):
    city.change("city.toml", "2026.1", "2026.2")
    city.change("categories.csv", "timed,3,,", "timed,5,,")
    city.change("places.csv", "dong-ba,Chợ Đông Ba", "dong-ba,Chợ Đông Ba (mới)")
    city.change(
        "answers.csv",
        "ack-street,acknowledge,street,Đã nhận về đường {case}.,Received about the road {case}.\n",
        "",
    )
    city.change(
        "agencies.csv",
        "ward-103,UBND xã Bình Điền,Binh Dien Commune Committee,Bình Điền,Binh Dien,ward_committee,,103,small,,,2025-07-01,,,,\n",
        "water,Công ty nước,Water Company,Nước,Water,utility,,,normal,,,,,,,\n",
    )
    foreseen = commands.pack_diff(city.path, at=AT)
    assert queries.category("lamp").budget_days == 3
    diff = city.load()
    assert diff == foreseen
    assert (diff.from_version, diff.to_version) == ("2026.1", "2026.2")
    assert [(c.table, c.key) for c in diff.added] == [("agencies", "water")]
    assert {(c.table, c.key) for c in diff.changed} == {
        ("city", "small"),
        ("categories", "lamp"),
        ("places", "dong-ba"),
    }
    assert dict(diff.changed[1].fields) == {"budget_days": (3, 5)}
    assert [(c.table, c.key) for c in diff.closed] == [("agencies", "ward-103")]
    assert [(c.table, c.key) for c in diff.removed] == [("answers", "ack-street")]
    assert queries.agency("ward-103").valid_to == date(2026, 11, 24)
    assert queries.category("lamp").budget_days == 5
    assert city.load().is_empty


def test_a_row_that_comes_back_is_open_again(city):
    row = "ward-103,UBND xã Bình Điền,Binh Dien Commune Committee,Bình Điền,Binh Dien,ward_committee,,103,small,,,2025-07-01,,,,\n"
    city.change("agencies.csv", row, "")
    city.load()
    (city.path / "agencies.csv").open("a", encoding="utf-8").write(row)
    city.load(at=AT + timedelta(days=3))
    assert queries.agency("ward-103").valid_to is None


def test_staff_edits_stand_until_the_pack_manages_the_field(city):
    with unit():
        commands.edit_agency("roads", {"phone": "0234 1"}, actor=ADMIN, at=AT)
        commands.edit_category("lamp", {"budget_days": 4}, actor=ADMIN, at=AT)
    assert city.load().is_empty
    city.change("categories.csv", "timed,3,,", "timed,6,,")
    city.change("agencies.csv", "Construction,department", "Construction,centre")
    diff = city.load()
    assert [(k.key, dict(k.fields)) for k in diff.kept] == [("lamp", {"budget_days": (4, 6)})]
    assert queries.category("lamp").budget_days == 4
    assert (queries.agency("roads").phone, queries.agency("roads").kind) == ("0234 1", "centre")
    assert city.load().is_empty


def test_every_error_is_named_with_file_and_line_and_nothing_is_loaded(folder):
    folder.change("city.toml", 'timezone = "Asia/Ho_Chi_Minh"', 'timezone = "Asia/Hue"')
    folder.change("categories.csv", "timed,3,,", "timed,three,,")
    folder.change("agencies.csv", "2025-03-01,roads", "2025-03-41,roads")
    folder.change("areas.csv", "102,ward", "101,ward")
    folder.change("calendar.csv", "2026-01-10,working", "2026-01-10,perhaps")
    folder.change("places.csv", "dong-ba,", "Đông Ba,")
    with pytest.raises(InvalidData) as caught:
        folder.load()
    found = {(p.where, p.line, p.column, p.code.rsplit(".", 1)[1]) for p in caught.value.problems}
    assert found == {
        ("city.toml", 4, "timezone", "bad_setting"),
        ("categories.csv", 4, "budget_days", "bad_number"),
        ("agencies.csv", 4, "valid_to", "bad_date"),
        ("areas.csv", 4, "key", "twice"),
        ("calendar.csv", 3, "kind", "not_one_of"),
        ("places.csv", 4, "key", "bad_key"),
    }
    assert queries.edition() == 0
    said = {queries.problem_in_words(p, "vi") for p in caught.value.problems}
    assert "categories.csv:4:budget_days “three” không phải số." in said


def test_references_that_lead_nowhere_are_named(folder):
    folder.change("categories.csv", "lamp,street", "lamp,streets")
    folder.change("routing.csv", "street,*,transport", "street,*,transports")
    folder.change("agencies.csv", "2025-03-01,roads", "2025-03-01,road")
    folder.change("places.csv", "16.47,102,own", "16.47,999,own")
    folder.change("categories.csv", "instant,,5,", "instant,,,")
    with pytest.raises(InvalidData) as caught:
        folder.load()
    found = {(p.where, p.line, p.column, p.code.rsplit(".", 1)[1]) for p in caught.value.problems}
    assert found == {
        ("categories.csv", 4, "parent", "unknown"),
        ("routing.csv", 3, "agency", "unknown"),
        ("agencies.csv", 4, "successor", "unknown"),
        ("places.csv", 4, "area", "unknown"),
        ("categories.csv", 6, "budget_minutes", "leaf_without_budget"),
    }


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("city.toml", "key = [", "bad_toml"),
        ("areas.csv", "key,kind\n", "no_column"),
        ("areas.csv", "", "no_header"),
        ("areas.geojson", "{", "bad_geojson"),
        ("areas.geojson", "[1]", "bad_geojson"),
        ("areas.geojson", '{"features": 7}', "bad_geojson"),
        ("areas.geojson", "[" * 100_000, "bad_geojson"),
        ("areas.geojson", '{"features": [{"properties": [1], "geometry": {}}]}', "bad_shape"),
        ("areas.geojson", '{"features": {"a": 1}}', "bad_shape"),
        ("areas.geojson", '{"features": [{"properties": {"code": "101"}, "geometry": null}]}', "bad_shape"),
        ("areas.geojson", '{"features": [7]}', "bad_shape"),
        ("routing.csv", 'category,area,agency,why_vi\n"a', "bad_csv"),
        ("routing.csv", "category,area,agency,why_vi\na,b\n", "cells"),
        ("routing.csv", "category,area,agency,why_vi,color\n", "strange_column"),
        ("routing.csv", "category,area,agency,why_vi,why_vi\n", "twice"),
    ],
)
def test_broken_files_are_refused_in_words(folder, name, content, code):
    (folder.path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InvalidData) as caught:
        folder.load()
    assert f"directory.pack.{code}" in {p.code for p in caught.value.problems}
    assert name in str(caught.value)


def test_latin_text_and_a_missing_file_are_refused_in_words(folder):
    (folder.path / "areas.csv").write_bytes("key,kind\n1,é\n".encode("latin-1"))
    (folder.path / "agencies.csv").unlink()
    with pytest.raises(InvalidData) as caught:
        folder.load()
    found = {(p.where, p.line, p.code.rsplit(".", 1)[1]) for p in caught.value.problems}
    assert {("areas.csv", 2, "not_utf8"), ("agencies.csv", 0, "no_file")} <= found


def test_another_city_is_refused_and_so_is_a_clerk(city, tmp_path_factory):
    other = Folder(tmp_path_factory.mktemp("other"))
    other.change("city.toml", 'key = "small"', 'key = "large"')
    with pytest.raises(Conflict):
        other.load()
    with pytest.raises(Refused):
        city.load(actor=CLERK)


def test_a_reorganisation_in_the_pack_announces_the_successor_once(city):
    settle()
    start = len(read_log(0, limit=10_000))
    city.change(
        "agencies.csv",
        "ward_committee,,103,small,,,2025-07-01,,,,",
        "ward_committee,,103,small,,,2025-07-01,2026-11-01,ward-102,,",
    )
    city.load()
    city.load()
    settle()
    told = [r.event for r in read_log(0, limit=10_000)[start:] if r.kind == "directory.agency_succeeded"]
    assert [(e.agency, e.successor) for e in told] == [("ward-103", "ward-102")]


def test_a_changed_day_is_told_so_that_deadlines_can_move(city):
    city.change(
        "calendar.csv",
        "2026-01-10,working,Làm bù,Working Saturday,Quyết định của Thủ tướng,2025-12-01\n",
        "2026-01-17,working,Làm bù,Working Saturday,Quyết định,2025-12-01\n",
    )
    city.load()
    settle()
    told = [r.event for r in read_log(0, limit=10_000) if r.kind == "directory.calendar_decided"]
    assert {(e.day, e.is_working) for e in told} == {("2026-01-17", True), ("2026-01-10", False)}
    assert not queries.working_calendar().is_working_day(date(2026, 1, 10))


def test_a_load_that_fails_later_in_its_unit_leaves_nothing_behind(folder):
    with pytest.raises(LookupError), unit():
        commands.load_pack(folder.path, actor=SYSTEM, at=AT)
        assert queries.city().key == "small"
        raise LookupError
    assert queries.edition() == 0
