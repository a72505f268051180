"""Definitions by their pages: a draft is written, its fault shown and mended, put in force; files out and in; work moved on."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.city import TestCity

from ngomon.processes import drafting, queries
from ngomon.processes.drawing import drawing
from ngomon.web.admin.definition_forms import action_initial, step_initial

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "field_reports.timed"
AT = f"/admin/processes/{KEY}"


def step_of(key):
    found = drafting.draft_of(KEY)
    return next(s for s in found.tables["step"] if s["key"] == key), found.edition


def sent(initial, **changed):
    return {name: value for name, value in {**initial, **changed}.items() if value not in (None, "")}


def test_a_draft_goes_from_opened_to_published_with_its_fault_shown_between(city: TestCity):
    browser = city.browser("vy")
    assert browser.post(f"{AT}/draft").status_code == 302
    table, edition = step_of("verify")
    said = sent(step_initial(table, edition), time_n="3", time_unit="hours")
    assert browser.post(f"{AT}/draft/steps/verify", said).status_code == 302
    assert [d[0] for d in drafting.differences(drafting.draft_of(KEY))] == ["step.verify.budget.hours"]
    new = {
        "edition": "2",
        "key": "second_look",
        "name_vi": "Xem lại",
        "name_en": "Look again",
        "step_kind": "task",
    }
    browser.post(f"{AT}/draft/steps", new)
    page = browser.get(f"{AT}/draft").content.decode()
    assert "is-fault" in page
    assert "Xem lại" in page
    assert "<svg" in page
    refused = browser.post(f"{AT}/draft/publish", {"edition": "3"})
    assert refused.status_code == 422
    assert drafting.draft_of(KEY)
    browser.post(f"{AT}/draft/steps/second_look/remove", {"edition": "3"})
    assert browser.post(f"{AT}/draft/publish", {"edition": "4"}).status_code == 302
    assert drafting.draft_of(KEY) is None
    assert queries.definition(KEY).steps["verify"].budget.own.n == 3


def test_an_action_is_changed_added_and_taken_away(city: TestCity):
    browser = city.browser("vy")
    browser.post(f"{AT}/draft")
    table, edition = step_of("verify")
    first = table["action"][0]
    browser.post(f"{AT}/draft/steps/verify/actions", sent(action_initial(first, edition), name_en="Renamed"))
    assert step_of("verify")[0]["action"][0]["name"]["en"] == "Renamed"
    more = {"edition": "2", "key": "again", "name_vi": "Lại", "name_en": "Again", "to": "verify"}
    browser.post(f"{AT}/draft/steps/verify/actions", more)
    assert step_of("verify")[0]["action"][-1]["to"] == "verify"
    wrong = browser.post(f"{AT}/draft/steps/verify/actions", {**more, "edition": "3", "key": "Bad key"})
    assert wrong.status_code == 422
    browser.post(f"{AT}/draft/steps/verify/actions", {"edition": "3", "key": "again", "do": "remove"})
    assert step_of("verify")[0]["action"][-1]["key"] != "again"
    assert browser.post(f"{AT}/draft/discard", {"edition": "4"}).status_code == 302
    assert drafting.draft_of(KEY) is None


def test_a_draft_waits_for_its_day_and_is_taken_back(city: TestCity):
    browser = city.browser("vy")
    browser.post(f"{AT}/draft")
    browser.post(f"{AT}/draft/publish", {"edition": "1", "in_force_on": "2099-01-01"})
    assert drafting.draft_of(KEY).publish_at is not None
    assert browser.get(f"{AT}/draft").status_code == 200
    browser.post(f"{AT}/draft/recall", {"edition": "2"})
    assert drafting.draft_of(KEY).publish_at is None


def test_a_file_goes_out_and_comes_back_the_same(city: TestCity):
    browser = city.browser("vy")
    content = browser.get(f"{AT}/bpmn").content
    assert content.startswith(b"<?xml")
    upload = {"bpmn_file": SimpleUploadedFile("a.bpmn", content)}
    assert browser.post("/admin/processes/import", upload).status_code == 302
    assert drafting.differences(drafting.draft_of(KEY)) == []
    bad = {"bpmn_file": SimpleUploadedFile("a.bpmn", b"<no")}
    assert browser.post("/admin/processes/import", bad).status_code == 422


def test_running_work_is_tried_and_moved(city: TestCity):
    city.report()
    key = next(d.key for d in queries.definitions() if drafting.running_by_version(d.key))
    browser, at = city.browser("vy"), f"/admin/processes/{key}"
    start = queries.definition(key).start
    browser.post(f"{at}/draft")
    table = next(s for s in drafting.draft_of(key).tables["step"] if s["key"] == start)
    browser.post(f"{at}/draft/steps/{start}", sent(step_initial(table, 1), name_en="First look"))
    assert browser.post(f"{at}/draft/publish", {"edition": "2"}).status_code == 302
    assert list(drafting.running_by_version(key)) == [1]
    assert browser.get(f"{at}/migrate").status_code == 200
    browser.post(f"{at}/migrate", {"from": "1", "do": "try"})
    assert list(drafting.running_by_version(key)) == [1]
    assert browser.post(f"{at}/migrate", {"from": "1", "do": "carry_out"}).status_code == 302
    assert list(drafting.running_by_version(key)) == [2]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_pages_speak_both_languages(city: TestCity, language: str):
    browser = city.browser("vy")
    browser.cookies["lang"] = language
    browser.post(f"{AT}/draft")
    for address in ("/admin/processes", AT, f"{AT}/draft", f"{AT}/draft/steps/verify", f"{AT}/migrate"):
        answer = browser.get(address, headers={"accept-language": language})
        assert answer.status_code == 200, address
        assert "web.admin." not in answer.content.decode(), address


def test_the_drawing_has_the_numbers_of_the_file(city: TestCity):
    made = drawing(drafting.tables_of(KEY))
    assert {s.step for s in made.shapes if s.step} == set(queries.definition(KEY).steps)
    assert all(0 <= s.x <= made.width and s.y + s.h <= made.height for s in made.shapes)
