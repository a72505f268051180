"""The panel "Có phải cùng một việc?" at the desk, by keyboard alone: merge, look, unmerge, not the same, a part."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_browser_story import browser as browser
from tests.journeys.test_browser_story import look, picture, sign_in
from tests.running import Running

pytestmark = pytest.mark.browser
FIRST = "Đèn đường trước kiệt 42 Bà Triệu tắt 3 đêm rồi, cột nghiêng ra đường"
SECOND = "cot den truoc kiet 42 ba trieu nghieng, den tat may dem nay"
PLACE = "Bà Triệu"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("same") / "home")
    made.build()
    made.start()
    yield made
    made.stop()


def filed(page: Page, words: str, photo: dict[str, Any] | None = None, phone: str = "") -> str:
    """A call written down at the desk; the case's number."""
    page.goto("/desk/new")
    page.locator("#id_text").fill(words)
    page.locator("#id_phone").fill(phone)
    page.locator("#id_place_words").fill(PLACE)
    for _ in range(2):  # the place in words is read back once before it is taken
        if photo:
            page.locator("input[type=file]").first.set_input_files(photo)
        page.locator("main form button[type=submit]").last.click()
        found = re.search(r"PA-\d{4}-\d{4}", page.locator("main").inner_text())
        if found:
            break
    assert found, page.locator("main").inner_text()
    return found[0]


def press_until(page: Page, label: str) -> None:
    """Tab on until the button with this name has the focus, then press it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
        )
        if (focused or "").strip().startswith(label):
            page.keyboard.press("Enter")
            page.wait_for_load_state()
            return
    raise AssertionError(f"no way by keyboard to {label}")


def verified_with_one_key(page: Page, number: str) -> None:
    """Two who sent one picture count as one; `w` verifies by the evidence, `z` takes that back."""
    page.goto(f"/desk/cases/{number}")
    evidence = page.locator(".evidence")
    expect(evidence).to_contain_text("1 người khác cùng báo")
    expect(page.get_by_role("meter", name="Mức bằng chứng")).to_be_visible()
    look(page, "evidence")
    page.keyboard.press("w")
    expect(page.locator(".evidence--done")).to_contain_text("Đã xác minh bằng bằng chứng")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".evidence").first.scroll_into_view_if_needed()
    look(page, "evidence-phone-dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("z")
    expect(page.locator(".evidence--done")).to_have_count(0)
    expect(page.locator(".history")).to_contain_text("Thu hồi xác minh")


def test_the_panel_works_by_keyboard(browser: Browser, running: Running) -> None:
    page = sign_in(browser, running, "ha")
    first = filed(page, FIRST, picture("#334"), "0987111222")
    second = filed(page, SECOND, picture("#334"), "0987333444")
    verified_with_one_key(page, filed(page, SECOND, phone="0987555666"))
    third = filed(page, "Nắp cống cạnh cột đèn kiệt 42 bị vỡ")
    page.goto(f"/desk/cases/{second}")
    panel = page.locator("#same")
    expect(panel).to_contain_text("Có phải cùng một việc?")
    expect(panel).to_contain_text("ảnh gần như nhau")
    page.keyboard.press("m")
    assert page.evaluate("location.hash") == "#same"
    look(page, "same-panel")
    if os.environ.get("NGOMON_SHOTS"):
        panel.screenshot(path=f"{os.environ['NGOMON_SHOTS']}/same-close.png")
    press_until(page, f"Gộp vào đây: {first}")
    expect(page.locator("article")).to_contain_text("Đã gộp vào đây")
    look(page, "same-merged")
    page.goto(f"/desk/cases/{second}")
    expect(page.locator("article")).to_contain_text(f"Đã gộp vào {first}")
    press_until(page, "Tách")
    expect(page.locator("#same")).to_contain_text(first)
    press_until(page, f"Không phải cùng một việc với {first}")
    expect(page.locator("article")).not_to_contain_text(f"Gộp vào đây: {first}")
    page.goto(f"/desk/cases/{third}")
    press_until(page, f"Liên kết cha–con: là một phần của {first}")
    expect(page.locator("article")).to_contain_text("Là một phần của")
    look(page, "same-part")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/desk/cases/{third}")
    page.locator(".same").first.scroll_into_view_if_needed()
    look(page, "same-phone-dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
