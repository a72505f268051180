"""The desk through its pages: on behalf of a caller, merge and unmerge, consultation, who reported, dead letters, stuck events."""

from __future__ import annotations

import re

from ngomon.cases import queries
from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.models import AuditRow
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.identity import commands as identity
from ngomon.identity.queries import forget_grants
from tests.city import SYSTEM


def handled(city):
    receipt = city.report()
    city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="x")
    city.act(city.tam, receipt.case_id, "accept")
    city.act(city.binh, receipt.case_id, "assign", assignee=city.accounts["son"])
    return receipt


def test_an_operator_writes_down_a_call_and_tells_the_code(city):
    lon, lat = city.corner
    desk = city.browser("ha")
    page = desk.get("/desk/new").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    form = {
        "source": "hotline",
        "text": "Cây đổ chắn kiệt",
        "lon": lon,
        "lat": lat,
        "name": "Bà Tư",
        "phone": "0905 123 456",
        "token": token,
    }
    answer = desk.post("/desk/new", form)
    assert answer.status_code == 200
    code = re.search(r'class="code">([0-9A-Z]{10})<', answer.content.decode())[1]
    number = re.search(r"PA-\d{4}-\d{4}", answer.content.decode())[0]
    assert queries.case_of_claim(code) == number
    desk.post("/desk/new", form)
    assert Case.objects.count() == 1
    assert queries.my_cases(actor=city.ha) == []


def test_a_call_without_a_place_asks_for_one(city):
    answer = city.browser("ha").post("/desk/new", {"source": "hotline", "text": "Cây đổ", "token": "t"})
    assert answer.status_code == 422
    assert "Hãy ghi địa điểm" in answer.content.decode()


def test_cases_are_merged_and_parted_by_their_numbers(city):
    first, second = city.report(), city.report("den hu roi", who=city.minh)
    desk = city.browser("ha")
    desk.post(f"/desk/cases/{second.number}/merge", {"into": first.number})
    assert Case.objects.get(pk=second.case_id).merged_into == first.case_id
    page = desk.get(f"/desk/cases/{second.number}").content.decode()
    assert first.number in page
    desk.post(f"/desk/cases/{second.number}/unmerge")
    assert Case.objects.get(pk=second.case_id).is_open


def test_a_lead_agency_asks_another_and_gets_its_opinion(city):
    receipt = handled(city)
    other = next(a.key for a in directory.agencies(kind="department"))
    officer = city.browser("son")
    assert "consult-agencies" in officer.get(f"/desk/cases/{receipt.number}").content.decode()
    officer.post(
        f"/desk/cases/{receipt.number}/consult", {"agencies": [other], "question": "Đoạn này ai quản lý?"}
    )
    page = officer.get(f"/desk/cases/{receipt.number}").content.decode()
    assert "Đoạn này ai quản lý?" in page
    refused = city.browser("tam").post(
        f"/desk/cases/{receipt.number}/opinion", {"agency": other, "opinion": "agrees", "words": "x"}
    )
    assert refused.status_code == 403

    with unit():
        identity.take_post(
            city.accounts["minh"], "agency_clerk", agency=other, from_at=city.at, actor=SYSTEM, at=clock.now()
        )
    forget_grants()
    asked = city.browser("minh")
    assert "Đoạn này ai quản lý?" in asked.get("/desk/consultations").content.decode()
    form = {"agency": other, "opinion": "agrees", "words": "Sở quản lý, đồng ý sửa."}
    assert asked.post(f"/desk/cases/{receipt.number}/opinion", form).status_code == 302
    assert "Sở quản lý, đồng ý sửa." in officer.get(f"/desk/cases/{receipt.number}").content.decode()
    assert asked.get(f"/desk/cases/{receipt.number}").status_code == 404


def test_who_reported_is_shown_to_the_desk_for_a_purpose_and_written_down(city):
    receipt = handled(city)
    desk = city.browser("ha")
    assert desk.post(f"/desk/cases/{receipt.number}/reporter", {"purpose": ""}).status_code == 422
    assert (
        desk.post(f"/desk/cases/{receipt.number}/reporter", {"purpose": "gọi lại hỏi vị trí"}).status_code
        == 200
    )
    assert AuditRow.objects.filter(action="looked", purpose="gọi lại hỏi vị trí").count() == 1
    assert (
        city.browser("son").post(f"/desk/cases/{receipt.number}/reporter", {"purpose": "x"}).status_code
        == 403
    )


def test_the_last_four_digits_find_a_case_and_words_do(city):
    receipt = city.report("Nắp cống vỡ trước chợ An Cựu")
    settle()
    desk = city.browser("ha")
    assert desk.get("/desk/search", {"q": receipt.number[-4:]}).url.endswith(receipt.number)
    assert desk.get("/desk/search", {"q": "nap cong vo"}).url.endswith(receipt.number)


def test_a_refused_action_keeps_what_was_typed(city):
    receipt = handled(city)
    answer = city.browser("son").post(
        f"/desk/cases/{receipt.number}/act/answer",
        {"answer": "Đã xử lý [ngày giờ] xong xuôi.", "version": ""},
    )
    assert answer.status_code == 422
    assert "Đã xử lý [ngày giờ] xong xuôi." in answer.content.decode()


def test_a_case_that_changed_meanwhile_is_not_overwritten(city):
    receipt = city.report()
    stale = Case.objects.get(pk=receipt.case_id).version
    city.act(city.ha, receipt.case_id, "accept")
    answer = city.browser("ha").post(
        f"/desk/cases/{receipt.number}/act/route", {"agency": city.agency, "why": "x", "version": stale}
    )
    assert answer.status_code == 409


def test_pages_of_what_is_stuck_answer(city):
    desk = city.browser("ha")
    for path in ("/desk", "/desk/messages", "/desk/parked", "/desk/consultations", "/desk?queue=review"):
        assert desk.get(path).status_code == 200
    assert city.browser("son").get("/desk/parked").status_code == 403
    assert city.browser().get("/desk").status_code == 302
