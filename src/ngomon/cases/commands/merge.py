"""Gathering what speaks of the same thing, and undoing it: merge and unmerge, take a report out, keep two cases apart.

Every reporter goes on being told: reports move to the surviving case with whoever sent them, and move back when undone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.rows import insert, save
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity.rules import may
from ngomon.processes import commands as processes

from ..masking import masked
from ..models import Apart, Case, Picture, Reporter, Signal
from ..queries import live_audience, signal_of_reporter
from ..terms import (
    CaseKind,
    CaseMerged,
    CasesKeptApart,
    CaseUnmerged,
    Filing,
    Joined,
    SignalSplit,
    Status,
)
from .family import child_moved
from .intake import insert_case, new_case, open_case
from .steps import as_reporter, count_moved, locked, scopes, set_place_in_process

MERGED = "merged"


def desk_only(actor: Actor) -> None:
    """Raises: Refused for whoever may not sort reports at the duty desk."""
    if not may(actor, "case.triage"):
        raise Refused("cases.error.desk_only")


@command
def merge(case_id: UUID, into: UUID, *, actor: Actor, at: datetime) -> None:
    """Gather a case's reports in another that speaks of the same thing; all reporters go on being told.

    Its process is set aside as it stands. Reversible by `unmerge`.
    Raises: Refused; Conflict when either is closed, they are one, or the case has parts of its own.
    """
    desk_only(actor)
    first, second = sorted([case_id, into])
    rows = {row.id: row for row in (locked(first), locked(second))}
    case, target = rows[case_id], rows[into]
    if case.id == target.id or not case.is_open or not target.is_open or case.open_children:
        raise Conflict("cases.error.cannot_merge", number=case.number)
    # What the duty shift alone may know of goes nowhere; a question is not a report.
    if case.is_secret or target.is_secret or CaseKind.QUESTION in {case.kind, target.kind}:
        raise Conflict("cases.error.cannot_merge", number=case.number)
    before = scopes(case)
    processes.set_aside(case.ref, reason=MERGED, actor=actor, at=at)
    moved = Signal.objects.filter(case=case).update(case=target)
    Reporter.objects.filter(case_id=case.id).update(case_id=target.id)
    case.status, case.is_open, case.merged_into, case.closed_at = Status.MERGED, False, target.id, at
    target.reports += moved
    case.reports = 0
    emit(case, CaseMerged(str(case.id), str(target.id)), actor=actor, at=at, audience=live_audience(case))
    save(case)
    save(target)
    count_moved(case, before)
    child_moved(case, actor=actor, at=at)
    audit("cases.merge", case.ref, actor=actor, at=at, detail={"into": target.number})


@command
def unmerge(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Undo a gathering: the case takes back the reports that were filed in it, and its process goes on where it stood.

    Raises: Refused; Conflict when it is not merged.
    """
    desk_only(actor)
    case = locked(case_id)
    if case.merged_into is None:
        raise Conflict("cases.error.not_merged", number=case.number)
    target = _survivor(case)
    before = scopes(case)
    back = Signal.objects.filter(case=target, opened__in=_gathered_in(case.id))
    ids = list(back.values_list("id", flat=True))
    back.update(case=case)
    Reporter.objects.filter(signal_id__in=ids).update(case_id=case.id)
    moved = processes.take_back(case.ref, reason=MERGED, actor=actor, at=at)
    set_place_in_process(case, moved, at)
    case.is_open, case.merged_into, case.closed_at = True, None, None
    case.reports = len(ids)
    target.reports -= len(ids)
    emit(case, CaseUnmerged(str(case.id), str(target.id)), actor=actor, at=at, audience=live_audience(case))
    save(case)
    save(target)
    count_moved(case, before)
    child_moved(case, actor=actor, at=at)
    audit("cases.unmerge", case.ref, actor=actor, at=at, detail={"out_of": target.number})


def _survivor(case: Case) -> Case:
    """The case at the end of the gatherings, where the reports are now."""
    found, seen = case, {case.id}
    while found.merged_into is not None and found.merged_into not in seen:
        seen.add(found.merged_into)
        found = locked(found.merged_into)
    return found


def _gathered_in(case_id: UUID) -> Collection[UUID]:
    """The case and all that were gathered in it, also by way of others."""
    found = new = {case_id}
    while new:
        new = set(Case.objects.filter(merged_into__in=new).values_list("id", flat=True)) - found
        found = found | new
    return found


# --- one report --------------------------------------------------------------------------------------------------


@command
def split_signal(signal_id: UUID, *, actor: Actor, at: datetime) -> str:
    """Take one report out of a case that was there before it; it becomes a case of its own. The new case's number.

    Raises: Refused; NotFound; Conflict when the report opened the case itself, or only follows it.
    """
    desk_only(actor)
    return _split(signal_id, actor=actor, at=at)


@command
def say_not_same(case_id: UUID, *, actor: Actor, at: datetime, claim_code: str = "") -> str:
    """ "Không phải": whoever reported says that the report was linked wrongly; it becomes a case of its own. Its number.

    Raises: Refused unless the actor proves to be that reporter; Conflict when nothing was linked by itself.
    """
    signal = signal_of_reporter(case_id, Joined.AUTOMATIC, actor=actor, claim_code=claim_code)
    if signal is None:
        raise Refused("cases.error.not_reporter")
    return _split(signal, actor=as_reporter(actor), at=at)


def _split(signal_id: UUID, *, actor: Actor, at: datetime) -> str:
    signal = Signal.objects.select_for_update().filter(pk=signal_id).first()
    if signal is None:
        raise NotFound("cases.not_found")
    old = locked(signal.case_id)
    if not signal.joined or signal.source == "follow":
        raise Conflict("cases.error.cannot_split", number=old.number)
    made = _case_of(signal, old, at)
    category = directory.category(made.category)
    open_case(made, category, signal.source, actor=actor, at=at)
    made.reports = 1
    first = Picture.objects.filter(signal_id=signal.id, role="before").order_by("at", "id")
    made.thumbnail, made.look = first.values_list("thumbnail", "look").first() or ("", "")
    old.reports -= 1
    _shown_by_others(old, signal.id)
    split = SignalSplit(str(old.id), str(signal.id), str(made.id))
    emit(old, split, actor=actor, at=at, audience=live_audience(old))
    insert_case(made)
    Picture.objects.filter(signal_id=signal.id, case=old).update(case=made)
    Reporter.objects.filter(pk=signal.id).update(case_id=made.id)
    signal.case, signal.opened, signal.joined = made, made.id, ""
    signal.save(update_fields=["case", "opened", "joined"])
    save(old)
    _apart(old.id, made.id, actor, at)
    audit("cases.split_signal", old.ref, actor=actor, at=at, detail={"into": made.number})
    return made.number


def _case_of(signal: Signal, old: Case, at: datetime) -> Case:
    """A case for a report that was in another. Its time runs from when the report came in."""
    category = directory.category(signal.category or old.category)
    if not category.group:
        category = directory.category(old.category)
    area = directory.area_at(signal.lon, signal.lat, directory.local_day(at))
    filing = Filing(signal.text, signal.lon, signal.lat, reported_at=signal.received_at)
    made = new_case(filing, area.key if area else old.area, category, at=at)
    made.text = masked(signal.text)
    return made


def _shown_by_others(old: Case, signal_id: UUID) -> None:
    """A case whose thumbnail was the leaving report's shows another's."""
    theirs = Picture.objects.filter(signal_id=signal_id).values_list("thumbnail", flat=True)
    if old.thumbnail and old.thumbnail in set(theirs):
        left = Picture.objects.filter(case=old, role="before").exclude(signal_id=signal_id)
        first = left.order_by("at", "id").values_list("thumbnail", "look").first()
        old.thumbnail, old.look = first or ("", "")


# --- not the same ------------------------------------------------------------------------------------------------


@command
def keep_apart(case_id: UUID, other: UUID, *, actor: Actor, at: datetime) -> None:
    """ "Không phải": two cases are not the same thing; they are not proposed to each other again.

    Once: saying it twice changes nothing. Raises: Refused, NotFound.
    """
    desk_only(actor)
    rows = {row.id: row for row in (locked(one) for one in sorted({case_id, other}))}
    case = rows[case_id]
    if case_id == other or not _apart(case_id, other, actor, at):
        return
    event = CasesKeptApart(str(case_id), str(other))
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    audit("cases.keep_apart", case.ref, actor=actor, at=at, detail={"other": rows[other].number})


def _apart(one: UUID, other: UUID, actor: Actor, at: datetime) -> bool:
    first, second = sorted([one, other])
    row = (first, second, actor.told_as, at)
    return insert(Apart, ("first", "second", "by", "at"), [row], skip_known=True) == 1
