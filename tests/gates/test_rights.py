"""Every page × everybody: who is not allowed is refused, what is another agency's stays theirs, no agency reads who reported.

Addresses are filled with real things of a small city, so that a page is really asked for, not a missing thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ngomon.cases.terms import Contact as Reporter
from ngomon.core import clock
from ngomon.core.ids import Ref
from ngomon.core.units import unit
from ngomon.directory import commands as directory
from ngomon.directory import queries as places
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants, holdings_of
from ngomon.identity.rules import may, permissions
from ngomon.identity.terms import Contact, ContactKind
from ngomon.incidents import commands as incidents
from ngomon.incidents.models import Household, Ticket
from ngomon.processes import commands
from ngomon.processes import queries as processes
from ngomon.web.admin.commands import Trial, link_of
from tests.city import CAST, TestCity

pytestmark = pytest.mark.django_db(transaction=True)

NAME, PHONE, EMAIL = "Vương Thị Khuyết Danh", "0987654321", "khuyet.danh@rieng.invalid"
SECRETS = (NAME, "Khuyết Danh", "987654321", "987 654 321", EMAIL, "khuyet.danh")
WORDS = "Cây phượng bật gốc chắn lối vào kiệt"
ELSEWHERE = "other_officer"
PRIVACY = "privacy"
EVERYBODY = ("", *(key for key, _, _ in CAST), ELSEWHERE, PRIVACY)

# Where the permission is for some agency, and the page then asks whether it is this one.
OF_AN_AGENCY = re.compile(r"^(desk/cases/|desk/orders/|admin/agencies/<str:key>/roster|desk/ready/)")
# An action on a case, an opinion: refused by the state of the matter also to those who may see it.
LOCAL_REFUSAL = re.compile(
    r"^(desk/cases/.*(act|opinion|consult)|me/|volunteer/|account/|api/|demo|board/reason)"
)


def views(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            yield from views(found, before + str(found.pattern))
        else:
            yield before + str(found.pattern), found


ROUTES = list(views(get_resolver()))


@dataclass
class Things:
    """Real things that addresses name. `number` is a case at work in the cast's agency, `foreign` one of another."""

    city: TestCity
    number: str = ""
    other_agency: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def address(self, route: str) -> str:
        """A route filled in."""
        filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: self.value(m[1], route), route)
        filled = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda m: self.value(m[1], route), filled)
        return "/" + filled.replace("\\", "").strip("^$")

    def value(self, name: str, route: str) -> str:
        """What stands for a variable of a route."""
        return self.values.get(f"{route.split('/')[1]}.{name}" if "/" in route else name) or self.values[name]


def build(city: TestCity) -> Things:
    """The cast, an officer elsewhere, a privacy officer, and a report whose reporter nobody in an agency may know."""
    things = Things(city)
    today = places.local_day(clock.now())
    things.other_agency = next(
        a.key for a in places.agencies(today, "ward_committee") if a.key != city.agency
    )
    _more_people(things)
    reporter = Reporter(name=NAME, phone=PHONE, email=EMAIL)
    receipt = city.report(WORDS, who=city.ha, source="hotline", on_behalf=True, contact=reporter)
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="Đường của phường")
    city.act(city.tam, receipt.case_id, "accept")
    city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
    things.number = receipt.number
    with unit():
        post = directory.add_post(city.agency, "agency_clerk", actor=city.vy, at=clock.now())
        client, _ = identity.make_client("Cổng thử", ["cases.read"], actor=city.vy, at=clock.now())
    tam = city.accounts["tam"]
    token = link_of(Trial(city.agency, "agency_clerk", tam)).rsplit("/", 1)[1]
    things.values = {
        "number": receipt.number, "action": "answer", "id": str(client), "key": city.agency,
        "categories.key": city.category, "agencies.key": city.agency, "rule": "1", "post": str(post),
        "processes.key": processes.definitions()[0].key, "processes.step": "verify", "people.id": str(tam), "token": token,
        "holding": str(holdings_of(tam, clock.now())[0].id), "absence": str(uuid4()), "delegation": str(uuid4()),
        "on": "2026-01-02", "year": "2026", "reference": "missing", "digest": "0" * 64, "kind": "jpg",
        "form": "json", "code": city.category, "rest": "nothing", "contact_id": str(uuid4()), "handle": "none",
        "account_id": str(tam), "which": "before", "layer.key": "wards", "old": "0", "new": "0",
        "forecast": str(uuid4()), "run": str(uuid4()), "hold": str(uuid4()), **_command_room(city),
    }  # fmt: skip
    return things


def _command_room(city: TestCity) -> dict[str, str]:
    """A room with an order to the cast's agency, and a directive."""
    now = clock.now()
    with unit():
        room = incidents.open_room("Lũ", kind="flood", actor=city.dung, at=now)
        given = {"agency": city.agency, "due_at": now + timedelta(hours=2), "actor": city.dung, "at": now}
        sheet = incidents.make_sheet(actor=city.quan, at=now)
        order = incidents.give_order(room, "Cử xuồng", **given)
        table = "hamlet,head,address,alarm,people\nTổ 1,A,B,1,2\n"
        incidents.load_households(city.area, table, actor=city.binh, at=now)
        calls = "key,kind,place\n1,rescue,kiệt 42 Bà Triệu\n"
        incidents.take_in(room, calls, source="x", actor=city.ha, at=now)
        directive = commands.give_directive(Ref("board", "x", "Con số"), "Giải quyết", **given)
    return {
        "rooms.number": room, "rooms.action": "log", "rooms.id": str(uuid4()), "rooms.form": "pdf",
        "orders.id": str(order), "handover.number": sheet,
        "households.number": room, "households.id": str(Household.objects.get().pk),
        "volunteer.id": str(Ticket.objects.get().pk), "directives.number": directive,
    }  # fmt: skip


def _more_people(things: Things) -> None:
    city, now = things.city, clock.now()
    rows = ((ELSEWHERE, "agency_officer", things.other_agency), (PRIVACY, "privacy_officer", ""))
    with unit():
        for n, (key, role, agency) in enumerate(rows):
            contact = Contact(ContactKind.PHONE, f"+8490111{n:04d}")
            account = identity.open_account(f"Người {key}", [contact], actor=city.vy, at=now)
            identity.take_post(
                account,
                role,
                agency=agency,
                from_at=datetime(2025, 7, 1, tzinfo=UTC),
                actor=city.vy,
                at=now - timedelta(seconds=1),
            )
            city.accounts[key] = account
    forget_grants()


def test_every_view_says_which_permission_it_needs():
    known = permissions()
    missing = [route for route, found in ROUTES if not hasattr(found.callback, "permission")]
    assert not missing
    strange = [r for r, f in ROUTES if (f.callback.permission or "account.own") not in known]
    assert not strange


def answers(browser: Client, address: str, method: str) -> Any:
    """One request; a crash is an answer of 500."""
    browser.raise_request_exception = False
    return browser.get(address) if method == "get" else browser.post(address)


def fault_of(actor: Any, route: str, permission: str, method: str, status: int) -> str:
    """What is wrong with an answer, by the rights table; empty where it is right."""
    if status >= 500 and status != 503:
        return "fails"
    if status == 405 or not permission:
        return ""
    if actor is None or actor.kind == "anonymous":
        expected = {302} if method == "get" else {302, 403}
        return "" if status in expected else f"should send a stranger to sign in, not {status}"
    if not may(actor, permission):
        return "" if status == 403 else f"should be refused, not {status}"
    if status == 403 and not (OF_AN_AGENCY.match(route) or LOCAL_REFUSAL.match(route)):
        return "should be open"
    return ""


def test_each_page_answers_everybody_as_the_rights_table_says(city: TestCity):
    things = build(city)
    faults = []
    for who in EVERYBODY:
        actor = getattr(city, who) if who else None
        browser = city.browser(who)
        is_of_agency = actor is not None and bool(actor.agencies())
        for route, found in ROUTES:
            if route == "account/sign-out":
                continue
            address = things.address(route)
            answer = answers(browser, address, "get")
            wrong = fault_of(actor, route, found.callback.permission, "get", answer.status_code)
            if wrong:
                faults.append(f"GET {address} as {who or 'stranger'}: {wrong}")
            if is_of_agency and not answer.streaming:
                told = answer.content.decode(errors="replace")
                faults += [f"GET {address} tells {who} {secret!r}" for secret in SECRETS if secret in told]
    assert not faults, "\n".join(faults)


def test_nobody_changes_anything_without_the_right_to(city: TestCity):
    things = build(city)
    faults = []
    for who in EVERYBODY:
        actor = getattr(city, who) if who else None
        browser = city.browser(who)
        for route, found in ROUTES:
            permission = found.callback.permission
            if not permission or (actor is not None and may(actor, permission)):
                continue
            answer = answers(browser, things.address(route), "post")
            wrong = fault_of(actor, route, permission, "post", answer.status_code)
            if wrong:
                faults.append(f"POST {things.address(route)} as {who or 'stranger'}: {wrong}")
    assert not faults, "\n".join(faults)


def test_an_officer_of_another_agency_reaches_nothing_of_this_one(city: TestCity):
    things = build(city)
    browser = city.browser(ELSEWHERE)
    for address in (
        f"/desk/cases/{things.number}",
        f"/admin/agencies/{city.agency}/roster",
        f"/admin/agencies/{city.agency}",
    ):
        assert browser.get(address).status_code in {403, 404}, address
    for address in ("act/answer", "note", "category", "merge", "consult", "reporter"):
        answer = browser.post(f"/desk/cases/{things.number}/{address}", {"note": "x", "answer": "x"})
        assert answer.status_code in {403, 404}, address
    found = browser.get("/desk/search", {"q": things.number})
    assert found.status_code == 200
    assert WORDS not in found.content.decode()
    ready = browser.post("/desk/ready/" + things.values["token"])
    assert ready.status_code == 403


def test_those_who_may_know_the_reporter_are_shown_on_request_and_it_is_written_down(city: TestCity):
    things = build(city)
    page = city.browser("ha").get(f"/desk/cases/{things.number}").content.decode()
    assert not any(secret in page for secret in SECRETS)
    shown = city.browser("ha").post(f"/desk/cases/{things.number}/reporter", {"purpose": "gọi lại"})
    assert NAME in shown.content.decode()
    log = city.browser("vy").get("/admin/audit", {"kind": "case"}).content.decode()
    assert "gọi lại" in log
    assert not any(secret in log for secret in SECRETS)
