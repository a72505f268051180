"""The HTTP API through its front door: reports once, lists, one case by who asks, actions, rights, cost."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from tests.city import SYSTEM, TestCity

from ngomon.cases import queries
from ngomon.cases.models import Case, Signal
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.identity.commands import make_client, revoke_client

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"


def key_of(*scopes: str, agency: str = "") -> dict[str, str]:
    """The header of a program with these scopes."""
    with unit():
        _, key = make_client("test", scopes, agency=agency, actor=SYSTEM, at=clock.now())
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def write(city: TestCity) -> dict[str, str]:
    return key_of("cases.write", "cases.read")


def send(path: str, body: Any, headers: dict[str, str] | None = None, browser: Client | None = None) -> Any:
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return (browser or Client()).post(
        f"{API}{path}", data=data, content_type="application/json", headers=headers or {}
    )


def said(city: TestCity, **changes: Any) -> dict[str, Any]:
    lon, lat = city.corner
    return {
        "text": "Đèn đường trước kiệt 42 tắt",
        "lon": lon,
        "lat": lat,
        "category": city.category,
        **changes,
    }


def statements(query: str) -> bool:
    return not query.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))


def test_a_program_files_a_report_once(city: TestCity, write: dict[str, str]) -> None:
    first = send("/reports", said(city, external_id="A-1"), write)
    assert first.status_code == 201, first.content
    receipt = first.json()
    assert receipt["is_new"]
    assert receipt["claim_code"]
    assert receipt["number"].startswith("PA-")
    again = send("/reports", said(city, external_id="A-1"), write)
    assert again.status_code == 200
    assert again.json()["number"] == receipt["number"]
    by_header = send("/reports", said(city), {**write, "Idempotency-Key": "A-1"})
    assert by_header.json()["number"] == receipt["number"]
    assert Case.objects.count() == Signal.objects.count() == 1


def test_two_programs_do_not_share_external_ids(city: TestCity, write: dict[str, str]) -> None:
    other = key_of("cases.write")
    mine = send("/reports", said(city, external_id="1"), write).json()["number"]
    assert send("/reports", said(city, external_id="1"), other).json()["number"] != mine


def test_a_report_with_photos_comes_as_multipart(city: TestCity, write: dict[str, str]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "green").save(file, "PNG")
    file.seek(0)
    file.name = "anh.png"
    lon, lat = city.corner
    data = {"text": "ổ gà", "lon": str(lon), "lat": str(lat), "photos": file, "attributes.depth": "10 cm"}
    answer = Client().post(f"{API}/reports", data, headers={**write, "Idempotency-Key": "p"})
    assert answer.status_code == 201, answer.content
    case = Case.objects.get()
    assert case.thumbnail
    assert json.loads(Signal.objects.get().attributes) == {"depth": "10 cm"}


def test_who_may_file(city: TestCity) -> None:
    assert send("/reports", said(city)).status_code == 401
    assert send("/reports", said(city), key_of("cases.read")).status_code == 403
    assert send("/reports", said(city), {"Authorization": "Bearer ngm_" + "x" * 43}).status_code == 401
    assert send("/reports", said(city), browser=city.browser("lan")).status_code == 201
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = city.browser("lan").cookies
    refused = send("/reports", said(city), browser=strict)
    assert refused.status_code == 403
    assert refused.json()["code"] == "cases.api.error.csrf"


def test_a_revoked_key_is_shut_out_at_once(city: TestCity) -> None:
    with unit():
        client, key = make_client("gone", ["cases.write"], actor=SYSTEM, at=clock.now())
    header = {"Authorization": f"Bearer {key}"}
    assert send("/reports", said(city), header).status_code == 201
    with unit():
        revoke_client(client, actor=SYSTEM, at=clock.now())
    assert send("/reports", said(city), header).status_code == 401


def public_case(city: TestCity) -> str:
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "accept")
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="đúng địa bàn")
    return receipt.number


def test_lists_show_public_cases_page_by_page(city: TestCity) -> None:
    numbers = [public_case(city) for _ in range(3)]
    hidden = city.report().number
    first = Client().get(f"{API}/cases", {"size": 2}).json()
    second = Client().get(f"{API}/cases", {"size": 2, "cursor": first["next"]}).json()
    seen = [c["number"] for c in first["cases"] + second["cases"]]
    assert seen == numbers[::-1]
    assert hidden not in seen
    assert second["next"] == ""
    assert first["total"] == 3
    assert first["cases"][0]["area_name"]["vi"]
    staff = city.browser("ha").get(f"{API}/cases", {"view": "staff"}).json()
    assert staff["total"] == 4
    assert Client().get(f"{API}/cases", {"view": "staff"}).status_code == 403
    assert city.browser("lan").get(f"{API}/me/cases").json()["cases"][0]["number"] == hidden


def test_one_case_by_who_asks(city: TestCity, write: dict[str, str]) -> None:
    receipt = send("/reports", said(city), write).json()
    path = f"{API}/cases/{receipt['number']}"
    assert Client().get(path).status_code == 404
    mine = Client().get(path, headers={"Claim-Code": receipt["claim_code"]})
    assert mine.status_code == 200
    assert Client().get(path, headers={"Claim-Code": "AAAAAAAAAA"}).status_code == 404
    officer = city.browser("ha").get(path).json()
    assert "accept" in [a["key"] for a in officer["actions"]]
    log = Client().get(f"{path}/history", headers={"Claim-Code": receipt["claim_code"]}).json()
    assert [e["version"] for e in log["events"]] == list(range(1, len(log["events"]) + 1))
    assert "actor" not in json.dumps(log)


def test_an_agencys_program_handles_its_cases_and_no_others(city: TestCity) -> None:
    number = public_case(city)
    ours, theirs = (key_of("cases.write", "cases.read", agency=a) for a in (city.agency, "so_xay_dung"))
    seen = Client().get(f"{API}/cases/{number}", headers=ours).json()
    actions = [a["key"] for a in seen["actions"]]
    assert actions, "the agency's clerk may act"
    body = {"fields": {"reason": "Không thuộc địa bàn của phường, thuộc quốc lộ"}}
    assert send(f"/cases/{number}/actions/hand_back", body, theirs).status_code == 403
    stale = send(f"/cases/{number}/actions/hand_back", {**body, "version": 1}, ours)
    assert stale.status_code == 409
    done = send(f"/cases/{number}/actions/hand_back", body, ours)
    assert done.status_code == 200, done.content
    assert done.json()["agency"] == ""


def test_an_officer_acts_by_session_and_strangers_do_not(city: TestCity) -> None:
    number = city.report().number
    path = f"/cases/{number}/actions/accept"
    assert send(path, {}).status_code == 401
    assert send(path, {}, browser=city.browser("lan")).status_code == 403
    assert send(path, {}, browser=city.browser("tam")).status_code == 403
    assert send(path, {}, browser=city.browser("ha")).status_code == 200
    assert send(path, {}, browser=city.browser("ha")).status_code == 409


def test_the_reporter_rates_objects_and_appeals_by_claim_code(city: TestCity, write: dict[str, str]) -> None:
    receipt = send("/reports", said(city), write).json()
    case = queries.case_id_of(receipt["number"])
    code = {"claim_code": receipt["claim_code"]}
    city.act(city.ha, case, "reject", reason="Không xác minh được tại hiện trường")
    path = f"/cases/{receipt['number']}"
    assert send(f"{path}/appeal", {"text": "Vẫn còn đó"}).status_code == 404
    assert send(f"{path}/rate", {"rating": "satisfied", **code}).status_code in {403, 409}
    done = send(f"{path}/appeal", {"text": "Vẫn còn đó, xin xem lại", **code})
    assert done.status_code == 200, done.content


def test_similar_shows_public_cases_only(city: TestCity) -> None:
    number = public_case(city)
    city.report()
    lon, lat = city.corner
    found = Client().get(f"{API}/similar", {"lon": lon, "lat": lat, "text": "đèn đường tắt kiệt 42"}).json()
    assert [c["number"] for c in found["cases"]] == [number]
    assert found["cases"][0]["shared_words"]


def test_the_catalogue_of_the_city(city: TestCity) -> None:
    assert len(Client().get(f"{API}/categories").json()["categories"]) >= 60
    assert len([a for a in Client().get(f"{API}/areas").json()["areas"] if a["kind"] != "city"]) == 40
    assert len(Client().get(f"{API}/agencies").json()["agencies"]) >= 70
    described = Client().get(f"{API}/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert "multipart/form-data" in described["paths"][f"{API}/reports"]["post"]["requestBody"]["content"]


def test_what_a_report_a_list_and_an_action_cost(city: TestCity, write: dict[str, str]) -> None:
    send("/reports", said(city, external_id="warm"), write)
    with CaptureQueriesContext(
        connection,
    ) as spent:
        assert send("/reports", said(city, external_id="x"), write).status_code == 201
    counted = [q["sql"] for q in spent.captured_queries if statements(q["sql"])]
    assert len(counted) <= 14, "\n".join(counted)
    for _ in range(5):
        public_case(city)
    with CaptureQueriesContext(connection) as spent:
        assert Client().get(f"{API}/cases", {"size": 200}).status_code == 200
    assert len(spent.captured_queries) <= 4, spent.captured_queries


def test_an_unknown_address_and_a_wrong_method_are_problems(city: TestCity) -> None:
    for answer in (
        Client().get(f"{API}/nowhere"),
        Client().delete(f"{API}/cases"),
        Client().put(f"{API}/reports", "{}", content_type="application/json"),
    ):
        assert answer.status_code in {404, 405}
        assert answer["Content-Type"] == "application/problem+json"


def test_reports_by_the_api_reach_the_desk(city: TestCity, write: dict[str, str]) -> None:
    number = send("/reports", said(city), write).json()["number"]
    settle()
    assert number in city.browser("ha").get("/desk").content.decode()
