"""What staff do to the directory: who may, what it emits, once, and what is refused."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import read_log
from ngomon.core.models import AuditRow
from ngomon.core.react import duties
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import commands, queries
from ngomon.directory.terms import DutySlot

from .conftest import ADMIN, AT, CLERK, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 24)


def do(command, *args, actor=ADMIN, at=AT, **kwargs):
    with unit():
        return command(*args, actor=actor, at=at, **kwargs)


def told(kind: str) -> list:
    settle()
    return [r.event for r in read_log(0, limit=10_000) if r.kind == f"directory.{kind}"]


CHANGES = [
    (commands.edit_agency, ("roads", {"phone": "1"}), {}),
    (commands.add_agency, ("new", {"name": {"vi": "Mới"}, "kind": "centre"}), {}),
    (commands.close_agency, ("ward-103", "ward-102", ON), {}),
    (commands.edit_category, ("lamp", {"budget_days": 4}), {}),
    (commands.add_category, ("bench", {"name": {"vi": "Ghế"}, "group": "timed", "budget_days": 3}), {}),
    (commands.add_routing, ("lamp", "101", "office", {"vi": "x"}), {}),
    (commands.edit_standard_text, ("ack", "acknowledge", "*", {"vi": "Đã nhận", "en": "Received"}), {}),
    (commands.decide_day, (date(2026, 12, 24), "off", {"vi": "Nghỉ"}), {"source": "QĐ 1"}),
    (commands.confirm_year, (2027,), {}),
    (commands.add_post, ("roads", "agency_head"), {}),
    (commands.set_roster, ("roads", []), {}),
]


@pytest.mark.parametrize(("command", "args", "more"), CHANGES, ids=lambda v: getattr(v, "__name__", ""))
def test_only_an_administrator_changes_the_directory_and_each_change_is_audited(city, command, args, more):
    with pytest.raises(Refused):
        do(command, *args, actor=CLERK, **more)
    before, edition = AuditRow.objects.count(), queries.edition()
    do(command, *args, **more)
    if command is not commands.set_roster:
        assert AuditRow.objects.filter(actor_id="admin-1").exists()
        assert AuditRow.objects.count() > before
        assert queries.edition() == edition + 1
        assert told("directory_changed")[-1].version == edition + 1


@pytest.mark.parametrize(
    ("command", "args", "more"),
    [c for c in CHANGES if c[0].__name__ in {"edit_agency", "edit_category", "decide_day", "confirm_year"}],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_the_same_again_changes_nothing(city, command, args, more):
    do(command, *args, **more)
    edition, audits = queries.edition(), AuditRow.objects.count()
    do(command, *args, **more)
    assert (queries.edition(), AuditRow.objects.count()) == (edition, audits)


def test_an_agency_ends_and_its_successor_is_told_when_the_day_has_come(city):
    post = do(commands.add_post, "ward-103", "agency_clerk")
    do(commands.close_agency, "ward-103", "ward-102", ON + timedelta(days=7))
    assert told("agency_succeeded") == []
    assert [(e.post, e.on) for e in told("post_ended")] == [(str(post), "2026-12-01")]
    assert queries.successor_of("ward-103", ON).key == "ward-103"
    assert queries.successor_of("ward-103", ON + timedelta(days=7)).key == "ward-102"
    duty = duties["directory.hand_over_ended_agencies"]
    for day in (6, 7, 8):
        with unit():
            duty.do(actor=SYSTEM, at=AT + timedelta(days=day))
    assert [(e.agency, e.successor) for e in told("agency_succeeded")] == [("ward-103", "ward-102")]
    assert queries.posts("ward-103", on=ON + timedelta(days=7)) == []


def test_what_fell_to_a_ward_committee_falls_to_its_successor(city):
    do(commands.close_agency, "ward-103", "ward-102", ON)
    assert queries.route_for("pothole", "103", ON - timedelta(days=1)).agency == "ward-103"
    routing = queries.route_for("pothole", "103", ON)
    assert routing.agency == "ward-102"
    assert "UBND phường Phú Xuân" in routing.why["vi"]


def test_changes_at_the_same_time_follow_one_another(city):
    def edit(number: int) -> None:
        try:
            for step in range(5):
                do(commands.edit_agency, f"ward-10{number}", {"phone": f"{number} {step}"})
        finally:
            connection.close()

    threads = [threading.Thread(target=edit, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queries.forget()
    assert queries.edition() == 16
    assert [e.version for e in told("directory_changed")] == list(range(1, 17))


@pytest.mark.parametrize("heir", ["ward-103", "transport"])
def test_nobody_takes_over_from_themselves_or_after_their_own_end(city, heir):
    with pytest.raises(Invalid):
        do(commands.close_agency, "ward-103", heir, ON)


def test_an_agency_cannot_end_twice_or_hand_over_to_nobody(city):
    do(commands.close_agency, "ward-103", "ward-102", ON)
    with pytest.raises(Conflict):
        do(commands.close_agency, "ward-103", "ward-101", ON + timedelta(days=9))
    with pytest.raises(NotFound):
        do(commands.close_agency, "ward-102", "nobody", ON)


def test_an_agency_is_ready_once_head_clerk_and_substitute_have_answered(city):
    assert queries.readiness("roads").missing == ("agency_head", "agency_clerk", "substitute")
    assert not do(commands.acknowledge_readiness, "roads", "agency_head", actor=CLERK)
    assert not do(commands.acknowledge_readiness, "roads", "agency_clerk", actor=CLERK)
    assert not queries.agency("roads").is_ready
    assert do(commands.acknowledge_readiness, "roads", "substitute", actor=CLERK)
    assert do(commands.acknowledge_readiness, "roads", "substitute", actor=CLERK)
    assert queries.agency("roads").is_ready
    assert [e.agency for e in told("agency_ready")] == ["roads"]
    do(commands.withdraw_readiness, "roads", "agency_clerk")
    assert queries.readiness("roads").missing == ("agency_clerk",)
    with pytest.raises(Invalid):
        do(commands.acknowledge_readiness, "roads", "cook")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"size": "huge"}, "size"),
        ({"valid_to": "tomorrow"}, "valid_to"),
        ({"area": "999"}, "area"),
        ({"successor": "nobody"}, "successor"),
        ({"color": "red"}, "color"),
        ({"name": {"vi": " "}}, "name"),
        ({"valid_from": "2027-01-01", "valid_to": "2026-01-01"}, "valid_to"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(city, changes, field):
    before = queries.agency("roads")
    with pytest.raises(Invalid) as caught:
        do(commands.edit_agency, "roads", {"phone": "9", **changes})
    assert list(caught.value.fields) == [field]
    assert queries.agency("roads") == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"budget_days": None}, "budget_days"),
        ({"budget_days": -3}, "budget_days"),
        ({"group": "instant"}, "budget_minutes"),
        ({"group": "someday"}, "group"),
        ({"parent": "lamp"}, "parent"),
        ({"parent": "nothing"}, "parent"),
    ],
)
def test_a_category_keeps_a_deadline_and_a_place_in_the_tree(city, changes, field):
    with pytest.raises(Invalid) as caught:
        do(commands.edit_category, "lamp", changes)
    assert list(caught.value.fields) == [field]


def test_a_category_does_not_come_to_lie_under_itself(city):
    with pytest.raises(Invalid):
        do(commands.edit_category, "street", {"parent": "lamp"})


def test_words_and_texts_are_taken_in_clean(city):
    do(
        commands.edit_category,
        "lamp",
        {"words": ["đèn", " bóng đèn "], "name": {"vi": "Đèn\u200b", "en": ""}},
    )
    lamp = queries.category("lamp")
    assert (lamp.words, dict(lamp.name)) == (("đèn", "bóng đèn"), {"vi": "Đèn"})


def test_routing_changes_from_a_day_on_and_the_past_stays(city):
    rule = do(commands.add_routing, "street", "*", "office", {"vi": "Mới"}, valid_from=ON)
    assert queries.route_for("lamp", "102", ON - timedelta(days=1)).agency == "roads"
    found = queries.route_for("lamp", "102", ON)
    assert (found.agency, found.rule) == ("office", rule)
    do(commands.end_routing, rule, ON + timedelta(days=5))
    assert queries.route_for("lamp", "102", ON + timedelta(days=5)).agency == "ward-102"
    with pytest.raises(Conflict):
        do(commands.add_routing, "street", "*", "roads", {"vi": "x"}, valid_from=ON)
    for wrong in (("x", "*", "office"), ("lamp", "999", "office"), ("lamp", "*", "nobody")):
        with pytest.raises(Invalid):
            do(commands.add_routing, *wrong, {"vi": "x"})


def test_a_decided_day_moves_the_calendar_and_can_be_withdrawn(city):
    day = date(2026, 12, 24)
    do(commands.decide_day, day, "off", {"vi": "Nghỉ bão"}, source="Công điện 12", decided_on=ON)
    assert not queries.working_calendar().is_working_day(day)
    do(commands.decide_day, date(2026, 1, 2), "working", {"vi": "Trực"}, source="QĐ 7")
    assert queries.working_calendar().is_working_day(date(2026, 1, 2))
    do(commands.withdraw_day, date(2026, 1, 2))
    assert not queries.working_calendar().is_working_day(date(2026, 1, 2))
    do(commands.withdraw_day, day)
    assert [(e.day, e.is_working) for e in told("calendar_decided")] == [
        ("2026-12-24", False),
        ("2026-01-02", True),
        ("2026-01-02", False),
        ("2026-12-24", True),
    ]
    with pytest.raises(NotFound):
        do(commands.withdraw_day, day)
    with pytest.raises(Invalid):
        do(commands.decide_day, day, "off", {"vi": "x"}, source=" ")
    with pytest.raises(Invalid):
        do(commands.decide_day, day, "half", {"vi": "x"}, source="QĐ 1")


def test_the_coming_years_holidays_are_written_half_a_year_ahead_and_once(city):
    assert sorted(queries.years()) == [2022, 2023, 2024, 2025, 2026, 2027]
    duty = duties["directory.seed_calendar_ahead"]
    for at in (AT, datetime(2027, 8, 1, tzinfo=AT.tzinfo), datetime(2027, 8, 2, tzinfo=AT.tzinfo)):
        with unit():
            duty.do(actor=SYSTEM, at=at)
    assert queries.years()[2028] is False
    assert queries.edition() == 2
    assert not queries.working_calendar().is_working_day(date(2028, 9, 2))
    with pytest.raises(NotFound):
        do(commands.confirm_year, 2040)


def test_a_seat_is_taken_once_and_free_numbers_follow(city):
    one = do(commands.add_post, "roads", "agency_officer", seat="1")
    assert do(commands.add_post, "roads", "agency_officer", seat="1") == one
    two = do(commands.add_post, "roads", "agency_officer", substitute_of=one)
    assert (queries.post(two).seat, queries.post(two).substitute_of) == ("2", one)
    do(commands.end_post, one, ON)
    again = do(commands.add_post, "roads", "agency_officer", seat="1", valid_from=ON)
    assert again != one
    with pytest.raises(NotFound):
        do(commands.add_post, "nobody", "agency_officer")
    with pytest.raises(Invalid):
        do(commands.add_post, "roads", "Boss!")
    with pytest.raises(NotFound):
        do(commands.end_post, uuid4(), ON)


def test_a_roster_holds_posts_of_its_own_agency(city):
    mine = do(commands.add_post, "roads", "agency_officer")
    other = do(commands.add_post, "ward-101", "agency_officer")
    do(commands.set_roster, "roads", [DutySlot("roads", 0, "day", mine)])
    do(commands.set_roster, "roads", [DutySlot("roads", 0, "day", mine)])
    assert len(told("roster_set")) == 1
    for slot in (
        DutySlot("roads", 0, "day", other),
        DutySlot("roads", 7, "day", mine),
        DutySlot("roads", 0, "noon", mine),
        DutySlot("roads", 0, "day", mine, mine),
    ):
        with pytest.raises(Invalid):
            do(commands.set_roster, "roads", [slot])
    assert len(queries.roster("roads")) == 1
