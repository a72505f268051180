"""Questions to an agency, from the front door: ask, route, answer, check, publish, search, rate; nothing personal in public."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.city import TestCity

from ngomon.cases import queries
from ngomon.cases.models import Case
from ngomon.cases.pages.tokens import fresh_token
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.core.worker import open_cursors, settle
from ngomon.directory import queries as directory
from ngomon.identity.commands import make_client
from ngomon.messages.queries import messages_of

from .bad_input import HARMLESS

pytestmark = pytest.mark.django_db(transaction=True)

ASKS = "Cho tui hỏi đăng ký tạm trú cho sinh viên cần giấy tờ chi, gọi 0905123456"
ANSWER = "Bạn mang căn cước và hợp đồng thuê nhà tới công an phường, hoặc nộp trực tuyến."


def ask(city: TestCity, text: str = ASKS, who: str = "lan", **typed: str) -> str:
    sent = city.browser(who).post(
        "/questions/ask", {"text": text, "token": fresh_token(), "seen": "1", **typed}
    )
    assert sent.status_code == 302, sent.content.decode()
    return str(sent["Location"]).rsplit("/", 1)[1]


def answered(city: TestCity, number: str) -> None:
    case_id = queries.case_id_of(number)
    city.act(city.ha, case_id, "route", agency=city.agency)
    city.act(city.son, case_id, "answer", answer=ANSWER)
    city.act(city.nga, case_id, "publish")


def test_the_askers_own_words_are_looked_at_by_an_editor_before_everybody_reads_them(city: TestCity) -> None:
    number = ask(
        city, "Tôi ở nhà có cổng xanh cạnh chùa, hỏi đăng ký tạm trú cần giấy tờ chi?", agency=city.agency
    )
    case_id = queries.case_id_of(number)
    city.act(city.ha, case_id, "route", agency=city.agency)
    city.act(city.son, case_id, "answer", answer=ANSWER)
    editor = city.browser("nga")
    assert f"/desk/cases/{number}/publish" in editor.get(f"/desk/cases/{number}").content.decode()
    assert editor.post(f"/desk/cases/{number}/act/publish", {"note": ""}).status_code == 422
    page = editor.get(f"/desk/cases/{number}/publish")
    form = {
        "version": page.context["line"].version,
        **{f"{t['name']}_length": t["length"] for t in page.context["texts"]},
        "report_also": "nhà có cổng xanh cạnh chùa",
    }
    checks = {check["name"]: "done" for check in page.context["checks"]}
    assert len(checks) == 3
    assert editor.post(f"/desk/cases/{number}/publish", form).status_code == 422, "nothing is ticked"
    assert editor.post(f"/desk/cases/{number}/publish", {**form, **checks}).status_code == 302
    shown = Client().get(f"/questions/{number}").content.decode()
    assert ANSWER in shown
    assert "cổng xanh" not in shown
    assert number not in Client().get("/questions?q=cổng+xanh").content.decode()
    assert "đăng ký tạm trú" in shown


def test_a_question_goes_from_asker_to_agency_to_editor_to_everybody(city: TestCity) -> None:
    number = ask(city, agency=city.agency)
    assert number.startswith("HD-")
    case = Case.objects.get()
    assert (case.kind, case.category, case.is_public, case.area) == ("question", "question", False, "")
    stranger = Client()
    assert stranger.get(f"/questions/{number}").status_code == 404
    desk = city.browser("ha")
    assert number in desk.get("/desk?queue=triage").content.decode()
    page = desk.get(f"/desk/cases/{number}").content.decode()
    assert f'value="{city.agency}" selected' in page
    city.act(city.ha, case.id, "route", agency=city.agency)
    assert number in city.browser("son").get("/desk?queue=handling").content.decode()
    assert number not in stranger.get("/questions").content.decode()
    city.act(city.son, case.id, "answer", answer=ANSWER)
    assert stranger.get(f"/questions/{number}").status_code == 404
    city.act(city.nga, case.id, "publish")
    page = stranger.get(f"/questions/{number}").content.decode()
    assert ANSWER in page
    assert "0905123456" not in page
    assert "•••" in page
    assert number in stranger.get("/questions").content.decode()


@pytest.fixture
def wound(tmp_path: Path) -> Iterator[Any]:
    """A city clock that can be wound forward."""
    clock.use_offset_file(tmp_path / "offset")
    yield clock.wind
    clock.use_offset_file(None)


def test_a_question_has_its_days_turns_red_and_those_above_hear_of_it(city: TestCity, wound: Any) -> None:
    open_cursors()
    number = ask(city)
    category = directory.question_category(directory.local_day(clock.now()))
    assert category is not None
    assert category.budget_days == 5
    case = Case.objects.get()
    city.act(city.ha, case.id, "route", agency=city.agency)
    settle()
    wound(timedelta(days=21))
    settle()
    row = city.browser("son").get("/desk?queue=handling").context["rows"][0]
    assert row["line"].number == number
    assert row["is_late"]
    told = {m.account_id for m in messages_of(case.ref, actor=city.ha)}
    assert city.accounts["binh"] in told
    assert city.accounts["hanh"] in told


def test_who_should_answer_is_proposed_by_name_and_by_words(city: TestCity) -> None:
    found = city.browser("lan").post("/questions/alike", {"text": "đèn đường tắt thì ai sửa"})
    assert "trả lời câu này" in found.content.decode()
    agency = directory.agency(city.agency)
    named = city.browser("lan").post(
        "/questions/alike", {"text": f"Xin hỏi {agency.name['vi']} làm việc giờ nào"}
    )
    assert agency.name["vi"] in named.content.decode()


def test_the_same_was_answered_already_is_said_before_asking(city: TestCity) -> None:
    answered(city, ask(city))
    lan = city.browser("minh")
    typed = {"text": "đăng ký tạm trú cho sinh viên cần giấy tờ gì", "token": fresh_token()}
    shown = lan.post("/questions/alike", {"text": typed["text"]}).content.decode()
    assert "Đã có câu trả lời gần giống" in shown
    first = lan.post("/questions/ask", typed)
    assert first.status_code == 200
    assert 'name="seen"' in first.content.decode()
    assert Case.objects.count() == 1
    assert lan.post("/questions/ask", {**typed, "seen": "1"}).status_code == 302
    other = lan.post("/questions/alike", {"text": "xe buýt số 2 chạy mấy giờ"}).content.decode()
    assert "Đã có câu trả lời" not in other


def test_a_double_tap_is_one_question(city: TestCity) -> None:
    lan, token = city.browser("lan"), fresh_token()
    for _ in range(2):
        lan.post("/questions/ask", {"text": ASKS, "token": token, "seen": "1"})
    assert Case.objects.count() == 1


def test_the_answer_is_rated_and_an_objection_comes_back_to_the_agency(city: TestCity) -> None:
    number = ask(city)
    answered(city, number)
    lan = city.browser("lan")
    page = lan.get(f"/questions/{number}").content.decode()
    assert "Câu trả lời có ích không?" in page
    assert "Câu trả lời có ích không?" not in Client().get(f"/questions/{number}").content.decode()
    lan.post(f"/cases/{number}/rate", {"rating": "dissatisfied", "comment": "Chưa rõ phí"})
    case = Case.objects.get()
    assert (case.step, case.is_open) == ("handle", True)
    city.act(city.son, case.id, "answer", answer=ANSWER + " Không thu phí.")
    city.act(city.nga, case.id, "publish")
    lan.post(f"/cases/{number}/rate", {"rating": "satisfied"})
    assert Case.objects.get().status == "closed"
    assert "Không thu phí" in Client().get(f"/questions/{number}").content.decode()


def test_a_question_is_no_report_in_any_public_door_of_reports(city: TestCity) -> None:
    number = ask(city)
    answered(city, number)
    lon, lat = directory.city().center
    box = f"{lon - 0.1},{lat - 0.1},{lon + 0.1},{lat + 0.1}"
    stranger = Client()
    for url in (
        "/cases", f"/cases?q={number[-4:]}", f"/map/points.geojson?bbox={box}", "/api/v1/cases",
        "/open311/v2/requests.json", "/open311/v2/services.json", "/api/v1/categories", "/board",
    ):  # fmt: skip
        body = stranger.get(url).content.decode()
        assert "HD-" not in body, url
        assert '"question"' not in body, url
    assert stranger.get(f"/cases/{number}").status_code == 404
    assert stranger.post("/reports/hints", {"text": ASKS, "lon": lon, "lat": lat}).context["similar"] == []
    assert 'value="question"' not in stranger.get("/reports/new").content.decode()


def test_search_finds_without_tone_marks_and_pages_go_on(city: TestCity) -> None:
    for n in range(3):
        answered(city, ask(city, f"Thủ tục số {n} về cấp phép xây dựng nhà ở làm ra răng"))
    stranger = Client()
    assert len(stranger.get("/questions?q=cap phep xay dung").context["rows"]) == 3
    assert stranger.get("/questions?q=khong co gi ca").context["rows"] == []
    first = stranger.get("/api/v1/questions?size=2").json()
    assert (len(first["questions"]), first["total"]) == (2, 3)
    rest = stranger.get(f"/api/v1/questions?size=2&cursor={first['next']}").json()
    assert len(rest["questions"]) == 1
    assert rest["next"] == ""
    assert stranger.get("/api/v1/questions?cursor=nonsense").status_code == 422


def test_the_api_asks_once_and_reads_answers(city: TestCity) -> None:
    with unit():
        _, key = make_client("test", ["cases.write"], actor=city.vy, at=clock.now())
    headers = {"Authorization": f"Bearer {key}"}

    def send(body: Any) -> Any:
        return Client().post(
            "/api/v1/questions", json.dumps(body), content_type="application/json", headers=headers
        )

    made = send({"text": ASKS, "agency": city.agency, "external_id": "Q-1"})
    assert made.status_code == 201, made.content
    assert send({"text": ASKS, "external_id": "Q-1"}).status_code == 200
    number = made.json()["number"]
    assert Client().get(f"/api/v1/questions/{number}").status_code == 404
    answered(city, number)
    one = Client().get(f"/api/v1/questions/{number}").json()
    assert one["answer"] == ANSWER
    assert one["agency"] == city.agency
    assert "0905123456" not in one["text"]
    for body in (
        {},
        {"text": "ngắn"},
        {"text": "x" * 4001},
        {"text": ASKS, "agency": "nowhere"},
        {"text": 5},
    ):
        assert send(body).status_code == 422, body


@pytest.mark.parametrize(
    "typed", [{"text": ""}, {"text": "hỏi"}, {"text": "x" * 4001}, {"agency": "nowhere"}]
)
def test_a_bad_question_is_refused_and_keeps_what_was_typed(city: TestCity, typed: dict[str, str]) -> None:
    sent = city.browser("lan").post(
        "/questions/ask", {"text": ASKS, "token": fresh_token(), "seen": "1", **typed}
    )
    assert sent.status_code == 422
    assert not Case.objects.exists()


def test_a_stranger_is_sent_to_sign_in_where_the_city_asks_for_it(city: TestCity) -> None:
    sent = Client().post("/questions/ask", {"text": ASKS, "token": fresh_token(), "seen": "1"})
    assert sent.status_code == 422
    assert "/account/sign-in?next=%2Fquestions%2Fask" in sent.content.decode()


@pytest.mark.parametrize("words", HARMLESS)
def test_any_words_may_be_searched_for(city: TestCity, words: str) -> None:
    assert Client().get("/questions", {"q": words, "agency": words, "after": ""}).status_code == 200
    assert Client().post("/questions/alike", {"text": words}).status_code == 200


def test_a_question_that_is_guided_is_counted_apart(city: TestCity) -> None:
    number = ask(city, "Vụ kiện của tôi ở tòa án khi mô xử")
    desk = city.browser("ha")
    page = desk.get(f"/desk/cases/{number}/guide?exit=court")
    desk.post(f"/desk/cases/{number}/guide", {"exit": "court", "words": page.context["words"]})
    assert Case.objects.get().outcome == "guided:court"
    assert Client().get(f"/questions/{number}").status_code == 404
