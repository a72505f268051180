"""One search index for all rooms: folded words (tone marks ignored, đ as d), who may find it, written in the unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ngomon.core.engine import engine
from ngomon.core.rows import Statement
from ngomon.core.text import words
from ngomon.core.units import Unit, before_commit, current_unit


def index(kind: str, key: str, text: str, *, audience: str, at: datetime) -> None:
    """Make a thing findable by the words of a text, for one audience; replaces what was indexed for it before."""
    folded = " ".join(words(text))
    current_unit().indexed[kind, key] = (kind, key, audience, at.isoformat(), folded)


def unindex(kind: str, keys: Iterable[str]) -> None:
    """Make things unfindable; no copy of their words remains."""
    current_unit()
    engine().unindex(kind, list(keys))


def find(
    text: str, *, kinds: Iterable[str], audiences: Iterable[str], limit: int = 50
) -> list[tuple[str, str]]:
    """Kind and key of the things that hold all words of the text, newest first; the last word may be a beginning."""
    return engine().find(words(text), list(kinds), list(audiences), limit)


@before_commit
def _write_index(unit: Unit) -> list[Statement]:
    if not unit.indexed:
        return []
    # On SQLite a trigger writes the words anew only where they changed: a new audience alone costs one row.
    slots = ", ".join(["(%s, %s, %s, %s, %s)"] * len(unit.indexed))
    sql = (
        f"INSERT INTO core_search (kind, key, audience, at, folded) VALUES {slots}"
        " ON CONFLICT (kind, key) DO UPDATE SET"
        " audience = EXCLUDED.audience, at = EXCLUDED.at, folded = EXCLUDED.folded"
    )
    return [(sql, [value for row in unit.indexed.values() for value in row])]
