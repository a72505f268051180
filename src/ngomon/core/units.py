"""Units of work: one durable transaction around one thing somebody does, at the edge.

    with unit():
        receipt = commands.file_report(..., actor=actor, at=clock.now())

Commands never open or commit a unit and refuse to run outside one, so they compose. Rows, audit, events, search and
deliveries of a unit are committed together or not at all. Network calls and images stay outside units.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, transaction

from ngomon.core.engine import engine
from ngomon.core.rows import Statement, send

log = structlog.get_logger("ngomon.units")
P = ParamSpec("P")
R = TypeVar("R")
Row = tuple[Any, ...]


class OutsideUnit(RuntimeError):
    """A command was called outside a unit of work: a programming error."""


@dataclass
class Unit:
    """What gathers inside one unit until it is written, in bulk, just before the commit.

    `last` is for a room's own writes that nobody reads inside the unit and that need no answer: `put_off`.
    """

    events: list[Row] = field(default_factory=list)
    audits: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    indexed: dict[tuple[str, str], tuple[str, str, str, str, str]] = field(default_factory=dict)
    last: list[Statement] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


_current: ContextVar[Unit | None] = ContextVar("ngomon_unit", default=None)
Writer = Callable[[Unit], Iterable[Statement]]
_writers: list[Writer] = []


def before_commit(writer: Writer) -> Writer:
    """Register a part of core that tells how to write what it gathered when a unit ends."""
    _writers.append(writer)
    return writer


def put_off(statement: Statement) -> None:
    """Write this just before the unit's commit, together with all else that needs no answer."""
    current_unit().last.append(statement)


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
                send([*opened.last, *(one for writer in _writers for one in writer(opened))])
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
        self._lengths = [len(held) for held in self._held()]
        self._indexed = dict(unit.indexed)

    def _held(self) -> tuple[list[Any], ...]:
        of = self._unit
        return of.events, of.audits, of.deliveries, of.last, of.after

    @property
    def events(self) -> list[Row]:
        """The events that this part emitted so far."""
        return self._unit.events[self._lengths[0] :]

    def forget(self) -> None:
        """Take back what the part gathered."""
        for gathered, length in zip(self._held(), self._lengths, strict=True):
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


def attempt(do: Callable[[Part], object]) -> Exception | None:
    """Do something in a part of the unit; what went wrong, of which nothing is kept, so that the next can be done.

    Raises: what says that the database is gone.
    """
    try:
        with part() as here:
            do(here)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        return error
    return None


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
