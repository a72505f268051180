"""An editor blurs a photo and masks words in a browser, by pointer and by keys, against real processes."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from ngomon.web.tests.test_publishing import photo
from tests.journeys.test_browser_story import act, look, sign_in
from tests.journeys.test_browser_story import browser as browser
from tests.running import Running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("blur") / "home")
    made.city = made.build()  # type: ignore[attr-defined]
    made.start()
    yield made
    made.stop()


def report(page: Page, running: Running) -> str:
    """File a report with a photo that shows a drawn face and a telephone in its words; the case's number."""
    lon, lat = running.city["corner"]  # type: ignore[attr-defined]
    page.goto(f"/reports/new?lon={lon}&lat={lat}")
    shot = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    page.locator("input[type=file]").first.set_input_files(shot)
    page.locator("textarea[name=text]").fill("den duong kiet 42 tat 3 dem roi, goi toi 0914 000 573")
    page.locator(".report__send button").first.click()
    page.wait_for_url("**/reports/sent/**")
    number = re.search(r"PA-\d{4}-\d{4}", page.url)
    assert number
    return number[0]


def boxes(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.locator("[name=boxes]").input_value())
    return found


def shots(page: Page, name: str) -> None:
    """The page on a desk and on a phone, light and dark."""
    for size, width in (("desk", 1440), ("phone", 390)):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            look(page, f"{name}-{size}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} on a {size}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def open_first_picture(editor: Page) -> None:
    """The machine has looked when the list shows it."""
    until = time.monotonic() + 60
    while True:
        editor.goto("/desk/pictures")
        if editor.locator(".publish__photos a").count():
            break
        assert time.monotonic() < until, "the photo was not looked over"
        time.sleep(0.5)
    shots(editor, "pictures")
    editor.locator(".publish__photos a").first.click()
    editor.wait_for_url("**/desk/pictures/*")


def test_a_face_is_blurred_by_pointer_brush_and_keys_and_words_are_masked(running, browser):
    lan = sign_in(browser, running, "lan", phone=True)
    number = report(lan, running)
    act(sign_in(browser, running, "ha"), number, "route", agency=running.city["agency"])
    stranger = browser.new_context(base_url=running.url()).new_page()
    editor = sign_in(browser, running, "nga")
    open_first_picture(editor)
    stranger.goto(f"/cases/{number}")
    assert not stranger.locator("main img[src*='/pictures/']").count()

    # The machine's box moves and grows by keys; a click leaves it and takes it back.
    box = editor.locator(".blur__box").first
    expect(box).to_be_visible()
    before = boxes(editor)
    box.focus()
    editor.keyboard.press("ArrowRight")
    editor.keyboard.press("+")
    after = boxes(editor)
    assert after[0]["width"] == pytest.approx(before[0]["width"] + 0.01)
    assert after[0]["left"] == pytest.approx(before[0]["left"] + 0.005)
    editor.keyboard.press("Space")
    assert boxes(editor)[0]["decision"] == "keep"
    editor.keyboard.press("Space")
    assert boxes(editor)[0]["decision"] == "cover"

    # A stroke of the brush becomes boxes.
    editor.locator("[data-mode=brush]").click()
    area = editor.locator(".blur__layer").bounding_box()
    assert area
    editor.mouse.move(area["x"] + 40, area["y"] + 40)
    editor.mouse.down()
    editor.mouse.move(area["x"] + 120, area["y"] + 60, steps=6)
    editor.mouse.up()
    painted = [b for b in boxes(editor) if b["by_hand"]]
    assert painted
    editor.locator("[data-mode=move]").click()
    shots(editor, "picture")
    editor.locator("main form button[type=submit]").click()
    editor.wait_for_url("**/desk/pictures")

    stranger.goto(f"/cases/{number}")
    shown = stranger.locator("main img[src*='/pictures/']").first
    answer = stranger.request.get(str(shown.get_attribute("src")))
    assert answer.status == 200
    image = Image.open(io.BytesIO(answer.body()))
    place = boxes_to_pixels(after[0], image)
    assert len(set(image.convert("L").crop(place).resize((32, 32)).tobytes())) < 60

    # The agency answers with somebody's telephone in it; the editor publishes it masked.
    act(sign_in(browser, running, "tam"), number, "accept")
    act(sign_in(browser, running, "binh"), number, "assign", assignee=running.city["accounts"]["son"])
    officer = sign_in(browser, running, "son")
    officer.goto(f"/desk/cases/{number}")
    said = "Đã thay bóng trước nhà ông Nguyễn Văn Bê, có gì gọi 0905 123 456."
    act(officer, number, "answer", answer=said, stated_reason="Làm ban đêm nên chưa chụp được")
    act(sign_in(browser, running, "binh"), number, "approve")
    editor.goto(f"/desk/cases/{number}")
    editor.locator("a[data-key=p]").click()
    editor.wait_for_url("**/publish")
    expect(editor.locator("mark").first).to_be_visible()
    for done in editor.locator("input[type=radio][value=done]").all()[:-1]:
        done.check()
    editor.locator("form.publish button[type=submit]").first.click()
    expect(editor.locator("main")).to_contain_text("còn mục chưa kiểm tra")
    shots(editor, "publish")
    editor.locator("input[type=radio][value=na]").last.check()
    editor.locator("form.publish button[type=submit]").first.click()
    editor.wait_for_url(f"**/desk/cases/{number}")
    stranger.goto(f"/cases/{number}")
    expect(stranger.locator("main")).to_contain_text("Đã thay bóng trước nhà ông •••")
    expect(stranger.locator("main")).not_to_contain_text("0905 123 456")
    expect(stranger.locator("main")).not_to_contain_text("0914 000 573")
    editor.goto("/commitments")
    shots(editor, "commitments")
    admin = sign_in(browser, running, "vy")
    admin.goto("/admin/texts")
    shots(admin, "texts")


def boxes_to_pixels(box: dict[str, Any], image: Image.Image) -> tuple[int, int, int, int]:
    """A box inside its edges, in pixels."""
    left, top = box["left"] * image.width, box["top"] * image.height
    right, bottom = left + box["width"] * image.width, top + box["height"] * image.height
    return int(left) + 3, int(top) + 3, int(right) - 3, int(bottom) - 3
