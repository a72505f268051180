"""An administrator writes a definition in a browser: draft, a fault shown in words and in the drawing, mended, simulated with
one thing tried, published."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_browser_story import browser, look, running, sign_in

__all__ = ["browser", "running"]
pytestmark = pytest.mark.browser
AT = "/admin/processes/field_reports.timed"


def simulate_the_draft(page: Page) -> None:
    """The worker's computing process does it; the page follows and shows the answer with charts and what it rests on."""
    page.goto(f"{AT}/simulate?draft=1")
    said = {"horizon_days": "5", "per_day": "6", "more_1": "2", "of_step_1": "verify", "step_n_1": "0.1"}
    page.locator("[name=pool_1]").select_option("ioc_operator:")
    page.locator("[name=of_step_1]").select_option(said.pop("of_step_1"))
    for name, value in said.items():
        page.locator(f"[name={name}]").fill(value)
    look(page, "simulate_phone")
    page.locator("form.what-if button[type=submit]").press("Enter")
    expect(page.locator(".alert p").first).to_be_visible(timeout=60_000)
    expect(page.locator("main")).to_contain_text("6 mỗi ngày")
    expect(page.locator("[aria-labelledby=by-step] tr", has_text="Tiếp nhận, xác minh")).to_contain_text(
        "khác thật"
    )
    page.locator("chart-view").first.scroll_into_view_if_needed()
    expect(page.locator(".chart__plot svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    look(page, "forecast_phone")


def test_a_draft_is_written_its_fault_shown_and_mended_and_it_is_published(running, browser):
    page = sign_in(browser, running, "vy")
    page.goto(AT)
    look(page, "definition")
    page.locator(f"form[action='{AT}/draft'] button").press("Enter")
    expect(page).to_have_url(running.url() + f"{AT}/draft")
    form = page.locator(f"form[action='{AT}/draft/steps']")
    for name, value in {"key": "second_look", "name_vi": "Xem lại", "name_en": "Look again"}.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button[type=submit]").press("Enter")
    expect(page.locator("h1")).to_have_text("Xem lại")
    page.goto(f"{AT}/draft")
    expect(page.locator(".alert").first).to_contain_text("Xem lại")
    expect(page.locator(".drawn .is-fault")).to_have_count(1)
    page.locator("a[href='#shape-second_look']").press("Enter")
    expect(page.locator("#shape-second_look")).to_be_in_viewport()
    look(page, "draft_desktop")
    page.emulate_media(color_scheme="dark")
    look(page, "draft_dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    look(page, "draft_phone")
    page.goto(f"{AT}/draft/steps/second_look")
    look(page, "step_phone")
    page.locator("form[action$='/remove'] button").press("Enter")
    expect(page.locator(".drawn .is-fault")).to_have_count(0)
    page.goto(f"{AT}/draft/steps/verify")
    page.locator("#id_time_n").fill("3")
    page.locator("#id_time_unit").select_option("hours")
    page.locator("form.form button[type=submit]").first.press("Enter")
    look(page, "step_saved")
    simulate_the_draft(page)
    page.goto(f"{AT}/draft")
    page.locator(f"form[action='{AT}/draft/publish'] button").press("Enter")
    page.wait_for_url(lambda url: "definition_published" in url)
    expect(page.locator(".page-head")).to_contain_text("2")
