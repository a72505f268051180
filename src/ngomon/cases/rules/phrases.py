"""What the catalogue says about its categories, as phrases to learn from before anybody decided anything. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ngomon.directory.terms import Category


def book_phrases(categories: Iterable[Category]) -> list[tuple[str, str]]:
    """(phrase, category): names, hints, words and danger words of every category that a report can have."""
    return [
        (phrase, category.key)
        for category in categories
        if category.group
        for phrase in (
            *category.name.values(),
            *category.hint.values(),
            *category.words,
            *category.danger_words,
        )
        if phrase.strip()
    ]
