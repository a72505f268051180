"""What intake asks of what is no ordinary report: danger to life needs next to nothing, a question needs words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ngomon.core.errors import Invalid
from ngomon.core.ids import uuid7
from ngomon.core.text import clean
from ngomon.directory import queries as directory
from ngomon.directory.terms import Area, Category, City, Group
from ngomon.processes.terms import Budget

from ..models import Case
from ..queries import propose
from ..rules import MAX_PLACE, MAX_TEXT, budget_of
from ..terms import CaseKind, Filing

DANGER_MINUTES = 5
"""By when somebody must have seen to danger, by the clock on the wall. Source: as fire and accidents in the packs; BK."""
MIN_QUESTION = 10
_QUESTION_PREFIX = "HD"


def checked_kind(filing: Filing, at: datetime) -> tuple[Filing, Area | None, Category]:
    """The filing with clean words, its area where there is one, and its category. Raises: Invalid naming the fields."""
    text, place = clean(filing.text), clean(filing.place_words)
    external_id = filing.external_id or str(uuid7())
    filing = replace(
        filing, text=text, place_words=place, external_id=external_id, category=clean(filing.category)
    )
    if filing.kind == CaseKind.QUESTION:
        return filing, None, _question_category(filing, at)
    # Nothing typed about a danger is refused for its length: it is cut.
    filing = replace(filing, text=text[:MAX_TEXT], place_words=place[:MAX_PLACE])
    area = directory.area_at(filing.lon, filing.lat, directory.local_day(at)) if filing.has_place else None
    return filing, area, danger_category(filing.category, filing.text, at)


def danger_category(chosen: str, text: str, at: datetime) -> Category:
    """What the danger is: what was chosen or the words speak for, if it is one for minutes; else the last ("other")."""
    leaves = {c.key: c for c in directory.categories(directory.local_day(at))}
    for key in (chosen, *(p.key for p in propose(text))):
        found = leaves.get(key)
        if found is not None and found.group == Group.INSTANT:
            return found
    return next(reversed(leaves.values()))


def _question_category(filing: Filing, at: datetime) -> Category:
    wrong: dict[str, str] = {}
    if len(filing.text) > MAX_TEXT:
        wrong["text"] = "cases.error.text_too_long"
    if len(filing.text) < MIN_QUESTION:
        wrong["text"] = "cases.error.question_too_short"
    day = directory.local_day(at)
    if filing.agency and filing.agency not in {a.key for a in directory.agencies(day)}:
        wrong["agency"] = "cases.error.unknown_agency"
    category = directory.question_category(day)
    if category is None:
        raise Invalid("cases.error.no_questions")
    if wrong:
        raise Invalid("cases.error.question", fields=wrong, max=MAX_TEXT, min=MIN_QUESTION)
    return category


INSTANT_MINUTES = 30
"""For what became one for minutes by its words, under a category that counts in days. Source: as the packs; BK."""


def budget_of_kind(case: Case, category: Category, city: City) -> Budget:
    """The time a case gets: danger minutes, everything else what its category says."""
    if case.group == Group.INSTANT and case.kind != CaseKind.DANGER and not category.budget_minutes:
        return Budget.minutes(INSTANT_MINUTES)
    if case.kind == CaseKind.DANGER:
        return Budget.minutes(min(category.budget_minutes or DANGER_MINUTES, DANGER_MINUTES))
    return budget_of(category, city.defaults.budget_working_days)


def prefix_of(kind: str, city: City) -> str:
    """How the numbers of this kind begin: questions have their own."""
    return _QUESTION_PREFIX if kind == CaseKind.QUESTION else city.case_prefix
