"""The forms for the parts of a draft: its head, the fields that actions ask for, the ladder, variants, what is ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import translation

from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text

from .definition_forms import (
    UNITS,
    ConditionForm,
    DefinitionForm,
    condition_choices,
    condition_initial,
    in_order,
    listed,
    names_of,
    plain,
    roles_offered,
    several,
    time_of,
    well_formed,
)
from .forms import choice, line, prose
from .frame import by_language, role_name

GROUPS = ("timed", "instant", "command")
FIELD_KINDS = ("text", "choice", "agency", "account", "date", "days", "photos")
RUNGS = ("reminder", "overdue", "escalate")


class HeadForm(DefinitionForm):
    """The head: names, group, where it starts, how often time may be given, a word for the next author."""

    name_vi = line(required=True)
    name_en = line(required=True)
    group = choice(required=True)
    start = choice(required=True)
    max_extensions = forms.IntegerField(required=False, min_value=0, max_value=20)
    max_extension_days = forms.IntegerField(required=False, min_value=1, max_value=365)
    notes = prose()

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the head becomes; what is usual stays unsaid where it was."""
        said, clock = self.cleaned_data, dict(table.get("clock") or {})
        for name, usual in USUAL.items():
            if said[name] is not None and (said[name] != usual or name in clock):
                clock[name] = said[name]
        return {
            "name": by_language(said, "name"),
            "group": said["group"],
            "start": said["start"],
            "notes": said["notes"],
            "clock": clock,
        }

    @staticmethod
    def begin(table: Mapping[str, Any]) -> dict[str, Any]:
        """The head as the form shows it."""
        clock = table.get("clock") or {}
        return {
            **names_of(table),
            "group": table.get("group", ""),
            "start": table.get("start", ""),
            "notes": table.get("notes", ""),
            **{name: clock.get(name, usual) for name, usual in USUAL.items()},
        }


USUAL = {"max_extensions": 2, "max_extension_days": 10}


class FieldForm(DefinitionForm):
    """A field that actions may ask for."""

    key = line(required=True, max_length=40)
    name_vi = line(required=True)
    name_en = line(required=True)
    field_kind = choice(required=True)
    field_choices = line()

    def clean_key(self) -> str:
        """A key that the tables can hold."""
        return well_formed(self.cleaned_data["key"])

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the field's table becomes."""
        said = self.cleaned_data
        is_said = said["field_kind"] != "text" or "kind" in table
        return {
            "name": by_language(said, "name"),
            "kind": said["field_kind"] if is_said else "",
            "choices": [each.strip() for each in said["field_choices"].split(",") if each.strip()],
        }

    @staticmethod
    def begin(table: Mapping[str, Any]) -> dict[str, Any]:
        """A field as the form shows it."""
        return {
            **names_of(table),
            "key": table.get("key", ""),
            "field_kind": table.get("kind", "text"),
            "field_choices": ", ".join(listed(table, "choices")),
        }


class RungForm(DefinitionForm):
    """A rung of the ladder: at a share of the time, or so long after it, somebody hears."""

    rung_kind = choice(required=True)
    rung_to = choice(required=True)
    rung_pct = forms.DecimalField(required=False, min_value=1, max_value=100, max_digits=5)
    rung_n = forms.DecimalField(required=False, min_value=0, max_digits=6)
    rung_unit = choice()

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the rung's table becomes."""
        said = self.cleaned_data
        share = said["rung_pct"] if said["rung_pct"] is not None else 100
        at = plain(share / 100)
        return {
            "kind": said["rung_kind"],
            "to": said["rung_to"],
            "at": at if at != 1 or "at" in table else None,
            "after": {said["rung_unit"]: plain(said["rung_n"])} if said["rung_n"] else None,
        }

    @staticmethod
    def begin(table: Mapping[str, Any]) -> dict[str, Any]:
        """A rung as the form shows it."""
        unit, n = time_of(table.get("after"))
        return {
            "rung_kind": table.get("kind", "reminder"),
            "rung_to": table.get("to", ""),
            "rung_pct": plain(round(table.get("at", 1.0) * 100, 2)),
            "rung_n": n,
            "rung_unit": unit or "hours",
        }


class VariantForm(ConditionForm):
    """What a step is under a condition: passed over, or open to more roles."""

    skip_to = choice()
    variant_roles = several()

    def clean(self) -> dict[str, Any]:
        """A condition, and what it makes of the step."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not said.get("skip_to") and not said.get("variant_roles"):
            self.add_error("skip_to", text("web.admin.definitions.variant_empty"))
        return said

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the variant's table becomes."""
        said = self.cleaned_data
        return {
            "when": self.condition(table),
            "skip_to": said["skip_to"],
            "roles": in_order(said["variant_roles"], listed(table, "roles")),
        }

    @staticmethod
    def begin(table: Mapping[str, Any]) -> dict[str, Any]:
        """A variant as the form shows it."""
        more = {"skip_to": table.get("skip_to", ""), "variant_roles": listed(table, "roles")}
        return {**condition_initial(table), **more}


class CheckForm(ConditionForm):
    """What whoever takes an action has to have looked at."""

    key = line(required=True, max_length=40)
    name_vi = line(required=True)
    name_en = line(required=True)

    def clean_key(self) -> str:
        """A key that the tables can hold."""
        return well_formed(self.cleaned_data["key"])

    def changes(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """What the check's table becomes."""
        said = self.cleaned_data
        return {"key": said["key"], "name": by_language(said, "name"), "when": self.condition(table)}

    @staticmethod
    def begin(table: Mapping[str, Any]) -> dict[str, Any]:
        """A check as the form shows it."""
        return {**names_of(table), **condition_initial(table), "key": table.get("key", "")}


PARTS: Mapping[str, type[FieldForm] | type[RungForm] | type[VariantForm] | type[CheckForm]] = {
    "field": FieldForm,
    "escalation": RungForm,
    "variant": VariantForm,
    "check": CheckForm,
}
"""By the word of the file."""


def part_choices(tables: Mapping[str, Any], language: str) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the head and its parts offer."""
    steps = [(str(s["key"]), in_language(s.get("name") or {}, language) or s["key"]) for s in tables["step"]]
    none, roles = [("", text("web.admin.none", language))], roles_offered(tables, language)
    to = dict(roles) | {
        str(r.get("to")): str(r.get("to"))
        for r in tables.get("escalation", [])
        if r.get("to") not in dict(roles)
    }
    to["holder"] = text("web.admin.definitions.whoever_has_it", language)
    used = [str(tables.get("group", ""))]
    return {
        "group": [
            (g, _said(f"web.admin.group.{g}", g, language)) for g in dict.fromkeys([*GROUPS, *used]) if g
        ],
        "start": steps,
        "skip_to": none + steps,
        "variant_roles": roles,
        "field_kind": [(k, text(f"web.admin.field_kind.{k}", language)) for k in FIELD_KINDS],
        "rung_kind": [(k, text(f"web.admin.ladder.{k}", language)) for k in RUNGS],
        "rung_to": list(to.items()),
        "rung_unit": [(u, text(f"web.admin.unit.{u}", language)) for u in UNITS[:3]],
        **condition_choices(language),
    }


def _said(key: str, otherwise: str, language: str) -> str:
    return text(key, language) if has_text(key) else otherwise


@dataclass(frozen=True, slots=True)
class Refused:
    """A part that was sent and cannot be taken as it is: it is shown again, open."""

    kind: str
    at: tuple[str, ...]
    n: int
    form: forms.Form


def part_rows(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    offered: Mapping[str, Any],
    edition: int,
    *,
    at: tuple[str, ...] = (),
    bad: Refused | None = None,
) -> list[dict[str, Any]]:
    """A form for each of the parts that are there, and one for another."""
    form, found = PARTS[kind], []
    for n, table in enumerate([*rows, {}]):
        choices = {name: each for name, each in offered.items() if name in form.base_fields}
        made: forms.Form = form(initial={**form.begin(table), "edition": edition}, choices=choices)
        is_bad = bad is not None and (bad.kind, bad.at, bad.n) == (kind, at, n)
        made = bad.form if bad is not None and is_bad else made
        made.auto_id = f"id_{'_'.join((kind, *at))}_{n}_%s"
        name = part_name(kind, table, (translation.get_language() or "vi")[:2])
        found.append({"form": made, "n": n, "name": name, "is_new": n == len(rows), "open": is_bad})
    return found


def part_name(kind: str, table: Mapping[str, Any], language: str) -> str:
    """What a part is called in a list: by its name, or by what it does; empty for a new one."""
    if kind == "escalation" and table:
        key, to = f"web.admin.ladder.{table.get('kind')}", str(table.get("to", ""))
        is_holder = to == "holder"
        who = text("web.admin.definitions.whoever_has_it", language) if is_holder else role_name(to, language)
        return f"{_said(key, str(table.get('kind')), language)} → {who}"
    if kind == "variant" and table:
        when = table.get("when") or {}
        pairs = [(name, value) for name in when for value in listed(when, name)]
        return ", ".join(
            _said(f"web.admin.when.{name}.{value or 'none'}", f"{name}: {value}", language)
            for name, value in pairs
        )
    return in_language(table.get("name") or {}, language)


def field_tables(tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields with their keys inside, as the forms want them."""
    return [{**table, "key": key} for key, table in tables.get("field", {}).items()]
