"""A report whose place is words, by every door: read back with its circle, confirmed, kept with radius and source, shown."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.city import SYSTEM, TestCity

from ngomon.cases.models import Case
from ngomon.cases.rules.place import placed, point
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.directory.terms import PlaceReading, Understood
from ngomon.identity.commands import make_client

pytestmark = pytest.mark.django_db(transaction=True)
ALLEY = "số 3 kiệt 42/5 Nguyễn Sinh Cung, phường Vỹ Dạ"
READING = PlaceReading(107.6, 16.4, 800, "19777", "words", (), {"vi": "", "en": ""}, {"vi": "", "en": ""})
FOUND = Understood("x", (READING,), (), {"vi": "", "en": ""})


def _typed(browser: Client, **changes: Any) -> dict[str, Any]:
    page = browser.get("/reports/new").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]  # type: ignore[index]
    return {"text": "den duong tat 3 dem", "category": "street_lighting_off", "token": token, **changes}


def _choices(page: str) -> list[str]:
    return re.findall(r'name="place_choice" id="\w+" value="([^"]+)"', page)


@pytest.fixture
def lan(city: TestCity) -> Client:
    return city.browser("lan")


def test_words_alone_are_read_back_and_taken_once_confirmed(city: TestCity, lan: Client) -> None:
    typed = _typed(lan, category=city.category, place_words=ALLEY)
    asked = lan.post("/reports/new", typed)
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "Hiểu là: số 3 kiệt 42/5 Nguyễn Sinh Cung, phường Vỹ Dạ, sai số khoảng 800 m." in page
    assert "bấm gửi lần nữa" in page
    (choice,) = _choices(page)
    assert f'value="{choice}" data-source="words" checked' in page
    sent = lan.post("/reports/new", {**typed, "place_choice": choice})
    assert sent.status_code == 302
    case = Case.objects.get()
    assert (case.place_radius_m, case.place_source, case.area) == (800, "words", "19777")
    shown = lan.get(f"/cases/{case.number}").content.decode()
    assert "vị trí theo lời, ±800 m" in shown
    assert '"radius_m":800' in shown


def test_a_choice_counts_only_for_the_words_it_was_made_for(city: TestCity, lan: Client) -> None:
    typed = _typed(lan, category=city.category, place_words=ALLEY)
    (choice,) = _choices(lan.post("/reports/new", typed).content.decode())
    other = lan.post("/reports/new", {**typed, "place_words": "chợ Đông Ba", "place_choice": choice})
    assert other.status_code == 422
    forged = lan.post("/reports/new", {**typed, "place_choice": "107.58,16.46,1"})
    assert forged.status_code == 422
    assert not Case.objects.exists()


def test_the_radius_of_a_chosen_reading_is_ours_and_a_moved_pin_is_a_pin(city: TestCity, lan: Client) -> None:
    lon, lat, _ = _choices(lan.post("/reports/new", _typed(lan, place_words=ALLEY)).content.decode())[
        0
    ].split(",")
    typed = _typed(
        lan,
        category=city.category,
        place_words=ALLEY,
        lon=lon,
        lat=lat,
        place_source="words",
        place_accuracy_m="5",
    )
    assert lan.post("/reports/new", typed).status_code == 302
    moved = _typed(
        lan, category=city.category, place_words=ALLEY, lon="107.6031", lat=lat, place_source="pin"
    )
    assert lan.post("/reports/new", moved).status_code == 302
    device = _typed(
        lan, category=city.category, lon=lon, lat=lat, place_source="device", place_accuracy_m="34.2"
    )
    assert lan.post("/reports/new", device).status_code == 302
    kept = list(Case.objects.order_by("number").values_list("place_source", "place_radius_m"))
    assert kept == [("words", 800), ("map", None), ("gps", 35)]


def test_hints_show_the_reading_chosen_beforehand_and_doubt_unchosen(city: TestCity) -> None:
    browser = city.browser()
    one = browser.post("/reports/hints", {"place_words": "kiet 42 nguyen sinh cung"}).content.decode()
    assert "checked" in one[one.index("place_choice") :][:200]
    several = browser.post("/reports/hints", {"place_words": "xã Hương Xuân cũ"}).content.decode()
    assert len(_choices(several)) == 2
    assert "có thể chỉ 2 nơi" in several
    none = browser.post("/reports/hints", {"place_words": "nhà em"}).content.decode()
    assert "Chưa hiểu được vị trí" in none
    pinned = {"place_words": "chợ Đông Ba", "lon": "107.6", "lat": "16.46", "place_source": "pin"}
    assert not _choices(browser.post("/reports/hints", pinned).content.decode())


def test_a_plate_places_a_report_within_metres(city: TestCity, lan: Client) -> None:
    typed = _typed(lan, category=city.category, place_words="trụ đèn TĐ-12/045 không sáng")
    (choice,) = _choices(lan.post("/reports/new", typed).content.decode())
    assert lan.post("/reports/new", {**typed, "place_choice": choice}).status_code == 302
    case = Case.objects.get()
    assert (case.place_source, case.place_radius_m) == ("asset", 15)


def test_the_desk_writes_a_call_down_by_words_alone(city: TestCity) -> None:
    desk = city.browser("ha")
    page = desk.get("/desk/new").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]  # type: ignore[index]
    said = {"source": "hotline", "text": "đèn đường tắt", "category": city.category, "token": token}
    live = desk.post("/desk/new/place", {**said, "place_words": "gần chợ Đông Ba"})
    assert "gần chợ Đông Ba, phường Phú Xuân" in live.content.decode()
    asked = desk.post("/desk/new", {**said, "place_words": "gần chợ Đông Ba"})
    assert asked.status_code == 422
    (choice,) = _choices(asked.content.decode())
    done = desk.post("/desk/new", {**said, "place_words": "gần chợ Đông Ba", "place_choice": choice})
    assert done.status_code == 200
    case = Case.objects.get()
    assert (case.place_source, case.place_radius_m) == ("words", 300)
    assert "vị trí theo lời, ±300 m" in desk.get(f"/desk/cases/{case.number}").content.decode()
    assert desk.post("/desk/new", {**said, "place_words": "chỗ nớ"}).status_code == 422
    assert city.browser("lan").post("/desk/new/place", {"place_words": "chợ"}).status_code in {302, 403}


def _send(path: str, body: dict[str, Any]) -> Any:
    with unit():
        _, key = make_client("test", ["cases.write", "cases.read"], agency="", actor=SYSTEM, at=clock.now())
    return Client().post(
        f"/api/v1{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_the_api_says_what_words_mean_and_takes_one_narrow_reading(city: TestCity) -> None:
    found = Client().get("/api/v1/places", {"words": ALLEY}).json()
    (reading,) = found["readings"]
    assert (reading["area"], reading["radius_m"], reading["source"]) == ("19777", 800, "words")
    assert [part["kind"] for part in reading["parts"]] == ["house", "alley", "street", "ward"]
    body = {"text": "đèn tắt", "category": city.category, "place_words": ALLEY, "external_id": "a1"}
    first = _send("/reports", body)
    assert first.status_code == 201, first.content
    case = Case.objects.get()
    assert (case.place_source, case.place_radius_m, case.lon) == ("words", 800, reading["lon"])


@pytest.mark.parametrize(
    ("words", "code", "readings"),
    [
        ("xã Hương Xuân cũ", "cases.error.place_many", 2),
        ("phường Vỹ Dạ", "cases.error.place_wide", 1),
        ("nhà em", "cases.error.place_unknown", 0),
    ],
)
def test_the_api_refuses_unclear_words_with_what_they_may_mean(
    city: TestCity, words: str, code: str, readings: int
) -> None:
    refused = _send("/reports", {"text": "đèn tắt", "category": city.category, "place_words": words})
    said = refused.json()
    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert [(e["field"], e["code"]) for e in said["errors"]] == [("place_words", code)]
    assert len(said["readings"]) == readings
    assert not Case.objects.exists()


def test_coordinates_or_words_one_of_them_must_be_there(city: TestCity) -> None:
    nothing = _send("/reports", {"text": "đèn tắt", "category": city.category})
    assert {e["field"] for e in nothing.json()["errors"]} == {"lon", "lat"}
    half = _send("/reports", {"text": "đèn tắt", "lon": 107.6, "place_words": ALLEY})
    assert {e["field"] for e in half.json()["errors"]} == {"lat"}
    long = Client().get("/api/v1/places", {"words": "x" * 301})
    assert long.status_code == 422
    assert Client().get("/api/v1/places").status_code == 422


def test_open311_takes_an_address_that_is_one_narrow_place(city: TestCity) -> None:
    sent = {"service_code": city.category, "description": "đèn tắt", "address_string": ALLEY}
    assert Client().post("/open311/v2/requests.json", sent).status_code == 201
    assert Case.objects.get().place_radius_m == 800
    wide = Client().post("/open311/v2/requests.json", {**sent, "address_string": "phường Vỹ Dạ"})
    assert wide.status_code == 400
    assert "phường Vỹ Dạ (±2,7 km)" in wide.content.decode()


@given(
    st.dictionaries(
        st.sampled_from(["lon", "lat", "place_source", "place_accuracy_m", "place_choice"]),
        st.text(max_size=30)
        | st.sampled_from([READING.key, "107.6", "16.4", "words", "device", "inf", "-5"]),
    )
)
def test_no_form_is_too_strange_for_its_place(typed: dict[str, str]) -> None:
    found = placed(typed, FOUND)
    if found is None:
        assert point(typed) is None
    else:
        assert found.radius_m is None or 0 < found.radius_m <= 100_000
        assert found.source in {"gps", "map", "words", "asset"}
