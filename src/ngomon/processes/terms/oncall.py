"""The words of an alarm (báo động): who is called for something urgent, in which order, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ngomon.core.ids import Ref
from ngomon.core.terms import Event, event

ALARM = "alarm"


class AlarmState(StrEnum):
    """How an alarm stands: somebody is being called, somebody took it, is on the way, is there; done; called off.

    `calling` is the only state without anybody: it never ends by itself.
    """

    CALLING = "calling"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DONE = "done"
    CALLED_OFF = "called_off"


OVER = frozenset({AlarmState.DONE, AlarmState.CALLED_OFF})


class RungKind(StrEnum):
    """Who is called, from below: người trực, người trực thay, bộ phận tiếp nhận và lãnh đạo cơ quan, trưởng ca, lãnh đạo thành phố."""

    DUTY = "duty"
    SUBSTITUTE = "substitute"
    AGENCY = "agency"
    SHIFT_LEAD = "shift_lead"
    LEADER = "leader"
    BY_HAND = "by_hand"


class Outcome(StrEnum):
    """What became of one call: an answer, nobody answered in time, the operator skipped it, or it was needed no more."""

    OPEN = ""
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    PASSED = "passed"
    SKIPPED = "skipped"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who may be called. `stands_in_for`: the absent holder of the post."""

    account: UUID
    rung: str
    stands_in_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class Out:
    """Somebody who is on the way to another alarm, or there. `label`: of what, empty where only a few may know of it."""

    account: UUID
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class ContactLeft:
    """Somebody in the chain of an alarm as the desk sees them; `out`: on another one."""

    account: UUID
    name: str
    rung: str
    out: Out | None


@dataclass(frozen=True, slots=True)
class Called:
    """One call of an alarm. `round` counts from 0."""

    id: UUID
    account: UUID
    rung: str
    round: int
    outcome: str = Outcome.OPEN


@dataclass(frozen=True, slots=True)
class CalledShown:
    """One call as the desk sees it."""

    id: UUID
    account: UUID
    name: str
    rung: str
    round: int
    outcome: str
    at: datetime
    outcome_at: datetime | None
    how: str
    stands_in_for: str = ""


@dataclass(frozen=True, slots=True)
class AlarmShown:
    """An alarm as the desk sees it. `next_at`: when the next contact is called by itself; `reached_end`: everybody was."""

    id: UUID
    of: Ref
    agency: str
    area: str
    severity: str
    reasons: tuple[Mapping[str, Any], ...]
    state: str
    round: int
    waits: str
    holder: UUID | None
    holder_name: str
    next_at: datetime | None
    raised_at: datetime
    acknowledged_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    reached_end: bool
    calls: tuple[CalledShown, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing is to do any more."""
        return self.state in OVER


@event("processes.alarm_raised")
class AlarmRaised(Event):
    """Something urgent needs somebody at once."""

    alarm: str
    of_kind: str
    of_key: str
    agency: str
    severity: str


@event("processes.contact_called")
class ContactCalled(Event):
    """Somebody was called out for an alarm."""

    alarm: str
    of_kind: str
    of_key: str
    call: str
    account: str
    rung: str
    round: int


@event("processes.alarm_answered")
class AlarmAnswered(Event):
    """Somebody who was called answered, and how the alarm then stands."""

    alarm: str
    of_kind: str
    of_key: str
    account: str
    answer: str
    how: str
    state: str


@event("processes.chain_ended")
class ChainEnded(Event):
    """Everybody was called up to the leader and nobody took it: it stays open, and the round begins anew."""

    alarm: str
    of_kind: str
    of_key: str
    round: int


@event("processes.alarm_moved")
class AlarmMoved(Event):
    """The alarm goes to another agency's people."""

    alarm: str
    of_kind: str
    of_key: str
    agency: str


@event("processes.alarm_ended")
class AlarmEnded(Event):
    """Done on the spot, or called off (`reason`: a code)."""

    alarm: str
    of_kind: str
    of_key: str
    state: str
    reason: str
