"""Called out at night: danger is told on one phone, rings on others, is refused, taken with one thumb, ended, written down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_browser_story import act, sign_in
from tests.journeys.test_browser_story import browser as browser
from tests.running import Running

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("NGOMON_SHOTS", "")
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("oncall") / "home")
    made.build()
    made.run(module="tests.on_duty")
    made.start()
    yield made
    made.stop()


def both(page: Page, name: str) -> None:
    """Pictures by day and by night, where somebody wants to look at them."""
    if not SHOTS:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=f"{SHOTS}/{name}-{scheme}.png")
    page.emulate_media(color_scheme="light")


def called(browser: Browser, running: Running, who: str) -> str:
    """The link that somebody on call has in the list of their calls."""
    page = sign_in(browser, running, who, phone=True)
    page.goto("/messages/calls")
    link = page.locator(".call-list a").first
    expect(link).to_be_visible(timeout=15_000)
    both(page, f"calls-{who}")
    return str(link.get_attribute("href"))


def tap(page: Page, label: str, then: str) -> None:
    page.get_by_role("button", name=label, exact=True).tap()
    expect(page.locator(".call-out__state")).to_contain_text(then)


def test_danger_rings_is_refused_taken_with_one_thumb_and_ended(browser: Browser, running: Running) -> None:
    desk = sign_in(browser, running, "ha")
    desk.goto("/desk/instant")
    expect(desk.get_by_text("Không có việc khẩn nào đang mở")).to_be_visible()
    both(desk, "instant-empty")
    citizen = browser.new_context(viewport=PHONE, locale="vi-VN", base_url=running.url()).new_page()
    citizen.goto("/reports/danger")
    citizen.locator("#danger-text").fill("Cháy nhà, khói lớn, có người bên trong")
    citizen.locator("#danger-phone").fill("0905 123 456")
    citizen.get_by_role("button", name="Báo ngay cho trực ban").click()
    citizen.wait_for_url("**/reports/danger/PA-*")
    number = citizen.locator(".receipt__number strong").inner_text()

    alarm = desk.locator(".alarm").first
    expect(alarm).to_contain_text("Lê Văn Phúc", timeout=15_000)  # nobody reloaded the page
    expect(alarm).to_contain_text("Đang gọi, chưa ai nhận")
    assert ":" in alarm.locator("[data-countdown]").inner_text(), "the countdown runs"
    both(desk, "instant-calling")

    refused = browser.new_context(
        viewport=PHONE, locale="vi-VN", base_url=running.url(), has_touch=True
    ).new_page()
    refused.goto(called(browser, running, "phuc"))
    both(refused, "call-page")
    tap(refused, "Tôi không đi được", "Bạn đã từ chối")
    expect(alarm).to_contain_text("Trần Quốc Khánh", timeout=15_000)

    # The link alone is enough: no signing in, one thumb.
    thumb = browser.new_context(
        viewport=PHONE, locale="vi-VN", base_url=running.url(), has_touch=True
    ).new_page()
    thumb.goto(called(browser, running, "khanh"))
    box = thumb.get_by_role("button", name="Tôi nhận", exact=True).bounding_box()
    assert box is not None
    assert box["height"] >= 64
    assert box["y"] > PHONE["height"] / 2, "where the thumb is"
    tap(thumb, "Tôi nhận", "Bạn đã nhận")
    both(thumb, "call-taken")
    expect(alarm).to_contain_text("Đã có người nhận", timeout=15_000)
    refused.reload()
    expect(refused.locator(".call-out__state")).to_contain_text("Bạn đã từ chối")
    expect(citizen.locator("#danger-state")).not_to_contain_text("chờ", timeout=15_000)
    tap(thumb, "Tôi đang tới", "Bạn đang tới")
    tap(thumb, "Tôi đã tới nơi", "Bạn đã tới nơi")
    tap(thumb, "Xong", "Đã xong tại hiện trường")
    both(thumb, "call-done")
    expect(thumb.locator(".call-out__thumb")).to_have_count(0)
    desk.goto(f"/desk/cases/{number}")
    expect(desk.locator(".alarm")).to_contain_text("Đã xong", timeout=15_000)
    both(desk, "instant-case")

    officer = sign_in(browser, running, "khanh")
    act(officer, number, "answer", answer="Đã dập tắt lúc 02:40, đưa hai người ra an toàn, không ai bị thương.",
        stated_reason="Hiện trường do cơ quan điều tra giữ nguyên nên không chụp ảnh.")  # fmt: skip
    editor = sign_in(browser, running, "nga")
    editor.goto(f"/desk/cases/{number}")
    expect(editor.get_by_text("Hậu kiểm, thẩm định trước khi công khai").first).to_be_visible()
    both(editor, "post-check")


def test_a_link_that_is_not_ours_says_so_and_reading_changes_nothing(
    browser: Browser, running: Running
) -> None:
    page = browser.new_context(viewport=PHONE, locale="vi-VN", base_url=running.url()).new_page()
    for token in ("x" * 38, "short", "ack_sZmWXMSzYPql7uk9WAzAr6iZjSGjhshX6-"):
        answer = page.goto(f"/c/{token}")
        assert answer is not None
        assert answer.status == 404
