"""The tables of a city pack: their columns, how a cell is read, and which column names a row of which table. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ngomon.core.retention import EVENTS, KINDS, THENS
from ngomon.directory.exits import ExitKind, Secrecy
from ngomon.directory.oncall import CallWay
from ngomon.directory.terms import AgencyKind, AreaKind, DayKind, Group

Row = dict[str, Any]
Parse = Callable[[str], Any]
ROLE = re.compile(r"[a-z][a-z_]{1,29}")
_KEY = re.compile(r"[a-z0-9][a-z0-9_.\-]*")
_PHONE = re.compile(r"\+?[0-9]{3,15}")


class Bad(ValueError):
    """A cell that cannot be read; the code of the text that says why, and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def _key(cell: str) -> str:
    if cell and not _KEY.fullmatch(cell):
        raise Bad("directory.pack.bad_key", value=cell)
    return cell


@dataclass(frozen=True, slots=True)
class Required:
    """A column that must be there, and whose cells must not be empty."""

    parse: Parse

    def __call__(self, cell: str) -> Any:
        if not cell:
            raise Bad("directory.pack.empty")
        return self.parse(cell)


def _text(cell: str) -> str:
    return cell


def _plate(cell: str) -> str:
    """What stands on a plate, with a digit in it: without one it could not be told from a word."""
    if not any(c.isdigit() for c in cell):
        raise Bad("directory.pack.bad_plate", value=cell)
    return cell


def _role(cell: str) -> str:
    if not ROLE.fullmatch(cell):
        raise Bad("directory.post.bad_role", role=cell)
    return cell


def _day(cell: str) -> str | None:
    """An ISO date, kept as text: rows are compared and stored as JSON."""
    if not cell:
        return None
    try:
        return date.fromisoformat(cell).isoformat()
    except ValueError:
        raise Bad("directory.pack.bad_date", value=cell) from None


def _number(kind: type[int] | type[float]) -> Parse:
    def parse(cell: str) -> int | float | None:
        if not cell:
            return None
        try:
            return kind(cell)
        except ValueError:
            raise Bad("directory.pack.bad_number", value=cell) from None

    return parse


def _flag(default: bool) -> Parse:
    def parse(cell: str) -> bool:
        word = cell.lower()
        if word in {"yes", "no", ""}:
            return default if not word else word == "yes"
        raise Bad("directory.pack.bad_flag", value=cell)

    return parse


def _list(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _phones(cell: str) -> list[str]:
    found = _list(cell)
    for phone in found:
        if not _PHONE.fullmatch(phone):
            raise Bad("directory.pack.bad_phone", value=phone)
    return found


def _address(cell: str) -> str:
    if cell and not cell.startswith(("https://", "/")):
        raise Bad("directory.pack.bad_address", value=cell)
    return cell


def _one_of(*allowed: str, default: str = "") -> Parse:
    def parse(cell: str) -> str:
        if cell in allowed or (not cell and default in {"", *allowed}):
            return cell or default
        raise Bad("directory.pack.not_one_of", value=cell, allowed=", ".join(allowed))

    return parse


@dataclass(frozen=True, slots=True)
class Table:
    """How one table is read. `columns` maps a field to its parser; `texts` are fields of columns `<name>_<language>`.

    The first text must be there in some language where `needs_text`.
    """

    file: str
    columns: Mapping[str, Parse]
    texts: tuple[str, ...] = ()
    needs_text: bool = True
    other_names: Mapping[str, str] = field(default_factory=dict)
    key: Callable[[Row], str] = lambda row: str(row["key"])


_NEEDED_KEY = Required(_key)
_VALID: dict[str, Parse] = {"valid_from": _day, "valid_to": _day}

TABLES: dict[str, Table] = {
    "areas": Table(
        "areas.csv",
        {
            "key": _NEEDED_KEY,
            "kind": Required(_one_of(*AreaKind)),
            "parent": _key,
            **_VALID,
            "successor": _text,
            "label_lon": _number(float),
            "label_lat": _number(float),
            "area_km2": _number(float),
        },
        ("name",),
    ),
    "agencies": Table(
        "agencies.csv",
        {
            "key": _NEEDED_KEY,
            "kind": Required(_one_of(*AgencyKind)),
            "parent": _key,
            "area": _key,
            "size": _one_of("normal", "small", default="normal"),
            "email": _text,
            "phone": _text,
            **_VALID,
            "successor": _key,
            "source": _text,
            "legal": _text,
        },
        ("name", "short"),
    ),
    "categories": Table(
        "categories.csv",
        {
            "key": _NEEDED_KEY,
            "parent": _key,
            "order": lambda cell: _number(int)(cell) or 0,
            "icon": _text,
            "group": _one_of(*Group),
            "budget_days": _number(int),
            "budget_minutes": _number(int),
            "legal_source": _text,
            "photo_required": _flag(False),
            "after_photo": _one_of("required", "optional", default="optional"),
            "public_map": _flag(True),
            "words": _list,
            "danger_words": _list,
            "service": lambda cell: _key(cell) or "field_reports",
            **_VALID,
        },
        ("name", "hint"),
    ),
    "routing": Table(
        "routing.csv",
        {
            "category": Required(_text),
            "area": lambda cell: cell or "*",
            "agency": _NEEDED_KEY,
            **_VALID,
            "source": _text,
        },
        ("why",),
        key=lambda row: f"{row['category']}|{row['area']}|{row['valid_from'] or ''}",
    ),
    "calendar": Table(
        "calendar.csv",
        {
            "date": Required(_day),
            "kind": Required(_one_of(*DayKind)),
            "source": _text,
            "decided_on": _day,
        },
        ("name",),
        key=lambda row: str(row["date"]),
    ),
    "answers": Table(
        "answers.csv",
        {"key": _NEEDED_KEY, "action": Required(_text), "category": lambda cell: cell or "*"},
        ("text",),
        other_names={"state": "action", "state/action": "action"},
    ),
    "places": Table(
        "places.csv",
        {
            "key": _NEEDED_KEY,
            "kind": Required(_text),
            "aliases": _list,
            "lon": Required(_number(float)),
            "lat": Required(_number(float)),
            "area": _key,
            "source": _text,
        },
        ("name",),
    ),
    "assets": Table(
        "assets.csv",
        {
            "key": _NEEDED_KEY,
            "kind": Required(_key),
            "plate": Required(_plate),
            "lon": Required(_number(float)),
            "lat": Required(_number(float)),
            "area": _key,
            "source": _text,
        },
        ("name",),
    ),
    "retention": Table(
        "retention.csv",
        {
            "key": _NEEDED_KEY,
            "what": Required(_one_of(*KINDS)),
            "months": Required(_number(int)),
            "event": Required(_one_of(*sorted(EVENTS))),
            "then": Required(_one_of(*sorted(THENS))),
            "automatic": _flag(False),
            "source": Required(_text),
            **_VALID,
        },
        ("name",),
    ),
}

TABLES["oncall"] = Table(
    "oncall.csv",
    {
        "key": _NEEDED_KEY,
        "agency": Required(_text),
        "way": Required(_one_of(*CallWay)),
        "after_minutes": Required(_number(float)),
        "source": _text,
        **_VALID,
    },
    needs_text=False,
)
"""How people on call are called; the agency `*` stands for all that say nothing of their own."""

TABLES["exits"] = Table(
    "exits.csv",
    {
        "key": _NEEDED_KEY,
        "kind": Required(_one_of(*ExitKind)),
        "order": lambda cell: _number(int)(cell) or 0,
        "icon": _text,
        "words": _list,
        "phones": _phones,
        "url": _address,
        "law": _text,
        "secrecy": _one_of(*Secrecy, default=Secrecy.NONE.value),
        "source": _text,
    },
    ("name", "where", "way", "within", "address", "phone_names"),
)
"""Where a matter belongs that is no report. `words` may hold runs joined by `+`: they speak only together."""

OFFICERS = Table(
    "officers",
    {
        "email": Required(lambda cell: cell.lower()),
        "phone": _text,
        "name": Required(_text),
        "given_name": _text,
        "agency": _key,
        "role": Required(_role),
        "area": _key,
        "seat": _text,
        "primary": _flag(True),
        "substitute_for": lambda cell: cell.lower(),
        **_VALID,
    },
    ("title",),
    needs_text=False,
    key=lambda row: f"{row['email']}|{row['agency']}|{row['role']}|{row['area']}",
)
"""The officers' sheet of a workbook: who takes which post. An empty agency is the whole city."""

REFERENCES: dict[str, dict[str, str]] = {
    "areas": {"parent": "areas"},
    "agencies": {"parent": "agencies", "area": "areas", "successor": "agencies"},
    "categories": {"parent": "categories"},
    "routing": {"category": "categories"},
    "answers": {"category": "categories"},
    "places": {"area": "areas"},
    "assets": {"area": "areas"},
}
"""Which column names a row of which table; `*` names all."""
