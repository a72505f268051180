"""Cases that hang together without being one: parts of a larger case, and repeats of one that was closed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Refused
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.identity.rules import may

from ..models import Case
from ..near import Asked, has_like, lately_closed, look_of, settings
from ..queries import live_audience
from ..terms import CaseKind, CaseRecurred, ChildLinked, ChildMoved, ChildUnlinked
from .steps import locked


@command
def set_parent(child_id: UUID, parent_id: UUID | None, *, actor: Actor, at: datetime) -> None:
    """Make a case a part of another (Liên kết cha–con), or of none again. The parent counts its open parts.

    Once: setting the same parent changes nothing. Raises: Refused; Conflict when either is closed or merged, they are
    one, the child has parts, or the parent is a part itself: there is one level.
    """
    if not may(actor, "case.triage"):
        raise Refused("cases.error.desk_only")
    child = locked(child_id)
    if child.parent == parent_id:
        return
    if child.parent is not None:
        _unlink(child, locked(child.parent), actor=actor, at=at)
    if parent_id is not None:
        _link(child, locked(parent_id), actor=actor, at=at)
    save(child)
    audit("cases.set_parent", child.ref, actor=actor, at=at, detail={"parent": str(parent_id or "")})


def _link(child: Case, parent: Case, *, actor: Actor, at: datetime) -> None:
    has_parts = Case.objects.filter(parent=child.id).exists()
    if child.id == parent.id or has_parts or parent.parent or not (child.is_open and parent.is_open):
        raise Conflict("cases.error.cannot_link", number=child.number)
    # What the duty shift alone may know of is part of nothing; a question is not a report.
    if child.is_secret or parent.is_secret or CaseKind.QUESTION in {child.kind, parent.kind}:
        raise Conflict("cases.error.cannot_link", number=child.number)
    child.parent = parent.id
    parent.open_children += 1
    linked = ChildLinked(str(parent.id), str(child.id))
    emit(parent, linked, actor=actor, at=at, audience=live_audience(parent))
    save(parent)


def _unlink(child: Case, parent: Case, *, actor: Actor, at: datetime) -> None:
    child.parent = None
    parent.open_children -= child.is_open
    unlinked = ChildUnlinked(str(parent.id), str(child.id))
    emit(parent, unlinked, actor=actor, at=at, audience=live_audience(parent))
    save(parent)


def child_moved(case: Case, *, actor: Actor, at: datetime) -> None:
    """Count a part's closing, or its opening again, on the case it is a part of. The caller saw `is_open` change."""
    if case.parent is None:
        return
    parent = locked(case.parent)
    parent.open_children += 1 if case.is_open else -1
    moved = ChildMoved(str(parent.id), str(case.id), case.is_open)
    emit(parent, moved, actor=actor, at=at, audience=live_audience(parent))
    save(parent)


@command
def look_back(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Link a new case to the first case of the same thing where that was closed lately and is surely the same.

    Once: a case that is linked already, or that was gathered in another, is left alone.
    """
    days = settings().recurrence_days
    case = locked(case_id)
    if not days or case.recurs_of or case.merged_into or not has_like(case):
        return
    asked = Asked(case.lon, case.lat, case.text, case.category, case.place, look_of(case.look))
    best = next(iter(lately_closed(asked, at=at, days=days, most=1)), None)
    links = settings().links
    if best is None or best.score < links.score or best.overlap < links.overlap:
        return
    earlier = Case.objects.get(pk=best.case_id)
    case.recurs_of = earlier.recurs_of or earlier.id
    recurred = CaseRecurred(str(case.id), str(case.recurs_of), f"{best.score:.3f}")
    emit(case, recurred, actor=actor, at=at, audience=live_audience(case))
    save(case)
    audit("cases.look_back", case.ref, actor=actor, at=at, detail={"of": earlier.number})
