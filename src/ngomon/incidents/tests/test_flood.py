"""The flood room: who is to move, ticked once however often it is sent; one house one ticket, one ticket one team."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from ngomon.core import clock
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.models import AuditRow
from ngomon.core.personal import export_person
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as places
from ngomon.identity.commands import make_client
from ngomon.incidents import commands, flood_rules, floods, queries
from ngomon.incidents.flood_rules import Call
from ngomon.incidents.flood_terms import TicketState
from ngomon.incidents.models import Household, Tick, Ticket
from ngomon.messages.models import Message

LIST = """hamlet,head,address,alarm,people,elderly,children,disabled,phone,note
Tổ 5,Nguyễn Văn Tý,12/4 Bà Triệu,2,4,1,2,0,0905 111 222,có ghe
Tổ 5,Trần Thị Sửu,14/4 Bà Triệu,3,2,2,0,1,,
Tổ 7,Lê Dần,3 Hàn Mặc Tử,1,5,0,0,0,,
"""
CALLS = """key,kind,place,words,lon,lat,people,vulnerable,name,phone
a1,rescue,kiệt 42 Bà Triệu,Nước lên tới mái,107.6018,16.4665,4,2,Chị Hoa,0905123456
a2,rescue,kiệt 42 đường Bà Triệu,nước lên tới mái rồi,107.60185,16.46655,5,2,,
a3,relief,kiệt 42 Bà Triệu,Hết nước uống,107.6018,16.4665,4,2,,
a4,rescue,kiệt 90 Nguyễn Sinh Cung,Mắc kẹt,107.6090,16.4790,1,1,,0905999888
"""


def do(command, *given, who, at=None, **more):
    with unit():
        return command(*given, actor=who, at=at or clock.now(), **more)


@pytest.fixture
def room(city):
    number = do(commands.open_room, "Lũ", kind="flood", who=city.dung)
    do(commands.load_households, city.area, LIST, who=city.binh)
    return number


def seen(city, room, who, hamlet="Tổ 5", alarm=3):
    id = queries.room(room, actor=city.dung).id
    return do(floods.households, id, area=city.area, hamlet=hamlet, alarm=alarm, who=who)


# --- rules --------------------------------------------------------------------------------------------------------

CALL = st.builds(
    Call,
    st.sampled_from(["", "p1", "p2"]),
    st.one_of(st.none(), st.floats(107.60, 107.61)),
    st.one_of(st.none(), st.floats(16.46, 16.47)),
    st.sampled_from(["", "nước lên tới mái", "mắc kẹt cần thuyền"]),
    st.sampled_from(["", "kiệt 42 Bà Triệu", "số 3 Hàn Mặc Tử"]),
)


@given(CALL, CALL)
def test_two_calls_are_for_one_house_whichever_is_asked_first(a, b):
    assert flood_rules.is_same_house(a, b) == flood_rules.is_same_house(b, a)


@given(CALL)
def test_one_telephone_never_joins_houses_that_are_far_apart(a):
    if a.lon is not None and a.lat is not None:
        far = Call(a.phone, a.lon, a.lat + 0.01, a.said, a.place)
        assert not flood_rules.is_same_house(a, far)


@given(st.lists(st.sampled_from([*TicketState]), max_size=20))
def test_what_is_done_or_withdrawn_is_never_taken_again(tried):
    state = TicketState.OPEN
    for asked in tried:
        if flood_rules.may_move(state, asked):
            assert state not in {TicketState.DONE, TicketState.WITHDRAWN}
            state = asked


# --- households ---------------------------------------------------------------------------------------------------


def test_who_is_to_move_is_counted_by_hamlet_and_alarm(city, room):
    id = queries.room(room, actor=city.dung).id
    counted = {
        alarm: {
            h.name: (h.households, h.people, h.vulnerable)
            for h in floods.hamlets(id, alarm=alarm, areas=(), actor=city.dung)
        }
        for alarm in (0, 1, 2, 3)
    }
    assert counted[0] == {}
    assert counted[1] == {"Tổ 7": (1, 5, 0)}
    assert counted[3] == {"Tổ 5": (2, 6, 6), "Tổ 7": (1, 5, 0)}


def test_names_stand_encrypted_are_for_the_ward_and_the_duty_desk_and_every_look_is_written_down(city, room):
    for row in Household.objects.all():
        assert "Tý" not in row.sealed
        assert "Bà Triệu" not in row.sealed
    before = AuditRow.objects.filter(action="looked", ref_kind="household").count()
    assert [line.head for line in seen(city, room, city.son)] == ["Nguyễn Văn Tý", "Trần Thị Sửu"]
    seen(city, room, city.ha)
    assert (
        AuditRow.objects.filter(action="looked", ref_kind="household", purpose="sơ tán").count() == before + 4
    )
    for who in (city.dung, city.nga, city.vy, city.lan):
        with pytest.raises(Refused):
            seen(city, room, who)
    other = next(a.key for a in places.areas("ward") if a.key != city.area)
    with pytest.raises(Refused):
        do(commands.load_households, other, LIST, who=city.binh)
    page = city.browser("dung").get(f"/ioc/rooms/{room}?tab=flood").content.decode()
    assert "Nguyễn Văn Tý" not in page


def test_a_tick_sent_twice_is_one_and_the_latest_seen_counts_not_the_latest_sent(city, room):
    family = Household.objects.get(hamlet="Tổ 7").pk
    now, token = clock.now(), uuid4()
    assert do(commands.tick, room, family, "moved", id=token, happened_at=now, who=city.son)
    assert not do(commands.tick, room, family, "moved", id=token, happened_at=now, who=city.son)
    do(commands.tick, room, family, "refused", happened_at=now - timedelta(hours=1), who=city.son)
    assert [line.state for line in seen(city, room, city.son, "Tổ 7")] == ["moved"]
    assert Tick.objects.count() == 2
    for state in ("", "eaten"):
        with pytest.raises(Invalid):
            do(commands.tick, room, family, state, who=city.son)
    with pytest.raises(NotFound):
        do(commands.tick, room, uuid4(), "moved", who=city.son)
    with pytest.raises(Refused):
        do(commands.tick, room, family, "moved", who=city.dung)


def test_the_wards_phone_ticks_from_its_page(city, room):
    do(commands.set_alarm, room, 2, who=city.ha)
    phone = city.browser("son")
    page = phone.get("/desk/households").content.decode()
    assert "Tổ 5" in page
    address = f"/desk/households?room={room}&area={city.area}&hamlet=Tổ 5"
    page = phone.get(address).content.decode()
    assert "Nguyễn Văn Tý" in page
    assert "Trần Thị Sửu" not in page
    family = Household.objects.get(hamlet="Tổ 5", alarm=2).pk
    form = {"state": "moved", "token": str(uuid4()), "next": address}
    assert phone.post(f"/desk/households/{room}/{family}", form).status_code == 302
    assert phone.post(f"/desk/households/{room}/{family}", form).status_code == 302
    assert Tick.objects.count() == 1
    assert phone.post(f"/desk/households/{room}/{family}", {**form, "token": "x"}).status_code == 422
    assert (
        phone.post(f"/desk/households/{room}/{family}", {**form, "next": "https://x"}).url
        == "/desk/households"
    )
    assert city.browser("lan").get("/desk/households").status_code == 403


@pytest.mark.parametrize(
    "wrong", ["", "a,b\n1,2\n", LIST.replace(",2,4,", ",9,4,"), LIST.replace("0905 111 222", "12")]
)
def test_a_bad_list_of_households_is_refused_whole(city, wrong):
    with pytest.raises(Invalid):
        do(commands.load_households, city.area, wrong or "\n", who=city.binh)
    assert not Household.objects.exists()


def test_a_list_taken_in_again_updates_and_who_is_taken_off_is_erased(city, room):
    do(commands.load_households, city.area, LIST.replace(",2,4,1,", ",3,6,1,"), who=city.tam)
    assert Household.objects.count() == 3
    row = Household.objects.get(hamlet="Tổ 5", people=6)
    do(commands.remove_household, row.pk, who=city.binh)
    row.refresh_from_db()
    assert (row.sealed, row.alarm) == ("", 0)


# --- tickets ------------------------------------------------------------------------------------------------------


def test_an_outside_list_makes_one_ticket_for_each_house_and_is_taken_in_once(city, room):
    told = do(commands.take_in, room, CALLS, source="Nhóm Zalo cứu hộ", who=city.ha)
    assert (told.new, told.same, told.known) == (3, 1, 0)
    again = do(commands.take_in, room, CALLS, source="Nhóm Zalo cứu hộ", who=city.ha)
    assert (again.new, again.same, again.known) == (0, 0, 4)
    other = do(commands.take_in, room, CALLS.replace("a1", "z9"), source="Báo", who=city.ha)
    assert (other.new, other.same) == (0, 4)
    id = queries.room(room, actor=city.ha).id
    first = floods.tickets(id, actor=city.ha)[0]
    assert (first.kind, first.people, first.name, first.phone) == ("rescue", 5, "", "")
    assert all("0905" not in t.sealed for t in Ticket.objects.all())
    with pytest.raises(Invalid):
        do(commands.take_in, room, CALLS + "a9,war,x,,,,,,,\n", source="x", who=city.ha)
    with pytest.raises(Refused):
        do(commands.take_in, room, CALLS, source="x", who=city.binh)
    assert Ticket.objects.count() == 3


def test_two_boats_never_go_to_one_house(city, room):
    do(commands.take_in, room, CALLS, source="s", who=city.ha)
    for name in ("lan", "minh"):
        do(commands.seat, room, city.accounts[name], "volunteer", who=city.quan)
    ticket = Ticket.objects.get(n=1).pk
    do(commands.move_ticket, ticket, "claimed", team="Ghe ông Tám", who=city.lan)
    for who in (city.minh, city.lan, city.ha):
        with pytest.raises(Conflict):
            do(commands.move_ticket, ticket, "claimed", team="Đội khác", who=who)
    with pytest.raises(Refused):
        do(commands.move_ticket, ticket, "done", outcome="xong", who=city.minh)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket).update(claimed_by=None)
    do(commands.move_ticket, ticket, "open", who=city.lan)
    do(commands.move_ticket, ticket, "claimed", team="Đội Minh", who=city.minh)
    with pytest.raises(Invalid):
        do(commands.move_ticket, ticket, "done", who=city.minh)
    do(commands.move_ticket, ticket, "done", outcome="Đã đưa 5 người ra", who=city.minh)
    with pytest.raises(Conflict):
        do(commands.move_ticket, ticket, "claimed", team="Muộn", who=city.lan)


def test_a_volunteer_is_seated_by_telephone_sees_only_tickets_and_the_caller_after_claiming(city, room):
    do(commands.take_in, room, CALLS, source="s", who=city.ha)
    phone = city.browser("lan")
    assert "chưa được mời" in phone.get("/volunteer").content.decode()
    ticket = Ticket.objects.get(n=1).pk
    claim = {"state": "claimed", "team": "Ghe ông Tám"}
    assert phone.post(f"/volunteer/{ticket}", claim).status_code == 403
    seat = city.browser("quan").post(f"/ioc/rooms/{room}/seat", {"contact": "lan@demo.invalid"})
    assert seat.status_code == 302
    nobody = city.browser("quan").post(f"/ioc/rooms/{room}/seat", {"contact": "ai@demo.invalid"})
    assert nobody.status_code == 422
    settle()
    templates = Message.objects.filter(account_id=city.accounts["lan"]).values_list("template", flat=True)
    assert "incidents.message.volunteer" in set(templates)
    page = phone.get("/volunteer").content.decode()
    assert "kiệt 42 Bà Triệu" in page
    assert "905123456" not in page
    assert phone.post(f"/volunteer/{ticket}", claim).status_code == 302
    page = phone.get("/volunteer").content.decode()
    assert "905123456" in page
    assert "Chị Hoa" in page
    assert AuditRow.objects.filter(action="looked", ref_key=str(ticket)).exists()
    assert phone.post(f"/volunteer/{ticket}", claim).status_code == 409
    assert phone.get(f"/ioc/rooms/{room}").status_code == 403
    assert phone.get("/desk/households").status_code == 403
    with unit():
        told = export_person(city.lan.person_id, purpose="own", actor=city.lan, at=clock.now())
    assert told["incidents"]["tickets"][0]["team"] == "Ghe ông Tám"
    assert phone.post(f"/volunteer/{ticket}", {"state": "done", "outcome": "Đã đưa ra"}).status_code == 302


def test_a_closed_room_forgets_who_called_and_an_ended_one_seats_nobody(city, room):
    do(commands.take_in, room, CALLS, source="s", who=city.ha)
    do(commands.seat, room, city.accounts["lan"], "volunteer", who=city.quan)
    do(commands.write_log, room, "Thiếu xuồng", kind="lesson", who=city.quan)
    do(commands.end_room, room, who=city.dung)
    assert "chưa được mời" in city.browser("lan").get("/volunteer").content.decode()
    do(commands.close_room, room, who=city.dung)
    assert not Ticket.objects.exclude(sealed="").exists()
    assert not Ticket.objects.exclude(phone_blind="").exists()


def test_a_program_sends_its_calls_and_a_repeat_changes_nothing(city, room):
    with unit():
        _, key = make_client("Nhóm cứu hộ", ["tickets.write"], actor=city.vy, at=clock.now())
    call = {
        "key": "b1",
        "kind": "rescue",
        "place": "kiệt 7 Đặng Văn Ngữ",
        "lon": 107.6,
        "lat": 16.46,
        "people": 3,
    }
    body = {"source": "Cứu hộ miền Trung", "calls": [call]}
    browser, address = city.browser(), f"/api/v1/rooms/{room}/calls"

    def post(sent, given=key):
        head = {"HTTP_AUTHORIZATION": f"Bearer {given}"} if given else {}
        return browser.post(address, sent, content_type="application/json", **head)

    assert post(body).json() == {"new": 1, "known": 0, "same": 0}
    assert post(body).json() == {"new": 0, "known": 1, "same": 0}
    assert Ticket.objects.count() == 1
