"""The catalogue of all words people read: one `texts.toml` per room, each key in Vietnamese and English.

    ["ui.close"]
    vi = "Đóng"
    en = "Close"

A value may be a table `one`/`other` where English needs a plural: the variable `n` decides. Keys begin with the room's
name. A test checks that every key used exists, in both languages, with the same variables, and that none is unused.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils import translation

LANGUAGES = ("vi", "en")
Entry = dict[str, str | dict[str, str]]


def load(folder: Path) -> dict[str, Entry]:
    """The texts of one room's folder; empty where it has none."""
    path = folder / "texts.toml"
    if not path.exists():
        return {}
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def catalogue() -> dict[str, Entry]:
    """Every text of every installed room."""
    entries: dict[str, Entry] = {}
    for config in apps.get_app_configs():
        if config.name.startswith("ngomon.") or hasattr(config, "is_city_service"):
            entries.update(load(Path(config.path)))
    return entries


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def text(key: str, language: str | None = None, /, **values: Any) -> str:
    """The text of this key in the language (the request's where none is given), its variables filled.

    A key that is not in the catalogue comes back as itself, so that a page never fails for a missing word.
    """
    language = (language or translation.get_language() or "vi")[:2]
    entry = catalogue().get(key)
    if entry is None:
        return key
    found = entry.get(language) or entry.get("vi") or key
    if isinstance(found, dict):
        found = found["one" if values.get("n") in (1, "1") and "one" in found else "other"]
    return found.format_map(_Lenient(values)) if values else found


def has_text(key: str) -> bool:
    """Whether the catalogue knows this key."""
    return key in catalogue()
