"""Reads of work in bulk: a bulk and its rows, what may be done with them, and whether telling its reporters waits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref
from ngomon.core.rows import hold
from ngomon.core.terms import Recorded
from ngomon.identity import queries as identity
from ngomon.identity.rules import may
from ngomon.processes import many
from ngomon.processes.many import Offered

from .bulk_terms import BulkLine, BulkState, BulkView, RowResult
from .models import Bulk, BulkRow, Case
from .publishable import not_publishable
from .queries import _LINE, _visible_to
from .terms import CASE, CaseKind, CaseLine

UNDO_MINUTES = 10
"""How long a bulk can be undone after its last case; so long its reporters are not told. Source: the desk's own rule."""

AT_ONCE = 500
OWN = {
    "category": "case.triage",
    "urgency": "case.triage",
    "merge": "case.triage",
    "note": "case.note",
}
"""What a bulk may do besides the actions of a process, and the right each needs."""

SHARE = "share"
"""Each case is assigned to whoever is best for it: the same step as by hand, one officer for each row."""
ASSIGN = "assign"
HAND_OVER = "hand_over"
AGENCY_MOVERS = ("ioc_lead", "city_office")
"""Who may give an agency's open work to another; within an agency its head may too."""

_ROW = ("n", "case", "number", "result", "code", "values", "given")


def chunks(ids: Sequence[UUID], size: int = AT_ONCE) -> Iterator[Sequence[UUID]]:
    """A long list in parts that one statement takes."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def hold_all(ids: Sequence[UUID]) -> None:
    """Keep these cases and their processes from others until the unit ends, before any count is touched.

    Whoever holds a case may wait for a count; a bulk that held a count and waited for that case would never end. Where the
    database takes one writer at a time nothing is to be held.
    """
    if not ids or not hold():
        return
    slots = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT 1 FROM "cases_case" WHERE "id" IN ({slots}) ORDER BY "id"' + hold(), list(ids)
        )
    many.hold_all(CASE, [str(key) for key in ids])


def visible_among(ids: Sequence[UUID], *, actor: Actor) -> dict[UUID, tuple[str, int]]:
    """Number and version of those cases that this actor may see. Raises: Refused."""
    seen = _visible_to(actor)
    found: dict[UUID, tuple[str, int]] = {}
    for part in chunks(ids):
        for key, number, version in seen.filter(id__in=part).values_list("id", "number", "version"):
            found[key] = (number, version)
    return found


def _may_see(bulk: Bulk, actor: Actor) -> bool:
    return bulk.by == actor.account_id or actor.holds("ioc_lead")


def seen_bulk(bulk_id: UUID, *, actor: Actor) -> Bulk:
    """The row of a bulk, for its officer and the shift lead. Raises: NotFound."""
    bulk = Bulk.objects.filter(pk=bulk_id).first()
    if bulk is None or not _may_see(bulk, actor):
        raise NotFound("cases.bulk.not_found")
    return bulk


def undo_until(bulk: Bulk) -> datetime | None:
    """Until when a bulk can be undone; None before it is done, and once reporters were told."""
    if bulk.state != BulkState.DONE or bulk.done_at is None or bulk.released_at is not None:
        return None
    return bulk.done_at + timedelta(minutes=UNDO_MINUTES)


def view_of(bulk: Bulk) -> BulkView:
    """A bulk as its page shows it."""
    return BulkView(
        bulk.id, bulk.action, json.loads(bulk.fields), bulk.filter, bulk.state, bulk.by, bulk.at, bulk.n,
        bulk.waiting, bulk.done, bulk.refused, bulk.undone, bulk.kept, undo_until(bulk), bulk.released_at,
    )  # fmt: skip


def bulk(bulk_id: UUID, *, actor: Actor) -> BulkView:
    """One bulk. Raises: NotFound, also for another officer's."""
    return view_of(seen_bulk(bulk_id, actor=actor))


def bulks_of(*, actor: Actor, size: int = 20) -> list[BulkView]:
    """What this officer did in bulk, newest first."""
    if actor.account_id is None:
        return []
    rows = Bulk.objects.filter(by=actor.account_id).exclude(state=BulkState.CHOSEN).order_by("-at")
    return [view_of(row) for row in rows[:size]]


def lines(bulk_id: UUID, *, result: str = "", after: int = -1, size: int = 50) -> list[BulkLine]:
    """Rows of a bulk that the caller has already seen, in their order, of one result where named."""
    rows = BulkRow.objects.filter(bulk_id=bulk_id, n__gt=after)
    if result:
        rows = rows.filter(result=result)
    return [_line(row) for row in rows.order_by("n").values_list(*_ROW)[:size]]


def every_line(bulk_id: UUID) -> Iterator[BulkLine]:
    """All rows of a bulk, in parts."""
    after = -1
    while True:
        found = lines(bulk_id, after=after, size=AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        after = found[-1].n


def _line(row: Sequence[Any]) -> BulkLine:
    n, case_id, number, result, code, values, given = row
    return BulkLine(n, case_id, number, result, code, json.loads(values), json.loads(given))


def case_lines(ids: Iterable[UUID]) -> dict[UUID, CaseLine]:
    """These cases as lists show them; the caller has already seen that they may be shown."""
    rows = Case.objects.filter(id__in=list(ids)).values_list(*_LINE)
    return {row[0]: CaseLine(*row) for row in rows}


def lines_of(ids: Sequence[UUID]) -> list[CaseLine]:
    """These cases in parts of what one statement takes, for who has already seen that they may be shown."""
    return [line for part in chunks(ids) for line in case_lines(part).values()]


ONE_BY_ONE = frozenset({"guide"})
"""What is said to a reporter by name and may make a case secret is done with a look at each."""


def _in_bulk(found: Offered) -> Offered:
    def left(keys: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        return {key: actions - ONE_BY_ONE for key, actions in keys.items()}

    return Offered(left(found.open), left(found.allowed), found.actions)


def offers(bulk_id: UUID, *, actor: Actor, at: datetime) -> Offered:
    """The actions that this actor may take on each case of a bulk, by its process now."""
    keys = BulkRow.objects.filter(bulk_id=bulk_id).order_by("n").values_list("case", flat=True)
    return _in_bulk(many.offered(CASE, [str(key) for key in keys], actor=actor, at=at))


def refusals(
    action: str, ids: Sequence[UUID], fields: Mapping[str, str], *, actor: Actor, at: datetime
) -> dict[UUID, str]:
    """Which of these cases an action cannot be taken on, and why, as the key of a text. The same rules as by hand."""
    if action in OWN:
        return _refusals_of_own(action, ids, fields, actor)
    if action == HAND_OVER:
        is_theirs = actor.holds(*AGENCY_MOVERS) if fields.get("agency") else may(actor, "case.hand_over")
        return {} if is_theirs else dict.fromkeys(ids, "processes.error.not_yours")
    found = _in_bulk(many.offered(CASE, [str(key) for key in ids], actor=actor, at=at))
    step = ASSIGN if action == SHARE else action
    told = {key: found.refusal(str(key), step) for key in ids}
    refused = {key: code for key, code in told.items() if code}
    if action == "publish":
        refused |= not_publishable([key for key in ids if key not in refused])
    return refused


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a preview rests on: number and version of the cases that may be seen, and why some cannot be done."""

    seen: dict[UUID, tuple[str, int]]
    refused: dict[UUID, str]


def weigh(bulk_id: UUID, action: str, fields: Mapping[str, str], *, actor: Actor, at: datetime) -> Weighed:
    """Look at every case of a bulk with an action in mind. Long for many, so it is done before the unit is opened."""
    ids = list(BulkRow.objects.filter(bulk_id=bulk_id).order_by("n").values_list("case", flat=True))
    seen = visible_among(ids, actor=actor)
    refused = refusals(action, ids, fields, actor=actor, at=at)
    refused |= dict.fromkeys((key for key in ids if key not in seen), "cases.not_found")
    return Weighed(seen, refused)


def _refusals_of_own(
    action: str, ids: Sequence[UUID], fields: Mapping[str, str], actor: Actor
) -> dict[UUID, str]:
    if not may(actor, OWN[action]):
        return dict.fromkeys(ids, "cases.error.desk_only")
    found: dict[UUID, str] = {}
    for part in chunks(ids):
        names = ("id", "is_open", "category", "urgency", "kind")
        for key, is_open, category, level, kind in Case.objects.filter(id__in=part).values_list(*names):
            if action == "category" and category == fields.get("category"):
                found[key] = "cases.bulk.same_category"
            elif action == "merge" and str(key) == fields.get("into"):
                found[key] = "cases.bulk.the_target"
            elif action == "urgency" and level == fields.get("urgency"):
                found[key] = "cases.bulk.same_urgency"
            elif action == "urgency" and kind == CaseKind.DANGER:
                found[key] = "cases.error.danger_is_urgent"
            elif action in {"merge", "urgency"} and not is_open:
                found[key] = "cases.bulk.not_open"
    return found


def is_held(recorded: Recorded) -> bool:
    """Whether telling reporters of this event waits: it is a bulk's, which can still be undone, or was.

    One statement by the case's index.
    """
    rows = BulkRow.objects.filter(
        case=UUID(recorded.aggregate_id), before__lt=recorded.version, after__gte=recorded.version
    )
    found = rows.values_list("result", "bulk__released_at").first()
    return found is not None and (found[0] == RowResult.UNDONE or found[1] is None)


def rows_told(bulk_id: UUID, after: int, size: int) -> list[tuple[int, UUID, int, int]]:
    """Rows behind `after` whose reporters are to be told: n, case, and between which versions of it."""
    rows = BulkRow.objects.filter(
        bulk_id=bulk_id, n__gt=after, result__in=[RowResult.DONE, RowResult.KEPT]
    ).order_by("n")
    return list(rows.values_list("n", "case", "before", "after")[:size])


def work_of(*, account: UUID | None = None, agency: str = "") -> list[UUID]:
    """The cases whose open work an officer has or would get back, or an agency leads."""
    return [UUID(key) for key in many.work_of(CASE, account=account, agency=agency)]


def takers(agency: str, at: datetime, *, but: UUID | None = None) -> list[tuple[UUID, str, int]]:
    """Who in an agency could take work over: account, name, open cases; the least loaded first."""
    held = many.loads(agency)
    names = {
        h.account_id: h.name
        for role in ("agency_officer", "agency_head")
        for h in identity.holders(role, agency, None, at)
        if h.account_id != but
    }
    return sorted(((key, name, held.get(key, 0)) for key, name in names.items()), key=lambda row: row[2])


def ref_of(bulk_id: UUID) -> Ref:
    """How the audit points at a bulk."""
    return Ref("bulk", str(bulk_id), "", f"/desk/bulk/{bulk_id}")
