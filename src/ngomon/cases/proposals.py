"""What is proposed for a report: its category by the live model, or by the rules until there is one; urgency; agency.

The live model is a file mapped into memory, looked up anew at most every `RECHECK_S`; everything else is a computation.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import structlog

from ngomon.core import files
from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category, Group

from .models import Decision, LearnedModel
from .rules import WordBook, propose_categories
from .rules import danger_words as rules_danger_words
from .rules.agency import Sent, usual_agency
from .rules.gate import Learning
from .rules.linear import LinearModel, read
from .rules.linear import propose as propose_by_model
from .rules.urgency import Signs, as_said
from .rules.urgency import urgency as rules_urgency
from .terms import (
    CATEGORY_MODEL,
    LEARNED_MODEL,
    AgencyProposal,
    CaseKind,
    CaseLine,
    ModelState,
    Proposal,
    Urgency,
    UrgencyLevel,
    UrgencyReason,
)

log = structlog.get_logger("ngomon.proposals")
RECHECK_S = 10.0
SURE_BY_RULES = 0.75
"""From which share of the word book's votes a category is chosen beforehand while there is no model."""
NEWEST = 20
"""How many of the newest like cases tell where officers send them."""

_live: tuple[float, int, LinearModel | None] | None = None


def learning() -> Learning:
    """What the city set for learning."""
    said = directory.city().extra.get("proposals")
    return Learning.of(said if isinstance(said, dict) else {})


@lru_cache(maxsize=2)
def _word_book(edition: int) -> WordBook:  # noqa: ARG001 (the cache key)
    """Built once per edition of the directory."""
    return WordBook.of((c.key, c.words, c.danger_words) for c in directory.categories())


@lru_cache(maxsize=2)
def _allowed(edition: int) -> frozenset[str]:  # noqa: ARG001 (the cache key)
    return frozenset(c.key for c in directory.categories())


def word_book() -> WordBook:
    """The phrases that speak for each category, by the catalogue now in force."""
    return _word_book(directory.edition())


def by_rules(text: str, most: int = 3) -> list[Proposal]:
    """What the word book alone proposes."""
    return propose_categories(text, word_book(), most)


def forget_model() -> None:
    """Ask anew at the next question which model is live."""
    global _live
    _live = None


def live_model() -> tuple[int, LinearModel | None]:
    """The number of the live model and the model; (0, None) while the rules propose alone."""
    global _live
    now = time.monotonic()
    if _live is not None and now - _live[0] < RECHECK_S:
        return _live[1], _live[2]
    row = LearnedModel.objects.filter(kind=CATEGORY_MODEL, state=ModelState.LIVE).first()
    number = row.number if row else 0
    if _live is None or _live[1] != number:
        _live = (now, number, opened(row) if row else None)
    _live = (now, _live[1], _live[2])
    return (_live[1], _live[2]) if _live[2] is not None else (0, None)


def opened(row: LearnedModel) -> LinearModel | None:
    """A model's file, mapped into memory; None, and a line in the log, where it is gone or spoilt."""
    ref = Ref(LEARNED_MODEL, str(row.id))
    for file in files.files_of([ref])[ref.key]:
        try:
            return _mapped(file.path)
        except (OSError, ValueError):
            log.exception("a model's file cannot be read", model=row.number)
    return None


def _mapped(path: Path) -> LinearModel:
    # A plain array over the mapping: numpy's own class for it costs more at each look than the look itself.
    return read(np.asarray(np.memmap(path, dtype=np.uint8, mode="r")))


def propose(text: str) -> list[Proposal]:
    """What a report seems to be about, best first, with the words that say so. Only the first may be sure."""
    number, model = live_model()
    return propose_with(text, model if number else None)


def propose_with(text: str, model: LinearModel | None) -> list[Proposal]:
    """As `propose`, by this model, or by the rules alone for None."""
    if model is None:
        return _by_rules_sure(text)
    spoken = by_rules(text, most=10)
    return propose_by_model(model, text, spoken, _allowed(directory.edition())) or _by_rules_sure(text)


def _by_rules_sure(text: str) -> list[Proposal]:
    found = by_rules(text)
    return [
        Proposal(p.key, p.score, tuple(as_said(text, p.because)), is_sure=n == 0 and p.score >= SURE_BY_RULES)
        for n, p in enumerate(found)
    ]


def category_of(text: str, given: str, on: date) -> Category:
    """The category that was chosen, else the one that the words propose, else the catalogue's last ("other").

    Raises: NotFound for a chosen one that is unknown, or is a heading.
    """
    key = given or next((p.key for p in propose(text)), "")
    found = directory.category(key) if key else directory.categories(on)[-1]
    if not found.group:
        raise NotFound("cases.error.unknown_category")
    return found


def danger_words(text: str) -> tuple[str, ...]:
    """The words of a report that speak of danger to life."""
    return rules_danger_words(text, word_book())


# --- how urgent ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _signs(edition: int) -> Signs:  # noqa: ARG001 (the cache key)
    said = directory.city().extra.get("urgency")
    return Signs.of(said if isinstance(said, dict) else {})


@lru_cache(maxsize=4096)
def _urgency(
    edition: int,
    text: str,
    is_instant: bool,
    reports: int,
    is_night: bool,
    is_told: bool = False,
    sensor_level: int = 0,
) -> Urgency:
    return rules_urgency(
        text,
        _word_book(edition),
        _signs(edition),
        is_instant=is_instant,
        reports=reports,
        is_night=is_night,
        is_told=is_told,
        sensor_level=sensor_level,
    )


def urgency_of(line: CaseLine) -> Urgency:
    """How urgent a case is, with the reasons; the same answer is kept, as lists ask for it again and again."""
    if line.urgency:
        return Urgency(UrgencyLevel(line.urgency), 0, (UrgencyReason("officer"),))
    return severity_of(
        line.text, line.category, line.opened_at, reports=line.reports, is_told=line.kind == CaseKind.DANGER
    )


def severity_of(
    text: str, category: str, at: datetime, *, reports: int = 1, is_told: bool = False, sensor_level: int = 0
) -> Urgency:
    """How urgent words about a category are: danger words, a sensor's level, how many say it, the category, the hour."""
    edition, city = directory.edition(), directory.city()
    try:
        is_instant = directory.category(category).group == Group.INSTANT
    except NotFound:
        is_instant = False
    is_night = _signs(edition).is_night(at.astimezone(ZoneInfo(city.timezone)).hour)
    return _urgency(edition, text, is_instant, reports, is_night, is_told, sensor_level)


# --- which agency ------------------------------------------------------------------------------------------------------


def propose_agency(category: str, area: str, on: date) -> AgencyProposal:
    """The agency by the routing table, or the one that officers have been sending such cases to instead, with the reason.

    Like cases: the same category in the same area where there are enough of them, else the category anywhere.
    """
    routing = directory.route_for(category, area or None, on)
    limits = learning()
    sent = _sent(category)
    here = [one for one in sent if one.area == area]
    for like in (here, sent):
        usual = usual_agency(like[:NEWEST], routing.agency, limits.min_times, limits.min_share_pct)
        if usual is not None:
            successor = directory.successor_of(usual.agency, on)
            if successor is not None and successor.key != routing.agency:
                return AgencyProposal(successor.key, routing.why, routing.agency, usual.times, usual.of)
        if len(like) >= limits.min_times:
            break  # enough like cases here, and they follow the table
    return AgencyProposal(routing.agency, routing.why, routing.agency)


def _sent(category: str) -> Sequence[Sent]:
    rows = Decision.objects.filter(category=category).exclude(agency="").order_by("-decided_at")
    return [Sent(*row) for row in rows.values_list("area", "agency_by_table", "agency")[: NEWEST * 10]]
