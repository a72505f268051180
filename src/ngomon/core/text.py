"""Text: names in several languages, and folding for search and matching (tone marks ignored, đ as d, NFC in storage)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_WORDS = re.compile(r"[0-9a-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Text as we store it: NFC, line ends as \\n, no control or direction-overriding characters, ends trimmed."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("", text).strip()


class _Folding(dict[int, str]):
    """What each character becomes when folded; filled as characters occur."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFD", chr(code).casefold().replace("đ", "d").replace("ð", "d"))
        found = "".join(part for part in parts if not unicodedata.combining(part))
        if code < 0x2100:  # a stranger's text must not fill the memory
            self[code] = found
        return found


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Text as we search and match it: lower case, no tone marks, đ as d, single spaces.

    `fold("Đường Lê Lợi") == fold("DUONG LE LOI") == "duong le loi"`.
    """
    return " ".join(text.translate(_FOLDING).split())


def words(text: str) -> list[str]:
    """The folded words of a text, in order, without punctuation."""
    return _WORDS.findall(text.translate(_FOLDING))


_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER = {letter: index + 100 for index, letter in enumerate(_ALPHABET)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Orders by the Vietnamese alphabet: letters first (a < ă < â …), then tones (ngang, huyền, hỏi, ngã, sắc, nặng)."""
    letters: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", text.casefold()):
        parts = unicodedata.normalize("NFD", char)
        tone = next((_TONES[p] for p in parts if p in _TONES), 0)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        letters.append(
            _LETTER.get(base, ord(base[0]) if base and ord(base[0]) < 100 else 1000 + ord(base[0]))
        )
        tones.append(tone)
    return tuple(letters), tuple(tones)


def in_language(text: Mapping[str, str] | None, language: str) -> str:
    """A name stored by language, in the one asked for; falls back to Vietnamese, then to whichever there is."""
    if not text:
        return ""
    return text.get(language) or text.get("vi") or next((v for v in text.values() if v), "")
