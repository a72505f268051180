"""Ticks that come late: each counts once, the last seen counts, two who say different things are shown, nothing is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ngomon.core import clock
from ngomon.identity.queries import device_key
from ngomon.incidents import commands, flood_rules, queries
from ngomon.incidents.flood_terms import TickSaid
from ngomon.incidents.models import Household, Tick, Ticket
from ngomon.incidents.tests.test_flood import CALLS, LIST, do
from ngomon.ui.offline import shell_of

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
WHEN = st.integers(0, 300).map(lambda n: NOON + timedelta(minutes=n))
TICKS = st.lists(
    st.builds(
        lambda state, by, at, late, old: TickSaid(
            state, by, at, at + timedelta(minutes=late), at - timedelta(minutes=old)
        ),
        st.sampled_from(["moved", "refused", "absent"]),
        st.sampled_from(["a", "b", "c"]),
        WHEN,
        st.integers(0, 120),
        st.integers(0, 120),
    ),
    max_size=8,
    unique_by=lambda tick: tick.at,
)


@pytest.fixture
def room(city):
    number = do(commands.open_room, "Lũ", kind="flood", who=city.dung)
    do(commands.load_households, city.area, LIST, who=city.binh)
    do(commands.set_alarm, number, 2, who=city.ha)
    return number


# --- rules --------------------------------------------------------------------------------------------------------


@given(TICKS, st.randoms(use_true_random=False))
def test_in_whatever_order_ticks_arrive_the_same_one_counts(ticks, chance):
    counts, others = flood_rules.standing(ticks)
    shuffled = list(ticks)
    chance.shuffle(shuffled)
    assert flood_rules.standing(shuffled) == (counts, others)
    assert (counts is None) == (not ticks)
    assert all(t.state != counts.state and t.by != counts.by for t in others)


@given(TICKS)
def test_whoever_ticks_with_everything_in_sight_settles_it(ticks):
    late = NOON + timedelta(days=1)
    counts, others = flood_rules.standing([*ticks, TickSaid("moved", "d", late, late, late)])
    assert counts.by == "d"
    assert others == ()


# --- the door -----------------------------------------------------------------------------------------------------


def send(city, name, acts, *, sent_at=None, who=None):
    body = {"who": device_key(city.accounts[who or name]), "sent_at": (sent_at or clock.now()).isoformat()}
    body["acts"] = acts
    return city.browser(name).post("/offline/acts", body, content_type="application/json")


def tick(room, family, state, *, at=None, seen=None, id=None):
    at = at or clock.now()
    return {
        "id": str(id or uuid4()), "kind": "tick", "room": room, "thing": str(family), "state": state,
        "at": at.isoformat(), "seen": (seen or at).isoformat(),
    }  # fmt: skip


def results(answer):
    assert answer.status_code == 200, answer.content
    return [one["result"] for one in answer.json()["acts"]]


def test_acts_sent_again_count_once_and_a_bad_one_holds_up_no_other(city, room):
    family = Household.objects.get(hamlet="Tổ 5", alarm=2).pk
    good = tick(room, family, "moved")
    bad = [
        {}, {"id": "x"}, tick(room, uuid4(), "moved"), tick(room, family, "eaten"), tick("SV-0", family, "moved"),
        {**good, "id": str(uuid4()), "kind": "war"}, {**good, "id": str(uuid4()), "at": "soon"},
        {**good, "id": str(uuid4()), "seen": "2026-11-24T10:00"}, {**good, "id": str(uuid4()), "room": ["x"]},
        {**good, "id": str(uuid4()), "thing": None}, {**good, "id": str(uuid4()), "at": "9999-12-31T23:59:59+00:00"},
    ]  # fmt: skip
    told = results(send(city, "son", [*bad, good]))
    assert told[-1] == "new"
    assert set(told[:-2]) == {"refused"}  # a time that lies ahead is now
    assert results(send(city, "son", [good, good])) == ["known", "known"]
    assert Tick.objects.filter(pk=good["id"]).count() == 1
    refused = send(city, "son", [tick(room, family, "eaten")]).json()["acts"][0]
    assert refused["said"]


def test_a_phone_whose_clock_is_wrong_says_when_it_was(city, room):
    family = Household.objects.get(hamlet="Tổ 5", alarm=2).pk
    wrong = clock.now() - timedelta(hours=5)
    send(city, "son", [tick(room, family, "moved", at=wrong - timedelta(minutes=10))], sent_at=wrong)
    assert abs(Tick.objects.get().at - (clock.now() - timedelta(minutes=10))) < timedelta(seconds=30)


def test_two_who_say_different_things_are_both_shown_until_somebody_looks(city, room):
    family = Household.objects.get(hamlet="Tổ 5", alarm=2).pk
    start = clock.now() - timedelta(hours=1)
    early = tick(room, family, "moved", at=start + timedelta(minutes=5), seen=start)
    later = tick(room, family, "refused", at=start + timedelta(minutes=20), seen=start)
    assert results(send(city, "thu", [later])) == ["new"]
    told = send(city, "son", [early]).json()["acts"][0]
    assert told["result"] == "disputed"
    assert "Đặng Hoài Sơn" in told["said"]
    assert "Phan Anh Thư" in told["said"]
    address = f"/desk/households?room={room}&area={city.area}&hamlet=Tổ 5"
    page = city.browser("binh").get(address).content.decode()
    assert "Hai nơi ghi khác nhau" in page
    assert "Two people say" in city.browser("binh").get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "1 hộ ghi khác nhau" in city.browser("dung").get(f"/ioc/rooms/{room}?tab=flood").content.decode()
    assert results(send(city, "binh", [tick(room, family, "moved")])) == ["new"]
    assert "Hai nơi" not in city.browser("binh").get(address).content.decode()
    assert Tick.objects.count() == 3


def test_what_was_seen_while_the_room_worked_is_taken_after_its_end(city, room):
    family = Household.objects.get(hamlet="Tổ 5", alarm=2).pk
    seen = clock.now()
    do(commands.write_log, room, "Thiếu xuồng", kind="lesson", who=city.quan)
    do(commands.end_room, room, who=city.dung)
    assert results(send(city, "son", [tick(room, family, "moved", at=seen)])) == ["new"]
    assert results(send(city, "son", [tick(room, family, "absent")])) == ["refused"]
    do(commands.close_room, room, who=city.dung)
    assert results(send(city, "son", [tick(room, family, "absent", at=seen)])) == ["refused"]


def test_nobody_sends_what_somebody_else_did_or_for_another_ward(city, room):
    family = Household.objects.get(hamlet="Tổ 5", alarm=2).pk
    assert send(city, "thu", [tick(room, family, "moved")], who="son").status_code == 422
    assert results(send(city, "lan", [tick(room, family, "moved")])) == ["refused"]
    body = {"who": "", "sent_at": clock.now().isoformat(), "acts": [tick(room, family, "moved")]}
    assert Client().post("/offline/acts", body, content_type="application/json").status_code == 403
    Client(enforce_csrf_checks=True)
    browser = city.browser("son")
    browser.handler.enforce_csrf_checks = True
    assert browser.post("/offline/acts", body, content_type="application/json").status_code == 403
    assert not Tick.objects.exists()
    here = browser.get("/offline/acts")
    assert here.json()["who"] == device_key(city.accounts["son"])
    assert here["Cache-Control"] == "no-store"
    assert Client().get("/offline/acts").status_code == 302


@pytest.mark.parametrize(
    "sent", [b"", b"{", b"[]", b"3", b"{}", b'{"acts": 3}', b'{"acts": [3]}', b'{"acts": []}', b"\xff\xfe"]
)
def test_a_body_that_is_none_is_refused_whole(city, room, sent):
    body = sent
    if sent == b'{"acts": [3]}':
        body = json.dumps({"who": device_key(city.accounts["son"]), "acts": [3]}).encode()
    answer = city.browser("son").post("/offline/acts", body, content_type="application/json")
    assert answer.status_code == 422


def test_a_team_says_done_without_network_once_however_often_it_is_sent(city, room):
    do(commands.take_in, room, CALLS, source="s", who=city.ha)
    do(commands.seat, room, city.accounts["lan"], "volunteer", who=city.quan)
    ticket = Ticket.objects.get(n=1)
    do(commands.move_ticket, ticket.pk, "claimed", team="Ghe ông Tám", who=city.lan)
    act = {
        "id": str(uuid4()), "kind": "done", "thing": str(ticket.pk), "state": "done", "words": "Đã đưa 4 người ra",
        "at": clock.now().isoformat(),
    }  # fmt: skip
    assert results(send(city, "lan", [{**act, "words": ""}])) == ["refused"]
    assert results(send(city, "minh", [act])) == ["refused"]
    assert results(send(city, "lan", [act, act])) == ["new", "known"]
    ticket.refresh_from_db()
    assert (ticket.state, ticket.outcome) == ("done", "Đã đưa 4 người ra")
    log = [line.words for line in queries.log(queries.room(room, actor=city.dung).id)]
    assert log.count("incidents.log.ticket.done") == 1


# --- the service worker's script ----------------------------------------------------------------------------------


def test_the_shell_is_what_a_list_needs_and_a_new_build_is_another_script(client):
    answer = client.get("/ui/offline.js")
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache"
    told = json.loads(answer.content.decode().removeprefix("self.NGOMON=").split(";\n(function", 1)[0])
    assert any("tick-list" in name for name in told["shell"])
    assert not any("gl-" in name or "charts" in name for name in told["shell"])
    for name in told["shell"]:
        assert client.get(name).status_code == 200
    entry = {"file": "a.js", "imports": ["b"], "css": ["a.css"], "assets": ["f.woff2"]}
    manifest = {
        "frontend/src/main.ts": entry, "frontend/src/islands/tick-list.ts": {"file": "t.js", "imports": ["b"]},
        "frontend/assets/mark.svg": {"file": "m.svg"}, "b": {"file": "b.js", "imports": ["frontend/src/main.ts"]},
    }  # fmt: skip
    assert shell_of(manifest) == ["a.js", "a.css", "f.woff2", "t.js", "m.svg", "b.js"]


def test_pages_say_whose_they_are_to_the_browser_and_not_to_strangers(city):
    assert f'data-me="{device_key(city.accounts["lan"])}"' in city.browser("lan").get("/me").content.decode()
    assert "data-me" not in Client().get("/").content.decode()
