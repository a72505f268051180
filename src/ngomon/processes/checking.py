"""Everything that is known against a definition: what forbids it, and what speaks for thinking again, the city's people and
calendar included. Reads; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.terms import Role

from .rules import checks, reading, soundness, staffing, timing
from .terms import Budget, Definition, Fault

KNOWN_ROLES = frozenset(Role)


def faults_of(definition: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with a definition's tables by themselves; it may be published when all that is left is advice.

    Ways through it are walked only when its graph has no faults.
    """
    made, found = reading.read(definition)
    found = found + (checks.faults(made, KNOWN_ROLES) if made else [])
    return found if found or made is None else soundness.faults(made)


def findings(raw: Mapping[str, Any], wholes: Iterable[Budget], *, at: datetime) -> list[Fault]:
    """`faults_of`, then as advice: steps that do not fit a whole, roles and shifts without anybody. `wholes`: the times that
    matters of this definition are given."""
    found = faults_of(raw)
    made, _ = reading.read(raw)
    if made is None or any(not fault.is_advice for fault in found):
        return found
    return [*found, *_fit(made, wholes, at), *staffing.faults(made, staff_at(at))]


def _fit(made: Definition, wholes: Iterable[Budget], at: datetime) -> list[Fault]:
    """The tightest whole decides; one line for each step."""
    space, day_s = soundness.explore(made), ordinary_day_s(at)
    worst: dict[str, Fault] = {}
    for whole in sorted(set(wholes), key=lambda w: timing.seconds(w, day_s), reverse=True):
        worst.update((fault.where, fault) for fault in timing.faults(made, space, whole, day_s))
    return list(worst.values())


def ordinary_day_s(at: datetime) -> float:
    """The working time of an ordinary day: the longest of the week that begins now. Units: seconds."""
    calendar = directory.working_calendar()
    first = calendar.local_day(at)
    days = [calendar.periods(first + timedelta(days=n)) for n in range(14)]
    return max((sum((b - a).total_seconds() for a, b in day) for day in days), default=0.0) or 8 * 3600.0


def staff_at(at: datetime) -> staffing.Staff:
    """Who holds which role where, and who is on duty when."""
    on = directory.local_day(at)
    posts = {post.id: post for post in directory.posts(None, on)}
    # Only agencies that lead work: those where somebody holds a post, or should.
    held = Counter((h.role, h.agency) for officer in identity.officers(at) for h in officer.holdings)
    led = {post.agency for post in posts.values() if post.agency} | {agency for _, agency in held if agency}
    agencies = tuple(a.key for a in directory.agencies(on) if a.key in led)
    duties: dict[str, dict[tuple[int, str], frozenset[str]]] = {}
    for agency in ("", *(a.key for a in directory.agencies(on))):
        for slot in directory.roster(agency):
            roles = {posts[id].role for id in (slot.post, slot.substitute) if id in posts}
            kept = duties.setdefault(agency, {})
            kept[slot.weekday, str(slot.shift)] = (
                kept.get((slot.weekday, str(slot.shift)), frozenset()) | roles
            )
    calendar = directory.working_calendar()
    office = {day.weekday() for n in range(14) if calendar.periods(day := on + timedelta(days=n))}
    return staffing.Staff(agencies, held, duties, tuple(sorted(office)))
