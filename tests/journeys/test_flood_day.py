"""A flood day in browsers, against real processes: 400 calls in an hour, a room by rule, orders, report, end, lessons."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_browser_story import browser as browser
from tests.journeys.test_browser_story import look, sign_in
from tests.running import ROOT, Running

pytestmark = pytest.mark.browser
HUE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("flood") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


def ward_of(agency: str) -> str:
    """The name of the ward of a committee, as the pack writes it."""
    with (ROOT / "packs/hue/areas.csv").open(encoding="utf-8", newline="") as lines:
        return next(
            row["name_vi"] for row in csv.DictReader(lines) if row["key"] == agency.removeprefix("ward_")
        )


def room_of(page: Page, ward: str, seconds: float = 60) -> str:
    """The room that a rule asked for in a ward, once the worker got there; its number."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.goto("/ioc/rooms")
        found = page.locator("a.item", has_text=ward)
        if found.count():
            return (found.first.get_attribute("href") or "").rsplit("/", 1)[1]
        time.sleep(0.5)
    raise AssertionError("no rule asked for a room")


def give(page: Page, number: str, agency: str, words: str, hours: float = 3, **more: str) -> None:
    """Give an order in a room as its staff do."""
    page.goto(f"/ioc/rooms/{number}?tab=orders")
    form = page.locator("form[action$='/order']")
    form.locator("[name=agency]").select_option(agency)
    form.locator("[name=words]").fill(words)
    due = datetime.now(HUE) + timedelta(hours=hours)
    form.locator("[name=due_at]").fill(f"{due:%Y-%m-%dT%H:%M}")
    for name, value in more.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with page.expect_navigation():
        form.locator("button").click()


def paper(page: Page, number: str, seconds: float = 90) -> list[str]:
    """The addresses of a room's PDFs, once the worker made them."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.goto(f"/ioc/rooms/{number}?tab=papers")
        found = [a.get_attribute("href") or "" for a in page.locator("a[href*='.pdf']").all()]
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError("no document was made")


def keeps_nobody_out(page: Page) -> None:
    """No serious fault that axe finds; nothing wider than the screen."""
    page.add_script_tag(path=str(ROOT / "node_modules/axe-core/axe.min.js"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    bad = [
        (v["id"], v["nodes"][0]["target"])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert not bad, (page.url, bad)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), page.url


def move_out(lead: Page, phone: Page, number: str, area: str) -> None:
    """The ward loads its list, the room moves alarm 2, a family is ticked without network and once more with it."""
    phone.goto("/desk/households")
    phone.locator("[name=area]").select_option(area)
    table = "hamlet,head,address,alarm,people,elderly\nTổ 5,Nguyễn Văn Tý,12/4 Bà Triệu,2,4,1\n"
    upload = {"name": "ho.csv", "mimeType": "text/csv", "buffer": table.encode()}
    phone.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
    with phone.expect_navigation():
        phone.get_by_role("button", name="Nạp danh sách").click()
    lead.goto(f"/ioc/rooms/{number}?tab=flood")
    lead.locator("form[action$='/alarm'] select").select_option("2")
    with lead.expect_navigation():
        lead.locator("form[action$='/alarm'] button").click()
    phone.goto("/desk/households")
    phone.get_by_text("Tổ 5").click()
    expect(phone.locator("tick-list")).to_be_visible()
    keeps_nobody_out(phone)
    phone.wait_for_timeout(500)  # the island is there
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Đã di dời").click()
    expect(phone.locator(".ticks__status")).to_contain_text("đang chờ gửi")
    look(phone, "flood-ticks-phone")
    phone.context.set_offline(False)
    expect(phone.locator("tick-list")).to_have_attribute("data-waiting", "0")
    # The command post sees it: one household, one moved, nobody left.
    row = lead.locator("tr", has_text="Tổ 5").locator("td")
    expect(row.nth(4)).to_have_text("1")
    expect(row.nth(8)).to_have_text("0")
    look(lead, "flood-moving")


def test_a_flood_day_from_the_first_call_to_the_lessons(browser: Browser, running: Running) -> None:
    city = running.city  # type: ignore[attr-defined]
    assert json.loads(running.run("400", module="tests.flood").splitlines()[-1])["taken"] == 400

    leader = sign_in(browser, running, "dung")
    number = room_of(leader, ward_of(city["agency"]))
    leader.goto(f"/ioc/rooms/{number}")
    expect(leader.get_by_text("tin báo ở").first).to_be_visible()
    look(leader, "flood-proposed")
    leader.get_by_role("button", name="Mở phòng").click()
    expect(leader.locator(".room__steps .is-current")).to_contain_text("Kích hoạt")
    expect(leader.locator("[href*='/desk/cases/']").first).to_be_visible()

    lead = sign_in(browser, running, "quan")
    for tab in ("picture", "orders", "resources", "flood", "log", "papers", "staff"):
        lead.goto(f"/ioc/rooms/{number}?tab={tab}")
        keeps_nobody_out(lead)
    give(lead, number, city["agency"], "Đưa người già, trẻ nhỏ ở các kiệt ngập ra điểm sơ tán")
    radio = {"said": "radio", "heard_by": "Trực ban Ban Chỉ huy"}
    give(lead, number, "civil_defence", "Cử 2 xuồng ST-450 về Bà Triệu", **radio)
    expect(lead.locator(".orders__one")).to_have_count(2)
    expect(lead.locator(".room__figures .is-amber dd")).to_have_text("1")

    phone = sign_in(browser, running, "tam", phone=True)
    phone.goto("/desk/orders")
    look(phone, "flood-orders-phone")
    phone.locator("a[href^='/desk/orders/']").first.click()
    phone.get_by_role("button", name="Đã nhận lệnh").click()
    # The command post sees it without doing anything.
    expect(lead.locator("#order-1")).to_contain_text("Đang thực hiện")
    phone.locator("[name=words]").fill("Đã đưa 46 người đến Trường THPT Hai Bà Trưng")
    phone.get_by_role("button", name="Báo cáo kết quả").click()
    expect(lead.locator("#order-1")).to_contain_text("46 người")

    move_out(lead, phone, number, city["agency"].removeprefix("ward_"))

    lead.goto(f"/ioc/rooms/{number}?tab=resources")
    form = lead.locator("form[action$='/send']")
    form.locator("[name=resource]").select_option(label="Xuồng ST-450 số 1 (8)")
    form.locator("[name=task]").fill("Cứu dân Bà Triệu")
    form.locator("button").click()
    expect(lead.get_by_text("đang làm nhiệm vụ ở đây").first).to_be_visible()
    look(lead, "flood-resources")

    lead.goto(f"/ioc/rooms/{number}?tab=papers")
    with lead.expect_navigation():
        lead.locator("form[action$='/report'] button").click()
    for address in paper(lead, number):
        answer = lead.request.get(address)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.body().startswith(b"%PDF")
    look(lead, "flood-papers")

    for n, action in ((1, "accept"), (2, "heard_report"), (2, "accept")):
        lead.goto(f"/ioc/rooms/{number}?tab=orders&n={n}")
        form = lead.locator("form", has=lead.locator(f"input[name=action][value={action}]"))
        if action == "heard_report":
            form.locator("[name=words]").fill("Hai xuồng đã về Bà Triệu")
        with lead.expect_navigation():
            form.locator("button").click()
    look(lead, "flood-orders")

    leader.goto(f"/ioc/rooms/{number}?tab=log")
    form = leader.locator("form[action$='/log']")
    form.locator("[name=kind]").select_option("lesson")
    form.locator("[name=words]").fill("Cần thêm xuồng ở bờ Nam trước giờ thứ hai")
    with leader.expect_navigation():
        form.locator("button").click()
    with leader.expect_navigation():
        leader.get_by_role("button", name="Kết thúc sự việc").click()
    with leader.expect_navigation():
        leader.locator("form[action$='/after'] button").click()
    assert len(paper(leader, number)) >= 2
    expect(leader.get_by_text("Báo cáo tổng kết").first).to_be_visible()
    with leader.expect_navigation():
        leader.get_by_role("button", name="Đóng phòng").click()
    leader.goto(f"/ioc/rooms/{number}?tab=log")
    for words in ("Mở phòng chỉ huy", "qua bộ đàm", "46 người", "bờ Nam", "Đã rút kinh nghiệm"):
        expect(leader.get_by_text(words).first).to_be_visible()
    look(leader, "flood-log")
    assert "append-only" in running.run("rewrite", module="tests.flood")
