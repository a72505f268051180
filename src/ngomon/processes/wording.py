"""Findings about a definition in words: faults with their values, and the walk that shows each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ngomon.core.errors import NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import queries as directory

from .terms import Definition, Fault, Move

MOST_NAMED = 6
"""How many agencies or shifts are named before "and so many more"."""


def fault_lines(faults: Iterable[Fault], language: str, definition: Definition | None = None) -> list[str]:
    """Faults in words, each with its place, and the walk that shows it."""
    lines = []
    for fault in faults:
        said = f"{place(fault.where, language, definition)}: {words(fault, language, definition)}"
        walk = walk_words(fault, language, definition)
        lines.append(f"{said} {walk}" if walk else said)
    return lines


def words(fault: Fault, language: str, definition: Definition | None = None) -> str:
    """One finding in a sentence."""
    values = {name: _value(name, value, language, definition) for name, value in fault.values.items()}
    return text(fault.key, language, **values)


def place(where: str, language: str, definition: Definition | None = None) -> str:
    """Where a fault is: step and action by name where the definition could be read."""
    kind, _, rest = where.partition(".")
    step, _, action = rest.partition(".")
    if definition is None or kind != "step" or step not in definition.steps:
        return where
    known = definition.steps[step].action(action) if action else None
    name = in_language(definition.steps[step].name, language) or step
    return f"{name} – {in_language(known.name, language)}" if known else name


def walk_words(fault: Fault, language: str, definition: Definition | None = None) -> str:
    """The walk that shows a fault as one sentence; empty for a fault that needs none."""
    if not fault.path:
        return ""
    moves = " → ".join(move_words(move, language, definition) for move in fault.path)
    last = _step(fault.path[-1].to or fault.path[-1].step, language, definition)
    at = text("processes.walk.at", language, moves=moves, step=last)
    return text("processes.walk", language, moves=at)


def move_words(move: Move, language: str, definition: Definition | None = None) -> str:
    """One move of a walk: the step and what is done there."""
    known = definition.steps[move.step].action(move.action) if definition else None
    action = in_language(known.name, language) if known else move.action
    said = text(
        f"processes.walk.{move.kind}", language, step=_step(move.step, language, definition), action=action
    )
    return text("processes.walk.small", language, move=said) if move.agency_size == "small" else said


def _step(key: str, language: str, definition: Definition | None) -> str:
    known = definition.steps.get(key) if definition else None
    return in_language(known.name, language) if known else key


def _value(name: str, value: Any, language: str, definition: Definition | None) -> Any:
    if name == "step" or (name == "to" and definition and value in definition.steps):
        return _step(str(value), language, definition)
    if name == "role" and has_text(f"identity.role.{value}"):
        return text(f"identity.role.{value}", language)
    if name == "agencies":
        return _several([_agency(str(key), language) for key in value], language)
    if name == "shifts":
        return _several([_shift(day, shift, language) for day, shift in value], language)
    if isinstance(value, float):
        said = f"{value:g}"
        return said.replace(".", ",") if language[:2] == "vi" else said
    return value


def _shift(weekday: int, shift: str, language: str) -> str:
    return text(f"processes.shift.{shift}", language, weekday=text(f"processes.weekday.{weekday}", language))


def _several(names: Sequence[str], language: str) -> str:
    said = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return text("processes.shift.more", language, shifts=said, n=more) if more > 0 else said


def _agency(key: str, language: str) -> str:
    try:
        found: Mapping[str, str] = directory.agency(key).name
    except NotFound:
        return key
    return in_language(found, language)
