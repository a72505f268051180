"""What the desk proposes for a case, in words: its category with how sure, its agency with why, how urgent it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ngomon.cases import queries as cases
from ngomon.cases.terms import SAID_BY_OFFICERS, CaseLine, Proposal, UrgencyLevel
from ngomon.core.errors import NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.directory import queries as directory

PROPOSED_IN = frozenset({"received", "waiting"})
"""While a case has one of these states its category and agency are still to be decided."""
LIKELY = 0.1
"""What is less likely than this is not worth an officer's look."""
TONES = {UrgencyLevel.DANGER: "red", UrgencyLevel.URGENT: "red", UrgencyLevel.SOON: "amber"}
ICONS = {
    UrgencyLevel.DANGER: "siren",
    UrgencyLevel.URGENT: "triangle-alert",
    UrgencyLevel.SOON: "clock-alert",
}


def urgency_shown(line: CaseLine, language: str) -> dict[str, Any] | None:
    """The level with its reasons in words; None for a case that is not urgent, or no longer open."""
    found = cases.urgency_of(line)
    if found.level == UrgencyLevel.CALM or line.closed_at is not None:
        return None
    return {
        "level": found.level.value,
        "label": text(f"cases.urgency.{found.level}", language),
        "tone": TONES[found.level],
        "icon": ICONS[found.level],
        "why": "; ".join(
            text(f"cases.urgency.because.{r.code}", language, words=", ".join(r.because), n=r.n)
            for r in found.reasons
        ),
    }


def urgency_choices(language: str) -> list[tuple[str, str]]:
    """What an officer may say of a case, and that its words speak for themselves."""
    said = [(level.value, text(f"cases.urgency.{level}", language)) for level in SAID_BY_OFFICERS]
    return [*said, ("", text("web.desk.urgency.by_words", language))]


def proposal(line: CaseLine, at: datetime, language: str) -> dict[str, Any] | None:
    """Agency and category for a case that waits for both to be decided; else None."""
    if line.status not in PROPOSED_IN:
        return None
    return {**_agency(line, at, language), "categories": _categories(line, language)}


def _agency(line: CaseLine, at: datetime, language: str) -> dict[str, Any]:
    found = cases.propose_agency(line.category, line.area, directory.local_day(at))
    why = in_language(found.why, language)
    if found.times:
        why = text(
            "web.desk.proposal_usual",
            language,
            of=found.of,
            times=found.times,
            agency=_agency_name(found.agency, language),
            table=_agency_name(found.by_table, language),
        )
    return {"agency": _agency_name(found.agency, language), "why": why}


def _agency_name(key: str, language: str) -> str:
    try:
        return in_language(directory.agency(key).name, language)
    except NotFound:
        return key


def _categories(line: CaseLine, language: str) -> dict[str, Any] | None:
    """What the words say beside what the case is filed under. Sure: one category; else up to three, none chosen."""
    found = cases.propose(line.text)
    if not found:
        return None
    first = found[0]
    if first.key == line.category:
        return {"kind": "same", "first": _one(first, language), "others": []}
    if first.is_sure:
        return {"kind": "other", "first": _one(first, language), "others": [_one(first, language)]}
    others = [_one(p, language) for p in found if p.key != line.category and p.score >= LIKELY]
    return {"kind": "unsure", "first": _one(first, language), "others": others}


def _one(found: Proposal, language: str) -> dict[str, Any]:
    return {
        "key": found.key,
        "name": in_language(directory.category(found.key).name, language),
        "words": ", ".join(found.because),
        "chance": _chance(found.score, language),
        "is_sure": found.is_sure,
    }


def _chance(score: float, language: str) -> str:
    """What a model states; the rules' votes are no chance, so nothing is said of them."""
    if not cases.live_model()[0]:
        return ""
    return f"{round(score * 100)} %" if language == "vi" else f"{round(score * 100)}%"
