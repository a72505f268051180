"""Reads: from memory, by place and day, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from ngomon.core.errors import NotFound, Unavailable
from ngomon.core.units import unit
from ngomon.directory import commands, models, queries, snapshot
from ngomon.directory.terms import DutySlot

from .conftest import ADMIN, AT

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 24)


def test_reads_cost_no_sql_once_the_directory_is_in_memory(city, django_assert_num_queries):
    queries.city()
    with django_assert_num_queries(0):
        queries.city()
        queries.area_at(107.55, 16.45, ON)
        queries.route_for("pothole", "101", ON)
        queries.working_calendar().add_working_days(AT, 7)
        queries.categories(ON)
        queries.posts("roads")


def test_after_two_seconds_only_the_edition_is_asked_for(city, monkeypatch, django_assert_num_queries):
    queries.city()
    monkeypatch.setattr(snapshot, "RECHECK_S", -1.0)
    with django_assert_num_queries(1):
        queries.city()


def test_a_change_by_another_process_is_seen_at_the_next_look(city, monkeypatch):
    assert queries.category("lamp").budget_days == 3
    models.Category.objects.filter(key="lamp").update(budget_days=9)
    models.City.objects.update(edition=99)
    assert queries.category("lamp").budget_days == 3
    monkeypatch.setattr(snapshot, "RECHECK_S", -1.0)
    assert queries.category("lamp").budget_days == 9


def test_a_unit_sees_its_own_change_at_once_and_nobody_sees_one_rolled_back(city):
    with pytest.raises(LookupError), unit():
        commands.edit_category("lamp", {"budget_days": 9}, actor=ADMIN, at=AT)
        assert queries.category("lamp").budget_days == 9
        raise LookupError
    assert queries.category("lamp").budget_days == 3


def test_before_a_pack_is_loaded_the_city_is_unavailable(folder):
    with pytest.raises(Unavailable):
        queries.city()
    assert queries.area_at(107.55, 16.45, ON) is None
    assert queries.edition() == 0


@pytest.mark.parametrize(
    ("lon", "lat", "key"),
    [
        (107.55, 16.45, "101"),
        (107.65, 16.45, "102"),
        (107.6, 16.55, "103"),
        (107.703, 16.45, "102"),
        (107.72, 16.45, None),
        (107.75, 16.55, None),
        (2.35, 48.85, None),
        (float("nan"), 16.45, None),
        (float("inf"), 16.45, None),
    ],
)
def test_a_point_finds_its_area_and_the_shore_belongs_to_the_nearest(city, lon, lat, key):
    found = queries.area_at(lon, lat, ON)
    assert (found.key if found else None) == key
    assert queries.in_bounds(lon, lat) == (key is not None)


def test_an_area_that_is_not_in_force_yet_holds_nothing(city):
    assert queries.area_at(107.55, 16.45, date(2025, 6, 30)) is None
    assert queries.area_at(107.55, 16.45, date(2025, 7, 1)).key == "101"


def test_a_former_unit_is_found_without_tone_marks_and_leads_to_today(city):
    (found,) = queries.former_units("xa phu mau")
    assert found.area.name["vi"] == "Xã Phú Mậu"
    assert [a.key for a in found.successors] == ["102"]
    (district,) = queries.former_units("QUẬN CŨ")
    assert [a.key for a in district.successors] == ["101", "102"]
    assert queries.former_units("") == queries.former_units("nowhere") == []


def test_an_agency_stands_for_those_before_it(city):
    assert queries.successor_of("transport", date(2025, 2, 28)).key == "transport"
    assert queries.successor_of("transport", date(2025, 3, 1)).key == "roads"
    assert queries.successor_of("roads", date(2025, 2, 28)) is None
    assert queries.successor_of("nobody", ON) is None
    assert [a.key for a in queries.agencies(on=date(2025, 1, 1))] == ["transport", "office"]


@pytest.mark.parametrize(
    ("category", "area", "on", "agency", "why"),
    [
        (
            "lamp",
            "101",
            ON,
            "roads",
            "Sở Xây dựng quản lý đường: Đèn đường. (Sở Giao thông vận tải nay là Sở Xây dựng.)",
        ),
        ("lamp", "101", date(2025, 1, 5), "transport", "Sở Giao thông vận tải quản lý đường: Đèn đường."),
        ("pothole", "103", ON, "ward-103", "Đường xã do UBND xã Bình Điền quản lý."),
        ("pothole", "101", ON, "office", "Thí điểm tại Phường Thuận Hóa."),
        ("pothole", "101", date(2025, 12, 31), "roads", None),
        ("pothole", "102", ON, "roads", None),
        ("pothole", None, ON, "roads", None),
        ("fire", None, ON, "office", "Cháy báo Văn phòng Ủy ban."),
        ("danger", "102", ON, "ward-102", "UBND phường Phú Xuân quản lý địa bàn Phường Phú Xuân."),
    ],
)
def test_a_case_is_routed_by_category_place_and_day_and_says_why(city, category, area, on, agency, why):
    routing = queries.route_for(category, area, on)
    assert routing.agency == agency
    assert routing.rule > 0
    assert why is None or routing.why["vi"] == why
    assert "{" not in routing.why["en"]


def test_where_no_rule_answers_the_citys_office_decides(city):
    routing = queries.route_for("danger", None, ON)
    assert (routing.agency, routing.rule) == ("office", 0)
    assert "Văn phòng Ủy ban" in routing.why["vi"]
    assert "City Office" in routing.why["en"]
    with pytest.raises(NotFound):
        queries.route_for("nothing", "101", ON)


def test_categories_are_a_tree_whose_leaves_come_in_order(city):
    assert [c.key for c in queries.categories(ON)] == ["pothole", "lamp", "fire"]
    tree = queries.category_tree(ON)
    assert [(n.category.key, [c.category.key for c in n.children]) for n in tree] == [
        ("street", ["pothole", "lamp"]),
        ("danger", ["fire"]),
    ]


def test_the_calendar_holds_the_seed_and_the_packs_corrections(city):
    calendar = queries.working_calendar()
    assert not calendar.is_working_day(date(2026, 1, 2))
    assert calendar.is_working_day(date(2026, 1, 10))
    assert not calendar.is_working_day(date(2026, 2, 17))
    assert calendar.is_working_day(date(2025, 4, 26))
    names = {d.on: d.name["vi"] for d in queries.day_decisions(date(2026, 1, 1), date(2026, 1, 31))}
    assert names[date(2026, 1, 2)] == "Nghỉ hoán đổi"


def test_deadlines_of_the_public_record_come_out_of_the_loaded_calendar(city):
    calendar = queries.working_calendar()
    filed = datetime(2023, 1, 21, 3, 0, tzinfo=UTC)
    assert calendar.local_day(calendar.add_working_days(filed, 7)) == date(2023, 2, 6)
    filed = datetime(2022, 1, 17, 1, 39, tzinfo=UTC)
    assert calendar.local_day(calendar.add_working_days(filed, 7)) == date(2022, 1, 26)


def test_a_year_nobody_confirmed_warns_before_it_begins(city):
    assert queries.unconfirmed_years(datetime(2026, 6, 1, tzinfo=UTC)) == []
    assert queries.unconfirmed_years(AT) == [2027]
    with unit():
        commands.confirm_year(2027, actor=ADMIN, at=AT)
    assert queries.unconfirmed_years(AT) == []


def test_an_operator_is_told_of_unconfirmed_years_and_agencies_without_heir(city):
    (said,) = queries.warnings(AT, "en")
    assert "2027" in said
    row = "ward-103,UBND xã Bình Điền,Binh Dien Commune Committee,Bình Điền,Binh Dien,ward_committee,,103,small,,,2025-07-01,,,,\n"
    city.change("agencies.csv", row, "")
    city.load()
    assert "UBND xã Bình Điền" in queries.warnings(AT, "vi")[1]


def test_the_nearest_place_says_where_a_point_is(city):
    near = queries.nearest_place(107.581, 16.468)
    assert near.place.key == "truong-tien"
    assert near.distance_m == pytest.approx(106.7, abs=1)


def test_standard_texts_of_the_category_come_first(city):
    texts = queries.standard_texts("acknowledge", "pothole", "en")
    assert texts == [("ack-street", "Received about the road {case}."), ("ack", "Received {case}.")]
    assert [key for key, _ in queries.standard_texts("acknowledge", None, "vi")] == ["ack"]


def test_the_duty_roster_knows_the_shift_and_the_substitute(city):
    with unit():
        day = commands.add_post("roads", "agency_officer", actor=ADMIN, at=AT)
        night = commands.add_post("roads", "agency_officer", actor=ADMIN, at=AT)
        slots = [
            DutySlot("roads", 1, "day", day, night),
            DutySlot("roads", 0, "night", night),
            DutySlot("roads", 1, "night", night, day),
        ]
        commands.set_roster("roads", slots, actor=ADMIN, at=AT)
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=queries.working_calendar().zone)
    assert [(s.post, s.substitute) for s in queries.on_duty("roads", noon)] == [(day, night)]
    before_dawn = noon.replace(hour=3)
    assert [(s.weekday, s.post) for s in queries.on_duty("roads", before_dawn)] == [(0, night)]
    assert [(s.weekday, s.post) for s in queries.on_duty("roads", noon.replace(hour=23))] == [(1, night)]
    with unit():
        commands.end_post(day, date(2026, 11, 24), actor=ADMIN, at=AT)
    assert queries.on_duty("roads", noon) == []
    assert [p.seat for p in queries.posts("roads", on=noon.date())] == ["2"]
    assert queries.on_duty("nobody", noon) == []


def test_what_is_not_there_is_named(city):
    for ask, key in (
        (queries.area, "x"),
        (queries.agency, "x"),
        (queries.category, "x"),
        (queries.post, uuid4()),
    ):
        with pytest.raises(NotFound):
            ask(key)


def test_a_point_finds_its_area_in_microseconds(city):
    queries.area_at(107.55, 16.45, ON)
    start, calls = datetime.now(UTC), 2000
    for _ in range(calls):
        queries.area_at(107.55, 16.45, ON)
    assert datetime.now(UTC) - start < timedelta(microseconds=200 * calls)
