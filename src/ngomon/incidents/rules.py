"""Decisions of command support: where a room may go, when a rule of the pack asks for one, what an exercise may reach. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .terms import STEPS, Phase, Station, Trigger

KINDS = ("flood", "storm", "fire", "landslide", "accident", "epidemic", "security", "other")
MAX_TITLE = 160
MAX_WORDS = 4000
LATE_NOTE_S = 120.0
"""From how much later a line is written down than it happened, the log says so. Units: seconds."""


def may_go(was: str, now: str) -> bool:
    """Whether a room may go from a phase to another: forward, also over phases; back as long as it is not ended.

    An ended room is only closed, when its lessons are written; a closed one and a dismissed one stay.
    """
    if was == Phase.PROPOSED:
        return now in {Phase.ACTIVATED, Phase.DISMISSED}
    if was in {Phase.DISMISSED, Phase.CLOSED} or was not in STEPS or now not in STEPS or was == now:
        return False
    if was == Phase.ENDED:
        return now == Phase.CLOSED
    return now != Phase.CLOSED


STAFF_WAYS = frozenset({"inbox", "smtp", "sms", "tray"})
"""Ways that reach officers of the exercise themselves; every word on them bears its mark."""


def may_reach(channel: str, *, is_exercise: bool) -> bool:
    """Whether a room may use a way out. From an exercise only the ways to its own officers: whatever sounds, calls or
    reaches the public is refused, and so is every way that this rule does not know.
    """
    return not is_exercise or channel in STAFF_WAYS


def prefix(words: str, *, is_exercise: bool) -> str:
    """Words as an exercise must say them."""
    mark = "[DIỄN TẬP] "
    return f"{mark}{words}" if is_exercise and not words.startswith(mark) else words


def alarm_of(level_m: float, station: Station) -> int:
    """The alarm that a level has reached (0 to 3)."""
    return sum(level_m >= alarm for alarm in station.alarms_m)


def offset(level_m: float, station: Station) -> tuple[int, float]:
    """The highest alarm reached and how much the water is above it; of none, how much it is below the first (negative)."""
    reached = alarm_of(level_m, station)
    mark = station.alarms_m[max(0, reached - 1)]
    return reached, round(level_m - mark, 2)


def fires_on_level(trigger: Trigger, station: Station, was_m: float | None, now_m: float) -> bool:
    """Whether a level just passed a rule's alarm: once per rise, not at every reading above."""
    if trigger.on != "level" or trigger.station not in {"", station.key}:
        return False
    before = alarm_of(was_m, station) if was_m is not None else 0
    return before < trigger.alarm <= alarm_of(now_m, station)


def window_of(trigger: Trigger, at: datetime) -> datetime:
    """Since when cases count for a rule."""
    return at - timedelta(minutes=trigger.within_minutes)


def fires_on_cases(trigger: Trigger, n: int) -> bool:
    """Whether so many cases in one area within the window are enough."""
    return trigger.on == "cases" and trigger.n > 0 and n >= trigger.n


def triggers_of(body: Mapping[str, Any]) -> tuple[Trigger, ...]:
    """The rules of a pack's `[[incidents.rule]]`; one that makes no sense is left out (the pack's check names it)."""
    return tuple(made for row in _rows(body, "rule") if (made := _trigger(row)) is not None)


def _rows(body: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    rows = body.get(name, ())
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else ()


def _trigger(row: Mapping[str, Any]) -> Trigger | None:
    try:
        made = Trigger(
            key=str(row["key"]),
            on=str(row["on"]),
            kind=str(row.get("kind", "other")),
            name=dict(row["name"]),
            opens=row.get("opens") is True,
            categories=tuple(str(each) for each in row.get("categories", ())),
            n=int(row.get("n", 0)),
            within_minutes=int(row.get("within_minutes", 60)),
            station=str(row.get("station", "")),
            alarm=int(row.get("alarm", 0)),
            legal=str(row.get("legal", "")),
        )
    except (KeyError, TypeError, ValueError):
        return None
    is_good = (made.on == "cases" and made.n > 0 and made.categories and made.within_minutes > 0) or (
        made.on == "level" and 1 <= made.alarm <= 3
    )
    return made if is_good else None


def stations_of(body: Mapping[str, Any]) -> tuple[Station, ...]:
    """The river stations of a pack's `[[incidents.station]]`."""
    made = []
    for row in _rows(body, "station"):
        try:
            alarms = tuple(float(level) for level in row["alarms_m"])
            lon, lat = (float(part) for part in row["place"])
            station = Station(str(row["key"]), dict(row["name"]), dict(row["river"]), lon, lat, alarms)
        except (KeyError, TypeError, ValueError):
            continue
        if alarms and list(alarms) == sorted(alarms):
            made.append(station)
    return tuple(made)


def next_report(last: datetime, minutes: int, at: datetime) -> datetime:
    """When the next situation report is due: on the beat of the last one, never in the past."""
    step = timedelta(minutes=max(1, minutes))
    passed = max(0, int((at - last) / step))
    return last + step * (passed + 1)
