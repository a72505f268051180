"""Work in bulk: an action on many cases as a job. Each case goes through the same command as by hand.

Chosen and previewed in one unit each; carried out by the worker, `AT_ONCE` cases in a unit, each in a part that may fail
alone; the event of one unit starts the next, so a killed worker goes on where it stood and no case is done twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import CityError, Conflict, Invalid, Refused
from ngomon.core.events import emit
from ngomon.core.ids import uuid7
from ngomon.core.rows import fetch, hold, insert, save, save_all
from ngomon.core.units import Part, attempt, command, part
from ngomon.identity import queries as identity
from ngomon.identity.rules import may, require

from .. import workload
from ..bulk_terms import (
    MOST_IN_BULK,
    BulkAdvanced,
    BulkDone,
    BulkReleased,
    BulkStarted,
    BulkState,
    BulkUndoing,
    BulkUndone,
    RowResult,
)
from ..bulks import (
    ASSIGN,
    HAND_OVER,
    SHARE,
    Weighed,
    chunks,
    hold_all,
    lines_of,
    ref_of,
    seen_bulk,
    undo_until,
    visible_among,
    weigh,
)
from ..models import Bulk, BulkRow
from ..publishable import not_publishable
from ..queries import case_id_of
from ..terms import CASE
from . import undo
from .handling import act_on_case, comment
from .handover import hand_over
from .merge import merge
from .steps import locked
from .triage import change_category, set_urgency

log = structlog.get_logger("ngomon.bulk")
AT_ONCE = 50
_ROW = ("bulk", "n", "case", "number", "given", "result", "code", "values", "before", "after", "undo")


def _audience(bulk: Bulk) -> list[str]:
    return [f"person:{bulk.hears}"] if bulk.hears else []


# --- choosing and previewing --------------------------------------------------------------------------------------


@command
def choose(wanted: Sequence[UUID], *, query: str = "", actor: Actor, at: datetime) -> UUID:
    """Note which cases something is to be done with; the bulk's id. What the actor may not see is left out.

    `query`: the filter that found them. Raises: Refused; Invalid when nothing is left, or it is too much.
    """
    require(actor, "case.bulk")
    if actor.account_id is None:
        raise Refused("cases.error.staff_only")
    ids = list(dict.fromkeys(wanted))
    if len(ids) > MOST_IN_BULK:
        raise Invalid("cases.bulk.too_many", most=MOST_IN_BULK)
    seen = visible_among(ids, actor=actor)
    if not seen:
        raise Invalid("cases.bulk.nothing_chosen")
    bulk = Bulk(
        id=uuid7(), filter=query[:500], state=BulkState.CHOSEN, by=actor.account_id, at=at, n=len(seen),
        waiting=len(seen), hears=str(actor.person_id or ""),
    )  # fmt: skip
    bulk.save(force_insert=True)
    kept = [key for key in ids if key in seen]
    rows = [
        (bulk.id, n, key, seen[key][0], "{}", RowResult.WAITING, "", "{}", seen[key][1], 0, "")
        for n, key in enumerate(kept)
    ]
    insert(BulkRow, _ROW, rows)
    return bulk.id


@command
def preview(
    bulk_id: UUID,
    action: str,
    fields: Mapping[str, str],
    *,
    weighed: Weighed | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Settle what is to be done, and note for each case whether it can be: why not, or to whom it would go.

    `weighed`: what `bulks.weigh` found just before, so that the unit is short. A case that changes before its turn is refused
    then. Raises: NotFound; Conflict when it has begun; Invalid naming the fields.
    """
    bulk = _held(bulk_id, actor)
    if bulk.state not in {BulkState.CHOSEN, BulkState.PREVIEWED}:
        raise Conflict("cases.bulk.begun")
    said = _checked(action, {k: v.strip() for k, v in fields.items() if v.strip()})
    found = weighed or weigh(bulk_id, action, said, actor=actor, at=at)
    _write_preview(bulk, found.seen, found.refused)
    if action == SHARE or (action == HAND_OVER and not said.get("agency") and not said.get("taker")):
        _share_out(bulk, said, at)
    bulk.action, bulk.fields, bulk.state = action, json.dumps(said, ensure_ascii=False), BulkState.PREVIEWED
    bulk.refused, bulk.waiting = len(found.refused), bulk.n - len(found.refused)
    save(bulk)


def _checked(action: str, said: dict[str, str]) -> dict[str, str]:
    """The fields of what a bulk may do besides the actions of a process."""
    needed = {"category": "category", "merge": "into", "note": "note", "urgency": "urgency"}.get(action)
    if needed and needed not in said:
        raise Invalid.field(needed, "cases.bulk.field_needed")
    if action == "merge":
        said["into"] = str(case_id_of(said["into"]))
    if action == HAND_OVER and not (said.get("agency") or said.get("giver")):
        raise Invalid.field("agency", "cases.bulk.no_taker")
    return said


def _write_preview(bulk: Bulk, seen: Mapping[UUID, tuple[str, int]], refused: Mapping[UUID, str]) -> None:
    changed = fetch(BulkRow, 'WHERE "bulk_id" = %s ORDER BY "n"', [bulk.id])
    for row in changed:
        code = refused.get(row.case, "")
        row.result, row.code = (RowResult.REFUSED, code) if code else (RowResult.WAITING, "")
        row.before = seen.get(row.case, ("", row.before))[1]
    save_all(changed)


def _share_out(bulk: Bulk, said: Mapping[str, str], at: datetime) -> None:
    """Without a named taker, each case goes to whoever is best for it then, with what the ones before gave him.

    Raises: Invalid when nobody is there, or the cases are of several agencies.
    """
    rows = fetch(BulkRow, 'WHERE "bulk_id" = %s AND "result" = %s ORDER BY "n"', [bulk.id, RowResult.WAITING])
    lines = lines_of([row.case for row in rows])
    agencies = {line.agency for line in lines}
    if len(agencies) > 1:
        raise Invalid("cases.bulk.several_agencies")
    giver = UUID(said["giver"]) if said.get("giver") else None
    within = said.get("within") or next(iter(agencies), "")
    given = workload.shared_out(lines, within, at, but=giver)
    if rows and not given:
        raise Invalid.field("taker", "cases.bulk.nobody_there")
    for row in rows:
        row.given = json.dumps({"taker": str(given[row.case])})
    save_all(rows)


def _held(bulk_id: UUID, actor: Actor) -> Bulk:
    seen_bulk(bulk_id, actor=actor)
    return fetch(Bulk, 'WHERE "id" = %s' + hold(), [bulk_id])[0]


@command
def start(bulk_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Let the worker carry a previewed bulk out. Raises: NotFound; Conflict when it is not previewed, or nothing is left.

    Once: a second click finds it begun.
    """
    bulk = _held(bulk_id, actor)
    if bulk.by != actor.account_id:
        raise Refused("cases.bulk.not_yours")
    if bulk.state != BulkState.PREVIEWED or not bulk.waiting:
        raise Conflict("cases.bulk.begun" if bulk.waiting else "cases.bulk.nothing_left")
    bulk.state = BulkState.RUNNING
    event = BulkStarted(str(bulk.id), bulk.action, bulk.waiting)
    emit(bulk, event, actor=actor, at=at, audience=_audience(bulk))
    save(bulk)
    audit(
        "cases.bulk_start",
        ref_of(bulk.id),
        actor=actor,
        at=at,
        detail={"action": bulk.action, "n": bulk.waiting},
    )


# --- carrying out ---------------------------------------------------------------------------------------------------


def _running(bulk_id: UUID, state: str) -> Bulk | None:
    found = fetch(Bulk, 'WHERE "id" = %s' + hold(), [bulk_id])
    return found[0] if found and found[0].state == state else None


def _next(bulk: Bulk, result: str) -> list[BulkRow]:
    tail = 'WHERE "bulk_id" = %s AND "result" = %s ORDER BY "n" LIMIT %s'
    return fetch(BulkRow, tail, [bulk.id, result, AT_ONCE])


@command
def carry_on(bulk_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Do the next cases of a running bulk, with the rights that its officer has now. Once: a row that is done stays done."""
    bulk = _running(bulk_id, BulkState.RUNNING)
    if bulk is None:
        return
    officer = identity.actor_of(bulk.by, at)
    rows = _next(bulk, RowResult.WAITING)
    said = json.loads(bulk.fields)
    into = [UUID(said["into"])] if bulk.action == "merge" else []
    hold_all([*(row.case for row in rows), *into])
    for row in rows:
        _do(row, bulk.action, said, officer, at)
    save_all(rows)
    done = sum(row.result == RowResult.DONE for row in rows)
    bulk.done += done
    bulk.refused += len(rows) - done
    bulk.waiting -= len(rows)
    event: BulkAdvanced | BulkDone = BulkAdvanced(str(bulk.id), bulk.done, bulk.refused)
    if bulk.waiting <= 0:
        bulk.state, bulk.done_at = BulkState.DONE, at
        event = BulkDone(str(bulk.id), bulk.done, bulk.refused)
    emit(bulk, event, actor=actor, at=at, audience=_audience(bulk))
    save(bulk)


def _do(row: BulkRow, action: str, said: Mapping[str, str], officer: Actor, at: datetime) -> None:
    """One case, in a part of the unit that leaves no trace when it is refused."""

    def do(here: Part) -> None:
        case = locked(row.case, version=row.before)
        was = undo.as_it_is(case, action)
        _take(row, action, {**said, **json.loads(row.given)}, officer, at)
        _note(row, was, here)

    error = attempt(do)
    if isinstance(error, CityError):
        row.code = next(iter(error.fields.values()), error.code)[:80]
        row.values = json.dumps({k: str(v) for k, v in error.values.items()}, ensure_ascii=False)
        row.result = RowResult.REFUSED
    elif error is not None:
        log.exception("a case of a bulk failed", bulk=str(row.bulk_id), case=str(row.case), exc_info=error)
        row.result, row.code = RowResult.REFUSED, "cases.bulk.failed"


def _take(row: BulkRow, action: str, said: dict[str, str], officer: Actor, at: datetime) -> None:
    if action == "category":
        change_category(row.case, said["category"], actor=officer, at=at)
    elif action == "urgency":
        set_urgency(row.case, said["urgency"], actor=officer, at=at)
    elif action == "merge":
        merge(row.case, UUID(said["into"]), actor=officer, at=at)
    elif action == "note":
        if not may(officer, "case.note"):
            raise Refused("cases.error.desk_only")
        comment(row.case, said["note"], actor=officer, at=at)
    elif action == SHARE:
        act_on_case(row.case, ASSIGN, assignee=UUID(said["taker"]), actor=officer, at=at)
    elif action == HAND_OVER:
        giver, taker = (UUID(said[name]) if said.get(name) else None for name in ("giver", "taker"))
        hand_over(row.case, giver=giver, taker=taker, agency=said.get("agency", ""), actor=officer, at=at)
    else:
        if action == "publish":
            _refuse_unreviewed(row.case)
        assignee = said.pop("assignee", "")
        act_on_case(
            row.case, action, fields=said, agency=said.get("agency", ""),
            assignee=UUID(assignee) if assignee else None, actor=officer, at=at,
        )  # fmt: skip


def _refuse_unreviewed(case_id: UUID) -> None:
    """Nobody looks at each case of a bulk, so somebody has to have looked before. Raises: Conflict."""
    code = not_publishable([case_id]).get(case_id)
    if code:
        raise Conflict(code)


def _note(row: BulkRow, was: dict[str, Any], here: Part) -> None:
    """What undoing needs, and at which versions case and process now are. Columns of an event: see `core.events`."""
    process, case = str(was["process"]["id"]), str(row.case)
    was["process_version"], row.after = was["process"]["version"], row.before
    was["written"] = []
    for told in here.events:
        if told[4] == CASE and told[5] == case:
            row.after = told[6]
            entry = orjson.loads(told[10]).get("entry")
            was["written"] += [entry] if entry else []
        elif told[5] == process:
            was["process_version"] = told[6]
    row.result, row.undo = RowResult.DONE, orjson.dumps(was).decode()


# --- undoing --------------------------------------------------------------------------------------------------------


@command
def undo_bulk(bulk_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take a bulk back: stop it where it runs, and let the worker bring back each case that nobody changed since.

    Raises: NotFound; Conflict when the time for it is over.
    """
    bulk = _held(bulk_id, actor)
    until = undo_until(bulk)
    if bulk.state != BulkState.RUNNING and (until is None or at > until):
        raise Conflict("cases.bulk.too_late")
    if bulk.waiting > 0:
        left = BulkRow.objects.filter(bulk=bulk, result=RowResult.WAITING)
        bulk.refused += left.update(result=RowResult.REFUSED, code="cases.bulk.stopped")
        bulk.waiting = 0
    bulk.state = BulkState.UNDOING
    emit(bulk, BulkUndoing(str(bulk.id), 0, 0), actor=actor, at=at, audience=_audience(bulk))
    save(bulk)
    audit("cases.bulk_undo", ref_of(bulk.id), actor=actor, at=at, detail={"n": bulk.done})


@command
def carry_back(bulk_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Bring the next cases of a bulk back. Once: a row that was brought back stays so."""
    bulk = _running(bulk_id, BulkState.UNDOING)
    if bulk is None:
        return
    officer = identity.actor_of(bulk.by, at)
    rows = _next(bulk, RowResult.DONE)
    hold_all([row.case for row in rows])
    for row in rows:
        _undo(row, officer, at)
    save_all(rows)
    undone = sum(row.result == RowResult.UNDONE for row in rows)
    bulk.undone += undone
    bulk.kept += len(rows) - undone
    event: BulkUndoing | BulkUndone = BulkUndoing(str(bulk.id), bulk.undone, bulk.kept)
    if len(rows) < AT_ONCE:
        bulk.state = BulkState.UNDONE
        event = BulkUndone(str(bulk.id), bulk.undone, bulk.kept)
    emit(bulk, event, actor=actor, at=at, audience=_audience(bulk))
    if bulk.state == BulkState.UNDONE:
        _release(bulk, actor, at)
    save(bulk)


def _undo(row: BulkRow, officer: Actor, at: datetime) -> None:
    was = orjson.loads(row.undo)
    try:
        with part():
            undo.undo_action(
                row.case, was, version=row.after, process_version=was["process_version"],
                written=was["written"], actor=officer, at=at,
            )  # fmt: skip
    except CityError as error:
        row.result, row.code = RowResult.KEPT, error.code[:80]
        row.values = json.dumps({k: str(v) for k, v in error.values.items()}, ensure_ascii=False)
    else:
        row.result, row.code = RowResult.UNDONE, ""


# --- telling the reporters ------------------------------------------------------------------------------------------


def _release(bulk: Bulk, actor: Actor, at: datetime) -> None:
    bulk.released_at = at
    emit(bulk, BulkReleased(str(bulk.id), -1), actor=actor, at=at, audience=_audience(bulk))
    BulkRow.objects.filter(bulk=bulk).exclude(undo="").update(undo="")


@command
def release(bulk_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Tell the reporters now; undoing is over with that. Raises: NotFound; Conflict unless the bulk is done."""
    bulk = _held(bulk_id, actor)
    if bulk.state != BulkState.DONE:
        raise Conflict("cases.bulk.not_done")
    if bulk.released_at is None:
        _release(bulk, actor, at)
        save(bulk)
        audit("cases.bulk_release", ref_of(bulk.id), actor=actor, at=at)


@command
def release_due(*, actor: Actor, at: datetime) -> int:
    """Tell the reporters of every bulk whose time for undoing is over; how many bulks."""
    n = 0
    done = Bulk.objects.filter(state=BulkState.DONE, released_at__isnull=True).values_list("id", flat=True)
    for bulk_id in list(done):
        bulk = _running(bulk_id, BulkState.DONE)
        until = undo_until(bulk) if bulk else None
        if bulk is None or until is None or until > at:
            continue
        _release(bulk, actor, at)
        save(bulk)
        n += 1
    return n


@command
def told(bulk_id: UUID, after: int, *, actor: Actor, at: datetime) -> None:
    """Note that the reporters of the rows up to `after` were told, so that those behind are next."""
    found = fetch(Bulk, 'WHERE "id" = %s' + hold(), [bulk_id])
    for bulk in found:
        emit(bulk, BulkReleased(str(bulk.id), after), actor=actor, at=at, audience=_audience(bulk))
        save(bulk)


@command
def forget_unused(before: datetime, *, actor: Actor, at: datetime) -> int:
    """Remove selections that nothing was done with; how many."""
    unused = Bulk.objects.filter(state__in=[BulkState.CHOSEN, BulkState.PREVIEWED], at__lt=before)
    ids: Iterable[UUID] = list(unused.values_list("id", flat=True))
    for part_of in chunks(list(ids)):
        BulkRow.objects.filter(bulk_id__in=list(part_of)).delete()
        Bulk.objects.filter(id__in=list(part_of)).delete()
        for key in part_of:
            audit("cases.bulk_forget", ref_of(key), actor=actor, at=at)
    return len(list(ids))
