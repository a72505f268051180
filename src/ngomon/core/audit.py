"""Audit: every write, and every look at personal data, with who and what for. Rows are never changed; looks
go when the city's retention period for them is over, and a certificate says so (`retained.py`).

It keeps ids and codes only, no foreign keys, so that it outlives what it speaks of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.events import canonical
from ngomon.core.ids import Ref
from ngomon.core.models import AuditRow
from ngomon.core.rows import Statement, inserting
from ngomon.core.secrets import open_text, seal_text
from ngomon.core.units import Unit, before_commit, current_unit

_BY = "by_sealed"
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
    """Write down that the actor did this to that. `detail` holds ids and codes, never personal data.

    Of an actor with an alias the row names the alias, and keeps the id sealed: see `who_did`.
    """
    held = dict(detail or {})
    if actor.alias:
        held[_BY] = seal_text(actor.id)
    current_unit().audits.append((at, actor.told_as, action, of.kind, of.key, purpose, canonical(held)))


def audit_look(of: Iterable[Ref], *, actor: Actor, at: datetime, purpose: str) -> None:
    """Write down that the actor saw these persons' data, and why. Runs inside a unit of its own at the edge."""
    for ref in of:
        audit("looked", ref, actor=actor, at=at, purpose=purpose)


LOOKS = ("looked", "personal.exported", "personal.erased")


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
    sealed: str = ""


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
    return [_line(row) for row in found]


def _line(row: tuple[Any, ...]) -> AuditLine:
    held = json.loads(row[-1])
    sealed = held.pop(_BY, "")
    return AuditLine(row[0], row[1], row[2], row[3], row[4], row[5], row[6], held, sealed)


def who_did(line: AuditLine, *, actor: Actor, purpose: str, at: datetime) -> str:
    """The id behind an alias, in a unit; the look is written down. Callers check the right to see it."""
    audit_look([Ref(line.ref_kind, line.ref_key)], actor=actor, at=at, purpose=purpose)
    return open_text(line.sealed) or line.actor_id


def looks_at(of: Iterable[Ref], *, limit: int = 100) -> list[AuditLine]:
    """Who saw the data of these things or took them away, latest first, the system's own work left out. One statement.

    Callers check that the reader may know.
    """
    wanted = Q(pk__in=[])
    keys: dict[str, list[str]] = {}
    for ref in of:
        keys.setdefault(ref.kind, []).append(ref.key)
    for kind, found in keys.items():
        wanted |= Q(ref_kind=kind, ref_key__in=found)
    rows = AuditRow.objects.filter(wanted, action__in=LOOKS).exclude(actor_id__startswith="system:")
    return [_line(row) for row in rows.order_by("-pk").values_list("pk", *_COLUMNS)[:limit]]


@before_commit
def _write_audits(unit: Unit) -> Iterator[Statement]:
    return inserting(AuditRow, _COLUMNS, unit.audits)
