"""Writing a definition: opened, changed, checked, put in force now or on a day; running work moved to the new version."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.units import unit
from ngomon.processes import commands, drafting, queries
from ngomon.processes.bpmn_in import import_bpmn
from ngomon.processes.bpmn_out import export
from ngomon.processes.models import Draft, Instance
from ngomon.processes.rules import editing

from .conftest import ADMIN, NOW, OPERATOR, SYSTEM, Matter, timed
from .test_definitions import action, step
from .test_invariants import check

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "field_reports.timed"


def change(how, *arguments, edition=1, actor=ADMIN):
    with unit():
        return commands.change_draft(
            KEY, lambda tables: how(tables, *arguments), edition=edition, actor=actor, at=NOW
        )


@pytest.fixture
def draft(published):
    with unit():
        return commands.open_draft(KEY, actor=ADMIN, at=NOW)


def publish(edition, **more):
    with unit():
        return commands.publish_draft(KEY, edition=edition, actor=ADMIN, at=NOW, **more)


def test_a_draft_begins_as_the_version_in_force_and_changes_nothing_until_it_is_published(draft):
    assert draft.base_n == 1
    assert drafting.differences(draft) == []
    made = change(editing.with_step, "verify", {"budget": {"hours": 2}})
    assert drafting.differences(made) == [("step.verify.budget.hours", "changed", 4, 2)]
    assert queries.definition(KEY).steps["verify"].budget.own.n == 4
    assert publish(2) == 2
    assert queries.definition(KEY).steps["verify"].budget.own.n == 2
    assert queries.definition(KEY, 1).steps["verify"].budget.own.n == 4, "versions never change"
    assert drafting.draft_of(KEY) is None


def test_of_two_who_change_a_draft_at_once_the_second_is_told(draft):
    change(editing.with_step, "verify", {"budget": {"hours": 2}})
    with pytest.raises(Conflict):
        change(editing.with_step, "verify", {"budget": {"hours": 3}})
    with pytest.raises(Refused):
        change(editing.with_step, "verify", {}, edition=2, actor=OPERATOR)
    with pytest.raises(Invalid):
        change(editing.with_step, "nowhere", {}, edition=2)


def test_a_draft_with_faults_is_kept_but_not_published(draft):
    made = change(editing.without_step, "approve")
    with pytest.raises(Invalid) as caught:
        publish(made.edition)
    assert "processes.fault.unknown_step" in {fault.key for fault in caught.value.values["faults"]}
    assert drafting.draft_of(KEY).edition == made.edition


def test_on_its_day_a_draft_goes_in_force_by_itself_and_until_then_it_stays_as_it_is(draft):
    made = change(editing.with_step, "verify", {"budget": {"hours": 2}})
    day = NOW + timedelta(days=3)
    assert publish(made.edition, publish_at=day) == 0
    with pytest.raises(Conflict):
        change(editing.with_step, "verify", {"budget": {"hours": 3}}, edition=made.edition + 1)
    for at, n in ((day - timedelta(seconds=1), 0), (day, 1), (day, 0)):
        with unit():
            assert commands.publish_due(actor=SYSTEM, at=at) == n
    assert queries.definition(KEY).n == 2


def test_a_draft_that_another_version_overtook_is_kept_open_and_said(draft):
    made = change(editing.with_step, "verify", {"budget": {"hours": 2}})
    publish(made.edition, publish_at=NOW + timedelta(days=1))
    other = timed()
    other["notes"] = "another"
    with unit():
        commands.publish(other, actor=ADMIN, at=NOW)
    with unit():
        assert commands.publish_due(actor=SYSTEM, at=NOW + timedelta(days=2)) == 0
    left = drafting.draft_of(KEY)
    assert left.publish_at is None
    with pytest.raises(Conflict):
        publish(left.edition)
    with unit():
        commands.discard_draft(KEY, edition=left.edition, actor=ADMIN, at=NOW)
    assert drafting.draft_of(KEY) is None


def test_a_recalled_draft_can_be_changed_again(draft):
    publish(1, publish_at=NOW + timedelta(days=1))
    with unit():
        made = commands.recall_draft(KEY, edition=2, actor=ADMIN, at=NOW)
    assert (
        change(editing.with_step, "verify", {"budget": {"hours": 3}}, edition=made.edition).publish_at is None
    )


def test_the_service_s_own_file_does_not_undo_what_an_administrator_published(draft):
    publish(change(editing.with_step, "verify", {"budget": {"hours": 2}}).edition)
    with unit():
        assert commands.publish(timed(), actor=SYSTEM, at=NOW) == 2
    assert queries.definition(KEY).steps["verify"].budget.own.n == 2
    newer = timed()
    newer["notes"] = "the next release"
    with unit():
        assert commands.publish(newer, actor=SYSTEM, at=NOW) == 3


def test_a_file_becomes_a_draft_with_its_report(published):
    with unit():
        made = commands.import_draft(import_bpmn(export(timed())), actor=ADMIN, at=NOW)
    assert (made.key, made.base_n, made.remarks) == (KEY, 1, ())
    assert drafting.differences(made) == []
    with pytest.raises(Conflict), unit():
        commands.import_draft(import_bpmn(export(timed())), actor=ADMIN, at=NOW)
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (partial(editing.with_new_step, key="x", step={"kind": "end"}, after="verify"), ("step.x", "added")),
        (
            partial(editing.without_action, step="verify", key="accept"),
            ("step.verify.action.accept", "removed"),
        ),
        (partial(editing.with_head, changes={"start": "route"}), ("start", "changed")),
    ],
)
def test_every_change_is_one_line_of_the_difference(edit, expected):
    before = timed()
    made = edit(before)
    assert [(at, kind) for at, kind, _, _ in editing.differences(before, made)] == [expected]
    assert before == timed(), "the old tables stay as they are"


# --- moving running work ----------------------------------------------------------------------------------------------


def second(**steps):
    """A second version: `route` is gone, `verify` has two hours, a step `second_look` comes behind the review."""
    raw = timed()
    raw["step"] = [s for s in raw["step"] if s["key"] != "route"]
    for each in raw["step"]:
        for one in each.get("action", []):
            one["to"] = "verify" if one["to"] == "route" else one["to"]
    action(raw, "verify", "accept")["to"] = "second_look"
    look = {**step(raw, "review"), "key": "second_look", "action": [{**action(raw, "verify", "reject")}]}
    raw["step"].append(look)
    step(raw, "verify")["budget"] = {"hours": 2}
    return raw


def test_running_work_goes_on_by_the_new_version_where_the_mapping_says(published):
    matters = [Matter(published) for _ in range(5)]
    matters[1].act("accept", OPERATOR)
    matters[2].to_officer()
    matters[3].to_published()
    matters[4].act("refer", OPERATOR, fields={"reason": "Ngoài thẩm quyền"})
    with unit():
        assert commands.publish(second(), actor=ADMIN, at=NOW) == 2
    plan = drafting.migration_plan(KEY, 1, 2, {})
    assert {(one.step, one.to, one.n, one.problem) for one in plan.lines} == {
        ("verify", "verify", 1, ""), ("handle", "handle", 1, ""), ("published", "published", 1, ""),
        ("route", "", 1, "processes.migration.no_target"),
    }  # fmt: skip
    at = NOW + timedelta(hours=1)
    with pytest.raises(Conflict), unit():
        commands.migrate(KEY, 1, 2, {}, actor=ADMIN, at=at)
    before = {
        m.ref.key: (Instance.objects.get(pk=m.moved.instance).task, queries.where(m.ref).due_at)
        for m in matters
    }
    assert drafting.migration_plan(KEY, 1, 2, {"route": "second_look"}).is_clear
    moved = []
    for _ in range(3):
        with unit():
            moved.append(commands.migrate(KEY, 1, 2, {"route": "second_look"}, actor=ADMIN, at=at, most=3))
    assert moved == [3, 1, 0]
    rows = {m.ref.key: Instance.objects.get(pk=m.moved.instance) for m in matters}
    assert [rows[m.ref.key].n for m in matters] == [2, 2, 2, 2, 1], "what has ended keeps its version"
    assert [rows[m.ref.key].step for m in matters] == [
        "verify",
        "second_look",
        "handle",
        "published",
        "referred",
    ]
    kept = [0, 2, 3]
    for n in kept:
        assert rows[matters[n].ref.key].task == before[matters[n].ref.key][0], "who stays keeps the open task"
    assert rows[matters[2].ref.key].assignee == published.officer().account_id
    assert rows[matters[0].ref.key].task_due_at == NOW + timedelta(hours=2)
    for m in matters:
        assert queries.where(m.ref).due_at == before[m.ref.key][1], "the deadline of the whole stays"
    check(matters)
    matters[2].answer()
    assert matters[2].moved.step == "approve"


def test_work_without_what_the_new_step_needs_is_not_moved(published):
    Matter(published)
    with unit():
        commands.publish(second(), actor=ADMIN, at=NOW)
    for to, why in (
        ("handle", "no_agency"),
        ("closed", "to_an_end"),
        ("committed", "no_promise"),
        ("x", "no_target"),
    ):
        plan = drafting.migration_plan(KEY, 1, 2, {"verify": to})
        assert [line.problem for line in plan.lines] == [f"processes.migration.{why}"], to
    with pytest.raises(NotFound):
        drafting.migration_plan(KEY, 1, 9, {})
    with pytest.raises(Invalid), unit():
        commands.migrate(KEY, 2, 2, {}, actor=ADMIN, at=NOW)
    with pytest.raises(Refused), unit():
        commands.migrate(KEY, 1, 2, {}, actor=OPERATOR, at=NOW)
