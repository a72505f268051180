"""The citizen's pages through the front door: report, receipt, follow, answer, rate, look; and who must not."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image
from tests.city import TestCity

from ngomon.cases import queries
from ngomon.cases.pages.board import forget_figures
from ngomon.core.worker import settle
from ngomon.directory import queries as places
from ngomon.messages.queries import inbox

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [
    *(
        "/",
        "/services",
        "/notices",
        "/me",
        "/reports/new",
        "/cases",
        "/map",
        "/board",
        "/my/reports",
        "/claim",
    ),
    *("/about/privacy", "/map/points.geojson"),
]
# A category that the Huế pack lets strangers file.
OPEN_TO_ALL = "traffic_accident"
WORDS = "den duong truoc kiet 42 tat 3 dem roi"


def _photo(colour: str = "purple") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return SimpleUploadedFile("anh.jpg", file.getvalue(), "image/jpeg")


def _token(browser: Client) -> str:
    page = browser.get("/reports/new").content.decode()
    return re.search(r'name="token" value="([^"]+)"', page)[1]  # type: ignore[index]


def _typed(city: TestCity, browser: Client, **changes: Any) -> dict[str, Any]:
    lon, lat = city.corner
    typed = {
        "text": WORDS,
        "lon": f"{lon}",
        "lat": f"{lat}",
        "category": city.category,
        "token": _token(browser),
    }
    return {**typed, **changes}


def _number(answer: HttpResponse) -> str:
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return answer["Location"].split("/")[-1].split("?")[0]


def _code(page: str) -> str:
    return re.search(r'id="claim-code">([A-Z0-9-]+)<', page)[1]  # type: ignore[index]


def _anonymous(city: TestCity) -> tuple[Client, str, str]:
    """A browser that filed without account, the number and the claim code."""
    browser = city.browser()
    number = _number(
        browser.post("/reports/new", _typed(city, browser, category=OPEN_TO_ALL, photos=_photo()))
    )
    page = browser.get(f"/reports/sent/{number}").content.decode()
    return browser, number, _code(page)


def _publish(
    city: TestCity, case_id: UUID, answer: str = "Tổ chiếu sáng đã thay bóng đèn tối 24/11, đèn sáng lại."
) -> None:
    """Take a case through the offices to a published answer."""
    city.act(city.ha, case_id, "accept")
    city.act(city.ha, case_id, "route", agency=city.agency, why="thuộc phường")
    city.act(city.tam, case_id, "accept")
    city.act(city.binh, case_id, "assign", assignee=city.accounts["son"])
    city.act(city.son, case_id, "answer", answer=answer, stated_reason="Ban đêm không chụp được ảnh rõ.")
    city.act(city.binh, case_id, "approve")
    city.act(city.nga, case_id, "publish")


# --- looking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_opens_for_a_stranger_in_both_languages(city: TestCity, language: str) -> None:
    browser = Client(headers={"accept-language": language})
    for address in PAGES:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        if "<main" in page:
            assert f'<html lang="{language}"' in page
            assert not re.search(r"\b(cases|web|ui|core)\.[a-z_]+\.[a-z_.]+", _words_of(page)), address


def _words_of(page: str) -> str:
    """The page's own words: a text that was not found would stand there as its key."""
    body = page[page.index("<main") : page.index("</main>")]
    return " ".join(part.split("<")[0] for part in body.split(">"))


def test_a_stranger_costs_few_statements(city: TestCity, django_assert_max_num_queries: Any) -> None:
    receipt = city.report()
    _publish(city, receipt.case_id)
    browser = city.browser()
    for address, most in {
        "/": 4,
        "/cases": 3,
        "/cases?show=late": 3,
        "/map/points.geojson": 2,
        "/map": 1,
    }.items():
        browser.get(address)
        with django_assert_max_num_queries(most):
            assert browser.get(address).status_code == 200


# --- reporting -----------------------------------------------------------------------------------------------------------


def test_a_citizen_reports_without_scripts_and_gets_a_receipt_with_reasons(city: TestCity) -> None:
    browser = city.browser("lan")
    number = _number(browser.post("/reports/new", _typed(city, browser, photos=_photo())))
    page = browser.get(f"/reports/sent/{number}").content.decode()
    assert number in page
    assert "ngày làm việc" in page
    assert "Mã theo dõi của bạn" not in page
    assert number in browser.get("/my/reports").content.decode()
    assert browser.get(f"/cases/{number}").status_code == 200
    assert city.browser().get(f"/cases/{number}").status_code == 404


def test_a_double_tap_makes_one_report(city: TestCity) -> None:
    browser = city.browser("lan")
    typed = _typed(city, browser)
    assert _number(browser.post("/reports/new", typed)) == _number(browser.post("/reports/new", typed))
    assert len(queries.my_cases(actor=city.lan)) == 1


def test_nothing_typed_and_no_photo_is_lost_on_an_error(city: TestCity) -> None:
    browser = city.browser("lan")
    answer = browser.post(
        "/reports/new", _typed(city, browser, lon="10", lat="10", place_words="kiệt 42", photos=_photo())
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert WORDS in page
    assert "kiệt 42" in page
    assert "ngoài địa bàn" in page
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]  # type: ignore[index]
    assert browser.get(f"/reports/photo/{kept}")["Content-Type"] == "image/jpeg"
    number = _number(browser.post("/reports/new", _typed(city, browser, kept=kept)))
    assert queries.reporter_case(number, actor=city.lan).pictures


def test_a_bad_photo_is_named_and_the_good_one_kept(city: TestCity) -> None:
    browser = city.browser("lan")
    bad = SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>", "image/jpeg")
    answer = browser.post("/reports/new", _typed(city, browser, photos=[_photo(), bad]))
    assert answer.status_code == 422
    assert "không phải ảnh" in answer.content.decode()
    assert answer.content.decode().count('name="kept"') == 1


def test_a_stranger_signs_in_and_finds_the_draft_again(city: TestCity) -> None:
    browser = city.browser()
    answer = browser.post("/reports/new", _typed(city, browser, photos=_photo()))
    assert answer.status_code == 422
    assert "/account/sign-in?next=" in answer.content.decode()
    page = browser.get("/reports/new").content.decode()
    assert WORDS in page
    assert 'name="kept"' in page


def test_a_place_in_words_is_enough_without_scripts(city: TestCity) -> None:
    browser = city.browser("lan")
    typed = _typed(city, browser, lon="", lat="", place_words="Cầu Trường Tiền")
    answer = browser.post("/reports/new", typed)
    if answer.status_code == 422:
        choice = re.search(r'name="place_choice" id="\w+" value="([^"]+)"', answer.content.decode())[1]  # type: ignore[index]
        answer = browser.post("/reports/new", {**typed, "place_choice": choice})
    assert _number(answer)


def test_hints_name_ward_kind_and_similar_reports(city: TestCity) -> None:
    first = city.report()
    browser = city.browser()
    lon, lat = city.corner
    typed = {"text": WORDS, "lon": f"{lon}", "lat": f"{lat}", "category": ""}
    page = browser.post("/reports/hints", typed).content.decode()
    assert "Thuộc" in page
    assert "Có vẻ là" in page
    assert "den duong" in page
    assert "Có phải phản ánh này không?" in page
    assert first.number not in page
    follows = re.search(r'name="follows" value="([^"]{20,})"', page)[1]  # type: ignore[index]
    joiner = city.browser("minh")
    number = _number(joiner.post("/reports/new", _typed(city, joiner, follows=follows)))
    assert number == first.number


def test_danger_words_show_the_emergency_numbers(city: TestCity) -> None:
    page = (
        city.browser()
        .post("/reports/hints", {"text": "sập đường, hố tử thần, có người té xe"})
        .content.decode()
    )
    assert "tel:114" in page


def test_a_stranger_whose_first_tap_was_lost_still_gets_the_claim_code(city: TestCity) -> None:
    first = city.browser()
    typed = _typed(city, first, category=OPEN_TO_ALL)
    number = _number(first.post("/reports/new", typed))
    second = city.browser()
    assert _number(second.post("/reports/new", typed)) == number
    pages = [browser.get(f"/reports/sent/{number}").content.decode() for browser in (first, second)]
    assert _code(pages[0]) == _code(pages[1])


# --- the claim code --------------------------------------------------------------------------------------------------------


def test_a_claim_code_is_shown_once_and_opens_the_report_elsewhere(city: TestCity) -> None:
    browser, number, code = _anonymous(city)
    assert browser.get(f"/cases/{number}").status_code == 200
    assert "claim-code" not in browser.get(f"/reports/sent/{number}").content.decode()
    other = city.browser()
    assert other.get(f"/cases/{number}").status_code == 404
    assert other.get(f"/reports/sent/{number}").status_code == 404
    assert other.post("/claim", {"code": "AAAAAAAAAA"}).status_code == 422
    assert other.post("/claim", {"code": code.lower()}).status_code == 302
    assert other.get(f"/cases/{number}").status_code == 200


def test_a_foreign_claim_code_opens_nothing_else(city: TestCity) -> None:
    _, _, code = _anonymous(city)
    secret = city.report()
    thief = city.browser()
    thief.post("/claim", {"code": code})
    assert thief.get(f"/cases/{secret.number}").status_code == 404
    assert thief.post(f"/cases/{secret.number}/reply", {"reply": "x"}).status_code == 404


def test_guessing_claim_codes_is_stopped(city: TestCity) -> None:
    thief = city.browser()
    answers = [thief.post("/claim", {"code": f"AAAAAAAA{n:02d}"}).status_code for n in range(20)]
    assert 429 in answers


# --- one case ------------------------------------------------------------------------------------------------------------


def test_the_whole_way_from_the_public_page_to_the_rating(city: TestCity) -> None:
    receipt = city.report()
    _publish(city, receipt.case_id)
    settle()
    page = city.browser().get(f"/cases/{receipt.number}").content.decode()
    assert "thay bóng đèn" in page
    assert "Chuyển đến" in page
    assert 'name="rating"' not in page
    lan = city.browser("lan")
    assert 'name="rating"' in lan.get(f"/cases/{receipt.number}").content.decode()
    assert lan.post(f"/cases/{receipt.number}/rate", {"rating": "x"}).status_code == 422
    assert (
        lan.post(f"/cases/{receipt.number}/rate", {"rating": "satisfied", "comment": "Cảm ơn"}).status_code
        == 302
    )
    assert "Hài lòng" in city.browser().get(f"/cases/{receipt.number}").content.decode()


def test_not_satisfied_needs_words_and_opens_the_case_again(city: TestCity) -> None:
    receipt = city.report()
    _publish(city, receipt.case_id)
    lan = city.browser("lan")
    assert lan.post(f"/cases/{receipt.number}/rate", {"rating": "dissatisfied"}).status_code == 422
    said = {"rating": "dissatisfied", "comment": "Đèn lại tắt rồi"}
    assert lan.post(f"/cases/{receipt.number}/rate", said).status_code == 302
    assert queries.public_case(receipt.number).line.status == "in_progress"


def test_not_solved_and_appeal_and_reply(city: TestCity) -> None:
    solved, refused, asked = (
        city.report(text) for text in ("Đèn tắt ở kiệt", "Nhà bên hát karaoke", "Có gì đó hư")
    )
    _publish(city, solved.case_id)
    city.act(
        city.ha, refused.case_id, "reject", reason="Không xác định được nơi xảy ra.", code="unverifiable"
    )
    city.act(city.ha, asked.case_id, "ask", question="Xin cho biết trước số nhà nào?")
    lan = city.browser("lan")
    assert lan.post(f"/cases/{solved.number}/object", {"reason": ""}).status_code == 422
    assert lan.post(f"/cases/{solved.number}/object", {"reason": "Vẫn tối"}).status_code == 302
    assert "Không xác định được nơi" in lan.get(f"/cases/{refused.number}").content.decode()
    assert lan.post(f"/cases/{refused.number}/appeal", {"reason": "Trước số 12"}).status_code == 302
    assert "trước số nhà nào" in lan.get(f"/cases/{asked.number}").content.decode()
    assert lan.post(f"/cases/{asked.number}/reply", {"reply": ""}).status_code == 422
    assert (
        lan.post(f"/cases/{asked.number}/reply", {"reply": "Trước số 7", "photos": _photo()}).status_code
        == 302
    )


def test_a_follower_hears_of_a_public_case(city: TestCity) -> None:
    receipt = city.report()
    _publish(city, receipt.case_id)
    assert city.browser().post(f"/cases/{receipt.number}/follow")["Location"].startswith("/account/sign-in")
    minh = city.browser("minh")
    assert minh.post(f"/cases/{receipt.number}/follow").status_code == 302
    assert receipt.number in minh.get("/my/reports").content.decode()


def test_a_private_picture_is_for_the_reporter_and_staff(city: TestCity) -> None:
    browser, number, _ = _anonymous(city)
    picture = queries.staff_case(number, actor=city.ha).pictures[0]
    address = f"/pictures/{picture.thumbnail}.jpg"
    assert browser.get(address).status_code == 200
    assert city.browser().get(address).status_code == 404
    assert city.browser("lan").get(address).status_code == 404
    assert city.browser("ha").get(address).status_code == 200


# --- lists and the board ---------------------------------------------------------------------------------------------------


def test_the_list_finds_by_words_without_tones_by_digits_and_by_filter(city: TestCity) -> None:
    receipt = city.report("Ổ gà lớn trước trường học")
    _publish(city, receipt.case_id)
    browser = city.browser()
    for query in (
        "q=o+ga+lon",
        f"q={receipt.number[-4:]}",
        f"agency={city.agency}",
        f"area={city.area}",
        "show=answered",
    ):
        assert receipt.number in browser.get(f"/cases?{query}").content.decode(), query
    for query in ("q=cau+sap", "show=late", "status=received", "agency=nobody"):
        assert receipt.number not in browser.get(f"/cases?{query}").content.decode(), query
    assert browser.get("/cases?after=nonsense").status_code == 422


def test_the_pager_goes_to_the_end_without_losing_a_case(city: TestCity) -> None:
    numbers = set()
    for n in range(23):
        receipt = city.report(f"Đèn số {n} tắt")
        city.act(city.ha, receipt.case_id, "accept")
        city.act(city.ha, receipt.case_id, "route", agency=city.agency, why="thuộc phường")
        numbers.add(receipt.number)
    browser, address, seen = city.browser(), "/cases", set()
    while address:
        page = browser.get(address).content.decode()
        seen |= set(re.findall(r'href="/cases/(PA-[0-9-]+)"', page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = "/cases" + following[1].replace("&amp;", "&") if following else ""
    assert seen == numbers


def test_the_board_counts_and_hides_small_shares_and_states_the_reason(city: TestCity) -> None:
    receipt = city.report()
    _publish(city, receipt.case_id)
    forget_figures()
    page = city.browser().get("/board").content.decode()
    assert places.agency(city.agency).name["vi"] in page
    assert f"agency={city.agency}&amp;show=open" in page
    assert "ít hơn 5" in page
    head = city.browser("binh")
    assert (
        head.post("/board/reason", {"agency": city.agency, "reason": "Chờ vật tư <b>đèn</b>"}).status_code
        == 302
    )
    assert "Chờ vật tư &lt;b&gt;" in city.browser().get("/board").content.decode()
    assert (
        city.browser("lan").post("/board/reason", {"agency": city.agency, "reason": "x"}).status_code == 403
    )


def test_points_on_the_map_are_public_ones_in_the_box(city: TestCity) -> None:
    shown, hidden = city.report(), city.report("Chuyện khác hẳn")
    _publish(city, shown.case_id)
    browser = city.browser()
    found = [f["properties"]["id"] for f in browser.get("/map/points.geojson").json()["features"]]
    assert found == [shown.number]
    assert hidden.number not in found
    assert browser.get("/map/points.geojson?bbox=0,0,1,1").json()["features"] == []
    for box in ("1,2,3", "a,b,c,d", "nan,0,1,1", "9,9,1,1", "1e999,0,1,1"):
        assert browser.get(f"/map/points.geojson?bbox={box}").status_code == 422, box


# --- messages --------------------------------------------------------------------------------------------------------------


def test_the_reporter_is_told_at_every_turn_once(city: TestCity) -> None:
    settle()
    receipt = city.report()
    _publish(city, receipt.case_id)
    settle()
    settle()
    subjects = [item.subject for item in inbox(city.lan).items]
    assert len(subjects) == len(set(subjects))
    told = " | ".join(subjects)
    for words in ("Đã nhận", "đã được tiếp nhận", "nhận phản ánh", "đã có trả lời"):
        assert words in told, (words, told)
    assert receipt.number in city.browser("lan").get("/notices").content.decode()


# --- attacks ---------------------------------------------------------------------------------------------------------------


def test_what_people_write_is_never_markup(city: TestCity) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7|add:7 }} ' OR 1=1 --"
    receipt = city.report(nasty)
    _publish(city, receipt.case_id, answer=f"Đã xử lý xong hôm nay {nasty}")
    browser = city.browser()
    for address in ("/", "/cases", f"/cases/{receipt.number}", f"/cases?q={nasty}", "/cases?agency=<script>"):
        page = browser.get(address).content.decode()
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "x" * 5000},
        {"lon": "nan", "lat": "nan"},
        {"lon": "inf", "lat": "16"},
        {"lon": "107,6", "lat": "abc"},
        {"lon": "-107.6", "lat": "16.4"},
        {"lon": "1e400", "lat": "16.4"},
        {"category": "no_such_kind"},
        {"category": "lighting"},
        {"category": "x" * 500},
        {"token": "forged"},
        {"text": "", "category": ""},
        {"place_words": "y" * 400},
    ],
)
def test_nonsense_gets_a_clear_error_and_writes_nothing(city: TestCity, changes: dict[str, str]) -> None:
    browser = city.browser("lan")
    answer = browser.post("/reports/new", _typed(city, browser, **changes))
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.content.decode()
    assert queries.my_cases(actor=city.lan) == []


def test_a_foreign_reference_cannot_be_followed_or_attached(city: TestCity) -> None:
    secret = city.report(who=city.minh)
    browser = city.browser("lan")
    number = _number(
        browser.post("/reports/new", _typed(city, browser, follows=str(secret.case_id), kept="forged"))
    )
    assert number != secret.number


def test_numbers_cannot_be_enumerated(city: TestCity) -> None:
    receipt = city.report()
    browser = city.browser()
    there, not_there = (browser.get(f"/cases/{n}") for n in (receipt.number, "PA-2611-9999"))
    assert there.status_code == not_there.status_code == 404
    assert re.sub(
        r"PA-\d+-\d+|[0-9a-f-]{36}|csrf\S+|value=\S+", "", _words_of(there.content.decode())
    ) == re.sub(r"PA-\d+-\d+|[0-9a-f-]{36}|csrf\S+|value=\S+", "", _words_of(not_there.content.decode()))
