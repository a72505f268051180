"""Administration by its pages: what an administrator changes is changed by commands, written down, and refused with a reason."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from tests.city import TestCity

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS
from ngomon.core.units import unit
from ngomon.core.worker import settle
from ngomon.directory import queries as directory
from ngomon.identity.commands import appeal_lock
from ngomon.identity.queries import account_shown, actor_of_client, clients, forget_grants
from ngomon.messages.queries import inbox
from ngomon.web.admin.forms import category_initial

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    "/admin", "/admin/categories", "/admin/categories?q=den", "/admin/categories/new", "/admin/agencies",
    "/admin/agencies?state=unready&q=hue", "/admin/agencies/new", "/admin/people", "/admin/people?q=ha",
    "/admin/people/new", "/admin/locks", "/admin/calendar", "/admin/calendar?year=2026", "/admin/workbook",
    "/admin/processes", "/admin/clients", "/admin/pack", "/admin/audit", "/admin/audit?kind=agency",
]  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_administration_opens_in_both_languages(city: TestCity, language: str):
    browser = city.browser("vy")
    browser.cookies["lang"] = language
    more = [
        f"/admin/categories/{city.category}",
        f"/admin/agencies/{city.agency}",
        f"/admin/agencies/{city.agency}/close",
        f"/admin/agencies/{city.agency}/roster",
        f"/admin/people/{city.accounts['tam']}",
        "/admin/processes/field_reports.timed",
    ]
    for address in [*PAGES, *more]:
        answer = browser.get(address, headers={"accept-language": language})
        if answer.status_code == 404 and "processes" in address:
            continue
        assert answer.status_code == 200, address
        words = answer.content.decode()
        assert "web.admin." not in words, (address, words[words.index("web.admin.") :][:60])


def test_a_category_is_edited_and_a_wrong_budget_stands_beside_its_field(city: TestCity):
    browser, address = city.browser("vy"), f"/admin/categories/{city.category}"
    found = directory.category(city.category)
    said = {**category_initial(found), "name_vi": "Đèn tắt", "budget_days": "4"}
    sent = {name: value for name, value in said.items() if value not in (False, None)}
    wrong = browser.post(address, {**sent, "budget_days": "0"})
    assert wrong.status_code == 422
    assert "error-summary" in wrong.content.decode()
    answer = browser.post(address, sent)
    assert answer.status_code == 302
    assert (directory.category(city.category).name["vi"], directory.category(city.category).budget_days) == (
        "Đèn tắt",
        4,
    )
    assert "Sửa loại phản ánh" in browser.get("/admin/audit?kind=category").content.decode()


def test_who_is_responsible_changes_from_a_day_on(city: TestCity):
    browser = city.browser("vy")
    on = directory.local_day(clock.now())
    rows = {
        "route-area": city.area,
        "route-agency": city.agency,
        "route-valid_from": on.isoformat(),
        "route-why_vi": "Theo quyết định mới tại {area}",
    }
    address = f"/admin/categories/{city.category}"
    assert browser.post(f"{address}/routing", rows).status_code == 302
    routing = directory.route_for(city.category, city.area, on)
    assert (routing.agency, routing.why["vi"][:20]) == (city.agency, "Theo quyết định mới ")
    assert browser.post(f"{address}/routing", rows).status_code == 422
    assert browser.post(f"{address}/routing/{routing.rule}/end", {"on": on.isoformat()}).status_code == 302
    assert directory.route_for(city.category, city.area, on).rule != routing.rule


def test_an_agency_is_closed_only_after_a_preview_and_its_people_move(city: TestCity):
    city.report()
    on = directory.local_day(clock.now())
    heir = next(a.key for a in directory.agencies(on, "ward_committee") if a.key != city.agency)
    browser, address = city.browser("vy"), f"/admin/agencies/{city.agency}/close"
    asked = {"successor": heir, "on": on.isoformat()}
    preview = browser.post(address, asked)
    assert preview.status_code == 200
    assert "4 lượt giữ vị trí" in preview.content.decode()
    assert directory.agency(city.agency).valid_to is None
    assert browser.post(address, {**asked, "sure": "yes"}).status_code == 302
    settle()
    forget_grants()
    assert city.tam.agencies() == {heir}


def test_an_agency_is_ready_once_its_three_have_answered_their_own_links(city: TestCity):
    browser = city.browser("vy")
    agency = f"/admin/agencies/{city.agency}"
    given = {"give-role": "agency_head", "give-agency": city.agency, "give-from_on": "2026-01-01"}
    assert browser.post(f"/admin/people/{city.accounts['thu']}/posts", given).status_code == 302
    forget_grants()
    assert browser.post(f"{agency}/test").status_code == 302
    links = {}
    for who in ("binh", "tam", "thu"):
        told = [item for item in inbox(getattr(city, who)).items if item.url.startswith("/desk/ready/")]
        assert len(told) == 1, who
        links[who] = told[0].url
    assert city.browser("tam").post(links["binh"]).status_code == 403
    assert city.browser("tam").get("/desk/ready/forged").status_code == 404
    for who, link in links.items():
        officer = city.browser(who)
        assert "Tôi đã nhận được" in officer.get(link).content.decode()
        assert not directory.agency(city.agency).is_ready
        assert officer.post(link).status_code == 200
    assert directory.agency(city.agency).is_ready
    assert browser.post(f"{agency}/test").status_code == 422


def test_somebody_holds_several_posts_is_away_and_empowers_another(city: TestCity):
    browser, tam, son = city.browser("vy"), city.accounts["tam"], str(city.accounts["son"])
    person, today = f"/admin/people/{tam}", directory.local_day(clock.now())
    lacking = browser.post(f"{person}/posts", {"give-role": "agency_head", "give-from_on": today.isoformat()})
    assert lacking.status_code == 422
    away = {
        "absence-from_on": today.isoformat(),
        "absence-until_on": today.isoformat(),
        "absence-substitute": son,
    }
    assert browser.post(f"{person}/absence", away).status_code == 302
    assert browser.post(f"{person}/absence", away).status_code == 422
    forget_grants()
    assert city.son.holds("agency_clerk", agency=city.agency)
    assert "Vắng đến hết" in browser.get(f"/admin/agencies/{city.agency}").content.decode()
    given = {
        "delegation-receiver": str(city.accounts["thu"]),
        "delegation-from_on": today.isoformat(),
        "delegation-until_on": today.isoformat(),
        "delegation-document": "12/QĐ-UBND",
    }
    assert browser.post(f"{person}/delegation", given).status_code == 302
    forget_grants()
    assert city.thu.holds("agency_clerk", agency=city.agency)


def test_a_roster_is_set_by_the_head_and_refused_to_another_agency(city: TestCity):
    city.browser("vy").post(f"/admin/agencies/{city.agency}/posts", {"post-role": "agency_clerk"})
    post = directory.posts(city.agency)[0]
    address = f"/admin/agencies/{city.agency}/roster"
    head = city.browser("binh")
    assert (
        head.post(address, {"day_0_0_post": str(post.id), "night_6_0_post": str(post.id)}).status_code == 302
    )
    assert [(s.weekday, s.shift) for s in directory.roster(city.agency)] == [(0, "day"), (6, "night")]
    assert head.post(address, {"day_0_0_post": "nonsense"}).status_code == 422
    other = next(a.key for a in directory.agencies(kind="ward_committee") if a.key != city.agency)
    assert head.get(f"/admin/agencies/{other}/roster").status_code == 403
    assert city.browser("tam").post(address, {}).status_code == 403


def test_days_are_decided_by_the_city_office_too_and_withdrawn(city: TestCity):
    office = city.browser("hanh")
    said = {"on": "2026-12-24", "kind": "off", "name_vi": "Nghỉ bù", "source": "TB 12"}
    assert office.post("/admin/calendar", {**said, "source": ""}).status_code == 422
    assert office.post("/admin/calendar", said).status_code == 302
    assert not directory.working_calendar().is_working_day(date(2026, 12, 24))
    assert office.post("/admin/calendar/days/2026-12-24/withdraw").status_code == 302
    assert directory.working_calendar().is_working_day(date(2026, 12, 24))
    assert office.post("/admin/calendar/days/2026-12-24/withdraw").status_code == 404
    assert office.post("/admin/calendar/years/2027/confirm").status_code == 302
    assert office.get("/admin/calendar/days/2026-13-45/withdraw").status_code == 404


def test_a_workbook_is_checked_without_writing_then_imported_and_its_faults_are_listed(city: TestCity):
    browser = city.browser("vy")
    book = load_workbook(io.BytesIO(browser.get("/admin/workbook/file").content))
    book["Cơ quan"].append(["thu_nghiem", "Cơ quan thử nghiệm", "", "", "", "centre"])
    row = {"email": "moi@demo.invalid", "name": "Lê Mới", "agency": "thu_nghiem", "role": "agency_clerk"}
    headings = [cell.value for cell in book["Cán bộ"][1]]
    assert book["Cán bộ"].max_row > 9
    book["Cán bộ"].append([row.get(heading, "") for heading in headings])
    good = io.BytesIO()
    book.save(good)

    def send(data: bytes, do: str):
        return browser.post("/admin/workbook", {"file": SimpleUploadedFile("a.xlsx", data), "do": do})

    checked = send(good.getvalue(), "check")
    assert checked.status_code == 200
    assert "thu_nghiem" in checked.content.decode()
    assert "thu_nghiem" not in [a.key for a in directory.agencies()]
    assert send(good.getvalue(), "import").status_code == 302
    assert "thu_nghiem" in [a.key for a in directory.agencies()]
    assert "Lê Mới" in browser.get("/admin/people?q=le moi").content.decode()
    book["Cơ quan"].append(["xấu khóa", "", "", "", "", "no_kind"])
    bad = io.BytesIO()
    book.save(bad)
    refused = send(bad.getvalue(), "import")
    assert refused.status_code == 422
    assert str(book["Cơ quan"].max_row) in refused.content.decode()
    assert send(b"PK not a workbook", "check").status_code == 422


def test_a_client_key_is_shown_once_works_and_is_revoked(city: TestCity):
    browser = city.browser("vy")
    assert browser.post("/admin/clients", {"name": "Cổng"}).status_code == 422
    shown = browser.post("/admin/clients", {"name": "Cổng", "scopes": ["cases.read"]}).content.decode()
    key = re.search(r"ngm_[\w-]{40,}", shown)[0]
    assert key not in browser.get("/admin/clients").content.decode()
    assert actor_of_client(key) is not None
    id = clients(actor=city.vy)[0].id
    assert browser.post(f"/admin/clients/{id}/revoke").status_code == 302
    assert actor_of_client(key) is None


def test_an_appeal_is_decided_by_somebody_else_than_who_locked(city: TestCity):
    lan = city.accounts["lan"]
    assert city.browser("vy").post(f"/admin/people/{lan}/lock", {"lock-reason": "abuse"}).status_code == 302
    with unit():
        appeal = appeal_lock(lan, "Tôi không làm vậy", actor=ANONYMOUS, at=clock.now())
    page = city.browser("vy").get("/admin/locks").content.decode()
    assert "Tôi không làm vậy" in page
    sent = {f"a{appeal.hex[-8:]}-answer": "Đã xem lại", "decision": "lift"}
    assert city.browser("vy").post(f"/admin/locks/{appeal}", sent).status_code == 422
    assert account_shown(lan).locked_at is not None


def test_loading_a_pack_that_equals_what_is_loaded_changes_nothing(city: TestCity):
    before = directory.edition()
    assert city.browser("vy").post("/admin/pack").status_code == 302
    assert directory.edition() == before
