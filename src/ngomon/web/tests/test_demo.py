"""The demonstration's room: parts, the tour's steps, the story's pictures; nothing of it outside a demonstration."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.city import TestCity

from ngomon.web.demo import tour
from ngomon.web.demo.tour import inside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(settings: Any) -> None:
    settings.NGOMON_DEMO = True


def _shown(answer: Any) -> dict[str, str]:
    """What phone and desk show after a redirect into the room."""
    assert answer.status_code == 302, answer.content
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def test_nothing_of_the_room_is_found_outside_a_demonstration(city: TestCity):
    browser = city.browser()
    assert browser.get("/demo").status_code == 404
    assert browser.get("/demo/picture/before").status_code == 404
    for address in ("/demo/play", "/demo/step", "/demo/wind"):
        assert browser.post(address).status_code == 404


@pytest.mark.usefixtures("demo")
def test_every_step_of_the_tour_opens_and_names_itself(city: TestCity):
    browser = city.browser()
    for step in tour.STEPS:
        shown = _shown(browser.post("/demo/step", {"step": step}))
        assert shown["phone"].startswith("/")
        page = browser.get("/demo", shown).content.decode()
        assert f'value="{step}" aria-current="step"' in page
    assert shown["desk"] == "/ioc/rooms", "the last step shows the command room"
    assert browser.post("/demo/step", {"step": "nowhere"}).status_code == 422


@pytest.mark.usefixtures("demo")
def test_the_case_on_the_desk_stays_open_for_a_part_that_may_see_it(city: TestCity):
    number = city.report().number
    browser = city.browser()
    at = f"/desk/cases/{number}/act/route?queue=triage"
    kept = _shown(browser.post("/demo/play", {"part": "lead", "desk": at, "phone": "/map"}))
    assert kept == {"desk": f"/desk/cases/{number}", "phone": "/map"}
    # Not yet at an agency: its clerk begins at the queue.
    assert _shown(browser.post("/demo/play", {"part": "clerk", "desk": at}))["desk"] == "/desk"
    assert _shown(browser.post("/demo/play", {"part": "admin", "desk": at}))["desk"] == "/admin"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "https://elsewhere.example/", "//elsewhere.example", "/\\x", "/demo", ""],
)
def test_a_frame_never_leaves_the_house(address: str):
    assert inside(address, "/desk") == "/desk"


def test_a_frame_returns_to_the_case_and_not_to_a_form():
    assert inside("/cases/PA-2611-0001/rate", "/") == "/cases/PA-2611-0001"
    assert inside("/desk?queue=triage", "/") == "/desk?queue=triage"


@pytest.mark.usefixtures("demo")
def test_the_story_lends_its_photographs(city: TestCity):
    browser = city.browser()
    for which in ("before", "after"):
        answer = browser.get(f"/demo/picture/{which}")
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)[8:12] == b"WEBP"  # type: ignore[attr-defined]
    assert browser.get("/demo/picture/other").status_code == 404
