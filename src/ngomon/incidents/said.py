"""Lines of the log and states of orders in words, for pages and for paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text

from .terms import LogKind

INSTANTS = frozenset({"due"})
WRITTEN_BY_SYSTEM = frozenset({LogKind.SYSTEM, LogKind.ORDER})


def line_words(
    kind: str, words: str, values: Mapping[str, Any], language: str, said_at: Callable[[str], str]
) -> str:
    """A line's words: of what the system wrote its text in the reader's language, of what a person wrote the words."""
    if kind not in WRITTEN_BY_SYSTEM or not has_text(words):
        return words
    filled = {name: _value(name, value, language, said_at) for name, value in values.items()}
    return text(words, language, **filled)


def _value(name: str, value: Any, language: str, said_at: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return in_language(value, language)
    return said_at(str(value)) if name in INSTANTS and value else value


def order_state(step: str, outcome: str, language: str | None = None) -> str:
    """Where an order stands, in words."""
    return text(f"incidents.order.{outcome or step}", language)


TONES = {
    "give": "neutral",
    "acknowledge": "amber",
    "carry_out": "hue",
    "review": "river",
    "done": "leaf",
    "withdrawn": "neutral",
}
