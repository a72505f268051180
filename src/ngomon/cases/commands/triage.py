"""What the duty desk does besides the steps of the process: correct the category."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.directory import queries as directory

from ..queries import category_of, live_audience
from ..terms import CategoryChanged
from .merge import desk_only
from .steps import count_moved, locked, scopes


@command
def change_category(case_id: UUID, category: str, *, actor: Actor, at: datetime) -> None:
    """Correct what a case is about. Raises: Refused, Invalid for an unknown category."""
    desk_only(actor)
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
