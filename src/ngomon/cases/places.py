"""Places a report by words alone, for doors where nobody can be asked again: programs and Open311."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation

from ngomon.core.errors import Invalid
from ngomon.core.text import clean, in_language
from ngomon.directory import queries as directory
from ngomon.directory.terms import Understood

from .rules.place import of_reading, why_unclear
from .terms import Placed


class PlaceUnclear(Invalid):
    """Words that name no place, several, or too wide a one; `understood` says which."""

    def __init__(self, field: str, understood: Understood, language: str) -> None:
        code = why_unclear(understood)
        shown = "; ".join(
            f"{in_language(r.label, language)} (±{directory.length(r.radius_m, language)})"
            for r in understood.readings
        )
        super().__init__(code, fields={field: code}, readings=shown)
        self.understood = understood


def placed_by_words(words: str, field: str, *, at: datetime) -> Placed:
    """The place that words name: one reading, no wider than the city allows.

    Raises: PlaceUnclear, naming the field and what the words may mean.
    """
    found = directory.understand_place(clean(words), on=directory.local_day(at))
    sure = found.sure(directory.place_limit_m())
    if sure is None:
        raise PlaceUnclear(field, found, (translation.get_language() or "vi")[:2])
    return of_reading(sure)
