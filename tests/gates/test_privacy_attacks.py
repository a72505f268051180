"""Attacks on the reporter's identity that no content shows: by time, statements, sizes, counts, order, errors, caches.

What exists and what does not must answer alike to whoever may not know: the same status and words, the same number of
statements, the same time (medians of many tries, with a generous bound).
"""

from __future__ import annotations

import re
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ngomon.cases import queries
from ngomon.cases.models import Case, Picture, Reporter
from ngomon.cases.tests.test_exits import guide
from ngomon.core import clock
from ngomon.core.engine import engine
from ngomon.core.errors import NotFound
from ngomon.core.secrets import blind
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.identity.commands.accounts import set_password
from tests.city import TestCity
from tests.gates.test_privacy import (
    EMAIL,
    PHONE,
    ROLES,
    Planted,
    addresses,
    erase,
    every_text,
    leaks,
    staff,
    words_of,
)
from tests.gates.test_privacy import home as home
from tests.gates.test_privacy import planted as planted


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    """What other tests used up of the limits of this address is forgotten: an attack is to be answered, not put off."""
    engine().tidy(clock.now() + timedelta(days=2))


TRIES = 12
NOBODY = "PA-2611-9998"


EVER_NEW = (
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:?\d\d|Z)?",
    r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
    r"'Content-Length': '\d+'",
    r'name="next" value="[^"]*"',
    r"next=%2F[^\"]*",
    r'(csrfmiddlewaretoken" value="|csrfToken|nonce-|nonce="|X-CSRFToken[^A-Za-z0-9]+)[\w\-+/=]+',
)
"""What differs between any two answers: ids of requests, the present moment, tokens, the echo of what was asked (and so
the length; the rest is compared letter by letter)."""


@dataclass(frozen=True)
class Seen:
    """What somebody who probes can see of an answer. Units: seconds."""

    status: int
    words: str
    statements: int
    took_s: float


def strangers() -> Iterator[str]:
    """Network addresses, so that rate limits do not stand in the way of the measurement."""
    while True:
        yield f"2001:db8::{secrets.randbelow(2**16):x}:{secrets.randbelow(2**16):x}"


ADDRESS = strangers()


def seen(ask: Callable[[], Any], *hide: str) -> Seen:
    """One answer, without what was asked for and what differs between any two answers."""
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as caught:
        began = time.perf_counter()
        answer = ask()
        took = time.perf_counter() - began
    words = words_of(answer)
    for part in hide:
        words = words.replace(part, "…")
    for pattern in EVER_NEW:
        words = re.sub(pattern, "…", words)
    asked = [q for q in caught.captured_queries if not re.match(r"(SAVEPOINT|RELEASE)", q["sql"])]
    return Seen(answer.status_code, words, len(asked), took)


def alike(what: str, one: Callable[[], Any], other: Callable[[], Any], *hide: str) -> None:
    """Both answer alike; times by the quickest of many tries in turn, so that the machine's moods fall on both."""
    seen(one), seen(other)
    pairs = []
    for turn in range(TRIES):
        # Each goes first as often as the other: what the first one warms up falls on both.
        order = (one, other) if turn % 2 else (other, one)
        answers = [seen(ask, *hide) for ask in order]
        pairs.append(tuple(answers if turn % 2 else reversed(answers)))
    first, second = pairs[-1]
    assert first.status == second.status, what
    assert first.words == second.words, what
    # What a process asks by the clock (a fresh edition of the directory) falls on either side: the usual count is compared.
    counts = [statistics.mode(s.statements for s in side) for side in zip(*pairs, strict=True)]
    assert counts[0] == counts[1], f"{what}: {counts}"
    # The quickest of many: whatever else the machine does only adds to an answer's time.
    times = [min(s.took_s for s in side) for side in zip(*pairs, strict=True)]
    assert abs(times[0] - times[1]) < max(0.005, 0.5 * max(times)), f"{what}: {times}"


def browser_of(city: TestCity, who: str) -> Client:
    found = city.browser(who)
    found.raise_request_exception = False
    return found


# --- by probing -----------------------------------------------------------------------------------------------------

CASE_DOORS = (
    "/cases/{}",
    "/cases/{}/proof",
    "/cases/{}/proof.json",
    "/api/v1/cases/{}",
    "/api/v1/cases/{}/history",
    "/open311/v2/requests/{}.json",
    "/open311/v2/requests.json?service_request_id={}",
    "/cases?q={}",
    "/api/v1/cases?q={}",
)


@pytest.mark.parametrize("who", ["", "minh"])
def test_a_case_that_is_not_public_looks_to_others_like_none(planted: Planted, who: str) -> None:
    browser = browser_of(planted.city, who)

    def ask(door: str, number: str) -> Callable[[], Any]:
        return lambda: browser.get(door.format(number), REMOTE_ADDR=next(ADDRESS))

    for door in CASE_DOORS:
        alike(door, ask(door, planted.fresh), ask(door, NOBODY), planted.fresh, NOBODY)


def test_a_case_of_nobody_yet_looks_to_agencies_like_none(planted: Planted) -> None:
    for who in ("tam", "son", "binh"):
        browser = browser_of(planted.city, who)

        def ask(door: str, number: str, browser: Client = browser) -> Callable[[], Any]:
            return lambda: browser.get(door.format(number))

        for door in ("/desk/cases/{}", "/api/v1/cases/{}", "/desk/search?q={}"):
            alike(door, ask(door, planted.fresh), ask(door, NOBODY), planted.fresh, NOBODY)


def test_writing_into_a_case_of_somebody_else_tells_nothing(planted: Planted) -> None:
    browser = browser_of(planted.city, "minh")
    said = {"text": "x", "rating": "satisfied", "reason": "x"}

    def ask(number: str, action: str) -> Callable[[], Any]:
        return lambda: browser.post(f"/cases/{number}/{action}", said)

    for action in ("reply", "rate", "appeal", "object", "follow"):
        alike(action, ask(planted.fresh, action), ask(NOBODY, action), planted.fresh, NOBODY)


def claimed(city: TestCity) -> str:
    """A claim code that somebody without account holds."""
    receipt = city.report("đèn tắt", who=None, on_behalf=False)
    code = "ABCDEFGH23"
    Reporter.objects.filter(case_id=receipt.case_id).update(claim_blind=blind(code, "claim"))
    return code


def test_a_claim_code_of_another_case_is_like_none(planted: Planted) -> None:
    code, browser = claimed(planted.city), browser_of(planted.city, "")

    def ask(number: str, code: str) -> Callable[[], Any]:
        headers = {"claim-code": code}
        return lambda: browser.get(f"/api/v1/cases/{number}", headers=headers, REMOTE_ADDR=next(ADDRESS))

    alike("code", ask(planted.fresh, code), ask(planted.fresh, "ZZZZZZZZ99"))
    alike("number", ask(planted.fresh, code), ask(NOBODY, "ZZZZZZZZ99"), planted.fresh, NOBODY)


def test_finding_a_case_by_its_code_takes_the_statements_of_not_finding_it(planted: Planted) -> None:
    code = claimed(planted.city)
    counted = []
    for tried in (code, "ZZZZZZZZ99"):
        answer = nullcontext() if tried == code else pytest.raises(NotFound)
        with CaptureQueriesContext(connection) as caught, answer:
            queries.case_of_claim(tried)
        counted.append(len(caught))
    assert counted == [1, 1]


def test_asking_for_a_code_tells_not_whether_somebody_has_the_contact(planted: Planted, monkeypatch) -> None:
    monkeypatch.setattr("ngomon.identity.pages.signing_in.limit_codes", lambda *_: None)

    def ask(contact: str) -> Callable[[], Any]:
        return lambda: Client().post("/account/sign-in", {"contact": contact}, REMOTE_ADDR=next(ADDRESS))

    for known, unknown in ((EMAIL, "khongco@vidu.vn"), (PHONE, "+84913572469")):
        alike(known, ask(known), ask(unknown), known, unknown)


def test_a_wrong_password_tells_not_whether_somebody_has_the_contact(planted: Planted, monkeypatch) -> None:
    monkeypatch.setattr("ngomon.core.limits.spend", lambda *_a, **_k: None)
    monkeypatch.setattr("ngomon.identity.pages.signing_in.spend", lambda *_a, **_k: None)
    with unit():
        set_password(planted.account, "Một câu rất dài 2026", actor=planted.actor, at=clock.now())

    def ask(contact: str) -> Callable[[], Any]:
        said = {"contact": contact, "password": "không phải câu đó"}
        return lambda: Client().post("/account/sign-in/password", said, REMOTE_ADDR=next(ADDRESS))

    alike(EMAIL, ask(EMAIL), ask("khongco@vidu.vn"), EMAIL, "khongco@vidu.vn")


# --- by filters, counts and order ------------------------------------------------------------------------------------

FILTERS = (
    "reporter",
    "account",
    "account_blind",
    "person",
    "actor",
    "by",
    "phone",
    "email",
    "contact",
    "claim",
    "name",
)


def test_no_list_is_narrowed_or_ordered_by_who_reported(planted: Planted) -> None:
    for who in ("tam", "binh", "ha", "dung", ""):
        _no_list_is_narrowed(planted, who)


def _no_list_is_narrowed(planted: Planted, who: str) -> None:
    browser = browser_of(planted.city, who)
    own = blind(str(planted.account), "reporter")
    pages = ["/cases", "/api/v1/cases", "/map/points.geojson", "/open311/v2/requests.json"]
    pages += ["/desk", "/api/v1/cases?view=staff"] if who else []
    for page in pages:
        join = "&" if "?" in page else "?"
        plain = seen(lambda page=page: browser.get(page)).words
        for name in FILTERS:
            for value in (str(planted.account), own, PHONE):
                asked = f"{page}{join}{name}={value.replace('+', '%2B')}"
                assert seen(lambda asked=asked: browser.get(asked)).words == plain, asked
        for order in ("order=reporter", "sort=-account", "ordering=reporter", "o=signal"):
            asked = f"{page}{join}{order}"
            assert seen(lambda asked=asked: browser.get(asked)).words == plain, asked


def test_what_one_person_reported_is_gathered_for_nobody_by_the_person(planted: Planted) -> None:
    """Two reports alike, one of the same person and one of another: what is proposed as the same thing treats both alike."""
    city = planted.city
    said = "Bàn thờ bên vỉa hè bị đổ nghiêng trước cổng trường"
    mine = city.report(said, who=planted.actor)
    same = city.report(said, who=planted.actor)
    other = city.report(said, who=city.minh)
    line = next(found for found in queries.find_cases(mine.number, actor=city.ha))
    found = queries.candidates(
        lon=line.lon, lat=line.lat, text=said, category=line.category, at=clock.now(), most=50, but=line.id
    )
    scores = {c.number: round(c.score, 3) for c in found}
    assert scores[same.number] == scores[other.number]


def test_ids_and_orders_that_others_see_are_not_the_reporter_s(planted: Planted) -> None:
    """No keyed hash, and no id of the account or person, at any door; rows of one person have nothing in common."""
    staff(planted.city, "phuong", "Mai Ngọc Phương", "privacy_officer")
    marks = [*Reporter.objects.exclude(account_blind="").values_list("account_blind", flat=True)]
    marks += [blind(str(planted.account), "reporter")]
    kins = Reporter.objects.exclude(kin="").values_list("kin", flat=True)
    marks += [mark[1:] for kin in kins for mark in kin.split()]
    for role in ROLES:
        browser = browser_of(planted.city, role)
        for page in addresses(planted):
            if page.startswith(("/cases", "/api", "/open311", "/desk", "/admin/audit", "/admin/retention")):
                cache.clear()
                words = words_of(browser.get(page))
                assert not any(mark in words for mark in marks), f"{role} {page}"


def test_open311_extensions_hold_nothing_of_the_reporter(planted: Planted) -> None:
    Case.objects.filter(pk=planted.case_id).update(opened_at=clock.now())
    for role in ("", "minh", "tam", "ha"):
        for form in ("json", "xml"):
            for asked in (
                "extensions=true",
                "extensions=true&extended_attributes=true",
                "include=reporter,account",
            ):
                page = f"/open311/v2/requests.{form}?{asked}"
                words = words_of(browser_of(planted.city, role).get(page))
                assert planted.number in words
                assert not leaks(planted, "program", page, words)
                for name in ("first_name", "last_name", "phone", "device_id", "account_id", "email"):
                    assert f'"{name}"' not in words
                    assert f"<{name}>" not in words


# --- by caches ----------------------------------------------------------------------------------------------------------


def test_what_a_cache_knows_opens_no_picture_that_is_not_public(planted: Planted) -> None:
    Picture.objects.filter(case_id=planted.case_id).update(is_public=False)
    picture = Picture.objects.filter(case_id=planted.case_id).first()
    assert picture is not None
    for digest in (picture.file, picture.thumbnail):
        for who in ("", "minh"):
            browser = browser_of(planted.city, who)
            for tag in (f'"{digest}"', f'W/"{digest}"', "*"):
                there = browser.get(f"/pictures/{digest}.jpg", headers={"if-none-match": tag})
                missing = browser.get(f"/pictures/{'0' * 64}.jpg", headers={"if-none-match": tag})
                assert there.status_code == missing.status_code == 404
                assert "ETag" not in there.headers


def test_pages_that_know_the_reader_are_kept_by_no_shared_cache(planted: Planted) -> None:
    planted.city.accounts["quynh"] = planted.account
    for who, page in (
        ("quynh", "/me/data"),
        ("quynh", f"/cases/{planted.number}"),
        ("quynh", "/my/reports"),
        ("ha", f"/desk/cases/{planted.number}"),
        ("ha", "/desk"),
        ("vy", "/admin/audit"),
    ):
        answer = planted.city.browser(who).get(page)
        kept = answer.headers.get("Cache-Control", "")
        is_private = "private" in kept or "no-store" in kept or "Cookie" in answer.headers.get("Vary", "")
        assert is_private, f"{page}: {kept}"
        assert "public" not in kept, f"{page}: {kept}"


# --- by evidence --------------------------------------------------------------------------------------------------------


def test_a_case_that_few_may_know_of_is_evidence_for_nobody(planted: Planted) -> None:
    """What turns out to be a denunciation speaks for no case any more, is shown beside none, and verifies none."""
    city = planted.city
    said = "Bàn thờ bên vỉa hè bị đổ nghiêng trước cổng trường"
    case = city.report(said, who=planted.actor)
    open_one, hidden = city.report(said, who=city.minh), city.report(said, who=city.son)
    desk = city.browser("ha")
    page = words_of(desk.get(f"/desk/cases/{case.number}"))
    assert "2 người khác nhau cùng báo" in page
    assert hidden.number in page.split('id="evidence-title"')[1].split("</section>")[0]
    assert guide(city, hidden.number, "denunciation").status_code == 302
    page = (
        words_of(desk.get(f"/desk/cases/{case.number}"))
        .split('id="evidence-title"')[1]
        .split("</section>")[0]
    )
    assert "1 người khác cùng báo" in page
    assert hidden.number not in page
    assert open_one.number in page
    assert 'id="evidence-title"' not in words_of(desk.get(f"/desk/cases/{hidden.number}"))
    assert desk.post(f"/desk/cases/{hidden.number}/corroborate").status_code == 409
    assert desk.post(f"/desk/cases/{case.number}/corroborate").status_code == 302
    city.act(city.ha, case.case_id, "route", agency=city.agency, why="Vỉa hè của phường")
    for who in ("tam", "binh", "nga", "dung", "hanh"):
        browser = browser_of(city, who)
        for door in (
            "/desk/cases/{}",
            "/cases/{}",
            "/api/v1/cases/{}",
            "/cases/{}/proof",
            "/cases/{}/proof.json",
        ):
            shown = words_of(browser.get(door.format(case.number)))
            assert 'id="evidence-title"' not in shown, (who, door)
            # Who sees all cases has the open one in a queue beside; an agency has not.
            also = (open_one.number, str(open_one.case_id)) if who in {"tam", "binh"} else ()
            for trace in (hidden.number, str(hidden.case_id), *also):
                assert trace not in shown, (who, door)
        assert browser.get("/desk/corroboration").status_code == 403, who


def _kin_of(planted: Planted) -> list[str]:
    """The keyed hashes by which reports of one household are told, but the contact's, which is not the reports' alone."""
    kins = Reporter.objects.filter(case_id__in=[planted.case_id, planted.fresh_id]).values_list(
        "kin", flat=True
    )
    found = [mark for kin in kins for mark in kin.split() if mark[0] in "pn"]
    assert found
    return found


# --- after erasure --------------------------------------------------------------------------------------------------------


def test_a_deleted_account_s_hashes_are_in_no_table_either(planted: Planted, home: Path) -> None:
    from_before = [
        blind(str(planted.account), "reporter"),
        *Reporter.objects.filter(case_id__in=[planted.case_id, planted.fresh_id])
        .exclude(claim_blind="")
        .values_list("claim_blind", flat=True),
        *_kin_of(planted),
    ]
    others = planted.city.report("cây nghiêng", who=planted.city.minh)
    settle()
    assert any(mark in value for _, value in every_text() for mark in from_before)
    erase(planted)
    settle()
    left = sorted({table for table, value in every_text() if any(mark in value for mark in from_before)})
    assert left == []
    assert queries.is_reporter(others.case_id, actor=planted.city.minh)
    names = [str(path) for path in home.rglob("*") if path.is_file()]
    assert names, "the files of others stay"
