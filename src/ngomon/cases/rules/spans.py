"""A text folded letter by letter, and spans in it that lead back to the characters as they were typed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ngomon.core.text import fold

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: what it seems to be (`phone`, `name`, …), where, and what says so."""

    kind: str
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: folded, as typed in small letters, where it stands folded, and whether it began with a capital."""

    folded: str
    typed: str
    start: int
    end: int
    is_capital: bool


@dataclass(frozen=True)
class Typed:
    """A text as typed, beside its folded letters; `at[i]` is where the i-th folded letter stands in the text."""

    text: str
    folded: str
    at: tuple[int, ...]
    words: tuple[Word, ...]

    @classmethod
    def of(cls, text: str) -> Typed:
        letters: list[str] = []
        at: list[int] = []
        for index, char in enumerate(text):
            plain = char if char.isascii() else fold(char) or ("" if unicodedata.combining(char) else " ")
            for letter in plain.lower():
                letters.append(letter)
                at.append(index)
        folded = "".join(letters)
        words = tuple(
            Word(
                found.group(),
                text[at[found.start()] : at[found.end() - 1] + 1].lower(),
                found.start(),
                found.end(),
                text[at[found.start()]].isupper(),
            )
            for found in _WORD.finditer(folded)
        )
        return cls(text, folded, tuple(at), words)

    def span(self, kind: str, start: int, end: int, why: str) -> Span:
        """The span of folded letters as one of the text's characters, combining marks after it included."""
        while end > start and self.folded[end - 1] in " .,-–_\n\t":
            end -= 1
        last = self.at[end - 1] + 1
        while last < len(self.text) and unicodedata.combining(self.text[last]):
            last += 1
        return Span(kind, self.at[start], last, why)

    def before(self, start: int, most: int = 40) -> str:
        """The folded letters before a place."""
        return self.folded[max(0, start - most) : start]

    def name_end(self, start: int, most: int) -> int:
        """Where a run of capitalised words from here ends, 0 when none begins here."""
        end = 0
        for word in self.words:
            if word.start < start:
                continue
            gap = self.folded[end or start : word.start]
            if not word.is_capital or gap.strip(" ") or most == 0:
                break
            end, most = word.end, most - 1
        return end


def tidy(spans: Iterable[Span]) -> list[Span]:
    """By place; of two that overlap the longer stays, grown over both."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        last = kept[-1] if kept else None
        if last is None or span.start >= last.end:
            kept.append(span)
            continue
        longer = last if last.end - last.start >= span.end - span.start else span
        kept[-1] = Span(longer.kind, last.start, max(last.end, span.end), longer.why)
    return kept
