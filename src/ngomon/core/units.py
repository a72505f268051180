"""Units of work: one durable transaction around one thing somebody does, at the edge.

    with unit():
        receipt = commands.file_report(..., actor=actor, at=clock.now())

Commands never open or commit a unit and refuse to run outside one, so they compose. Rows, audit, events, search and
deliveries of a unit are committed together or not at all. Network calls and images stay outside units.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import structlog
from django.db import transaction

from ngomon.core.engine import engine

log = structlog.get_logger("ngomon.units")
P = ParamSpec("P")
R = TypeVar("R")
Row = tuple[Any, ...]


class OutsideUnit(RuntimeError):
    """A command was called outside a unit of work: a programming error."""


@dataclass
class Unit:
    """What gathers inside one unit until it is written, in bulk, just before the commit."""

    events: list[Row] = field(default_factory=list)
    audits: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    indexed: dict[tuple[str, str], tuple[str, str, str, str, str]] = field(default_factory=dict)
    after: list[Callable[[], None]] = field(default_factory=list)


_current: ContextVar[Unit | None] = ContextVar("ngomon_unit", default=None)
_writers: list[Callable[[Unit], None]] = []


def before_commit(writer: Callable[[Unit], None]) -> Callable[[Unit], None]:
    """Register a part of core that writes what it gathered when a unit ends."""
    _writers.append(writer)
    return writer


def current_unit() -> Unit:
    """The open unit. Raises: OutsideUnit."""
    found = _current.get()
    if found is None:
        raise OutsideUnit("commands run inside a unit of work: `with unit(): ...`")
    return found


def in_unit() -> bool:
    """Whether a unit is open here."""
    return _current.get() is not None


@contextmanager
def unit() -> Iterator[Unit]:
    """Open the unit of work: one durable transaction. Units do not nest. Raises: RuntimeError inside another."""
    if _current.get() is not None:
        raise RuntimeError("units do not nest: an edge opens one, commands compose inside it")
    opened = Unit()
    with engine().writing():
        token = _current.set(opened)
        try:
            with transaction.atomic(durable=True):
                yield opened
                for writer in _writers:
                    writer(opened)
        finally:
            _current.reset(token)
    for call in opened.after:
        # The unit is committed: what fails here must not look as if it were not.
        try:
            call()
        except Exception:
            log.exception("after the commit")


class Part:
    """A part of a unit that may fail alone: what it emitted, for whoever keeps a list of what came of it."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._lengths = [len(unit.events), len(unit.audits), len(unit.deliveries), len(unit.after)]
        self._indexed = dict(unit.indexed)

    @property
    def events(self) -> list[Row]:
        """The events that this part emitted so far."""
        return self._unit.events[self._lengths[0] :]

    def forget(self) -> None:
        """Take back what the part gathered."""
        of = self._unit
        held: tuple[list[Any], ...] = (of.events, of.audits, of.deliveries, of.after)
        for gathered, length in zip(held, self._lengths, strict=True):
            del gathered[length:]
        self._unit.indexed.clear()
        self._unit.indexed.update(self._indexed)


@contextmanager
def part() -> Iterator[Part]:
    """Inside a unit: a part that leaves no trace when it raises, while the rest of the unit goes on."""
    begun = Part(current_unit())
    try:
        with transaction.atomic():
            yield begun
    except BaseException:
        begun.forget()
        raise


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Marks a write: one thing somebody does. Refuses to run outside a unit.

    Raises: OutsideUnit.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        current_unit()
        return function(*args, **kwargs)

    guarded.is_command = True  # type: ignore[attr-defined]
    return guarded
