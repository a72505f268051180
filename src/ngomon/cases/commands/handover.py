"""Handing over a case with its open work: to another officer of the agency, or to another agency."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.processes import commands as processes

from ..queries import live_audience
from ..terms import CaseMoved
from .steps import count_moved, locked, may_touch, scopes, set_place_in_process


@command
def hand_over(
    case_id: UUID,
    *,
    giver: UUID | None = None,
    taker: UUID | None = None,
    agency: str = "",
    version: int | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Put an officer in another's place, or give the case to another agency. The due time stays as it is.

    Raises: as `processes.hand_over` and `processes.hand_to_agency`; Conflict when changed meanwhile; Invalid.
    """
    case = locked(case_id, version=version)
    may_touch(case, actor)
    before = scopes(case)
    if agency:
        moved = processes.hand_to_agency(case.ref, agency, actor=actor, at=at)
    elif giver is not None and taker is not None:
        moved = processes.hand_over(case.ref, giver, taker, actor=actor, at=at)
    else:
        raise Invalid.field("to", "cases.bulk.no_taker")
    set_place_in_process(case, moved, at)
    event = CaseMoved(str(case.id), "hand_over", case.step, case.status, case.agency, "")
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    detail = {"to": agency or str(taker), "step": case.step}
    audit("cases.hand_over", case.ref, actor=actor, at=at, detail=detail)
