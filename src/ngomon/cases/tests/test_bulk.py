"""Work in bulk: the same commands as by hand, each case once, undone exactly; reporters told only when it stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.city import TestCity

from ngomon.cases import bulks
from ngomon.cases.commands import bulk as engine
from ngomon.cases.commands import check_answer, choose, preview, release, start, undo_bulk
from ngomon.cases.models import Bulk, BulkRow, Case, Entry, Picture, Tally
from ngomon.cases.rules.redaction import Hiding
from ngomon.core import clock
from ngomon.core.engine import engine as engine_of_database
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.models import Delivery
from ngomon.core.rows import kept
from ngomon.core.units import unit
from ngomon.core.worker import open_cursors, run_reactions, settle
from ngomon.directory import queries as directory
from ngomon.messages.models import Message
from ngomon.processes.models import Consultation, Counter, Instance, LedgerEntry, Task


def reports(city: TestCity, n: int) -> list[UUID]:
    settle()
    made = [city.report(f"Đèn đường thứ {i} tắt đã ba đêm").case_id for i in range(n)]
    settle()
    return made


def chosen(who: Any, ids: list[UUID], action: str, **fields: str) -> UUID:
    with unit():
        bulk = choose(ids, actor=who, at=clock.now())
    with unit():
        preview(bulk, action, fields, actor=who, at=clock.now())
    return bulk


def run(who: Any, ids: list[UUID], action: str, **fields: str) -> UUID:
    bulk = chosen(who, ids, action, **fields)
    with unit():
        start(bulk, actor=who, at=clock.now())
    settle()
    return bulk


def undone(who: Any, bulk: UUID) -> Bulk:
    with unit():
        undo_bulk(bulk, actor=who, at=clock.now())
    settle()
    return Bulk.objects.get(pk=bulk)


def everything() -> dict[str, Any]:
    """All that is to be equal after a bulk and its undoing: rows, clocks, counts, what is public."""
    return {
        "cases": {c.pk: kept(c) for c in Case.objects.all()},
        "processes": {i.pk: kept(i) for i in Instance.objects.all()},
        "tallies": {t.scope: t.n for t in Tally.objects.all() if t.n},
        "counters": {(c.agency, c.step): (c.open, c.late) for c in Counter.objects.all() if c.open or c.late},
        "ledger": sorted(LedgerEntry.objects.values_list("id", "instance_id", "to_at", "days")),
        "consultations": sorted(Consultation.objects.values_list("id", "closed_at", "opinion")),
        "tasks": sorted(Task.objects.values_list("id", "action")),
        "public": sorted(Picture.objects.filter(is_public=True).values_list("id", flat=True)),
        "answers": sorted(Entry.objects.filter(kind="answer").values_list("id", "audience", "is_current")),
    }


def answer_of(case_id: UUID) -> str:
    return Entry.objects.get(case=case_id, kind="answer", is_current=True).text


def results(bulk: UUID) -> list[str]:
    return list(BulkRow.objects.filter(bulk_id=bulk).order_by("n").values_list("result", flat=True))


def test_many_cases_are_routed_by_the_same_command_as_by_hand(city: TestCity):
    ids = reports(city, 3)
    bulk = run(city.ha, ids, "route", agency=city.agency, why="Đường của phường")
    assert results(bulk) == ["done"] * 3
    assert set(Case.objects.values_list("agency", "status")) == {(city.agency, "in_progress")}
    assert Entry.objects.filter(kind="why_here").count() == 3
    view = bulks.bulk(bulk, actor=city.ha)
    assert (view.state, view.done, view.refused, view.waiting) == ("done", 3, 0, 0)


def test_what_cannot_be_done_is_said_before_and_left_alone(city: TestCity):
    ids = reports(city, 3)
    city.act(city.ha, ids[1], "route", agency=city.agency)
    bulk = chosen(city.ha, ids, "reject", reason="Ngoài phạm vi tiếp nhận")
    assert results(bulk) == ["waiting", "refused", "waiting"]
    assert BulkRow.objects.get(bulk_id=bulk, n=1).code == "processes.error.not_now"
    with unit():
        start(bulk, actor=city.ha, at=clock.now())
    settle()
    assert results(bulk) == ["done", "refused", "done"]
    assert Case.objects.get(pk=ids[1]).status == "in_progress"


def test_a_case_that_somebody_changed_after_the_preview_is_refused(city: TestCity):
    ids = reports(city, 2)
    bulk = chosen(city.ha, ids, "route", agency=city.agency)
    city.act(city.ha, ids[0], "accept")
    with unit():
        start(bulk, actor=city.ha, at=clock.now())
    settle()
    assert results(bulk) == ["refused", "done"]
    assert BulkRow.objects.get(bulk_id=bulk, n=0).code == "cases.changed_meanwhile"
    assert Case.objects.get(pk=ids[0]).step == "route"


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("route", {"agency": "here", "why": "Đường của phường"}),
        ("accept", {"note": "đợi phân phối"}),
        ("reject", {"reason": "Ngoài phạm vi tiếp nhận"}),
        ("ask", {"question": "Ở đoạn nào?"}),
        ("refer", {"reason": "Gửi công an phường"}),
        ("category", {"category": "other"}),
        ("note", {"note": "đã gọi hỏi"}),
        ("merge", {"into": "first"}),
    ],
)
def test_a_bulk_at_the_desk_and_its_undoing_leave_everything_as_it_was(
    city: TestCity, action: str, fields: dict[str, str]
):
    ids = reports(city, 4)
    into = Case.objects.get(pk=ids[0]).number
    others = [c.key for c in directory.categories() if c.key != city.category]
    known = {"here": city.agency, "first": into, "other": others[0]}
    said = {name: known.get(value, value) for name, value in fields.items()}
    before = everything()
    bulk = run(city.ha, ids[1:], action, **said)
    assert results(bulk) == ["done"] * 3
    assert everything() != before or action == "note"
    told = undone(city.ha, bulk)
    assert (told.state, told.undone, told.kept) == ("undone", 3, 0)
    assert everything() == before


def test_a_bulk_in_an_agency_and_its_undoing_leave_everything_as_it_was(city: TestCity):
    ids = reports(city, 3)
    run(city.ha, ids, "route", agency=city.agency)
    run(city.tam, ids, "accept")
    before = everything()
    bulk = run(city.binh, ids, "assign", assignee=str(city.accounts["son"]))
    assert results(bulk) == ["done"] * 3
    assert Case.objects.filter(holder=city.accounts["son"]).count() == 3
    undone(city.binh, bulk)
    assert everything() == before
    run(city.binh, ids, "assign", assignee=str(city.accounts["son"]))
    run(city.son, ids, "request_extension", reason="Chờ vật tư", days="3")
    before = everything()
    bulk = run(city.binh, ids, "extend", reason="Đồng ý", days="3")
    assert everything()["ledger"] != before["ledger"]
    undone(city.binh, bulk)
    assert everything() == before


def test_a_bulk_of_publishing_and_its_undoing_hide_the_answers_again(city: TestCity):
    ids = reports(city, 2)
    run(city.ha, ids, "route", agency=city.agency)
    run(city.tam, ids, "accept")
    run(city.binh, ids, "assign", assignee=str(city.accounts["son"]))
    said = "Đã thay bóng, đèn sáng lại từ tối qua."
    run(city.son, ids, "answer", answer=said, stated_reason="Chụp ban đêm không rõ")
    run(city.binh, ids, "approve")
    before = everything()
    names = ("what_where_when", "same_place", "no_personal_data", "kind_words", "law_cited")
    said = {f"check_{name}": "done" for name in names}
    assert results(chosen(city.nga, ids, "publish", **said)) == ["refused"] * 2, "nobody looked at each"
    for key in ids:
        with unit():
            check_answer(
                key, said, report=None, answer=Hiding(len(answer_of(key)), ()), actor=city.nga, at=clock.now()
            )
    before = everything()
    bulk = run(city.nga, ids, "publish")
    assert results(bulk) == ["done"] * 2
    assert Entry.objects.filter(kind="answer", audience="public").count() == 2
    undone(city.nga, bulk)
    assert everything() == before


def test_a_case_that_was_changed_since_is_left_and_named(city: TestCity):
    ids = reports(city, 3)
    bulk = run(city.ha, ids, "route", agency=city.agency)
    city.act(city.tam, ids[1], "accept")
    told = undone(city.ha, bulk)
    assert results(bulk) == ["undone", "kept", "undone"]
    assert BulkRow.objects.get(bulk_id=bulk, n=1).code == "cases.changed_meanwhile"
    assert (told.undone, told.kept) == (2, 1)
    assert Case.objects.get(pk=ids[1]).step == "assign"


def messages(template: str) -> int:
    return Message.objects.filter(template=f"cases.message.{template}").count()


def test_reporters_hear_nothing_of_what_is_undone(city: TestCity):
    ids = reports(city, 2)
    bulk = run(city.ha, ids, "reject", reason="Ngoài phạm vi tiếp nhận")
    assert messages("rejected") == 0
    letters = Delivery.objects.count()
    undone(city.ha, bulk)
    assert messages("rejected") == 0
    assert Delivery.objects.count() == letters


def test_reporters_are_told_when_the_time_for_undoing_is_over(city: TestCity, monkeypatch):
    ids = reports(city, 30)
    bulk = run(city.ha, ids, "route", agency=city.agency)
    assert messages("routed") == 0
    later = clock.now() + timedelta(minutes=bulks.UNDO_MINUTES, seconds=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    settle()
    assert messages("routed") == 30
    with pytest.raises(Conflict), unit():
        undo_bulk(bulk, actor=city.ha, at=clock.now())
    assert not BulkRow.objects.exclude(undo="").exists()


def test_send_now_tells_at_once_and_ends_the_undoing(city: TestCity):
    ids = reports(city, 2)
    bulk = run(city.ha, ids, "route", agency=city.agency)
    with unit():
        release(bulk, actor=city.ha, at=clock.now())
    settle()
    assert messages("routed") == 2
    with pytest.raises(Conflict), unit():
        undo_bulk(bulk, actor=city.ha, at=clock.now())


def test_a_running_bulk_is_stopped_and_taken_back(city: TestCity, monkeypatch):
    monkeypatch.setattr(engine, "AT_ONCE", 2)
    ids = reports(city, 6)
    before = everything()
    open_cursors()
    bulk = chosen(city.ha, ids, "route", agency=city.agency)
    with unit():
        start(bulk, actor=city.ha, at=clock.now())
    for _ in range(2):
        engine_of_database().sequence()
        run_reactions()
    assert 0 < results(bulk).count("done") < 6
    told = undone(city.ha, bulk)
    assert told.state == "undone"
    assert everything() == before
    assert set(results(bulk)) == {"undone", "refused"}


def test_an_agency_head_cannot_touch_cases_of_another_agency(city: TestCity):
    ids = reports(city, 2)
    other = next(a.key for a in directory.agencies(city.at.date(), "ward_committee") if a.key != city.agency)
    city.act(city.ha, ids[0], "route", agency=other)
    city.act(city.ha, ids[1], "route", agency=city.agency)
    with unit():
        bulk = choose(ids, actor=city.binh, at=clock.now())
    assert list(BulkRow.objects.filter(bulk_id=bulk).values_list("case", flat=True)) == [ids[1]]
    with pytest.raises(Invalid), unit():
        choose(ids[:1], actor=city.binh, at=clock.now())
    with pytest.raises(Refused), unit():
        choose(ids, actor=city.lan, at=clock.now())
    with pytest.raises(NotFound):
        bulks.bulk(bulk, actor=city.tam)


def test_rights_are_asked_again_for_each_case(city: TestCity):
    ids = reports(city, 2)
    bulk = chosen(city.nga, ids, "route", agency=city.agency)
    assert results(bulk) == ["refused", "refused"]
    assert BulkRow.objects.filter(bulk_id=bulk).first().code == "processes.error.not_yours"
    with pytest.raises(Conflict), unit():
        start(bulk, actor=city.nga, at=clock.now())


def test_all_open_work_of_an_officer_goes_to_the_others_and_comes_back(city: TestCity):
    ids = reports(city, 5)
    run(city.ha, ids, "route", agency=city.agency)
    run(city.tam, ids, "accept")
    run(city.binh, ids, "assign", assignee=str(city.accounts["son"]))
    city.act(
        city.son,
        ids[4],
        "answer",
        answer="Đã thay bóng, đèn sáng lại từ tối qua.",
        stated_reason="Trời tối quá",
    )
    before = everything()
    son = city.accounts["son"]
    work = bulks.work_of(account=son)
    assert sorted(work) == sorted(ids)
    bulk = run(city.binh, work, "hand_over", giver=str(son), within=city.agency)
    assert results(bulk) == ["done"] * 5
    assert bulks.work_of(account=son) == []
    assert not Case.objects.filter(is_open=True, step="handle", holder=None).exists()
    assert not Instance.objects.filter(last_officer=son).exists()
    holders = set(Case.objects.filter(step="handle").values_list("holder", flat=True))
    assert holders == {city.accounts["thu"]}, "officers before clerks and heads"
    undone(city.binh, bulk)
    assert everything() == before


def test_all_open_work_of_an_agency_goes_to_another_and_is_taken_in_there(city: TestCity):
    ids = reports(city, 3)
    run(city.ha, ids, "route", agency=city.agency)
    run(city.tam, ids, "accept")
    run(city.binh, ids[:1], "assign", assignee=str(city.accounts["son"]))
    other = next(a.key for a in directory.agencies(city.at.date(), "department"))
    before = everything()
    bulk = run(city.quan, bulks.work_of(agency=city.agency), "hand_over", agency=other)
    assert results(bulk) == ["done"] * 3
    assert bulks.work_of(agency=city.agency) == []
    assert set(Case.objects.values_list("agency", "holder")) == {(other, None)}
    dues = [c["due_at"] for c in before["cases"].values()]
    assert sorted(dues) == sorted(Case.objects.values_list("due_at", flat=True))
    undone(city.quan, bulk)
    assert everything() == before
    refused = chosen(city.binh, ids, "hand_over", agency=other)
    assert set(results(refused)) == {"refused"}, "a head cannot give the agency's work away"
