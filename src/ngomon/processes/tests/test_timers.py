"""What happens by itself: each rung once, nobody forgotten, the calendar and re-organisations followed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ngomon.core.engine import engine
from ngomon.core.events import history
from ngomon.core.models import AuditRow
from ngomon.core.units import unit
from ngomon.identity import queries as identity
from ngomon.processes import commands, queries
from ngomon.processes.commands import moving
from ngomon.processes.models import Instance

from .conftest import OPERATOR, SYSTEM, Matter, hue

pytestmark = pytest.mark.django_db(transaction=True)
TOLD = {
    "processes.reminder_due": "reminder",
    "processes.task_overdue": "overdue",
    "processes.escalated": "up",
}


def told(matter) -> list[tuple]:
    """Reminders, overdue and escalations of a matter, in order."""
    engine().sequence()
    found = []
    for recorded in history("process", str(matter.moved.instance)):
        event = recorded.event
        if recorded.kind == "processes.reminder_due":
            found.append(("reminder", event.step, event.percent))
        elif recorded.kind == "processes.task_overdue":
            found.append(("whole overdue" if event.is_whole else "overdue", event.step))
        elif recorded.kind == "processes.escalated":
            found.append(("told", event.to_role, event.agency))
    return found


def test_the_ladder_is_climbed_a_rung_at_a_time_and_each_rung_once(matter, published):
    matter.act(
        "route", OPERATOR, agency="roads"
    )  # intake: 8 working hours from Monday 08:00, due Tuesday 08:30
    for at in ("2026-11-23 14:00", "2026-11-23 15:30", "2026-11-23 15:36", "2026-11-23 16:00"):
        matter.wake(hue(at))
    assert told(matter) == [("reminder", "intake", 70)]
    for _ in range(3):
        matter.wake(hue("2026-11-24 08:30"))
    assert told(matter)[1:] == [("overdue", "intake"), ("told", "agency_head", "roads")]
    matter.wake(hue("2026-11-25 08:30"))
    assert told(matter)[3:] == []
    matter.wake(hue("2026-11-25 09:00"))
    assert told(matter)[3:] == [("told", "city_office", "")]
    assert not Instance.objects.get().is_late


def test_late_as_a_whole_turns_red_and_a_new_due_time_turns_it_back(matter, published):
    matter.to_officer()
    matter.wake(hue("2026-12-02 16:59"))
    assert not Instance.objects.get().is_late
    matter.wake(hue("2026-12-02 17:00"))
    assert Instance.objects.get().is_late
    assert ("whole overdue", "handle") in told(matter)
    assert [late for *_, late in queries.counts(agencies=["roads"])] == [1]
    with unit():
        commands.extend(matter.ref, 3, reason="other", actor=published.head(), at=matter.at)
    assert not Instance.objects.get().is_late
    assert [late for *_, late in queries.counts(agencies=["roads"])] == [0]
    matter.wake(hue("2026-12-07 17:00"))
    assert Counter(told(matter))[("whole overdue", "handle")] == 2


def test_a_step_of_the_centre_escalates_to_the_shift_lead_and_the_office(matter):
    matter.wake(hue("2026-11-30 08:00"))
    assert told(matter) == [
        ("reminder", "verify", 70), ("overdue", "verify"), ("told", "ioc_lead", ""), ("told", "city_office", ""),
    ]  # fmt: skip


def test_where_nobody_holds_the_rung_the_next_above_hears(published):
    published.posts = [p for p in published.posts if p != published.head()]
    matter, nobody = Matter(published), Matter(published, agency="empty")
    for each in (matter, nobody):
        each.act("route", OPERATOR, agency=each.agency)
    matter.wake(hue("2026-11-24 08:30"))
    for each in (matter, nobody):
        assert told(each)[1:] == [("overdue", "intake"), ("told", "city_office", "")]
    published.posts = []
    alone = Matter(published)
    alone.wake(hue("2026-11-30 08:00"))
    assert ("told", "city_office", "") in told(alone)


def test_every_overdue_task_is_told_of_within_one_run_whoever_has_it(published):
    """Unassigned ones, agencies without a head or without anybody, and those waiting at the centre, included."""
    matters = []
    for i in range(60):
        each = Matter(published, days=1 + i % 3, agency=("roads", "phu-bai", "empty")[i % 3])
        if i % 4:
            each.act("route", OPERATOR, agency=each.agency)
        if i % 4 == 3 and each.agency == "roads":
            each.act("accept", published.clerk())
        matters.append(each)
    late_at = hue("2026-12-10 08:00")
    with unit(), CaptureQueriesContext(connection) as statements:
        assert commands.wake(actor=SYSTEM, at=late_at) == 60
    assert len(statements) < 20
    assert Instance.objects.filter(is_late=True).count() == 60
    for each in matters:
        found = told(each)
        assert any(t[0] in {"overdue", "whole overdue"} for t in found)
        assert ("told", "city_office", "") in found
    with unit():
        assert commands.wake(actor=SYSTEM, at=late_at) == 0


def test_a_run_takes_a_bounded_number_and_the_next_goes_on(published):
    for _ in range(7):
        Matter(published)
    late_at = hue("2026-12-10 08:00")
    for expected in (3, 3, 1, 0):
        with unit():
            assert commands.wake(actor=SYSTEM, at=late_at, limit=3) == expected


def test_a_decided_day_off_moves_every_clock_that_runs_over_it(matter, published):
    matter.act("route", OPERATOR, agency="roads")
    far = Matter(published, at=hue("2026-12-14 08:00"))
    asked = Matter(published)
    asked.act("ask", OPERATOR, fields={"question": "Ở đâu?"})
    published.calendar = replace(published.calendar, off_days=frozenset({date(2026, 11, 25)}), _days={})
    with unit():
        assert commands.mark_stale(date(2026, 11, 25), actor=SYSTEM, at=matter.at) == 2
    matter.wake()
    moved, other = queries.where(matter.ref), queries.where(far.ref)
    assert moved.due_at == hue("2026-12-03 17:00")
    assert other.due_at == far.moved.due_at
    assert queries.where(asked.ref).task_due_at == hue("2026-12-01 17:00")
    assert "nghỉ lễ 25/11" in queries.deadline_of(matter.ref).words("vi")
    engine().sequence()
    assert "processes.clock_moved" in [e.kind for e in history("process", str(moved.instance))]
    with unit():
        assert commands.wake(actor=SYSTEM, at=matter.at) == 0


def test_a_reorganisation_moves_open_work_and_what_was_asked(matter, published):
    matter.to_officer()
    other = Matter(published, agency="water")
    other.to_officer()
    with unit():
        commands.consult(
            other.ref, ["roads"], due=hue("2026-12-01 08:00"), actor=published.officer("water"), at=other.at
        )
    done = Matter(published)
    done.to_published()
    done.act("rate", SYSTEM, fields={"rating": "satisfied"})
    with unit():
        assert commands.move_work("roads", "empty", actor=SYSTEM, at=matter.at) == 1
    assert queries.where(matter.ref).agency == "empty"
    assert queries.where(done.ref).agency == "roads"
    assert [c.agency for c in queries.consultations(other.ref)] == ["empty"]
    assert {row[0] for row in queries.counts()} == {"empty", "water"}
    with unit():
        assert commands.move_work("roads", "empty", actor=SYSTEM, at=matter.at) == 0


def test_a_paused_clock_tells_nothing(matter, published):
    matter.act("route", OPERATOR, agency="roads")
    with unit():
        commands.pause(matter.ref, reason="disaster", actor=published.head(), at=matter.at)
    matter.wake(hue("2026-12-20 08:00"))
    assert told(matter) == []
    with unit():
        commands.resume(matter.ref, reason="disaster", actor=published.head(), at=matter.at)
    matter.wake(matter.at + timedelta(days=30))
    assert ("whole overdue", "intake") in told(matter)


def test_a_timer_that_fails_keeps_no_other_waiting_and_is_tried_again(published, monkeypatch):
    matters = [Matter(published) for _ in range(5)]
    for each in matters:
        each.act("route", OPERATOR, agency="roads")
    sick, real = matters[2].moved.instance, moving.set_timer

    def set_timer(instance, known, step):
        if instance.pk == sick:
            raise ValueError("a fault that only one of them has")
        real(instance, known, step)

    at = hue("2026-11-24 08:30")
    with monkeypatch.context() as patched:
        patched.setattr(moving, "set_timer", set_timer)
        assert matters[0].wake(at) == 5
        assert matters[0].wake(at) == 0, "it does not come again at once"
    for each in matters:
        assert [kind for kind, *_ in told(each)] == (
            [] if each is matters[2] else ["reminder", "overdue", "told"]
        )
    assert AuditRow.objects.get(action="processes.timer_failed").ref_key == matters[2].ref.key
    matters[2].wake(at + timedelta(minutes=15))
    assert [kind for kind, *_ in told(matters[2])] == ["reminder", "overdue", "told"]


def test_of_a_head_who_is_away_and_stood_in_for_by_nobody_the_office_hears(matter, published, monkeypatch):
    matter.act("route", OPERATOR, agency="roads")
    head = published.head().account_id
    monkeypatch.setattr(identity, "away", lambda accounts, at: {head} & set(accounts))
    matter.wake(hue("2026-11-24 08:30"))
    assert told(matter)[-1] == ("told", "city_office", "")
