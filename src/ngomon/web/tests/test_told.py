"""What the citizen will read stands at each action before it is taken, and is what is sent then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.city import TestCity

from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.messages.queries import inbox

PROMISED = clock.now().date() + timedelta(days=9)
pytestmark = pytest.mark.django_db(transaction=True)


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def told(city: TestCity, who: str, number: str, action: str, **said: str) -> str:
    answer = city.browser(who).post(f"/desk/cases/{number}/act/{action}/told", said)
    assert answer.status_code == 200
    return words(answer)


def test_the_message_shown_before_routing_is_the_message_sent(city: TestCity) -> None:
    settle()  # reactions begin to read here
    receipt = city.report()
    shown = told(city, "ha", receipt.number, "route", agency=city.agency)
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="x")
    settle()
    sent = [item for item in inbox(city.lan).items if item.subject in shown]
    assert [item.body in shown for item in sent] == [True]


def test_another_agency_is_told_of_as_soon_as_it_is_chosen(city: TestCity) -> None:
    receipt = city.report()
    other = next(a for a in directory.agencies(kind="department"))
    assert other.name["vi"] in told(city, "ha", receipt.number, "route", agency=other.key)
    assert (
        other.name["vi"]
        not in words(city.browser("ha").get(f"/desk/cases/{receipt.number}")).split("told")[1]
    )


def test_a_reporter_is_told_in_the_language_of_the_report(city: TestCity) -> None:
    receipt = city.report("The street lamp is out", language="en")
    assert f"Report {receipt.number} went to" in told(city, "ha", receipt.number, "route", agency=city.agency)


def test_an_answer_says_that_the_message_comes_once_it_is_public(city: TestCity) -> None:
    receipt = city.report()
    for who, action, more in (
        (city.ha, "route", {"agency": city.agency}),
        (city.tam, "accept", {}),
        (city.binh, "assign", {"assignee": city.accounts["son"]}),
    ):
        city.act(who, receipt.case_id, action, **more)
    page = words(city.browser("son").get(f"/desk/cases/{receipt.number}"))
    assert "Khi công khai, người phản ánh nhận tin" in page
    assert "đã trả lời phản ánh" in page
    assert "trước 6/12/2026" in told(city, "son", receipt.number, "commit", until="2026-12-06")
    assert "quý 2/2027" in told(city, "son", receipt.number, "record", quarter="2/2027")
    assert "Bước này chưa báo tin" in told(city, "son", receipt.number, "return")


def test_nothing_is_told_of_a_case_that_is_not_ones_own(city: TestCity) -> None:
    receipt = city.report()
    url = f"/desk/cases/{receipt.number}/act/route/told"
    assert city.browser("son").post(url).status_code == 404
    assert city.browser("lan").post(url).status_code == 403
    assert city.browser().post(url).status_code == 403


def test_odd_fields_are_no_matter(city: TestCity) -> None:
    receipt = city.report()
    assert "…" in told(city, "ha", receipt.number, "route", agency="no-such")
    assert "…" in told(city, "ha", receipt.number, "commit", until="tomorrow")
    assert "Bước này chưa báo tin" in told(city, "ha", receipt.number, "no-such-action")


def test_a_merge_is_undone_in_the_line_that_tells_of_it(city: TestCity) -> None:
    first, second = city.report(), city.report("den hu roi", who=city.minh)
    desk = city.browser("ha")
    desk.post(f"/desk/cases/{second.number}/merge", {"into": first.number})
    undo = f'formaction="/desk/cases/{second.number}/unmerge"'
    for number in (first.number, second.number):
        assert undo in words(desk.get(f"/desk/cases/{number}")).split('class="history"')[1]
    desk.post(f"/desk/cases/{second.number}/unmerge")
    assert Case.objects.get(pk=second.case_id).is_open
    assert "formaction" not in words(desk.get(f"/desk/cases/{second.number}"))


def test_whose_report_was_merged_comes_to_the_other_case_from_the_old_address(city: TestCity) -> None:
    first, second = city.report(), city.report("den hu roi", who=city.minh)
    other = city.report("Cây đổ chắn kiệt")
    desk = city.browser("ha")
    desk.post(f"/desk/cases/{second.number}/merge", {"into": first.number})
    assert city.browser("minh").get(f"/cases/{second.number}").url == f"/cases/{first.number}"
    assert city.browser("minh").get(f"/cases/{first.number}").status_code == 200
    assert city.browser("lan").get(f"/cases/{second.number}").status_code == 404
    assert city.browser("minh").get(f"/cases/{other.number}").status_code == 404
    assert city.browser().get(f"/cases/{second.number}").status_code == 404


def test_who_left_no_account_follows_a_merged_report_from_the_same_browser(city: TestCity) -> None:
    first, second = city.report(), city.report("den hu roi", who=ANONYMOUS)
    caller = city.browser()
    caller.post("/claim", {"code": second.claim_code})
    assert caller.get(f"/cases/{second.number}").status_code == 200
    city.browser("ha").post(f"/desk/cases/{second.number}/merge", {"into": first.number})
    assert caller.get(f"/cases/{second.number}").url == f"/cases/{first.number}"
    assert caller.get(f"/cases/{first.number}").status_code == 200


def test_a_promised_day_is_said_in_words(city: TestCity) -> None:
    receipt = city.report()
    for who, action, more in (
        (city.ha, "route", {"agency": city.agency}),
        (city.tam, "accept", {}),
        (city.binh, "assign", {"assignee": city.accounts["son"]}),
        (city.son, "commit", {"answer": "Đã đặt lịch thay cột đèn mới.", "until": PROMISED.isoformat()}),
        (city.binh, "approve", {}),
        (city.nga, "publish", {}),
    ):
        city.act(who, receipt.case_id, action, **more)
    page = words(city.browser("lan").get(f"/cases/{receipt.number}"))
    assert "&lt;time" not in page
    assert f"{PROMISED.day}/{PROMISED.month}/{PROMISED.year}. Đến ngày đó" in page
    assert "đã hẹn ngày" in page


def subjects(city: TestCity, who: str, number: str) -> list[str]:
    """What somebody's inbox says of a case, newest last."""
    settle()
    actor = getattr(city, who)
    return [item.subject for item in reversed(inbox(actor).items) if number in item.subject]


def test_a_promise_is_told_when_it_is_public_not_when_the_officer_writes_it(city: TestCity) -> None:
    settle()
    receipt = city.report()
    promise = {"answer": "Đã đặt lịch thay cột đèn mới.", "until": PROMISED.isoformat()}
    for who, action, more in (
        (city.ha, "route", {"agency": city.agency}),
        (city.tam, "accept", {}),
        (city.binh, "assign", {"assignee": city.accounts["son"]}),
        (city.son, "commit", promise),
        (city.binh, "return", {"reason": "Ngày này không kịp"}),
        (city.son, "commit", promise),
        (city.binh, "approve", {}),
    ):
        city.act(who, receipt.case_id, action, **more)
    assert not any("hẹn ngày" in subject for subject in subjects(city, "lan", receipt.number))
    shown = told(city, "nga", receipt.number, "publish")
    assert f"trước {PROMISED.day}/{PROMISED.month}/{PROMISED.year}" in shown
    city.act(city.nga, receipt.case_id, "publish")
    heard = subjects(city, "lan", receipt.number)
    assert sum("hẹn ngày" in subject for subject in heard) == 1
    assert not any("đã trả lời" in subject for subject in heard)


@pytest.mark.parametrize(("decision", "said"), [("uphold", "giữ nguyên"), ("overturn", "mở lại")])
def test_a_decided_appeal_is_told_to_the_reporter_and_the_agency(
    city: TestCity, decision: str, said: str
) -> None:
    settle()
    receipt = city.report()
    for who, action, more in (
        (city.ha, "route", {"agency": city.agency}),
        (city.tam, "hand_back", {"reason": "Không có đèn hỏng ở đây"}),
        (city.ha, "reject", {"reason": "Không tìm thấy chỗ này", "code": "not_found"}),
    ):
        city.act(who, receipt.case_id, action, **more)
    appeal = {"reason": "Xin xem lại, ngay cột điện số 4"}
    assert city.browser("lan").post(f"/cases/{receipt.number}/appeal", appeal).status_code == 302
    reason = {"reason": "Đã đến nơi, không có đèn hỏng"} if decision == "uphold" else {}
    if decision == "uphold":
        assert "giữ nguyên quyết định" in told(city, "quan", receipt.number, decision)
    city.act(city.quan, receipt.case_id, decision, **reason)
    assert sum(said in subject for subject in subjects(city, "lan", receipt.number)) == 1
    agency = "không được chấp nhận" if decision == "uphold" else "tiếp nhận lại"
    assert sum(agency in subject for subject in subjects(city, "binh", receipt.number)) == 1
    assert not any(agency in subject for subject in subjects(city, "son", receipt.number))
