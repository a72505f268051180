"""What holds after any sequence of actions: one token, counters equal to a recount, due times equal to a recompute,
rows that the log tells again; and of two who act at once one gets a Conflict."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ngomon.core.engine import engine
from ngomon.core.errors import CityError, Conflict
from ngomon.core.events import history
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.processes import commands, queries
from ngomon.processes.models import Consultation, Counter, Instance, LedgerEntry, Task
from ngomon.processes.rules import deadlines
from ngomon.processes.terms import Budget
from ngomon.processes.totals import recounted, totals

from .conftest import LEAD, NOW, OPERATOR, SYSTEM, Matter

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {
    "question": "Ở đâu?", "reason": "Lý do", "reply": "Ở đây", "answer": "Đã xong", "days": "2", "rating": "satisfied",
}  # fmt: skip


def recount() -> Tally:
    """The counters as the instances' rows would have them."""
    found: Tally = Tally()
    for row in Instance.objects.filter(ended_at__isnull=True):
        found[(row.agency, row.definition, row.step, "open")] += 1
        found[(row.agency, row.definition, row.step, "late")] += row.is_late
    return +found


def counted() -> Tally:
    found: Tally = Tally()
    for row in Counter.objects.all():
        found[(row.agency, row.definition, row.step, "open")] += row.open
        found[(row.agency, row.definition, row.step, "late")] += row.late
        assert row.open >= 0
        assert row.late >= 0
    return +found


def told_again(instance: Instance) -> dict[str, object]:
    """An instance's row as its events tell it, from the first on."""
    row: dict[str, object] = {"paused": None, "outcome": "", "ended": False, "ledger": []}
    for recorded in history("process", str(instance.pk)):
        kind, event = recorded.kind.removeprefix("processes."), recorded.event
        if kind in {"started", "reopened"}:
            row.update(started=recorded.at, ended=False, outcome="", ledger=[])
        elif kind == "task_opened":
            row.update(step=event.step, task=event.task, task_agency=event.agency, assignee=event.assignee)
            row.update(ended=False, outcome="")
        elif kind == "task_assigned":
            row["assignee"] = event.account
        elif kind == "task_done":
            row["step"] = event.to or row["step"]
        elif kind == "clock_paused":
            row["paused"] = recorded.at
        elif kind == "clock_resumed":
            row["ledger"] = [*row["ledger"], ("suspension", row["paused"], recorded.at, 0)]
            row["paused"] = None
        elif kind == "clock_extended":
            row["ledger"] = [*row["ledger"], ("extension", recorded.at, None, event.days)]
        elif kind == "ended":
            row.update(ended=True, outcome=event.outcome)
    return row


def check(matters: list[Matter]) -> None:
    engine().sequence()
    assert counted() == recount()
    assert totals() == recounted()
    for matter in matters:
        instance = Instance.objects.get(pk=matter.moved.instance)
        known = queries.definition(instance.definition, instance.n)
        again = told_again(instance)
        assert again["ended"] == (instance.ended_at is not None)
        assert again["outcome"] == instance.outcome
        assert again["paused"] == instance.paused_at
        assert again["started"] == instance.started_at
        assert len(history("process", str(instance.pk))) == instance.version
        ledger = LedgerEntry.objects.filter(instance=instance, from_at__gte=instance.started_at).order_by(
            "id"
        )
        kept = [tuple(r) for r in ledger.values_list("kind", "from_at", "to_at", "days") if r[2] or r[3]]
        told = [tuple(e) for e in again["ledger"] if e[1] >= instance.started_at]
        assert sorted(kept, key=str) == sorted(told, key=str)
        due = deadlines.due_at(
            instance.started_at,
            Budget(instance.budget_unit, instance.budget_n),
            queries.ledger_of(instance),
            directory.working_calendar(),
        )
        assert due == instance.due_at
        is_open = Consultation.objects.filter(instance=instance, closed_at__isnull=True)
        assert is_open.count() == instance.consulting
        if instance.ended_at is None:
            assert (again["step"], again["task"]) == (instance.step, str(instance.task))
            assert (again["task_agency"], again["assignee"]) == (
                instance.task_agency, str(instance.assignee or ""),
            )  # fmt: skip
            assert known.steps[instance.step].kind != "end"
            assert len([t for t in queries.open_tasks(matter.ref) if t.kind == "main"]) == 1
            is_told_to_the_top = instance.task_rung == len(known.ladder)
            assert instance.wake_at or instance.paused_at or is_told_to_the_top
        else:
            assert instance.wake_at is None
            assert queries.open_tasks(matter.ref) == []
        assert not Task.objects.filter(pk=instance.task).exists() or instance.ended_at is not None


moves = st.tuples(
    st.integers(0, 2),
    st.integers(0, 14),
    st.sampled_from([0, 1, 5, 30, 200]),
    st.sampled_from(["roads", "phu-bai"]),
)


def _move(matter: Matter, choice: int, hours: int, agency: str) -> None:
    """Take one of what can be done now; what is refused changes nothing."""
    matter.at += timedelta(hours=hours)
    head = matter.city.head(agency)
    at, ref = matter.at, matter.ref
    others = [
        lambda: commands.wake(actor=SYSTEM, at=at),
        lambda: commands.pause(ref, reason="other", actor=LEAD, at=at),
        lambda: commands.resume(ref, reason="other", actor=LEAD, at=at),
        lambda: commands.extend(ref, 2, reason="other", actor=LEAD, at=at),
        lambda: commands.consult(ref, ["water"], due=Budget.days(1), actor=head, at=at),
        lambda: commands.answer_consultation(ref, agency="water", opinion="agrees", actor=SYSTEM, at=at),
        lambda: commands.cancel(ref, reason="merged", actor=LEAD, at=at),
        lambda: commands.reopen(ref, reason="other", actor=LEAD, at=at),
    ]
    open_ = queries.open_tasks(ref)
    if choice < len(others) and (choice < 6 or hours == 30):
        call = others[choice]
    elif open_ and open_[0].actions:
        action = open_[0].actions[choice % len(open_[0].actions)]
        officer = matter.city.officer(open_[0].agency or agency).account_id
        until = (at + timedelta(days=20)).date().isoformat()
        given = {"agency": agency} if "agency" in action.requires else {}
        if "assignee" in action.requires:
            given["assignee"] = officer

        def call() -> None:
            commands.act(ref, action.key, fields={**WORDS, "until": until}, actor=SYSTEM, at=at, **given)
    else:
        return
    try:
        with unit():
            call()
    except CityError:
        return


@given(st.lists(moves, min_size=5, max_size=30))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_moves_rows_counts_due_times_and_the_log_agree(published, sequence):
    matters = [Matter(published) for _ in range(3)]
    latest = NOW
    for which, choice, hours, agency in sequence:
        matter = matters[which]
        matter.at = latest = max(latest, matter.at)
        _move(matter, choice, hours, agency)
        latest = matter.at
    check(matters)


def test_of_two_who_act_at_once_one_gets_a_conflict(published):
    matters = [Matter(published) for _ in range(6)]
    outcomes: list[str] = []

    def act(matter: Matter, barrier: threading.Barrier) -> None:
        try:
            barrier.wait()
            with unit():
                commands.act(
                    matter.ref, "route", agency="roads", actor=OPERATOR, at=NOW, expected_step="verify"
                )
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    for matter in matters:
        barrier = threading.Barrier(2)
        racers = [threading.Thread(target=act, args=(matter, barrier)) for _ in range(2)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
    assert Tally(outcomes) == {"done": 6, "conflict": 6}
    check(matters)


def test_two_workers_that_wake_at_once_tell_each_rung_once(published):
    matters = [Matter(published) for _ in range(20)]
    woken: list[int] = []

    def wake(barrier: threading.Barrier) -> None:
        barrier.wait()
        try:
            with unit():
                woken.append(commands.wake(actor=SYSTEM, at=NOW + timedelta(days=2)))
        finally:
            connection.close()

    barrier = threading.Barrier(2)
    workers = [threading.Thread(target=wake, args=(barrier,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(woken) == 20
    engine().sequence()
    for matter in matters:
        kinds = Tally(e.kind for e in history("process", str(matter.moved.instance)))
        assert kinds["processes.reminder_due"] == kinds["processes.task_overdue"] == 1
