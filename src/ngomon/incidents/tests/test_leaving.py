"""Somebody leaves, an agency is merged: everything open is listed, handed over by one command, and nothing is left with nobody."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.city import TestCity

from ngomon.cases.commands import carry_on
from ngomon.cases.models import Bulk, Case
from ngomon.core import clock
from ngomon.core.actors import system
from ngomon.core.errors import Invalid, Refused
from ngomon.core.ids import Ref
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import commands as directory_commands
from ngomon.directory import queries as directory
from ngomon.directory.terms import DutySlot
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants, holdings_of
from ngomon.incidents import commands, leaving
from ngomon.incidents.leaving_terms import Handed
from ngomon.incidents.models import Staff
from ngomon.messages.models import Message
from ngomon.processes import commands as processes
from ngomon.processes import directives
from ngomon.processes.models import Alarm, Consultation, Instance

ME = system("test")


def cases_of(city: TestCity, n: int, officer: str = "son") -> list[UUID]:
    made = []
    for i in range(n):
        key = city.report(f"Đèn đường thứ {i} tắt đã ba đêm").case_id
        city.act(city.ha, key, "route", agency=city.agency)
        city.act(city.tam, key, "accept")
        city.act(city.binh, key, "assign", assignee=city.accounts[officer])
        made.append(key)
    return made


def directive(city: TestCity, officer: str = "son") -> str:
    now = clock.now()
    with unit():
        return processes.give_directive(
            Ref("board", "x", "Con số"), "Giải quyết", agency=city.agency, officer=city.accounts[officer],
            due_at=now + timedelta(hours=5), actor=city.dung, at=now,
        )  # fmt: skip


def roster(city: TestCity) -> None:
    """Sơn and Thư each hold a post of the directory; Sơn stands in the roster."""
    now = clock.now()
    with unit():
        posts = [
            directory_commands.add_post(city.agency, "agency_officer", actor=city.vy, at=now) for _ in "ab"
        ]
    with unit():
        for name, post in zip(("son", "thu"), posts, strict=True):
            identity.take_post(
                city.accounts[name], "agency_officer", agency=city.agency, post=str(post),
                from_at=now - timedelta(seconds=1), actor=city.vy, at=now,
            )  # fmt: skip
        slots = [DutySlot(city.agency, day, "night", posts[0]) for day in (1, 3)]
        directory_commands.set_roster(city.agency, slots, actor=city.vy, at=now)
    forget_grants()


def alarm(city: TestCity) -> UUID:
    """An alarm of the agency that Sơn took."""
    now = clock.now()
    with unit():
        of = Ref("thing", str(uuid4()), "Còi", "/")
        processes.raise_alarm(of, agency=city.agency, area="", severity="high", actor=ME, at=now)
    with unit():
        processes.wake_alarms(actor=ME, at=now)
    row = Alarm.objects.get()
    with unit():
        processes.record_answer(row.pk, city.accounts["binh"], "acknowledged", actor=city.quan, at=now)
    return row.pk


def hand(city: TestCity, who: Any, officer: str = "son", **more: Any) -> Handed:
    with unit():
        return commands.hand_over_all(city.accounts[officer], city.agency, actor=who, at=clock.now(), **more)


def kinds(city: TestCity, officer: str = "son") -> list[str]:
    return sorted(
        {i.kind for i in leaving.open_of(city.accounts[officer], city.agency, clock.now(), actor=city.binh)}
    )


def page(city: TestCity, who: str, officer: str = "son") -> str:
    address = f"/desk/leaving/{city.accounts[officer]}?within={city.agency}"
    return unescape(city.browser(who).get(address).content.decode())


def test_everything_is_listed_and_goes_to_the_named_successor_with_one_press(city: TestCity):
    settle()
    roster(city)
    mine = cases_of(city, 2)
    said = {"answer": "Đã thay bóng, đèn sáng lại từ tối qua.", "stated_reason": "Trời tối quá"}
    city.act(city.son, mine[1], "answer", **said)
    number = directive(city)
    assert kinds(city) == ["case", "matter", "roster"]
    shown = page(city, "binh")
    assert number in shown
    assert "2 ca trực mỗi tuần" in shown
    assert "Sẽ quay lại người này" in shown
    address = f"/desk/leaving/{city.accounts['son']}?within={city.agency}"
    form = {"within": city.agency, "taker": str(city.accounts["thu"]), "kind": ["case", "matter", "roster"]}
    assert "Đã bàn giao 2 mục" in unescape(city.browser("binh").post(address, form).content.decode())
    settle()
    assert kinds(city) == []
    assert set(Case.objects.filter(step="handle").values_list("holder", flat=True)) == {city.accounts["thu"]}
    assert not Instance.objects.filter(last_officer=city.accounts["son"], ended_at=None).exists()
    assert directives.directive(number, city.dung).line.officer == city.accounts["thu"]
    assert leaving.empty_shifts(city.agency, clock.now()) == 0
    assert "Không còn việc nào đang mở" in page(city, "binh")


def test_each_thing_may_go_by_proposal_and_a_second_press_finds_nothing(city: TestCity):
    settle()
    cases_of(city, 2)
    directive(city)
    first = hand(city, city.binh)
    assert (first.done, first.left) == (1, ())
    settle()
    again = hand(city, city.binh)
    assert (again.done, again.bulk) == (0, None)
    assert not Instance.objects.filter(assignee=city.accounts["son"], ended_at=None).exists()


def test_killed_between_the_press_and_the_last_case_it_goes_on_where_it_stood(
    city: TestCity, monkeypatch: Any
):
    settle()
    cases_of(city, 3)
    directive(city)
    before = sorted(Instance.objects.values_list("pk", "version"))
    with pytest.raises(KeyboardInterrupt), unit():
        commands.hand_over_all(city.accounts["son"], city.agency, actor=city.binh, at=clock.now())
        raise KeyboardInterrupt
    assert sorted(Instance.objects.values_list("pk", "version")) == before
    assert not Bulk.objects.exists(), "killed before its end nothing has happened"
    monkeypatch.setattr("ngomon.cases.commands.bulk.AT_ONCE", 1)
    made = hand(city, city.binh, taker=city.accounts["thu"])
    with unit():
        engine_step(made.bulk)
    assert Case.objects.filter(holder=city.accounts["son"]).count() == 2
    settle()
    assert Case.objects.filter(holder=city.accounts["thu"]).count() == 3
    assert Bulk.objects.get().state == "done"


def engine_step(bulk: UUID | None) -> None:
    """One unit of the worker's, after which it is killed."""
    from_now = clock.now()
    carry_on(bulk, actor=ME, at=from_now)


def test_what_cannot_be_handed_over_stays_and_is_named(city: TestCity):
    settle()
    roster(city)
    now = clock.now()
    with unit():
        room = commands.open_room("Lũ", kind="flood", actor=city.dung, at=now)
        commands.seat(room, city.accounts["son"], "envoy", actor=city.dung, at=now)
    made = hand(city, city.binh, taker=city.accounts["binh"])
    assert sorted(one.code for one in made.left) == ["identity.refused.right", "incidents.leaving.no_post"]
    assert kinds(city) == ["roster", "seat"]
    assert hand(city, city.quan, taker=city.accounts["thu"]).left == ()
    assert set(Staff.objects.filter(to_at=None, role="envoy").values_list("account", flat=True)) == {
        city.accounts["thu"]
    }


def test_an_alarm_goes_back_to_those_on_call_and_never_lies_with_nobody(city: TestCity):
    settle()
    key = alarm(city)
    assert kinds(city, "binh") == ["alarm"]
    with pytest.raises(Refused):
        hand(city, city.tam, officer="binh")
    assert hand(city, city.quan, officer="binh").done == 1
    row = Alarm.objects.get(pk=key)
    assert (row.state, row.holder) == ("calling", None)
    assert row.wake_at is not None


def test_the_head_hears_when_somebody_leaves_with_open_work(city: TestCity):
    settle()
    cases_of(city, 1)
    settle()
    with unit():
        for held in holdings_of(city.accounts["son"], clock.now()):
            identity.leave_post(held.id, actor=city.vy, at=clock.now())
    settle()
    told = Message.objects.filter(template="incidents.message.left_open")
    assert set(told.values_list("account_id", flat=True)) == {city.accounts["binh"]}
    assert "1" in page(city, "hanh")
    hand(city, city.hanh)
    settle()
    assert Case.objects.get().holder == city.accounts["thu"]


def test_only_the_agencys_head_and_the_city_hand_over(city: TestCity):
    for who in (city.tam, city.son, city.dung, city.nga, city.lan):
        with pytest.raises(Refused):
            hand(city, who)
    with pytest.raises(Invalid):
        hand(city, city.binh, taker=city.accounts["son"])
    for who, status in (("tam", 403), ("binh", 200), ("hanh", 200), ("quan", 200), ("lan", 403)):
        address = f"/desk/leaving/{city.accounts['son']}?within={city.agency}"
        assert city.browser(who).get(address).status_code == status
    assert city.browser("quan").get(f"/desk/leaving/{uuid4()}").status_code == 404
    empty = city.browser("binh").post(address, {"within": city.agency})
    assert empty.status_code == 422


def test_an_agency_is_merged_all_its_work_is_seen_before_and_goes_over(city: TestCity):
    settle()
    heir, other = [
        a.key for a in directory.agencies(city.at.date(), "ward_committee") if a.key != city.agency
    ][:2]
    mine = cases_of(city, 2)
    number = directive(city)
    now = clock.now()
    with unit():
        room = commands.open_room("Lũ", kind="flood", actor=city.dung, at=now)
        due = {"due_at": now + timedelta(hours=2), "actor": city.dung, "at": now}
        commands.give_order(room, "Cử xuồng", agency=city.agency, **due)
    foreign = city.report("Ổ gà trước chợ").case_id
    city.act(city.ha, foreign, "route", agency=other)
    case = Case.objects.get(pk=mine[0])
    with unit():
        processes.consult(
            case.ref, [heir, other], due=now + timedelta(days=2), actor=city.son, at=now, join="all"
        )
    alarm(city)
    found = leaving.counts_of(city.agency, actor=city.hanh)
    assert found == {"cases": 2, "directives": 1, "orders": 1, "alarms": 1}
    assert "Lệnh của phòng chỉ huy" in unescape(
        city.browser("hanh").get(f"/desk/handover?within={city.agency}").content.decode()
    )
    settle()
    today = directory.local_day(clock.now())
    with unit():
        directory_commands.close_agency(city.agency, heir, today, actor=city.vy, at=clock.now())
        directory_commands.settle_successions(today, actor=ME, at=clock.now())
    settle()
    forget_grants()
    assert leaving.counts_of(city.agency, actor=city.hanh) == {"cases": 0}
    assert set(Case.objects.filter(pk__in=mine).values_list("agency", "holder")) == {
        (heir, city.accounts["son"])
    }
    assert directives.directive(number, city.dung).line.agency == heir
    assert Alarm.objects.get().agency == heir
    assert {h.agency for h in holdings_of(city.accounts["son"], clock.now())} == {heir}
    assert not Message.objects.filter(template="incidents.message.left_open").exists()
    with unit():
        directory_commands.close_agency(other, heir, today, actor=city.vy, at=clock.now())
        directory_commands.settle_successions(today, actor=ME, at=clock.now())
    settle()
    left = Consultation.objects.filter(closed_at=None).values_list("agency", flat=True)
    assert list(left) == [heir], "the successor answers once for both"
    assert Instance.objects.get(of_key=str(mine[0])).consulting == 1
