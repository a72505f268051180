"""The spine: a unit, the log, a reaction, audit."""

from __future__ import annotations

import pytest
from django.db import models

from ngomon.core import actors, clock
from ngomon.core.audit import audit
from ngomon.core.events import Aggregate, emit, head, history, read_log
from ngomon.core.ids import Ref, uuid7
from ngomon.core.models import AuditRow, Cursor, EventRow, Parked
from ngomon.core.react import Reaction, reactions
from ngomon.core.search import find, index, unindex
from ngomon.core.terms import Event, event
from ngomon.core.units import OutsideUnit, command, unit
from ngomon.core.worker import retry_parked, settle

pytestmark = pytest.mark.django_db(transaction=True)


@event("test.lamp_lit")
class LampLit(Event):
    lamp: str


class Lamp(Aggregate):
    aggregate_kind = "lamp"
    id = models.UUIDField(primary_key=True)

    class Meta:
        app_label = "core"
        managed = False


@command
def light(lamp: Lamp, *, actor, at):
    emit(lamp, LampLit(lamp=str(lamp.pk)), actor=actor, at=at, audience=["public"])
    audit("test.light", Ref("lamp", str(lamp.pk)), actor=actor, at=at)


def lit(lamp: Lamp, times: int = 1) -> None:
    with unit():
        for _ in range(times):
            light(lamp, actor=actors.ANONYMOUS, at=clock.now())


def test_a_command_refuses_to_run_outside_a_unit():
    with pytest.raises(OutsideUnit):
        light(Lamp(id=uuid7()), actor=actors.ANONYMOUS, at=clock.now())


def test_events_and_audit_are_committed_with_the_unit_and_positions_are_dense():
    lamp = Lamp(id=uuid7())
    lit(lamp, 3)
    with pytest.raises(LookupError), unit():
        light(Lamp(id=uuid7()), actor=actors.ANONYMOUS, at=clock.now())
        raise LookupError
    lit(Lamp(id=uuid7()))
    settle()
    assert [r.position for r in read_log(0)] == [1, 2, 3, 4]
    assert head() == 4
    assert [r.version for r in history("lamp", str(lamp.pk))] == [1, 2, 3]
    assert AuditRow.objects.count() == 4


@pytest.fixture
def watching():
    seen: list[str] = []
    failing: set[str] = set()

    def handle(recorded, event, *, actor, at):
        if event.lamp in failing:
            raise RuntimeError("dark")
        seen.append(event.lamp)

    reactions["test.watch"] = Reaction("test.watch", frozenset({"test.lamp_lit"}), handle, True)
    yield seen, failing
    del reactions["test.watch"]


def test_a_reaction_sees_each_event_once_and_in_order(watching):
    seen, _ = watching
    lamps = [Lamp(id=uuid7()) for _ in range(5)]
    for lamp in lamps:
        lit(lamp)
    settle()
    settle()
    assert seen == [str(lamp.pk) for lamp in lamps]
    assert Cursor.objects.get(name="test.watch").position == 5


def test_a_poisonous_event_is_parked_with_its_aggregate_and_the_rest_goes_on(watching):
    seen, failing = watching
    bad, good = Lamp(id=uuid7()), Lamp(id=uuid7())
    failing.add(str(bad.pk))
    lit(bad, 2)
    lit(good)
    settle()
    assert seen == [str(good.pk)]
    assert Parked.objects.filter(reaction="test.watch").count() == 2
    failing.clear()
    assert retry_parked("test.watch", f"lamp:{bad.pk}")
    assert seen == [str(good.pk), str(bad.pk), str(bad.pk)]
    assert not Parked.objects.exists()


def test_search_ignores_tone_marks_and_takes_beginnings_and_forgets():
    with unit():
        index("spine", "1", "Đèn đường kiệt 42 tắt ba đêm", audience="public", at=clock.now())
        index("spine", "2", "Ổ gà lớn trên đường Lê Lợi", audience="ioc", at=clock.now())
    assert find("den duong", kinds=["spine"], audiences=["public"]) == [("spine", "1")]
    assert find("ĐÈN kie", kinds=["spine"], audiences=["public"]) == [("spine", "1")]
    assert find("le loi", kinds=["spine"], audiences=["public"]) == []
    with unit():
        unindex("spine", ["1"])
    assert find("den", kinds=["spine"], audiences=["public"]) == []
    assert not EventRow.objects.exists()


def test_a_thing_is_found_by_its_newest_words_and_audience_alone():
    for words, audience in (("đèn tắt", "ioc"), ("đèn tắt", "public"), ("cây đổ", "public")):
        with unit():
            index("spine", "3", words, audience=audience, at=clock.now())
        assert find(words, kinds=["spine"], audiences=[audience]) == [("spine", "3")]
        assert find(words, kinds=["spine"], audiences=["nobody"]) == []
    assert find("đèn", kinds=["spine"], audiences=["ioc", "public"]) == []
