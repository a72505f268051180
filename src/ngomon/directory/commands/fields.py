"""Sets fields of a row from what a form or a sheet says, by the same parsers that read a pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models as db

from ngomon.core.errors import Invalid
from ngomon.core.text import clean
from ngomon.directory import models
from ngomon.directory.tables import REFERENCES, TABLES, Bad

_TARGETS: dict[str, type[db.Model]] = {
    "areas": models.Area,
    "agencies": models.Agency,
    "categories": models.Category,
}
_DATES = ("valid_from", "valid_to")


def known_keys(table: str) -> set[str]:
    """The keys that a row may refer to."""
    return set(_TARGETS[table]._default_manager.values_list("key", flat=True))


def apply_fields(
    table: str,
    row: db.Model,
    changes: Mapping[str, Any],
    known: Mapping[str, set[str]] | None = None,
) -> list[str]:
    """Set the named fields on a row in memory; the names of those that changed.

    Values are Python values or what a person typed; `known` are keys that may be referred to, where the caller has them
    at hand. Raises: Invalid with every wrong field.
    """
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    spec = TABLES[table]
    for name, given in changes.items():
        try:
            if name in spec.texts:
                values[name] = {k: clean(v) for k, v in dict(given).items() if clean(v)}
                if not values[name] and spec.needs_text and name == spec.texts[0]:
                    wrong[name] = "directory.pack.empty"
            elif name in spec.columns:
                values[name] = spec.columns[name](_cell(given))
            else:
                wrong[name] = "directory.pack.strange_column"
        except Bad as error:
            wrong[name] = error.code
    for name, target in REFERENCES.get(table, {}).items():
        value = values.get(name)
        if value and value != "*" and value not in (known[target] if known else known_keys(target)):
            wrong[name] = "directory.pack.unknown"
    starts, ends = (_plain(values.get(name, getattr(row, name, None))) for name in _DATES)
    if starts and ends and starts > ends:
        wrong["valid_to"] = "directory.pack.ends_before_start"
    if wrong:
        raise Invalid("directory.bad_fields", fields=wrong)
    return [name for name, value in values.items() if _set(row, name, value)]


def _set(row: db.Model, name: str, value: Any) -> bool:
    if value and name in _DATES:
        value = date.fromisoformat(value)
    if getattr(row, name) == value:
        return False
    setattr(row, name, value)
    return True


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _cell(given: Any) -> str:
    """A value as a sheet's cell would hold it."""
    if given is None:
        return ""
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, date):
        return given.isoformat()
    if isinstance(given, list | tuple):
        return "; ".join(str(part) for part in given)
    return clean(str(given))
