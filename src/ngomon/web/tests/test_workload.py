"""Work given out with reasons, shared out in bulk, balanced: as a head, a clerk and the shift lead see it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from tests.city import TestCity

from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.identity import commands as identity
from ngomon.identity.queries import holdings_of
from ngomon.processes.models import Instance


def words(answer: Any) -> str:
    return unescape(answer.content.decode())


def at_hand(city: TestCity, n: int, officer: str = "") -> list[UUID]:
    """Cases that the head is to assign, or that an officer has."""
    made = []
    for i in range(n):
        case_id = city.report(f"Đèn đường thứ {i} tắt đã ba đêm").case_id
        city.act(city.ha, case_id, "route", agency=city.agency)
        city.act(city.tam, case_id, "accept")
        if officer:
            city.act(city.binh, case_id, "assign", assignee=city.accounts[officer])
        made.append(case_id)
    return made


def absent(city: TestCity, who: str, days: float = 0, for_days: float = 3) -> None:
    start = clock.now() + timedelta(days=days)
    with unit():
        identity.set_absence(
            city.accounts[who],
            from_at=start,
            to_at=start + timedelta(days=for_days),
            actor=city.binh,
            at=clock.now(),
        )


def chosen(page: str) -> list[str]:
    return re.findall(r'name="assignee" value="([^"]+)" required checked', page)


def test_the_best_officer_is_chosen_already_with_the_reasons_in_words(city: TestCity):
    for done in at_hand(city, 2, "son"):
        said = {"answer": "Đã thay bóng, đèn sáng lại từ tối qua.", "stated_reason": "Trời tối quá"}
        city.act(city.son, done, "answer", **said)
    at_hand(city, 1, "thu")
    case_id = at_hand(city, 1)[0]
    number = Case.objects.get(pk=case_id).number
    page = words(city.browser("binh").get(f"/desk/cases/{number}"))
    assert chosen(page) == [str(city.accounts["son"])]
    assert "chưa giữ việc nào, 2 việc loại này đã xong đúng hạn" in page
    assert "đang giữ 1 việc, chưa làm loại việc này" in page
    assert 'data-key="g"' in page
    absent(city, "son", days=1)
    page = words(city.browser("binh").get(f"/desk/cases/{number}"))
    assert "nghỉ từ " in page
    absent(city, "thu", for_days=0.5)
    page = words(city.browser("binh").get(f"/desk/cases/{number}"))
    assert chosen(page) == [str(city.accounts["son"])]
    assert "đang nghỉ đến" in page
    gave = city.browser("binh").post(
        f"/desk/cases/{number}/act/assign", {"assignee": str(city.accounts["son"])}
    )
    assert gave.status_code == 302
    assert Case.objects.get(pk=case_id).holder == city.accounts["son"]


def test_only_a_head_and_those_with_the_right_see_figures_of_officers(city: TestCity):
    at_hand(city, 1, "son")
    for who, status in (
        ("binh", 200),
        ("quan", 200),
        ("hanh", 200),
        ("tam", 403),
        ("son", 403),
        ("dung", 403),
    ):
        assert city.browser(who).get("/desk/balance").status_code == status
    other = next(a.key for a in directory.agencies(city.at.date(), "ward_committee") if a.key != city.agency)
    assert city.browser("binh").get(f"/desk/balance?within={other}").status_code == 403
    assert "Đặng Hoài Sơn" in words(city.browser("quan").get(f"/desk/balance?within={city.agency}"))
    assert "Đặng Hoài Sơn" not in words(city.browser("quan").get("/desk/balance"))


def test_selected_cases_are_shared_out_with_a_preview_of_who_gets_what_and_undone(city: TestCity):
    ids = at_hand(city, 4)
    settle()
    head = city.browser("binh")
    url = head.post("/desk/bulk", {"case": [str(key) for key in ids]}).url
    assert "Chia đều cho cán bộ" in words(head.get(url))
    head.post(f"{url}/preview", {"action": "share"})
    page = words(head.get(url))
    assert page.count('<b class="count">2</b>') == 2
    assert "→ Phan Anh Thư" in page
    head.post(f"{url}/start")
    settle()
    held = sorted(str(h) for h in Case.objects.values_list("holder", flat=True))
    assert held == sorted([str(city.accounts["son"])] * 2 + [str(city.accounts["thu"])] * 2)
    head.post(f"{url}/undo")
    settle()
    assert set(Case.objects.values_list("holder", "step")) == {(None, "assign")}


def test_cases_of_several_agencies_are_not_shared_out_at_once(city: TestCity):
    other = next(a.key for a in directory.agencies(city.at.date(), "ward_committee") if a.key != city.agency)
    ids = [city.report(f"Ổ gà số {i}").case_id for i in range(2)]
    for key, agency in zip(ids, (city.agency, other), strict=True):
        city.act(city.ha, key, "route", agency=agency)
    lead = city.browser("quan")
    url = lead.post("/desk/bulk", {"case": [str(key) for key in ids]}).url
    assert "Chia đều" not in words(lead.get(url))
    lead.post(f"{url}/preview", {"action": "share"})
    assert Case.objects.filter(holder__isnull=False).count() == 0


def test_the_balance_suggests_moves_and_moves_from_there(city: TestCity):
    settle()
    at_hand(city, 5, "son")
    head = city.browser("binh")
    page = words(head.get("/desk/balance"))
    assert "chart-view" in page
    assert "Chuyển 2 vụ từ Đặng Hoài Sơn sang Phan Anh Thư" in page
    said = {"within": city.agency, "giver": str(city.accounts["son"]), "taker": str(city.accounts["thu"])}
    for wrong in ({"n": "0"}, {"n": "x"}, {"n": "1", "taker": said["giver"]}, {"n": "1", "giver": "?"}):
        assert head.post("/desk/balance", {**said, **wrong}).status_code == 422
    url = head.post("/desk/balance", {**said, "n": "2"}).url
    assert "Sẽ làm với 2 trên 2" in words(head.get(url))
    head.post(f"{url}/start")
    settle()
    assert Case.objects.filter(holder=city.accounts["son"]).count() == 3
    assert "Việc đã đều" in words(head.get("/desk/balance"))
    absent(city, "thu")
    page = words(head.get("/desk/balance"))
    assert "Đang vắng" in page
    assert "Chuyển 1 vụ" not in page


def test_who_left_with_open_work_is_seen_by_head_and_city(city: TestCity):
    at_hand(city, 2, "son")
    holding = next(h for h in identity_holdings(city, "son"))
    with unit():
        identity.leave_post(holding, actor=city.vy, at=clock.now())
    assert "Không còn vị trí ở đây" in words(city.browser("binh").get("/desk/balance"))
    assert "2 việc đang mở" in words(city.browser("hanh").get("/desk/balance"))


def identity_holdings(city: TestCity, who: str) -> list[UUID]:
    from_now = clock.now()
    return [h.id for h in holdings_of(city.accounts[who], from_now)]


@pytest.mark.parametrize("cases", [2, 9])
def test_the_statements_do_not_grow_with_cases(
    city: TestCity, cases: int, django_assert_max_num_queries: Any
):
    at_hand(city, cases, "son")
    number = Case.objects.get(pk=at_hand(city, 1)[0]).number
    browsers = {who: city.browser(who) for who in ("binh", "quan")}
    for browser in browsers.values():
        browser.get("/desk/balance")
    with django_assert_max_num_queries(17):
        browsers["binh"].get("/desk/balance")
    with django_assert_max_num_queries(8):
        browsers["quan"].get("/desk/balance")
    browsers["binh"].get(f"/desk/cases/{number}")
    with django_assert_max_num_queries(50):
        browsers["binh"].get(f"/desk/cases/{number}")
    assert Instance.objects.filter(assignee=city.accounts["son"]).count() == cases
