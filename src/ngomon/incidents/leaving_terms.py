"""The words of leaving: what somebody who goes has open, or an agency that ends; and what became of it when handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ngomon.core.ids import Ref


class Kind(StrEnum):
    """What may be open: a case, another matter with a process (directive, order), an alarm somebody took, a place in the
    duty roster, a seat in a command room, standing in for somebody who is away."""

    CASE = "case"
    MATTER = "matter"
    ALARM = "alarm"
    ROSTER = "roster"
    SEAT = "seat"
    STAND_IN = "stand_in"


EVERYTHING = frozenset(Kind) - {Kind.STAND_IN}
"""What can be handed over; another substitute is chosen with the absence."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One open thing. `key` names it among its kind; `is_returning`: it lies elsewhere now and would come back."""

    kind: str
    key: str
    of: Ref
    due_at: datetime | None = None
    is_returning: bool = False
    promised: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What could not be handed over, and why, as a text's key."""

    item: OpenItem
    code: str


@dataclass(frozen=True, slots=True)
class Handed:
    """What one hand-over did at once, what it could not, and the bulk that carries the cases over (None without any)."""

    done: int
    left: tuple[Left, ...]
    bulk: UUID | None
