"""The forms in which a draft of a definition is changed: a step, an action, the day it goes in force, a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.identity.terms import Role
from ngomon.processes.rules import editing
from ngomon.processes.terms import Clock, Holder, StepKind

from .forms import AdminForm, choice, day, line
from .frame import by_language, role_name

UNITS = ("minutes", "hours", "days", "share", "rest")


def _several() -> forms.MultipleChoiceField:
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
        return _clean_key(self.cleaned_data["key"])


class StepForm(DefinitionForm):
    """A step: its names, with whom it lies, who acts, its time."""

    name_vi = line(required=True)
    name_en = line(required=True)
    step_kind = choice(required=True)
    holder = choice()
    step_roles = _several()
    time_n = forms.DecimalField(required=False, min_value=0, max_digits=6)
    time_unit = choice()
    clock = choice()
    status = choice()

    def clean(self) -> dict[str, Any]:
        """A number of minutes, hours, days or percent goes with its unit."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("time_unit") not in ("", None, "rest") and not said.get("time_n"):
            self.add_error("time_n", text("web.admin.definitions.time_missing"))
        return said

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the step's table becomes; what is usual stays unsaid where it was."""
        said = self.cleaned_data
        usual = {"kind": (said["step_kind"], "task"), "clock": (said["clock"], "runs")}
        return {
            "name": by_language(said, "name"),
            "holder": said["holder"],
            "roles": _in_order(said["step_roles"], _listed(table, "roles", "role")),
            "budget": self._time(),
            "status": said["status"],
            **{name: v if v != usually or name in table else "" for name, (v, usually) in usual.items()},
        }

    def _time(self) -> Any:
        unit, n = self.cleaned_data["time_unit"], self.cleaned_data["time_n"]
        if not unit or unit == "rest":
            return unit
        if unit == "share":
            return {"share": float(n) / 100}
        return {unit: int(n) if n == int(n) else float(n)}


class ActionForm(DefinitionForm):
    """An action: its names, where it leads, who may, what it asks for."""

    key = line(required=True, max_length=40)
    name_vi = line(required=True)
    name_en = line(required=True)
    to = choice(required=True)
    action_roles = _several()
    requires = _several()
    accepts = _several()

    def clean_key(self) -> str:
        """A key that the tables can hold."""
        return _clean_key(self.cleaned_data["key"])

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the action's table becomes."""
        said = self.cleaned_data
        return {
            "name": by_language(said, "name"),
            "to": said["to"],
            "roles": _in_order(said["action_roles"], _listed(table, "roles", "role")),
            "requires": _in_order(said["requires"], _listed(table, "requires")),
            "accepts": _in_order(said["accepts"], _listed(table, "accepts")),
        }


class PublishForm(DefinitionForm):
    """When a draft goes in force; at once without a day."""

    in_force_on = day(required=False)


class BpmnForm(AdminForm):
    """A file of another tool, and how the definition is called here."""

    bpmn_file = forms.FileField()
    definition_key = line(required=False, max_length=60)


def _clean_key(key: str) -> str:
    if not editing.is_key(key):
        raise forms.ValidationError(text("web.admin.definitions.bad_key"))
    return key


def _listed(table: Mapping[str, Any], *names: str) -> list[str]:
    found: Any = next((table[name] for name in names if name in table), [])
    return [found] if isinstance(found, str) else list(found)


def _in_order(said: Iterable[str], before: list[str]) -> list[str]:
    """What was there keeps its order; what is new comes behind."""
    chosen = list(said)
    return [each for each in before if each in chosen] + [each for each in chosen if each not in before]


# --- what the forms begin with and offer ------------------------------------------------------------------------------


def step_initial(table: Mapping[str, Any], edition: int) -> dict[str, Any]:
    """A step's table as a form shows it."""
    unit, n = _time_of(table.get("budget"))
    return {
        **_names(table),
        "edition": edition,
        "step_kind": table.get("kind", "task"),
        "holder": table.get("holder", ""),
        "step_roles": _listed(table, "roles", "role"),
        "time_n": n,
        "time_unit": unit,
        "clock": table.get("clock", "runs"),
        "status": table.get("status", ""),
    }


def action_initial(table: Mapping[str, Any], edition: int) -> dict[str, Any]:
    """An action's table as a form shows it."""
    return {
        **_names(table),
        "edition": edition,
        "key": table.get("key", ""),
        "to": table.get("to", ""),
        "action_roles": _listed(table, "roles", "role"),
        "requires": _listed(table, "requires"),
        "accepts": _listed(table, "accepts"),
    }


def _names(table: Mapping[str, Any]) -> dict[str, str]:
    name = table.get("name") or {}
    return {f"name_{code}": name.get(code, "") for code in ("vi", "en")}


def _time_of(budget: Any) -> tuple[str, Any]:
    if budget == "rest":
        return "rest", None
    if isinstance(budget, Mapping) and len(budget) == 1:
        unit, n = next(iter(budget.items()))
        return str(unit), round(n * 100, 2) if unit == "share" else n
    return "", None


def choices_of(tables: Mapping[str, Any], language: str) -> dict[str, list[tuple[str, str]]]:
    """What the selects offer, from the draft itself."""
    steps = [(str(s["key"]), in_language(s.get("name") or {}, language) or s["key"]) for s in tables["step"]]
    roles = _roles(tables, language)
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
    }


def _status(key: str, language: str) -> str:
    return text(f"cases.status.{key}", language) if has_text(f"cases.status.{key}") else key


def _tables_within(tables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*tables["step"], *(a for s in tables["step"] for a in s.get("action", []))]


def _roles(tables: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    used = [role for table in _tables_within(tables) for role in _listed(table, "roles", "role")]
    return [(role, role_name(role, language)) for role in dict.fromkeys([*map(str, Role), *used])]


def _fields(tables: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    known = tables.get("field", {})
    used = [n for t in _tables_within(tables) for n in (*_listed(t, "requires"), *_listed(t, "accepts"))]
    return [
        (name, in_language(known.get(name, {}).get("name", {}), language) or name)
        for name in dict.fromkeys([*known, *used])
    ]
