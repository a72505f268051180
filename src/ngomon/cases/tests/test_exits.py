"""Exits that are no rejections, from the front door: the card, danger before any form, guiding at the desk, secrecy."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from tests.city import TestCity

from ngomon.cases import bulks, commands, queries
from ngomon.cases.commands.steps import scopes
from ngomon.cases.models import Case, Decision, Reporter, Signal, Tally
from ngomon.cases.pages.tokens import fresh_token
from ngomon.core import clock
from ngomon.core.errors import Conflict, NotFound
from ngomon.core.events import read_log
from ngomon.core.units import unit
from ngomon.core.worker import open_cursors, settle

from .bad_input import HARMLESS

pytestmark = pytest.mark.django_db(transaction=True)

DENOUNCES = "Tôi tố cáo ông cán bộ địa chính phường nhận hối lộ 20 triệu của dân"
COMPLAINS = "Tôi khiếu nại quyết định thu hồi đất của xã, đền bù không thỏa đáng"


def api(path: str, body: Any, browser: Client | None = None) -> Any:
    return (browser or Client()).post(
        f"/api/v1{path}", data=json.dumps(body), content_type="application/json"
    )


def danger(browser: Client, **typed: str) -> Any:
    return browser.post("/reports/danger", {"token": fresh_token(), **typed})


def guide(city: TestCity, number: str, exit: str, who: str = "ha") -> Any:
    desk = city.browser(who)
    page = desk.get(f"/desk/cases/{number}/guide?exit={exit}")
    words = page.context["words"]
    body = {"exit": exit, "words": words, "version": page.context["version"]}
    return desk.post(f"/desk/cases/{number}/guide", body)


# --- while writing ---------------------------------------------------------------------------------------------------


def test_the_card_says_where_to_go_with_law_and_telephone_and_blocks_nobody(city: TestCity) -> None:
    page = city.browser("lan").post("/reports/hints", {"text": COMPLAINS}).content.decode()
    assert "Việc này nên gửi tới nơi khác: Khiếu nại" in page
    assert "Luật Khiếu nại 02/2011/QH13, Điều 7" in page
    assert 'href="tel:19001075"' in page
    assert "Vẫn gửi phản ánh" in page
    assert "/exits/complaint" in page


def test_danger_shows_the_numbers_first_and_one_button(city: TestCity) -> None:
    page = Client().post("/reports/hints", {"text": "cuu voi nuoc toi nguc roi"}).content.decode()
    for number in ("112", "113", "114", "115"):
        assert f'href="tel:{number}"' in page
    assert page.index("tel:113") < page.index("Báo ngay cho trực ban")
    assert 'formaction="/reports/danger"' in page
    assert "exit--danger" not in Client().post("/reports/hints", {"text": "đèn tắt"}).content.decode()


def test_without_script_the_card_comes_once_before_the_report_is_filed(city: TestCity) -> None:
    lan = city.browser("lan")
    lon, lat = city.corner
    typed = {"text": COMPLAINS, "lon": lon, "lat": lat, "category": city.category, "token": fresh_token()}
    shown = lan.post("/reports/new", typed)
    assert shown.status_code == 200
    assert 'name="exit_seen" value="complaint"' in shown.content.decode()
    assert not Case.objects.exists()
    sent = lan.post("/reports/new", {**typed, "exit_seen": "complaint"})
    assert sent.status_code == 302
    assert Case.objects.count() == 1


def test_every_exit_has_its_page_in_both_languages_and_an_unknown_one_is_not_there(city: TestCity) -> None:
    listed = Client().get("/exits").content.decode()
    assert "Tố cáo" in listed
    assert "Luật Tố cáo 25/2018/QH14" in Client().get("/exits/denunciation").content.decode()
    english = Client(headers={"accept-language": "en"}).get("/exits/complaint").content.decode()
    assert "within 90 days" in english
    assert Client().get("/exits/nowhere").status_code == 404


# --- danger to life ---------------------------------------------------------------------------------------------------


def test_danger_needs_only_a_place_or_a_number_and_stands_before_everything(city: TestCity) -> None:
    city.report()
    stranger = Client()
    lon, lat = city.corner
    sent = danger(stranger, lon=str(lon), lat=str(lat))
    assert sent.status_code == 302
    case = Case.objects.get(kind="danger")
    assert (case.group, case.area, case.text) == ("instant", city.area, "")
    assert sent["Location"] == f"/reports/danger/{case.number}"
    by_phone = danger(Client(), phone="0905123456")
    assert by_phone.status_code == 302
    placeless = Case.objects.filter(kind="danger", area="").get()
    queue = city.browser("ha").get("/desk?queue=triage")
    assert [row["line"].number for row in queue.context["rows"]][:2] == [case.number, placeless.number]
    page = queue.content.decode()
    assert "danger-strip" in page
    assert "NGUY HIỂM ĐẾN TÍNH MẠNG" in page
    assert case.number in city.browser("ha").get("/desk/danger").content.decode()


@pytest.mark.parametrize(
    "typed", [{}, {"text": "cứu với"}, {"phone": "khong co so"}, {"lon": "x", "lat": "y"}]
)
def test_danger_without_place_and_number_is_asked_for_one_of_them(
    city: TestCity, typed: dict[str, str]
) -> None:
    refused = danger(Client(), **typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Cho biết ở đâu, hoặc số điện thoại để gọi lại." in page
    assert 'href="tel:114"' in page
    assert not Case.objects.exists()


@pytest.mark.parametrize("words", HARMLESS)
def test_no_bad_input_keeps_danger_from_the_desk(city: TestCity, words: str) -> None:
    lon, lat = city.corner
    typed = {"lon": str(lon), "lat": str(lat), "text": words, "place_words": words, "phone": words}
    sent = danger(Client(), **typed, category=words, email=words, name=words)
    assert sent.status_code == 302
    assert Case.objects.filter(kind="danger").count() == 1


def test_a_double_tap_is_one_case_and_the_finished_form_is_added_to_it(city: TestCity) -> None:
    stranger, token = Client(), fresh_token()
    lon, lat = city.corner
    first = stranger.post("/reports/danger", {"token": token, "phone": "0905123456"})
    second = stranger.post("/reports/danger", {"token": token, "phone": "0905123456"})
    assert first["Location"] == second["Location"]
    finished = {
        "token": token,
        "text": "Nhà cháy lớn, có hai cháu nhỏ",
        "lon": str(lon),
        "lat": str(lat),
        "category": "fire",
    }
    sent = stranger.post("/reports/new", finished)
    assert sent["Location"] == first["Location"] + "?added=1"
    case = Case.objects.get()
    assert (case.area, case.text, case.category) == (city.area, "Nhà cháy lớn, có hai cháu nhỏ", "fire")
    assert Reporter.objects.values("claim_blind").distinct().count() == 1
    assert case.reports == 1


def test_the_rest_is_added_under_the_same_code_by_nobody_else(city: TestCity) -> None:
    stranger = Client()
    number = danger(stranger, phone="0905123456")["Location"].rsplit("/", 1)[1]
    lon, lat = city.corner
    more = {"token": fresh_token(), "text": "Nước tới cổ, gọi 0905999888", "lon": lon, "lat": lat}
    url = f"/reports/danger/{number}/more"
    assert Client().post(url, more).status_code == 404
    assert stranger.post(url, more).status_code == 302
    assert stranger.post(url, more).status_code == 302  # tapped twice
    case = Case.objects.get()
    assert case.text == "Nước tới cổ, gọi •••"
    assert case.area == city.area
    assert Signal.objects.count() == 2
    assert "Nước tới cổ, gọi 0905999888" in city.browser("ha").get(f"/desk/cases/{number}").content.decode()
    assert stranger.post(url, {"token": fresh_token()}).status_code == 422
    assert "Đã bổ sung" in stranger.get(f"/reports/danger/{number}?added=1").content.decode()


def test_the_strip_lets_go_once_the_desk_took_it_up(city: TestCity) -> None:
    number = danger(Client(), phone="0905123456")["Location"].rsplit("/", 1)[1]
    city.act(city.ha, queries.case_id_of(number), "accept")
    assert number not in city.browser("ha").get("/desk/danger").content.decode()
    assert city.browser("tam").get("/desk/danger").status_code == 403


def test_danger_by_the_api_needs_no_point_no_account_and_is_once(city: TestCity) -> None:
    body = {"danger": True, "contact": {"phone": "0905123456"}, "external_id": "D-1"}
    made = api("/reports", body)
    assert made.status_code == 201, made.content
    assert made.json()["claim_code"]
    assert api("/reports", body).status_code == 200
    assert Case.objects.get().kind == "danger"
    nothing = api("/reports", {"danger": True})
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "place")
    half = api("/reports", {"danger": True, "lon": 107.6})
    assert half.status_code == 422
    ordinary = api("/reports", {"text": "đèn tắt"}, city.browser("lan"))
    assert ordinary.status_code == 422


def test_danger_is_heard_live_by_the_operations_centre(city: TestCity) -> None:
    danger(Client(), phone="0905123456")
    settle()
    opened = next(r for r in read_log(0, limit=100) if r.kind == "cases.case_opened")
    assert "ioc" in opened.audience
    assert opened.event is not None
    assert opened.event.body()["group"] == "instant"


# --- guiding ----------------------------------------------------------------------------------------------------------


def test_the_desk_guides_with_a_preview_and_it_is_no_rejection(city: TestCity) -> None:
    receipt = city.report("Cho hỏi thủ tục làm giấy khai sinh cần giấy tờ chi")
    desk = city.browser("ha")
    assert f"/desk/cases/{receipt.number}/guide" in desk.get(f"/desk/cases/{receipt.number}").content.decode()
    page = desk.get(f"/desk/cases/{receipt.number}/guide")
    assert page.context["chosen_exit"].key == "procedure_question"
    preview = page.context["words"]
    assert "Nghị định 63/2010/NĐ-CP, Điều 18 khoản 2" in preview
    assert "19001075" in preview
    assert guide(city, receipt.number, "procedure_question").status_code == 302
    settle()
    case = Case.objects.get()
    assert (case.status, case.outcome, case.is_open) == ("guided", "guided:procedure_question", False)
    counts = dict(Tally.objects.filter(n__gt=0).values_list("scope", "n"))
    assert counts["guided:procedure_question"] == 1
    assert "status:rejected" not in counts
    mine = city.browser("lan").get(f"/cases/{receipt.number}").content.decode()
    assert "Nghị định 63/2010/NĐ-CP, Điều 18 khoản 2" in mine
    for url in ("/board", "/exits"):
        assert "Hỏi về thủ tục, chính sách" in Client().get(url).content.decode()


def test_the_reporter_gets_the_previewed_words(city: TestCity) -> None:
    open_cursors()
    receipt = city.report("Hàng xóm tranh chấp đất, tòa án xử chưa xong")
    assert guide(city, receipt.number, "court").status_code == 302
    settle()
    inbox = city.browser("lan").get("/notices").content.decode()
    assert "Luật Tiếp công dân 42/2013/QH13, Điều 17" in inbox


@pytest.mark.parametrize("exit", ["", "nowhere", "danger", "x" * 300, "'; --"])
def test_a_wrong_exit_is_refused_and_nothing_is_lost(city: TestCity, exit: str) -> None:
    receipt = city.report()
    refused = city.browser("ha").post(
        f"/desk/cases/{receipt.number}/guide", {"exit": exit, "words": "Gửi nơi khác"}
    )
    assert refused.status_code == 422
    assert Case.objects.get().status == "received"


def test_guiding_needs_words_and_the_right_and_the_right_step(city: TestCity) -> None:
    receipt = city.report()
    url = f"/desk/cases/{receipt.number}/guide"
    assert city.browser("ha").post(url, {"exit": "court", "words": " "}).status_code == 422
    assert city.browser("tam").post(url, {"exit": "court", "words": "x"}).status_code == 403
    city.act(city.ha, receipt.case_id, "route", agency=city.agency)
    assert city.browser("ha").post(url, {"exit": "court", "words": "Gửi tòa"}).status_code in {403, 409}


def test_who_does_not_agree_is_heard_by_the_shift_lead_and_stays_no_rejection(city: TestCity) -> None:
    receipt = city.report("việc của tòa án")
    guide(city, receipt.number, "court")
    asked = city.browser("lan").post(f"/cases/{receipt.number}/appeal", {"reason": "Đây là ổ gà thật"})
    assert asked.status_code == 302
    city.act(city.quan, receipt.case_id, "uphold", reason="Vẫn là việc của tòa")
    case = Case.objects.get()
    assert (case.status, case.outcome) == ("guided", "guided:court")
    again = city.report("việc của tòa án nữa")
    guide(city, again.number, "court")
    city.browser("lan").post(f"/cases/{again.number}/appeal", {"reason": "Đây là ổ gà thật"})
    city.act(city.quan, again.case_id, "overturn")
    case = Case.objects.get(number=again.number)
    assert (case.status, case.outcome, case.exit) == ("received", "", "")
    assert Tally.objects.get(scope="guided:court").n == 1


def test_a_complaint_guided_after_it_was_public_is_taken_back_from_everywhere(city: TestCity) -> None:
    receipt = city.report("Cây phượng bật gốc, tôi không đồng ý với quyết định chặt cây")
    city.act(city.ha, receipt.case_id, "route", agency=city.agency)
    city.act(city.tam, receipt.case_id, "hand_back", reason="Không thuộc thẩm quyền")
    assert Client().get(f"/cases/{receipt.number}").status_code == 200
    guide(city, receipt.number, "complaint")
    nowhere_public(city, receipt.number, "phượng bật gốc", "không đồng ý")


# --- what only the duty shift may know of ---------------------------------------------------------------------------------


def nowhere_public(city: TestCity, number: str, q: str, words: str) -> None:
    """Try every public door for a case: asking for `q`, its further words must not come."""
    stranger = Client()
    lon, lat = city.corner
    box = f"{lon - 0.1},{lat - 0.1},{lon + 0.1},{lat + 0.1}"
    assert stranger.get(f"/cases/{number}").status_code == 404
    assert stranger.get(f"/cases/{number}/proof").status_code == 404
    assert stranger.get(f"/api/v1/cases/{number}").status_code == 404
    assert stranger.get(f"/api/v1/cases/{number}/history").status_code == 404
    assert stranger.get(f"/open311/v2/requests/{number}.json").status_code == 404
    for url in (
        "/cases",
        f"/cases?q={q}",
        f"/cases?q={number[-4:]}",
        f"/map/points.geojson?bbox={box}",
        "/api/v1/cases",
        f"/api/v1/cases?q={q}",
        f"/api/v1/similar?lon={lon}&lat={lat}&text={q}",
        "/open311/v2/requests.json",
        "/",
        "/board",
    ):
        answer = stranger.get(url)
        assert answer.status_code == 200, url
        assert number not in answer.content.decode(), url
        assert words not in answer.content.decode(), url


OTHERS = ("nga", "tam", "son", "binh", "hanh", "dung", "vy")


def test_a_denunciation_is_seen_by_operators_and_the_lead_alone_through_every_door(city: TestCity) -> None:
    before = {who: _counts(city, who) for who in OTHERS}
    receipt = city.report(DENOUNCES)
    assert Case.objects.get().is_secret
    for stage in ("filed", "guided"):
        nowhere_public(city, receipt.number, "nhận hối lộ", "20 triệu của dân")
        for who in OTHERS:
            _sees_nothing(city, who, receipt.number)
            assert _counts(city, who) == before[who], (stage, who)
        for who in ("ha", "quan"):
            assert "nhận hối lộ" in city.browser(who).get(f"/desk/cases/{receipt.number}").content.decode()
            assert (
                receipt.number in city.browser(who).get("/desk/search?q=hối lộ", follow=True).content.decode()
            )
        if stage == "filed":
            assert guide(city, receipt.number, "denunciation").status_code == 302
            settle()
    mine = city.browser("lan").get(f"/cases/{receipt.number}").content.decode()
    assert "Luật Tố cáo 25/2018/QH14" in mine


def _counts(city: TestCity, who: str) -> Any:
    desk = city.browser(who).get("/desk")
    if desk.status_code != 200:
        return desk.status_code
    listed = city.browser(who).get("/api/v1/cases?view=staff")
    total = listed.json().get("total") if listed.status_code == 200 else listed.status_code
    return [(item.get("key"), item.get("count")) for item in desk.context["nav"]], total


def _sees_nothing(city: TestCity, who: str, number: str) -> None:
    browser = city.browser(who)
    assert browser.get(f"/desk/cases/{number}").status_code in {403, 404}
    assert browser.get(f"/api/v1/cases/{number}").status_code == 404
    for url in ("/desk", "/desk/search?q=hối lộ", f"/desk/search?q={number}", "/api/v1/cases?view=staff"):
        answer = browser.get(url)
        if answer.status_code == 200:
            assert f"/desk/cases/{number}" not in answer.content.decode(), (who, url)
            assert number not in answer.content.decode() or number in url, (who, url)
            assert "nhận hối lộ" not in answer.content.decode(), (who, url)
    acted = api(f"/cases/{number}/actions/route", {"agency": city.agency}, browser)
    assert acted.status_code in {403, 404}
    assert browser.post(f"/desk/cases/{number}/note", {"note": "thấy rồi"}).status_code in {403, 404}


def test_events_of_a_denunciation_are_heard_by_the_duty_shift_alone(city: TestCity) -> None:
    receipt = city.report(DENOUNCES)
    guide(city, receipt.number, "denunciation")
    settle()
    log = [r for r in read_log(0, limit=200) if r.event is not None]
    mine = [r for r in log if str(receipt.case_id) in json.dumps(r.event.body())]  # type: ignore[union-attr]
    heard = [r.audience for r in mine]
    assert len(heard) > 4
    assert all(set(keys) == {"role:ioc_lead", "role:ioc_operator"} for keys in heard), heard


def test_a_denunciation_goes_to_no_agency_until_the_shift_finds_it_is_none(city: TestCity) -> None:
    receipt = city.report("Tôi tố cáo quán nhậu hát karaoke suốt đêm")
    desk = city.browser("ha")
    url = f"/desk/cases/{receipt.number}/act/route"
    assert desk.post(url, {"agency": city.agency}).status_code == 409
    assert city.browser("nga").post(f"/desk/cases/{receipt.number}/lift").status_code == 403
    assert desk.post(f"/desk/cases/{receipt.number}/lift").status_code == 302
    assert desk.post(url, {"agency": city.agency}).status_code == 302
    case = Case.objects.get()
    assert (case.is_secret, case.agency, case.exit) == (False, city.agency, "")


def test_taking_a_denunciation_up_does_not_publish_it(city: TestCity) -> None:
    receipt = city.report(DENOUNCES)
    city.act(city.ha, receipt.case_id, "accept")
    nowhere_public(city, receipt.number, "nhận hối lộ", "20 triệu của dân")
    assert guide(city, receipt.number, "denunciation").status_code == 302


def test_a_denunciation_is_gathered_in_no_other_case(city: TestCity) -> None:
    receipt, other = city.report(DENOUNCES), city.report()
    for case, into in ((receipt, other), (other, receipt)):
        answer = city.browser("ha").post(f"/desk/cases/{case.number}/merge", {"into": into.number})
        assert answer.status_code == 409


def test_a_denunciation_nearby_is_shown_to_nobody_as_the_same_thing(city: TestCity) -> None:
    city.report(DENOUNCES)
    lon, lat = city.corner
    hints = Client().post("/reports/hints", {"text": DENOUNCES, "lon": lon, "lat": lat})
    assert hints.context["similar"] == []


def test_a_denunciation_has_no_kin_is_not_learned_from_and_no_editor_works_on_it(city: TestCity) -> None:
    city.report()
    receipt = city.report(DENOUNCES)
    settle()
    case = Case.objects.get(pk=receipt.case_id)
    assert queries.same_as(case.id, actor=city.ha) == []
    assert queries.reused_pictures(case.id) == []
    assert not Decision.objects.filter(pk=case.id).exists()
    now = clock.now()
    with unit(), pytest.raises(NotFound):
        commands.hide_words(case.id, report=None, answer=None, version=case.version, actor=city.nga, at=now)
    with unit(), pytest.raises(NotFound):
        commands.try_redaction(case.id, "hối lộ", actor=city.nga)
    with unit(), pytest.raises(Conflict):
        commands.set_parent(case.id, Case.objects.exclude(pk=case.id).get().id, actor=city.ha, at=now)


def test_guiding_is_done_one_by_one(city: TestCity) -> None:
    case_id = city.report().case_id
    with unit():
        bulk = commands.choose([case_id], actor=city.ha, at=clock.now())
    assert "guide" not in bulks.offers(bulk, actor=city.ha, at=clock.now()).open[str(case_id)]
    told = bulks.refusals("guide", [case_id], {}, actor=city.ha, at=clock.now())
    assert told == {case_id: "processes.error.not_now"}


def test_the_counts_equal_a_recount_after_all_of_it(city: TestCity) -> None:
    for text, exit in ((DENOUNCES, "denunciation"), (COMPLAINS, "complaint"), ("tòa án xử", "court")):
        guide(city, city.report(text).number, exit)
    danger(Client(), phone="0905123456")
    counted: Counter[str] = Counter()
    for case in Case.objects.all():
        counted += scopes(case)
    kept = {s: n for s, n in Tally.objects.values_list("scope", "n") if n and not s.startswith("number:")}
    assert kept == dict(counted)
