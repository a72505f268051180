"""A report's way through the timed process, by every role, with its refusals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ngomon.core.audit import AuditRow
from ngomon.core.engine import engine
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import history
from ngomon.core.ids import Ref
from ngomon.core.units import OutsideUnit, unit
from ngomon.processes import commands, queries
from ngomon.processes.models import Instance
from ngomon.processes.terms import Budget

from .conftest import EDITOR, LEAD, NOW, OPERATOR, REPORTER, SYSTEM, Matter, hue, person

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_report_goes_from_the_operator_to_the_rated_answer(matter, published):
    assert matter.moved.step == "verify"
    assert matter.moved.status == "received"
    assert matter.moved.agency == ""
    assert matter.moved.due_at == hue("2026-12-02 17:00")
    assert matter.to_officer().step == "handle"
    assert matter.moved.agency == "roads"
    assert matter.moved.assignee == published.officer().account_id
    assert matter.answer().step == "approve"
    assert matter.act("approve", published.head()).step == "review"
    assert matter.act("publish", EDITOR).status == "answered"
    done = matter.act("rate", REPORTER, fields={"rating": "satisfied"}, is_reporter=True)
    assert (done.ended, done.outcome, done.status) == (True, "rated", "closed")
    assert [task.action for task in queries.done_tasks(matter.ref)] == [
        "route", "accept", "assign", "answer", "approve", "publish", "rate",
    ]  # fmt: skip
    assert queries.open_tasks(matter.ref) == []
    assert AuditRow.objects.filter(ref_key=matter.ref.key).count() == 8


def test_a_small_commune_merges_its_steps(published):
    matter = Matter(published, agency="phu-bai")
    assert matter.act("route", OPERATOR, agency="phu-bai").step == "handle"
    with pytest.raises(Refused):
        matter.act("answer", published.clerk("roads"), fields={"answer": "Xong."})
    answered = matter.act(
        "answer", published.clerk("phu-bai"), fields={"answer": "Đã dọn sạch rác ở đầu kiệt."}
    )
    assert answered.step == "review"


def test_only_who_holds_role_and_agency_may_act_and_only_the_assignee_or_the_head(matter, published):
    with pytest.raises(Refused):
        matter.act("route", EDITOR, agency="roads")
    matter.act("route", OPERATOR, agency="roads")
    for stranger in (published.clerk("water"), published.officer("roads"), OPERATOR, REPORTER):
        with pytest.raises(Refused):
            matter.act("accept", stranger)
    matter.act("accept", published.clerk())
    matter.act("assign", published.head(), assignee=published.officer().account_id)
    with pytest.raises(Refused):
        matter.answer(n=2)
    assert [a.key for a in queries.actions_for(matter.ref, published.officer("roads", 2))] == []
    keys = [a.key for a in queries.actions_for(matter.ref, published.officer())]
    assert keys == ["answer", "commit", "record", "ask", "request_extension", "return"]


def test_fields_are_asked_for_and_checked(matter, published):
    with pytest.raises(Invalid) as caught:
        matter.act("reject", OPERATOR, fields={"reason": "  "})
    assert caught.value.fields == {"reason": "processes.error.field_needed"}
    with pytest.raises(Invalid) as caught:
        matter.act("route", OPERATOR, agency="no-such-agency")
    assert "agency" in caught.value.fields
    matter.act("route", OPERATOR, agency="roads")
    matter.act("accept", published.clerk())
    for wrong in (published.officer("water").account_id, "nobody"):
        with pytest.raises(Invalid) as caught:
            matter.act("assign", published.head(), fields={"assignee": wrong})
        assert "assignee" in caught.value.fields


def test_what_went_on_meanwhile_is_a_conflict_and_what_never_was_is_invalid(matter, published):
    matter.act("route", OPERATOR, agency="roads")
    with pytest.raises(Conflict):
        matter.act("route", OPERATOR, agency="roads")
    with pytest.raises(Conflict):
        matter.act("accept", published.clerk(), expected_step="verify")
    with pytest.raises(Invalid):
        matter.act("fly", OPERATOR)
    with pytest.raises(NotFound), unit():
        commands.act(Ref("thing", "none"), "accept", actor=SYSTEM, at=NOW)
    with pytest.raises(Conflict), unit():
        commands.start("field_reports.timed", matter.ref, budget=Budget.days(7), actor=SYSTEM, at=NOW)
    with pytest.raises(OutsideUnit):
        commands.act(matter.ref, "accept", actor=SYSTEM, at=NOW)


def test_a_hand_back_takes_one_action_and_leaves_the_agency(matter, published):
    matter.act("route", OPERATOR, agency="roads")
    back = matter.act("hand_back", published.clerk(), fields={"reason": "Đường do Sở khác quản lý."})
    assert (back.step, back.agency) == ("route", "")
    assert matter.act("route", OPERATOR, agency="water").agency == "water"


def test_the_clock_stands_still_while_the_reporter_is_asked(matter):
    due = matter.moved.due_at
    waiting = matter.act("ask", OPERATOR, fields={"question": "Số nhà bao nhiêu?"})
    assert (waiting.status, waiting.due_at) == ("waiting", None)
    with pytest.raises(Refused):
        matter.act("reply", REPORTER, fields={"reply": "42"})
    back = matter.act("reply", REPORTER, fields={"reply": "42"}, is_reporter=True, after=timedelta(days=1))
    assert back.step == "verify"
    assert back.due_at == hue("2026-12-03 17:00") > due
    assert "chờ người phản ánh" in queries.deadline_of(matter.ref).words("vi")


def test_silence_closes_what_waits_and_sends_the_agency_on(matter, published):
    matter.act("ask", OPERATOR, fields={"question": "Ở đâu?"})
    matter.wake(hue("2026-11-30 16:59"))
    assert queries.where(matter.ref).step == "waiting"
    matter.wake(hue("2026-11-30 17:00"))
    assert queries.where(matter.ref).outcome == "no_reply"
    other = Matter(published)
    other.to_officer()
    other.act("ask", published.officer(), fields={"question": "Ở đâu?"})
    other.wake(hue("2026-12-01 08:00"))
    assert queries.where(other.ref).step == "handle"
    assert queries.where(other.ref).assignee == published.officer().account_id


def test_not_solved_goes_to_another_officer_and_the_supervisor_hears(matter, published):
    matter.to_published()
    redo = matter.act("object", REPORTER, is_reporter=True, after=timedelta(days=1))
    assert (redo.step, redo.status, redo.agency) == ("redo", "in_progress", "roads")
    assert redo.due_at > matter.at
    with pytest.raises(Invalid) as caught:
        matter.act("assign", published.head(), assignee=published.officer().account_id)
    assert caught.value.fields == {"assignee": "processes.error.another_officer"}
    matter.act("assign", published.head(), assignee=published.officer("roads", 2).account_id)
    engine().sequence()
    told = [e for e in history("process", str(matter.moved.instance)) if e.kind == "processes.escalated"]
    assert [(e.event.to_role, e.event.agency) for e in told] == [("agency_head", "roads")]


def test_a_rejection_can_be_appealed_and_overturned(matter):
    rejected = matter.act("reject", OPERATOR, fields={"reason": "Không rõ nội dung."})
    assert (rejected.status, rejected.ended) == ("rejected", False)
    matter.act("appeal", REPORTER, fields={"reason": "Có ảnh rõ ràng."}, is_reporter=True)
    with pytest.raises(Refused):
        matter.act("overturn", OPERATOR)
    assert matter.act("overturn", LEAD).step == "route"


def test_a_promise_waits_for_its_day_and_opens_the_matter_again(matter, published):
    matter.to_officer()
    words = {"answer": "Nằm trong dự án thoát nước.", "until": "2026-11-20"}
    with pytest.raises(Invalid):
        matter.act("commit", published.officer(), fields=words)
    matter.act("commit", published.officer(), fields={**words, "until": "2026-12-20"})  # a Sunday
    matter.act("approve", published.head())
    promised = matter.act("publish", EDITOR)
    assert (promised.step, promised.status) == ("committed", "committed")
    assert promised.due_at == hue("2026-12-21 17:00")
    assert promised.commit_until_on == date(2026, 12, 20)
    assert "20/12/2026" in queries.deadline_of(matter.ref).words("vi")
    with unit():
        later = commands.commit_until(
            matter.ref, date(2026, 12, 22), text_ref="x", actor=published.head(), at=matter.at
        )
    assert later.due_at == hue("2026-12-22 17:00")
    matter.wake(hue("2026-12-22 17:00"))
    again = queries.where(matter.ref)
    assert (again.step, again.status, again.commit_until_on) == ("handle", "in_progress", None)
    assert again.due_at > matter.at
    engine().sequence()
    kinds = [e.kind for e in history("process", str(again.instance))]
    assert "processes.commitment_due" in kinds


def test_more_time_is_asked_for_and_given_a_limited_number_of_times(matter, published):
    matter.to_officer()
    due = matter.moved.due_at
    for _ in range(2):
        matter.act("request_extension", published.officer(), fields={"reason": "Chờ vật tư", "days": "3"})
        matter.act("extend", published.head(), fields={"reason": "Đồng ý", "days": "3"})
    assert matter.moved.due_at == hue("2026-12-10 17:00") > due
    assert matter.moved.task_due_at == matter.moved.due_at
    matter.act("request_extension", published.officer(), fields={"reason": "Chờ vật tư", "days": "3"})
    with pytest.raises(Conflict):
        matter.act("extend", published.head(), fields={"reason": "Đồng ý", "days": "3"})
    with pytest.raises(Invalid):
        matter.act("extend", published.head(), fields={"reason": "Đồng ý", "days": "30"})
    assert "gia hạn thêm 3 ngày" in queries.deadline_of(matter.ref).words("vi")


def test_a_pause_by_the_head_moves_both_due_times(matter, published):
    matter.act("route", OPERATOR, agency="roads")
    whole, task = matter.moved.due_at, matter.moved.task_due_at
    with pytest.raises(Refused), unit():
        commands.pause(matter.ref, reason="disaster", actor=published.clerk(), at=matter.at)
    with unit():
        commands.pause(matter.ref, reason="disaster", actor=published.head(), at=hue("2026-11-23 09:00"))
    with unit():
        moved = commands.resume(
            matter.ref, reason="disaster", actor=published.head(), at=hue("2026-11-24 09:00")
        )
    assert moved.due_at == whole + timedelta(days=1)
    assert moved.task_due_at > task
    assert "thiên tai" in queries.deadline_of(matter.ref).words("vi")


def test_calling_off_is_reversible_and_a_matter_can_be_reopened(matter, published):
    matter.act("accept", OPERATOR)
    with unit():
        off = commands.cancel(matter.ref, reason="merged", actor=OPERATOR, at=matter.at)
    assert (off.ended, off.outcome) == (True, "merged")
    with pytest.raises(Refused), unit():
        commands.reopen(matter.ref, reason="unmerged", actor=published.head(), at=matter.at)
    with unit():
        on = commands.reopen(matter.ref, reason="unmerged", actor=OPERATOR, at=matter.at)
    assert (on.ended, on.step) == (False, "route")
    assert Instance.objects.get(pk=on.instance).outcome == ""
    with unit():
        again = commands.reopen(matter.ref, reason="error", to_step="verify", actor=LEAD, at=matter.at)
    assert again.step == "verify"


def test_lists_show_each_what_waits_for_him(published):
    matters = [Matter(published, days=days) for days in (9, 7, 8)]
    assert len(queries.tasks_of(OPERATOR).tasks) == 3
    for matter in matters:
        matter.to_officer()
    assert queries.tasks_of(OPERATOR).tasks == ()
    mine = queries.tasks_of(published.officer())
    assert [t.of.key for t in mine.tasks] == [matters[i].ref.key for i in (1, 2, 0)]
    first = queries.tasks_of(published.officer(), size=2)
    second = queries.tasks_of(published.officer(), size=2, cursor=first.next)
    assert [t.id for t in (*first.tasks, *second.tasks)] == [t.id for t in mine.tasks]
    assert queries.tasks_of(published.officer("roads", 2)).tasks == ()
    assert queries.tasks_of(person("agency_officer", "water")).tasks == ()
    small = Matter(published, agency="phu-bai")
    small.act("route", OPERATOR, agency="phu-bai")
    for actor in (published.clerk("phu-bai"), published.head("phu-bai"), published.officer("phu-bai")):
        assert [t.of.key for t in queries.tasks_of(actor).tasks] == [small.ref.key]


def test_an_operator_takes_up_a_task_and_a_head_reassigns(matter, published):
    with unit():
        assert (
            commands.assign(matter.ref, OPERATOR.account_id, actor=OPERATOR, at=matter.at).assignee
            == OPERATOR.account_id
        )
    matter.to_officer()
    other = published.officer("roads", 2)
    with pytest.raises(Refused), unit():
        commands.assign(matter.ref, other.account_id, actor=other, at=matter.at)
    with unit():
        commands.assign(matter.ref, other.account_id, actor=published.head(), at=matter.at)
    assert matter.answer(n=2).step == "approve"


def test_few_statements(published):
    matter = Matter(published)
    with unit(), CaptureQueriesContext(connection) as started:
        commands.start("field_reports.timed", Ref("thing", "1"), budget=Budget.days(7), actor=SYSTEM, at=NOW)
    assert len(started) <= 3, [q["sql"] for q in started]
    with unit(), CaptureQueriesContext(connection) as acted:
        commands.act(matter.ref, "route", agency="roads", actor=OPERATOR, at=NOW)
    assert len(acted) <= 4, [q["sql"] for q in acted]
