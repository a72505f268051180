"""Whether a case is one for minutes, and what those who are called out are told about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.text import in_language
from ngomon.core.texts import LANGUAGES, text
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category, Group
from ngomon.processes import commands as processes
from ngomon.processes.call_words import tells

from .models import Case
from .proposals import severity_of
from .queries import live_audience
from .terms import CASE, CaseKind, Filing, Urgency, UrgencyLevel

SENSOR_LEVEL = "alarm_level"
"""The attribute in which a sensor's signal says its level (1 to 3)."""
PAST = timedelta(hours=2)
"""What happened longer ago when it is written down is history: nobody is called for it."""
MOST_WORDS = 240


def severity(filing: Filing, category: Category, at: datetime) -> Urgency:
    """How urgent a report is as it comes in, with the reasons."""
    said = filing.attributes.get(SENSOR_LEVEL, "")
    level = int(said) if said.isdecimal() and len(said) < 3 and filing.source == "sensor" else 0
    is_told = filing.kind == CaseKind.DANGER
    return severity_of(filing.text, category.key, at, is_told=is_told, sensor_level=level)


def group_of(filing: Filing, category: Category, at: datetime) -> str:
    """By which group a case runs: minutes for danger, for a category of minutes, and where words or a sensor tell of danger.

    Words alone decide only where the city says so (`[instant] by_words`).
    """
    if filing.kind == CaseKind.QUESTION or category.group == Group.QUESTION:
        return category.group
    if filing.kind == CaseKind.DANGER or category.group == Group.INSTANT:
        return Group.INSTANT
    said = directory.city().extra.get("instant")
    by_words = isinstance(said, Mapping) and said.get("by_words") is True
    if (by_words or filing.source == "sensor") and severity(
        filing, category, at
    ).level == UrgencyLevel.DANGER:
        return Group.INSTANT
    return category.group


def call_for(case: Case, found: Urgency, agency: str, *, actor: Actor, at: datetime) -> None:
    """Raise the alarm of a new instant case, in the unit that opens it."""
    if case.group != Group.INSTANT or at - case.opened_at > PAST:
        return
    processes.raise_alarm(
        case.ref,
        agency=agency,
        area=case.area,
        severity=str(found.level),
        reasons=[{"code": r.code, "words": list(r.because), "n": r.n} for r in found.reasons],
        audience=live_audience(case),
        actor=actor,
        at=at,
    )


def words_of_case(key: str) -> Mapping[str, Any]:
    """What a call says: what it is, where, and the masked words; of a case that only the duty shift may know, none."""
    case = Case.objects.filter(pk=UUID(key)).first()
    if case is None or case.is_secret:
        return {}
    words: dict[str, Any] = {
        "category": dict(directory.category(case.category).name),
        "where": {language: _where(case, language) for language in LANGUAGES},
        "what": " ".join(case.text.split())[:MOST_WORDS],
    }
    return {**words, "lon": case.lon, "lat": case.lat} if case.area else words


def _where(case: Case, language: str) -> str:
    """The place in words and the ward; that it is not known yet is said too."""
    area = in_language(directory.area(case.area).name, language) if case.area else ""
    return ", ".join(part for part in (case.place.strip()[:120], area) if part) or text(
        "processes.call.nowhere", language
    )


tells(CASE, words_of_case)
