"""Whether two reports speak of the same thing: place, time, words, form answers, category and picture, weighed. Pure.

The weights are data (`same_weights`), learned from pairs that a city's staff named. Who reported counts for nothing.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ngomon.core.text import words

from .same_weights import FEATURES, INTERCEPT, LIKELY, PICTURE_NEAR, SHOWN_FROM, SURE, WEIGHTS, Threshold

# --- place -----------------------------------------------------------------------------------------------------------

CELL_DEGREES = 0.002  # about 220 m: a circle of 200 m touches at most nine cells


def cell_of(lon: float, lat: float) -> int:
    """The grid cell of a point, one integer: the rows near a point are those of nine cells."""
    return math.floor((lat + 90) / CELL_DEGREES) * 200_000 + math.floor((lon + 180) / CELL_DEGREES)


NOWHERE = 0
"""The cell of a case that no place may lead to: it has none, or only the duty shift may know of it."""


def cells_around(lon: float, lat: float) -> list[int]:
    """The point's own cell and its eight neighbours."""
    own = cell_of(lon, lat)
    return [own + row * 200_000 + column for row in (-1, 0, 1) for column in (-1, 0, 1)]


NEAREST = 30
"""So many of the cases around are weighed, the nearest first. With 60 no more of Boston's named duplicates are found."""
OPEN_DAYS = 90
SHOWN = 3
FAR_M = 700.0

# --- what was said ---------------------------------------------------------------------------------------------------

# Folded words that could be another word are not among them: den (đến, đèn), toi (tôi, tối), cho (cho, chợ).
# fmt: off
_COMMON = frozenset({
    "va", "la", "co", "cua", "o", "tai", "tren", "duong", "khong", "da", "rat", "nhieu", "nay",
    "do", "cac", "mot", "nhung", "duoc", "bi", "thi", "ma", "de", "voi", "tu", "khi", "ve", "ra",
    "em", "chung", "nho", "mong", "the", "a", "i", "of", "and", "is", "in", "on", "at", "to", "it",
    "this", "that", "my", "for", "there", "with",
})
_STREET = frozenset({
    "duong", "so", "kiet", "phuong", "xa", "street", "st", "road", "rd", "avenue", "ave", "dr", "intersection",
    "of", "corner",
})
# fmt: on
_SILENT = _COMMON | frozenset("abcdefghijklmnopqrstuvwxyz")
_FORM_LABEL = 80
_NO_ANSWERS: Mapping[str, str] = {}


def telling_words(text: str) -> frozenset[str]:
    """The words that tell reports apart: folded, without the commonest ones. Numbers tell, however short."""
    return _telling(words(text))


def _telling(found: Iterable[str]) -> frozenset[str]:
    return frozenset(found) - _SILENT


def form_and_words(text: str) -> tuple[Mapping[str, str], str]:
    """What a form asked and got, and what was said freely, of a text such as `Colour: RED | Details: by the gate`.

    Some doors (Boston's Open311 is one) put a form's questions into the text, parted by `|`. The questions are nobody's
    words; the answers are compared question by question.
    """
    if "|" not in text:
        return _NO_ANSWERS, text
    answers: dict[str, str] = {}
    *asked, free = text.split("|")
    label, colon, said = free.partition(":")
    if colon and len(label) < _FORM_LABEL:
        free = said
    for part in asked:
        label, colon, said = part.partition(":")
        answer = " ".join(words(said))
        if colon and answer and len(label) < _FORM_LABEL:
            answers[" ".join(words(label))] = answer
    return answers, free


class Spoken(NamedTuple):
    """What a report says, ready to be compared. `looks`: the hashes of its pictures, 64 bits each."""

    words: frozenset[str]
    answers: Mapping[str, str] = _NO_ANSWERS
    place: frozenset[str] = frozenset()
    looks: tuple[int, ...] = ()
    numbers: frozenset[str] = frozenset()


def spoken(text: str, place: str = "", looks: Iterable[int] = ()) -> Spoken:
    """A report's text and words of place as `Spoken`."""
    answers, free = form_and_words(text)
    where = frozenset(words(place.split(",")[0])) - _STREET if place else frozenset()
    said = telling_words(free)
    return Spoken(said, answers, where, tuple(looks), frozenset(filter(is_number, said)))


def is_number(word: str) -> bool:
    """Whether a word is a number that names something: a house, a pole, a plate. A single digit only counts things."""
    return len(word) > 1 and not word.isalpha()


_OVERLAP, _OTHERWISE, _NUMBERS = map(FEATURES.index, ("overlap", "other_answers", "numbers"))

# --- weighing --------------------------------------------------------------------------------------------------------


class Other(NamedTuple):
    """A case that may be the same, as seen from the report. Units: metres, hours since it was opened.

    `uncertain_m`: how far off the place may be (a street, a hamlet); distance then says less.
    """

    said: Spoken
    distance_m: float
    age_h: float
    is_same_category: bool
    is_same_parent: bool = False
    uncertain_m: float = 0.0


class Likeness(NamedTuple):
    """How alike: `score` 0 to 1; `share` of all that speaks for any case around, so how clearly it is this one;
    `overlap` of the words: 1 where the pictures are nearly the same, 0 where an answer, a house or a number differs."""

    score: float
    share: float
    overlap: float
    shared: tuple[str, ...]
    is_same_picture: bool
    features: tuple[float, ...]

    def is_sure(self, metres: float, wanted: Threshold = SURE) -> bool:
        """Whether it may be linked without asking."""
        return wanted.is_met(score=self.score, share=self.share, overlap=self.overlap, metres=metres)


def rarity(around: Sequence[Spoken]) -> Counter[str]:
    """In how many of the reports around each word occurs: what all of them say tells nothing."""
    found: Counter[str] = Counter()
    for one in around:
        found.update(one.words)
    return found


def weigh(mine: Spoken, others: Sequence[Other]) -> list[Likeness]:
    """How likely each case speaks of the same thing, in the order given. All cases around are given together: they say
    which words are rare here, and whether one stands out."""
    seen = rarity([o.said for o in others])
    n = len(others) + 3
    tells = {w: (2.0 if is_number(w) else 1.0) * max(0.1, math.log(n / (seen[w] + 0.5))) for w in seen}
    own = sum(tells.get(w, math.log(2.0 * n)) for w in mine.words)
    found = [_features(mine, other, tells, own) for other in others]
    logits = [_logit(features) for features, _ in found]
    odds = [math.exp(min(40.0, logit)) for logit in logits]
    whole = sum(odds) or 1.0
    houses = frozenset(filter(str.isdigit, mine.place))
    return [
        Likeness(
            odd / (1.0 + odd),
            odd / whole,
            _overlap(houses, other.said.place, features),
            tuple(sorted(both, key=lambda w: (-tells[w], w))),
            features[-1] > 0,
            features,
        )
        for other, (features, both), odd in zip(others, found, odds, strict=True)
    ]


def _overlap(houses: frozenset[str], theirs: frozenset[str], features: Sequence[float]) -> float:
    """How far the words may carry a link. Another car's make at the same kerb is another car, and 39 is not 37."""
    if features[-1] > 0:
        return 1.0
    if features[_OTHERWISE] > 0 or features[_NUMBERS] < 0:
        return 0.0
    if houses and houses.isdisjoint(theirs) and any(map(str.isdigit, theirs)):
        return 0.0
    return features[_OVERLAP]


def _logit(features: Sequence[float]) -> float:
    logit: float = INTERCEPT + sum(map(operator.mul, WEIGHTS, features))
    return logit


def _features(
    mine: Spoken, other: Other, tells: Mapping[str, float], own: float
) -> tuple[tuple[float, ...], frozenset[str]]:
    """The features in the order of `FEATURES`, and the words both say."""
    theirs = other.said
    both = mine.words & theirs.words
    weight = sum(tells[w] for w in both)
    overlap = 0.0
    if weight > 0:
        overlap = weight / math.sqrt(max(own, weight) * sum(tells[w] for w in theirs.words))
    metres = other.distance_m / math.sqrt(1.0 + (other.uncertain_m / 50.0) ** 2)
    alike, unlike = _answers(mine.answers, theirs.answers)
    features = (
        min(metres, 600.0) / 100.0,
        math.log1p(other.age_h / 0.5),
        min(other.age_h, OPEN_DAYS * 24.0) / 720.0,
        1.0 if other.is_same_category else 0.5 if other.is_same_parent else 0.0,
        overlap,
        math.log1p(weight),
        1.0 if bool(mine.words) != bool(theirs.words) else 0.0,
        1.0 if not mine.words and not theirs.words else 0.0,
        min(alike, 3.0),
        min(unlike, 3.0),
        _place(mine.place, theirs.place),
        _numbers(mine.numbers, theirs.numbers),
        _picture(mine.looks, theirs.looks),
    )
    return features, both


def _answers(mine: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[float, float]:
    """How many questions of a form got the same answer, and how many another one."""
    if not mine or not theirs:
        return 0.0, 0.0
    asked = mine.keys() & theirs.keys()
    alike = sum(mine[a] == theirs[a] for a in asked)
    return float(alike), float(len(asked) - alike)


def _place(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """-0.5 (other words for the place) to 0.5 (the same); 0 where one is silent about it."""
    if not mine or not theirs:
        return 0.0
    return len(mine & theirs) / min(len(mine), len(theirs)) - 0.5


def _numbers(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """1 where both name the same number (pole 42), -1 where each names another, 0 where one names none."""
    if not mine or not theirs:
        return 0.0
    return 1.0 if mine & theirs else -1.0


def looks_apart(a: int, b: int) -> int:
    """In how many of 64 bits two picture hashes differ."""
    return (a ^ b).bit_count()


def quarters(look: str) -> tuple[int, ...]:
    """The four quarters of a picture hash, each with its place: hashes that differ in at most 3 bits share one."""
    if not look:
        return ()
    bits = int(look, 16)
    return tuple((n << 16) | (bits >> (16 * n) & 0xFFFF) for n in range(4))


def _picture(mine: Sequence[int], theirs: Sequence[int]) -> float:
    if not mine or not theirs:
        return 0.0
    nearest = min((looks_apart(a, b) for a in mine for b in theirs), default=64)
    return 1.0 if nearest <= PICTURE_NEAR else 0.0


# --- the reason, in words --------------------------------------------------------------------------------------------

Reason = tuple[str, dict[str, Any]]
"""A text key and its values."""
_WORD = re.compile(r"\w+", re.UNICODE)


def reasons(likeness: Likeness, *, distance_m: float, age_h: float, text: str) -> tuple[Reason, ...]:
    """Why it may be the same thing: distance, time, the words of `text` that both say, the picture."""
    found: list[Reason] = [("cases.same.metres", {"n": round(distance_m)})]
    if age_h < 1:
        found.append(("cases.same.minutes", {"n": max(1, round(age_h * 60))}))
    elif age_h < 48:
        found.append(("cases.same.hours", {"n": round(age_h)}))
    else:
        found.append(("cases.same.days", {"n": round(age_h / 24)}))
    phrases = said_alike(text, frozenset(likeness.shared[:8]))
    if phrases:
        found.append(("cases.same.words", {"words": ", ".join(phrases)}))
    if likeness.features[FEATURES.index("same_answers")] > likeness.features[FEATURES.index("other_answers")]:
        found.append(("cases.same.answers", {}))
    if likeness.features[FEATURES.index("place_words")] >= 0.5:
        found.append(("cases.same.place", {}))
    if likeness.is_same_picture:
        found.append(("cases.same.picture", {}))
    return tuple(found)


def said_alike(text: str, shared: frozenset[str], most: int = 4) -> list[str]:
    """The shared words as the text has them, neighbours together: `trụ đèn`, `42`."""
    runs: list[list[str]] = [[]]
    for match in _WORD.finditer(form_and_words(text)[1]):
        folded = words(match.group())
        if folded and all(w in shared for w in folded) and len(runs[-1]) < 4:
            runs[-1].append(match.group())
        elif runs[-1]:
            runs.append([])
    phrases = {" ".join(run).casefold(): " ".join(run) for run in runs if run}
    best = sorted(phrases.values(), key=lambda p: (-any(map(str.isdigit, p)), -p.count(" ")))
    return best[:most]


def in_words(likeness: Likeness, metres: float) -> str:
    """A text key that says a likeness: the same, probably, possibly."""
    if likeness.is_sure(metres):
        return "cases.same.score.sure"
    return "cases.same.score.likely" if likeness.score >= LIKELY else "cases.same.score.possible"


__all__ = [
    "FAR_M",
    "FEATURES",
    "LIKELY",
    "NEAREST",
    "NOWHERE",
    "OPEN_DAYS",
    "SHOWN",
    "SHOWN_FROM",
    "SURE",
    "Likeness",
    "Other",
    "Reason",
    "Spoken",
    "cell_of",
    "cells_around",
    "form_and_words",
    "in_words",
    "looks_apart",
    "quarters",
    "reasons",
    "said_alike",
    "spoken",
    "telling_words",
    "weigh",
]
