"""An operator's whole shift at the desk, keyboard first, against real processes; and what citizens read of it afterwards.

Hà keeps the desk, Quân leads the shift, Nga edits, the ward's people answer; Lan reports from her phone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ngomon.web.tests.test_publishing import photo
from tests.journeys.test_browser_story import act, look, number_in, picture, sign_in
from tests.journeys.test_browser_story import browser as browser
from tests.running import Running

pytestmark = pytest.mark.browser

WARD = "Ủy ban nhân dân phường Vỹ Dạ"
ALLEY = "kiệt 42 Nguyễn Sinh Cung"
RUBBISH = "Rác sinh hoạt đổ bừa bãi trước kiệt 42 Nguyễn Sinh Cung, bốc mùi hôi, gọi tôi 0914 000 573"
CALL = "rac do bua bai truoc kiet 42 nguyen sinh cung, mui hoi chiu khong noi"
LAMP = "Đèn đường trước kiệt 42 tắt 3 đêm rồi"
COVER = "Ổ gà sâu giữa đường, xe máy dễ té"
COMPLAINT = "Tôi khiếu nại quyết định thu hồi đất của xã, giá đền bù không thỏa đáng"
QUESTION = "Thủ tục đăng ký tạm trú cho sinh viên cần giấy tờ gì?"
REPLY = "Sinh viên nộp tờ khai thay đổi thông tin cư trú tại Công an phường, kèm hợp đồng thuê nhà."
ANSWER = "Đã dọn sạch điểm rác trước nhà ông Nguyễn Văn Bê lúc 15 giờ, cần thì gọi 0905 123 456."
SAME_NIGHT = 5
WITH_FACE = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()}

# These people's machines draw the simplified map: the moving one has journeys of its own.
WEBGL_MAP = re.compile(r"/assets/gl-[\w-]+\.js")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("shift") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


class Shift:
    """The people of one shift, each at a page of their own that stays open."""

    def __init__(self, running: Running, browser: Browser) -> None:
        self.running, self.browser = running, browser
        self.agency: str = running.city["agency"]  # type: ignore[attr-defined]
        self.pages: dict[str, Page] = {}

    def at(self, who: str) -> Page:
        """This person's page; citizens hold a phone."""
        if who not in self.pages:
            page = self.pages[who] = sign_in(self.browser, self.running, who, phone=who == "lan")
            page.context.route(WEBGL_MAP, lambda route: route.abort())
        return self.pages[who]

    def report(self, words: str, shot: dict[str, Any], place: str = "", category: str = "") -> str:
        """Lan reports from her phone, at the corner or with the place in words, maybe as something else; the number."""
        phone = self.at("lan")
        lon, lat = self.running.city["corner"]  # type: ignore[attr-defined]
        phone.goto("/reports/new" if place else f"/reports/new?lon={lon}&lat={lat}")
        phone.locator("input[type=file]").first.set_input_files(shot)
        phone.locator("textarea[name=text]").fill(words)
        if place:
            phone.locator("input[name=place_words]").fill(place)
            expect(phone.locator("input[name=place_choice]")).to_be_checked()
            expect(phone.locator("input[name=place_source]")).to_have_value("words")
        if words == COMPLAINT:  # the phone shows where it belongs; she sends it all the same
            phone.locator("[data-exit=complaint]").get_by_text("Vẫn gửi phản ánh").click()
        if category:
            expect(phone.locator("#hints input[name=category]").first).to_be_visible()
            phone.evaluate(
                "document.querySelectorAll('#id_category, #id_category details').forEach(e => e.open = true)"
            )
            phone.locator(f"#id_category input[value={category}]").check()
        phone.locator(".report__send button").first.click()
        phone.wait_for_url("**/reports/sent/**")
        return number_in(phone.url)

    def ready(self, page: Page | None = None) -> Page:
        """The page listens to keys."""
        page = page or self.at("ha")
        page.wait_for_load_state()
        page.wait_for_function("!!customElements.get('work-queue')")
        return page

    def queue(self, which: str = "triage") -> Page:
        """Hà looks at a queue."""
        self.at("ha").goto(f"/desk?queue={which}")
        return self.ready()

    def case(self, number: str) -> Page:
        """Hà opens a case."""
        self.at("ha").goto(f"/desk/cases/{number}?queue=triage")
        return self.ready()

    def stranger(self) -> Page:
        """Somebody with a phone and no account."""
        size = {"width": 390, "height": 844}
        return self.browser.new_context(viewport=size, locale="vi-VN", base_url=self.running.url()).new_page()

    def account(self, who: str) -> str:
        return str(self.running.city["accounts"][who])  # type: ignore[attr-defined]

    def first_picture(self) -> Locator:
        """The editor's list shows the photo once the machine has looked at it."""
        editor, until = self.at("nga"), time.monotonic() + 60
        while True:
            editor.goto("/desk/pictures")
            found = editor.locator(".publish__photos a").first
            if found.count():
                return found
            assert time.monotonic() < until, "the photo was not looked over"
            time.sleep(0.3)

    def read(self, number: str, *words: str, by: str = "lan") -> Page:
        """What somebody reads on the case's public page."""
        page = self.at(by)
        page.goto(f"/cases/{number}")
        for said in words:
            expect(page.locator("main")).to_contain_text(said)
        return page


def press_until(page: Page, label: str, most: int = 90) -> None:
    """Tab on until the thing with this name has the focus, then press it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        named = page.evaluate(
            "(e => e.getAttribute('aria-label') || e.innerText || '')(document.activeElement)"
        )
        if " ".join(named.split()).startswith(label):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"no way by keyboard to {label}")


def test_a_shift_from_the_first_report_to_the_hand_over(running: Running, browser: Browser) -> None:
    shift = Shift(running, browser)
    rubbish = a_report_comes_in_while_the_queue_is_open(shift)
    a_filter_is_kept_under_a_name(shift)
    merged_unmerged_and_merged_again(shift, a_call_speaks_of_the_same_thing(shift, rubbish), rubbish)
    a_proposal_is_taken_and_another_corrected(shift, rubbish)
    one_hand_to_another_and_back(shift)
    a_complaint_is_shown_the_way(shift)
    a_question_gets_its_public_answer(shift)
    danger_reaches_the_desk(shift)
    the_answer_is_masked_blurred_and_checked(shift, rubbish)
    many_at_once_and_taken_back(shift)
    the_shift_is_handed_over(shift)


def a_report_comes_in_while_the_queue_is_open(shift: Shift) -> str:
    """The queue is live: a report with its place in words stands in it without a reload."""
    desk = shift.queue()
    desk.wait_for_timeout(1000)  # the stream is open
    number = shift.report(RUBBISH, WITH_FACE, place=ALLEY)
    expect(desk.locator("[data-item]").filter(has_text=number)).to_be_visible()
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/desk/cases/{number}*")
    expect(desk.locator(".glance")).to_contain_text("vị trí theo lời, ±800 m")
    look(desk, "shift-1-case")
    return number


def a_filter_is_kept_under_a_name(shift: Shift) -> None:
    """f opens the filter; what it finds now is counted on its chip."""
    desk = shift.queue()
    desk.keyboard.press("f")
    desk.wait_for_url("**/desk/filter*")
    desk.locator("#f-words").fill("rác")
    desk.locator("#f-words").press("Enter")
    desk.wait_for_url("**/desk?*words=*")
    desk.wait_for_function("!!customElements.get('work-queue')")
    desk.keyboard.press("f")
    desk.wait_for_url("**/desk/filter*words=*")
    desk.locator("#f-name").fill("Rác thải")
    desk.locator("#f-name").press("Enter")
    expect(desk.locator(".chip", has_text="Rác thải").locator(".count")).to_have_text("1")


def a_call_speaks_of_the_same_thing(shift: Shift, rubbish: str) -> tuple[str, str]:
    """n: a call is written down with the place in the caller's words; the panel shows what it may be the same as."""
    desk = shift.queue()
    desk.keyboard.press("n")
    desk.wait_for_url("**/desk/new")
    desk.locator("#id_text").fill(CALL)
    desk.locator("#id_place_words").fill("kiet 42 nguyen sinh cung")
    expect(desk.locator("#readings")).to_contain_text("Hiểu là: kiệt 42 Nguyễn Sinh Cung, phường Vỹ Dạ")
    expect(desk.locator("input[name=place_source]")).to_have_value("words")
    desk.locator("#id_place_words").press("Enter")
    code = desk.locator(".code").inner_text()
    press_until(desk, "Mở vụ việc")
    desk.wait_for_url("**/desk/cases/PA-*")
    number = number_in(desk.url)
    expect(desk.locator("#same")).to_contain_text(rubbish)
    expect(desk.locator("#same .same__map").first).to_be_visible()
    return number, code


def merged_unmerged_and_merged_again(shift: Shift, call: tuple[str, str], rubbish: str) -> None:
    """m goes to the panel; a merge is undone in the line of the history that tells of it; the caller reads where to look."""
    desk, (number, code) = shift.at("ha"), call
    shift.ready()
    desk.keyboard.press("m")
    press_until(desk, f"Gộp vào đây: {rubbish}")
    told = desk.locator(".history li", has_text=f"Đã gộp {number} vào đây")
    look(desk, "shift-2-merged")
    told.get_by_role("button", name="Tách ra lại").press("Enter")
    desk.wait_for_url(f"**/desk/cases/{number}*")
    expect(desk.locator("#same")).to_contain_text(rubbish)
    shift.ready()
    desk.keyboard.press("m")
    press_until(desk, f"Gộp vào đây: {rubbish}")
    expect(told).to_be_visible()
    caller = shift.stranger()
    caller.goto("/claim")
    caller.get_by_label("Mã", exact=False).first.fill(code)
    caller.keyboard.press("Enter")
    caller.wait_for_url(f"**/cases/{rubbish}*")
    expect(caller.locator("main")).to_contain_text(CALL)
    caller.context.close()


def a_proposal_is_taken_and_another_corrected(shift: Shift, rubbish: str) -> None:
    """r: the agency is proposed, what the reporter will be told stands there, Enter sends it. Then what it is about is
    corrected to another of the proposed categories."""
    desk = shift.case(rubbish)
    expect(desk.locator(".proposal")).to_contain_text(WARD)
    desk.keyboard.press("r")
    expect(desk.locator("details.act[open] .told")).to_contain_text(
        f"Phản ánh {rubbish} đã chuyển đến {WARD}"
    )
    desk.keyboard.press("Enter")
    expect(desk.locator(".proposal")).to_have_count(0)
    shift.read(rubbish, f"Chuyển đến {WARD}", "2 người phản ánh")
    cover = shift.report(COVER, picture("#345"), category="noise")
    desk = shift.case(cover)
    other = desk.locator(".proposal__list li").first
    name = other.locator("strong").inner_text()
    press_until(desk, other.get_by_role("button").inner_text().strip())
    expect(desk.locator(".glance__meta")).to_contain_text(name)
    expect(desk.locator(".history")).to_contain_text("Lê Thu Hà")
    shift.read(cover, name)


def one_hand_to_another_and_back(shift: Shift) -> None:
    """The operator sends a lamp elsewhere than proposed and says why; the ward hands it back; it goes to whom it belongs."""
    lamp = shift.report(LAMP, picture("#654"))
    desk = shift.case(lamp)
    desk.keyboard.press("r")
    form = desk.locator("details.act[open]")
    form.locator("[name=agency]").select_option(shift.agency)
    expect(form.locator(".told")).to_contain_text(f"đã chuyển đến {WARD}")
    look(desk, "shift-3-told")
    form.locator("[name=why]").fill("Đường kiệt do phường quản lý")
    form.locator("button[type=submit]").press("Enter")
    expect(desk.locator(".history")).to_contain_text("Đường kiệt do phường quản lý")
    clerk = shift.at("tam")
    act(clerk, lamp, "hand_back", reason="Trụ đèn này của đơn vị chiếu sáng, không phải của phường")
    desk = shift.queue("routing")
    desk.locator("[data-item]").filter(has_text=lamp).press("Enter")
    expect(desk.locator(".history")).to_contain_text("Trụ đèn này của đơn vị chiếu sáng")
    shift.ready()
    desk.keyboard.press("r")
    desk.keyboard.press("Enter")
    expect(desk.locator(".history")).to_contain_text("Chuyển", ignore_case=True)
    page = shift.read(lamp, "Chuyển trả vì không thuộc thẩm quyền", "chiếu sáng công cộng")
    expect(page.locator("main")).not_to_contain_text("Trụ đèn này của đơn vị chiếu sáng")


def a_complaint_is_shown_the_way(shift: Shift) -> None:
    """q: no rejection but the way, with law and telephone; the words are written before they are sent."""
    number = shift.report(COMPLAINT, picture("#777"))
    desk = shift.case(number)
    expect(desk.locator(".glance__flag").filter(has_text="Khiếu nại")).to_be_visible()
    desk.keyboard.press("q")
    desk.wait_for_url("**/guide*")
    words = desk.locator("#guide-words")
    words.fill(words.input_value() + "\nChị mang theo quyết định thu hồi đất.")
    expect(desk.locator(".preview__box")).to_contain_text("Chị mang theo quyết định thu hồi đất.")
    look(desk, "shift-4-guide")
    press_until(desk, "Gửi hướng dẫn và kết thúc")
    page = shift.read(number, "Luật Khiếu nại", "Chị mang theo quyết định thu hồi đất.")
    expect(page.locator("a[href='tel:19001075']").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Không tiếp nhận")


def a_question_gets_its_public_answer(shift: Shift) -> None:
    """A question goes to the agency that is asked, and everybody reads the answer."""
    phone = shift.at("lan")
    phone.goto("/questions/ask")
    phone.get_by_label("Câu hỏi", exact=False).first.fill(QUESTION)
    phone.get_by_role("button", name="Gửi câu hỏi").click()
    phone.wait_for_url("**/reports/sent/HD-*")
    number = number_in(phone.url)
    act(shift.at("ha"), number, "route", agency=shift.agency)
    act(shift.at("tam"), number, "answer", answer=REPLY)
    editor = shift.at("nga")
    editor.goto(f"/desk/cases/{number}/publish")
    for done in editor.locator(".publish__check input[value=done]").all():
        done.press("Space")
    press_until(editor, "Công khai")
    stranger = shift.stranger()
    stranger.goto("/questions?q=tam tru sinh vien")
    expect(stranger.locator("main")).to_contain_text(REPLY[:40])
    stranger.context.close()


def danger_reaches_the_desk(shift: Shift) -> None:
    """From a phone without account; the strip stands above everything, whatever page of the desk is open."""
    desk = shift.queue()
    desk.wait_for_timeout(1000)  # the stream is open
    stranger = shift.stranger()
    stranger.goto("/reports/danger")
    stranger.locator("#danger-text").fill("nước lên tới ngực, nhà có 2 đứa nhỏ")
    stranger.locator("#danger-phone").fill("0905 123 456")
    stranger.get_by_role("button", name="Báo ngay cho trực ban").click()
    stranger.wait_for_url("**/reports/danger/PA-*")
    number = stranger.locator(".receipt__number strong").inner_text()
    strip = desk.locator(".danger-strip a", has_text=number)
    expect(strip).to_be_visible()
    strip.press("Enter")
    desk.wait_for_url(f"**/desk/cases/{number}*")
    expect(desk.locator("article.glance")).to_contain_text("chưa rõ ở đâu, gọi lại ngay")
    shift.ready()
    act(desk, number, "route", agency=shift.agency)
    expect(desk.locator(".danger-strip")).to_have_count(0)
    stranger.context.close()


def the_answer_is_masked_blurred_and_checked(shift: Shift, rubbish: str) -> None:
    """The face is blurred by keys, names and numbers are masked, the checklist is ticked; then everybody reads it."""
    editor = shift.at("nga")
    shift.first_picture().press("Enter")
    editor.wait_for_url("**/desk/pictures/*")
    editor.locator(".blur__box").first.press("+")
    look(editor, "shift-5-picture")
    press_until(editor, "Làm mờ và lưu")
    editor.wait_for_url("**/desk/pictures")
    act(shift.at("tam"), rubbish, "accept")
    act(shift.at("binh"), rubbish, "assign", assignee=shift.account("son"))
    act(shift.at("son"), rubbish, "answer", answer=ANSWER, photo=picture("#fc6"))
    act(shift.at("binh"), rubbish, "approve")
    editor.goto(f"/desk/cases/{rubbish}")
    shift.ready(editor)
    editor.keyboard.press("p")
    editor.wait_for_url("**/publish")
    expect(editor.locator("mark").filter(has_text="0905 123 456")).to_be_visible()
    expect(editor.locator(".told")).to_contain_text(f"{WARD} đã trả lời phản ánh {rubbish}")
    press_until(editor, "Công khai")
    expect(editor.locator(".alert--danger")).to_contain_text("còn mục chưa kiểm tra")
    for done in editor.locator(".publish__check input[value=done]").all():
        done.press("Space")
    look(editor, "shift-6-publish")
    press_until(editor, "Công khai")
    editor.wait_for_url(f"**/desk/cases/{rubbish}")
    page = shift.read(rubbish, "Đã dọn sạch điểm rác trước nhà ông •••")
    for hidden in ("0905 123 456", "0914 000 573", "Nguyễn Văn Bê"):
        expect(page.locator("main")).not_to_contain_text(hidden)
    expect(page.locator("before-after")).to_be_visible()
    look(page, "shift-7-answer")


def many_at_once_and_taken_back(shift: Shift) -> None:
    """j, x, Shift+X: some at once, with what their reporters will read, and back again within the ten minutes. Meanwhile the
    shift's lead sees who is at what."""
    shift.running.run("file", str(SAME_NIGHT), module="tests.faults.bulk_inside")
    desk = shift.queue("triage&words=den+duong+thu")
    expect(desk.locator("input[data-pick]")).to_have_count(SAME_NIGHT)
    for key in ("j", "x", *["j"] * (SAME_NIGHT - 1), "Shift+X"):
        desk.keyboard.press(key)
    expect(desk.locator("[data-picked]")).to_have_text(f"Đã chọn {SAME_NIGHT}")
    press_until(desk, "Xử lý các vụ đã chọn")
    form = desk.locator("form:has(input[value=route])")
    desk.locator("details.act", has=form).locator("summary").press("Enter")
    form.locator("[name=agency]").select_option(shift.agency)
    form.locator("button[type=submit]").press("Enter")
    expect(desk.locator("main")).to_contain_text(f"Sẽ làm với {SAME_NIGHT} trên {SAME_NIGHT}")
    expect(desk.locator(".bulk-rows")).to_contain_text(f"đã chuyển đến {WARD}")
    press_until(desk, "Làm với")
    expect(desk.locator("#bulk-progress")).to_contain_text(f"Đã làm {SAME_NIGHT}")
    press_until(desk, "Hoàn tác tất cả")
    expect(desk.locator("#bulk-progress")).to_contain_text(f"Đã trả lại như cũ {SAME_NIGHT}")
    desk = shift.queue("triage&words=den+duong+thu")
    expect(desk.locator("input[data-pick]")).to_have_count(SAME_NIGHT)
    desk.locator("[data-item]").first.press("Enter")
    desk.wait_for_url("**/desk/cases/PA-*")
    shift.ready()
    desk.keyboard.press("t")
    desk.keyboard.type("Đang gọi lại cho người báo")
    lead = shift.at("quan")
    lead.goto(f"/desk/cases/{number_in(desk.url)}")
    expect(lead.locator("#presence")).to_contain_text("Lê Thu Hà đang xử lý")


def the_shift_is_handed_over(shift: Shift) -> None:
    """Who goes home leaves nothing open: all of an officer's work goes to another, with a preview."""
    number = number_in(shift.at("ha").url)
    act(shift.at("ha"), number, "route", agency=shift.agency, why="Đường của phường")
    act(shift.at("binh"), number, "assign", assignee=shift.account("son"))
    lead = shift.at("quan")
    lead.goto(f"/desk/handover?within={shift.agency}")
    lead.locator("#h-giver").select_option(shift.account("son"))
    lead.locator("#h-taker").select_option(shift.account("thu"))
    look(lead, "shift-8-handover")
    lead.locator("form:has(#h-giver) button[type=submit]").press("Enter")
    expect(lead.locator("main")).to_contain_text("Phan Anh Thư")
    expect(lead.locator(".bulk-rows")).to_contain_text(number)
    press_until(lead, "Làm với 2 vụ việc")  # what waits for its rating goes with it
    expect(lead.locator("#bulk-progress")).to_contain_text("Đã làm 2")
    taker = shift.at("thu")
    taker.goto("/desk?queue=mine")
    expect(taker.locator("[data-item]")).to_contain_text(number)
