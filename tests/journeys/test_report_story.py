"""The main job by commands: from the citizen's hand to the rated answer, and back again when it is not solved."""

from __future__ import annotations

import pytest

from ngomon.cases import commands, queries
from ngomon.cases.commands.steps import scopes
from ngomon.cases.models import Case, Entry, Tally
from ngomon.core import clock
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.events import history
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as directory


def recount() -> dict[str, int]:
    total: dict[str, int] = {}
    for case in Case.objects.all():
        for scope, n in scopes(case).items():
            total[scope] = total.get(scope, 0) + n
    return total


def tallies() -> dict[str, int]:
    return {t.scope: t.n for t in Tally.objects.exclude(scope__startswith="number:") if t.n}


def answered(city, case_id):
    city.act(city.ha, case_id, "route", agency=city.agency, why="Đường của phường")
    city.act(city.tam, case_id, "accept")
    city.act(city.binh, case_id, "assign", assignee=city.accounts["son"])
    city.act(
        city.son,
        case_id,
        "answer",
        answer="Đã thay bóng và bộ điều khiển lúc 15 giờ.",
        stated_reason="Chụp ảnh ban đêm chưa được, sẽ bổ sung",
    )
    city.act(city.binh, case_id, "approve")
    return city.act(city.nga, case_id, "publish")


def test_a_report_travels_from_the_citizen_to_the_published_and_rated_answer(city):
    receipt = city.report()
    assert receipt.is_new
    assert receipt.number.startswith("PA-")
    line = answered(city, receipt.case_id)
    assert line.status == "answered"
    with unit():
        commands.rate(receipt.case_id, "satisfied", comment="Cảm ơn", actor=city.lan, at=clock.now())
    view = queries.public_case(receipt.number)
    assert view.line.rating == "satisfied"
    assert [e.kind for e in view.entries] == ["answer", "rating"]
    settle()
    assert tallies() == recount()
    versions = [r.version for r in history("case", str(receipt.case_id))]
    assert versions == list(range(1, len(versions) + 1))


def test_the_same_report_sent_twice_is_one(city):
    first = city.report(source="api", external_id="x-1")
    again = city.report(source="api", external_id="x-1")
    assert again.number == first.number
    assert not again.is_new
    assert Case.objects.count() == 1


def test_done_without_photo_or_reason_is_refused_where_the_category_asks_for_one(city):
    category = next(
        c.key
        for c in directory.categories()
        if c.after_photo == "required" and c.group == "timed" and not c.photo_required
    )
    receipt = city.report(category=category)
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="x")
    city.act(city.tam, receipt.case_id, "accept")
    city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
    with pytest.raises(Invalid) as refused:
        city.act(city.son, receipt.case_id, "answer", answer="Đã xử lý xong rồi nhé bà con.")
    assert refused.value.fields == {"photos": "cases.error.proof_needed"}


def test_a_wrong_case_is_handed_back_in_one_action(city):
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="x")
    line = city.act(city.tam, receipt.case_id, "hand_back", reason="Đường do Sở Xây dựng quản lý")
    assert (line.step, line.agency) == ("route", "")


def test_not_satisfied_goes_to_another_officer_and_the_supervisor(city):
    receipt = city.report()
    answered(city, receipt.case_id)
    with unit():
        line = commands.rate(
            receipt.case_id, "dissatisfied", comment="Đèn vẫn tắt", actor=city.lan, at=clock.now()
        )
    assert (line.step, line.status) == ("redo", "in_progress")
    with pytest.raises((Invalid, Refused, Conflict)):
        city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
    line = city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["thu"])
    assert line.step == "handle"
    assert queries.public_case(receipt.number).reopened == 1
    assert tallies() == recount()


def test_a_rejected_report_can_be_appealed(city):
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "reject", reason="Không tìm thấy địa điểm")
    with unit():
        line = commands.appeal(
            receipt.case_id, "Địa điểm ở ngay trước kiệt 42", actor=city.lan, at=clock.now()
        )
    assert line.step == "appeal"
    line = city.act(city.quan, receipt.case_id, "overturn")
    assert line.step == "route"
    assert tallies() == recount()


def test_asking_pauses_and_the_reply_goes_on(city):
    receipt = city.report()
    line = city.act(city.ha, receipt.case_id, "ask", question="Trụ đèn số mấy?")
    assert (line.status, line.due_at) == ("waiting", None)
    with pytest.raises(Refused), unit():
        commands.reply(receipt.case_id, "số 12", actor=city.minh, at=clock.now())
    with unit():
        line = commands.reply(receipt.case_id, "Trụ số 12", actor=city.lan, at=clock.now())
    assert line.step == "verify"


def test_merging_gathers_reports_and_unmerging_gives_them_back(city):
    first, second = city.report(), city.report("den duong kiet 42 hu", who=city.minh)
    with unit():
        commands.merge(second.case_id, first.case_id, actor=city.ha, at=clock.now())
    assert queries.is_reporter(first.case_id, actor=city.minh)
    assert tallies() == recount()
    with unit():
        commands.unmerge(second.case_id, actor=city.ha, at=clock.now())
    assert not queries.is_reporter(first.case_id, actor=city.minh)
    assert Case.objects.get(pk=second.case_id).is_open
    assert tallies() == recount()


def test_the_agency_cannot_reach_the_reporter(city):
    receipt = city.report("Gọi tôi 0905123456, đèn tắt")
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="x")
    view = queries.staff_case(receipt.number, actor=city.tam)
    assert "0905123456" not in repr(view)
    with pytest.raises(Refused), unit():
        queries.reporter_of(receipt.case_id, actor=city.tam, purpose="tò mò", at=clock.now())
    with unit():
        assert (
            queries.reporter_of(receipt.case_id, actor=city.ha, purpose="gọi lại", at=clock.now()) is not None
        )
    assert not Entry.objects.filter(text__contains="0905123456").exists()
