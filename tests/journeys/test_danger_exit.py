"""Danger to life on a phone: numbers first, one button, and the desk sees it at once; then more is added."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_browser_story import act, sign_in
from tests.journeys.test_browser_story import browser as browser
from tests.running import Running

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("NGOMON_SHOTS", "")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("danger") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


def shoot(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at them."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def both(page: Page, name: str) -> None:
    """The page by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        shoot(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")


def test_danger_reaches_the_desk_before_the_form_is_finished(browser: Browser, running: Running) -> None:
    desk = sign_in(browser, running, "ha")
    desk.goto("/desk?queue=triage")
    expect(desk.locator(".danger-strip")).to_have_count(0)
    desk.wait_for_timeout(1500)  # the stream is open

    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="vi-VN", base_url=running.url(),
        geolocation={"longitude": 107.6018, "latitude": 16.4665}, permissions=["geolocation"],
    ).new_page()  # fmt: skip
    phone.goto("/reports/new")
    phone.get_by_label("Chuyện gì", exact=False).first.fill("cuu voi, nuoc len toi nguc, nha co 2 dua nho")
    tell = phone.get_by_role("button", name="Báo ngay cho trực ban")
    expect(tell).to_be_visible(timeout=10_000)
    for number in ("112", "113", "114", "115"):
        expect(phone.locator(f'.exit--danger a[href="tel:{number}"]')).to_be_visible()
    assert phone.locator("#exit-hints").bounding_box()["y"] < phone.locator("place-field").bounding_box()["y"]  # type: ignore[index]
    box = phone.locator('.exit--danger a[href="tel:113"]').bounding_box()
    assert box is not None
    assert box["height"] >= 64
    both(phone, "danger-card-phone")
    tell.click()
    # Words alone name no place: the desk needs one, or a number to call back.
    expect(phone.get_by_text("Cho biết ở đâu, hoặc số điện thoại để gọi lại.")).to_be_visible()
    expect(phone.locator("#danger-text")).to_have_value("cuu voi, nuoc len toi nguc, nha co 2 dua nho")
    phone.locator("#danger-phone").fill("0905 123 456")
    both(phone, "danger-form-phone")
    phone.get_by_role("button", name="Báo ngay cho trực ban").click()
    phone.wait_for_url("**/reports/danger/PA-*")
    started = time.monotonic()
    strip = desk.locator(".danger-strip")
    expect(strip).to_be_visible(timeout=10_000)
    assert time.monotonic() - started < 3
    expect(strip).to_contain_text("chưa rõ ở đâu, gọi lại ngay")
    number = phone.locator(".receipt__number strong").inner_text()
    expect(strip).to_contain_text(number)
    both(phone, "danger-sent-phone")
    desk.wait_for_timeout(2500)
    both(desk, "danger-desk")

    phone.locator("#danger-place").fill("Cầu Trường Tiền")
    phone.locator("#danger-text").fill("Nhà số 12, hai cháu nhỏ trên gác")
    phone.get_by_role("button", name="Bổ sung").click()
    expect(phone.get_by_text("Đã bổ sung, trực ban thấy ngay.")).to_be_visible()
    desk.goto(f"/desk/cases/{number}")
    expect(desk.get_by_text("Nhà số 12, hai cháu nhỏ trên gác").first).to_be_visible()
    both(desk, "danger-case-desk")


def test_a_complaint_is_shown_the_way_and_the_desk_guides_it(browser: Browser, running: Running) -> None:
    lan = sign_in(browser, running, "lan", phone=True)
    lan.goto("/reports/new")
    lan.get_by_label("Chuyện gì", exact=False).first.fill("Tôi khiếu nại quyết định thu hồi đất của xã")
    card = lan.locator("[data-exit=complaint]")
    expect(card).to_be_visible(timeout=10_000)
    both(lan, "card-complaint-phone")
    card.get_by_text("Vẫn gửi phản ánh").click()
    expect(card).to_be_hidden()
    lan.goto("/exits/complaint")
    both(lan, "exit-complaint-phone")
    lan.goto("/exits")
    both(lan, "exits-phone")
    lan.goto("/questions")
    both(lan, "questions-phone")
    lan.goto("/questions/ask")
    lan.get_by_label("Câu hỏi", exact=False).first.fill(
        "Thủ tục đăng ký tạm trú cho sinh viên cần giấy tờ gì?"
    )
    both(lan, "ask-phone")
    lan.get_by_role("button", name="Gửi câu hỏi").click()
    lan.wait_for_url("**/reports/sent/HD-*")
    both(lan, "asked-phone")
    number = lan.url.rsplit("/", 1)[1]
    desk = sign_in(browser, running, "quan")
    desk.goto(f"/desk/cases/{number}/guide?exit=complaint")
    both(desk, "guide-desk")
    desk.get_by_role("button", name="Gửi hướng dẫn và kết thúc").click()
    expect(desk.get_by_text("Đã hướng dẫn nơi giải quyết").first).to_be_visible()
    both(desk, "guided-desk")


def test_a_question_is_asked_answered_checked_and_read_by_everybody(
    browser: Browser, running: Running
) -> None:
    asker = sign_in(browser, running, "minh")
    asker.goto("/questions/ask")
    words = "Học sinh chuyển trường trong thành phố cần giấy tờ gì, gọi tôi 0905123456?"
    asker.get_by_label("Câu hỏi", exact=False).first.fill(words)
    asker.get_by_role("button", name="Gửi câu hỏi").click()
    asker.wait_for_url("**/reports/sent/HD-*")
    number = asker.url.rsplit("/", 1)[1]
    agency = running.city["agency"]  # type: ignore[attr-defined]
    act(sign_in(browser, running, "ha"), number, "route", agency=agency)
    answer = "Phụ huynh nộp đơn và học bạ tại trường mới; trường nhận trong ba ngày làm việc."
    act(sign_in(browser, running, "son"), number, "answer", answer=answer)
    editor = sign_in(browser, running, "nga")
    editor.goto(f"/desk/cases/{number}/publish")
    for done in editor.locator("input[type=radio][value=done]").all():
        done.check()
    editor.locator("form.publish button[type=submit]").first.click()
    editor.wait_for_url(f"**/desk/cases/{number}*")
    asker.goto(f"/questions/{number}")
    expect(asker.get_by_text("Câu trả lời có ích không?").first).to_be_visible()
    both(asker, "question-desktop")
    asker.get_by_label("Hài lòng", exact=True).check()
    asker.locator("#rate button[type=submit]").click()
    expect(asker.get_by_text("Hài lòng").first).to_be_visible()
    stranger = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="vi-VN", base_url=running.url()
    ).new_page()
    stranger.goto("/questions?q=chuyen truong")
    expect(stranger.get_by_text(answer[:30])).to_be_visible()
    expect(stranger.get_by_text("0905123456")).to_have_count(0)
    both(stranger, "questions-found-phone")
    stranger.goto(f"/questions/{number}")
    both(stranger, "question-phone")
    for path, name in (
        ("/exits", "exits"),
        ("/reports/danger", "danger"),
        ("/board", "board"),
        ("/", "home"),
    ):
        asker.goto(path)
        both(asker, f"{name}-desktop")
