"""Undoing an action exactly: what a process was is kept before, and given back after, its clock and counts included.

The log keeps both the action and its undoing. Who may undo what, and until when, is decided by the room that owns the matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, NotFound
from ngomon.core.ids import Ref
from ngomon.core.rows import give_back, kept, save
from ngomon.core.units import command

from .. import queries, rows
from ..models import Consultation, Instance, LedgerEntry, Task
from ..terms import Moved, Restored
from .moving import about, tell


def as_it_is(of: Ref) -> dict[str, Any]:
    """All that `restore` needs to bring the process of a thing back to now; JSON takes it. Raises: NotFound."""
    instance = rows.latest(of)
    if instance is None:
        raise NotFound("processes.error.no_process", of=of.label or of.key)
    ledger: dict[str, datetime | None] = {}
    if instance.has_ledger:
        entries = LedgerEntry.objects.filter(instance_id=instance.pk)
        ledger = {str(key): to_at for key, to_at in entries.values_list("id", "to_at")}
    asked: list[UUID] = []
    if instance.consulting:
        parts = Consultation.objects.filter(instance_id=instance.pk, closed_at__isnull=True)
        asked = list(parts.values_list("id", flat=True))
    return {
        "id": instance.pk,
        "version": instance.version,
        "row": kept(instance),
        "ledger": ledger,
        "asked": asked,
    }


@command
def restore(of: Ref, was: Mapping[str, Any], *, version: int, actor: Actor, at: datetime) -> Moved:
    """Bring a process back to what `as_it_is` kept: step, agency, officer, clock, open consultations, counts.

    Raises: Conflict when it is not at the version that the undone action left it at; NotFound.
    """
    instance = rows.latest(of, hold=True)
    if instance is None:
        raise NotFound("processes.error.no_process", of=of.label or of.key)
    if str(instance.pk) != str(was["id"]) or instance.version != version:
        raise Conflict("processes.error.moved_on", step=instance.step)
    before = rows.counted(instance)
    is_stale, wake_at = instance.is_stale, instance.wake_at
    give_back(instance, was["row"])
    if is_stale:
        instance.is_stale, instance.wake_at = True, wake_at
    Task.objects.filter(pk=instance.task).delete()
    _give_ledger_back(instance, was["ledger"])
    if was["asked"]:
        Consultation.objects.filter(id__in=[UUID(str(key)) for key in was["asked"]]).update(
            closed_at=None, opinion="", answer="", answered_by=""
        )
    tell(instance, Restored(*about(instance), instance.step), actor=actor, at=at)
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit("processes.restore", of, actor=actor, at=at, detail={"step": instance.step})
    return queries.moved(instance)


def _give_ledger_back(instance: Instance, was: Mapping[str, str | None]) -> None:
    """Entries that the undone action wrote go; a suspension that it ended stands open again."""
    entries = LedgerEntry.objects.filter(instance_id=instance.pk)
    entries.exclude(id__in=[int(key) for key in was]).delete()
    still_open = [int(key) for key, to_at in was.items() if to_at is None]
    if still_open:
        entries.filter(id__in=still_open).update(to_at=None)
