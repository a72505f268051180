"""By every door: an exercise sounds nothing, calls nobody, asks for no real room, and takes nothing away from a real incident."""

from __future__ import annotations

import pytest

from ngomon.core.errors import Conflict
from ngomon.core.worker import settle
from ngomon.incidents import commands, queries
from ngomon.incidents.models import Gathered, Level, Resource, Room, Ticket, Use
from ngomon.incidents.tests.test_flood import CALLS, do
from ngomon.messages.models import Message

MARK = "DIỄN TẬP"


@pytest.fixture
def rooms(city):
    """A real room and an exercise."""
    real = do(commands.open_room, "Lũ", kind="flood", who=city.dung)
    return real, do(commands.open_room, "Lũ", kind="flood", is_exercise=True, who=city.dung)


def test_a_level_that_is_made_up_for_an_exercise_is_noted_nowhere_and_raises_no_room(city, rooms):
    station = queries.stations()[0]
    form = {"station": station.key, "level_m": "9", "observed_at": ""}
    answer = city.browser("dung").post(f"/ioc/rooms/{rooms[1]}/level", form)
    assert answer.status_code == 403
    assert "diễn tập" in answer.content.decode()
    assert not Level.objects.exists()
    assert Room.objects.count() == 2


def test_a_call_that_was_played_with_is_not_known_when_it_comes_in_earnest(city, rooms):
    real, drill = rooms
    assert do(commands.take_in, drill, CALLS, source="Nhóm", who=city.ha).new == 3
    told = do(commands.take_in, real, CALLS, source="Nhóm", who=city.ha)
    assert (told.new, told.known) == (3, 0)
    assert do(commands.take_in, drill, CALLS, source="Nhóm", who=city.ha).known == 4
    assert all(MARK in ticket.source for ticket in Ticket.objects.filter(room__number=drill))


def test_cases_and_boats_of_an_exercise_go_to_the_real_incident_and_never_back(city, rooms):
    real, drill = rooms
    case = city.report("Nước vô nhà").case_id
    boat = Resource.objects.get(key="boat-1").pk
    do(commands.gather_cases, drill, [case], who=city.ha)
    do(commands.assign_resource, drill, boat, who=city.ha)
    assert do(commands.gather_cases, real, [case], who=city.ha) == 1
    do(commands.assign_resource, real, boat, who=city.ha)
    assert Gathered.objects.get(released_at__isnull=True).room.number == real
    assert Use.objects.get(to_at__isnull=True).room.number == real
    log = [line.words for line in queries.log(queries.room(drill, actor=city.dung).id)]
    assert "incidents.log.case_to_real" in log
    assert "incidents.log.resource_to_real" in log
    for command, thing in ((commands.gather_cases, [case]), (commands.assign_resource, boat)):
        with pytest.raises(Conflict):
            do(command, drill, thing, who=city.ha)


def test_every_page_and_message_that_leaves_an_exercise_says_so(city, rooms):
    _, drill = rooms
    do(commands.take_in, drill, CALLS, source="Nhóm", who=city.ha)
    do(commands.seat, drill, city.accounts["lan"], "volunteer", who=city.quan)
    ticket = Ticket.objects.get(room__number=drill, n=1)
    do(commands.move_ticket, ticket.pk, "claimed", team="Ghe", who=city.lan)
    settle()
    page = city.browser("lan").get("/volunteer").content.decode()
    assert page.upper().count(MARK) >= 3  # the room, the claimed ticket, the open ones
    said = [m for m in Message.objects.filter(account_id=city.accounts["lan"]) if "volunteer" in m.template]
    assert said
    notices = city.browser("lan").get("/notices").content.decode()
    named = [part for part in notices.split("<") if drill in part and "href=" not in part]
    assert named
    assert all(MARK in part for part in named)
