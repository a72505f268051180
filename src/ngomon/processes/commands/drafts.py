"""Writing definitions: a draft is opened, changed piece by piece, checked, and put in force now or on a day. Administrators'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import CityError, Conflict, Invalid, NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.units import command

from .. import drafting
from ..bpmn_in import Imported
from ..models import DefinitionVersion, Draft
from ..rules import editing
from ..terms import DraftShown
from .definitions import check, publish

Change = Callable[[Mapping[str, Any]], dict[str, Any]]


@command
def open_draft(key: str, *, actor: Actor, at: datetime) -> DraftShown:
    """Begin a draft from the version in force; the one that is open already where there is one. Raises: Refused, NotFound."""
    _require(actor)
    known = Draft.objects.filter(key=key).first()
    if known is not None:
        return drafting.shown(known)
    tables = drafting.tables_of(key)
    return _made(key, _latest_n(key), tables, "[]", actor=actor, at=at)


@command
def import_draft(found: Imported, *, actor: Actor, at: datetime) -> DraftShown:
    """Keep what was read from a file as the draft of its definition, with the report. Raises: Refused; Conflict when
    somebody is writing one already."""
    _require(actor)
    key = str(found.tables["key"])
    if Draft.objects.filter(key=key).exists():
        raise Conflict("processes.error.draft_open", key=key)
    remarks = [
        {"id": r.id, "kind": r.kind, "line": r.line, "name": r.name, "key": r.key, "values": dict(r.values)}
        for r in found.remarks
    ]
    told = orjson.dumps(remarks).decode()
    return _made(key, _latest_n(key), found.tables, told, actor=actor, at=at)


def _latest_n(key: str) -> int:
    last = DefinitionVersion.objects.filter(key=key).order_by("-n").values_list("n", flat=True).first()
    return last or 0


def _made(
    key: str, base_n: int, tables: Mapping[str, Any], remarks: str, *, actor: Actor, at: datetime
) -> DraftShown:
    row = Draft(
        key=key, base_n=base_n, text=orjson.dumps(tables).decode(), remarks=remarks, changed_at=at,
        changed_by=actor.id,
    )  # fmt: skip
    row.save(force_insert=True)
    audit("processes.open_draft", Ref("process_definition", key), actor=actor, at=at, detail={"base": base_n})
    return drafting.shown(row)


@command
def change_draft(key: str, change: Change, *, edition: int, actor: Actor, at: datetime) -> DraftShown:
    """Change a draft by one of the functions of `rules.editing`.

    `edition`: the one that was looked at. Raises: Refused; NotFound; Conflict when another was quicker, or it waits for its
    day; Invalid for a step or action that is not there.
    """
    _require(actor)
    row = _held(key, edition)
    try:
        row.text = orjson.dumps(change(orjson.loads(row.text))).decode()
    except editing.Unknown as error:
        raise Invalid("processes.error.no_step", step=str(error)) from error
    row.edition += 1
    row.changed_at, row.changed_by = at, actor.id
    row.save()
    return drafting.shown(row)


@command
def discard_draft(key: str, *, edition: int, actor: Actor, at: datetime) -> None:
    """Throw a draft away; versions stay as they are. Raises: Refused, NotFound, Conflict."""
    _require(actor)
    _held(key, edition, waits=True).delete()
    audit("processes.discard_draft", Ref("process_definition", key), actor=actor, at=at)


@command
def publish_draft(
    key: str, *, edition: int, actor: Actor, at: datetime, publish_at: datetime | None = None
) -> int:
    """Put a draft in force: now (the number of its version), or at an instant to come (0).

    Raises: Refused; NotFound; Conflict when another version came in between; Invalid listing its faults.
    """
    _require(actor)
    row = _held(key, edition)
    if row.base_n != _latest_n(key):
        raise Conflict("processes.error.draft_stale", n=_latest_n(key))
    tables = orjson.loads(row.text)
    if publish_at is None or publish_at <= at:
        n = publish(tables, actor=actor, at=at)
        row.delete()
        return n
    check(tables)
    row.publish_at = publish_at
    row.edition += 1
    row.save()
    audit(
        "processes.schedule_draft", Ref("process_definition", key), actor=actor, at=at,
        detail={"on": publish_at.isoformat()},
    )  # fmt: skip
    return 0


@command
def recall_draft(key: str, *, edition: int, actor: Actor, at: datetime) -> DraftShown:
    """Take a draft back that waits for its day, to change it on. Raises: Refused, NotFound, Conflict."""
    _require(actor)
    row = _held(key, edition, waits=True)
    row.publish_at = None
    row.edition += 1
    row.save()
    audit("processes.recall_draft", Ref("process_definition", key), actor=actor, at=at)
    return drafting.shown(row)


@command
def publish_due(*, actor: Actor, at: datetime) -> int:
    """Put in force whose instant has come; how many. One that no longer may be (another version came in between) is kept as an
    open draft, and the audit says why. Once: a draft is gone when it was published."""
    n = 0
    for key in list(drafting.due_drafts(at)):
        row = Draft.objects.select_for_update().get(pk=key)
        stale = row.base_n != _latest_n(key)
        try:
            if stale:
                raise Conflict("processes.error.draft_stale", n=_latest_n(key))
            publish(orjson.loads(row.text), actor=actor, at=at)
            row.delete()
            n += 1
        except CityError as error:
            row.publish_at = None
            row.edition += 1
            row.save()
            thing = Ref("process_definition", key)
            audit("processes.not_published", thing, actor=actor, at=at, detail={"why": error.code})
    return n


def _require(actor: Actor) -> None:
    if actor.kind != "system" and not actor.holds("admin"):
        raise Refused("processes.error.admin_only")


def _held(key: str, edition: int, *, waits: bool = False) -> Draft:
    row = Draft.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("processes.error.no_draft", key=key)
    if row.edition != edition:
        raise Conflict("processes.error.draft_changed")
    if row.publish_at is not None and not waits:
        raise Conflict("processes.error.draft_waits")
    return row
