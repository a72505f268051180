"""A forgotten case turns red on the pages by itself, and those above hear of it: the whole chain, from clock to page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ngomon.cases.queries import staff_case
from ngomon.core import clock
from ngomon.core.worker import settle
from ngomon.messages.queries import messages_of


@pytest.fixture
def wound(tmp_path):
    """A city clock that can be wound forward."""
    clock.use_offset_file(tmp_path / "offset")
    yield clock.wind
    clock.use_offset_file(None)


def test_a_forgotten_case_climbs_and_turns_red_on_desk_and_board(city, wound):
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="Đường của phường")
    settle()
    clerk = city.browser("tam")
    page = clerk.get(f"/desk/cases/{receipt.number}").content.decode()
    assert "badge--red" not in page.split("glance__meta")[0].split("glance__title")[1]

    wound(timedelta(days=21))
    settle()
    page = city.browser("tam").get(f"/desk/cases/{receipt.number}").content.decode()
    assert "badge--red" in page.split("glance__meta")[0].split("glance__title")[1]
    assert "quá hạn" in page
    queue = city.browser("tam").get("/desk?queue=intake").content.decode()
    assert "is-late" in queue
    board = city.browser().get("/board").content.decode()
    assert "stat--red" in board or ">1<" in board.replace(" ", "")

    view = staff_case(receipt.number, actor=city.ha)
    told = {m.template for m in messages_of(view.line.ref, actor=city.ha)}
    assert any("overdue" in template for template in told), told
    receivers = {m.account_id for m in messages_of(view.line.ref, actor=city.ha)}
    assert city.accounts["binh"] in receivers, "the agency's head heard"
    assert city.accounts["hanh"] in receivers, "the city's office heard"
    number_told = [m.subject for m in messages_of(view.line.ref, actor=city.ha)]
    assert any(receipt.number in subject for subject in number_told)


def test_a_silence_ends_by_itself_and_the_case_follows(city, wound):
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "ask", question="Trụ đèn số mấy?")
    settle()
    wound(timedelta(days=14))
    settle()
    assert staff_case(receipt.number, actor=city.ha).line.status == "closed"


def test_a_promise_reopens_on_its_day(city, wound):
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="x")
    city.act(city.tam, receipt.case_id, "accept")
    city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
    until = (clock.now() + timedelta(days=30)).date().isoformat()
    city.act(
        city.son, receipt.case_id, "commit", answer="Đã ghi vào kế hoạch quý sau, sẽ lắp mới.", until=until
    )
    city.act(city.binh, receipt.case_id, "approve")
    line = city.act(city.nga, receipt.case_id, "publish")
    assert line.status == "committed"
    wound(timedelta(days=33))
    settle()
    line = staff_case(receipt.number, actor=city.ha).line
    assert (line.status, line.step) == ("in_progress", "handle")
