"""Reads of who has how much in hand, whatever it hangs on; and of work in the hand of somebody who left. Counted, not listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q

from ngomon.core.ids import Ref

from .models import Alarm, Consultation, Instance


@dataclass(frozen=True, slots=True)
class InHand:
    """Open tasks that one account was given, those of some kind left out: how many, late, due soon; when the last came."""

    n: int
    late: int
    soon: int
    given_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """A running process as a hand-over lists it. `is_returning`: it lies elsewhere now and would come back to the officer."""

    of: Ref
    step: str
    agency: str
    due_at: datetime | None
    is_returning: bool


def in_hand(
    accounts: Iterable[UUID], at: datetime, soon_at: datetime, *, but: str = "", agency: str = ""
) -> dict[UUID, InHand]:
    """What each account has, matters of the kind `but` not counted; `given_at` speaks of all. One statement."""
    found = Instance.objects.filter(assignee__in=list(accounts), ended_at__isnull=True)
    if agency:
        found = found.filter(agency=agency)
    other = ~Q(of_kind=but)
    rows = found.values_list("assignee").annotate(
        held=Count("id", filter=other),
        held_late=Count("id", filter=other & Q(task_due_at__lt=at)),
        held_soon=Count("id", filter=other & Q(task_due_at__gte=at, task_due_at__lt=soon_at)),
        given_at=Max("task_opened_at"),
    )
    return {row[0]: InHand(*row[1:]) for row in rows.order_by()}


def held_by_agency(agencies: Sequence[str] | None = None) -> list[tuple[str, UUID, int]]:
    """Who has open work that an agency leads, in hand or coming back: agency, account, how many. One statement each way."""
    open_ = Instance.objects.filter(ended_at__isnull=True).exclude(agency="")
    if agencies is not None:
        open_ = open_.filter(agency__in=list(agencies))
    given = Q(assignee__isnull=False)
    counts: dict[tuple[str, UUID], int] = {}
    for name, rows in (("assignee", open_.filter(given)), ("last_officer", open_.filter(~given))):
        for agency, account, n in rows.values_list("agency", name).annotate(Count("id")).order_by():
            if account is not None:
                counts[agency, account] = counts.get((agency, account), 0) + n
    return [(agency, account, n) for (agency, account), n in counts.items()]


def matters_of(
    *, account: UUID | None = None, agency: str = "", but: str = "", most: int = 1000
) -> list[OpenMatter]:
    """The open matters that an officer has or would get back, or that an agency leads, the most urgent first; those of the
    kind `but` left out. One statement."""
    found = Instance.objects.filter(ended_at__isnull=True).exclude(of_kind=but)
    if agency:
        found = found.filter(agency=agency)
    if account is not None:
        found = found.filter(Q(assignee=account) | Q(last_officer=account, assignee__isnull=True))
    names = ("of_kind", "of_key", "of_label", "of_url", "step", "agency", "task_due_at", "assignee")
    rows = found.order_by("task_due_at", "id").values_list(*names)[:most]
    return [
        OpenMatter(Ref(*row[:4]), row[4], row[5], row[6], account is not None and row[7] != account)
        for row in rows
    ]


def kinds_of(agency: str) -> dict[str, int]:
    """How many open matters of each kind an agency leads. One statement."""
    rows = Instance.objects.filter(agency=agency, ended_at__isnull=True)
    return dict(rows.values_list("of_kind").annotate(Count("id")).order_by())


def alarms_of(agency: str) -> int:
    """How many alarms of an agency are not over."""
    return Alarm.objects.filter(agency=agency, ended_at__isnull=True).count()


def asked_of(agency: str) -> int:
    """How many opinions an agency was asked for and has not given."""
    return Consultation.objects.filter(
        agency=agency, closed_at__isnull=True, instance__ended_at__isnull=True
    ).count()


def barred_from(of: Ref) -> UUID | None:
    """The officer whom the reporter objected to: the matter is not given to him again."""
    rows = Instance.objects.filter(of_key=of.key, of_kind=of.kind, ended_at__isnull=True)
    return rows.values_list("barred", flat=True).first()
