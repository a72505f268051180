"""How urgent a report is, and why: rules, and what the desk shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.city import TestCity

from ngomon.cases.rules import WordBook
from ngomon.cases.rules.urgency import Signs, urgency
from ngomon.cases.terms import UrgencyLevel

BOOK = WordBook.of([("fire", ["cháy"], ["cháy nhà", "nổ bình ga"])])
SIGNS = Signs.of({"harm": ["mắc kẹt"], "people": ["trẻ em"], "asset": ["bệnh viện"]})


def level(text: str, *, is_instant: bool = False, reports: int = 1, is_night: bool = False) -> UrgencyLevel:
    return urgency(text, BOOK, SIGNS, is_instant=is_instant, reports=reports, is_night=is_night).level


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("Ghế đá công viên gãy", {}, "calm"),
        ("Ghế đá công viên gãy", {"is_night": True}, "calm"),
        ("Cháy nhà ở kiệt 12", {}, "danger"),
        ("chay nha o kiet 12", {}, "danger"),
        ("Có người mắc kẹt trong thang máy", {}, "urgent"),
        ("Có trẻ em mắc kẹt trong thang máy", {}, "danger"),
        ("Nắp cống hở trước bệnh viện, trẻ em hay chơi", {}, "urgent"),
        ("Nắp cống hở trước bệnh viện", {}, "soon"),
        ("Cây ngã chắn đường", {"is_instant": True}, "urgent"),
        ("Đèn tắt", {"reports": 3}, "soon"),
        ("Đèn tắt", {"reports": 12, "is_night": True}, "urgent"),
    ],
)
def test_signs_add_up_to_a_level(text: str, more: dict, expected: str):
    assert level(text, **more) == expected


def test_reasons_are_said_in_the_spelling_of_the_report():
    found = urgency("Cháy nhà! Trẻ em bị mắc kẹt.", BOOK, SIGNS, is_instant=True, reports=4, is_night=True)
    said = {reason.code: reason.because for reason in found.reasons}
    assert said["danger"] == ("cháy nhà",)
    assert said["people"] == ("trẻ em",)
    assert said["harm"] == ("mắc kẹt",)
    assert found.reasons[0].code == "danger"
    assert {"instant", "crowd", "night"} <= set(said)


@given(st.text(max_size=300), st.booleans(), st.integers(1, 40), st.booleans())
def test_more_reports_and_the_night_never_make_it_less_urgent(text, is_instant, reports, is_night):
    def points(**more):
        said = {"is_instant": is_instant, "reports": reports, "is_night": is_night, **more}
        return urgency(text, BOOK, SIGNS, **said).points

    assert points(reports=reports + 1) >= points()
    assert points(is_night=True) >= points(is_night=False)


@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 23))
def test_an_hour_is_night_or_day_and_not_both(start, end, hour):
    night = Signs.of({"night_from": start, "night_to": end})
    day = Signs.of({"night_from": end, "night_to": start})
    if start != end:
        assert night.is_night(hour) != day.is_night(hour)


@pytest.mark.django_db(transaction=True)
def test_the_desk_says_how_urgent_and_why(city: TestCity):
    calm = city.report("Ghế đá ở công viên bị gãy chân").number
    number = city.report("Có em bé mắc kẹt trong cổng trường học").number
    desk = city.browser("ha")
    queue = desk.get("/desk?queue=triage").content.decode()
    assert "có người gặp nạn: mắc kẹt" in queue
    shown = desk.get(f"/desk/cases/{number}").content.decode()
    assert "Nguy hiểm" in shown
    assert "em bé" in shown
    quiet = desk.get(f"/desk/cases/{calm}").content.decode()
    assert "glance__flag--" not in quiet


@pytest.mark.parametrize(
    ("level", "wanted"), [(0, "calm"), (1, "soon"), (2, "urgent"), (3, "danger"), (9, "danger")]
)
def test_a_sensor_says_its_level(level: int, wanted: str) -> None:
    found = urgency(
        "Mực nước Kim Long", BOOK, SIGNS, is_instant=False, reports=1, is_night=False, sensor_level=level
    )
    assert found.level == wanted
    assert [r.code for r in found.reasons] == (["sensor"] if level else [])


def test_told_as_danger_is_danger_whatever_the_words() -> None:
    found = urgency("", BOOK, SIGNS, is_instant=False, reports=1, is_night=False, is_told=True)
    assert (found.level, found.reasons[0].code) == ("danger", "told")
