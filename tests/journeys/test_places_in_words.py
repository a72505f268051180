"""A place said in words, in a browser: on the phone with and without scripts, at the desk by keyboard; with its circle."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.test_accessibility import AXE, faults
from tests.journeys.test_browser_story import browser as browser
from tests.journeys.test_browser_story import sign_in
from tests.running import Running

pytestmark = pytest.mark.browser
ALLEY = "kiet 42 nguyen sinh cung vy da"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("places") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def lan(running: Running, browser: Browser) -> Any:
    return sign_in(browser, running, "lan", phone=True).context.storage_state()


def look(page: Page, name: str) -> None:
    """Keep pictures of the page in both themes when asked to: NGOMON_SHOTS names the folder."""
    folder = os.environ.get("NGOMON_SHOTS")
    for scheme in ("light", "dark") if folder else ():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(1200)
        page.screenshot(path=str(Path(str(folder)) / f"{name}_{scheme}.png"), full_page=True)


@pytest.mark.parametrize("width", [390, 1440])
def test_words_move_the_pin_and_draw_their_circle(
    running: Running, browser: Browser, lan: Any, width: int
) -> None:
    page = browser.new_context(
        viewport={"width": width, "height": 844}, base_url=running.url(), storage_state=lan, locale="vi-VN"
    ).new_page()
    page.goto("/reports/new")
    page.locator("textarea[name=text]").fill("den duong tat 3 dem")
    page.locator("input[name=place_words]").fill(ALLEY)
    choice = page.locator("input[name=place_choice]")
    expect(choice).to_be_checked()
    expect(page.locator("#hints")).to_contain_text("Hiểu là: kiệt 42 Nguyễn Sinh Cung, phường Vỹ Dạ")
    expect(page.locator("input[name=place_source]")).to_have_value("words")
    expect(page.locator("input[name=place_accuracy_m]")).to_have_value("800")
    expect(page.locator("input[name=lon]")).to_have_value("107.603000")
    look(page, f"report_words_{width}")
    page.locator("input[name=place_words]").fill("xã Hương Xuân cũ")
    expect(page.locator("input[name=place_choice]")).to_have_count(2)
    expect(page.locator("input[name=lon]")).to_have_value("")
    look(page, f"report_doubt_{width}")
    page.add_script_tag(path=str(AXE))
    assert faults(page, "{resultTypes: ['violations'], iframes: false}") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("input[name=place_words]").fill("nhà em đó")
    expect(page.locator("#hints")).to_contain_text("Chưa hiểu được vị trí")
    page.locator("input[name=place_words]").fill("trụ đèn TĐ-12/045")
    expect(page.locator("input[name=place_source]")).to_have_value("asset")
    page.locator("form[data-report] button[type=submit]").first.click()
    page.wait_for_url("**/reports/sent/**")
    number = re.search(r"PA-\d{4}-\d{4}", page.url)
    assert number
    page.goto(f"/cases/{number[0]}")
    expect(page.locator(".facts")).to_contain_text("vị trí theo biển số tài sản, ±15 m")
    page.context.close()


def test_a_late_answer_about_earlier_words_sets_no_place(
    running: Running, browser: Browser, lan: Any
) -> None:
    page = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=running.url(), storage_state=lan, locale="vi-VN"
    ).new_page()
    page.goto("/reports/new")
    held: list[Route] = []
    address = page.locator("[data-hints-source]").get_attribute("hx-post")
    page.route(f"**{address}", lambda route: held.append(route))
    words, choice = page.locator("input[name=place_words]"), page.locator("input[name=place_choice]")
    words.fill(ALLEY)
    while not held:
        page.wait_for_timeout(20)
    answer = held[0].fetch()
    words.fill("xã Hương Xuân cũ")
    held[0].fulfill(response=answer)
    expect(choice).to_have_count(1)
    assert page.locator("input[name=lon]").input_value() == ""
    page.unroute_all()
    words.press("Tab")
    expect(choice).to_have_count(2)
    expect(page.locator("input[name=lon]")).to_have_value("")
    page.context.close()


def test_without_scripts_the_words_are_confirmed_on_the_server(
    running: Running, browser: Browser, lan: Any
) -> None:
    page = browser.new_context(
        viewport={"width": 390, "height": 844},
        base_url=running.url(),
        storage_state=lan,
        locale="vi-VN",
        java_script_enabled=False,
    ).new_page()
    page.goto("/reports/new")
    page.locator("textarea[name=text]").fill("den duong truoc nha tat may dem")
    page.locator("input[name=place_words]").fill("số 12 Lê Lợi, phường Vĩnh Ninh cũ")
    page.locator("form[data-report] button[type=submit]").first.click()
    expect(page.locator("#hints")).to_contain_text("phường Vĩnh Ninh cũ (nay là phường Thuận Hóa)")
    expect(page.locator("input[name=place_choice]")).to_be_checked()
    look(page, "report_no_script")
    page.locator("form[data-report] button[type=submit]").first.click()
    page.wait_for_url("**/reports/sent/**")
    number = re.search(r"PA-\d{4}-\d{4}", page.url)
    assert number
    shown = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=running.url(), storage_state=lan, locale="vi-VN"
    ).new_page()
    shown.goto(f"/cases/{number[0]}")
    expect(shown.locator(".facts")).to_contain_text("vị trí theo lời, ±800 m")
    look(shown, "case_public")


def test_the_desk_takes_a_call_by_keyboard_alone(running: Running, browser: Browser) -> None:
    page = sign_in(browser, running, "ha")
    page.goto("/desk/new")
    page.locator("textarea[name=text]").focus()
    page.keyboard.type("đèn đường tắt ba đêm")
    page.locator("input[name=place_words]").focus()
    page.keyboard.type("thon ke mon")
    expect(page.locator("#readings")).to_contain_text("Kế Môn, phường Phong Phú")
    page.keyboard.press("Control+A")
    page.keyboard.type("Kim Long")
    choices = page.locator("input[name=place_choice]")
    expect(choices).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(choices.nth(1)).to_be_checked()
    expect(page.locator("input[name=place_source]")).to_have_value("words")
    page.wait_for_load_state("networkidle")
    expect(choices.nth(1)).to_be_checked()
    look(page, "desk_new")
    page.locator("input[name=place_words]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("PA-")
    page.locator("a[href*='/desk/cases/']").first.click()
    expect(page.locator("main")).to_contain_text("vị trí theo lời, ±")
    look(page, "desk_case")
