"""Reads of alarms: who may be called for one now, in which order; the open ones with every step, for the desk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref
from ngomon.directory import queries as directory
from ngomon.directory.terms import DutySlot
from ngomon.identity import queries as identity
from ngomon.identity.rules import may, require
from ngomon.identity.terms import IOC_ROLES, Holder

from .knowing import kept_among
from .models import Alarm, AlarmCall
from .rules.oncall import Group, behind, chain
from .terms.oncall import AlarmShown, AlarmState, CalledShown, Contact, ContactLeft, Out, RungKind

RECENT = timedelta(hours=24)
GONE = (AlarmState.EN_ROUTE, AlarmState.ON_SCENE)
"""Who has said so is not at hand for another alarm."""


def groups_for(
    agency: str, area: str, at: datetime, *, kept: frozenset[str] = frozenset(), alarm: UUID | None = None
) -> tuple[Group, ...]:
    """Who is called for an agency and area now, in this order: on duty, their substitutes, the agency, shift lead, leader.

    Whoever is out on another alarm than this one comes behind the rest of the agency, unless the city wants it otherwise.
    Of a matter that only the roles `kept` may know of, whoever holds one of them, the shift lead first; nobody else.
    """
    if kept:
        return chain(_kept_contacts(kept, at))
    groups = chain(_contacts(agency, area, at))
    if directory.calls_out_as_ever():
        return groups
    return behind(groups, who_is_out((c.account for group in groups for c in group), but=alarm))


def who_is_out(accounts: Iterable[UUID], *, but: UUID | None = None) -> dict[UUID, Out]:
    """Which of these are on the way to an alarm, or there; `but` is passed over. One statement."""
    rows = Alarm.objects.filter(holder__in=list(accounts), state__in=GONE, ended_at__isnull=True)
    rows = rows.exclude(pk=but) if but else rows
    found = rows.order_by("raised_at").values_list("holder", "state", "of_label", "audience")
    return {
        holder: Out(holder, state, "" if kept_among(audience) else label)
        for holder, state, label, audience in found
        if holder is not None
    }


def _kept_contacts(kept: frozenset[str], at: datetime) -> Iterator[Contact]:
    for role in sorted(kept, key=lambda role: (role != "ioc_lead", role)):
        rung = RungKind.SHIFT_LEAD if role == "ioc_lead" else RungKind.DUTY
        yield from _as(rung, identity.holders(role, None, None, at))


def _contacts(agency: str, area: str, at: datetime) -> Iterator[Contact]:
    slots = _of_area(directory.on_duty(agency, at), area) if agency else []
    posts = [p for slot in slots for p in (slot.post, slot.substitute) if p is not None]
    held = identity.holders_of_posts(posts, at) if posts else {}
    for slot in slots:
        yield from _as(RungKind.DUTY, held.get(slot.post, ()))
    for slot in slots:
        if slot.substitute is not None:
            yield from _as(RungKind.SUBSTITUTE, held.get(slot.substitute, ()))
    for role in ("agency_head",) if slots else ("agency_clerk", "agency_head"):
        if agency:
            yield from _as(RungKind.AGENCY, identity.holders(role, agency, None, at))
    yield from _as(RungKind.SHIFT_LEAD, identity.holders("ioc_lead", None, None, at))
    leaders = identity.holders("leader", None, None, at)
    yield from _as(RungKind.LEADER, leaders or identity.holders("city_office", None, None, at))


def _of_area(slots: list[DutySlot], area: str) -> list[DutySlot]:
    """Posts of the area itself first, then those of the whole agency; those of other areas only where there are no such."""
    areas = {slot.post: directory.post(slot.post).area for slot in slots}
    fitting = [s for s in slots if areas[s.post] == area] if area else []
    fitting += [s for s in slots if not areas[s.post] and s not in fitting]
    return fitting or slots


def _as(rung: str, holders: Iterable[Holder]) -> Iterator[Contact]:
    for holder in holders:
        yield Contact(holder.account_id, rung, holder.stands_in_for)


# --- for the desk -----------------------------------------------------------------------------------------------------


def alarms_open(*, actor: Actor, limit: int = 100) -> list[AlarmShown]:
    """Every alarm that is not over, those nobody has first, then the oldest. An agency sees its own. Raises: Refused."""
    rows = _seen(Alarm.objects.filter(ended_at__isnull=True), actor)
    found = _shown(list(rows.order_by("raised_at")[:limit]))
    return sorted(found, key=lambda a: (a.state != "calling", a.raised_at))


def alarms_over(*, actor: Actor, at: datetime, limit: int = 20) -> list[AlarmShown]:
    """What ended within a day, latest first. Raises: Refused."""
    rows = _seen(Alarm.objects.filter(ended_at__gte=at - RECENT), actor)
    return _shown(list(rows.order_by("-ended_at")[:limit]))


def alarm(key: UUID, *, actor: Actor) -> AlarmShown:
    """One alarm. Raises: NotFound, Refused."""
    found = _shown(list(_seen(Alarm.objects.filter(pk=key), actor)))
    if not found:
        raise NotFound("processes.error.no_alarm")
    return found[0]


def alarms_of(of: Ref, *, actor: Actor) -> list[AlarmShown]:
    """The alarms of a thing, latest first; none for who may not see alarms."""
    if not may(actor, "alarm.see"):
        return []
    rows = _seen(Alarm.objects.filter(of_key=of.key, of_kind=of.kind), actor)
    return _shown(list(rows.order_by("-raised_at")))


def alarms_held(account: UUID) -> list[tuple[UUID, Ref, str]]:
    """The alarms that somebody took and that are not over, with their agency: what goes back when he leaves."""
    rows = Alarm.objects.filter(holder=account, ended_at__isnull=True).order_by("raised_at")
    names = ("id", "agency", "of_kind", "of_key", "of_label", "of_url")
    return [(row[0], Ref(*row[2:]), row[1]) for row in rows.values_list(*names)]


def alarms_of_agency(agency: str) -> list[Ref]:
    """What an agency has alarms about that are not over."""
    rows = Alarm.objects.filter(agency=agency, ended_at__isnull=True).order_by("raised_at")
    return [Ref(*row) for row in rows.values_list("of_kind", "of_key", "of_label", "of_url")]


def contacts_left(shown: AlarmShown, at: datetime) -> list[ContactLeft]:
    """Everybody in the chain now, called or not: whom an operator may telephone, and who is out."""
    kept = kept_among(Alarm.objects.values_list("audience", flat=True).get(pk=shown.id))
    groups = groups_for(shown.agency, shown.area, at, kept=kept, alarm=shown.id)
    contacts = [contact for group in groups for contact in group]
    names = identity.names_of(c.account for c in contacts)
    out = who_is_out((c.account for c in contacts), but=shown.id)
    return [ContactLeft(c.account, names.get(c.account, ""), c.rung, out.get(c.account)) for c in contacts]


def _seen(rows: QuerySet[Alarm], actor: Actor) -> QuerySet[Alarm]:
    """What an actor may see: the centre, office and leaders all; an agency its own. A kept one only who hears of it."""
    require(actor, "alarm.see")
    if actor.kind == "system" or actor.holds("ioc_operator", "ioc_lead"):
        return rows
    if actor.holds(*IOC_ROLES, "city_office", "leader", "admin"):
        return rows.exclude(audience__startswith="role:")
    return rows.filter(Q(agency__in=list(actor.agencies()))).exclude(audience__startswith="role:")


def _shown(rows: list[Alarm]) -> list[AlarmShown]:
    calls: dict[UUID, list[AlarmCall]] = {}
    for call in AlarmCall.objects.filter(alarm__in=rows).order_by("alarm", "n"):
        calls.setdefault(call.alarm_id, []).append(call)
    people = {c.account for group in calls.values() for c in group}
    people |= {c.stands_in_for for group in calls.values() for c in group if c.stands_in_for}
    names = identity.names_of(people | {row.holder for row in rows if row.holder})
    return [_one(row, calls.get(row.pk, []), names) for row in rows]


def _one(row: Alarm, calls: list[AlarmCall], names: dict[UUID, str]) -> AlarmShown:
    return AlarmShown(
        id=row.pk,
        of=Ref(row.of_kind, row.of_key, row.of_label, row.of_url),
        agency=row.agency,
        area=row.area,
        severity=row.severity,
        reasons=tuple(json.loads(row.reasons)),
        state=row.state,
        round=row.round,
        waits=row.waits,
        holder=row.holder,
        holder_name=names.get(row.holder, "") if row.holder else "",
        next_at=row.wake_at,
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        arrived_at=row.arrived_at,
        ended_at=row.ended_at,
        reached_end=row.ended_rounds > 0,
        calls=tuple(
            CalledShown(
                c.pk,
                c.account,
                names.get(c.account, ""),
                c.rung,
                c.round,
                c.outcome,
                c.at,
                c.outcome_at,
                c.how,
                names.get(c.stands_in_for, "") if c.stands_in_for else "",
            )
            for c in calls
        ),
    )
