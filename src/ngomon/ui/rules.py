"""How times and numbers are said: which phrase, with which values. Pure: the words themselves stand in `texts.toml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

MINUTE = 60
HOUR = 3600
DAY = 86400

# From two days on, hours no longer help anybody to plan.
DAYS_FROM_S = 2 * DAY
# Within this much of its due time a thing is shown in amber.
SOON_S = DAY


@dataclass(frozen=True, slots=True)
class Phrase:
    """A key of the catalogue and the values it takes."""

    key: str
    values: dict[str, int | str] = field(default_factory=dict)


def span(seconds: float) -> Phrase:
    """A length of time as people say it: minutes, hours or days, always rounded down, at least one minute.

    Units: seconds.
    """
    whole = int(abs(seconds))
    if whole >= DAYS_FROM_S:
        return Phrase("ui.span.days", {"n": whole // DAY})
    if whole >= HOUR:
        return Phrase("ui.span.hours", {"n": whole // HOUR})
    return Phrase("ui.span.minutes", {"n": max(1, whole // MINUTE)})


def due_tone(due_at: datetime, now: datetime, *, soon_s: float = SOON_S) -> str:
    """The colour a due time is shown in: red when past, amber when near, neutral else."""
    left = (due_at - now).total_seconds()
    if left <= 0:
        return "red"
    return "amber" if left <= soon_s else "neutral"


def when(at: datetime, now: datetime) -> Phrase:
    """How an instant is called: relative when near, by day within the week, by date beyond.

    Both instants must be in the city's time zone, because "yesterday" is a matter of the local date.
    """
    ago = (now - at).total_seconds()
    if 0 <= ago < MINUTE:
        return Phrase("ui.when.just_now")
    if 0 < ago < HOUR:
        return Phrase("ui.when.minutes_ago", {"n": int(ago // MINUTE)})
    if 0 < -ago < HOUR:
        return Phrase("ui.when.in_minutes", {"n": max(1, int(-ago // MINUTE))})
    days = (at.date() - now.date()).days
    if 0 < ago < 6 * HOUR or (ago > 0 and days == 0):
        return Phrase("ui.when.hours_ago", {"n": int(ago // HOUR)})
    return Phrase(_day_key(days, at, now), calendar_values(at))


def _day_key(days: int, at: datetime, now: datetime) -> str:
    if days in (-1, 0, 1):
        return {-1: "ui.when.yesterday", 0: "ui.when.today", 1: "ui.when.tomorrow"}[days]
    if abs(days) < 7:
        return "ui.when.this_week"
    return "ui.when.this_year" if at.year == now.year else "ui.when.any_year"


def calendar_values(at: datetime) -> dict[str, int | str]:
    """What a sentence about this instant may use. `weekday` and `month` are numbers whose names the catalogue holds."""
    return {
        "time": f"{at:%H:%M}",
        "day": at.day,
        "month": at.month,
        "year": at.year,
        "weekday": at.weekday(),
    }


def day_values(on: date) -> dict[str, int | str]:
    """The same for a day without an hour."""
    return {"day": on.day, "month": on.month, "year": on.year, "weekday": on.weekday()}


def number(value: float, decimals: int | None, *, decimal_sign: str, group_sign: str) -> str:
    """A number in figures, grouped by thousands. Without `decimals` at most two, no trailing zeros."""
    shown = f"{value:,.{2 if decimals is None else decimals}f}"
    if decimals is None and "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown.translate({ord(","): group_sign, ord("."): decimal_sign, ord("-"): "\u2212"})


def initials(name: str) -> str:
    """The letters of an avatar: first letters of the family name and of the given name, which comes last."""
    parts = name.split()
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()
