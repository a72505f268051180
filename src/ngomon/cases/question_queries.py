"""Reads of answered questions: the public list, one of them, what was answered already. Only masked words are in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ngomon.core.errors import NotFound
from ngomon.core.ids import plain_number
from ngomon.core.search import find
from ngomon.core.text import words
from ngomon.directory import queries as directory

from .models import Case, Entry, Signal
from .queries import _cursor, _read_cursor, _total, propose
from .rules import telling_words
from .terms import QUESTION, Audience, CaseKind, EntryKind

PAGE = 30
ALIKE = 0.5
"""From this share of its telling words on, an answered question counts as nearly the same."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that everybody may read, with its answer."""

    id: UUID
    number: str
    text: str
    agency: str
    asked_at: datetime
    answered_at: datetime
    rating: str
    answer: str = ""
    answer_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AnsweredPage:
    """A page of answered questions, the newest answer first. `total` counts all, where nothing was filtered."""

    rows: tuple[Answered, ...]
    next: str
    total: int | None


_ROW = ("id", "number", "text", "agency", "opened_at", "answered_at", "rating")


def _answered() -> QuerySet[Case]:
    return Case.objects.filter(kind=CaseKind.QUESTION, answered_at__isnull=False, is_secret=False).exclude(
        outcome__startswith="guided:"
    )


def _with_answers(rows: Sequence[Sequence[object]]) -> list[Answered]:
    made = [Answered(*row) for row in rows]  # type: ignore[arg-type]
    said = Entry.objects.filter(
        case__in=[one.id for one in made], kind=EntryKind.ANSWER, audience=Audience.PUBLIC
    ).order_by("at")
    newest = {case: (text, at) for case, text, at in said.values_list("case_id", "text", "at")}
    return [
        Answered(
            one.id, one.number, one.text, one.agency, one.asked_at, one.answered_at, one.rating,
            *newest.get(one.id, ("", None)),
        )
        for one in made
    ]  # fmt: skip


def answered_questions(*, cursor: str = "", size: int = PAGE, agency: str = "", q: str = "") -> AnsweredPage:
    """Answered questions, the newest answer first; by agency, by words (tone marks ignored; then no paging).

    Three statements whatever the depth. Raises: Invalid for a foreign cursor.
    """
    found = _answered()
    size = max(1, min(size, 200))
    if agency:
        found = found.filter(agency=agency)
    if q:
        keys = [UUID(key) for _, key in find(q, kinds=[QUESTION], audiences=["public"], limit=size * 4)]
        found = found.filter(id__in=keys)
    elif cursor:
        at, key = _read_cursor(cursor)
        found = found.filter(Q(answered_at__lte=at) & (Q(answered_at__lt=at) | Q(id__lt=key)))
    rows = list(found.order_by("-answered_at", "-id").values_list(*_ROW)[: size + 1])
    more = len(rows) > size and not q
    shown = _with_answers(rows[:size])
    total = _total("question:answered") if not (agency or q) else None
    return AnsweredPage(tuple(shown), _cursor((shown[-1].answered_at, shown[-1].id)) if more else "", total)


def answered_question(number: str) -> Answered:
    """One answered question. Raises: NotFound for one that nobody but its asker may see yet."""
    rows = list(_answered().filter(number=plain_number(number)).values_list(*_ROW))
    if not rows:
        raise NotFound("cases.not_found", number=number)
    return _with_answers(rows)[0]


def answered_alike(text: str, most: int = 3) -> list[Answered]:
    """Answered questions that share most telling words with this one, the nearest first."""
    said = telling_words(text)
    if len(said) < 2:
        return []
    hits: dict[str, int] = {}
    for word in sorted(said, key=lambda w: (-len(w), w))[:8]:
        for _, key in find(word, kinds=[QUESTION], audiences=["public"], limit=60):
            hits[key] = hits.get(key, 0) + 1
    likely = sorted(hits, key=lambda key: -hits[key])[:30]
    found = _answered().filter(id__in=[UUID(key) for key in likely]).values_list(*_ROW)
    scored = [(_share(said, telling_words(str(row[2]))), row) for row in found]
    near = sorted((s for s in scored if s[0] >= ALIKE), key=lambda s: -s[0])[:most]
    return _with_answers([row for _, row in near])


def _share(said: frozenset[str], theirs: frozenset[str]) -> float:
    return len(said & theirs) / (min(len(said), len(theirs)) or 1)


def agency_for(text: str, on: date) -> str:
    """Who should answer a question, by its words: an agency that is named, else whoever its matter belongs to.

    Empty where the words say nothing; the desk decides then.
    """
    said = f" {' '.join(words(text))} "
    for agency in directory.agencies(on):
        names = {" ".join(words(name)) for name in agency.name.values()}
        if any(name and f" {name} " in said for name in names):
            return agency.key
    best = next((p.key for p in propose(text)), "")
    return directory.route_for(best, None, on).agency if best else ""


def asked_agency(case_id: UUID) -> str:
    """Whom the asker chose, or the words proposed; empty for none."""
    kept = (
        Signal.objects.filter(case=case_id)
        .order_by("received_at")
        .values_list("attributes", flat=True)
        .first()
    )
    return str(json.loads(kept or "{}").get("agency", ""))
