"""Bad lists of calls sent to the API: each gets a clear problem in two languages, and no call of the list is taken in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from ngomon.cases.tests.bad_input import HARMLESS
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.identity.commands import make_client
from ngomon.incidents import commands
from ngomon.incidents.models import LogLine, Ticket, TicketCall
from ngomon.incidents.tests.test_flood import do

GOOD = {"key": "b1", "kind": "rescue", "place": "kiệt 7 Đặng Văn Ngữ", "people": 3}
INVALID = "cases.api.error.invalid"


def one(**changes: Any) -> dict[str, Any]:
    """A list whose second call is bad."""
    return {"source": "Nhóm", "calls": [GOOD, {**GOOD, "key": "b2", "place": "số 9 Lê Lợi", **changes}]}


def without(name: str) -> dict[str, Any]:
    return {
        "source": "Nhóm",
        "calls": [GOOD, {key: value for key, value in one()["calls"][1].items() if key != name}],
    }


ROWS: tuple[tuple[str, int, str, Any], ...] = (
    ("no body", 415, "cases.api.error.content_type", b""),
    ("not JSON", 400, "cases.api.error.json", b"source=a"),
    ("half an object", 400, "cases.api.error.json", b'{"source": "a'),
    ("invalid UTF-8", 400, "cases.api.error.json", b'{"source": "\xff"}'),
    ("an array", 400, "cases.api.error.object", [GOOD]),
    ("null", 400, "cases.api.error.object", b"null"),
    ("deeply nested", 400, "cases.api.error.json", b"[" * 10_000 + b"]" * 10_000),
    ("three megabytes", 413, "cases.api.error.too_big", {**one(), "source": "a" * 3_000_000}),
    ("nothing", 422, "source", {}),
    ("no source", 422, "source", {"calls": [GOOD]}),
    ("an empty source", 422, "source", {**one(), "source": ""}),
    ("a source of spaces", 422, "source", {**one(), "source": "  "}),
    ("an overlong source", 422, "source", {**one(), "source": "x" * 41}),
    ("a source as number", 422, "source", {**one(), "source": 5}),
    ("no calls", 422, "calls", {"source": "a"}),
    ("calls as text", 422, "calls", {"source": "a", "calls": "b"}),
    ("a call as number", 422, "calls.0", {"source": "a", "calls": [3]}),
    ("too many calls", 422, "calls", {"source": "a", "calls": [GOOD] * 5001}),
    ("a member twice", 422, "source", b'{"source": "a", "source": "b", "calls": []}'),
    ("an unknown member", 422, "room", {**one(), "room": "SV-1"}),
    ("an unknown member of a call", 422, "calls.1.state", one(state="done")),
    ("no key", 422, "calls.1.key", without("key")),
    ("an empty key", 422, "calls.1.key", one(key="")),
    ("a key of invisible characters", 422, "calls.1", one(key="\u200b\u202e")),
    ("a key as number", 422, "calls.1.key", one(key=7)),
    ("an overlong key", 422, "calls.1.key", one(key="k" * 121)),
    ("no kind", 422, "calls.1.kind", without("kind")),
    ("a kind of nobody", 422, "calls.1.kind", one(kind="war")),
    ("a kind in Vietnamese", 422, "calls.1.kind", one(kind="cứu hộ")),
    ("no place at all", 422, "calls.1", one(place="")),
    ("a longitude alone", 422, "calls.1", one(place="", lon=107.6)),
    ("half a point", 422, "calls.1", one(lat=16.46)),
    ("an overlong place", 422, "calls.1.place", one(place="a" * 301)),
    ("overlong words", 422, "calls.1.words", one(words="a" * 2001)),
    ("beyond the pole", 422, "calls.1.lat", one(lon=107.6, lat=400)),
    ("beyond the date line", 422, "calls.1.lon", one(lon=181, lat=16)),
    ("a place as text", 422, "calls.1.lon", one(lon="107.6", lat=16)),
    ("NaN", 400, "cases.api.error.json", b'{"source":"a","calls":[{"key":"a","kind":"rescue","lon":NaN}]}'),
    ("nobody less than nobody", 422, "calls.1.people", one(people=-1)),
    ("a whole town in a house", 422, "calls.1.people", one(people=201)),
    ("half a person", 422, "calls.1.people", one(people=1.5)),
    ("persons as text", 422, "calls.1.people", one(people="4")),
    ("persons as true", 422, "calls.1.vulnerable", one(vulnerable=True)),
    ("a telephone in words", 422, "calls.1", one(phone="gọi tôi")),
    ("a telephone with a header", 422, "calls.1", one(phone="0905\r\nBcc: x")),
    ("an overlong telephone", 422, "calls.1.phone", one(phone="0" * 31)),
    ("an overlong name", 422, "calls.1.name", one(name="a" * 121)),
)


@pytest.fixture
def door(city):
    number = do(commands.open_room, "Lũ", kind="flood", who=city.dung)
    with unit():
        _, key = make_client("Nhóm cứu hộ", ["tickets.write"], actor=city.vy, at=clock.now())
    return f"/api/v1/rooms/{number}/calls", key


def send(address, key, body, *, language="vi", kind="application/json", method="post"):
    data = body if isinstance(body, bytes) else json.dumps(body)
    head = {"HTTP_AUTHORIZATION": key and f"Bearer {key}", "HTTP_ACCEPT_LANGUAGE": language}
    head = {name: value for name, value in head.items() if value}
    return Client(raise_request_exception=False).generic(
        method.upper(), address, data, content_type=kind, **head
    )


def kept():
    return Ticket.objects.count(), TicketCall.objects.count(), LogLine.objects.count()


def named(answer):
    said = answer.json()
    return {said["code"], *(e["field"] for e in said.get("errors", []))}


def test_every_bad_list_gets_a_clear_problem_in_two_languages_and_nothing_of_it_is_taken_in(door):
    address, key = door
    before, faults = kept(), []
    for what, status, names, body in ROWS:
        vi, en = (send(address, key, body, language=language) for language in ("vi", "en"))
        if (vi.status_code, vi["Content-Type"]) != (status, "application/problem+json"):
            faults.append(f"{what}: {vi.status_code} {vi.content[:300].decode()}")
            continue
        if names not in named(vi):
            faults.append(f"{what}: names {named(vi)}, not {names}")
        if vi.json()["detail"] == en.json()["detail"] or " " not in vi.json()["detail"]:
            faults.append(f"{what}: not in two languages: {vi.json()['detail']}")
        if kept() != before:
            faults.append(f"{what}: left something behind")
            before = kept()
    assert not faults, "\n".join(faults)


def test_who_may_not_or_knocks_wrongly_is_told_so(door, city):
    address, key = door
    with unit():
        _, other = make_client("Khác", ["cases.read"], actor=city.vy, at=clock.now())
    body = {"source": "Nhóm", "calls": [GOOD]}
    for given, status in (("", 401), ("x", 401), ("ngm_" + "x" * 40, 401), (other, 403)):
        answer = send(address, given, body)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), given
    assert send(address, key, body, method="get").status_code == 405
    assert send(address, key, body, method="put")["Content-Type"] == "application/problem+json"
    assert send(address, key, b"a", kind="text/plain").status_code == 415
    for number in ("SV-0", "SV-%00", "9" * 300):
        assert send(f"/api/v1/rooms/{number}/calls", key, body).status_code == 404, number
    assert city.browser("lan").post(address, body, content_type="application/json").status_code == 403
    assert kept()[0] == 0


def test_no_page_has_a_number_with_a_nul_in_it(city):
    pages = (("ha", "/ioc/rooms/SV-%00"), ("ha", "/ioc/handover/GC-%00"), ("dung", "/desk/directives/CD-%00"))
    for who, page in pages:
        assert city.browser(who).get(page).status_code == 404, page


def test_words_that_attack_are_words_and_the_door_is_described(door, city):
    address, key = door
    calls = [
        {**GOOD, "key": f"k{n}", "place": f"số {n} Lê Lợi", "words": w[:2000]} for n, w in enumerate(HARMLESS)
    ]
    told = send(address, key, {"source": "Nhóm", "calls": calls}).json()
    assert sum(told.values()) == len(HARMLESS)
    number = address.split("/")[4]
    assert "<script>alert(1)" not in city.browser("ha").get(f"/ioc/rooms/{number}?tab=flood").content.decode()
    described = Client().get("/api/v1/openapi.json").json()["paths"]["/api/v1/rooms/{number}/calls"]["post"]
    assert described["requestBody"]["content"]["application/json"]["schema"]["required"] == [
        "source",
        "calls",
    ]
    assert "application/problem+json" in described["responses"]["4XX"]["content"]
