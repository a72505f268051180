"""Texts as agencies and the public read them: what the finder calls personal is taken away, the city's own numbers stay."""

from __future__ import annotations

from functools import lru_cache

from ngomon.directory import queries as directory

from .rules.private import digits_of, find_private, mask
from .rules.spans import Span


@lru_cache(maxsize=2)
def _numbers(edition: int) -> frozenset[str]:  # noqa: ARG001 (the cache key)
    return frozenset(digits_of(agency.phone) for agency in directory.agencies() if agency.phone)


def public_numbers() -> frozenset[str]:
    """The telephones of the directory, which nobody needs to hide; built once per edition."""
    return _numbers(directory.edition())


def masked(text: str) -> str:
    """A text without personal data."""
    return mask(text, public_numbers())


def proposed(text: str) -> list[Span]:
    """What an editor is asked about in a text."""
    return find_private(text, public_numbers())
