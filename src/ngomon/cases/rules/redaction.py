"""What an editor chose to hide in a text: proposed spans by their place, and words written by hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .spans import Span, tidy


@dataclass(frozen=True, slots=True)
class Hiding:
    """The parts of a text to hide. `length` is that of the text the editor saw; `also` are words, a line each."""

    length: int
    spans: tuple[tuple[int, int], ...]
    also: str = ""


def read_hiding(length: str, chosen: Sequence[str], also: str) -> Hiding:
    """From a form: "12-24" for each ticked span. Raises: ValueError."""
    spans = []
    for each in chosen[:200]:
        start, _, end = each.partition("-")
        spans.append((int(start), int(end)))
    return Hiding(int(length), tuple(spans), also[:2000])


def spans_of(words: str, hiding: Hiding) -> list[Span]:
    """The spans to hide, in order. Raises: ValueError with the words that the text does not hold, or a span outside it."""
    found = []
    for start, end in hiding.spans:
        if not 0 <= start < end <= len(words):
            raise ValueError(f"{start}-{end}")
        found.append(Span("chosen", start, end, "editor"))
    for line in filter(None, map(str.strip, hiding.also.splitlines())):
        at = words.find(line)
        if at < 0:
            raise ValueError(line)
        while at >= 0:
            found.append(Span("chosen", at, at + len(line), "editor"))
            at = words.find(line, at + len(line))
    return tidy(found)
