"""Open311 GeoReport v2 from outside: every method, in XML and JSON, with the specification's errors; nothing personal."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.http import urlencode
from lxml import etree
from PIL import Image
from tests.city import SYSTEM, TestCity

import ngomon
from ngomon.cases import queries
from ngomon.cases.models import Case, Reporter, Signal
from ngomon.core import clock, worker
from ngomon.core.engine import engine
from ngomon.core.units import unit
from ngomon.identity.commands import make_client

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/open311/v2"
SAMPLE = (
    Path(ngomon.__file__).parents[3] / "shared/data/civic-reports/open311_georeport_v2_requests_sample.json"
)


@pytest.fixture(autouse=True)
def fresh_limits(transactional_db: None) -> None:
    engine().tidy(clock.now() + timedelta(days=9))


@pytest.fixture
def key(city: TestCity) -> str:
    with unit():
        return make_client("other city", ["open311.write"], actor=SYSTEM, at=clock.now())[1]


def post(form: str = "json", **fields: Any) -> Any:
    return Client().post(
        f"{BASE}/requests.{form}", urlencode(fields), content_type="application/x-www-form-urlencoded"
    )


def filled(city: TestCity, **changes: Any) -> dict[str, Any]:
    lon, lat = city.corner
    return {"service_code": city.category, "lat": lat, "long": lon, "description": "Đèn đường tắt", **changes}


def get(path: str, **query: Any) -> Any:
    return Client().get(f"{BASE}/{path}", query)


def make_public(city: TestCity, number: str) -> None:
    case = queries.case_id_of(number)
    city.act(city.ha, case, "accept")
    city.act(city.ha, case, "route", agency=city.agency, why="đúng địa bàn")


def filed(city: TestCity, **changes: Any) -> str:
    answer = post(**filled(city, **changes))
    assert answer.status_code == 201, answer.content
    number: str = answer.json()[0]["service_request_id"]
    return number


def test_services_are_the_leaves_of_the_catalogue(city: TestCity) -> None:
    rows = get("services.json").json()
    assert len(rows) >= 60
    assert {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"} == set(
        rows[0]
    )
    assert {r["metadata"] for r in rows} == {False}, "no category asks anything by default"
    tree = etree.fromstring(get("services.xml").content)
    assert tree.tag == "services"
    assert tree.findtext("service/metadata") == "false"
    english = Client().get(f"{BASE}/services.json", headers={"Accept-Language": "en"}).json()
    assert english[0]["service_name"] != rows[0]["service_name"]


def test_a_definition_lists_what_the_pack_asks(city: TestCity, settings: Any) -> None:
    plain = get(f"services/{city.category}.json").json()
    assert plain == {"service_code": city.category, "attributes": []}
    values = [{"key": "a", "name": {"vi": "Loại A", "en": "Kind A"}}]
    asked = [
        {"category": city.category, "code": "pole", "required": True, "name": {"vi": "Số cột", "en": "Pole"}},
        {"category": city.category, "code": "kind", "datatype": "singlevaluelist", "values": values},
    ]
    settings.NGOMON_CITY = {**settings.NGOMON_CITY, "open311": {"attributes": asked}}
    tree = etree.fromstring(get(f"services/{city.category}.xml").content)
    assert [n.text for n in tree.findall("attributes/attribute/code")] == ["pole", "kind"]
    assert tree.findtext("attributes/attribute/values/value/key") == "a"
    missing = post(**filled(city))
    assert missing.status_code == 400
    assert "attribute[pole]" in missing.json()[0]["description"]
    wrong = post(**filled(city, **{"attribute[pole]": "7", "attribute[kind]": "z"}))
    assert "attribute[kind]" in wrong.json()[0]["description"]
    filed(city, **{"attribute[pole]": "7", "attribute[kind]": "a"})
    assert json.loads(Signal.objects.get().attributes) == {"kind": "a", "pole": "7"}


def test_a_request_is_filed_in_both_forms(city: TestCity) -> None:
    number = filed(city, first_name="Lan", last_name="Nguyễn", phone="0905123456", email="lan@thu.vn")
    assert Case.objects.get().number == number
    assert Reporter.objects.get().sealed
    tree = etree.fromstring(post("xml", **filled(city)).content)
    assert tree.tag == "service_requests"
    assert tree.findtext("request/service_request_id").startswith("PA-")


def test_the_senders_own_id_makes_a_repeat_safe(city: TestCity, key: str) -> None:
    first = filed(city, api_key=key, external_id="X-9")
    assert filed(city, api_key=key, external_id="X-9") == first
    assert filed(city, api_key=key, service_request_id="X-9") == first
    assert filed(city, api_key=key, external_id="X-10") != first
    assert Case.objects.count() == 2


def test_an_address_alone_must_name_one_place(city: TestCity) -> None:
    fields = {"service_code": city.category, "description": "Rác"}
    unknown = post(**fields, address_string="zzzz qqqq")
    assert unknown.status_code == 400
    assert unknown.json()[0]["description"].startswith("address_string")
    assert post(**fields).json()[0]["code"] == 400


def test_media_come_as_files_and_links_are_kept_not_fetched(city: TestCity) -> None:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(file, "JPEG")
    file.seek(0)
    file.name = "a.jpg"
    fields = {**filled(city, media_url="https://example.org/a.jpg"), "media": file}
    answer = Client().post(f"{BASE}/requests.json", fields)
    assert answer.status_code == 201, answer.content
    case = Case.objects.get()
    assert case.thumbnail
    assert get(f"requests/{case.number}.json").status_code == 404, "not public yet"
    make_public(city, case.number)
    assert not get(f"requests/{case.number}.json").json()[0].get("media_url"), "nobody has looked it over"
    worker.settle()
    shown = get(f"requests/{case.number}.json").json()[0]
    assert shown["media_url"].startswith(settings.NGOMON_BASE_URL + "/pictures/")
    assert "example.org" not in json.dumps(shown)


def test_only_public_requests_are_shown_and_never_who_reported(city: TestCity, key: str) -> None:
    words = "Đèn tắt, gọi tôi 0905123456"
    number = filed(city, description=words, first_name="Lan", last_name="Bùi", email="lan@thu.vn")
    assert get(f"requests/{number}.json").status_code == 404
    waiting = get(f"requests/{number}.json", api_key=key).json()[0]
    assert set(waiting) == {"service_request_id", "status", "status_notes", "requested_datetime"}
    assert get("requests.json").json() == []
    make_public(city, number)
    shown = get("requests.json").content.decode() + get("requests.xml").content.decode()
    assert number in shown
    for secret in ("0905123456", "+84905", "lan@thu.vn", "Bùi"):
        assert secret not in shown


def test_lists_by_service_state_and_time_page_by_page(city: TestCity) -> None:
    numbers = [filed(city) for _ in range(3)]
    for number in numbers:
        make_public(city, number)
    Case.objects.filter(number=numbers[0]).update(opened_at=clock.now() - timedelta(days=100))
    rows = get("requests.json").json()
    assert [r["service_request_id"] for r in rows] == numbers[:0:-1], "90 days, newest first"
    assert datetime.fromisoformat(rows[0]["requested_datetime"]).utcoffset() == timedelta(hours=7)
    old = get("requests.json", end_date=(clock.now() - timedelta(days=95)).isoformat()).json()
    assert [r["service_request_id"] for r in old] == numbers[:1]
    assert len(get("requests.json", page=2, page_size=1).json()) == 1
    assert get("requests.json", status="closed").json() == []
    assert len(get("requests.json", status="open,closed").json()) == 2
    assert len(get("requests.json", service_code=city.category).json()) == 2
    both = get(f"requests/{numbers[1]},{numbers[2]}.json").json()
    assert [r["service_request_id"] for r in both] == numbers[1:]
    assert len(get("requests.json", service_request_id=",".join(numbers)).json()) == 3


def test_an_answered_request_is_closed_with_its_published_answer(city: TestCity) -> None:
    number = filed(city)
    make_public(city, number)
    case = queries.case_id_of(number)
    city.act(city.tam, case, "accept")
    city.act(city.binh, case, "assign", assignee=city.accounts["son"])
    answer = "Đội chiếu sáng đã thay bóng đèn lúc 15:00 ngày hôm qua."
    city.act(city.son, case, "answer", answer=answer, stated_reason="không chụp được ảnh ban đêm")
    city.act(city.binh, case, "approve")
    assert get(f"requests/{number}.json").json()[0]["status_notes"] == "", "not published yet"
    city.act(city.nga, case, "publish")
    shown = get(f"requests/{number}.json").json()[0]
    assert shown["status"] == "closed"
    assert shown["status_notes"].startswith(answer)
    assert shown["detailed_status"] == "answered"


def test_tokens_and_discovery(city: TestCity) -> None:
    number = filed(city)
    assert get(f"tokens/{number}.json").json() == [{"service_request_id": number, "token": number}]
    assert get("tokens/PA-0000-0000.json").status_code == 404
    tree = etree.fromstring(get("discovery.xml").content)
    assert tree.tag == "discovery"
    assert tree.findtext("endpoints/endpoint/url").endswith("/open311/v2")
    assert get("discovery.json").json()["endpoints"][0]["formats"] == ["text/xml", "application/json"]


def test_keys_and_jurisdictions(city: TestCity, key: str) -> None:
    assert post(**filled(city, api_key=key, jurisdiction_id="hue")).status_code == 201
    wrong = post(**filled(city, jurisdiction_id="boston.gov"))
    assert (wrong.status_code, wrong.json()[0]["code"]) == (404, 404)
    assert post(**filled(city, api_key="ngm_wrong")).status_code == 403
    with unit():
        reader = make_client("r", ["open311.read"], actor=SYSTEM, at=clock.now())[1]
    assert post(**filled(city, api_key=reader)).status_code == 403


def test_without_a_key_the_budget_is_tighter_and_the_policy_decides(city: TestCity, settings: Any) -> None:
    for _ in range(20):
        filed(city)
    refused = post(**filled(city))
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    policy = [{"channel": "open311", "category": "*", "requires": "account"}]
    settings.NGOMON_CITY = {**settings.NGOMON_CITY, "sign_in": {"policy": policy}}
    client = Client(REMOTE_ADDR="10.0.0.9")
    closed = client.post(f"{BASE}/requests.json", filled(city))
    assert (closed.status_code, closed.json()[0]["code"]) == (403, 403)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_errors_are_arrays_in_the_form_asked_for(city: TestCity, form: str) -> None:
    answer = post(form, lat=16.4, long=107.6)
    assert answer.status_code == 400
    if form == "json":
        assert answer.json()[0]["code"] == 400
    else:
        tree = etree.fromstring(answer.content)
        assert (tree.tag, tree.findtext("error/code")) == ("errors", "400")
    assert get(f"services/none.{form}").status_code == 404


@pytest.mark.skipif(
    not SAMPLE.exists(), reason="open311_georeport_v2_requests_sample.json is not beside the checkout"
)
def test_our_requests_have_every_field_of_a_real_endpoints_sample(city: TestCity) -> None:
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    number = filed(city)
    make_public(city, number)
    ours = get(f"requests/{number}.json").json()[0]
    for row in sample:
        assert set(row) <= set(ours)
    for name, value in sample[0].items():
        assert isinstance(ours[name], type(value)), name
