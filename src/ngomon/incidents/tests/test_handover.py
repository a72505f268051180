"""Giao ca: the sheet makes itself, two leads confirm by name, nothing open is left without a holder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.city import SYSTEM

from ngomon.core import clock
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants
from ngomon.incidents import commands, handovers
from ngomon.incidents.models import Handover


def do(command, *given, who, **more):
    with unit():
        return command(*given, actor=who, at=clock.now(), **more)


@pytest.fixture
def leads(city):
    """Quân goes, Nga comes: she leads a shift too."""
    with unit():
        identity.take_post(
            city.accounts["nga"],
            "ioc_lead",
            from_at=datetime(2025, 7, 1, tzinfo=UTC),
            actor=SYSTEM,
            at=clock.now(),
        )
    forget_grants()
    return city


def busy(city):
    """An open room with an order nobody acknowledged, and an alarm."""
    room = do(commands.open_room, "Lũ", kind="flood", who=city.dung)
    due = clock.now() + timedelta(hours=2)
    order = do(commands.give_order, room, "Cử xuồng", agency=city.agency, due_at=due, who=city.dung)
    city.report(
        "Cháy nhà, có người bên trong", who=city.ha, category="fire", source="hotline", on_behalf=True
    )
    settle()
    return room, order


def kinds(city, number):
    return sorted(t.kind for t in handovers.sheet(number, actor=city.quan).things if t.settled_at is None)


def test_the_sheet_makes_itself_and_what_is_settled_meanwhile_is_marked(leads):
    city = leads
    _, order = busy(city)
    number = do(commands.make_sheet, who=city.quan)
    assert kinds(city, number) == ["alarm", "order", "room"]
    assert do(commands.make_sheet, who=city.quan) == number
    do(commands.move_order, order, "acknowledge", who=city.tam)
    do(commands.confirm_given, number, "hồ đắc quân", who=city.quan)
    assert kinds(city, number) == ["alarm", "room"]


def test_both_leads_confirm_by_name_and_what_nobody_was_given_is_the_takers(leads):
    city = leads
    busy(city)
    goes, comes = city.browser("quan"), city.browser("nga")
    address = goes.post("/ioc/handover").url
    assert comes.post(address, {"act": "taken", "name": "Phạm Thị Nga"}).status_code == 409
    assert goes.post(address, {"act": "given", "name": "Ai đó"}).status_code == 422
    assert goes.post(address, {"act": "note", "words": "Gọi lại bà Tư lúc 7 giờ"}).status_code == 302
    number = address.rsplit("/", 1)[1]
    thing = next(t for t in handovers.sheet(number, actor=city.quan).things if t.kind == "alarm")
    held = {"act": "hold", "kind": "alarm", "key": thing.key, "holder": str(city.accounts["ha"])}
    assert goes.post(address, held).status_code == 302
    assert goes.post(address, {**held, "holder": str(city.accounts["lan"])}).status_code == 422
    given = {"act": "given", "name": "Hồ Đắc Quân", "note": "Nước đang lên"}
    assert goes.post(address, given).status_code == 302
    assert goes.post(address, {"act": "taken", "name": "Hồ Đắc Quân"}).status_code == 403
    assert comes.post(address, {"act": "taken", "name": "phạm thị nga"}).status_code == 302
    things = handovers.sheet(number, actor=city.nga).things
    assert all(t.holder for t in things)
    assert {t.holder for t in things if t.kind == "note"} == {city.accounts["nga"]}
    assert {t.holder for t in things if t.kind == "alarm"} == {city.accounts["ha"]}
    page = comes.get(address).content.decode()
    for words in ("Gọi lại bà Tư", "Nước đang lên", "Phạm Thị Nga", "Hồ Đắc Quân"):
        assert words in page
    for again in ({"act": "note", "words": "x"}, given, {"act": "taken", "name": "Phạm Thị Nga"}):
        assert goes.post(address, again).status_code == 409
    assert goes.post("/ioc/handover").url != address


def test_what_happens_between_the_two_names_is_seen_before_the_shift_is_taken(leads):
    city = leads
    number = do(commands.make_sheet, who=city.quan)
    do(commands.confirm_given, number, "Hồ Đắc Quân", who=city.quan)
    busy(city)
    comes = city.browser("nga")
    answer = comes.post(f"/ioc/handover/{number}", {"act": "taken", "name": "Phạm Thị Nga"})
    assert answer.status_code == 409
    assert "Vừa có việc mới" in answer.content.decode()
    assert kinds(city, number) == ["alarm", "order", "room"]
    assert comes.post(f"/ioc/handover/{number}", {"act": "taken", "name": "Phạm Thị Nga"}).status_code == 302


def test_only_shift_leads_hand_over_and_never_to_themselves(leads):
    city = leads
    for who in (city.ha, city.dung, city.binh):
        with pytest.raises(Refused):
            do(commands.make_sheet, who=who)
    number = do(commands.make_sheet, who=city.quan)
    with pytest.raises(Refused):
        do(commands.confirm_given, number, "Phạm Thị Nga", who=city.nga)
    with pytest.raises(Invalid):
        do(commands.note_thing, number, " ", who=city.quan)
    do(commands.confirm_given, number, "Hồ Đắc Quân", who=city.quan)
    with pytest.raises(Refused):
        do(commands.confirm_taken, number, "Hồ Đắc Quân", who=city.quan)
    now = clock.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Handover.objects.filter(number=number).update(taken_at=now, taker=city.accounts["quan"])
    assert city.browser("ha").get(f"/ioc/handover/{number}").status_code == 200
    assert city.browser("binh").get(f"/ioc/handover/{number}").status_code == 403
    do(commands.confirm_taken, number, "Phạm Thị Nga", who=city.nga)
    with pytest.raises(Conflict):
        do(commands.bring_up_to_date, number, who=city.nga)
