"""What the words of a report say about where it belongs: danger to life, or somebody else's matter. Pure.

Runs of words are compared without tone marks where the writer set none. A mark that is set must agree: "đang chạy" is not
"đang cháy", "từ từ" is not "tự tử". The three low tones count as one, as people in Huế write them for each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ngomon.core.text import fold

_TOKEN = re.compile(r"[^\W_]+")
_MOST_WORDS = 400
_LOW = "\u0323"
_MARK = {"\u0309": _LOW, "\u0303": _LOW}
# What people type for whole words in messages; folded. Only forms that are no word of their own.
_SHORT: Mapping[str, str] = {
    "tc": "thu tuc",
    "ttuc": "thu tuc",
    "cand": "cong an",
    "vs": "voi",
    "trc": "truoc",
    "ntn": "nhu the nao",
    "j": "gi",
    "gj": "gi",
    "ck": "chuyen khoan",
}


class Strength(StrEnum):
    """How plainly the words speak: one short word may be chance, a phrase or two words are not."""

    WEAK = "weak"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Spoken:
    """An exit that a text's words speak for. `score` grows with the length and number of the runs."""

    key: str
    because: tuple[str, ...]
    score: float

    @property
    def strength(self) -> Strength:
        """Strong from one run of two words on."""
        return Strength.STRONG if self.score >= 2.0 else Strength.WEAK


@dataclass(frozen=True, slots=True)
class _Word:
    folded: str
    marks: frozenset[str]


def _marks(token: str) -> frozenset[str]:
    found = {_MARK.get(c, c) for c in unicodedata.normalize("NFD", token) if unicodedata.combining(c)}
    return frozenset(found | ({"đ"} if "đ" in token else set()))


def _words(text: str) -> list[_Word]:
    made: list[_Word] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text).casefold()):
        folded, marks = fold(token), _marks(token)
        spelled = "" if marks else _SHORT.get(folded, "")
        if spelled:
            made += [_Word(part, frozenset()) for part in spelled.split()]
        else:
            made.append(_Word(folded, marks))
    return made[:_MOST_WORDS]


_Run = tuple[_Word, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Runs that speak for an exit when all of them are said."""

    key: str
    said: str
    runs: tuple[_Run, ...]


@dataclass(frozen=True)
class ExitBook:
    """The phrases of all exits, found by the first word of each run. Built once per edition of the directory."""

    phrases: tuple[_Phrase, ...]
    starting: Mapping[str, tuple[tuple[int, int], ...]]

    @classmethod
    def of(cls, exits: Iterable[tuple[str, Sequence[str]]]) -> ExitBook:
        """From (exit's key, its phrases; `a + b`: both must be said)."""
        made: list[_Phrase] = []
        starting: dict[str, list[tuple[int, int]]] = {}
        for key, phrases in exits:
            for said in phrases:
                runs = tuple(run for part in said.split("+") if (run := tuple(_words(part))))
                for n, run in enumerate(runs):
                    starting.setdefault(run[0].folded, []).append((len(made), n))
                if runs:
                    made.append(_Phrase(key, " ".join(said.split()), runs))
        return cls(tuple(made), {word: tuple(at) for word, at in starting.items()})


def _is_here(run: _Run, said: Sequence[_Word], start: int) -> bool:
    here = said[start : start + len(run)]
    return len(here) == len(run) and all(
        said.folded == asked.folded and said.marks <= asked.marks
        for said, asked in zip(here, run, strict=True)
    )


def exits_spoken(text: str, book: ExitBook) -> list[Spoken]:
    """The exits that a text's words speak for, the plainest first, with the phrases that say so. None blocks anything."""
    said = _words(text)
    heard: dict[int, set[int]] = {}
    for start, word in enumerate(said):
        for n, run in book.starting.get(word.folded, ()):
            if _is_here(book.phrases[n].runs[run], said, start):
                heard.setdefault(n, set()).add(run)
    scores: dict[str, float] = {}
    because: dict[str, list[str]] = {}
    for n, runs in sorted(heard.items()):
        phrase = book.phrases[n]
        if len(runs) < len(phrase.runs):
            continue
        length = sum(len(run) for run in phrase.runs)
        scores[phrase.key] = scores.get(phrase.key, 0.0) + float(length)
        because.setdefault(phrase.key, []).append(phrase.said)
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    return [Spoken(key, tuple(because[key][:5]), scores[key]) for key in ranked]
