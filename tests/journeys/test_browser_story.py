"""The whole story in a browser, against real processes and a local mail server: phone, desk, agency, editor, rating."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.running import Running

# How long a page may take on a busy machine before it counts as wrong; a quick one is not waited for.
expect.set_options(timeout=30_000)

pytestmark = pytest.mark.browser
CHROMIUM = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
WORDS = "den duong kiet 42 tat 3 dem roi"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("story") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as tools:
        opened = tools.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield opened
        opened.close()


def picture(colour: str) -> dict[str, Any]:
    """A photo as a phone sends it."""
    drawn = Image.new("RGB", (1200, 900), colour)
    ImageDraw.Draw(drawn).rectangle((500, 200, 540, 800), fill="#222")
    data = io.BytesIO()
    drawn.save(data, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


def sign_in(browser: Browser, running: Running, who: str, *, phone: bool = False) -> Page:
    """Sign in with the one-time code that really arrived by mail."""
    address = f"{who}@demo.invalid"
    size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
    page = browser.new_context(viewport=size, locale="vi-VN", base_url=running.url()).new_page()
    before = len(running.mailbox.to(address))
    page.goto("/account/sign-in")
    page.locator("input[name=contact]").fill(address)
    page.locator("main form button[type=submit]").first.click()
    page.locator("input[name=code]").fill(_code_for(running, address, before))
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/account/code" not in url)
    return page


def _code_for(running: Running, address: str, before: int) -> str:
    """The one-time code among the letters that came since; an officer gets others meanwhile."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for letter in running.mailbox.to(address)[before:]:
            code = re.search(r"\b(\d{6})\b", letter.get_body(("plain",)).get_content())
            if code:
                return code[1]
        time.sleep(0.1)
    raise AssertionError("no code arrived by mail")


def look(page: Page, name: str) -> None:
    """Keep a picture of the page when asked to: NGOMON_SHOTS names the folder."""
    folder = os.environ.get("NGOMON_SHOTS")
    if folder:
        page.wait_for_timeout(800)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def number_in(words: str) -> str:
    """The number of the case that is named there."""
    found = re.search(r"(PA|HD)-\d{4}-\d{4}", words)
    assert found, words
    return found[0]


def act(page: Page, number: str, action: str, *, photo: dict[str, Any] | None = None, **fields: str) -> None:
    """Open a case on the desk and take one action as an officer does."""
    page.goto(f"/desk/cases/{number}")
    send(page, page.locator(f"form[action*='/act/{action}']"), photo, fields)


def send(page: Page, form: Locator, photo: dict[str, Any] | None, fields: Mapping[str, str]) -> None:
    """Open an action's form on the page, fill it in, send it."""
    act = page.locator("details.act", has=form)
    if act.get_attribute("open") is None:
        act.locator("summary").click()
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        kind = field.first.evaluate("e => e.type")
        if kind == "select-one":
            field.select_option(value)
        elif kind == "radio":
            form.locator(f"[name={name}][value='{value}']").check()
        else:
            field.fill(value)
    if photo:
        form.locator("input[type=file]").set_input_files(photo)
    form.locator("button.button[type=submit]").last.click()
    page.wait_for_load_state()


def test_a_report_on_a_street_lamp_travels_from_the_phone_to_the_rated_answer(running, browser):
    lon, lat = running.city["corner"]
    agency = running.city["agency"]
    phone = sign_in(browser, running, "lan", phone=True)

    # The phone: photo, words, place.
    phone.goto(f"/reports/new?lon={lon}&lat={lat}")
    phone.locator("input[type=file]").set_input_files(picture("#123"))
    phone.locator("textarea[name=text]").fill(WORDS)
    phone.locator("textarea[name=text]").blur()
    expect(phone.locator("#hints")).to_contain_text("den duong", timeout=10_000, ignore_case=True)
    look(phone, "1-report")
    phone.locator(".report__send button").first.click()
    phone.wait_for_url("**/reports/sent/**")
    number = re.search(r"PA-\d{4}-\d{4}", phone.url)[0]
    expect(phone.locator("main")).to_contain_text(number)
    look(phone, "2-receipt")

    # The desk: the category and agency are proposed with their reason; one form routes it.
    desk = sign_in(browser, running, "ha")
    desk.goto("/desk")
    expect(desk.locator(".queue")).to_contain_text(number)
    desk.goto(f"/desk/cases/{number}")
    expect(desk.locator(".proposal")).to_be_visible()
    look(desk, "3-desk")
    act(desk, number, "route", agency=agency, why="Đường kiệt do phường quản lý")

    # The agency: clerk, head, officer. "Done" without proof is refused with the reason.
    act(sign_in(browser, running, "tam"), number, "accept")
    act(sign_in(browser, running, "binh"), number, "assign", assignee=running.city["accounts"]["son"])
    officer = sign_in(browser, running, "son")
    expect_refused(officer, number)
    act(
        officer,
        number,
        "answer",
        photo=picture("#fc6"),
        answer="Đã thay bóng LED 80 W và bộ điều khiển lúc 15 giờ 20.",
    )
    look(officer, "4-officer")
    act(sign_in(browser, running, "binh"), number, "approve")
    editor = sign_in(browser, running, "nga")
    editor.goto(f"/desk/cases/{number}/publish")
    look(editor, "5-publish")
    for done in editor.locator("input[type=radio][value=done]").all():
        done.check()
    editor.locator("form.publish button[type=submit]").first.click()
    editor.wait_for_load_state()
    look(editor, "5-published")

    # The citizen sees the answer, with both pictures, and rates it; a message came by mail.
    phone.goto(f"/cases/{number}")
    expect(phone.locator("main")).to_contain_text("Đã thay bóng LED")
    expect(phone.locator("before-after")).to_be_visible()
    look(phone, "6-answer")
    phone.locator("input[name=rating][value=satisfied]").check(force=True)
    phone.locator("#rate form button[type=submit]").click()
    phone.wait_for_load_state()
    expect(phone.locator("main")).to_contain_text("Hài lòng")
    until = time.monotonic() + 20
    while not any(number in letter.as_string() for letter in running.mailbox.to("lan@demo.invalid")):
        assert time.monotonic() < until, "no message about the case arrived"
        time.sleep(0.2)

    # Everybody sees it, without who reported.
    stranger = browser.new_context(locale="en-GB", base_url=running.url()).new_page()
    stranger.goto(f"/cases/{number}")
    expect(stranger.locator("main")).to_contain_text("Đã thay bóng LED")
    assert "Lan" not in stranger.locator("main").inner_text()


def expect_refused(page: Page, number: str) -> None:
    page.goto(f"/desk/cases/{number}")
    form = page.locator("form[action*='/act/answer']")
    page.locator("details.act", has=form).locator("summary").click()
    form.locator("[name=answer]").fill("Đã xử lý xong, bà con yên tâm nhé.")
    form.locator("button.button[type=submit]").last.click()
    expect(page.locator(".alert--danger")).to_be_visible()
