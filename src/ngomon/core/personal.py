"""The registry of personal data: which fields hold it, how a person's data are exported and erased, room by room.

    class Reporter(models.Model):
        personal = {"name": "who reported", "contact": "sealed"}

    register("cases", export=export_reports, erase=erase_reports)

A model without `personal` has not been thought about, and a test refuses it in rooms that hold persons; all fields not
named are not personal. Erased persons stand on a list (ids only) in the database and beside it, in
`NGOMON_HOME/erasures.jsonl`; every process brings a restored database up to that list before it answers.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.apps import apps
from django.conf import settings
from django.db import models

from ngomon.core import clock
from ngomon.core.actors import Actor, system
from ngomon.core.audit import audit
from ngomon.core.engine import engine
from ngomon.core.ids import Ref
from ngomon.core.models import Erasure
from ngomon.core.units import command, current_unit, unit

log = structlog.get_logger("ngomon.personal")


class Export(Protocol):
    """All a room holds of a person, ready for JSON; empty where it holds nothing. Runs in a unit."""

    def __call__(self, person_id: UUID, *, actor: Actor, at: datetime) -> dict[str, Any]: ...


class Erase(Protocol):
    """Removes it from rows, files, search and caches; how many things were changed. Runs in a unit; safe to repeat."""

    def __call__(self, person_id: UUID, *, actor: Actor, at: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Holder:
    """A room that holds personal data."""

    room: str
    export: Export
    erase: Erase


holders: dict[str, Holder] = {}


def register(room: str, export: Export, erase: Erase) -> None:
    """Make a room known that holds personal data."""
    holders[room] = Holder(room, export, erase)


@command
def export_person(person_id: UUID, *, purpose: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """All the house holds of a person, by room. Audited as a look."""
    audit("personal.exported", Ref("person", str(person_id)), actor=actor, at=at, purpose=purpose)
    found = {name: holder.export(person_id, actor=actor, at=at) for name, holder in sorted(holders.items())}
    return {name: held for name, held in found.items() if held}


@command
def erase_person(person_id: UUID, *, purpose: str, actor: Actor, at: datetime) -> dict[str, int]:
    """Erase a person everywhere, and remember that they are to stay erased; how much, by room. Once: safe to repeat."""
    audit("personal.erased", Ref("person", str(person_id)), actor=actor, at=at, purpose=purpose)
    engine().erasing()
    # From the highest room down, so that what hangs on a person goes before the person.
    counted = {
        name: holder.erase(person_id, actor=actor, at=at) for name, holder in reversed(holders.items())
    }
    Erasure.objects.get_or_create(person_id=person_id, defaults={"erased_at": at})
    current_unit().after += [partial(_note, [(person_id, at)]), engine().erased]
    return counted


def _list_path() -> Path:
    return Path(settings.NGOMON_HOME) / "erasures.jsonl"


def _note(erased: Iterable[tuple[UUID, datetime]]) -> None:
    path = _list_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for person_id, at in erased:
            file.write(json.dumps({"person": str(person_id), "at": at.isoformat()}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def noted_erasures() -> dict[UUID, datetime]:
    """Who stands on the list beside the database. A last line that a crash cut off is passed over."""
    found: dict[UUID, datetime] = {}
    path = _list_path()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
            found.setdefault(UUID(row["person"]), datetime.fromisoformat(row["at"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def keep_list() -> int:
    """Put on the list whom a crash between commit and writing left out; how many. A duty does it."""
    noted = noted_erasures()
    missing = [row for row in Erasure.objects.values_list("person_id", "erased_at") if row[0] not in noted]
    if missing:
        _note(missing)
    return len(missing)


def unapplied() -> list[UUID]:
    """Who stands on the list beside the database and is not erased in it: the database is older than the list."""
    noted = noted_erasures()
    if not noted:
        return []
    known = set(Erasure.objects.values_list("person_id", flat=True))
    return [person_id for person_id in noted if person_id not in known]


def settle_restore() -> int:
    """Before a process answers or works: erase again whom a restored backup brought back; how many persons.

    One unit for each person, so that a kill in between loses nothing; two processes that start together do the same twice.
    What fails here keeps the process from starting: nobody is served what was to be gone.
    """
    found = unapplied()
    for person_id in found:
        with unit():
            erase_person(person_id, purpose="restore", actor=system("restore"), at=clock.now())
    if found:
        log.warning("a restored database was brought up to the list of the erased", persons=len(found))
    return len(found)


_TEXTS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
)


def unmarked(rooms: Iterable[str]) -> list[str]:
    """Models of these rooms with text in them that do not say which fields are personal, and names that are no field."""
    wrong: list[str] = []
    for room in rooms:
        for model in apps.get_app_config(room).get_models():
            marked: Any = model.__dict__.get("personal")
            fields = {field.name for field in model._meta.concrete_fields}
            has_text = any(isinstance(field, _TEXTS) for field in model._meta.concrete_fields)
            if marked is None and has_text:
                wrong.append(f"{room}.{model.__name__}")
            wrong += [f"{room}.{model.__name__}.{name}" for name in marked or {} if name not in fields]
    return sorted(wrong)


def personal_fields() -> dict[str, dict[str, str]]:
    """Every model's personal fields with the reason, for the register of processing that the law asks for."""
    return {
        f"{model._meta.app_label}.{model.__name__}": dict(model.__dict__["personal"])
        for model in apps.get_models()
        if model.__dict__.get("personal")
    }
