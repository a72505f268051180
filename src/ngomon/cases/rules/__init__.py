"""Decisions of cases: what the words propose, what is masked, what an action writes; `same`: what is the same thing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ngomon.cases.terms import Audience, EntryKind, Proposal
from ngomon.core.text import fold, words
from ngomon.directory.terms import Category, Group
from ngomon.processes.terms import Budget

from .same import SHOWN as SHOWN
from .same import cell_of as cell_of
from .same import cells_around as cells_around
from .same import telling_words as telling_words

MAX_TEXT = 4000
MAX_PLACE = 300
# No letter or digit that is read as another; 10 of these 31 make a claim code.
CLAIM_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

# --- numbers people can say ---------------------------------------------------------------------------------------


def case_number(prefix: str, local_month: datetime, n: int) -> str:
    """PA-2611-0427: prefix, year and month of filing in the city's zone, running number of at least four digits."""
    return f"{prefix}-{local_month:%y%m}-{n:04d}"


# --- what it seems to be -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WordBook:
    """The phrases that speak for each category: folded phrase -> categories. Built once per catalogue version.

    `begins`: the word that phrases begin with -> how many words the longest of them has.
    """

    phrases: Mapping[str, tuple[str, ...]]
    danger: Mapping[str, str]
    begins: Mapping[str, int]

    @classmethod
    def of(cls, entries: Iterable[tuple[str, Sequence[str], Sequence[str]]]) -> WordBook:
        """From (category, words, danger words)."""
        phrases: dict[str, list[str]] = {}
        danger: dict[str, str] = {}
        for category, spoken, dangerous in entries:
            for phrase in spoken:
                folded = " ".join(words(phrase))
                if folded:
                    phrases.setdefault(folded, []).append(category)
            for phrase in dangerous:
                folded = " ".join(words(phrase))
                if folded:
                    danger[folded] = category
        begins: dict[str, int] = {}
        for phrase in (*phrases, *danger):
            first, n = phrase.partition(" ")[0], phrase.count(" ") + 1
            begins[first] = max(begins.get(first, 0), n)
        return cls({k: tuple(v) for k, v in phrases.items()}, danger, begins)


def _runs(said: Sequence[str], begins: Mapping[str, int]) -> Iterable[str]:
    """Runs of words that may be a phrase: those that begin as one does."""
    for start, word in enumerate(said):
        longest = begins.get(word, 0)
        if longest:
            yield word
            for end in range(start + 2, min(start + longest, len(said)) + 1):
                yield " ".join(said[start:end])


def propose_categories(text: str, book: WordBook, most: int = 3) -> list[Proposal]:
    """The categories that a text's words speak for, best first, with the words as the reason.

    A phrase counts by its length in words and is shared among the categories that claim it.
    """
    scores: dict[str, float] = {}
    because: dict[str, list[str]] = {}
    seen: set[str] = set()
    for run in _runs(words(text)[:400], book.begins):
        claimed = book.phrases.get(run)
        if claimed is None or run in seen:
            continue
        seen.add(run)
        weight = (1.0 + 1.5 * run.count(" ")) / len(claimed)
        for category in claimed:
            scores[category] = scores.get(category, 0.0) + weight
            because.setdefault(category, []).append(run)
    total = sum(scores.values()) or 1.0
    ranked = sorted(scores, key=lambda key: (-scores[key], key))[:most]
    return [Proposal(key, scores[key] / total, tuple(because[key][:5])) for key in ranked]


def danger_words(text: str, book: WordBook) -> tuple[str, ...]:
    """The words of a text that speak of danger to life."""
    return tuple(run for run in dict.fromkeys(_runs(words(text)[:400], book.begins)) if run in book.danger)


# --- words for lists ----------------------------------------------------------------------------------------------------


def first_words(text: str, limit: int = 140) -> str:
    """A line for lists: the beginning of a text, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[:limit].rsplit(" ", 1)[0] + "…"


def is_reference(text: str) -> str:
    """The digits when somebody typed a case number or its end ("0427", "pa 2611 0427"), else empty."""
    folded = fold(text).replace("-", " ")
    digits = "".join(part for part in folded.split() if part.isdigit())
    rest = [part for part in folded.split() if not part.isdigit()]
    return digits if len(digits) >= 4 and len(rest) <= 1 and all(len(part) <= 3 for part in rest) else ""


# --- which process, and how much time ----------------------------------------------------------------------------------


def process_of(category: Category, group: str) -> str:
    """The definition that a case runs by: the timed one of its category's service, the instant one, for questions its own."""
    return f"{category.service}.{group}"


def budget_of(category: Category, default_days: int) -> Budget:
    """A category's time: minutes by the clock on the wall (instant), else working days."""
    if category.group == Group.INSTANT and category.budget_minutes:
        return Budget.minutes(category.budget_minutes)
    return Budget.days(category.budget_days or default_days)


# --- what an action writes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What the words that come with an action become: the kind of entry, who may read it, and the field they come in.

    `publishes`: the current answer and its pictures become public. `answers`: needs proof (see `proof_missing`).
    """

    kind: EntryKind
    audience: Audience
    field: str
    publishes: bool = False
    answers: bool = False


EFFECTS: Mapping[str, Effect] = {
    "route": Effect(EntryKind.WHY_HERE, Audience.STAFF, "why"),
    "reject": Effect(EntryKind.REASON, Audience.REPORTER, "reason"),
    "refer": Effect(EntryKind.REASON, Audience.REPORTER, "reason"),
    "guide": Effect(EntryKind.REASON, Audience.REPORTER, "words"),
    "uphold": Effect(EntryKind.REASON, Audience.REPORTER, "reason"),
    "ask": Effect(EntryKind.QUESTION, Audience.REPORTER, "question"),
    "reply": Effect(EntryKind.REPLY, Audience.REPORTER, "reply"),
    "hand_back": Effect(EntryKind.RETURNED, Audience.STAFF, "reason"),
    "return": Effect(EntryKind.RETURNED, Audience.STAFF, "reason"),
    "send_back": Effect(EntryKind.RETURNED, Audience.STAFF, "reason"),
    "answer": Effect(EntryKind.ANSWER, Audience.STAFF, "answer", answers=True),
    "commit": Effect(EntryKind.ANSWER, Audience.STAFF, "answer"),
    "record": Effect(EntryKind.ANSWER, Audience.STAFF, "answer"),
    "publish": Effect(EntryKind.NOTE, Audience.STAFF, "note", publishes=True),
    "rate": Effect(EntryKind.RATING, Audience.PUBLIC, "comment"),
    "object": Effect(EntryKind.OBJECTION, Audience.REPORTER, "reason"),
    "appeal": Effect(EntryKind.APPEAL, Audience.REPORTER, "reason"),
    "request_extension": Effect(EntryKind.REQUEST, Audience.STAFF, "reason"),
    "extend": Effect(EntryKind.NOTE, Audience.STAFF, "reason"),
    "refuse_extension": Effect(EntryKind.RETURNED, Audience.STAFF, "reason"),
}

NOTE_ONLY = Effect(EntryKind.NOTE, Audience.STAFF, "note")
MIN_ANSWER = 20
_UNFILLED = re.compile(r"\[[^\]\n]{2,60}\]")


def proof_missing(
    *, is_photo_required: bool, after_photos: int, stated_reason: str, answer: str
) -> dict[str, str]:
    """What an answer that says "done" lacks: words, and an after-photo or a stated reason why there is none."""
    wrong: dict[str, str] = {}
    if _UNFILLED.search(answer):
        wrong["answer"] = "cases.error.answer_unfilled"
    if len(answer.strip()) < MIN_ANSWER:
        wrong["answer"] = "cases.error.answer_too_short"
    if is_photo_required and not after_photos and len(stated_reason.strip()) < 10:
        wrong["photos"] = "cases.error.proof_needed"
    return wrong
