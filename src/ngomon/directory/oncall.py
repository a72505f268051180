"""How people on call are called: by which ways, after how many minutes, and when the next one is. Pure.

A row of a pack's `oncall.csv` names an agency (`*`: all that say nothing of their own) and a way. Several rows of one way
are several tries. Rows are date-effective.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

ALL = "*"


class CallWay(StrEnum):
    """A way to call somebody; `next` and `again` are no ways but waits: for the next contact, and before a new round."""

    INBOX = "inbox"
    SMS = "sms"
    VOICE = "voice"
    MAIL = "mail"
    NEXT = "next"
    AGAIN = "again"


WAITS = frozenset({CallWay.NEXT, CallWay.AGAIN})


@dataclass(frozen=True, slots=True)
class CallLine:
    """One row of the table, in force. Units: minutes after the contact's turn began."""

    agency: str
    way: str
    after_m: float


@dataclass(frozen=True, slots=True)
class CallPlan:
    """How one contact is called and how long the call waits. `ways` in the order of their minutes. Units: minutes."""

    ways: tuple[tuple[str, float], ...]
    next_m: float
    again_m: float


FALLBACK = (
    CallLine(ALL, CallWay.INBOX, 0),
    CallLine(ALL, CallWay.SMS, 0),
    CallLine(ALL, CallWay.VOICE, 0.5),
    CallLine(ALL, CallWay.NEXT, 3),
    CallLine(ALL, CallWay.AGAIN, 10),
)
"""Where a pack has no table: nobody stays uncalled for that."""


def plan_of(agency: str, lines: Iterable[CallLine]) -> CallPlan:
    """An agency's plan: its own ways if it has any, else everybody's; its own waits, else everybody's."""
    known = list(lines)
    own = [line for line in known if line.agency == agency]
    all_ = [line for line in known if line.agency == ALL]

    def ways(rows: Iterable[CallLine]) -> list[CallLine]:
        return [row for row in rows if row.way not in WAITS]

    chosen = ways(own) or ways(all_) or ways(FALLBACK)
    wait = {line.way: line.after_m for group in (FALLBACK, all_, own) for line in group if line.way in WAITS}
    ordered = sorted(chosen, key=lambda row: row.after_m)
    return CallPlan(tuple((row.way, row.after_m) for row in ordered), wait[CallWay.NEXT], wait[CallWay.AGAIN])


@dataclass(frozen=True, slots=True)
class ReceptionHours:
    """From which day on reports that are not urgent are not taken up between these times. Equal times: never closed."""

    valid_from: date
    night_from: time
    night_to: time


def reception_hours(rows: Any, first: ReceptionHours) -> tuple[ReceptionHours, ...]:
    """The hours that `city.toml` gives, the earliest first; a row that cannot be read is left out."""
    found = [first]
    for row in rows if isinstance(rows, list) else []:
        try:
            begins, ends = (time.fromisoformat(str(row[name])) for name in ("night_from", "night_to"))
            found.append(ReceptionHours(date.fromisoformat(str(row["valid_from"])), begins, ends))
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(sorted(found, key=lambda hours: hours.valid_from))


def taken_up_at(at: datetime, hours: Iterable[ReceptionHours], zone: tzinfo) -> datetime | None:
    """When a report that is not urgent is taken up, where that is later than it came in; None while the desk is open."""
    local = at.astimezone(zone)
    held = [h for h in hours if h.valid_from <= local.date()]
    if not held or held[-1].night_from == held[-1].night_to:
        return None
    begins, ends = held[-1].night_from, held[-1].night_to
    moment = local.time().replace(tzinfo=None)
    is_closed = begins <= moment < ends if begins < ends else moment >= begins or moment < ends
    if not is_closed:
        return None
    opens = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return opens if opens > local else opens + timedelta(days=1)
