"""Audit: every write, and every look at personal data, with who and what for. Rows are never changed.

It keeps ids and codes only, no foreign keys, so that it outlives what it speaks of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ngomon.core.actors import Actor
from ngomon.core.events import canonical
from ngomon.core.ids import Ref
from ngomon.core.models import AuditRow
from ngomon.core.rows import insert
from ngomon.core.units import Unit, before_commit, current_unit

_COLUMNS = ("at", "actor_id", "action", "ref_kind", "ref_key", "purpose", "detail")


def audit(
    action: str,
    of: Ref,
    *,
    actor: Actor,
    at: datetime,
    purpose: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Write down that the actor did this to that. `detail` holds ids and codes, never personal data."""
    current_unit().audits.append((at, actor.id, action, of.kind, of.key, purpose, canonical(detail or {})))


def audit_look(of: Iterable[Ref], *, actor: Actor, at: datetime, purpose: str) -> None:
    """Write down that the actor saw these persons' data, and why. Runs inside a unit of its own at the edge."""
    for ref in of:
        audit("looked", ref, actor=actor, at=at, purpose=purpose)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit log, as written."""

    id: int
    at: datetime
    actor_id: str
    action: str
    ref_kind: str
    ref_key: str
    purpose: str
    detail: dict[str, Any]


def audit_lines(
    *, kind: str = "", key: str = "", actor_id: str = "", before: int | None = None, limit: int = 50
) -> list[AuditLine]:
    """The log's lines, latest first, about a kind of thing, a thing, or by somebody; `before` is the id to go on from.

    Callers check the right to see it. One statement.
    """
    rows = AuditRow.objects.all()
    for name, value in (("ref_kind", kind), ("ref_key", key), ("actor_id", actor_id)):
        if value:
            rows = rows.filter(**{name: value})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    columns = ("pk", *_COLUMNS)
    found = rows.order_by("-pk").values_list(*columns)[:limit]
    return [AuditLine(*line[:-1], detail=json.loads(line[-1])) for line in found]


@before_commit
def _write_audits(unit: Unit) -> None:
    if unit.audits:
        insert(AuditRow, _COLUMNS, unit.audits)
