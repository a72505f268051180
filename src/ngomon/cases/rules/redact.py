"""Taking passages out of texts, wherever and however they were written. Pure.

A passage is found whatever its case and spacing; a number also with other separators or in international writing. The
masked copy of a passage, as the public reads it, is found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ngomon.core.text import clean

MARK = "[đã lược bỏ]"
LEAST = 3
"""A passage must have so many letters or digits: shorter ones would tear words apart."""
_NUMBER = re.compile(r"\+?[\d\s.()\-]{8,}")


@dataclass(frozen=True, slots=True)
class Strike:
    """What takes the passages out of a text; the same for rows, messages and copies."""

    patterns: tuple[re.Pattern[str], ...]

    def __call__(self, text: str) -> str:
        """The text without them; each place bears the mark."""
        for pattern in self.patterns:
            text = pattern.sub(MARK, text)
        return text

    def count(self, text: str) -> int:
        """In how many places it would strike."""
        return self(text).count(MARK) - text.count(MARK)


def passages_of(typed: str) -> list[str]:
    """One passage a line."""
    return [line for line in (" ".join(clean(line).split()) for line in typed.splitlines()) if line]


def too_short(passages: Iterable[str]) -> list[str]:
    """The passages that are no passages: `a`, `- -`, the mark itself."""
    return [p for p in passages if sum(c.isalnum() for c in p) < LEAST or p in MARK]


def strike_of(passages: Iterable[str], masked: Iterable[str] = ()) -> Strike:
    """What takes these out, longest first, so that a part never tears the whole apart.

    `masked`: the same passages as the public copy has them; those without own letters left are passed over.
    """
    wanted = [*passages, *(m for m in masked if sum(c.isalnum() for c in m) >= LEAST)]
    unique = sorted(dict.fromkeys(wanted), key=lambda p: (-len(p), p))
    return Strike(tuple(re.compile(_pattern(p), re.IGNORECASE) for p in unique))


def _pattern(passage: str) -> str:
    if _NUMBER.fullmatch(passage):
        digits = "".join(c for c in passage if c.isdigit())
        local = digits[2:] if digits.startswith("84") and len(digits) > 10 else digits.removeprefix("0")
        body = r"[\s.()\-]*".join(local)
        return rf"(?<!\d)\(?(?:\+?84|0)?[\s.()\-]*{body}(?!\d)" if len(local) >= 7 else re.escape(passage)
    return r"\s+".join(re.escape(word) for word in passage.split())
