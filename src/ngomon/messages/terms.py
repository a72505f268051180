"""The words of messages: what was told to whom, by which ways out, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event

Values = Mapping[str, Any]
"""What fills a template: text, numbers, instants, or a name by language (`{"vi": …, "en": …}`)."""


class Way(StrEnum):
    """A way out of the house. The names are those of `core.deliveries.channels`."""

    SMTP = "smtp"
    SMS = "sms"
    VOICE = "voice"
    TRAY = "tray"


RINGS = frozenset({Way.SMS})
"""Ways that make a phone ring: they wait for the end of quiet hours, unless urgent."""


@dataclass(frozen=True, slots=True)
class Preference:
    """How somebody wants to hear from us. Quiet hours are local time and may pass midnight; equal ends mean none."""

    mail: bool = True
    sms: bool = True
    quiet_from: time = time(22, 0)
    quiet_to: time = time(6, 0)


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A message in its receiver's inbox, in the receiver's language."""

    id: UUID
    subject: str
    body: str
    url: str
    at: datetime
    read_at: datetime | None
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of an inbox; `next` is the cursor of the page after, empty at the end."""

    items: tuple[InboxItem, ...]
    next: str
    unread: int


@dataclass(frozen=True, slots=True)
class Told:
    """One sending of a message about a thing: by which way, to which (masked) address, how it stands.

    `state`: inbox (only there), queued, sending, sent, dead; `is_tray` when nothing outside took it.
    """

    message_id: UUID
    account_id: UUID | None
    template: str
    subject: str
    at: datetime
    read_at: datetime | None
    delivery_id: UUID | None = None
    channel: str = ""
    address: str = ""
    state: str = "inbox"
    sent_at: datetime | None = None
    due_at: datetime | None = None
    attempts: int = 0
    error: str = ""
    is_tray: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that did not go and waits for a person. No content, the address masked."""

    delivery_id: UUID
    channel: str
    address: str
    of: Ref
    purpose: str
    created_at: datetime
    attempts: int
    error: str
    can_resend: bool


@dataclass(frozen=True, slots=True)
class TrayItem:
    """A message as its receiver would have seen it, where nothing outside is connected. Units: price in đồng.

    `call_url`: the page on which whoever was called out answers.
    """

    id: UUID
    channel: str
    address: str
    subject: str
    text: str
    at: datetime
    segments: int
    price_vnd: int
    call_url: str = ""


_MESSAGES = UUID("3b0c5d0e-6f0b-5d4e-9a57-6e676f6d6f6e")


@dataclass(frozen=True, slots=True)
class Telling:
    """One of many messages to accounts: to whom, by which template with which values, of what; its id is of `message_id`."""

    to: UUID
    template: str
    values: Values
    of: Ref
    id: UUID


def message_id(event_id: UUID, receiver: UUID | str, template: str) -> UUID:
    """The id of the message that an event makes for a receiver: the same however often a reaction runs."""
    return uuid5(_MESSAGES, f"{event_id}:{receiver}:{template}")


def delivery_id(message: UUID, way: str) -> UUID:
    """The stable id of a message's sending by one way."""
    return uuid5(message, way)


# --- calling out ------------------------------------------------------------------------------------------------------


class Answer(StrEnum):
    """What somebody who was called out says: nhận / từ chối / đang tới / đã tới nơi / xong."""

    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"


class How(StrEnum):
    """How an answer came: a tap on the phone page, a key pressed in a voice call, or told by telephone and written down."""

    PAGE = "page"
    VOICE = "voice"
    TELEPHONE = "telephone"


CALLING = "calling"
"""The state of a call that nobody answered yet; every other state is an `Answer`."""


@dataclass(frozen=True, slots=True)
class CallShown:
    """One person called out about one thing, as that person sees it. Shape: `point` is (lon, lat)."""

    id: UUID
    account_id: UUID
    state: str
    is_over: bool
    subject: str
    body: str
    at: datetime
    answered_at: datetime | None
    of: Ref
    point: tuple[float, float] | None
    next: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach somebody by voice: what came of it. Units: seconds."""

    delivery_id: UUID
    at: datetime
    outcome: str
    digit: str
    seconds: int


@event("messages.answered")
class MessageAnswered(Event):
    """Somebody who was called out answered. `call` is the id that the caller gave."""

    call: str
    ref_kind: str
    ref_key: str
    account: str
    answer: str
    how: str
