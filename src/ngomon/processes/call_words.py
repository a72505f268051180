"""What a call says about the matter it is for: the room that owns the matter tells it when it is asked, and keeps it alone.

So words of a report stand in one place only, and what is taken out there is in no later call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ngomon.core.texts import LANGUAGES, text

Words = Mapping[str, Any]
"""What fills the call's texts: `category` and `where` (by language), `what`, `lon` and `lat` where a point is known."""

_known: dict[str, Callable[[str], Words]] = {}
NOTHING: Words = {
    "category": {language: text("processes.call.something", language) for language in LANGUAGES},
    "where": {language: text("processes.call.nowhere", language) for language in LANGUAGES},
    "what": "",
}


def tells(kind: str, words_of: Callable[[str], Words]) -> None:
    """Register who tells the words of one kind of things; asked with the thing's key."""
    _known[kind] = words_of


def words_of(kind: str, key: str) -> Words:
    """What a call about a thing says."""
    told = _known.get(kind)
    return {**NOTHING, **told(key)} if told else NOTHING
