"""The words of work in bulk: how a bulk and its cases stand, saved filters, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ngomon.core.terms import Event, event

BULK = "bulk"
MOST_IN_BULK = 10_000
"""How many cases one bulk takes up; more are narrowed by the filter first."""


class BulkState(StrEnum):
    """Chosen → previewed → running → done; within ten minutes undoing → undone."""

    CHOSEN = "chosen"
    PREVIEWED = "previewed"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class RowResult(StrEnum):
    """What became of one case of a bulk. `kept`: changed by somebody since, so the undoing left it."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class BulkView:
    """A bulk as its page shows it. `until`: when undoing it ends, None before it is done or once messages went out."""

    id: UUID
    action: str
    fields: Mapping[str, str]
    filter: str
    state: str
    by: UUID
    at: datetime
    n: int
    waiting: int
    done: int
    refused: int
    undone: int
    kept: int
    until: datetime | None
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One case of a bulk. `code` is the key of the text that says why not, filled by `values`."""

    n: int
    case_id: UUID
    number: str
    result: str
    code: str
    values: Mapping[str, str]
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FilterView:
    """A saved filter. `query` is the address's part behind the question mark; `is_mine`: this reader may remove it."""

    id: UUID
    name: str
    query: str
    is_shared: bool
    is_mine: bool


@event("cases.bulk_started")
class BulkStarted(Event):
    """An officer started an action on many cases."""

    bulk_id: str
    action: str
    n: int


@event("cases.bulk_advanced")
class BulkAdvanced(Event):
    """Some more cases of a bulk were done."""

    bulk_id: str
    done: int
    refused: int


@event("cases.bulk_done")
class BulkDone(Event):
    """All cases of a bulk are through."""

    bulk_id: str
    done: int
    refused: int


@event("cases.bulk_undoing")
class BulkUndoing(Event):
    """A bulk is being undone; told at its start and as it goes on."""

    bulk_id: str
    undone: int
    kept: int


@event("cases.bulk_undone")
class BulkUndone(Event):
    """A bulk was undone, but for the cases that somebody had changed since."""

    bulk_id: str
    undone: int
    kept: int


@event("cases.bulk_released")
class BulkReleased(Event):
    """The time for undoing is over: reporters are told of the rows behind `after`."""

    bulk_id: str
    after: int
