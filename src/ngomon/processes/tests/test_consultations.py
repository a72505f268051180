"""Coordinating agencies: asked in parallel, joined as said, silent ones agree at the date."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ngomon.core.engine import engine
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import history
from ngomon.core.units import unit
from ngomon.processes import commands, queries
from ngomon.processes.models import Instance
from ngomon.processes.terms import Budget, Join

from .conftest import OPERATOR, REPORTER, hue

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = ("water", "phu-bai", "empty")


@pytest.fixture
def asking(matter, published):
    matter.to_officer()

    def ask(join=Join.ALL, agencies=ASKED, due=None, actor=None):
        with unit():
            return commands.consult(
                matter.ref,
                agencies,
                join=join,
                due=due or Budget.days(2),
                question="e1",
                actor=actor or published.officer(),
                at=matter.at,
            )

    matter.ask = ask
    return matter


def answer(matter, agency, opinion="agrees", actor=None):
    with unit():
        commands.answer_consultation(
            matter.ref,
            agency=agency,
            opinion=opinion,
            answer="e2",
            actor=actor or matter.city.clerk(agency),
            at=matter.at,
        )


def still_open(matter) -> list[str]:
    return [t.agency for t in queries.open_tasks(matter.ref) if t.kind == "consultation"]


def test_all_must_answer_before_the_officer_does(asking):
    asking.ask()
    assert sorted(still_open(asking)) == sorted(ASKED)
    answer(asking, "water")
    answer(asking, "phu-bai", "objects")
    with pytest.raises(Conflict):
        asking.answer()
    answer(asking, "empty")
    assert asking.answer().step == "approve"
    told = {c.agency: c.opinion for c in queries.consultations(asking.ref)}
    assert told == {"water": "agrees", "phu-bai": "objects", "empty": "agrees"}


def test_any_agreement_lets_the_others_off_an_objection_does_not(asking):
    asking.ask(Join.ANY)
    answer(asking, "water", "objects")
    assert len(still_open(asking)) == 2
    answer(asking, "phu-bai")
    assert still_open(asking) == []
    assert asking.answer().step == "approve"


def test_the_first_answer_of_any_kind_settles_it(asking):
    asking.ask(Join.FIRST)
    answer(asking, "water", "objects")
    assert still_open(asking) == []


def test_silence_is_consent_at_its_date_and_not_before(asking):
    asking.ask()
    answer(asking, "water")
    asking.wake(hue("2026-11-25 16:59"))
    assert len(still_open(asking)) == 2
    asking.wake(hue("2026-11-25 17:00"))
    assert still_open(asking) == []
    told = {c.agency: c.opinion for c in queries.consultations(asking.ref)}
    assert told == {"water": "agrees", "phu-bai": "silent", "empty": "silent"}
    engine().sequence()
    kinds = [e.kind for e in history("process", str(asking.moved.instance))]
    assert kinds.count("processes.consultation_lapsed") == 2
    assert Instance.objects.get().consulting == 0


def test_each_agency_sees_what_it_was_asked_and_only_it_may_answer(asking):
    asking.ask(agencies=["water"])
    assert [t.of.key for t in queries.consultations_of(asking.city.clerk("water"))] == [asking.ref.key]
    assert queries.consultations_of(asking.city.clerk("phu-bai")) == []
    with pytest.raises(Refused):
        answer(asking, "water", actor=asking.city.clerk("phu-bai"))
    with pytest.raises(NotFound):
        answer(asking, "phu-bai")
    with pytest.raises(Invalid):
        answer(asking, "water", "perhaps")
    answer(asking, "water")
    with pytest.raises(NotFound):
        answer(asking, "water")


def test_what_cannot_be_asked_is_refused(asking):
    for wrong in ([], ["nowhere"], ["roads"]):
        with pytest.raises(Invalid):
            asking.ask(agencies=wrong)
    with pytest.raises(Invalid):
        asking.ask(due=asking.at - timedelta(hours=1))
    with pytest.raises(Invalid):
        asking.ask("most")
    for stranger in (OPERATOR, REPORTER, asking.city.officer("roads", 2), asking.city.clerk("water")):
        with pytest.raises(Refused):
            asking.ask(actor=stranger)
    asking.answer()
    with pytest.raises(Conflict):
        asking.ask()


def test_two_sets_at_once_are_joined_apart_and_leaving_the_step_lets_all_off(asking):
    asking.ask(Join.FIRST, ["water", "empty"])
    asking.ask(Join.ALL, ["phu-bai"])
    answer(asking, "water")
    assert still_open(asking) == ["phu-bai"]
    asking.act("return", asking.city.officer(), fields={"reason": "Không phải việc của tôi."})
    assert still_open(asking) == []
    assert Instance.objects.get().consult_due_at is None
