"""How urgent a report is, by what it says, what it is about, how many say it and when; each with its reason. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ngomon.cases.rules import WordBook, danger_words
from ngomon.cases.terms import Urgency, UrgencyLevel, UrgencyReason
from ngomon.core.text import words

# Points: one sign of danger to life is enough for the highest level; several lesser ones add up.
DANGER, HARM, INSTANT, PEOPLE, ASSET, MANY, CROWD, NIGHT = 6, 4, 4, 2, 2, 3, 2, 1
TOLD, SENSOR = 6, (0, 2, 4, 6)
"""Told to be danger to life by who reports; a sensor's alarm level: 1, 2, 3 as the river's (báo động)."""
LEVELS = ((6, UrgencyLevel.DANGER), (4, UrgencyLevel.URGENT), (2, UrgencyLevel.SOON))
CROWD_FROM, MANY_FROM = 3, 10
"""From how many reports of the same thing it is a crowd, and from how many it is many."""
READ = 400
"""Words of a text that are looked at."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The phrases, folded, that the city counts as signs, and its night. Units: hours of the local day."""

    harm: frozenset[str]
    people: frozenset[str]
    asset: frozenset[str]
    longest: int
    night_from: int = 19
    night_to: int = 5

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Signs:
        """From `[urgency]` in the city's settings; what it does not say is no sign."""
        harm, people, asset = (_folded(settings.get(name)) for name in ("harm", "people", "asset"))
        longest = max((phrase.count(" ") + 1 for phrase in harm | people | asset), default=1)
        night = [settings.get(name) for name in ("night_from", "night_to")]
        hours = [n if isinstance(n, int) and 0 <= n < 24 else None for n in night]
        return cls(
            harm,
            people,
            asset,
            longest,
            19 if hours[0] is None else hours[0],
            5 if hours[1] is None else hours[1],
        )

    def is_night(self, hour: int) -> bool:
        """Whether an hour of the local day lies in the city's night."""
        if self.night_from <= self.night_to:
            return self.night_from <= hour < self.night_to
        return hour >= self.night_from or hour < self.night_to


def _folded(phrases: Any) -> frozenset[str]:
    given = phrases if isinstance(phrases, list) else []
    return frozenset(" ".join(words(str(phrase))) for phrase in given) - {""}


def _found(said: Sequence[str], phrases: frozenset[str], longest: int) -> tuple[str, ...]:
    """The phrases that occur, the longest at each place, in the order of the text."""
    found: dict[str, None] = {}
    start = 0
    while start < len(said):
        for length in range(min(longest, len(said) - start), 0, -1):
            run = " ".join(said[start : start + length])
            if run in phrases:
                found[run] = None
                start += length - 1
                break
        start += 1
    return tuple(found)


def urgency(
    text: str,
    book: WordBook,
    signs: Signs,
    *,
    is_instant: bool,
    reports: int,
    is_night: bool,
    is_told: bool = False,
    sensor_level: int = 0,
) -> Urgency:
    """The level and its reasons, the weightiest first. Night makes what is urgent anyway more so, and nothing else."""
    said = words(text)[:READ]
    found: list[tuple[int, UrgencyReason]] = []

    def add(points: int, code: str, because: Iterable[str] = (), n: int = 0) -> None:
        found.append((points, UrgencyReason(code, tuple(because), n)))

    for points, code, spoken in (
        (DANGER, "danger", danger_words(text, book)),
        (HARM, "harm", _found(said, signs.harm, signs.longest)),
        (PEOPLE, "people", _found(said, signs.people, signs.longest)),
        (ASSET, "asset", _found(said, signs.asset, signs.longest)),
    ):
        if spoken:
            add(points, code, as_said(text, spoken))
    if is_told:
        add(TOLD, "told")
    if sensor_level > 0:
        add(SENSOR[min(sensor_level, len(SENSOR) - 1)], "sensor", n=sensor_level)
    if is_instant:
        add(INSTANT, "instant")
    if reports >= CROWD_FROM:
        add(MANY if reports >= MANY_FROM else CROWD, "crowd", n=reports)
    if found and is_night:
        add(NIGHT, "night")
    total = sum(points for points, _ in found)
    level = next((name for least, name in LEVELS if total >= least), UrgencyLevel.CALM)
    found.sort(key=lambda one: -one[0])
    reasons = tuple(reason for _, reason in found) if level != UrgencyLevel.CALM else ()
    return Urgency(level, total, reasons)


def as_said(text: str, folded: Iterable[str]) -> list[str]:
    """Folded phrases in the spelling of the text, lower case."""
    spelled = text.casefold().split()
    plain = [" ".join(words(word)) for word in spelled]
    shown = []
    for phrase in folded:
        parts = phrase.split()
        n = len(parts)
        at = next((i for i in range(len(plain) - n + 1) if plain[i : i + n] == parts), None)
        shown.append(phrase if at is None else " ".join(spelled[at : at + n]).strip(".,;:!?…()\"'“”"))
    return shown
