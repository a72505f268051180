"""Households ticked where there is no network: the page opens anew, ticks wait on the phone, each arrives once, two who say
different things are shown, and signing out leaves no list behind. In a browser with its service worker, against real processes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.test_browser_story import browser as browser
from tests.journeys.test_browser_story import look, sign_in
from tests.journeys.test_browser_story import running as running
from tests.running import Running

pytestmark = pytest.mark.browser
TABLE = """hamlet,head,address,alarm,people,elderly,note
Tổ 5,Nguyễn Văn Tý,12/4 Bà Triệu,2,4,1,có ghe
Tổ 5,Trần Thị Sửu,14/4 Bà Triệu,2,2,2,
Tổ 5,Lê Dần,16/4 Bà Triệu,2,5,0,
"""
KEPT = """async () => { const found = [];
  for (const name of await caches.keys()) for (const asked of await (await caches.open(name)).keys()) found.push(asked.url);
  return found.filter(url => !url.includes('/static/')); }"""


def moving(running: Running) -> dict[str, int]:
    """A room is at alarm 2; what the database holds of ticks."""
    leader = running.city["accounts"]["dung"]  # type: ignore[attr-defined]
    found: dict[str, int] = json.loads(running.run("moving", leader, module="tests.flood").splitlines()[-1])
    return found


def until(said: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end
        time.sleep(0.1)


def press(page: Page, head: str, button: str) -> None:
    page.locator("li.ticks__one", has_text=head).get_by_role("button", name=button).click()


def reopened(context: BrowserContext, address: str) -> Page:
    """The address opened in a new tab, as after the phone was put away."""
    page = context.new_page()
    page.goto(address)
    return page


def listed(page: Page) -> str:
    """Open the list of Tổ 5 and wait until it is kept; its address."""
    page.goto("/desk/households")
    page.get_by_text("Tổ 5").click()
    expect(page.locator("tick-list[data-ready='']")).to_be_attached()
    until(lambda: any("hamlet=" in url for url in page.evaluate(KEPT)))
    return page.url


def woken(browser_page: Page, running: Running) -> None:
    """Fire the sync event that the browser fires when the network is back, through its own tools; no page is open."""
    tools, found = browser_page.context.new_cdp_session(browser_page), []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    tools.send("ServiceWorker.enable")
    browser_page.wait_for_timeout(300)
    one = next(r for r in found if r["scopeURL"].endswith("/desk/households"))
    fire = {
        "origin": running.url(),
        "registrationId": one["registrationId"],
        "tag": "ngomon-acts",
        "lastChance": False,
    }
    tools.send("ServiceWorker.dispatchSyncEvent", fire)


def test_ticks_without_network_arrive_once_and_sign_out_leaves_nothing(
    browser: Browser, running: Running
) -> None:
    clerk = sign_in(browser, running, "tam", phone=True)
    clerk.goto("/desk/households")
    upload = {"name": "ho.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    clerk.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
    with clerk.expect_navigation():
        clerk.get_by_role("button", name="Nạp danh sách").click()
    moving(running)
    address = listed(clerk)
    for elsewhere in ("/me", "/desk", "/notices"):
        clerk.goto(elsewhere)
    assert all("/desk/households" in url for url in clerk.evaluate(KEPT))

    # No network at all: the page opens again, is ticked, and the phone is put away.
    away = clerk.context
    away.set_offline(True)
    clerk.goto(address)
    expect(clerk.locator(".ticks__status")).to_contain_text("lưu trên máy này")
    press(clerk, "Nguyễn Văn Tý", "Đã di dời")
    press(clerk, "Trần Thị Sửu", "Từ chối")
    expect(clerk.locator(".ticks__status")).to_contain_text("2 việc đang chờ gửi")
    look(clerk, "offline-phone")
    clerk.goto("/desk/households")
    expect(clerk.locator(".ticks__kept").first).to_have_text("mở được khi mất mạng")
    clerk.goto("/desk/households?room=SV-0")
    expect(clerk.locator("h1").first).to_have_text("Chưa có mạng")
    look(clerk, "offline-not-kept")
    clerk.close()

    # Meanwhile a second device says otherwise of one household.
    other = sign_in(browser, running, "son", phone=True)
    listed(other)
    press(other, "Trần Thị Sửu", "Đã di dời")
    expect(other.locator(".ticks__status")).to_contain_text("Gửi lần cuối")

    # The network is back and the page is opened: all that waited arrives, once.
    away.set_offline(False)
    clerk = reopened(away, address)
    expect(clerk.locator("tick-list")).to_have_attribute("data-waiting", "0")
    clerk.reload()
    expect(clerk.locator(".ticks__disputed").first).to_contain_text("Hai nơi ghi khác nhau")
    look(clerk, "offline-disputed")
    assert moving(running) == {"ticks": 3, "households": 2}

    # Ticked offline again; with every page closed the browser wakes the worker, which sends.
    away.set_offline(True)
    press(clerk, "Lê Dần", "Vắng nhà")
    expect(clerk.locator(".ticks__status")).to_contain_text("1 việc đang chờ gửi")
    blank = away.new_page()
    clerk.close()
    away.set_offline(False)
    woken(blank, running)
    time.sleep(2)
    assert moving(running) == {"ticks": 4, "households": 3}

    # Signing out leaves no list on the phone, with or without network.
    clerk = reopened(away, "/account/")
    with clerk.expect_navigation():
        clerk.locator("form[action$='/account/sign-out'] button").click()
    assert clerk.evaluate(KEPT) == []
    away.set_offline(True)
    clerk = reopened(away, address)
    expect(clerk.locator("h1").first).to_have_text("Chưa có mạng")
