"""A forecast by its pages: asked for, computed, read with what is tried beside how it is now; called off; little history told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.city import TestCity

from ngomon.core import clock
from ngomon.core.worker import settle
from ngomon.processes import drafting, forecasting, forecasts, reactions
from ngomon.processes.models import Forecast

from .test_simulate import past

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "field_reports.timed"
AT = f"/admin/processes/{KEY}"
PLAIN = {"of": "live", "horizon_days": "6", "runs": "20", "step_unit_1": "hours", "step_unit_2": "hours"}


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Computing is not begun in a process of its own, only noted."""
    found: list[int] = []
    monkeypatch.setattr(reactions, "start_computing", lambda: found.append(1))
    return found


def asked(city: TestCity, **said: str) -> str:
    answer = city.browser("vy").post(f"{AT}/simulate/ask", PLAIN | said)
    assert answer.status_code == 302, re.findall(r"field__error[^>]*>.*?</p>", answer.content.decode())
    return answer["location"]


def test_a_change_is_tried_and_told_beside_how_it_is_now(city: TestCity, begun: list[int]):
    past(city)
    browser = city.browser("vy")
    assert "Tin được đến đâu" in browser.get(f"{AT}/simulate").content.decode()
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    more = {"pool_1": f"agency_officer:{city.agency}", "more_1": "2", "storm_on": day, "storm_times": "5"}
    there = asked(city, of_step_1="verify", step_n_1="0.1", **more)
    settle()
    assert begun, "the worker has it computed"
    shown = browser.get(there).content.decode()
    assert "đang chờ" in shown
    assert f"{there}/progress" in shown
    assert forecasting.work_off() == 1
    assert browser.get(f"{there}/progress")["HX-Refresh"] == "true"
    shown = browser.get(there).content.decode()
    for words in (
        "+2 người",
        "gấp 5 lần",
        "0,1 giờ",
        "hồ sơ đến; nếu giữ như hiện nay",
        "Nếu thay đổi:",
        "chart-view",
    ):
        assert words in shown, words
    assert "khác thật" in shown, "five times as many on a day is more than chance"
    assert "web.admin." not in shown
    assert "processes." not in re.sub(r"/admin/processes/[\w.]+|processes\.css", "", shown)
    result = forecasts.forecast(Forecast.objects.get().pk).result
    assert result["tried"]["arrived"]["mean"] > result["now"]["arrived"]["mean"]
    assert there in browser.get(f"{AT}/simulate").content.decode(), "it is kept"


def test_little_history_is_told_and_what_is_used_instead(city: TestCity):
    city.report()
    settle()
    browser = city.browser("vy")
    assert "cần 30 hồ sơ" in browser.get(f"{AT}/simulate").content.decode()
    refused = browser.post(f"{AT}/simulate/ask", PLAIN)
    assert refused.status_code == 422
    assert "mỗi ngày" in refused.content.decode()
    there = asked(city, per_day="30")
    forecasting.work_off()
    shown = browser.get(there, headers={"accept-language": "vi"}).content.decode()
    assert "30 mỗi ngày" in shown
    assert "một phần mười thời hạn" in shown
    assert "không phải dự báo" in shown


def test_a_draft_is_simulated_with_what_its_steps_took_and_a_faulty_one_is_not(city: TestCity):
    browser = city.browser("vy")
    browser.post(f"{AT}/draft")
    there = asked(city, of="draft", per_day="30")
    forecasting.work_off()
    assert "cùng mã với phiên bản đang dùng" in browser.get(there).content.decode()
    new = {"edition": "1", "key": "lost", "name_vi": "Lạc", "name_en": "Lost", "step_kind": "task"}
    browser.post(f"{AT}/draft/steps", new)
    refused = browser.post(f"{AT}/simulate/ask", PLAIN | {"of": "draft", "per_day": "30"})
    assert refused.status_code == 422
    assert "Bản nháp còn lỗi" in refused.content.decode()
    assert drafting.draft_of(KEY) is not None


def test_it_is_called_off_and_only_some_wait_at_a_time(city: TestCity):
    browser = city.browser("vy")
    there = asked(city, per_day="30")
    assert browser.post(f"{there}/cancel").status_code == 302
    assert forecasting.work_off() == 0
    assert "Đã dừng" in browser.get(there).content.decode()
    for _ in range(5):
        asked(city, per_day="30")
    crowded = browser.post(f"{AT}/simulate/ask", PLAIN | {"per_day": "30"})
    assert crowded.status_code == 422
    assert "5 lần mô phỏng đang chờ" in crowded.content.decode()


def test_what_was_interrupted_is_taken_up_anew(city: TestCity):
    asked(city, per_day="30")
    Forecast.objects.update(state="running", beat_at=clock.now(), done=3)
    assert forecasting.work_off() == 0, "another process is at it"
    Forecast.objects.update(beat_at=clock.now() - timedelta(minutes=5))
    assert forecasting.work_off() == 1
    assert Forecast.objects.get().state == "done"


def test_a_question_that_makes_no_sense_is_told_beside_its_field(city: TestCity):
    browser = city.browser("vy")
    for said in (
        {"more_1": "2"},
        {"of_step_1": "verify"},
        {"step_n_1": "2"},
        {"whole_n": "2.5", "whole_unit": "days"},
        {"storm_times": "3"},
        {"storm_on": "2001-01-01", "storm_times": "3"},
        {"horizon_days": "100000"},
        {"of_step_1": "nowhere", "step_n_1": "2"},
        {"pool_1": "king:", "more_1": "1"},
    ):
        answer = browser.post(f"{AT}/simulate/ask", PLAIN | {"per_day": "30"} | said)
        assert answer.status_code == 422, said
        assert "field__error" in answer.content.decode(), said
    assert not Forecast.objects.exists()
