"""Agencies over time: editing, ending with a successor, and whether they can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref
from ngomon.core.units import command
from ngomon.directory.commands.edition import lock_city, next_edition, require_editor
from ngomon.directory.commands.fields import apply_fields
from ngomon.directory.models import Agency, Post, ReadinessMark
from ngomon.directory.terms import READINESS, AgencyReady, AgencySucceeded, PostEnded


def _lock(key: str) -> Agency:
    row = Agency.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise NotFound("directory.no_agency", key=key)
    return row


@command
def edit_agency(key: str, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Somebody corrects an agency's particulars; `name` and `short` are given by language.

    Once: the same again changes nothing. Raises: Refused, NotFound, Invalid (field by field).
    """
    require_editor(actor)
    city = lock_city()
    row = _lock(key)
    changed = apply_fields("agencies", row, changes)
    if not changed:
        return
    if {"valid_to", "successor"} & set(changed):
        row.succession_told = False
    row.save()
    audit("directory.edit_agency", Ref("agency", key), actor=actor, at=at, detail={"fields": changed})
    next_edition(city, actor=actor, at=at)


@command
def add_agency(key: str, values: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """A new agency is set up. Raises: Refused, Conflict when the key is taken, Invalid (field by field)."""
    require_editor(actor)
    city = lock_city()
    if Agency.objects.filter(key=key).exists():
        raise Conflict("directory.key_taken", key=key)
    row = Agency(key=key)
    changed = apply_fields("agencies", row, {"key": key, **values})
    if not row.kind or not row.name:
        raise Invalid.field("name" if not row.name else "kind", "directory.pack.empty")
    row.save(force_insert=True)
    audit("directory.add_agency", Ref("agency", key), actor=actor, at=at, detail={"fields": changed})
    next_edition(city, actor=actor, at=at)


@command
def close_agency(key: str, successor: str, on: date, *, actor: Actor, at: datetime) -> None:
    """An agency ends on a day (its first day no longer in force) and another takes its place; its posts end with it.

    Its open work moves when the day has come. Raises: Refused, NotFound, Conflict, Invalid.
    """
    require_editor(actor)
    city = lock_city()
    row, heir = _lock(key), _lock(successor)
    if row.valid_to is not None and row.valid_to <= on:
        raise Conflict("directory.agency.ended", key=key, on=row.valid_to.isoformat())
    starts = row.valid_from
    is_heir_there = (heir.valid_from is None or heir.valid_from <= on) and (
        heir.valid_to is None or on < heir.valid_to
    )
    if key == successor or not is_heir_there or (starts is not None and on < starts):
        raise Invalid.field("successor", "directory.agency.bad_successor", successor=successor)
    row.valid_to, row.successor, row.succession_told = on, successor, False
    _end_posts(row, on, actor=actor, at=at)
    row.save()
    detail = {"successor": successor, "on": on.isoformat()}
    audit("directory.close_agency", Ref("agency", key), actor=actor, at=at, detail=detail)
    next_edition(city, actor=actor, at=at)


def _end_posts(row: Agency, on: date, *, actor: Actor, at: datetime) -> None:
    open_posts = Post.objects.filter(agency=row.key, valid_to__isnull=True)
    for post in open_posts:
        told = PostEnded(post=str(post.id), agency=row.key, role=post.role, on=on.isoformat())
        emit(row, told, actor=actor, at=at, audience=[f"agency:{row.key}"])
    open_posts.update(valid_to=on)


def tell_successions(on: date, *, actor: Actor, at: datetime) -> int:
    """Inside a unit: announce the agencies whose last day has come, once each; how many."""
    due = Agency.objects.select_for_update().filter(valid_to__lte=on, succession_told=False)
    rows = list(due.exclude(successor=""))
    for row in rows:
        told = AgencySucceeded(agency=row.key, successor=row.successor)
        emit(row, told, actor=actor, at=at, audience=[f"agency:{row.key}", f"agency:{row.successor}", "ioc"])
        row.succession_told = True
        audit("directory.succeed_agency", Ref("agency", row.key), actor=actor, at=at)
    Agency.objects.bulk_update(rows, ["succession_told", "version"])
    return len(rows)


@command
def settle_successions(on: date, *, actor: Actor, at: datetime) -> int:
    """A day has come: the agencies that end on it hand over; how many. Once: each is announced once."""
    require_editor(actor)
    return tell_successions(on, actor=actor, at=at)


@command
def acknowledge_readiness(agency: str, post_role: str, *, actor: Actor, at: datetime) -> bool:
    """Somebody of an agency answered the test message for their post; whether the agency is ready now.

    Once: again changes nothing. Raises: NotFound, Invalid.
    """
    if post_role not in READINESS:
        raise Invalid.field("post_role", "directory.agency.bad_post_role", role=post_role)
    city = lock_city()
    row = _lock(agency)
    marks = ReadinessMark.objects.filter(agency=agency)
    before = set(marks.values_list("post_role", flat=True))
    is_ready = {*before, post_role} >= set(READINESS)
    if post_role in before:
        return is_ready
    ReadinessMark.objects.create(agency=agency, post_role=post_role, acknowledged_at=at, actor_id=actor.id)
    if is_ready:
        emit(row, AgencyReady(agency=agency), actor=actor, at=at, audience=[f"agency:{agency}", "ioc"])
        row.save(update_fields=["version"])
    detail = {"post_role": post_role}
    audit("directory.acknowledge_readiness", Ref("agency", agency), actor=actor, at=at, detail=detail)
    next_edition(city, actor=actor, at=at)
    return is_ready


@command
def withdraw_readiness(agency: str, post_role: str, *, actor: Actor, at: datetime) -> None:
    """A post changed hands: its new holder has not answered a test message yet. Once: again changes nothing."""
    city = lock_city()
    if ReadinessMark.objects.filter(agency=agency, post_role=post_role).delete()[0]:
        detail = {"post_role": post_role}
        audit("directory.withdraw_readiness", Ref("agency", agency), actor=actor, at=at, detail=detail)
        next_edition(city, actor=actor, at=at)
