"""Everything that a definition may say passes through the editor: loaded and saved unchanged, it is the same; its head, ladder,
fields, variants and checks are changed by the pages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

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
