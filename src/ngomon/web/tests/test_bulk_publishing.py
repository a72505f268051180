"""Publishing many answers: only what an editor checked case by case goes out; urgency in bulk; what a bulk taught is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.city import TestCity

from ngomon.cases.models import BulkRow, Case, Decision, Entry
from ngomon.cases.tests.test_bulk import reports
from ngomon.core import clock
from ngomon.core.worker import settle
from ngomon.directory import queries as directory

from .test_bulk_pages import words
from .test_publishing import ANSWER, posted, ticks, to_review

PLAIN = "Đã thay bóng đèn, đèn sáng lại từ tối qua."


def bulk_of(desk: Any, ids: list[Any], action: str, **said: str) -> str:
    url = str(desk.post("/desk/bulk", {"case": [str(key) for key in ids]}).url)
    answer = desk.post(f"{url}/preview", {"action": action, **said})
    assert answer.status_code == 302, words(answer)
    return url


def run(desk: Any, url: str) -> str:
    assert desk.post(f"{url}/start").status_code == 302
    settle()
    return words(desk.get(url))


def waiting(city: TestCity, n: int, answer: str = PLAIN) -> list[Any]:
    settle()
    made = [city.report(f"Đèn đường thứ {i} tắt đã ba đêm") for i in range(n)]
    for receipt in made:
        to_review(city, receipt, answer)
    settle()
    return made


def public_answers() -> int:
    return Entry.objects.filter(kind="answer", audience="public").count()


def test_what_no_editor_checked_is_refused_in_words_and_never_published(city: TestCity):
    first, second, third = waiting(city, 3, ANSWER)
    assert posted(city, first.number, keep="1", **ticks(but="kind_words")).status_code == 422
    assert posted(city, first.number, keep="1", **ticks()).status_code == 302
    assert posted(city, third.number, keep="1", **ticks()).status_code == 302
    page = words(city.browser("nga").get(f"/desk/cases/{first.number}/publish"))
    assert "Đã kiểm tra xong, chờ công khai" in page
    assert public_answers() == 0, "kept is not published"
    city.act(city.nga, third.case_id, "send_back", reason="Nói rõ hơn")
    city.act(city.son, third.case_id, "answer", answer=ANSWER, stated_reason="Chụp đêm không rõ")
    city.act(city.binh, third.case_id, "approve")
    editor = city.browser("nga")
    url = bulk_of(editor, [first.case_id, second.case_id, third.case_id], "publish")
    page = words(editor.get(url))
    assert "Sẽ làm với 1 trên 3" in page
    assert "Biên tập viên chưa kiểm tra" in page
    assert "Câu trả lời đã sửa sau khi kiểm tra" in page
    page = run(editor, url)
    assert public_answers() == 1
    assert "0905 123 456" not in city.browser().get(f"/cases/{first.number}").content.decode()
    again = words(editor.get(f"/desk/cases/{second.number}"))
    assert "/publish" in again, "it still waits for the editor"
    editor.post(f"{url}/undo")
    settle()
    assert public_answers() == 0
    assert "Đã trả lại như cũ 1" in words(editor.get(url))


def test_an_answer_written_anew_between_preview_and_run_stays_unpublished(city: TestCity):
    first, second = waiting(city, 2)
    for receipt in (first, second):
        assert posted(city, receipt.number, keep="1", **ticks()).status_code == 302
    editor = city.browser("nga")
    url = bulk_of(editor, [first.case_id, second.case_id], "publish")
    city.act(city.nga, second.case_id, "send_back", reason="Nói rõ hơn")
    assert "Đã làm 1" in run(editor, url)
    assert Case.objects.get(pk=second.case_id).status == "in_progress"
    assert BulkRow.objects.get(case=second.case_id).code == "cases.changed_meanwhile"


def test_personal_words_that_nobody_decided_on_are_published_by_no_door(city: TestCity):
    (receipt,) = waiting(city, 1, ANSWER)
    editor = city.browser("nga")
    answer = editor.post(f"/desk/cases/{receipt.number}/act/publish", ticks())
    assert answer.status_code == 422
    bare = editor.post(f"/desk/cases/{receipt.number}/publish", ticks())
    assert bare.status_code == 422
    assert "chưa quyết định che" in words(bare)
    assert public_answers() == 0


def test_urgency_is_set_for_many_moves_them_ahead_and_is_taken_back(city: TestCity):
    ids = reports(city, 4)
    desk = city.browser("ha")
    before = {c.pk: (c.queue_at, c.due_at, c.urgency) for c in Case.objects.all()}
    url = bulk_of(desk, ids[2:], "urgency", urgency="urgent")
    assert "Khẩn" in words(desk.get(url))
    run(desk, url)
    queue = [row["line"].id for row in desk.get("/desk?queue=triage").context["rows"]]
    assert set(queue[:2]) == set(ids[2:])
    assert "cán bộ trực xác định" in words(desk.get("/desk?queue=triage"))
    assert {c.pk: c.due_at for c in Case.objects.all()} == {key: b[1] for key, b in before.items()}
    late = desk.get("/desk?queue=triage&late=late").context["rows"]
    assert late == [], "urgent is not late"
    again = bulk_of(desk, ids, "urgency", urgency="urgent")
    assert "Đã ở mức này" in words(desk.get(again))
    desk.post(f"{url}/undo")
    settle()
    assert {c.pk: (c.queue_at, c.due_at, c.urgency) for c in Case.objects.all()} == before
    one = Case.objects.get(pk=ids[0]).number
    assert desk.post(f"/desk/cases/{one}/urgency", {"urgency": "soon"}).status_code == 302
    assert "Cần sớm" in words(desk.get(f"/desk/cases/{one}"))
    assert desk.post(f"/desk/cases/{one}/urgency", {"urgency": "danger"}).status_code == 422
    assert city.browser("son").post(f"/desk/cases/{one}/urgency", {"urgency": "soon"}).status_code == 403


@pytest.mark.parametrize("action", ["category", "route"])
def test_what_a_bulk_decided_is_learned_only_when_it_stays(city: TestCity, action: str, monkeypatch: Any):
    ids = reports(city, 3)
    other = next(
        c.key
        for c in directory.categories()
        if c.group == "timed" and c.key != city.category and not c.photo_required
    )
    said = {"category": other} if action == "category" else {"agency": city.agency}
    city.browser("ha").post(f"/desk/cases/{Case.objects.get(pk=ids[0]).number}/category", {"category": other})
    settle()
    learned = list(Decision.objects.values_list("case", "category", "agency", "decided_at"))
    assert len(learned) == 1
    desk = city.browser("ha")
    url = bulk_of(desk, ids[1:] if action == "category" else ids, action, **said)
    run(desk, url)
    desk.post(f"{url}/undo")
    settle()
    assert list(Decision.objects.values_list("case", "category", "agency", "decided_at")) == learned
    url = bulk_of(desk, ids[1:], action, **said)
    run(desk, url)
    assert Decision.objects.count() == 1
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    settle()
    desk.post(f"{url}/release")
    settle()
    assert Decision.objects.count() == 3
