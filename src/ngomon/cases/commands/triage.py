"""What the duty desk does besides the steps of the process: correct the category, say how urgent a case is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.directory import queries as directory

from ..queries import category_of, live_audience
from ..terms import SAID_BY_OFFICERS, CaseKind, CategoryChanged, UrgencySet
from .merge import desk_only
from .steps import ahead, count_moved, locked, may_touch, scopes


@command
def change_category(case_id: UUID, category: str, *, actor: Actor, at: datetime) -> None:
    """Correct what a case is about. Raises: Refused, Invalid for an unknown category."""
    desk_only(actor)
    try:
        category_of("", category, directory.local_day(at))
    except NotFound as unknown:
        raise Invalid.field("category", "cases.error.unknown_category") from unknown
    case = locked(case_id)
    may_touch(case, actor)
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
def set_urgency(case_id: UUID, level: str, *, actor: Actor, at: datetime) -> None:
    """Say how urgent an open case is (calm, soon, urgent), or with an empty level let its words speak again.

    It moves in its queue by that; its deadline stays. Raises: Refused; Invalid for another level; Conflict when it is closed,
    or reports danger to life, which nobody makes less.
    """
    desk_only(actor)
    if level not in {"", *SAID_BY_OFFICERS}:
        raise Invalid.field("urgency", "cases.error.unknown_urgency")
    case = locked(case_id)
    may_touch(case, actor)
    if not case.is_open:
        raise Conflict("cases.bulk.not_open", number=case.number)
    if case.kind == CaseKind.DANGER:
        raise Conflict("cases.error.danger_is_urgent", number=case.number)
    if case.urgency == level:
        return
    event = UrgencySet(str(case.id), case.urgency, level)
    case.queue_at += ahead(case.urgency) - ahead(level)
    case.urgency = level
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    audit("cases.set_urgency", case.ref, actor=actor, at=at, detail={"to": level})
