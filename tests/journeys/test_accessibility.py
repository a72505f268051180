"""Everybody can use every page: axe over all addresses that show one, the keyboard alone, and a report in under a minute.

The addresses come from the table of contents itself, so a new page is looked at from its first day.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.test_browser_story import WORDS, picture, sign_in
from tests.journeys.test_browser_story import browser as browser
from tests.running import ROOT, Running

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules/axe-core/axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
# Who looks at which addresses; the first that fits.
FACES = (("/admin", "admin"), ("/ioc", "lead"), ("/desk", "operator"), ("/", ""))
# Addresses that mean the same page to everybody, or are for programs.
NOT_PAGES = ("/account/sign-out", "/api/", "/static/", "/metrics", "/demo/picture")
MUST = {"/", "/cases", "/map", "/board", "/reports/new", "/claim", "/me", "/services", "/notices", "/my/reports",
        "/about/privacy", "/account/", "/messages/preferences", "/desk", "/desk/new", "/desk/messages",
        "/desk/parked", "/desk/consultations", "/demo", "/ui/"}  # fmt: skip
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("access") / "home", demo=True)
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def lan(running: Running, browser: Browser) -> Any:
    """The state of a browser in which Lan is signed in and has sent one report."""
    page = sign_in(browser, running, "lan", phone=True)
    lon, lat = running.city["corner"]  # type: ignore[attr-defined]
    page.goto(f"/reports/new?lon={lon}&lat={lat}")
    page.locator("input[type=file]").first.set_input_files(picture("#135"))
    page.locator("textarea[name=text]").fill(WORDS)
    page.locator(".report__send button").first.click()
    page.wait_for_url("**/reports/sent/**")
    state = page.context.storage_state()
    number = re.search(r"PA-\d{4}-\d{4}", page.url)
    assert number
    page.context.close()
    return state, number[0]


def addresses(number: str) -> list[str]:
    """Every address of the table of contents that can be opened, with the case put in where a number stands."""
    found = []

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
                continue
            filled = path.replace("<str:number>", number)
            if not PARAMETER.search(filled) and "(?P" not in filled and "^" not in filled:
                found.append("/" + filled)

    walk(get_resolver().url_patterns, "")
    return sorted({one for one in found if not one.startswith(NOT_PAGES)})


def play(context: BrowserContext, part: str) -> None:
    """Sit at the officers' side as this part."""
    page = context.new_page()
    page.goto("/demo")
    page.locator(f".demo-roles button[value={part}]").click()
    page.wait_for_load_state()
    page.close()


def faults(page: Page, options: str) -> list[tuple[str, Any]]:
    """The serious and critical faults axe finds."""
    found = page.evaluate(f"axe.run(document, {options})")
    return [
        (v["id"], [node["target"] for node in v["nodes"]][:3])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_keeps_anybody_out(
    running: Running, browser: Browser, lan: Any, device: dict[str, Any]
) -> None:
    state, number = lan
    # Without motion no colour is caught half-way from one theme to the other.
    context = browser.new_context(
        storage_state=state, locale="vi-VN", base_url=running.url(), reduced_motion="reduce", **device
    )
    page = context.new_page()
    seen, bad, part = set(), [], ""
    for address in sorted(addresses(number), key=lambda a: [a.startswith(f) for f, _ in FACES], reverse=True):
        wanted = next(p for start, p in FACES if address.startswith(start))
        if wanted and wanted != part:
            play(context, part := wanted)
        answer = context.request.get(address, max_redirects=0)
        if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        page.emulate_media(color_scheme="light")
        page.goto(address)
        if not page.locator("main").count():
            continue  # a part of a page
        page.add_script_tag(path=str(AXE))
        bad += [
            (address, "light", *one) for one in faults(page, "{resultTypes: ['violations'], iframes: false}")
        ]
        page.emulate_media(color_scheme="dark")
        page.reload()  # a theme changed under an open page mixes old and new colours for a moment
        page.add_script_tag(path=str(AXE))
        contrast = "{runOnly: ['color-contrast'], resultTypes: ['violations'], iframes: false}"
        bad += [(address, "dark", *one) for one in faults(page, contrast)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            bad.append((address, "light", "wider than the screen", []))
        seen.add(address)
    context.close()
    assert not bad, "\n".join(map(str, bad))
    assert seen >= MUST, MUST - seen
    assert f"/cases/{number}" in seen
    assert f"/desk/cases/{number}" in seen


def focused(page: Page) -> str:
    return page.evaluate(
        "(e => e.name || e.dataset.key || e.textContent.trim().slice(0, 40))(document.activeElement)"
    )


def tab_to(page: Page, selector: str, most: int = 60) -> int:
    """Press Tab until the wanted thing has the focus, and see that the focus can be seen on the way."""
    for presses in range(1, most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return presses
    raise AssertionError(f"{selector} is not reached by Tab; the focus is at {focused(page)}")


def shows_focus(page: Page) -> bool:
    return page.evaluate(
        "(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(document.activeElement))"
    )


def test_a_report_is_sent_by_keyboard_alone(running: Running, browser: Browser) -> None:
    page = sign_in(browser, running, "minh")
    page.goto("/")
    tab_to(page, "a.home__report")
    assert shows_focus(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/new*")
    tab_to(page, "textarea[name=text]")
    assert shows_focus(page)
    page.keyboard.type("Nắp cống trước số 12 bị vỡ, xe máy dễ sụp")
    # The pin is moved by arrows, or the numbers are typed; the map needs no mouse.
    tab_to(
        page, "place-field summary, place-field .map__canvas, place-field canvas, place-field [tabindex='0']"
    )
    assert shows_focus(page)
    lon, lat = running.city["corner"]  # type: ignore[attr-defined]
    page.goto(f"/reports/new?lon={lon}&lat={lat}")
    tab_to(page, "textarea[name=text]")
    page.keyboard.type("Nắp cống trước số 12 bị vỡ, xe máy dễ sụp")
    tab_to(page, ".report__send button.button")
    assert shows_focus(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/sent/**")
    expect(page.locator("main")).to_contain_text("PA-")
    page.context.close()


def test_the_desk_is_worked_by_keys(running: Running, browser: Browser, lan: Any) -> None:
    state, number = lan
    context = browser.new_context(storage_state=state, locale="vi-VN", base_url=running.url(), **DESKTOP)
    play(context, "operator")
    page = context.new_page()
    page.goto("/desk")
    expect(page.locator("[data-item]").first).to_be_visible()
    page.wait_for_function("!!customElements.get('work-queue')")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('[data-item]')")
    assert shows_focus(page)
    rows = page.locator("[data-item] strong").all_inner_texts()
    for _ in range(rows.index(number)):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/cases/{number}*")
    page.wait_for_function("!!customElements.get('work-queue')")
    page.keyboard.press("?")
    expect(page.locator("dialog[open] .keys")).to_be_visible()
    page.keyboard.press("Escape")
    # The agency is proposed: r opens the form at the button that sends it, Enter routes.
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.matches('button[type=submit]')")
    assert shows_focus(page)
    page.keyboard.press("Enter")
    expect(page.locator(".proposal")).to_have_count(0)
    expect(page.locator(".history")).to_contain_text("chuyển", ignore_case=True)
    context.close()


def test_a_report_takes_less_than_a_minute_on_a_phone(running: Running, browser: Browser, lan: Any) -> None:
    """A person who types five letters a second and takes two seconds to look before each tap, on a page's real steps."""
    state, _ = lan
    lon, lat = running.city["corner"]  # type: ignore[attr-defined]
    context = browser.new_context(
        storage_state=state, locale="vi-VN", base_url=running.url(), permissions=["geolocation"],
        geolocation={"longitude": lon, "latitude": lat}, **PHONE,
    )  # fmt: skip
    page = context.new_page()
    taps = 0

    def tap(selector: str) -> None:
        nonlocal taps
        page.locator(selector).first.tap()
        taps += 1

    page.goto("/")
    tap("a.home__report")
    page.wait_for_url("**/reports/new*")
    page.wait_for_selector("photo-field.is-on, .photo-field.is-on")
    page.locator("input[type=file]").first.set_input_files(picture("#246"))
    taps += 2  # "take a photo", and the camera's own button
    page.locator("textarea[name=text]").fill(WORDS)
    taps += 1
    typed = len(WORDS) / 5
    tap("place-field .place-field__row button")
    page.wait_for_function("document.querySelector('input[name=lon]').value !== ''")
    began = time.monotonic()
    tap(".report__send button.button")
    page.wait_for_url("**/reports/sent/**")
    waited = time.monotonic() - began
    seconds = typed + taps * 2 + waited
    assert taps <= 7, taps
    assert seconds < 60, seconds
    context.close()
