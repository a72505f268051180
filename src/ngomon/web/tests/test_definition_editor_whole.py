"""Everything that a definition may say passes through the editor: loaded and saved unchanged, it is the same; its head, ladder,
fields, variants and checks are changed by the pages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.city import TestCity

from ngomon.processes import drafting
from ngomon.processes.rules import editing, reading
from ngomon.web.admin.definition_forms import (
    ActionForm,
    StepForm,
    action_initial,
    choices_of,
    own_actions,
    step_initial,
)
from ngomon.web.admin.definition_parts import (
    PARTS,
    CheckForm,
    FieldForm,
    HeadForm,
    RungForm,
    VariantForm,
    part_choices,
)

ROOMS = Path(settings.ROOT) / "src/ngomon"
SHIPPED = sorted([*ROOMS.glob("services/*/processes/*.toml"), *ROOMS.glob("*/definitions/*.toml")])
KEY = "field_reports.timed"
AT = f"/admin/processes/{KEY}/draft"


def saved(form: type[Any], begin: dict[str, Any], offered: dict[str, Any], table: dict[str, Any]) -> Any:
    """What a form makes of a table when it is sent as it was shown."""
    said = {name: value for name, value in begin.items() if value is not None} | {"edition": 1}
    made = form(said, choices={name: rows for name, rows in offered.items() if name in form.base_fields})
    assert made.is_valid(), (table, made.errors)
    return made.changes(table)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_definition_is_the_same_after_each_of_its_forms_was_saved(file: Path):
    before = tomllib.loads(file.read_text(encoding="utf-8"))
    after, whole = before, choices_of(before, "vi") | part_choices(before, "vi")
    after = editing.with_head(after, saved(HeadForm, HeadForm.begin(before), whole, before))
    for key, table in before.get("field", {}).items():
        begin = FieldForm.begin({**table, "key": key})
        after = editing.with_field(after, key, saved(FieldForm, begin, whole, table))
    for n, table in enumerate(before.get("escalation", [])):
        changes = saved(RungForm, RungForm.begin(table), whole, table)
        after = editing.with_part(after, (), "escalation", n, changes)
    for step in before["step"]:
        offered = whole | {"lapse_action": own_actions(step, "vi")}
        after = editing.with_step(after, step["key"], saved(StepForm, step_initial(step, 1), offered, step))
        for n, table in enumerate(step.get("variant", [])):
            changes = saved(VariantForm, VariantForm.begin(table), whole, table)
            after = editing.with_part(after, (step["key"],), "variant", n, changes)
        for action in step.get("action", []):
            changes = saved(ActionForm, action_initial(action, 1), whole, action)
            after = editing.with_action(after, step["key"], action["key"], changes)
            for n, table in enumerate(action.get("check", [])):
                changes = saved(CheckForm, CheckForm.begin(table), whole, table)
                after = editing.with_part(after, (step["key"], action["key"]), "check", n, changes)
    assert list(editing.differences(before, after)) == []
    assert reading.read(after) == reading.read(before)


def test_every_word_of_a_definition_has_its_place_in_a_form():
    assert {f.stem for f in SHIPPED} >= {"timed", "instant", "question", "order", "directive"}
    assert set(PARTS) == {"field", "escalation", "variant", "check"}
    words = reading._STEP - {"key", "role", "variant", "action"}
    assert words <= set(saved(StepForm, step_initial(STEP, 1), EVERY, STEP)) | {"kind", "clock"}
    words = reading._ACTION - {"key", "role", "check"}
    assert words <= set(saved(ActionForm, action_initial(ACTION, 1), EVERY, ACTION))


NAME = {"vi": "a", "en": "a"}
ACTION = {"key": "go", "name": NAME, "to": "end"}
STEP = {"key": "first", "name": NAME, "kind": "task", "action": [ACTION]}
EVERY = choices_of({"step": [STEP, {"key": "end", "name": NAME, "kind": "end"}]}, "vi") | {
    "lapse_action": own_actions(STEP, "vi")
}


@pytest.mark.django_db(transaction=True)
def test_head_ladder_fields_variants_and_checks_are_changed_by_the_pages(city: TestCity):
    browser = city.browser("vy")
    browser.post(AT)

    def sent(address: str, begin: dict[str, Any], **said: Any) -> dict[str, Any]:
        found = drafting.draft_of(KEY)
        body = {n: v for n, v in {**begin, **said, "edition": found.edition}.items() if v is not None}
        assert browser.post(f"{AT}/{address}", body).status_code == 302, address
        return drafting.draft_of(KEY).tables

    tables = drafting.draft_of(KEY).tables
    tables = sent("head", HeadForm.begin(tables), max_extensions="0", notes="x")
    assert (tables["clock"]["max_extensions"], tables["notes"]) == (0, "x")
    rung = {"kind": "escalation", "n": "3", "rung_kind": "escalate", "rung_to": "leader", "rung_n": "2"}
    tables = sent("parts", rung, rung_unit="days")
    assert tables["escalation"][3] == {"kind": "escalate", "to": "leader", "after": {"days": 2}}
    tables = sent("parts", {"kind": "escalation", "n": "3", "do": "remove"})
    assert len(tables["escalation"]) == 3
    field = {"kind": "field", "n": "99", "key": "colour", "name_vi": "Màu", "name_en": "Colour"}
    tables = sent("parts", field, field_kind="choice", field_choices="red, blue")
    assert tables["field"]["colour"]["choices"] == ["red", "blue"]
    variant = {
        "kind": "variant",
        "step": "verify",
        "n": "0",
        "when_more": "source: hotline",
        "skip_to": "intake",
    }
    tables = sent("parts", variant)
    assert editing.step_of(tables, "verify")["variant"] == [
        {"when": {"source": ["hotline"]}, "skip_to": "intake"}
    ]
    check = {"kind": "check", "step": "verify", "action": "route", "n": "0", "key": "looked"}
    tables = sent("parts", check, name_vi="Đã xem", name_en="Looked", when_agency_size=["small"])
    route = editing.action_of(editing.step_of(tables, "verify"), "route")
    assert route["check"][0]["when"] == {"agency_size": ["small"]}
    shown = browser.get(f"{AT}/steps/verify").content.decode()
    assert "Đã xem" in shown
    wrong = {"kind": "variant", "step": "verify", "n": "1", "edition": drafting.draft_of(KEY).edition}
    assert browser.post(f"{AT}/parts", wrong).status_code == 422
    for bad in ({"kind": "crown"}, {"kind": "check", "step": "verify"}, {"kind": "field", "n": "x"}):
        assert browser.post(f"{AT}/parts", bad).status_code == 422
    assert browser.post(f"{AT}/parts", {**wrong, "step": "nowhere"}).status_code == 404
    for language in ("en", "vi"):
        browser.cookies["lang"] = language
        page = browser.get(f"{AT}/head", headers={"accept-language": language}).content.decode()
        assert "web.admin." not in page
