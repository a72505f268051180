"""What the tags and filters say, in both languages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation

from ngomon.ui import rules
from ngomon.ui.tags import components, words

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=HUE)


@pytest.fixture(autouse=True)
def _noon_in_hue(monkeypatch):
    monkeypatch.setattr(words, "now", lambda: NOON.astimezone(UTC))
    monkeypatch.setattr(components, "now", lambda: NOON.astimezone(UTC))
    with translation.override("vi"):
        yield


def render(source: str, **values: object) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "vừa xong"),
        (timedelta(minutes=12), "12 phút trước"),
        (timedelta(hours=3, minutes=59), "3 giờ trước"),
        (timedelta(minutes=-5), "5 phút nữa"),
        (timedelta(hours=-4, minutes=-30), "16:30 hôm nay"),
        (timedelta(hours=-28), "16:00 ngày mai"),
        (timedelta(hours=22), "14:00 hôm qua"),
        (timedelta(days=-2, hours=-4, minutes=-30), "16:30 thứ Năm 26/11"),
        (timedelta(days=40), "12:00 ngày 15/10"),
        (timedelta(days=400), "20/10/2025"),
    ],
)
def test_an_instant_is_relative_when_near_and_a_date_when_far(before, said):
    assert f">{said}<" in words.when(NOON - before)


def test_a_time_carries_its_exact_form_in_the_city_zone_for_hover_and_print():
    shown = words.when(datetime(2026, 11, 26, 9, 30, tzinfo=UTC))
    assert 'title="16:30 thứ Năm, 26/11/2026"' in shown
    assert 'datetime="2026-11-26T09:30:00+00:00"' in shown


def test_english_says_it_in_english():
    with translation.override("en"):
        assert ">1 minute ago<" in words.when(NOON - timedelta(seconds=70))
        assert ">Thu 26 Nov, 16:30<" in words.when(datetime(2026, 11, 26, 9, 30, tzinfo=UTC))
        assert words.number(1234567.5) == "1,234,567.5"


@pytest.mark.parametrize(
    ("left", "said", "tone"),
    [
        (timedelta(days=5, hours=3), "còn 5 ngày", "neutral"),
        (timedelta(hours=47), "còn 47 giờ", "neutral"),
        (timedelta(hours=3, minutes=20), "còn 3 giờ", "amber"),
        (timedelta(seconds=30), "còn 1 phút", "amber"),
        (timedelta(0), "quá hạn 1 phút", "red"),
        (-timedelta(days=2, hours=4), "quá hạn 2 ngày", "red"),
    ],
)
def test_a_due_badge_says_what_is_left_in_the_colour_of_its_haste(left, said, tone):
    shown = components.due(NOON + left)
    assert f"<span>{said}</span>" in shown
    assert f"badge--{tone}" in shown


def test_a_due_badge_with_a_reason_opens_to_show_it_and_escapes_it():
    shown = components.due(NOON + timedelta(hours=3), why="7 ngày <làm việc>")
    assert "<summary>" in shown
    assert "7 ngày &lt;làm việc&gt;" in shown
    assert "Hạn 15:00 thứ Ba, 24/11/2026" in shown


def test_a_finished_thing_says_whether_it_was_in_time_and_its_clock_stands_still():
    assert "xong đúng hạn" in components.due(NOON, done_at=NOON - timedelta(hours=1))
    late = components.due(NOON - timedelta(days=3), done_at=NOON)
    assert "xong trễ 3 ngày" in late
    assert " still" in late


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [
        (1234567.5, "", "1.234.567,5"),
        (1000, "", "1.000"),
        (0, "", "0"),
        (-3.14159, "", "\u22123,14"),
        (98.25, 1, "98,2"),
        (None, "", "–"),
    ],
)
def test_figures_are_written_the_vietnamese_way(value, decimals, said):
    assert words.number(value, decimals) == said


def test_a_unit_stays_on_the_line_of_its_number():
    assert words.unit(3.56, "m") == "3,56\u00a0m"
    assert words.unit(98.2, "%") == "98,2%"


def test_a_day_has_its_weekday():
    assert ">Chủ nhật 29/11/2026<" in words.day(date(2026, 11, 29))


def test_own_words_keep_their_paragraphs_and_lose_their_markup():
    assert words.lines("một\nhai\n\n<script>") == "<p>một<br>hai</p><p>&lt;script&gt;</p>"


def test_names_by_language_fall_back_to_vietnamese():
    with translation.override("en"):
        assert words.lang({"vi": "Huế", "en": "Hue"}) == "Hue"
        assert words.lang({"vi": "Kiệt"}) == "Kiệt"


@pytest.mark.parametrize(
    ("name", "letters"), [("Nguyễn Thị Minh Anh", "NA"), ("Đặng", "Đ"), ("", "?"), ("bùi an", "BA")]
)
def test_initials_take_the_family_and_the_given_name(name, letters):
    assert rules.initials(name) == letters


def test_values_in_tags_are_escaped():
    shown = render('{% badge words "red" icon="x" %}{% button words hx_get=words %}', words='"><b>')
    assert "<b>" not in shown
    assert shown.count("&quot;&gt;&lt;b&gt;") == 3


def test_a_button_with_an_address_is_a_link_and_an_underscore_becomes_a_hyphen():
    shown = render('{% button "Xem" href="/x" tone="quiet" key="v" hx_get="/y" disabled=False %}')
    assert shown.startswith('<a class="button button--quiet" href="/x" hx-get="/y" data-key="v">')


def test_a_card_holds_what_stands_inside_it():
    shown = render(
        '{% card title=name icon="x" %}<p>{{ words }}</p>{% endcard %}', name="Đèn <đường>", words="<i>"
    )
    assert "Đèn &lt;đường&gt;" in shown
    assert "<p>&lt;i&gt;</p>" in shown
