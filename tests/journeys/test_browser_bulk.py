"""Many cases at once in a browser, by keyboard, against real processes; two officers see one another; without scripts too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_browser_story import browser as browser
from tests.journeys.test_browser_story import look, sign_in
from tests.running import Running

pytestmark = pytest.mark.browser
N = 8


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("bulk") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    made.run("file", str(N), module="tests.faults.bulk_inside")
    yield made
    made.stop()


def looks(page: Page, name: str) -> None:
    """The page light and dark, on a desk and on a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size, width in (("desk", 1440), ("phone", 390)):
            page.set_viewport_size({"width": width, "height": 900})
            look(page, f"{name}-{size}-{scheme}")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def test_an_operator_selects_by_keyboard_routes_follows_it_live_and_takes_it_back(running, browser):
    page = sign_in(browser, running, "ha")
    page.goto("/desk?queue=triage")
    expect(page.locator("input[data-pick]")).to_have_count(N)
    expect(page.locator("[data-pick-go]")).to_be_disabled()
    page.keyboard.press("j")
    page.keyboard.press("x")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-picked]")).to_have_text("Đã chọn 4")
    looks(page, "queue")
    page.locator("[data-pick-go]").click()
    expect(page.locator("h1")).to_have_text("Đã chọn 4 vụ việc")
    form = page.locator("form:has(input[value=route])")
    page.locator("details.act", has=form).locator("summary").click()
    form.locator("[name=agency]").select_option(running.city["agency"])
    form.locator("[name=why]").fill("Đường của phường")
    looks(page, "choose")
    form.locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Sẽ làm với 4 trên 4")
    expect(page.locator("main")).to_contain_text("Người phản ánh sẽ đọc")
    looks(page, "preview")
    page.get_by_role("button", name=re.compile("Làm với 4 vụ việc")).click()
    expect(page.locator("#bulk-progress")).to_contain_text("Đã làm 4", timeout=20_000)
    looks(page, "done")
    page.get_by_role("button", name="Hoàn tác tất cả").click()
    expect(page.locator("#bulk-progress")).to_contain_text("Đã trả lại như cũ 4 vụ việc", timeout=20_000)
    page.goto("/desk?queue=triage")
    expect(page.locator("input[data-pick]")).to_have_count(N)


def test_two_officers_see_one_another(running, browser):
    ha, quan = sign_in(browser, running, "ha"), sign_in(browser, running, "quan")
    ha.goto("/desk?queue=triage")
    ha.locator("[data-item]").first.click()
    number = re.search(r"PA-[\d-]+", ha.url)[0]
    quan.goto(f"/desk/cases/{number}")
    expect(quan.locator("#presence")).to_contain_text("Lê Thu Hà đang xem")
    # Sooner than the page asks by itself: the stream said so.
    expect(ha.locator("#presence")).to_contain_text("Hồ Đắc Quân đang xem", timeout=4_000)
    form = ha.locator("details.act", has=ha.locator("form[action$='/note?queue=triage']"))
    form.locator("summary").click()
    form.locator("textarea").press_sequentially("Đang gọi")
    expect(quan.locator("#presence")).to_contain_text("Lê Thu Hà đang xử lý", timeout=4_000)
    looks(quan, "presence")
    ha.goto("/desk?queue=triage")
    expect(quan.locator("#presence")).not_to_contain_text("Lê Thu Hà", timeout=4_000)
    ha.context.close()
    quan.context.close()


def test_without_scripts_the_same_is_done_with_boxes_and_buttons(running, browser):
    state = sign_in(browser, running, "ha").context.storage_state()
    plain = browser.new_context(
        java_script_enabled=False, storage_state=state, base_url=running.url(), locale="vi-VN"
    )
    page = plain.new_page()
    page.goto("/desk?queue=triage")
    page.locator("input[data-pick]").nth(2).check()
    page.get_by_role("button", name="Xử lý các vụ đã chọn").click()
    expect(page.locator("h1")).to_have_text("Đã chọn 1 vụ việc")
    page.goto("/desk/filter?queue=triage&words=den+duong")
    page.get_by_role("button", name="Xem danh sách").click()
    page.get_by_role("button", name=f"Chọn tất cả theo bộ lọc ({N})").click()
    expect(page.locator("h1")).to_have_text(f"Đã chọn {N} vụ việc")
    plain.close()


def test_filters_and_hand_over_look_right(running, browser):
    page = sign_in(browser, running, "quan")
    page.goto("/desk/filter?queue=triage&late=soon")
    page.locator("#f-name").fill("Sắp đến hạn")
    page.get_by_role("button", name="Lưu").click()
    expect(page.locator(".chip .count")).to_be_visible()
    looks(page, "chips")
    page.goto("/desk/filter?queue=triage&late=soon")
    looks(page, "filter")
    page.goto(f"/desk/handover?within={running.city['agency']}")
    looks(page, "handover")
