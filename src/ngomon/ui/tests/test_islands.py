"""The islands and the frame in a real browser, on the style page."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import ngomon.ui

BUILT = Path(ngomon.ui.__file__).parent / "static/ngomon"
AXE = Path(ngomon.ui.__file__).parents[3] / "node_modules/axe-core/axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
CITIZEN_BYTES = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def chromium():
    # Playwright's loop runs in this thread, where Django would refuse the database of the test itself.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_guide(chromium, live_server):
    contexts = []

    def open_page(
        *, theme: str = "light", language: str = "vi", path: str = "/ui/", **options: object
    ) -> Page:
        context = chromium.new_context(locale="vi-VN", **(options or DESKTOP))
        contexts.append(context)
        cookies = {"ngomon_theme": theme, "django_language": language}
        context.add_cookies([{"name": n, "value": v, "url": live_server.url} for n, v in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("theme", "language", "device", "path"),
    [
        ("light", "vi", PHONE, "/ui/"),
        ("dark", "en", PHONE, "/ui/?errors=1"),
        ("light", "en", DESKTOP, "/ui/?errors=1"),
        ("dark", "vi", DESKTOP, "/ui/?face=desk"),
    ],
)
def test_the_style_page_has_no_serious_fault_for_disabled_people(open_guide, theme, language, device, path):
    page = open_guide(theme=theme, language=language, path=path, **device)
    page.locator("before-after.is-on").wait_for()
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = [
        (v["id"], v["nodes"][0]["target"])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert bad == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_pin_is_moved_by_keys_and_the_form_hears_of_it(open_guide):
    page = open_guide()
    field = page.locator("place-field")
    field.scroll_into_view_if_needed()
    page.evaluate(
        "document.addEventListener('change', e => { if (e.target.name === 'lon') window.heard = true })"
    )
    canvas = field.locator(".maplibregl-canvas")
    field.locator(".map__tools").wait_for()
    canvas.focus()
    canvas.press("Enter")
    before = float(page.locator("[name=lat]").input_value())
    canvas.press("ArrowUp")
    north_m = (float(page.locator("[name=lat]").input_value()) - before) * 111_320
    assert north_m == pytest.approx(5, abs=0.2)
    assert page.evaluate("window.heard")
    assert page.locator("[name=place_source]").input_value() == "pin"
    assert "5 m" in field.locator(".place-field__said").inner_text()


def big_photo_at(lat: tuple[int, int, float], lon: tuple[int, int, float]) -> bytes:
    picture = Image.effect_noise((3000, 2000), 60).convert("RGB")
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: lat, 3: "E", 4: lon})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def test_a_big_photo_is_scaled_before_it_travels_and_its_place_is_offered(open_guide):
    page = open_guide(**PHONE)
    photo = {
        "name": "IMG_1.jpg",
        "mimeType": "image/jpeg",
        "buffer": big_photo_at((16, 27, 49.32), (107, 35, 27.24)),
    }
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    page.locator("photo-field.is-on").wait_for()
    page.locator("photo-field input[type=file]").set_input_files([photo, notes])
    page.locator("photo-field li img").wait_for()
    sent = page.evaluate("""async () => {
        const [file] = document.querySelector('photo-field input').files;
        const image = await createImageBitmap(file);
        return {size: file.size, type: file.type, longest: Math.max(image.width, image.height)};
    }""")
    assert sent["longest"] == 2048
    assert sent["type"] == "image/jpeg"
    assert sent["size"] < len(photo["buffer"])
    assert float(page.locator("[name=lon]").input_value()) == pytest.approx(107.5909, abs=1e-5)
    assert page.locator("[name=place_source]").input_value() == "photo"
    assert "notes.txt" in page.locator(".photo-field__said").inner_text()
    page.locator("photo-field li button").click()
    assert page.evaluate("document.querySelector('photo-field input').files.length") == 0


def test_the_desk_is_worked_by_keys_and_explains_them(open_guide):
    page = open_guide()
    page.locator("work-queue").scroll_into_view_if_needed()
    page.wait_for_function("!!customElements.get('work-queue')")
    page.keyboard.press("j")
    page.keyboard.press("j")
    marked = "[...document.querySelectorAll('[data-item]')].findIndex(i => i.getAttribute('aria-current') === 'true')"
    assert page.evaluate(marked) == 1
    page.keyboard.press("k")
    assert page.evaluate(marked) == 0
    page.keyboard.press("?")
    keys = page.locator("dialog[open] .keys").inner_text()
    assert "Chuyển xử lý" in keys
    page.keyboard.press("Escape")
    page.locator("textarea").first.fill("")
    page.locator("textarea").first.press("j")
    assert page.evaluate(marked) == 0


def test_the_theme_changes_without_a_reload_and_is_right_at_the_next_first_paint(open_guide):
    page = open_guide()
    page.locator(".display summary").click()
    page.locator("button[name=theme][value=dark]").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_theme_and_language_change_without_javascript_too(open_guide):
    page = open_guide(java_script_enabled=False, **DESKTOP)
    page.locator(".display summary").click()
    page.locator("button[name=text][value=big]").click()
    assert page.locator("html").get_attribute("data-text") == "big"
    page.locator(".lang-switch button[value=en]").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").first.inner_text() == "Style page"


def test_two_pictures_are_compared_by_keys(open_guide):
    page = open_guide()
    slider = page.locator("before-after input")
    slider.focus()
    slider.press("Home")
    assert page.locator("before-after").evaluate("e => e.style.getPropertyValue('--cut')") == "0%"


def test_a_device_without_webgl_gets_a_drawn_map_with_a_list_of_its_points(open_guide):
    page = open_guide()
    page.evaluate("HTMLCanvasElement.prototype.getContext = () => null")
    page.locator("#map").scroll_into_view_if_needed()
    page.locator("#map svg.map__svg").wait_for()
    assert page.locator("#map .map__list li").count() == 42


def test_a_citizen_page_without_a_map_is_light():
    manifest = json.loads((BUILT / "manifest.json").read_text())
    names = {manifest["frontend/src/main.ts"]["file"]}
    names |= {manifest[key]["file"] for key in manifest["frontend/src/main.ts"].get("imports", [])}
    names |= {
        entry["file"]
        for key, entry in manifest.items()
        if key.endswith(("photo-field.ts", "before-after.ts"))
    }
    weight = sum(len(gzip.compress((BUILT / name).read_bytes())) for name in names)
    assert weight <= CITIZEN_BYTES
