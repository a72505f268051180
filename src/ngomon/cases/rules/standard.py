"""Standard texts with their variables filled, and what an officer still has to fill in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLES = ("case", "agency", "due", "hotline", "category", "place", "office")
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_UNFILLED = re.compile(r"\[[^\]\n]{2,60}\]|\{[a-z_]+\}")


def fill(words: str, values: Mapping[str, str]) -> str:
    """The text with what is known in the place of its variables; what is not known becomes a bracket to fill in."""
    return _VARIABLE.sub(lambda found: values.get(found[1]) or f"[{found[1]}]", words)


def unfilled(words: str) -> list[str]:
    """The brackets and variables that nobody filled in."""
    return _UNFILLED.findall(words)


def unknown_variables(words: str) -> list[str]:
    """Variables that no case can fill."""
    return [name for name in _VARIABLE.findall(words) if name not in VARIABLES]
