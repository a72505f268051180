"""The desk's pages for many cases: choose by hand or by filter, preview, run, undo, export, hand over, saved filters."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.city import TestCity

from ngomon.cases.models import Bulk, Case, SavedFilter
from ngomon.core import clock
from ngomon.core.worker import settle
from ngomon.directory import queries as directory


def reports(city: TestCity, n: int) -> list[UUID]:
    settle()
    made = [city.report(f"Đèn đường thứ {i} tắt đã ba đêm").case_id for i in range(n)]
    settle()
    return made


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_shift_routes_a_queue_in_one_go_and_takes_it_back(city: TestCity):
    ids = reports(city, 3)
    desk = city.browser("ha")
    page = words(desk.get("/desk?queue=triage"))
    assert "Chọn tất cả theo bộ lọc (3)" in page
    assert page.count("data-pick>") == 3
    answer = desk.post("/desk/bulk", {"queue": "triage", "case": [str(ids[0]), str(ids[1])]})
    url = answer.url
    page = words(desk.get(url))
    assert "Đã chọn 2 vụ việc" in page
    assert "2 trên 2" in page
    assert desk.post(f"{url}/preview", {"action": "route"}).status_code == 422
    said = {"action": "route", "agency": city.agency, "why": "Đường của phường"}
    assert desk.post(f"{url}/preview", said).url == url
    page = words(desk.get(url))
    assert "Sẽ làm với 2 trên 2 vụ việc đã chọn" in page
    assert "đã chuyển đến" in page, "what each reporter would read"
    assert "<span>Làm với 2 vụ việc</span>" in page
    assert desk.post(f"{url}/start").url == url
    assert "Đang làm" in words(desk.get(f"{url}/progress"))
    settle()
    page = words(desk.get(url))
    assert "Đã làm 2" in page
    assert "Hoàn tác tất cả" in page
    assert Case.objects.filter(agency=city.agency).count() == 2
    table = b"".join(desk.get(f"{url}/result.csv").streaming_content).decode()
    assert table.count("Đã làm") == 2
    desk.post(f"{url}/undo")
    settle()
    assert "Đã trả lại như cũ 2 vụ việc" in words(desk.get(url))
    assert not Case.objects.filter(agency=city.agency).exists()
    assert "Hoàn tác thao tác trước" in words(desk.get(f"/desk/cases/{Case.objects.get(pk=ids[0]).number}"))
    assert "Chuyển cơ quan" in words(desk.get("/desk/bulk"))


def test_all_that_a_filter_finds_is_chosen(city: TestCity):
    ids = reports(city, 3)
    city.report("Rác chất đống đầu kiệt")
    settle()
    desk = city.browser("ha")
    page = words(desk.get("/desk?queue=triage&words=den+duong"))
    assert "(3)" in page
    assert "Rác chất đống" not in page
    said = {"queue": "triage", "words": "den duong", "all": "1"}
    url = desk.post("/desk/bulk", said).url
    assert "Đã chọn 3 vụ việc" in words(desk.get(url))
    made = Bulk.objects.get()
    assert set(made.rows.values_list("case", flat=True)) == set(ids)
    assert "words=den+duong" in made.filter


def test_those_that_could_not_be_done_say_why_and_can_be_selected_again(city: TestCity):
    ids = reports(city, 2)
    city.act(city.ha, ids[0], "route", agency=city.agency)
    desk = city.browser("ha")
    url = desk.post("/desk/bulk", {"case": [str(key) for key in ids]}).url
    desk.post(f"{url}/preview", {"action": "reject", "reason": "Ngoài phạm vi tiếp nhận"})
    page = words(desk.get(url))
    assert "Không làm được với 1 vụ việc" in page
    assert "Không làm được việc này ở bước hiện tại" in page
    desk.post(f"{url}/start")
    settle()
    page = words(desk.get(url))
    assert Case.objects.get(pk=ids[0]).number in page
    again = desk.post(f"{url}/again").url
    assert "Đã chọn 1 vụ việc" in words(desk.get(again))


def test_a_bulk_is_its_officers_own(city: TestCity):
    ids = reports(city, 1)
    url = city.browser("ha").post("/desk/bulk", {"case": [str(ids[0])]}).url
    for who in ("tam", "nga", "binh"):
        for part in ("", "/progress", "/result.csv"):
            assert city.browser(who).get(url + part).status_code == 404
        for part in ("/preview", "/start", "/undo", "/release", "/again"):
            assert city.browser(who).post(url + part, {"action": "note", "note": "x"}).status_code == 404
    assert city.browser("dung").get(url).status_code == 403
    assert city.browser("binh").post("/desk/bulk", {"case": [str(ids[0])]}).status_code == 422


def test_filters_are_saved_for_oneself_or_shared_by_who_leads(
    city: TestCity, django_assert_max_num_queries: Any
):
    reports(city, 2)
    desk = city.browser("ha")
    said = {"queue": "triage", "category": city.category, "name": "Đèn chờ xác minh"}
    assert desk.post("/desk/filter", said).url.startswith("/desk?queue=triage&category=")
    assert desk.post("/desk/filter", {**said, "name": ""}).status_code == 422
    assert desk.post("/desk/filter", {**said, "name": "chung", "shared": "1"}).status_code == 403
    lead = city.browser("quan")
    lead.post("/desk/filter", {"queue": "triage", "late": "late", "name": "Trễ của ca", "shared": "1"})
    page = words(desk.get("/desk?queue=triage"))
    assert "Đèn chờ xác minh" in page
    assert "Trễ của ca" in page
    assert "Trễ của ca" not in words(city.browser("tam").get("/desk/filter"))
    chips = words(desk.get("/desk/filter/counted?queue=triage"))
    assert re.search(r"Đèn chờ xác minh <b[^>]*>2</b>", chips)
    assert re.search(r"Trễ của ca <b[^>]*>0</b>", chips)
    with django_assert_max_num_queries(4):  # session, counters, the cases, saved filters
        desk.get("/desk?queue=triage")
    with django_assert_max_num_queries(4):
        desk.get(f"/desk?queue=triage&category={city.category}")
    shared = SavedFilter.objects.get(name="Trễ của ca")
    assert desk.post(f"/desk/filter/{shared.pk}/remove").status_code == 403
    assert lead.post(f"/desk/filter/{shared.pk}/remove").status_code == 302
    assert desk.get("/desk?queue=triage&days=abc&late=x&category=nothing").status_code == 200


def test_a_head_hands_an_officers_work_over_and_no_case_is_left_without_a_holder(city: TestCity):
    ids = reports(city, 3)
    for key in ids:
        city.act(city.ha, key, "route", agency=city.agency)
        city.act(city.tam, key, "accept")
        city.act(city.binh, key, "assign", assignee=city.accounts["son"])
    head = city.browser("binh")
    page = words(head.get("/desk/handover"))
    assert "Đặng Hoài Sơn (3)" in page
    url = head.post("/desk/handover", {"within": city.agency, "giver": str(city.accounts["son"])}).url
    page = words(head.get(url))
    assert "Sẽ làm với 3 trên 3" in page
    assert "→ Phan Anh Thư" in page
    head.post(f"{url}/start")
    settle()
    assert not Case.objects.filter(is_open=True, holder=None).exists()
    assert not Case.objects.filter(holder=city.accounts["son"]).exists()
    assert city.browser("tam").get("/desk/handover").status_code == 403


def test_the_shift_lead_gives_an_agencys_work_to_another(city: TestCity):
    ids = reports(city, 2)
    for key in ids:
        city.act(city.ha, key, "route", agency=city.agency)
    other = next(a.key for a in directory.agencies(city.at.date(), "department"))
    head = city.browser("binh")
    assert head.post("/desk/handover", {"within": other, "agency": city.agency}).status_code == 403
    lead = city.browser("quan")
    assert "2 vụ việc đang mở" in words(lead.get(f"/desk/handover?within={city.agency}"))
    url = lead.post("/desk/handover", {"within": city.agency, "agency": other}).url
    lead.post(f"{url}/start")
    settle()
    assert set(Case.objects.values_list("agency", flat=True)) == {other}


def test_officers_see_who_else_has_a_case_open_and_what_changed_meanwhile(city: TestCity, monkeypatch: Any):
    key = reports(city, 1)[0]
    number = Case.objects.get(pk=key).number
    ha, quan = city.browser("ha"), city.browser("quan")
    assert "case-presence" in words(ha.get(f"/desk/cases/{number}"))
    assert words(ha.post(f"/desk/cases/{number}/here", {"doing": "seeing"})).strip() == ""
    assert "Lê Thu Hà đang xem" in words(quan.post(f"/desk/cases/{number}/here"))
    ha.post(f"/desk/cases/{number}/here", {"doing": "working"})
    assert "Lê Thu Hà đang xử lý" in words(quan.post(f"/desk/cases/{number}/here"))
    assert "Hồ Đắc Quân đang xem" in words(ha.post(f"/desk/cases/{number}/here"))
    for who, status in (("tam", 404), ("lan", 403), ("", 403)):
        assert city.browser(who).post(f"/desk/cases/{number}/here").status_code == status
    for who in ("lan", ""):
        public = city.browser(who).get(f"/cases/{number}")
        assert "Lê Thu Hà" not in words(public)
    later = clock.now() + timedelta(seconds=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert words(quan.post(f"/desk/cases/{number}/here")).strip() == ""


def test_a_second_officer_who_acts_is_told_what_changed(city: TestCity):
    key = reports(city, 1)[0]
    case = Case.objects.get(pk=key)
    said = {"agency": city.agency, "version": str(case.version)}
    city.act(city.ha, key, "accept")
    settle()
    answer = city.browser("ha").post(f"/desk/cases/{case.number}/act/route", said)
    assert answer.status_code == 409
    assert re.search(r"vừa được người khác cập nhật.*?<li>[^<]*Lê Thu Hà", words(answer))
