"""Writing into the log of a room. Lines are never changed: what was wrong is corrected by another line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.commitments import commit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import plain_number
from ngomon.core.rows import fetch, hold, save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.identity.rules import require

from ..models import LogLine, Room
from ..rules import MAX_WORDS
from ..terms import Logged, LogKind, Phase

WRITABLE = frozenset({LogKind.NOTE, LogKind.BRIEFING, LogKind.LESSON, LogKind.CORRECTION})
NEVER = frozenset({Phase.PROPOSED, Phase.DISMISSED, Phase.CLOSED})


AUDIENCE = ["ioc", "role:leader", "role:city_office", "role:admin"]
"""Who hears live of what happens in a room."""


def held(room: UUID | str) -> Room:
    """A room by id or number, held until the unit ends. Raises: NotFound."""
    column, key = ("id", room) if isinstance(room, UUID) else ("number", plain_number(room))
    rows = fetch(Room, f'WHERE "{column}" = %s' + hold(), [key])
    if not rows:
        raise NotFound("incidents.error.no_room", number=str(room))
    return rows[0]


def working(room: UUID | str) -> Room:
    """A room in which something may still be done. Raises: Conflict when it is proposed, dismissed or ended; NotFound."""
    found = held(room)
    if found.phase in NEVER | {Phase.ENDED}:
        raise Conflict("incidents.error.not_working", number=found.number)
    return found


def write(
    room: Room,
    kind: str,
    words: str,
    values: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
    at: datetime,
    happened_at: datetime | None = None,
    heard_by: str = "",
    corrects: int | None = None,
) -> int:
    """Append a line to the log of a held room; its number. The caller saves the room."""
    room.lines += 1
    happened = happened_at or at
    said = json.dumps(dict(values or {}), ensure_ascii=False, sort_keys=True)
    salt, commitment = commit(f"{kind}\n{words}\n{said}\n{heard_by}")
    LogLine.objects.create(
        room=room, n=room.lines, at=happened, written_at=at, kind=kind, words=words, values=said,
        by=actor.told_as, heard_by=heard_by[:200], corrects=corrects, salt=salt,
    )  # fmt: skip
    told = Logged(str(room.pk), room.lines, kind, happened.isoformat())
    emit(room, told, actor=actor, at=at, audience=AUDIENCE, commitment=commitment)
    return room.lines


@command
def write_log(
    room: str,
    words: str,
    *,
    kind: str = LogKind.NOTE,
    happened_at: datetime | None = None,
    corrects: int | None = None,
    actor: Actor,
    at: datetime,
) -> int:
    """Write a note, a joint briefing, a lesson or a correction into a room's log; the line's number.

    Raises: Refused; Conflict for a closed room; Invalid for no words, a time that lies ahead, a line that is not there.
    """
    require(actor, "incident.command")
    found, said = held(room), clean(words)[:MAX_WORDS]
    if found.phase in NEVER:
        raise Conflict("incidents.error.not_working", number=found.number)
    if kind not in WRITABLE or (kind == LogKind.CORRECTION) != (corrects is not None):
        raise Invalid.field("kind", "incidents.error.bad_kind")
    if not said:
        raise Invalid.field("words", "incidents.error.no_words")
    if happened_at is not None and happened_at > at:
        raise Invalid.field("happened_at", "incidents.error.ahead")
    if corrects is not None and not 1 <= corrects <= found.lines:
        raise Invalid.field("corrects", "incidents.error.no_line")
    n = write(found, kind, said, actor=actor, at=at, happened_at=happened_at, corrects=corrects)
    save(found)
    return n
