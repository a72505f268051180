"""The forms in which a draft of a definition is changed: a step, an action, the day it goes in force, a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.identity.terms import Role
from ngomon.processes.rules import editing
from ngomon.processes.terms import Clock, Effect, Holder, StepKind

from .forms import AdminForm, choice, day, line, prose
from .frame import by_language, role_name

UNITS = ("minutes", "hours", "days", "share", "rest")
NOTHING = "none"
NO_VALUE = {NOTHING: ""}
BOXES = {
    "agency_size": ("small", "normal", NOTHING),
    "promise": ("yes", NOTHING),
    "waits": ("project", NOTHING),
}
"""What a condition may ask that has few answers; `none` stands for no value."""


def several() -> forms.MultipleChoiceField:
    """A list of boxes."""
    return forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)


class DefinitionForm(AdminForm):
    """What every change of a draft says: which edition was looked at."""

    edition = forms.IntegerField(widget=forms.HiddenInput)


class NewStepForm(DefinitionForm):
    """A step more."""

    key = line(required=True, max_length=40)
    name_vi = line(required=True)
    name_en = line(required=True)
    step_kind = choice(required=True)

    def clean_key(self) -> str:
        """A key that the tables can hold."""
        return well_formed(self.cleaned_data["key"])


class StepForm(DefinitionForm):
    """A step: its names, with whom it lies, who acts, its time."""

    name_vi = line(required=True)
    name_en = line(required=True)
    step_kind = choice(required=True)
    holder = choice()
    step_roles = several()
    time_n = forms.DecimalField(required=False, min_value=0, max_digits=6)
    time_unit = choice()
    clock = choice()
    status = choice()
    lapse_kind = choice()
    lapse_n = forms.DecimalField(required=False, min_value=0, max_digits=6)
    lapse_unit = choice()
    lapse_action = choice()
    consults = forms.BooleanField(required=False)
    outcome = line(max_length=40)

    def clean(self) -> dict[str, Any]:
        """A number of minutes, hours, days or percent goes with its unit."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("time_unit") not in ("", None, "rest") and not said.get("time_n"):
            self.add_error("time_n", text("web.admin.definitions.time_missing"))
        if said.get("lapse_kind") == "after" and not (said.get("lapse_n") and said.get("lapse_unit")):
            self.add_error("lapse_n", text("web.admin.definitions.time_missing"))
        if said.get("lapse_kind") and not said.get("lapse_action"):
            self.add_error("lapse_action", text("web.admin.definitions.lapse_action_missing"))
        return said

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the step's table becomes; what is usual stays unsaid where it was."""
        said = self.cleaned_data
        usual = {"kind": (said["step_kind"], "task"), "clock": (said["clock"], "runs")}
        return {
            "name": by_language(said, "name"),
            "holder": said["holder"],
            "roles": in_order(said["step_roles"], listed(table, "roles", "role")),
            "budget": self._time(),
            "status": said["status"],
            "lapse": self._lapse(),
            "consults": said["consults"],
            "outcome": said["outcome"],
            **{name: v if v != usually or name in table else "" for name, (v, usually) in usual.items()},
        }

    def _time(self) -> Any:
        unit, n = self.cleaned_data["time_unit"], self.cleaned_data["time_n"]
        if not unit or unit == "rest":
            return unit
        if unit == "share":
            return {"share": float(n) / 100}
        return {unit: plain(n)}

    def _lapse(self) -> Any:
        said = self.cleaned_data
        if not said["lapse_kind"]:
            return None
        if said["lapse_kind"] == "commitment":
            return {"on": "commitment", "action": said["lapse_action"]}
        return {"after": {said["lapse_unit"]: plain(said["lapse_n"])}, "action": said["lapse_action"]}


class ConditionForm(DefinitionForm):
    """What depends on a condition. What the boxes do not name stands in lines `name: value, value`."""

    when_agency_size = several()
    when_promise = several()
    when_waits = several()
    when_more = prose(rows=2)

    def condition(self, table: Mapping[str, Any]) -> dict[str, list[str]]:
        """The condition as the table holds it; empty for none."""
        said, before = self.cleaned_data, _condition(table)
        found = {name: [NO_VALUE.get(v, v) for v in said[f"when_{name}"]] for name in BOXES}
        for row in said["when_more"].splitlines():
            name, _, values = row.partition(":")
            if name.strip():
                found[name.strip()] = [value.strip() for value in values.split(",")]
        found = {name: in_order(values, before.get(name, [])) for name, values in found.items() if values}
        return {
            name: found[name] for name in (*before, *(n for n in found if n not in before)) if name in found
        }


class ActionForm(ConditionForm):
    """An action: its names, where it leads, who may, what it asks for, under which condition, what it does besides."""

    key = line(required=True, max_length=40)
    name_vi = line(required=True)
    name_en = line(required=True)
    to = choice(required=True)
    action_roles = several()
    requires = several()
    accepts = several()
    tone = choice()
    effect = choice()
    tells = several()
    leaves_agency = forms.BooleanField(required=False)
    bars_holder = forms.BooleanField(required=False)
    joins = forms.BooleanField(required=False)

    def clean_key(self) -> str:
        """A key that the tables can hold."""
        return well_formed(self.cleaned_data["key"])

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the action's table becomes."""
        said = self.cleaned_data
        return {
            "name": by_language(said, "name"),
            "to": said["to"],
            "roles": in_order(said["action_roles"], listed(table, "roles", "role")),
            "requires": in_order(said["requires"], listed(table, "requires")),
            "accepts": in_order(said["accepts"], listed(table, "accepts")),
            "tone": said["tone"] if said["tone"] != "plain" or "tone" in table else "",
            "when": self.condition(table),
            "effect": said["effect"],
            "tells": in_order(said["tells"], listed(table, "tells")),
            **{name: said[name] for name in ("leaves_agency", "bars_holder", "joins")},
        }


class PublishForm(DefinitionForm):
    """When a draft goes in force; at once without a day."""

    in_force_on = day(required=False)


class BpmnForm(AdminForm):
    """A file of another tool, and how the definition is called here."""

    bpmn_file = forms.FileField()
    definition_key = line(required=False, max_length=60)


def plain(n: Any) -> int | float:
    """A figure as a file writes it."""
    return int(n) if n == int(n) else float(n)


def well_formed(key: str) -> str:
    """A key that the tables can hold. Raises: ValidationError."""
    if not editing.is_key(key):
        raise forms.ValidationError(text("web.admin.definitions.bad_key"))
    return key


def listed(table: Mapping[str, Any], *names: str) -> list[str]:
    """The words under one of some names, a single one as a list."""
    found: Any = next((table[name] for name in names if name in table), [])
    return [found] if isinstance(found, str) else list(found)


def in_order(said: Iterable[str], before: list[str]) -> list[str]:
    """What was there keeps its order; what is new comes behind."""
    chosen = list(said)
    return [each for each in before if each in chosen] + [each for each in chosen if each not in before]


# --- what the forms begin with and offer ------------------------------------------------------------------------------


def step_initial(table: Mapping[str, Any], edition: int) -> dict[str, Any]:
    """A step's table as a form shows it."""
    unit, n = time_of(table.get("budget"))
    return {
        **names_of(table),
        "edition": edition,
        "step_kind": table.get("kind", "task"),
        "holder": table.get("holder", ""),
        "step_roles": listed(table, "roles", "role"),
        "time_n": n,
        "time_unit": unit,
        "clock": table.get("clock", "runs"),
        "status": table.get("status", ""),
        **_lapse_of(table.get("lapse")),
        "consults": bool(table.get("consults", False)),
        "outcome": table.get("outcome", ""),
    }


def _lapse_of(lapse: Any) -> dict[str, Any]:
    if not isinstance(lapse, Mapping):
        return {"lapse_kind": "", "lapse_unit": "days"}
    unit, n = time_of(lapse.get("after"))
    kind = "commitment" if lapse.get("on") == "commitment" else "after"
    return {"lapse_kind": kind, "lapse_unit": unit, "lapse_n": n, "lapse_action": lapse.get("action", "")}


def condition_initial(table: Mapping[str, Any]) -> dict[str, Any]:
    """A condition as a form shows it."""
    found = _condition(table)
    boxed = {
        n for n, values in found.items() if n in BOXES and {v or NOTHING for v in values} <= set(BOXES[n])
    }
    more = [f"{name}: {', '.join(values)}" for name, values in found.items() if name not in boxed]
    boxes = {f"when_{n}": [v or NOTHING for v in found[n]] if n in boxed else [] for n in BOXES}
    return {**boxes, "when_more": "\n".join(more)}


def _condition(table: Mapping[str, Any]) -> dict[str, list[str]]:
    when = table.get("when")
    return {str(n): listed(when, n) for n in when} if isinstance(when, Mapping) else {}


def action_initial(table: Mapping[str, Any], edition: int) -> dict[str, Any]:
    """An action's table as a form shows it."""
    return {
        **names_of(table),
        "edition": edition,
        "key": table.get("key", ""),
        "to": table.get("to", ""),
        "action_roles": listed(table, "roles", "role"),
        "requires": listed(table, "requires"),
        "accepts": listed(table, "accepts"),
        "tone": table.get("tone", "plain"),
        "effect": table.get("effect", ""),
        "tells": listed(table, "tells"),
        **{name: bool(table.get(name, False)) for name in ("leaves_agency", "bars_holder", "joins")},
        **condition_initial(table),
    }


def names_of(table: Mapping[str, Any]) -> dict[str, str]:
    """A name as the form's two fields."""
    name = table.get("name") or {}
    return {f"name_{code}": name.get(code, "") for code in ("vi", "en")}


def time_of(budget: Any) -> tuple[str, Any]:
    """A time as unit and figure."""
    if budget == "rest":
        return "rest", None
    if isinstance(budget, Mapping) and len(budget) == 1:
        unit, n = next(iter(budget.items()))
        return str(unit), round(n * 100, 2) if unit == "share" else n
    return "", None


def choices_of(tables: Mapping[str, Any], language: str) -> dict[str, list[tuple[str, str]]]:
    """What the selects offer, from the draft itself."""
    steps = [(str(s["key"]), in_language(s.get("name") or {}, language) or s["key"]) for s in tables["step"]]
    roles = roles_offered(tables, language)
    fields = _fields(tables, language)
    none = [("", text("web.admin.none", language))]
    statuses = sorted({str(s["status"]) for s in tables["step"] if s.get("status")})
    return {
        "step_kind": [(k, text(f"web.admin.step.{k}", language)) for k in StepKind],
        "holder": none + [(h, text(f"processes.holder.{h}", language)) for h in Holder],
        "step_roles": roles,
        "action_roles": roles,
        "time_unit": none + [(u, text(f"web.admin.unit.{u}", language)) for u in UNITS],
        "clock": [(c, text(f"web.admin.clock.{c}", language)) for c in Clock],
        "status": none + [(s, _status(s, language)) for s in statuses],
        "to": steps,
        "requires": fields,
        "accepts": fields,
        "tells": roles,
        "tone": [(t, text(f"web.admin.tone.{t}", language)) for t in ("plain", "primary", "danger")],
        "effect": none + [(e, text(f"web.admin.effect.{e}", language)) for e in Effect],
        "lapse_kind": none + [(k, text(f"web.admin.lapse.{k}", language)) for k in ("after", "commitment")],
        "lapse_unit": [(u, text(f"web.admin.unit.{u}", language)) for u in UNITS[:3]],
        **condition_choices(language),
    }


def condition_choices(language: str) -> dict[str, list[tuple[str, str]]]:
    """The boxes of a condition."""
    return {
        f"when_{name}": [(v, text(f"web.admin.when.{name}.{v}", language)) for v in values]
        for name, values in BOXES.items()
    }


def own_actions(step: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """The actions of a step, for what happens by itself when nobody answers."""
    found = [
        (str(a.get("key", "")), in_language(a.get("name") or {}, language)) for a in step.get("action", [])
    ]
    return [("", text("web.admin.none", language)), *((key, name or key) for key, name in found)]


def _status(key: str, language: str) -> str:
    return text(f"cases.status.{key}", language) if has_text(f"cases.status.{key}") else key


def _tables_within(tables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*tables["step"], *(a for s in tables["step"] for a in s.get("action", []))]


def roles_offered(tables: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Roles that exist, and those that the tables name."""
    used = [role for table in _tables_within(tables) for role in listed(table, "roles", "role")]
    return [(role, role_name(role, language)) for role in dict.fromkeys([*map(str, Role), *used])]


def _fields(tables: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    known = tables.get("field", {})
    used = [n for t in _tables_within(tables) for n in (*listed(t, "requires"), *listed(t, "accepts"))]
    return [
        (name, in_language(known.get(name, {}).get("name", {}), language) or name)
        for name in dict.fromkeys([*known, *used])
    ]
