"""Cuts what people type into words and numbers, abbreviations written out, tone marks kept apart. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ngomon.core.text import clean, fold
from ngomon.directory import address_words as known

MOST_CHARACTERS = 300
MOST_TOKENS = 60
_TOKEN = re.compile(r"[^\W\d_]+|\d+[a-zA-Z]?(?:[/\-–]\d+[a-zA-Z]?)*(?![^\W\d_])|\d+")
_BREAK = re.compile(r"[,;:()\n]|\.\s|\.$")
_TONES = "\u0300\u0309\u0303\u0301\u0323"


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number. `is_break`: something like a comma stands before it."""

    said: str
    word: str
    mark: str
    start: int
    end: int
    is_break: bool

    @property
    def is_number(self) -> bool:
        """Whether it counts something."""
        return self.word[0].isdigit()

    @property
    def is_name_like(self) -> bool:
        """Whether it is written with a capital."""
        return self.said[0].isupper()


def mark_of(word: str) -> str:
    """A word with its tone apart from its letters, so that `hòa` and `hoà` are one, and `hoa` another."""
    parts = unicodedata.normalize("NFD", word.casefold())
    tone = "".join(c for c in parts if c in _TONES)
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES)) + tone


def tokens_of(text: str) -> list[Token]:
    """The words and numbers of a text, abbreviations written out."""
    made: list[Token] = []
    text = clean(text)[:MOST_CHARACTERS]
    last = 0
    for found in _TOKEN.finditer(text):
        between = text[last : found.start()]
        is_break = bool(_BREAK.search(between)) and not (made and len(made[-1].said) <= 2 and "." in between)
        last = found.end()
        word = fold(found[0])
        if not word.isascii() or not word[:1].isalnum():
            continue
        whole = known.SHORT.get(word, (word,))
        mark = mark_of(found[0])
        for n, part in enumerate(whole):
            own = mark if len(whole) == 1 else part
            made.append(Token(found[0], part, own, found.start(), found.end(), is_break and n == 0))
    return made[:MOST_TOKENS]
