"""At least sixty bad requests to Open311: each gets an error array in two languages and changes nothing; none is a bug."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.http import urlencode
from lxml import etree
from tests.city import SYSTEM, TestCity

from ngomon.cases.models import Case, Signal
from ngomon.cases.tests.bad_input import HARMLESS, Row, bad_pictures, kept, picture
from ngomon.core import clock
from ngomon.core.engine import engine
from ngomon.core.text import clean
from ngomon.core.units import unit
from ngomon.identity.commands import make_client

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/open311/v2"
URLENCODED = "application/x-www-form-urlencoded"
XML_BOMB = (
    '<!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><z>&c;</z>'
)


def body(what: str, status: int, names: str, data: Any, kind: str = URLENCODED, **sent: Any) -> Row:
    text = data if isinstance(data, bytes | str) else urlencode(data, doseq=True)
    return Row(what, status, names, {"data": text, "content_type": kind, **sent})


def asked(what: str, expected: int, names: str, path: str, **query: str) -> Row:
    return Row(what, expected, names, {"method": "GET", "path": path, "data": query})


def posts(city: TestCity, reader: str) -> list[Row]:
    lon, lat = city.corner
    good = {"service_code": city.category, "lat": lat, "long": lon, "description": "Rác"}

    def but(**changes: Any) -> dict[str, Any]:
        return {**good, **changes}

    def without(*names: str) -> dict[str, Any]:
        return {key: value for key, value in good.items() if key not in names}

    return [
        body("no service_code", 400, "service_code", without("service_code")),
        body("an unknown service", 404, "none", but(service_code="none")),
        body("a heading as service", 404, "roads_traffic", but(service_code="roads_traffic")),
        body("a service that is SQL", 404, "OR", but(service_code="' OR 1=1 --")),
        body("a service with a null byte", 404, "ab", but(service_code="a\0b")),
        body("a service that is a path", 404, "..", but(service_code="../../etc/passwd")),
        body("a service twice", 400, "service_code", but(service_code=["a", "b"])),
        body("an overlong service", 400, "service_code", but(service_code="a" * 300)),
        body("no place", 400, "lat", without("lat", "long")),
        body("no longitude", 400, "long", without("long")),
        body("no latitude", 400, "lat", without("lat")),
        body("a place in words", 400, "lat", but(lat="ở cầu")),
        body("a place of NaN", 400, "lat", but(lat="nan")),
        body("a place of infinity", 400, "long", but(long="inf")),
        body("minus infinity", 400, "long", but(long="-Infinity")),
        body("a number beyond all numbers", 400, "long", but(long="1e999")),
        body("a number of a thousand digits", 400, "lat", but(lat="1" * 150)),
        body("a comma in a number", 400, "lat", but(lat="16,46")),
        body("a latitude twice", 400, "lat", but(lat=["16.4", "16.5"])),
        body("beyond the pole", 400, "lat", but(lat="-91")),
        body("beyond the date line", 400, "long", but(long="181")),
        body("exchanged", 400, "lat", but(lat=lon, long=lat)),
        body("in Boston", 400, "place", but(lat="42.36", long="-71.06")),
        body("at null island", 400, "place", but(lat="0", long="0")),
        body("an address that nobody knows", 400, "address_string", {**without("lat", "long"), "address_string": "zzz qqq"}),
        body("an overlong address", 400, "address_string", but(address_string="a" * 601)),
        body("an address beyond a place's words", 400, "place", but(address_string="a" * 400)),
        body("too many words", 400, "text", but(description="a" * 4_001)),
        body("far too many words", 400, "description", but(description="a" * 8_001)),
        body("words twice", 400, "description", but(description=["a", "b"])),
        body("an e-mail without host", 400, "email", but(email="lan@")),
        body("an e-mail with a header", 400, "email", but(email="a@b.vn\r\nBcc: c@d.vn")),
        body("a telephone in words", 400, "phone", but(phone="gọi tôi")),
        body("an e-mail as telephone", 400, "phone", but(phone="lan@thu.vn")),
        body("an overlong name", 400, "first_name", but(first_name="a" * 81)),
        body("a link to a file", 400, "media_url", but(media_url="file:///etc/passwd")),
        body("a link that is a script", 400, "media_url", but(media_url="javascript:alert(1)")),
        body("a link that is none", 400, "media_url", but(media_url="http://[::1")),
        body("an overlong link", 400, "media_url", but(media_url="https://a.vn/" + "a" * 500)),
        body("an overlong external id", 400, "external_id", but(external_id="x" * 65)),
        body("an external id in Vietnamese", 400, "external_id", but(external_id="số 1")),
        body("an external id twice", 400, "external_id", but(external_id=["1", "2"])),
        body("an overlong attribute", 400, "attribute[a]", but(**{"attribute[a]": "b" * 501})),
        body("an attribute without code", 400, "attribute[]", but(**{"attribute[]": "b"})),
        body("an overlong code", 400, "attribute[", but(**{f"attribute[{'a' * 61}]": "b"})),
        body("a hundred attributes", 400, "attribute", but(**{f"attribute[{n}]": "b" for n in range(100)})),
        body("another city", 404, "jurisdiction_id", but(jurisdiction_id="boston.gov")),
        body("a city twice", 400, "jurisdiction_id", but(jurisdiction_id=["hue", "hue"])),
        body("a key of nobody", 403, "cases.api.error.key", but(api_key="ngm_" + "a" * 43)),
        body("a key that is SQL", 403, "cases.api.error.key", but(api_key="' OR '1'='1")),
        body("a key twice", 400, "api_key", but(api_key=["a", "b"])),
        body("a key with a null byte", 403, "cases.api.error.key", but(api_key="a\0b")),
        body("a key for reading", 403, "open311.write", but(api_key=reader)),
        body("six hundred fields", 413, "cases.api.error.too_many_parts", but(**{f"f{n}": "" for n in range(600)})),
        body("three megabytes", 413, "cases.api.error.too_big", but(description="a" * 3_000_000)),
        body("invalid UTF-8 in the service", 404, "cases.open311.error.service", b"service_code=%ff%fe&lat=16.4&long=107.6"),
        body("JSON", 415, "cases.open311.error.form", json.dumps(good), "application/json"),
        body("XML", 415, "cases.open311.error.form", "<request/>", "text/xml"),
        body("an XML bomb", 415, "cases.open311.error.form", XML_BOMB, "application/xml"),
        body("XML that asks for a local file", 415, "cases.open311.error.form", HARMLESS[7], "application/xml"),
        body("no content type", 415, "cases.open311.error.form", "a=b", ""),
        body("multipart without boundary", 400, "cases.api.error.multipart", "x", "multipart/form-data"),
        body("PUT", 405, "cases.api.error.method", good, method="PUT"),
        body("DELETE", 405, "cases.api.error.method", "", method="DELETE"),
        body("POST to a list that is read only", 405, "cases.api.error.method", good, path="/services.{form}"),
    ]  # fmt: skip


def files(city: TestCity) -> list[Row]:
    lon, lat = city.corner
    good = {"service_code": city.category, "lat": str(lat), "long": str(lon), "description": "Rác"}
    bad = [
        Row(what, 400, "media", {"data": {**good, "media": SimpleUploadedFile("a.jpg", data, "image/jpeg")}})
        for what, data in bad_pictures()
    ]
    many = [SimpleUploadedFile(f"{n}.jpg", picture()) for n in range(7)]
    return [*bad, Row("seven pictures", 400, "media", {"data": {**good, "media": many}})]


def gets(hidden: str) -> list[Row]:
    return [
        asked("a number that is none", 404, "cases.open311.error.request", "/requests/PA-0000-0000.{form}"),
        asked("a request that is not public", 404, "cases.open311.error.request", f"/requests/{hidden}.{{form}}"),
        asked("a number with a null byte", 404, "cases.open311.error.request", "/requests/PA%00.{form}"),
        asked("an overlong number", 404, "cases.open311.error.request", f"/requests/{'9' * 3000}.{{form}}"),
        asked("a number that is SQL", 404, "cases.open311.error.request", "/requests/1' OR 1=1.{form}"),
        asked("two thousand numbers", 400, "service_request_id", f"/requests/{','.join(map(str, range(2000)))}.{{form}}"),
        asked("a path", 404, "cases.open311.error.nowhere", "/requests/../../../etc/passwd"),
        asked("a method that there is not", 404, "cases.open311.error.nowhere", "/users.{form}"),
        asked("a form that there is not", 404, "cases.open311.error.nowhere", "/services.csv"),
        asked("a token that is none", 404, "cases.open311.error.request", "/tokens/abc.{form}"),
        asked("a definition of nothing", 404, "cases.open311.error.service", "/services/none.{form}"),
        asked("a date in words", 400, "start_date", "/requests.{form}", start_date="yesterday"),
        asked("a day that there is not", 400, "start_date", "/requests.{form}", start_date="2026-02-30T00:00:00Z"),
        asked("an American date", 400, "end_date", "/requests.{form}", end_date="11/24/2026"),
        asked("before all time", 400, "start_date", "/requests.{form}", start_date="0001-01-01T00:00:00+14:00"),
        asked("after all time", 400, "start_date", "/requests.{form}", start_date="9999-12-31T23:59:59-12:00"),
        asked("the end of all time", 400, "start_date", "/requests.{form}", start_date="9999-12-31T00:00:00Z"),
        asked("the end before the start", 400, "end_date", "/requests.{form}", start_date="2026-02-01", end_date="2026-01-01"),
        asked("a year of requests", 400, "end_date", "/requests.{form}", start_date="2025-01-01", end_date="2026-01-01"),
        asked("a state that there is not", 400, "status", "/requests.{form}", status="secret"),
        asked("page zero", 400, "page", "/requests.{form}", page="0"),
        asked("a negative page", 400, "page", "/requests.{form}", page="-1"),
        asked("half a page", 400, "page", "/requests.{form}", page="1.5"),
        asked("a page in other digits", 400, "page", "/requests.{form}", page="٣"),
        asked("a page beyond", 400, "page", "/requests.{form}", page="40000", page_size="1000"),
        asked("a page of twenty digits", 400, "page_size", "/requests.{form}", page_size="9" * 20),
        asked("an unknown service", 404, "cases.open311.error.service", "/requests.{form}", service_code="none"),
        asked("another city", 404, "jurisdiction_id", "/services.{form}", jurisdiction_id="boston.gov"),
        asked("a key of nobody", 403, "cases.api.error.key", "/requests.{form}", api_key="x"),
    ]  # fmt: skip


def answer_to(row: Row, form: str, language: str) -> Any:
    engine().tidy(clock.now() + timedelta(days=9))
    sent = dict(row.sent)
    method, path = (
        sent.pop("method", "POST"),
        BASE + sent.pop("path", "/requests.{form}").replace("{form}", form),
    )
    headers = {"Accept-Language": language, "Accept": "application/json" if form == "json" else "*/*"}
    for value in sent["data"].values() if isinstance(sent.get("data"), dict) else ():
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, SimpleUploadedFile):
                file.seek(0)
    browser = Client(raise_request_exception=False)
    if method in {"POST", "GET"}:
        return getattr(browser, method.lower())(path, headers=headers, **sent)
    return browser.generic(method, path, headers=headers, **sent)


def read(answer: Any, form: str) -> list[tuple[int, str]]:
    """The error array. Raises when it is none."""
    if form == "json":
        return [(row["code"], row["description"]) for row in answer.json()]
    tree = etree.fromstring(answer.content)
    assert tree.tag == "errors"
    return [(int(e.findtext("code")), e.findtext("description")) for e in tree.findall("error")]


def test_every_bad_request_gets_an_error_array_and_changes_nothing(city: TestCity) -> None:
    hidden = city.report().number
    with unit():
        reader = make_client("r", ["open311.read"], actor=SYSTEM, at=clock.now())[1]
    table = [*posts(city, reader), *files(city), *gets(hidden)]
    assert len(table) >= 60
    before, faults = kept(), []
    for n, row in enumerate(table):
        form, texts = ("xml", "json")[n % 2], []
        for language in ("vi", "en"):
            answer = answer_to(row, form, language)
            try:
                said = read(answer, form)
            except (ValueError, KeyError, AssertionError, etree.XMLSyntaxError):
                said = []
            if answer.status_code != row.status or not said or {code for code, _ in said} != {row.status}:
                faults.append(f"{row.what} ({form}): {answer.status_code} {answer.content[:300].decode()}")
                break
            texts.append([words for _, words in said])
        if len(texts) == 2:
            named = not row.names.startswith("cases.") and not any(row.names in t for t in texts[0])
            if texts[0] == texts[1] or (named and row.status in {400, 405, 413, 415}):
                faults.append(f"{row.what}: {texts} does not name {row.names}, or not in two languages")
        if kept() != before:
            faults.append(f"{row.what}: left something behind")
            before = kept()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("words", HARMLESS, ids=range(len(HARMLESS)))
def test_words_that_attack_are_kept_as_words_and_make_sound_answers(city: TestCity, words: str) -> None:
    engine().tidy(clock.now() + timedelta(days=9))
    lon, lat = city.corner
    fields = {"service_code": city.category, "lat": lat, "long": lon, "description": words}
    answer = Client().post(f"{BASE}/requests.json", fields)
    assert answer.status_code == 201, answer.content
    assert Signal.objects.get().text == clean(words)
    Case.objects.update(is_public=True)
    tree = etree.fromstring(Client().get(f"{BASE}/requests.xml").content)
    assert tree.findtext("request/description") == (clean(words) or None)
    assert Client().get(f"{BASE}/requests.json").json()[0]["description"] == clean(words)
