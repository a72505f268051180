"""The only place that reads the clock. Edges call `now()` and pass the instant on; rules and commands get `at`.

A demonstration may wind the city's clock forward: the offset is a small file in the data folder, read again when it
changes, so that the web and the worker agree.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_offset_file: Path | None = None
_seen: tuple[int, timedelta] = (0, timedelta())


def use_offset_file(path: Path | None) -> None:
    """Follow the offset (whole seconds, as text) in this file; None turns the city back to real time."""
    global _offset_file, _seen
    _offset_file = path
    _seen = (0, timedelta())


def offset() -> timedelta:
    """How far the city's clock is ahead of the real one (zero outside a demonstration)."""
    global _seen
    if _offset_file is None:
        return timedelta()
    try:
        changed = os.stat(_offset_file).st_mtime_ns
    except FileNotFoundError:
        return timedelta()
    if changed != _seen[0]:
        _seen = (changed, timedelta(seconds=int(_offset_file.read_text().strip() or 0)))
    return _seen[1]


def wind(by: timedelta) -> None:
    """Wind the demonstration's clock forward by this much. Raises: RuntimeError outside a demonstration."""
    if _offset_file is None:
        raise RuntimeError("the clock can be wound in a demonstration only")
    ahead = int((offset() + by).total_seconds())
    fresh = _offset_file.with_suffix(".new")
    fresh.write_text(str(ahead))
    fresh.replace(_offset_file)


def now() -> datetime:
    """The city's present instant, aware, UTC."""
    return datetime.now(UTC) + offset()
