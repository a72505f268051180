"""At least sixty bad requests to the HTTP API: each gets a clear error in two languages and changes nothing; none is a bug."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.city import SYSTEM, TestCity

from ngomon.cases.models import Case, Signal
from ngomon.cases.tests.bad_input import HARMLESS, Row, bad_pictures, kept, picture
from ngomon.core import clock
from ngomon.core.engine import engine
from ngomon.core.text import clean
from ngomon.core.units import unit
from ngomon.identity.commands import make_client

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"
INVALID, MISSING, UNKNOWN = (
    "cases.api.error.invalid",
    "cases.api.error.missing",
    "cases.api.error.unknown_field",
)


def raw(what: str, status: int, names: str, body: Any, **sent: Any) -> Row:
    """A body as bytes, text, or something that JSON can say."""
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return Row(what, status, names, {"data": data, "content_type": "application/json", **sent})


def rows(city: TestCity, number: str) -> list[Row]:
    lon, lat = city.corner
    good = {"text": "Rác", "lon": lon, "lat": lat, "category": city.category}

    def but(**changes: Any) -> dict[str, Any]:
        return {**good, **changes}

    def without(name: str) -> dict[str, Any]:
        return {key: value for key, value in good.items() if key != name}

    nan = '{"text":"a","lon":%s,"lat":16.4}'
    made = [
        raw("no body", 415, "cases.api.error.content_type", b""),
        raw("not JSON", 400, "cases.api.error.json", b"text=a&lon=1"),
        raw("half an object", 400, "cases.api.error.json", b'{"text": "a'),
        raw("invalid UTF-8", 400, "cases.api.error.json", b'{"text": "\xff\xfe", "lon": 1, "lat": 1}'),
        raw("UTF-16", 400, "cases.api.error.json", json.dumps(good).encode("utf-16")),
        raw("a byte order mark", 400, "cases.api.error.json", b"\xef\xbb\xbf" + json.dumps(good).encode()),
        raw("a lone surrogate", 400, "cases.api.error.json", b'{"text": "\\ud800", "lon": 1, "lat": 1}'),
        raw("an array", 400, "cases.api.error.object", [good]),
        raw("a number", 400, "cases.api.error.object", b"7"),
        raw("null", 400, "cases.api.error.object", b"null"),
        raw("nested ten thousand deep", 400, "cases.api.error.json", b"[" * 10_000 + b"]" * 10_000),
        raw("nested nine hundred deep", 422, "text", b'{"text":' * 900 + b"1" + b"}" * 900),
        raw("NaN", 400, "cases.api.error.json", nan % "NaN"),
        raw("Infinity", 400, "cases.api.error.json", nan % "Infinity"),
        raw("a number beyond all numbers", 400, "cases.api.error.json", nan % "1e999"),
        raw("a member twice", 422, "text", '{"text":"a","text":"b","lon":107.6,"lat":16.46}'),
        raw("an inner member twice", 422, "name", '{"lon":107.6,"lat":16.4,"contact":{"name":"a","name":"b"}}'),
        raw("three megabytes of text", 413, "cases.api.error.too_big", but(text="a" * 3_000_000)),
        raw("no place", 422, "lon", without("lon")),
        raw("no latitude", 422, "lat", without("lat")),
        raw("a place in words", 422, "lon", but(lon="ở cầu Trường Tiền")),
        raw("a place as a numeric text", 422, "lon", but(lon="107.6")),
        raw("a place as a list", 422, "lat", but(lat=[16.4])),
        raw("a place as true", 422, "lat", but(lat=True)),
        raw("null for a place", 422, "lat", but(lat=None)),
        raw("beyond the date line", 422, "lon", but(lon=181)),
        raw("beyond the pole", 422, "lat", but(lat=-90.5)),
        raw("lon and lat exchanged", 422, "lat", but(lon=lat, lat=lon)),
        raw("in Boston", 422, "place", but(lon=-71.06, lat=42.36)),
        raw("at null island", 422, "place", but(lon=0, lat=0)),
        raw("in the open sea", 422, "place", but(lon=109.5, lat=17.5)),
        raw("words as a number", 422, "text", but(text=5)),
        raw("words as a list", 422, "text", but(text=["a"])),
        raw("words as an object", 422, "text", but(text={"$ne": ""})),
        raw("too many words", 422, "text", but(text="a" * 4_001)),
        raw("far too many words", 422, "text", but(text="a" * 9_000)),
        raw("nothing said", 422, "text", but(text="  ", category="")),
        raw("only invisible characters", 422, "text", but(text="\u200b\u202e\u0000", category="")),
        raw("an unknown category", 422, "category", but(category="none")),
        raw("a heading as category", 422, "category", but(category="roads_traffic")),
        raw("a category with a null byte", 422, "category", but(category="a\u0000b")),
        raw("SQL as category", 422, "category", but(category="' OR 1=1 --")),
        raw("an overlong category", 422, "category", but(category="c" * 61)),
        raw("overlong words of the place", 422, "place", but(place_words="a" * 301)),
        raw("an unknown member", 422, "is_admin", but(is_admin=True)),
        raw("the channel chosen by the sender", 422, "source", but(source="hotline")),
        raw("an overlong external id", 422, "external_id", but(external_id="x" * 65)),
        raw("an external id with line ends", 422, "external_id", but(external_id="a\r\nb")),
        raw("an external id with a null byte", 422, "external_id", but(external_id="a\u0000")),
        raw("an external id in Vietnamese", 422, "external_id", but(external_id="số 1")),
        raw("an external id as a number", 422, "external_id", but(external_id=7)),
        raw("an overlong Idempotency-Key", 422, "external_id", good, headers={"Idempotency-Key": "k" * 65}),
        raw("a telephone in words", 422, "contact.phone", but(contact={"phone": "gọi tôi"})),
        raw("an e-mail without host", 422, "contact.email", but(contact={"email": "lan@"})),
        raw("an e-mail with a header", 422, "contact.email", but(contact={"email": "a@b.vn\r\nBcc: c@d.vn"})),
        raw("an e-mail as telephone", 422, "contact.phone", but(contact={"phone": "lan@thu.vn"})),
        raw("an overlong name", 422, "contact.name", but(contact={"name": "a" * 81})),
        raw("a contact as text", 422, "contact", but(contact="Lan")),
        raw("an unknown part of a contact", 422, "contact.id", but(contact={"id": "1"})),
        raw("attributes as a list", 422, "attributes", but(attributes=["a"])),
        raw("an attribute as a list", 422, "attributes.a", but(attributes={"a": ["b"]})),
        raw("an overlong attribute", 422, "attributes.a", but(attributes={"a": "b" * 501})),
        raw("a thousand attributes", 422, "attributes", but(attributes={str(n): "" for n in range(1000)})),
        raw("an unknown language", 422, "language", but(language="xx")),
        raw("a language that is a path", 422, "language", but(language="../..")),
        raw("a case to follow that is none", 422, "follows", but(follows="PA-0000-0000")),
        raw("a case to follow with a null byte", 422, "follows", but(follows="PA\u0000")),
        raw("plain text", 415, "cases.api.error.content_type", "a", content_type="text/plain"),
        raw("XML with an entity", 415, "cases.api.error.content_type", HARMLESS[7], content_type="application/xml"),
        raw("a url-encoded form", 415, "cases.api.error", "a=b", content_type="application/x-www-form-urlencoded"),
        raw("multipart without boundary", 400, "cases.api.error.multipart", b"x", content_type="multipart/form-data"),
        raw("no key", 401, "cases.api.error.sign_in", good, headers={"Authorization": ""}),
        raw("a key of nobody", 401, "cases.api.error.key", good, headers={"Authorization": "Bearer " + "a" * 47}),
        raw("a key that is SQL", 401, "cases.api.error.key", good, headers={"Authorization": "Bearer ' OR '1'='1' --'''"}),
        raw("a password instead of a key", 401, "cases.api.error.key", good, headers={"Authorization": "Basic YTpi"}),
        raw("a key of ten kilobytes", 401, "cases.api.error.key", good, headers={"Authorization": "Bearer " + "a" * 10_000}),
        raw("PUT", 405, "cases.api.error.method", good, method="PUT"),
        raw("DELETE", 405, "cases.api.error.method", "", method="DELETE"),
        raw("TRACE", 405, "cases.api.error.method", "", method="TRACE"),
    ]  # fmt: skip
    return made + photo_rows(lon, lat) + other_rows(city, number)


def form(what: str, status: int, names: str, **fields: Any) -> Row:
    return Row(what, status, names, {"data": fields})


def photo_rows(lon: float, lat: float) -> list[Row]:
    place = {"lon": str(lon), "lat": str(lat), "text": "ảnh"}
    found = [
        form(what, 422, "photos", **place, photos=SimpleUploadedFile("photo.jpg", data, "image/jpeg"))
        for what, data in bad_pictures()
    ]
    many = [SimpleUploadedFile(f"{n}.jpg", picture()) for n in range(7)]
    good = SimpleUploadedFile("a.jpg", picture())
    bad = SimpleUploadedFile("b.jpg", b"no")
    return [
        *found,
        form("seven photos", 422, "photos", **place, photos=many),
        form("one good photo and one bad", 422, "photos", **place, photos=[good, bad]),
        form("a file under another name", 422, "shell", **place, shell=SimpleUploadedFile("s.php", b"<?php")),
        form("a field twice", 422, "text", lon=str(lon), lat=str(lat), text=["a", "b"]),
        form("nan in a form", 422, "lon", **{**place, "lon": "nan"}),
        form("inf in a form", 422, "lat", **{**place, "lat": "inf"}),
        form("a comma in a number", 422, "lat", **{**place, "lat": "16,46"}),
        form("parts of a contact that is text", 422, "contact", **place, contact="a", **{"contact.name": "b"}),
        form("six hundred fields", 413, "cases.api.error.too_many_parts", **place, **{f"f{n}": "" for n in range(600)}),
    ]  # fmt: skip


def asked(what: str, status: int, names: str, path: str, **query: str) -> Row:
    return Row(what, status, names, {"method": "GET", "path": path, "data": query})


def other_rows(city: TestCity, number: str) -> list[Row]:
    act = f"/cases/{number}/actions"
    rate = f"/cases/{number}/rate"
    return [
        asked("a foreign cursor", 422, "cursor", "/cases", cursor="AAAA"),
        asked("a cursor of SQL", 422, "cursor", "/cases", cursor="' OR 1=1"),
        asked("a cursor from the year 1", 422, "cursor", "/cases", cursor="WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgNV0"),
        asked("an overlong cursor", 422, "cursor", "/cases", cursor="W1tb" * 200),
        asked("a page of a thousand", 422, "size", "/cases", size="1000"),
        asked("a negative page", 422, "size", "/cases", size="-1"),
        asked("a page in words", 422, "size", "/cases", size="all"),
        asked("an unknown show", 422, "show", "/cases", show="secret"),
        asked("an unknown view", 422, "view", "/cases", view="root"),
        asked("similar without place", 422, "lat", "/similar", lon="107.6"),
        asked("similar at NaN", 422, "lon", "/similar", lon="nan", lat="16.4"),
        asked("similar in Paris", 422, "place", "/similar", lon="2.35", lat="48.85"),
        asked("a case that is none", 404, "cases.not_found", "/cases/PA-0000-0000"),
        asked("a case with a null byte", 404, "cases.not_found", "/cases/PA%00"),
        asked("an overlong number", 404, "cases.not_found", "/cases/" + "9" * 500),
        asked("a case number that is a path", 404, "core.problem.not_found", "/cases/../../etc/passwd"),
        asked("a case that is not public", 404, "cases.not_found", f"/cases/{number}"),
        raw("an unknown action", 422, "processes.error.unknown_action", {}, path=f"{act}/explode"),
        raw("an action without right", 403, "processes.error.not_yours", {}, path=f"{act}/accept"),
        raw("an assignee that is none", 422, "assignee", {"assignee": "1"}, path=f"{act}/accept"),
        raw("a version in words", 422, "version", {"version": "x"}, path=f"{act}/accept"),
        raw("a stale version", 409, "cases.changed_meanwhile", {"version": 999}, path=f"{act}/accept"),
        raw("fields as a list", 422, "fields", {"fields": []}, path=f"{act}/accept"),
        raw("a rating of eleven", 422, "rating", {"rating": "11"}, path=rate),
        raw("no rating", 422, "rating", {}, path=rate),
        raw("rating what one did not report", 404, "cases.not_found", {"rating": "satisfied"}, path=rate),
        raw("a guessed claim code", 404, "cases.not_found", {"text": "a", "claim_code": "AAAAAAAAAA"}, path=f"/cases/{number}/object"),
        raw("an objection without words", 422, "text", {"text": " "}, path=f"/cases/{number}/object"),
    ]  # fmt: skip


def answer_to(row: Row, key: str, language: str) -> Any:
    sent = dict(row.sent)
    method, path = sent.pop("method", "POST"), API + sent.pop("path", "/reports")
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": language, **sent.pop("headers", {})}
    for value in sent.get("data", {}).values() if isinstance(sent.get("data"), dict) else ():
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, SimpleUploadedFile):
                file.seek(0)
    headers = {name: value for name, value in headers.items() if value}
    browser = Client(raise_request_exception=False)
    if method in {"POST", "GET"}:
        return getattr(browser, method.lower())(path, headers=headers, **sent)
    return browser.generic(method, path, headers=headers, **sent)


def test_every_bad_request_gets_a_clear_error_and_changes_nothing(city: TestCity) -> None:
    engine().tidy(clock.now() + timedelta(days=9))
    number = city.report().number
    with unit():
        key = make_client(
            "t", ["cases.write", "cases.read"], agency=city.agency, actor=SYSTEM, at=clock.now()
        )[1]
    table = rows(city, number)
    assert len(table) >= 60
    before, faults = kept(), []
    for row in table:
        texts = []
        for language in ("vi", "en"):
            answer = answer_to(row, key, language)
            if answer.status_code != row.status or answer["Content-Type"] != "application/problem+json":
                faults.append(f"{row.what}: {answer.status_code} {answer.content[:300].decode()}")
                break
            said = answer.json()
            named = {said["code"], *(e["field"] for e in said.get("errors", []))}
            if not any(name == row.names or name.startswith(row.names) for name in named):
                faults.append(f"{row.what}: names {named}, not {row.names}")
            texts.append((said["detail"], *(e["detail"] for e in said.get("errors", []))))
        if len(texts) == 2 and (
            texts[0] == texts[1] or any("." in t and " " not in t for t in sum(texts, ()))
        ):
            faults.append(f"{row.what}: not in two languages: {texts}")
        if kept() != before:
            faults.append(f"{row.what}: left something behind")
            before = kept()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("words", HARMLESS, ids=range(len(HARMLESS)))
def test_words_that_attack_are_kept_as_words_and_escaped(city: TestCity, words: str) -> None:
    with unit():
        key = make_client("t", ["cases.write"], actor=SYSTEM, at=clock.now())[1]
    lon, lat = city.corner
    body = {"text": words, "place_words": words[:200], "lon": lon, "lat": lat, "category": city.category}
    headers = {"Authorization": f"Bearer {key}"}
    answer = Client().post(f"{API}/reports", body, content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    assert Signal.objects.get().text == clean(words)
    Case.objects.update(is_public=True)
    page = Client().get(f"/cases/{answer.json()['number']}").content.decode()
    assert "<script>alert(1)" not in page
    assert "SECRET_KEY }}{%" in page or "SECRET" not in page
