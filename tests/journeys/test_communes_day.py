"""A small commune's day: a few people with several posts, one on a phone in the field, against real processes.

Vy gives them their posts and notes who is away. Tý is clerk and officer at once; Hương chairs the committee; Bền stands in
for her. Lan reports, and reads what they did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_browser_story import act, look, number_in, picture, send, sign_in
from tests.journeys.test_browser_story import browser as browser
from tests.running import Running

pytestmark = pytest.mark.browser

COMMUNE = "ward_20044"
NAME = "Ủy ban nhân dân xã A Lưới 2"
MARKET = "lon=107.234&lat=16.276"
PEOPLE = (
    ("ty", "Hồ Văn Tý", ("agency_clerk", "agency_officer")),
    ("huong", "Kăn Hương", ("agency_head",)),
    ("ben", "Lê Văn Bền", ("agency_officer",)),
)
RUBBISH = "Rác sinh hoạt đổ bừa bãi sau chợ, bốc mùi hôi"
ROAD = "Rác trôi xuống suối vì chưa có bãi tập kết, mùi hôi suốt ngày"
SMOKE = "Đốt rác cạnh trường, bốc mùi hôi khét"
QUESTION = "Xã thu tiền rác mỗi tháng bao nhiêu, nộp ở đâu?"

# These people's machines draw the simplified map: the moving one has journeys of its own.
WEBGL_MAP = re.compile(r"/assets/gl-[\w-]+\.js")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("commune") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


class Day:
    """The people of the day, each at a page of their own; those in the field and citizens hold phones."""

    PHONES = frozenset({"lan", "ty"})

    def __init__(self, running: Running, browser: Browser) -> None:
        self.running, self.browser = running, browser
        self.pages: dict[str, Page] = {}

    def at(self, who: str) -> Page:
        if who not in self.pages:
            page = self.pages[who] = sign_in(self.browser, self.running, who, phone=who in self.PHONES)
            page.context.route(WEBGL_MAP, lambda route: route.abort())
        return self.pages[who]

    def report(self, words: str) -> str:
        """Lan reports at the market, Hà sends it to the commune as proposed; the case's number."""
        phone = self.at("lan")
        phone.goto(f"/reports/new?{MARKET}")
        phone.locator("input[type=file]").first.set_input_files(picture("#345"))
        phone.locator("textarea[name=text]").fill(words)
        phone.locator(".report__send button").first.click()
        phone.wait_for_url("**/reports/sent/**")
        number = number_in(phone.url)
        desk = self.at("ha")
        desk.goto(f"/desk/cases/{number}")
        expect(desk.locator(".proposal")).to_contain_text(NAME)
        act(desk, number, "route")
        return number

    def opens(self, who: str, queue: str, number: str) -> Page:
        """Somebody finds the case in the list of their work and taps it; nothing is wider than the screen."""
        page = self.at(who)
        page.goto(f"/desk?queue={queue}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{queue} of {who}"
        page.locator("[data-item]").filter(has_text=number).click()
        page.wait_for_url(f"**/desk/cases/{number}*")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{number} of {who}"
        return page

    def publish(self, number: str) -> int:
        """Nga checks and publishes; how long her list was."""
        editor = self.at("nga")
        editor.goto(f"/desk/cases/{number}/publish")
        ticks = editor.locator(".publish__check input[value=done]")
        n = ticks.count()
        for tick in ticks.all():
            tick.check()
        editor.get_by_role("button", name="Công khai", exact=True).click()
        editor.wait_for_url(f"**/desk/cases/{number}")
        return n

    def read(self, number: str, *words: str) -> Page:
        page = self.at("lan")
        page.goto(f"/cases/{number}")
        for said in words:
            expect(page.locator("main")).to_contain_text(said)
        return page


def take(page: Page, action: str, *, shot: dict[str, Any] | None = None, **fields: str) -> None:
    """An action on the page that is open, by touch: open it, fill it in, send it."""
    send(page, page.locator(f"form[action*='/act/{action}?']"), shot, fields)
    expect(page.locator(".alert--danger")).to_have_count(0)


def test_a_small_communes_day_from_the_posts_to_the_board(running: Running, browser: Browser) -> None:
    day = Day(running, browser)
    people = few_people_hold_several_posts(day)
    promised = a_small_office_does_it_in_one_step(day)
    the_chair_wants_to_sign_herself(day)
    rubbish = taken_asked_and_answered_with_a_photo(day, people)
    waits = recorded_while_the_chair_is_away(day, people)
    a_question_is_answered_from_the_phone(day)
    the_boards_show_deadlines_and_promises(day, rubbish, waits, promised)


def few_people_hold_several_posts(day: Day) -> dict[str, str]:
    """Vy opens three accounts and gives four posts; whose account is whose."""
    admin, accounts = day.at("vy"), {}
    for key, name, roles in PEOPLE:
        admin.goto("/admin/people/new")
        admin.locator("[name=full_name]").fill(name)
        admin.locator("[name=email]").fill(f"{key}@demo.invalid")
        admin.locator("main form button[type=submit]").last.click()
        admin.wait_for_url(re.compile(r"/admin/people/[0-9a-f-]{36}"))
        accounts[key] = admin.url.split("?")[0].rsplit("/", 1)[1]
        for n, role in enumerate(roles):
            form = admin.locator("form[action$='/posts']")
            admin.locator("details", has=form).locator("summary").click()
            form.locator("[name=give-role]").select_option(role)
            form.locator("[name=give-agency]").select_option(COMMUNE)
            if n:
                form.locator("[name=give-is_main]").uncheck()
            form.locator("button[type=submit]").click()
            admin.wait_for_load_state()
            expect(admin.locator("section:has(#posts) .parts__item")).to_have_count(n + 1)
    admin.goto(f"/admin/people/{accounts['ty']}")
    expect(admin.locator("section:has(#posts)")).to_contain_text("Kiêm nhiệm", ignore_case=True)
    look(admin, "commune-1-posts")
    return accounts


def taken_asked_and_answered_with_a_photo(day: Day, people: dict[str, str]) -> str:
    """On the phone: the list of work, take it, ask the reporter, answer with a photo; at the desktop the chair assigns and
    approves."""
    number = day.report(RUBBISH)
    ty = day.opens("ty", "intake", number)
    look(ty, "commune-2-phone")
    take(ty, "accept")
    take(day.opens("huong", "assign", number), "assign", assignee=people["ty"])
    ty = day.opens("ty", "mine", number)
    ty.locator("details.act", has=ty.locator("form[action*='/act/ask?']")).locator("summary").click()
    expect(ty.locator("details.act[open] .told")).to_contain_text(f"hỏi về phản ánh {number}")
    ty.locator("details.act[open] summary").click()
    take(ty, "ask", question="Đống rác nằm phía cổng nào của chợ ạ?")
    phone = day.read(number, "Đống rác nằm phía cổng nào của chợ ạ?")
    phone.locator("#reply textarea").fill("Cổng sau, cạnh bờ suối")
    phone.locator("#reply input[type=file]").set_input_files(picture("#543"))
    phone.locator("#reply form button.button[type=submit]").last.click()
    phone.wait_for_load_state()
    ty = day.opens("ty", "mine", number)
    expect(ty.locator(".glance")).to_contain_text("Cổng sau, cạnh bờ suối")
    answer = "Xã đã dọn sạch bãi rác ở cổng sau chợ lúc 15 giờ và đặt hai thùng rác."
    take(ty, "answer", shot=picture("#fc6"), answer=answer)
    chair = day.opens("huong", "approve", number)
    expect(chair.locator(".glance")).to_contain_text(answer)
    expect(chair.locator(".glance img").first).to_be_visible()
    take(chair, "approve")
    assert day.publish(number) == 5
    phone = day.read(number, answer, NAME)
    expect(phone.locator("before-after")).to_be_visible()
    look(phone, "commune-3-answer")
    return number


def recorded_while_the_chair_is_away(day: Day, people: dict[str, str]) -> str:
    """The chair is away: who stands in for her assigns and approves. What waits for a project is recorded, not solved."""
    number = day.report(ROAD)
    take(day.opens("ty", "intake", number), "accept")
    admin, today = day.at("vy"), date.today()
    admin.goto(f"/admin/people/{people['huong']}")
    form = admin.locator("form[action$='/absence']")
    admin.locator("details", has=form).locator("summary").click()
    form.locator("[name=absence-from_on]").fill((today - timedelta(days=1)).isoformat())
    form.locator("[name=absence-until_on]").fill((today + timedelta(days=3)).isoformat())
    form.locator("[name=absence-substitute]").select_option(people["ben"])
    form.locator("button[type=submit]").click()
    expect(admin.locator("section:has(#away)")).to_contain_text("Lê Văn Bền")
    take(day.opens("ben", "assign", number), "assign", assignee=people["ty"])
    take(
        day.opens("ty", "mine", number),
        "record",
        answer="Xã đã khảo sát; bãi tập kết rác nằm trong dự án hạ tầng năm sau. Trước mắt xã thu gom mỗi tuần hai lần.",
        project="Bãi tập kết rác xã A Lưới 2",
        reference="Nghị quyết 12/NQ-HĐND",
        quarter="2/2027",
    )
    stand_in = day.opens("ben", "approve", number)
    expect(stand_in.locator(".glance")).to_contain_text("bãi tập kết rác nằm trong dự án")
    take(stand_in, "approve")
    day.publish(number)
    day.read(number, "Đã ghi nhận, chờ dự án", "Bãi tập kết rác xã A Lưới 2", "2/2027")
    return number


def a_small_office_does_it_in_one_step(day: Day) -> str:
    """A small office, as the pack has it: the matter goes straight to whoever does it, and is promised for a day; the editor's
    list is shorter."""
    number = day.report(SMOKE)
    until = date.today() + timedelta(days=6)
    ty = day.opens("ty", "handling", number)
    promise = "Xã đã nhắc nhở hộ đốt rác và sẽ dựng bảng cấm đốt rác cạnh trường."
    commit = ty.locator("form[action*='/act/commit?']")
    ty.locator("details.act", has=commit).locator("summary").click()
    commit.locator("[name=until]").fill(until.isoformat())
    commit.locator("[name=until]").blur()
    expect(commit.locator(".told")).to_contain_text(f"trước {until.day}/{until.month}/{until.year}")
    look(ty, "commune-4-promise")
    ty.locator("details.act", has=commit).locator("summary").click()
    take(ty, "commit", answer=promise, until=until.isoformat())
    assert day.publish(number) == 3
    day.read(number, promise, f"{until.day}/{until.month}")
    return number


def the_chair_wants_to_sign_herself(day: Day) -> None:
    """From now on the chair assigns and approves: Vy sets the office's size, the next matters go that way."""
    admin = day.at("vy")
    admin.goto(f"/admin/agencies/{COMMUNE}")
    form = admin.locator(f"form[action='/admin/agencies/{COMMUNE}']")
    admin.locator("details", has=form).locator("summary").click()
    form.locator("[name=size]").select_option("normal")
    form.locator("button[type=submit]").click()
    admin.wait_for_load_state()


def a_question_is_answered_from_the_phone(day: Day) -> None:
    """A question to the commune is in the same list of work."""
    phone = day.at("lan")
    phone.goto("/questions/ask")
    phone.get_by_label("Câu hỏi", exact=False).first.fill(QUESTION)
    phone.locator("#id_agency").select_option(COMMUNE)
    phone.get_by_role("button", name="Gửi câu hỏi").click()
    phone.wait_for_url("**/reports/sent/HD-*")
    number = number_in(phone.url)
    act(day.at("ha"), number, "route", agency=COMMUNE)
    answer = "Mỗi hộ nộp 25.000 đồng một tháng tại nhà văn hóa thôn, ngày 5 hằng tháng."
    take(day.opens("ty", "handling", number), "answer", answer=answer)
    day.publish(number)
    phone.goto(f"/questions/{number}")
    expect(phone.locator("main")).to_contain_text(answer)


def the_boards_show_deadlines_and_promises(day: Day, rubbish: str, waits: str, promised: str) -> None:
    """Officers and citizens read the same: what was promised until when, what waits for a project, who is in time."""
    ty = day.at("ty")
    ty.goto("/desk/commitments")
    for number in (waits, promised):
        expect(ty.locator("main")).to_contain_text(number)
    expect(ty.locator("main")).to_contain_text("Bãi tập kết rác xã A Lưới 2")
    assert ty.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(ty, "commune-5-commitments")
    phone = day.at("lan")
    phone.goto("/board")
    row = phone.locator("tr", has_text="A Lưới 2")
    expect(row.first).to_be_visible()
    look(phone, "commune-6-board")
    day.read(rubbish).locator("input[name=rating][value=satisfied]").check(force=True)
    phone.locator("#rate form button[type=submit]").click()
    phone.wait_for_load_state()
    expect(phone.locator("main")).to_contain_text("Hài lòng")
