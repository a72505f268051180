"""At least sixty bad requests to the citizen's pages: each gets a page that says what is wrong, in two languages, and
changes nothing; none is a bug.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.city import TestCity

from ngomon.cases.models import Case, Signal
from ngomon.cases.tests.bad_input import HARMLESS, Row, bad_pictures, kept, picture
from ngomon.core import clock
from ngomon.core.engine import engine
from ngomon.core.text import clean
from ngomon.core.texts import text

pytestmark = pytest.mark.django_db(transaction=True)
FORM = "/reports/new"
URLENCODED = "application/x-www-form-urlencoded"


def fresh_token() -> str:
    return signing.dumps("a1b2", salt="cases.report")


def typed(what: str, status: int, names: str, **fields: Any) -> Row:
    return Row(what, status, names, {"data": fields})


def raw(what: str, status: int, names: str, method: str, path: str, **sent: Any) -> Row:
    return Row(what, status, names, {"method": method, "path": path, **sent})


def forms(city: TestCity) -> list[Row]:
    lon, lat = city.corner
    good = {
        "text": "Rác", "lon": str(lon), "lat": str(lat), "category": city.category, "token": fresh_token(),
    }  # fmt: skip

    def but(**changes: Any) -> dict[str, Any]:
        return {**good, **changes}

    def without(*names: str) -> dict[str, Any]:
        return {key: value for key, value in good.items() if key not in names}

    outside, missing = "cases.error.outside_city", "cases.error.place_missing"
    rows = [
        typed("nothing at all", 422, missing),
        typed("no token", 422, "cases.error.form_too_old", **without("token")),
        typed("a token of somebody else's making", 422, "cases.error.form_too_old", **but(token="a:b:c")),
        typed("a token for another purpose", 422, "cases.error.form_too_old", **but(token=signing.dumps("x"))),
        typed("a token with a null byte", 422, "cases.error.form_too_old", **but(token="a\0")),
        typed("a token of ten kilobytes", 422, "cases.error.form_too_old", **but(token="a" * 10_000)),
        typed("nothing said", 422, "cases.error.nothing_said", **but(text=" ", category="")),
        typed("only invisible characters", 422, "cases.error.nothing_said", **but(text="\u200b\u202e", category="")),
        typed("too many words", 422, "cases.error.text_too_long", **but(text="a" * 4_001)),
        typed("a hundred thousand words", 422, "cases.error.text_too_long", **but(text="từ " * 100_000)),
        typed("no place", 422, missing, **without("lon", "lat")),
        typed("half a place", 422, outside, **without("lat")),
        typed("a place in words", 422, outside, **but(lon="ở cầu")),
        typed("a place of NaN", 422, outside, **but(lon="nan")),
        typed("a place of infinity", 422, outside, **but(lat="inf")),
        typed("minus infinity", 422, outside, **but(lat="-Infinity")),
        typed("a number beyond all numbers", 422, outside, **but(lon="1e999")),
        typed("beyond the pole", 422, outside, **but(lat="91")),
        typed("beyond the date line", 422, outside, **but(lon="-181")),
        typed("exchanged", 422, outside, **but(lon=str(lat), lat=str(lon))),
        typed("in Boston", 422, outside, **but(lon="-71.06", lat="42.36")),
        typed("at null island", 422, outside, **but(lon="0", lat="0")),
        typed("in the open sea", 422, outside, **but(lon="109.5", lat="17.5")),
        typed("two commas in a number", 422, outside, **but(lon="107,6,1")),
        typed("a place with SQL", 422, outside, **but(lon="107.6; DROP TABLE cases_case")),
        typed("a place with a null byte", 422, outside, **but(lon="107.6\0")),
        typed("a place nobody knows", 422, "cases.error.place_unknown", **without("lon", "lat"), place_words="zzz qqq"),
        typed("too many words of the place", 422, "cases.error.place_too_long", **but(place_words="a" * 301)),
        typed("an unknown kind", 422, "cases.error.unknown_category", **but(category="none")),
        typed("a heading as kind", 422, "cases.error.unknown_category", **but(category="roads_traffic")),
        typed("a kind that is SQL", 422, "cases.error.unknown_category", **but(category="' OR 1=1 --")),
        typed("a kind that is a path", 422, "cases.error.unknown_category", **but(category="../../x")),
        typed("a kind that is a template", 422, "cases.error.unknown_category", **but(category="{{ 7*7 }}")),
        typed("an e-mail without host", 422, "cases.error.email", **but(email="lan@")),
        typed("an e-mail with a header", 422, "cases.error.email", **but(email="a@b.vn\r\nBcc: c@d.vn")),
        typed("a telephone in words", 422, "cases.error.phone", **but(phone="gọi tôi")),
        typed("a telephone with a script", 422, "cases.error.phone", **but(phone="<script>")),
        typed("an overlong name", 422, "cases.error.name_too_long", **but(name="a" * 81)),
        typed("invalid UTF-8 as kind", 422, "cases.error.unknown_category", **but(category=b"\xff\xfe".decode("latin-1"))),
    ]  # fmt: skip
    pictures = [
        typed(what, 422, "core.photo", **but(photos=SimpleUploadedFile("a.jpg", data, "image/jpeg")))
        for what, data in bad_pictures()
    ]
    many = [SimpleUploadedFile(f"{n}.jpg", picture()) for n in range(7)]
    return [*rows, *pictures, typed("seven photos", 422, "cases.error.photos_too_many", **but(photos=many))]


def addresses(number: str) -> list[Row]:
    gone, bad, method = "core.problem.not_found", "core.problem.malformed", ""
    fields = {f"f{n}": "" for n in range(600)}
    return [
        raw("six hundred fields", 422, bad, "POST", FORM, data=fields),
        raw("three megabytes", 422, bad, "POST", FORM, data="text=" + "a" * 3_000_000, content_type=URLENCODED),
        raw("multipart without boundary", 400, bad, "POST", FORM, data="x", content_type="multipart/form-data"),
        raw("JSON instead of a form", 422, "cases.error.place_missing", "POST", FORM, data="{}", content_type="application/json"),
        raw("XML instead of a form", 422, "cases.error.place_missing", "POST", FORM, data=HARMLESS[7], content_type="text/xml"),
        raw("PUT", 405, method, "PUT", FORM),
        raw("DELETE", 405, method, "DELETE", FORM),
        raw("GET of something to send", 405, method, "GET", f"/cases/{number}/rate"),
        raw("a case that is none", 404, "cases.not_found", "GET", "/cases/PA-0000-0000"),
        raw("a case that is not public", 404, "cases.not_found", "GET", f"/cases/{number}", who=""),
        raw("a case with a null byte", 404, "cases.not_found", "GET", "/cases/PA%00"),
        raw("an overlong number", 404, "cases.not_found", "GET", "/cases/" + "9" * 2_000),
        raw("a number that is SQL", 404, "cases.not_found", "GET", "/cases/1' OR '1'='1"),
        raw("a path", 404, gone, "GET", "/cases/../../../etc/passwd"),
        raw("a path in other letters", 404, gone, "GET", "/pictures/..%2f..%2fetc%2fpasswd"),
        raw("a picture that is none", 404, "core.file.gone", "GET", f"/pictures/{'a' * 64}.jpg"),
        raw("a kept photo of nobody", 404, "core.file.gone", "GET", "/reports/photo/abc"),
        raw("a receipt of somebody else", 404, "cases.not_found", "GET", f"/reports/sent/{number}", who=""),
        raw("a foreign cursor", 422, "cases.error.cursor", "GET", "/cases", data={"after": "AAAA"}),
        raw("a cursor from the year 1", 422, "cases.error.cursor", "GET", "/cases", data={"after": "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgNV0"}),
        raw("a cursor nested deep", 422, "cases.error.cursor", "GET", "/cases", data={"after": "W1tb" * 5_000}),
        raw("a map box in words", 422, "cases.error.box", "GET", "/map/points.geojson", data={"bbox": "a,b,c,d"}),
        raw("a map box of NaN", 422, "cases.error.box", "GET", "/map/points.geojson", data={"bbox": "nan,0,1,1"}),
        raw("a map box inside out", 422, "cases.error.box", "GET", "/map/points.geojson", data={"bbox": "108,17,107,16"}),
        raw("a claim code of nobody", 422, "cases.error.claim_code", "POST", "/claim", data={"code": "AAAAAAAAAA"}),
        raw("no claim code", 422, "cases.error.claim_code", "POST", "/claim", data={}),
        raw("a claim code that is SQL", 422, "cases.error.claim_code", "POST", "/claim", data={"code": "' OR 1=1"}),
        raw("rating what one did not report", 404, "cases.not_found", "POST", f"/cases/{number}/rate", data={"rating": "satisfied"}, who=""),
        raw("rating before the answer", 409, "", "POST", f"/cases/{number}/rate", data={"rating": "satisfied"}),
        raw("a rating of eleven", 422, "cases.error.rating", "POST", f"/cases/{number}/rate", data={"rating": "11"}),
    ]  # fmt: skip


def answer_to(city: TestCity, row: Row, language: str) -> Any:
    engine().tidy(clock.now() + timedelta(days=9))
    sent = dict(row.sent)
    method, path, who = sent.pop("method", "POST"), sent.pop("path", FORM), sent.pop("who", "lan")
    for value in sent["data"].values() if isinstance(sent.get("data"), dict) else ():
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, SimpleUploadedFile):
                file.seek(0)
    browser = city.browser(who)
    browser.raise_request_exception = False
    headers = {"Accept-Language": language}
    if method in {"POST", "GET"}:
        return getattr(browser, method.lower())(path, headers=headers, **sent)
    return browser.generic(method, path, headers=headers, **sent)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", page.replace("&#x27;", "'").replace("&quot;", '"'))


def says(code: str, page: str, language: str) -> bool:
    """Whether the page holds the text of this code, up to its first variable; `core.photo` stands for any of a photo's."""
    if not code:
        return True
    photo = ("not_a_photo", "unreadable", "damaged", "too_many_pixels", "empty", "too_hard", "animated")
    codes = [f"core.photo.{end}" for end in photo] if code == "core.photo" else [code]
    return any(plain(text(c, language)).split("{")[0] in plain(page) for c in codes)


def test_every_bad_request_gets_a_clear_page_and_changes_nothing(city: TestCity) -> None:
    number = city.report().number
    table = [*forms(city), *addresses(number)]
    assert len(table) >= 60
    before, faults = kept(), []
    for row in table:
        for language in ("vi", "en"):
            answer = answer_to(city, row, language)
            page = answer.content.decode()
            if answer.status_code != row.status:
                faults.append(f"{row.what}: {answer.status_code} {answer.get('Location', '')}")
                break
            if not says(row.names, page, language):
                faults.append(f"{row.what}: does not say {row.names} in {language}")
        if kept() != before:
            faults.append(f"{row.what}: left something behind")
            before = kept()
    assert not faults, "\n".join(faults)


def test_a_forged_form_is_refused(city: TestCity) -> None:
    browser = city.browser("lan")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    before = kept()
    assert strict.post(FORM, {"text": "a"}).status_code == 403
    assert kept() == before


@pytest.mark.parametrize("words", HARMLESS, ids=range(len(HARMLESS)))
def test_words_that_attack_are_kept_as_words_and_escaped(city: TestCity, words: str) -> None:
    engine().tidy(clock.now() + timedelta(days=9))
    lon, lat = city.corner
    fields = {
        "text": words,
        "lon": str(lon),
        "lat": str(lat),
        "category": city.category,
        "token": fresh_token(),
    }
    answer = city.browser("lan").post(FORM, fields)
    if "\0" in words:
        assert answer.status_code == 422, "forms refuse null bytes outright"
        return
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert Signal.objects.get().text == clean(words)
    Case.objects.update(is_public=True)
    page = Client().get(f"/cases/{Case.objects.get().number}").content.decode()
    assert "<script>alert(1)" not in page
