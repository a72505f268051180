"""Messages on their way out. A command enqueues; the worker sends between units; a repeat bears the same stable id.

A channel is a port: `send(id, address, content) -> receipt`. It raises `Undeliverable` when no repeat can help, anything
else is tried again with growing pauses, then the row is dead and waits for a person to resend it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from ngomon.core.errors import Unavailable
from ngomon.core.ids import Ref, uuid7
from ngomon.core.models import Delivery, DeliveryState
from ngomon.core.rows import Statement, inserting
from ngomon.core.secrets import open_text, seal_text
from ngomon.core.units import Unit, before_commit, current_unit

PAUSES_S = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
LEASE_S = 120


class Undeliverable(Exception):
    """The receiver refused for good (no such mailbox, number not in use): no repeat can help."""


class Channel(Protocol):
    """One way out."""

    def send(self, id: UUID, address: str, content: Mapping[str, Any]) -> str:
        """Hand over one message under its stable id; a word of the receiver's to keep. May be called again."""
        ...


@runtime_checkable
class Lined(Protocol):
    """A channel that is busy for long with one message (a telephone call) and has several lines."""

    lines: int


@runtime_checkable
class Resting(Protocol):
    """A channel that keeps a line open from one message to the next."""

    def rest(self) -> None:
        """Nothing more to send for now: close what is open."""
        ...


class Rank(IntEnum):
    """What goes ahead of what else is due: somebody waits at a sign-in page; somebody is needed at once; all the rest."""

    CODE = 0
    CALL = 1
    REST = 2


channels: dict[str, Channel] = {}


def register_channel(name: str, channel: Channel) -> None:
    """Make a way out known under a name."""
    channels[name] = channel


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery, opened for sending."""

    id: UUID
    channel: str
    address: str
    content: dict[str, Any]
    attempts: int


_COLUMNS = (
    "id",
    "channel",
    "address",
    "content",
    "ref_kind",
    "ref_key",
    "purpose",
    "state",
    "attempts",
    "created_at",
    "due_at",
    "purge_at",
    "error",
    "receipt",
    "rank",
)


def deliver(
    channel: str,
    address: str,
    content: Mapping[str, Any],
    *,
    purpose: str,
    of: Ref | None = None,
    at: datetime,
    id: UUID | None = None,
    not_before: datetime | None = None,
    purge_at: datetime | None = None,
    rank: Rank = Rank.REST,
) -> UUID:
    """Enqueue a message in the present unit; its stable id. `not_before` holds it back (quiet hours).

    Once: with the same `id` a second call would break the unit, so derive it where a reaction may repeat.
    """
    id = id or uuid7()
    ref = of or Ref("", "")
    sealed = seal_text(json.dumps(dict(content), ensure_ascii=False))
    row = (id, channel, seal_text(address), sealed, ref.kind, ref.key, purpose)
    state = (DeliveryState.QUEUED, 0, at, not_before or at, purge_at, "", "", int(rank))
    current_unit().deliveries.append((*row, *state))
    return id


@before_commit
def _write_deliveries(unit: Unit) -> Iterator[Statement]:
    return inserting(Delivery, _COLUMNS, unit.deliveries)


def _due(at: datetime, channel: str | None, but: Collection[str]) -> QuerySet[Delivery]:
    due = Delivery.objects.filter(state__in=[DeliveryState.QUEUED, DeliveryState.SENDING], due_at__lte=at)
    due = due.exclude(purge_at__lte=at)
    if channel is not None:
        due = due.filter(channel=channel)
    return due.exclude(channel__in=list(but)) if but else due


def has_due(at: datetime, channel: str | None = None, but: Collection[str] = ()) -> bool:
    """Whether anything waits to be sent (of this channel, or of all but some). Needs no unit."""
    return _due(at, channel, but).exists()


def claim(
    at: datetime, limit: int = 50, *, channel: str | None = None, but: Collection[str] = ()
) -> list[Outgoing]:
    """Inside a unit: take due messages for sending; they come back when the lease ends without an answer."""
    current_unit()
    due = _due(at, channel, but)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    rows = list(due.order_by("rank", "due_at")[:limit])
    Delivery.objects.filter(id__in=[row.id for row in rows]).update(
        state=DeliveryState.SENDING, due_at=at + timedelta(seconds=LEASE_S)
    )
    return [
        Outgoing(r.id, r.channel, open_text(r.address), json.loads(open_text(r.content)), r.attempts)
        for r in rows
    ]


def give_back(ids: list[UUID], *, at: datetime) -> None:
    """Inside a unit: these were taken and not begun; whoever comes next may have them."""
    current_unit()
    Delivery.objects.filter(id__in=ids, state=DeliveryState.SENDING).update(
        state=DeliveryState.QUEUED, due_at=at
    )


def send(message: Outgoing) -> str:
    """Outside units: hand one message to its channel. Raises: whatever the channel raises."""
    channel = channels.get(message.channel)
    if channel is None:
        raise Unavailable("core.delivery.no_channel", channel=message.channel)
    return channel.send(message.id, message.address, message.content)


def lines_of(channel: str) -> int:
    """How many messages may go by this channel at the same time; each then is taken by itself."""
    found: object = channels.get(channel)
    return max(1, found.lines) if isinstance(found, Lined) else 0


def rest(channel: str) -> None:
    """Outside units: a batch is through; a channel that keeps a line open closes it."""
    found: object = channels.get(channel)
    if isinstance(found, Resting):
        found.rest()


def sent(id: UUID, receipt: str, *, at: datetime) -> None:
    """Inside a unit: the receiver took it."""
    current_unit()
    Delivery.objects.filter(id=id).update(
        state=DeliveryState.SENT, sent_at=at, receipt=receipt[:200], error=""
    )


def failed(message: Outgoing, error: Exception, *, at: datetime) -> None:
    """Inside a unit: it did not go; when to try again, or that it is dead."""
    current_unit()
    attempts = message.attempts + 1
    is_dead = isinstance(error, Undeliverable) or attempts > len(PAUSES_S)
    pause = timedelta(seconds=PAUSES_S[min(attempts, len(PAUSES_S)) - 1])
    # A message that went meanwhile from another worker, after our lease, stays sent.
    Delivery.objects.filter(id=message.id, state=DeliveryState.SENDING).update(
        state=DeliveryState.DEAD if is_dead else DeliveryState.QUEUED,
        attempts=attempts,
        due_at=at + pause,
        error=f"{type(error).__name__}: {error}"[:500],
    )


def resend(id: UUID, *, at: datetime) -> bool:
    """Inside a unit: a person says try again; whether there was such a dead message."""
    current_unit()
    # A message that was withdrawn may be sent all the same: a person says so.
    dead = Delivery.objects.filter(id=id, state=DeliveryState.DEAD).exclude(content="")
    return bool(dead.update(state=DeliveryState.QUEUED, attempts=0, due_at=at, error=""))


@dataclass(frozen=True, slots=True)
class Posted:
    """How a message stands, without its content. `state` is queued, sending, sent or dead."""

    id: UUID
    channel: str
    ref: Ref
    purpose: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    error: str
    receipt: str


_POSTED = (
    *("id", "channel", "ref_kind", "ref_key", "purpose", "state", "attempts"),
    *("created_at", "due_at", "sent_at", "error", "receipt"),
)


def _posted(rows: Iterable[tuple[Any, ...]]) -> list[Posted]:
    return [Posted(r[0], r[1], Ref(r[2], r[3]), *r[4:]) for r in rows]


def posted(ids: Iterable[UUID]) -> dict[UUID, Posted]:
    """How these messages stand, by id."""
    rows = Delivery.objects.filter(id__in=list(ids)).values_list(*_POSTED)
    return {found.id: found for found in _posted(rows)}


def posted_dead(limit: int = 100) -> list[Posted]:
    """Messages that wait for a person, latest first."""
    dead = Delivery.objects.filter(state=DeliveryState.DEAD).exclude(error=WITHDRAWN)
    rows = dead.order_by("-created_at").values_list(*_POSTED)
    return _posted(rows[:limit])


def posted_to(receipt: str, limit: int = 100) -> list[tuple[Posted, str, dict[str, Any]]]:
    """What a receiver with this receipt took, latest first, with address and content where not yet purged."""
    rows = Delivery.objects.filter(state=DeliveryState.SENT, receipt=receipt).order_by(
        "-sent_at", "-created_at"
    )
    found = []
    for row in rows.values_list(*_POSTED, "address", "content")[:limit]:
        content = open_text(row[-1])
        found.append((_posted([row[:-2]])[0], open_text(row[-2]), json.loads(content) if content else {}))
    return found


def purge(at: datetime) -> int:
    """Inside a unit: forget address and content of what is past its `purge_at`; what was not sent by then is dead."""
    current_unit()
    past = Delivery.objects.filter(purge_at__lte=at).exclude(content="")
    past.filter(state__in=[DeliveryState.QUEUED, DeliveryState.SENDING]).update(
        state=DeliveryState.DEAD, error="expired"
    )
    return past.update(address="", content="")


def forget(ids: Iterable[UUID]) -> int:
    """Inside a unit: erase address and content of these messages; what is still queued is not sent any more."""
    current_unit()
    rows = Delivery.objects.filter(id__in=list(ids))
    rows.filter(state__in=[DeliveryState.QUEUED, DeliveryState.SENDING]).update(
        state=DeliveryState.DEAD, error="erased"
    )
    return rows.update(address="", content="", error="")


WITHDRAWN = "withdrawn"
"""What stands as the error of a message that was called back before it went: nobody has to see to it."""


def withdraw(ids: Iterable[UUID], *, at: datetime, only_tried: str = "") -> int:
    """Inside a unit: what of these is not on its way is not needed any more; how many. With `only_tried` just the messages
    of that channel that were tried before: what never went at all is still sent."""
    current_unit()
    rows = Delivery.objects.filter(id__in=list(ids), state=DeliveryState.QUEUED)
    if only_tried:
        rows = rows.filter(channel=only_tried, attempts__gt=0)
    return rows.update(state=DeliveryState.DEAD, error=WITHDRAWN, due_at=at)


def strike(of: Ref, change: Callable[[str], str]) -> int:
    """Inside a unit: change the words of all messages about a thing, also of those not sent yet; how many changed."""
    current_unit()
    changed = 0
    rows = Delivery.objects.select_for_update().filter(ref_kind=of.kind, ref_key=of.key).exclude(content="")
    for row in rows:
        held = json.loads(open_text(row.content))
        struck = {key: change(value) if isinstance(value, str) else value for key, value in held.items()}
        if struck != held:
            row.content = seal_text(json.dumps(struck, ensure_ascii=False))
            row.save(update_fields=["content"])
            changed += 1
    return changed
