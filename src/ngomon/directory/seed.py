"""Public holidays of a country as the first draft of a calendar year; afterwards the table is the truth, not the library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import holidays

from ngomon.directory.terms import DayKind

_LOCALES = {"vi": ("vi",), "en": ("en_US", "en")}


@dataclass(frozen=True, slots=True)
class SeedDay:
    """A day off by law, or a weekend day worked in exchange."""

    on: date
    kind: str
    name: dict[str, str]


def is_country(code: str) -> bool:
    """Whether the holidays of this country (`VN`, or with a part of it `US-MA`) are known."""
    country, _, part = code.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (not part or part in known[country])


def seed_days(code: str, year: int) -> list[SeedDay]:
    """The days off, and the weekend days worked in exchange, of one year. Source: the `holidays` package."""
    country, _, part = code.partition("-")
    plain = holidays.country_holidays(country, subdiv=part or None, years=year)
    names: dict[date, dict[str, str]] = {on: {} for on in plain}
    for language, locales in _LOCALES.items():
        spoken = next((loc for loc in locales if loc in plain.supported_languages), None)
        named: Any = plain
        if spoken:
            named = holidays.country_holidays(country, subdiv=part or None, years=year, language=spoken)
        elif language != "en":
            continue
        for on in names:
            names[on][language] = named.get(on) or plain[on]
    days = [SeedDay(on, DayKind.OFF, name) for on, name in names.items() if on.year == year]
    worked: set[date] = getattr(plain, "weekend_workdays", set())
    moved = {"vi": "Ngày làm việc bù", "en": "Working day in exchange"}
    days += [SeedDay(on, DayKind.WORKING, moved) for on in worked if on.year == year and on not in names]
    return sorted(days, key=lambda d: d.on)
