"""The account pages, entered as a browser does."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import include, path

from ngomon.core import clock
from ngomon.core.actors import Actor, Grant, system
from ngomon.core.engine import engine
from ngomon.core.models import Delivery
from ngomon.core.secrets import open_text
from ngomon.core.units import unit
from ngomon.identity import commands, queries
from ngomon.identity.models import Account, Session
from ngomon.identity.queries import actor_of, forget_grants
from ngomon.identity.rules import read_contact

urlpatterns = [
    path("ui/", include("ngomon.ui.urls")),
    path("account/", include("ngomon.identity.urls")),
]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
ADMIN = Actor("account", "admin", grants=frozenset({Grant("admin")}))


@pytest.fixture(autouse=True)
def fresh_limits(transactional_db):
    engine.cache_clear()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM core_rate")


def last_code() -> str:
    row = Delivery.objects.filter(purpose="identity.code").order_by("-created_at", "-id").first()
    return re.search(r"\d{6}", json.loads(open_text(row.content))["text"])[0]


def account_of(client: Client) -> Account:
    return Account.objects.get(pk=client.session["_auth_user_id"])


def enter(client: Client, contact="0905123456", next_url="/ui/"):
    asked = client.post(f"/account/sign-in?next={next_url}", {"contact": contact})
    assert (asked.status_code, asked["Location"]) == (302, "/account/code")
    return client.post("/account/code", {"code": last_code()})


def test_a_newcomer_signs_in_says_a_name_and_goes_where_they_wanted():
    client = Client()
    assert enter(client)["Location"] == "/account/welcome"
    done = client.post("/account/welcome", {"name": "Lê Văn An", "kind": "person", "language": "vi"})
    assert done["Location"] == "/ui/"
    page = client.get("/account/").content.decode()
    assert "Lê Văn An" in page
    assert "0905 123 456" in page
    again = Client()
    assert enter(again)["Location"] == "/ui/"
    assert account_of(again) == account_of(client)


def test_the_pages_speak_both_languages():
    for language, words in (("vi", "Đăng nhập"), ("en", "Sign in")):
        page = Client(headers={"accept-language": language}).get("/account/sign-in").content.decode()
        assert words in page
        assert f'lang="{language}"' in page


def test_every_text_of_the_pages_exists_in_both_languages():
    client = Client()
    enter(client)
    for language in ("vi", "en"):
        client.cookies["django_language"] = language
        for url in ("/account/", "/account/welcome"):
            page = client.get(url).content.decode()
            assert not re.search(r"\bidentity\.[a-z_]+\.[a-z_.]+", page), url


def test_ids_on_the_profile_are_unique():
    client = Client()
    enter(client)
    ids = re.findall(r'\sid="([^"]+)"', client.get("/account/").content.decode())
    assert len(ids) == len(set(ids))


def test_wrong_codes_are_counted_and_told():
    client = Client()
    client.post("/account/sign-in", {"contact": "0905123456"})
    right = last_code()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    pages = [client.post("/account/code", {"code": wrong}) for _ in range(5)]
    assert {p.status_code for p in pages} == {422}
    assert "4 lần thử" in pages[0].content.decode()
    assert "gửi lại mã" in pages[4].content.decode().lower()
    assert client.post("/account/code", {"code": right}).status_code == 422


def test_only_the_browser_that_asked_can_use_the_code():
    Client().post("/account/sign-in", {"contact": "0905123456"})
    assert Client().post("/account/code", {"code": last_code()})["Location"] == "/account/sign-in"


def test_codes_are_limited_by_contact_and_told_in_minutes():
    for _ in range(5):
        assert Client().post("/account/sign-in", {"contact": "0905123456"}).status_code == 302
    held = Client().post("/account/sign-in", {"contact": "+84 905 123 456"})
    assert held.status_code == 422
    assert "phút" in held.content.decode()
    assert Client().post("/account/sign-in", {"contact": "0905123457"}).status_code == 302


def test_the_session_key_changes_at_sign_in_and_the_session_can_be_ended_from_elsewhere():
    first, second = Client(), Client(headers={"user-agent": "Điện thoại cũ"})
    first.post("/account/sign-in", {"contact": "0905123456"})
    before = first.session.session_key
    first.post("/account/code", {"code": last_code()})
    assert first.session.session_key != before
    enter(second)
    shown = first.get("/account/").content.decode()
    assert "Điện thoại cũ" in shown
    assert second.session.session_key not in shown
    handle = Session.objects.get(agent="Điện thoại cũ").handle
    assert first.post(f"/account/sessions/{handle}/end").status_code == 302
    assert second.get("/account/").status_code == 302
    third = Client()
    enter(third)
    first.post("/account/sessions/end-others")
    assert third.get("/account/").status_code == 302
    assert first.get("/account/").status_code == 200


def test_signing_out_ends_the_session():
    client = Client()
    enter(client)
    client.post("/account/sign-out")
    assert client.get("/account/")["Location"] == "/account/sign-in?next=%2Faccount%2F"
    assert Session.objects.filter(account_id__isnull=False).count() == 0


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil"]
)
def test_nobody_is_sent_to_a_strange_place(wanted):
    client = Client()
    enter(client, next_url=wanted)
    assert (
        client.post("/account/welcome", {"name": "A", "kind": "person", "language": "vi"})["Location"] == "/"
    )


def test_a_second_contact_is_added_and_made_primary():
    client = Client()
    enter(client)
    assert (
        client.post("/account/contacts", {"contact": "an@demo.invalid"})["Location"]
        == "/account/contacts/code"
    )
    assert client.post("/account/contacts/code", {"code": "1"}).status_code == 422
    assert client.post("/account/contacts/code", {"code": last_code()}).status_code == 302
    me = actor_of(account_of(client).pk, clock.now())
    points = queries.contact_points(me.person_id, actor=me, purpose="", at=clock.now())
    assert {p.value for p in points} == {"0905 123 456", "an@demo.invalid"}
    phone = next(p for p in points if p.kind == "phone")
    assert client.post(f"/account/contacts/{phone.id}/remove").status_code == 302
    assert client.post(f"/account/contacts/{points[0].id}/remove").status_code == 409


def test_a_contact_of_somebody_else_is_refused_on_the_page():
    owner, client = Client(), Client()
    enter(owner, "an@demo.invalid")
    enter(client)
    client.post("/account/contacts", {"contact": "an@demo.invalid"})
    refused = client.post("/account/contacts/code", {"code": last_code()})
    assert refused.status_code == 422
    assert "tài khoản khác" in refused.content.decode()


def test_a_password_is_set_used_and_removed():
    client, other = Client(), Client()
    enter(client)
    enter(other)
    assert client.post("/account/password", {"password": "ngắn"}).status_code == 422
    assert client.post("/account/password", {"password": "Cầu Trường Tiền sáu vài"}).status_code == 302
    assert other.get("/account/").status_code == 302
    third = Client()
    wrong = third.post("/account/sign-in/password", {"contact": "0905123456", "password": "x"})
    assert wrong.status_code == 422
    given = {"contact": "0905123456", "password": "Cầu Trường Tiền sáu vài"}
    assert third.post("/account/sign-in/password", given).status_code == 302
    client.post("/account/password", {"remove": "1"})
    assert Client().post("/account/sign-in/password", given).status_code == 422


def test_a_locked_account_sees_why_appeals_and_reads_the_answer():
    client = Client()
    enter(client)
    account = account_of(client).pk
    with unit():
        commands.lock_account(account, "abuse", actor=ADMIN, at=clock.now())
    assert client.get("/account/").status_code == 302
    locked = enter(client)
    assert locked["Location"] == "/account/locked"
    assert "Xúc phạm" in client.get("/account/locked").content.decode()
    assert client.post("/account/locked", {"text": ""}).status_code == 422
    assert client.post("/account/locked", {"text": "Không phải tôi <b>"}).status_code == 302
    assert "đang chờ" in client.get("/account/locked").content.decode()
    assert Client().get("/account/locked")["Location"] == "/account/sign-in"
    judge = Actor("account", "judge", grants=frozenset({Grant("privacy_officer")}))
    with unit():
        [appeal] = queries.appeals_open(actor=judge, at=clock.now())
        commands.decide_appeal(
            appeal.id, is_lifted=False, answer="Chưa đủ căn cứ.", actor=judge, at=clock.now()
        )
    assert "Chưa đủ căn cứ." in client.get("/account/locked").content.decode()


def test_an_organisation_is_opened_and_acted_for():
    client, stranger = Client(), Client()
    enter(client)
    enter(stranger, "0905999999")
    assert client.post("/account/organisations", {"name": "X", "tax_code": "1"}).status_code == 422
    client.post("/account/organisations", {"name": "HTX Thủy Xuân", "tax_code": "0100109106"})
    made = Account.objects.get(kind="organisation").pk
    assert stranger.post(f"/account/as/{made}").status_code == 404
    assert client.post(f"/account/as/{made}").status_code == 302
    assert account_of(client).pk == made
    assert "HTX Thủy Xuân" in client.get("/account/").content.decode()


def test_an_officer_sets_an_absence_with_a_colleague_as_substitute():
    with unit():
        ids = []
        for name, mail in (("Hà", "ha@demo.invalid"), ("Lan", "lan@demo.invalid")):
            account = commands.open_account(name, [read_contact(mail)], actor=system("t"), at=clock.now())
            commands.take_post(
                account,
                "agency_head" if name == "Hà" else "agency_clerk",
                agency="ubnd-x",
                from_at=clock.now() - timedelta(days=1),
                actor=system("t"),
                at=clock.now(),
            )
            ids.append(account)
    client = Client()
    enter(client, "ha@demo.invalid")
    assert "Lan" in client.get("/account/").content.decode()
    today = clock.now().date()
    given = {
        "from_on": today - timedelta(days=1),
        "to_on": today + timedelta(days=2),
        "substitute": str(ids[1]),
    }
    assert client.post("/account/absence", {**given, "to_on": "hôm nay"}).status_code == 422
    assert client.post("/account/absence", given).status_code == 302
    forget_grants()
    assert actor_of(ids[1], clock.now()).holds("agency_head", agency="ubnd-x")
    assert "Người thay: Lan" in client.get("/account/").content.decode()
    client.post("/account/absence", {"back": "1"})
    forget_grants()
    assert not actor_of(ids[1], clock.now()).holds("agency_head", agency="ubnd-x")


def test_a_page_needs_csrf():
    assert (
        Client(enforce_csrf_checks=True).post("/account/sign-in", {"contact": "0905123456"}).status_code
        == 403
    )


@pytest.mark.parametrize(
    "typed", ["", "x" * 10_000, "a@b.vn\r\nX: y", "<script>", "０９０５", "'; DROP TABLE--", "\x00"]
)
def test_nonsense_gets_a_clear_answer(typed):
    page = Client().post("/account/sign-in", {"contact": typed})
    assert page.status_code == 422
    assert "<script>alert" not in page.content.decode()
    assert Delivery.objects.count() == 0


@override_settings(NGOMON_PROXIES=1)
def test_the_address_is_taken_from_our_own_proxy_only():
    client = Client(headers={"x-forwarded-for": "6.6.6.6, 203.0.113.9"})
    enter(client)
    assert Session.objects.get(account_id__isnull=False).address == "203.0.113.9"


def test_every_page_is_marked_with_its_permission():
    for pattern in urlpatterns[1].url_patterns:
        assert hasattr(pattern.callback, "permission"), pattern
