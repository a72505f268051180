"""What the duty desk does besides the steps of the process: correct the category, gather what speaks of the same thing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity.rules import may
from ngomon.processes import commands as processes

from ..models import Case, Reporter, Signal
from ..queries import category_of, live_audience
from ..terms import CaseKind, CaseMerged, CaseUnmerged, CategoryChanged, Status
from .steps import count_moved, locked, scopes, set_place_in_process


def _desk_only(actor: Actor) -> None:
    if not may(actor, "case.triage"):
        raise Refused("cases.error.desk_only")


@command
def change_category(case_id: UUID, category: str, *, actor: Actor, at: datetime) -> None:
    """Correct what a case is about. Raises: Refused, Invalid for an unknown category."""
    _desk_only(actor)
    try:
        category_of("", category, directory.local_day(at))
    except NotFound as unknown:
        raise Invalid.field("category", "cases.error.unknown_category") from unknown
    case = locked(case_id)
    if case.category == category:
        return
    before = scopes(case)
    event = CategoryChanged(str(case.id), case.category, category)
    case.category = category
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    audit("cases.change_category", case.ref, actor=actor, at=at, detail={"to": category})


@command
def merge(case_id: UUID, into: UUID, *, actor: Actor, at: datetime) -> None:
    """Gather a case's reports in another that speaks of the same thing; all reporters go on being told.

    Reversible by `unmerge`. Raises: Refused; Conflict when either is closed or they are one.
    """
    _desk_only(actor)
    first, second = sorted([case_id, into])
    rows = {row.id: row for row in (locked(first), locked(second))}
    case, target = rows[case_id], rows.get(into)
    if target is None or case.id == target.id or not case.is_open or not target.is_open:
        raise Conflict("cases.error.cannot_merge", number=case.number)
    # What the duty shift alone may know of goes nowhere; a question is not a report.
    if case.is_secret or target.is_secret or CaseKind.QUESTION in {case.kind, target.kind}:
        raise Conflict("cases.error.cannot_merge", number=case.number)
    before = scopes(case)
    processes.cancel(case.ref, reason="merged", actor=actor, at=at)
    moved = Signal.objects.filter(case=case).update(case=target)
    Reporter.objects.filter(case_id=case.id).update(case_id=target.id)
    case.status, case.is_open, case.merged_into, case.closed_at = Status.MERGED, False, target.id, at
    target.reports += moved
    case.reports = 0
    emit(case, CaseMerged(str(case.id), str(target.id)), actor=actor, at=at, audience=live_audience(case))
    save(case)
    save(target)
    count_moved(case, before)
    audit("cases.merge", case.ref, actor=actor, at=at, detail={"into": target.number})


@command
def unmerge(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Undo a gathering: the case takes back the reports that opened it. Raises: Refused; Conflict when it is not merged."""
    _desk_only(actor)
    case = locked(case_id)
    if case.merged_into is None:
        raise Conflict("cases.error.not_merged", number=case.number)
    target: Case = locked(case.merged_into)
    before = scopes(case)
    back = Signal.objects.filter(case=target, opened=case.id)
    ids = list(back.values_list("id", flat=True))
    back.update(case=case)
    Reporter.objects.filter(signal_id__in=ids).update(case_id=case.id)
    moved = processes.reopen(case.ref, reason="unmerged", actor=actor, at=at)
    set_place_in_process(case, moved, at)
    case.is_open, case.merged_into, case.closed_at = True, None, None
    case.reports = len(ids)
    target.reports -= len(ids)
    emit(case, CaseUnmerged(str(case.id), str(target.id)), actor=actor, at=at, audience=live_audience(case))
    save(case)
    save(target)
    count_moved(case, before)
    audit("cases.unmerge", case.ref, actor=actor, at=at, detail={"out_of": target.number})
