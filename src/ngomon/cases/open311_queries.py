"""Reads for Open311: public cases by number, time, service and state, with their published answers. No reporter is ever read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from .models import Case, Entry
from .terms import Audience, EntryKind


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A case as a service request. `note` is the published answer."""

    number: str
    text: str
    category: str
    agency: str
    status: str
    is_open: bool
    is_public: bool
    place: str
    lon: float
    lat: float
    opened_at: datetime
    acknowledged_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    picture: str
    note: str = ""

    @property
    def updated_at(self) -> datetime:
        """When something last changed that everybody may know of."""
        known = (self.opened_at, self.acknowledged_at, self.answered_at, self.closed_at)
        return max(moment for moment in known if moment is not None)


_FIELDS = (
    "number", "text", "category", "agency", "status", "is_open", "is_public", "place", "lon", "lat", "opened_at",
    "acknowledged_at", "answered_at", "closed_at", "due_at", "thumbnail",
)  # fmt: skip


_NONE = UUID(int=0)


def requests_by_number(numbers: Iterable[str]) -> list[RequestLine]:
    """Cases with these numbers, public or not, in no order; two statements."""
    return _lines(Case.objects.filter(number__in=list(numbers)))


def requests_between(
    *, start: datetime, end: datetime, categories: Sequence[str], is_open: bool | None, skip: int, size: int
) -> list[RequestLine]:
    """Public cases opened in a span of time, newest first; two statements."""
    found = Case.objects.filter(is_public=True, opened_at__gte=start, opened_at__lte=end)
    if categories:
        found = found.filter(category__in=list(categories))
    if is_open is not None:
        found = found.filter(is_open=is_open)
    return _lines(found.order_by("-opened_at", "-id")[skip : skip + size])


def _lines(found: QuerySet[Case]) -> list[RequestLine]:
    rows = list(found.values_list("id", *_FIELDS))
    # The second statement is asked for nothing too: that there is a case is not to be told from the work it makes.
    answers = Entry.objects.filter(
        case_id__in=[row[0] for row in rows] or [_NONE],
        kind__in=[EntryKind.ANSWER],
        audience=Audience.PUBLIC,
        is_current=True,
    )
    notes = dict(answers.order_by("at").values_list("case_id", "text"))
    return [RequestLine(*(*row[1:], notes.get(row[0], ""))) for row in rows]
