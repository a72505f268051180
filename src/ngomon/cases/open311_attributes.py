"""The further questions of a service, as the city pack gives them; no category requires one by default.

[[open311.attributes]]
category = "street_light_out"
code = "pole"
datatype = "string"            # string, number, datetime, text, singlevaluelist, multivaluelist
required = false
name = { vi = "Số cột đèn", en = "Pole number" }
hint = { vi = "Ghi trên thân cột", en = "Written on the pole" }
values = [{ key = "a", name = { vi = "…", en = "…" } }]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from ngomon.core.text import clean, in_language

MOST = 40
MAX_VALUE = 500


def of_category(category: str) -> list[Mapping[str, Any]]:
    """The questions of one category, in the pack's order."""
    rows: list[Mapping[str, Any]] = settings.NGOMON_CITY.get("open311", {}).get("attributes", [])
    return [row for row in rows if row.get("category") == category]


def shown(row: Mapping[str, Any], order: int, language: str) -> dict[str, Any]:
    """One question as the service definition lists it."""
    found: dict[str, Any] = {
        "variable": True,
        "code": row["code"],
        "datatype": row.get("datatype", "string"),
        "required": bool(row.get("required")),
        "datatype_description": in_language(row.get("hint"), language),
        "order": order,
        "description": in_language(row.get("name"), language),
    }
    if row.get("values"):
        values = [{"key": v["key"], "name": in_language(v["name"], language)} for v in row["values"]]
        found["values"] = ("value", values)
    return found


def wrong(category: str, given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Which answers are missing or not of their kind, as {parameter: text key}. Answers that nobody asked for are kept."""
    found: dict[str, str] = {}
    if len(given) > MOST:
        return {"attribute": "cases.open311.error.attributes"}
    for code, values in given.items():
        if any(len(clean(value)) > MAX_VALUE for value in values) or not code or len(code) > 60:
            found[f"attribute[{code[:60]}]"] = "cases.api.error.too_long"
    for row in of_category(category):
        values, name = [v for v in given.get(row["code"], ()) if v.strip()], f"attribute[{row['code']}]"
        if row.get("required") and not values:
            found[name] = "cases.api.error.missing"
        elif values and not _fits(row, values):
            found[name] = "cases.open311.error.attribute_value"
    return found


def _fits(row: Mapping[str, Any], values: Sequence[str]) -> bool:
    kind = row.get("datatype", "string")
    if kind != "multivaluelist" and len(values) > 1:
        return False
    if kind in {"singlevaluelist", "multivaluelist"}:
        return set(values) <= {v["key"] for v in row.get("values", ())}
    if kind == "number":
        return values[0].strip().lstrip("-").replace(".", "", 1).isdecimal()
    if kind == "datetime":
        try:
            datetime.fromisoformat(values[0])
        except ValueError:
            return False
    return True
