"""The same thing on pages: the desk's panel and its buttons, the reporter's "not this one", repeats, pictures."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageDraw
from tests.city import TestCity

from ngomon.cases import queries as cases
from ngomon.cases.models import Apart, Case, Look, Picture, Signal
from ngomon.core import clock
from ngomon.core.images import take_photos

from .test_same_thing import AGAIN, LAMP, linking

__all__ = ["linking"]


def photo(colour: str, quality: int = 85, at: int = 300) -> bytes:
    """A photo with something in it."""
    drawn = Image.new("RGB", (1200, 900), colour)
    ImageDraw.Draw(drawn).rectangle((at, 200, at + 240, 800), fill="#222")
    ImageDraw.Draw(drawn).ellipse((700, 100, 1000, 400), fill="#ddd")
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_the_panel_shows_the_candidate_with_score_reason_and_three_buttons(city: TestCity) -> None:
    first, second = city.report(LAMP), city.report(AGAIN, who=city.minh)
    page = city.browser("ha").get(f"/desk/cases/{second.number}").content.decode()
    for words in (
        "Có phải cùng một việc?",
        first.number,
        "Rất có thể cùng một việc",
        "cách 0 m",
        "cùng nói:",
    ):
        assert words in page
    for action in ("merge", "parent", "apart"):
        assert f"/desk/cases/{second.number}/{action}" in page
    english = city.browser("ha").get(f"/desk/cases/{second.number}", headers={"accept-language": "en"})
    assert "both say:" in english.content.decode()


def test_an_agency_does_not_see_the_panel(city: TestCity) -> None:
    first, second = city.report(LAMP), city.report(AGAIN)
    for one in (first, second):
        city.act(city.ha, one.case_id, "route", agency=city.agency, why="Đèn của phường")
    page = city.browser("tam").get(f"/desk/cases/{second.number}").content.decode()
    assert "Có phải cùng một việc?" not in page


def test_the_buttons_keep_apart_and_link_as_a_part(city: TestCity) -> None:
    first, second = city.report(LAMP), city.report(AGAIN)
    desk = city.browser("ha")
    desk.post(f"/desk/cases/{second.number}/apart", {"other": first.number})
    assert Apart.objects.count() == 1
    assert "Có phải cùng một việc?" not in desk.get(f"/desk/cases/{second.number}").content.decode()
    desk.post(f"/desk/cases/{second.number}/parent", {"other": first.number})
    page = desk.get(f"/desk/cases/{first.number}").content.decode()
    assert "Vụ việc con" in page
    assert second.number in page
    desk.post(f"/desk/cases/{second.number}/parent", {"other": ""})
    assert Case.objects.get(pk=first.case_id).open_children == 0


def test_the_editor_is_asked_before_publishing_over_open_parts(city: TestCity) -> None:
    first, second = city.report(LAMP), city.report("Lún đường")
    city.browser("ha").post(f"/desk/cases/{second.number}/parent", {"other": first.number})
    city.act(city.ha, first.case_id, "route", agency=city.agency, why="x")
    city.act(city.tam, first.case_id, "accept")
    city.act(city.binh, first.case_id, "assign", assignee=city.accounts["son"])
    city.act(city.son, first.case_id, "answer", answer="Đã thay bóng và dựng lại cột đèn cho bà con.",
             stated_reason="Trời tối, ảnh chụp không rõ")  # fmt: skip
    city.act(city.binh, first.case_id, "approve")
    editor, page = city.browser("nga"), f"/desk/cases/{first.number}/publish"
    shown = editor.get(page).content.decode()
    assert 'name="despite_parts"' in shown
    ticks = dict.fromkeys(re.findall(r'name="(check_\w+)"', shown), "done")
    refused = editor.post(page, ticks)
    assert refused.status_code == 422
    assert "Còn 1 vụ việc con chưa xong" in refused.content.decode()
    editor.post(page, {**ticks, "despite_parts": "1"})
    assert Case.objects.get(pk=first.case_id).status == "answered"


def test_a_linked_reporter_finds_the_button_not_this_one(linking: TestCity) -> None:
    first = linking.report(LAMP)
    linking.report(AGAIN, who=linking.minh)
    minh = linking.browser("minh")
    assert "Không phải việc này" in minh.get(f"/cases/{first.number}").content.decode()
    assert "Không phải việc này" not in linking.browser("lan").get(f"/cases/{first.number}").content.decode()
    answer = minh.post(f"/cases/{first.number}/not-this", follow=True)
    own = Signal.objects.get(text=AGAIN).case
    assert own.number in answer.content.decode()
    assert linking.browser("lan").post(f"/cases/{first.number}/not-this").status_code == 403


def test_the_desk_takes_a_joined_report_out(linking: TestCity) -> None:
    first = linking.report(LAMP)
    linking.report(AGAIN, who=linking.minh)
    signal = Signal.objects.get(text=AGAIN)
    desk = linking.browser("ha")
    assert "Tách thành vụ việc riêng" in desk.get(f"/desk/cases/{first.number}").content.decode()
    answer = desk.post(f"/desk/cases/{first.number}/split/{signal.pk}", follow=True)
    assert AGAIN in answer.content.decode()


def test_repeats_are_said_on_the_public_page_and_at_the_desk(city: TestCity) -> None:
    first, second = city.report(LAMP), city.report(AGAIN)
    since = datetime(2026, 8, 10, tzinfo=UTC)
    Case.objects.filter(pk=first.case_id).update(is_public=True, opened_at=since)
    Case.objects.filter(pk=second.case_id).update(is_public=True, recurs_of=first.case_id)
    for one, other in ((first, second), (second, first)):
        page = city.browser().get(f"/cases/{one.number}").content.decode()
        assert "Đã xảy ra 2 lần từ tháng 8/2026" in page
        assert other.number in page
    assert "Đã xảy ra 2 lần" in city.browser("ha").get(f"/desk/cases/{second.number}").content.decode()
    Case.objects.filter(pk=first.case_id).update(is_public=False)
    assert "Đã xảy ra" not in city.browser().get(f"/cases/{second.number}").content.decode()


# --- pictures ----------------------------------------------------------------------------------------------------


def test_a_picture_sent_twice_raises_the_score_and_is_the_reason(city: TestCity) -> None:
    (one, again, other) = take_photos([photo("#446"), photo("#446", 55), photo("#a83", at=20)])
    city.report("Hư", photos=(one,))
    assert Case.objects.get().look == Picture.objects.get().look != ""
    assert Look.objects.count() == 4
    lon, lat = city.corner
    asked = {"lon": lon, "lat": lat, "text": "Sửa giùm", "category": city.category, "at": clock.now()}
    (alike,) = cases.candidates(**asked, looks=(int(again.look, 16),))
    (unlike,) = cases.candidates(**asked, looks=(int(other.look, 16),))
    assert alike.score > unlike.score
    assert "cases.same.picture" in [key for key, _ in alike.because]


def test_a_picture_from_far_away_is_a_hint_at_the_desk(city: TestCity) -> None:
    one, again = take_photos([photo("#446"), photo("#446", 60)])
    lat = city.corner[1]
    first = city.report(LAMP, photos=(one,))
    second = city.report("Rác đổ bừa bãi", photos=(again,), lat=lat + 0.006)
    page = city.browser("ha").get(f"/desk/cases/{second.number}").content.decode()
    assert "Ảnh giống ảnh của nơi khác" in page
    assert first.number in page
    assert second.is_new


# --- cost ----------------------------------------------------------------------------------------------------------


def test_candidates_cost_one_statement(city: TestCity) -> None:
    for n in range(6):
        city.report(f"{LAMP} {n}")
    lon, lat = city.corner
    with CaptureQueriesContext(
        connection,
    ) as seen:
        found = cases.candidates(lon=lon, lat=lat, text=AGAIN, category=city.category, at=clock.now())
    assert len(found) == 3
    assert len(seen) == 1
