"""Reads the body of `city.toml` into the typed `City`, saying each fault by the setting's path. No database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ngomon.directory.terms import (
    BoardColumn,
    City,
    Defaults,
    Hours,
    MapLayer,
    SignInPolicy,
    Text,
)

Body = Mapping[str, Any]
Fault = tuple[str, str]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_KNOWN = {
    *("key", "version", "name", "timezone", "languages", "currency", "center", "zoom", "bounds", "boundary"),
    *(
        "hotline",
        "case_prefix",
        "office_name",
        "site_name",
        "working_hours",
        "reception",
        "shifts",
        "defaults",
    ),
    *("sign_in", "board", "map", "calendar", "photos", "spelling"),
}


def weekday_of(word: str) -> int | None:
    """A weekday (Monday 0) from `mon`, `monday`, `2` … as people write it: 1 is Monday, 7 Sunday; None for another word."""
    word = word.strip().lower()
    if word.isdigit() and 1 <= int(word) <= 7:
        return int(word) - 1
    return WEEKDAYS.index(word[:3]) if word[:3] in WEEKDAYS else None


class _Reader:
    """Takes settings out of the body one by one and gathers what is wrong."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.faults: list[Fault] = []

    def at(self, path: str, default: Any = None) -> Any:
        value: Any = self.body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return default if value is None else value

    def fault(self, path: str, code: str) -> None:
        self.faults.append((path, code))

    def of(self, path: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        value = self.at(path)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            self.fault(path, "directory.pack.empty" if value is None else "directory.pack.bad_setting")
            return default if default is not None else ("" if kind is str else None)
        return value

    def text(self, path: str) -> Text:
        value = self.at(path, {})
        if isinstance(value, str):
            return {"vi": value, "en": value}
        if not isinstance(value, Mapping) or not any(value.values()):
            self.fault(path, "directory.pack.empty")
            return {}
        return dict(value)

    def numbers(self, path: str, n: int) -> tuple[float, ...]:
        value = self.at(path, [])
        if (
            not isinstance(value, list)
            or len(value) != n
            or not all(isinstance(v, int | float) for v in value)
        ):
            self.fault(path, "directory.pack.bad_setting")
            return (0.0,) * n
        return tuple(float(v) for v in value)

    def minutes(self, path: str, value: Any) -> int:
        found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if not 0 <= minutes <= 1440:
            self.fault(path, "directory.pack.bad_time")
            return 0
        return minutes

    def clock(self, path: str, default: str) -> time:
        minutes = self.minutes(path, self.at(path, default)) % 1440
        return time(minutes // 60, minutes % 60)

    def rows(self, path: str, make: Callable[[Body], Any]) -> tuple[Any, ...]:
        made = []
        for row in self.at(path, []):
            try:
                made.append(make(row))
            except (KeyError, TypeError, AttributeError):
                self.fault(path, "directory.pack.bad_setting")
        return tuple(made)


def _hours(read: _Reader) -> tuple[Hours, ...]:
    table = read.at("working_hours", {})
    week: list[Hours] = [()] * 7
    for name, periods in table.items() if isinstance(table, Mapping) else ():
        path, weekday = f"working_hours.{name}", weekday_of(name)
        if weekday is None or not isinstance(periods, list):
            read.fault(path, "directory.pack.bad_setting")
            continue
        made = [
            (read.minutes(path, p[0]), read.minutes(path, p[1]))
            for p in periods
            if isinstance(p, list) and len(p) == 2
        ]
        if len(made) != len(periods) or any(a >= b for a, b in made) or made != sorted(made):
            read.fault(path, "directory.pack.bad_time")
        week[weekday] = tuple(made)
    if not any(week):
        read.fault("working_hours", "directory.pack.empty")
    return tuple(week)


def _defaults(read: _Reader) -> Defaults:
    standard = Defaults()
    return Defaults(
        acknowledge_minutes=read.of("defaults.acknowledge_minutes", int, standard.acknowledge_minutes),
        budget_working_days=read.of("defaults.budget_working_days", int, standard.budget_working_days),
        reminder_ratio=float(read.of("defaults.reminder_ratio", (int, float), standard.reminder_ratio)),
        escalate_after_working_hours=read.of(
            "defaults.escalate_after_working_hours", int, standard.escalate_after_working_hours
        ),
    )


def _timezone(read: _Reader) -> str:
    name = str(read.of("timezone", str))
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        read.fault("timezone", "directory.pack.bad_setting")
        return "UTC"
    return name


def _policy(row: Body) -> SignInPolicy:
    return SignInPolicy(str(row["channel"]), str(row.get("category", "*")), str(row["requires"]))


def _layer(row: Body) -> MapLayer:
    return MapLayer(str(row["key"]), str(row["file"]), str(row["kind"]), dict(row["name"]))


def _column(row: Body) -> BoardColumn:
    return BoardColumn(str(row["key"]), bool(row["public"]))


def _rows_at(read: _Reader, *paths: str) -> str:
    """The first of these paths that holds a list."""
    return next((path for path in paths if isinstance(read.at(path), list)), paths[0])


def _calendar_years(read: _Reader) -> tuple[int, ...]:
    years = read.at("calendar.confirmed_years", [])
    if not isinstance(years, list) or not all(isinstance(year, int) for year in years):
        read.fault("calendar.confirmed_years", "directory.pack.bad_setting")
        return ()
    return tuple(years)


def read_city(body: Body) -> tuple[City, list[Fault]]:
    """The city that a `city.toml` describes, and its faults as (path of the setting, code of the text)."""
    read = _Reader(body)
    west, south, east, north = read.numbers("bounds", 4)
    lon, lat = read.numbers("center", 2)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        read.fault("bounds", "directory.pack.bad_setting")
    city = City(
        key=read.of("key", str),
        version=str(read.of("version", (str, int, float))),
        name=read.text("name"),
        timezone=_timezone(read),
        languages=tuple(read.of("languages", list, ["vi", "en"])),
        currency=read.of("currency", str, "VND"),
        center=(lon, lat),
        zoom=float(read.of("zoom", (int, float), 11)),
        bounds=(west, south, east, north),
        boundary=read.of("boundary", str, "boundary.geojson"),
        hotline=str(read.of("hotline", (str, int), "-")),
        case_prefix=read.of("case_prefix", str, "PA"),
        office_name=read.text("office_name"),
        site_name=read.text("site_name"),
        working_hours=_hours(read),
        night_from=read.clock("reception.night_from", "00:00"),
        night_to=read.clock("reception.night_to", "00:00"),
        day_shift_from=read.clock("shifts.day_from", "07:00"),
        night_shift_from=read.clock("shifts.night_from", "19:00"),
        defaults=_defaults(read),
        sign_in=read.rows(_rows_at(read, "sign_in.policy", "sign_in"), _policy),
        board=read.rows(_rows_at(read, "board.columns", "board.public", "board"), _column),
        map_layers=read.rows("map.layers", _layer),
        calendar_seed=read.of("calendar.seed", str, "-").strip("-"),
        confirmed_years=_calendar_years(read),
        photos_max_count=read.of("photos.max_count", int, 5),
        photos_max_mb=read.of("photos.max_mb", int, 12),
        tone_style=str(read.at("spelling.tone_style", "")),
        extra={key: value for key, value in body.items() if key not in _KNOWN},
    )
    return city, read.faults
