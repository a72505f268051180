"""Filters of the desk's lists: what an officer narrows a queue by, the page that comes of it, the cases, and the counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.search import find
from ngomon.identity.terms import IOC_ROLES

from .bulk_terms import FilterView
from .models import Case, SavedFilter
from .queries import PAGE, _by_due, _visible_to
from .terms import CASE, CaseKind, CasePage, Status

MOST_FOUND = 2_000
"""How many cases the words of a filter may find; a longer list of one common word helps nobody."""

MOST_COUNTED = 10_000
SOON_HOURS = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a filter narrows by. Empty or 0: not by this. `late`: late or soon (due within a day). Units: days."""

    category: str = ""
    area: str = ""
    agency: str = ""
    status: str = ""
    late: str = ""
    words: str = ""
    days: int = 0
    reports: int = 0

    @property
    def query(self) -> str:
        """The filter as the part of an address; equal filters give equal words."""
        return urlencode({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)})


@dataclass(frozen=True, slots=True)
class Listed:
    """A queue under a filter: the steps, own cases only or all, and what narrows them."""

    steps: tuple[str, ...]
    mine: bool
    wanted: Wanted


def _number(said: str) -> int:
    return min(int(said), 3650) if said.isascii() and said.isdigit() and len(said) < 6 else 0


def wanted_of(said: Mapping[str, str]) -> Wanted:
    """The filter that an address names; what is not understood narrows nothing."""
    late, status = said.get("late", ""), said.get("status", "")
    return Wanted(
        category=said.get("category", "")[:60],
        area=said.get("area", "")[:20],
        agency=said.get("agency", "")[:60],
        status=status if status in set(Status) else "",
        late=late if late in {"late", "soon"} else "",
        words=" ".join(said.get("words", "").split())[:100],
        days=_number(said.get("days", "")),
        reports=_number(said.get("reports", "")),
    )


def _narrowed(listed: Listed, actor: Actor, at: datetime) -> QuerySet[Case]:
    wanted = listed.wanted
    found = _visible_to(actor).filter(is_open=True, step__in=sorted(listed.steps))
    if listed.mine:
        found = found.filter(holder=actor.account_id)
    for name in ("category", "area", "agency", "status"):
        if getattr(wanted, name):
            found = found.filter(**{name: getattr(wanted, name)})
    if wanted.late == "late":
        found = found.filter(_due_from(None, at))
    elif wanted.late == "soon":
        found = found.filter(_due_from(at, at + timedelta(hours=SOON_HOURS)))
    if wanted.days:
        found = found.filter(opened_at__lte=at - timedelta(days=wanted.days))
    if wanted.reports:
        found = found.filter(reports__gte=wanted.reports)
    if wanted.words:
        hits = find(wanted.words, kinds=[CASE], audiences=["public", "ioc"], limit=MOST_FOUND)
        found = found.filter(id__in=[UUID(key) for _, key in hits])
    return found


def _due_from(start: datetime | None, end: datetime) -> Q:
    """Due in a time, by the officer's own step or the whole. What stands ahead in its queue is asked by the whole alone."""
    by_queue = Q(queue_at__lt=end, urgency="") & ~Q(kind=CaseKind.DANGER)
    by_whole = Q(due_at__lt=end) & (~Q(urgency="") | Q(kind=CaseKind.DANGER))
    if start is not None:
        by_queue, by_whole = by_queue & Q(queue_at__gte=start), by_whole & Q(due_at__gte=start)
    return by_queue | by_whole


def waiting(listed: Listed, *, actor: Actor, at: datetime, cursor: str = "", size: int = PAGE) -> CasePage:
    """A page of a queue under a filter, most urgent first; one statement, two with words. Raises: Refused, Invalid."""
    lines, more = _by_due(_narrowed(listed, actor, at), cursor, size)
    return CasePage(tuple(lines), more, "", None)


def ids_of(listed: Listed, *, actor: Actor, at: datetime, most: int) -> list[UUID]:
    """The cases of a queue under a filter, most urgent first, at most so many. Raises: Refused."""
    found = _narrowed(listed, actor, at).order_by("queue_at", "id")
    return list(found.values_list("id", flat=True)[:most])


def counts(lists: Sequence[Listed], *, actor: Actor, at: datetime) -> list[int]:
    """How many cases each list holds, up to MOST_COUNTED; one statement for all, one more for each that has words."""
    if not lists:
        return []
    parts, values = [], list[Any]()
    for n, listed in enumerate(lists):
        rows = _narrowed(listed, actor, at).order_by().values_list("id", flat=True)[:MOST_COUNTED]
        if rows.query.is_empty():
            continue
        sql, params = rows.query.sql_with_params()
        parts.append(f"SELECT {n}, COUNT(*) FROM ({sql}) AS t{n}")
        values += params
    if not parts:
        return [0] * len(lists)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        found = dict(cursor.fetchall())
    return [int(found.get(n, 0)) for n in range(len(lists))]


def scopes_of(actor: Actor) -> list[str]:
    """Whose saved filters this actor sees: the own, those of the agencies, those of the operations centre."""
    found = [f"own:{actor.account_id}", *(f"agency:{key}" for key in sorted(actor.agencies()))]
    return [*found, "ioc"] if actor.holds(*IOC_ROLES) else found


def shares_in(actor: Actor) -> list[str]:
    """Where this actor may share a filter: a head in the agency, the shift lead in the centre."""
    found = [f"agency:{key}" for key in sorted(actor.agencies("agency_head"))]
    return [*found, "ioc"] if actor.holds("ioc_lead") else found


def saved(*, actor: Actor) -> list[FilterView]:
    """The saved filters this actor sees, by name. One statement."""
    rows = SavedFilter.objects.filter(scope__in=scopes_of(actor)).order_by("name", "id")
    mine, shared = f"own:{actor.account_id}", set(shares_in(actor))
    return [
        FilterView(key, name, query, scope != mine, scope == mine or scope in shared)
        for key, scope, name, query in rows.values_list("id", "scope", "name", "query")[:40]
    ]
