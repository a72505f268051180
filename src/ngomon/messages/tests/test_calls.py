"""Calling somebody out: the link, the page, what may follow what, and what is withdrawn."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.city import TestCity, build_city

from ngomon.core import clock, deliveries
from ngomon.core.actors import system
from ngomon.core.errors import Conflict
from ngomon.core.ids import Ref
from ngomon.core.models import Delivery
from ngomon.core.units import unit
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants
from ngomon.messages import queries
from ngomon.messages.commands import answer_call, call_out, stand_down, stop_ringing
from ngomon.messages.models import Call, Message
from ngomon.messages.rules import NEXT, call_of_token, call_token, may_say
from ngomon.messages.terms import CALLING, Answer, How

SYSTEM = system("test")
CASE = Ref("case", "1", "PA-2611-0001")
VALUES = {
    "number": CASE.label,
    "category": {"vi": "Cháy", "en": "Fire"},
    "where": "kiệt 42",
    "what": "Khói <b>",
}
KEY = b"k" * 32


@pytest.fixture
def city(transactional_db: None) -> TestCity:
    return build_city()


def call(city: TestCity, who: str = "nga", id: UUID | None = None) -> UUID:
    with unit():
        return call_out(
            CASE, city.accounts[who], "processes.call", VALUES, ways=(("inbox", 0), ("sms", 0), ("voice", 1)),
            id=id or uuid4(), actor=SYSTEM, at=clock.now(),
        )  # fmt: skip


def press(link: str, answer: str) -> tuple[int, str]:
    page = Client().post(link, {"answer": answer})
    return page.status_code, page.content.decode()


@given(st.uuids(), st.integers(0, 37), st.characters(codec="ascii"))
def test_only_the_very_link_leads_to_its_call(key: UUID, place: int, other: str) -> None:
    token = call_token(key, KEY)
    assert call_of_token(token, KEY) == key
    assert call_of_token(token, b"x" * 32) is None
    changed = token[:place] + other + token[place + 1 :]
    # The last letter of either part carries bits that mean nothing; another spelling of the same bytes is no other call.
    assert call_of_token(changed, KEY) in ({None, key} if changed != token else {key})


@pytest.mark.parametrize("state", [CALLING, *Answer])
def test_what_the_page_offers_may_be_said_and_nothing_goes_back(state: str) -> None:
    assert all(may_say(state, answer) for answer in NEXT[state])
    if state == Answer.DONE:
        assert not any(may_say(state, answer) for answer in Answer)
    assert not may_say(Answer.ON_SCENE, Answer.EN_ROUTE)
    assert not may_say(Answer.ON_SCENE, Answer.DECLINED)


def test_the_page_says_what_and_where_and_reading_changes_nothing(city: TestCity) -> None:
    link = queries.link_of_call(call(city))
    page = Client().get(link)
    assert page.status_code == 200
    words = page.content.decode()
    assert "KHẨN: Cháy, kiệt 42" in words
    assert "Khói &lt;b&gt;" in words
    assert "no-store" in page["Cache-Control"]
    assert Call.objects.get().state == CALLING
    assert len(link) < 45, "room is left in an SMS"
    sms = Delivery.objects.get(channel="sms")
    assert sms.state == "queued"


@pytest.mark.parametrize("token", ["x", "x" * 38, "é" * 38, "A" * 37, "-" * 38, "%00" * 10])
def test_a_link_that_is_not_ours_is_not_found(city: TestCity, token: str) -> None:
    assert Client().get(f"/c/{token}").status_code == 404
    assert Client().post(f"/c/{token}", {"answer": "acknowledged"}).status_code == 404


def test_answers_follow_each_other_and_what_cannot_is_said(city: TestCity) -> None:
    link = queries.link_of_call(call(city))
    assert press(link, "drop table")[0] == 422
    assert press(link, "")[0] == 422
    assert press(link, "acknowledged")[0] == 302
    assert press(link, "acknowledged")[0] == 302, "twice is once"
    assert press(link, "on_scene")[0] == 302, "a step may be left out"
    status, words = press(link, "declined")
    assert status == 409
    assert "Bạn đã tới" in words, "the page shows how it stands"
    assert press(link, "done")[0] == 302
    assert 'name="answer"' not in Client().get(link).content.decode()


def test_an_answer_withdraws_what_was_not_sent_and_nobody_has_to_see_to_it(city: TestCity) -> None:
    one = call(city)
    with unit():
        answer_call(one, Answer.ACKNOWLEDGED, how=How.PAGE, actor=SYSTEM, at=clock.now())
    assert {d.error for d in Delivery.objects.filter(purpose="processes.call")} == {"withdrawn"}
    assert queries.dead_letters(actor=city.ha) == []
    assert {told.state for told in queries.messages_of(CASE, actor=city.ha)} == {"withdrawn"}


def test_a_turn_that_is_over_stops_phones_that_rang_and_lets_the_rest_go(city: TestCity) -> None:
    one = call(city)
    Delivery.objects.filter(channel="voice").update(attempts=1)
    with unit():
        stop_ringing([one], actor=SYSTEM, at=clock.now())
    assert dict(Delivery.objects.filter(purpose="processes.call").values_list("channel", "state")) == {
        "sms": "queued", "voice": "dead",
    }  # fmt: skip
    assert Call.objects.get().closed_at is None, "a late answer counts"


def test_a_call_of_others_reads_that_somebody_has_it_and_may_still_be_answered(city: TestCity) -> None:
    one = call(city)
    with unit():
        assert stand_down([one], actor=SYSTEM, at=clock.now()) == 1
    link = queries.link_of_call(one)
    assert "Đã có người nhận" in Client().get(link).content.decode()
    assert press(link, "acknowledged")[0] == 302


def test_a_locked_account_takes_nothing(city: TestCity) -> None:
    link = queries.link_of_call(call(city))
    with unit():
        identity.lock_account(city.accounts["nga"], reason="abuse", actor=SYSTEM, at=clock.now())
    forget_grants()
    assert press(link, "acknowledged")[0] == 403
    assert Call.objects.get().state == CALLING


def test_the_same_call_again_changes_nothing_and_each_sees_their_own(city: TestCity) -> None:
    one = call(city)
    call(city, id=one)
    assert Message.objects.count() == 1
    assert "KHẨN: Cháy" in city.browser("nga").get("/messages/calls").content.decode()
    assert "KHẨN: Cháy" not in city.browser("lan").get("/messages/calls").content.decode()
    assert Client().get("/messages/calls").status_code == 302
    with pytest.raises(Conflict), unit():
        answer_call(one, Answer.DONE, how=How.PAGE, actor=SYSTEM, at=clock.now())
        answer_call(one, Answer.EN_ROUTE, how=How.PAGE, actor=SYSTEM, at=clock.now())


def test_a_channel_with_lines_takes_one_message_at_a_time() -> None:
    class Line:
        lines = 3

        def send(self, id: UUID, address: str, content: object) -> str:
            return ""

    deliveries.register_channel("lines", Line())
    assert deliveries.lines_of("lines") == 3
    assert deliveries.lines_of("sms") == 0
    del deliveries.channels["lines"]
