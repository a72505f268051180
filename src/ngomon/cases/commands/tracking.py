"""What an answer binds the city to: a promised day, kept, moved or broken; a project that a recorded matter waits for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.directory import queries as directory

from ..models import Case, Entry, Project, Promise
from ..queries import live_audience
from ..rules import Effect
from ..terms import EntryKind, ProjectRecorded, ProjectReviewed, Status
from .steps import locked

_QUARTER = re.compile(
    r"(20[2-9]\d)[\s/.-]*(?:Q|quý|quy)?\s*([1-4])|(?:Q|quý|quy)?\s*([1-4])[\s/.-]+(20[2-9]\d)", re.I
)


def read_quarter(written: str) -> str:
    """ "2027-2" for "Quý 2/2027", "2027 Q2" and the like; empty for anything else."""
    found = _QUARTER.fullmatch(written.strip())
    if not found:
        return ""
    return f"{found[1]}-{found[2]}" if found[1] else f"{found[4]}-{found[3]}"


def follow(
    case: Case, action: str, said: Mapping[str, str], effect: Effect, *, actor: Actor, at: datetime
) -> None:
    """Keep the promises and projects of a case in step with what was just done."""
    if action == "commit" and case.commit_until_on is not None:
        _promise(case, at)
    elif action == "record":
        _record(case, said, at)
    if effect.publishes:
        _published(case, actor=actor, at=at)


def _promise(case: Case, at: datetime) -> None:
    """A new promise, or the same one with another day: then the first day stays beside it."""
    until = case.commit_until_on
    assert until is not None
    open_one = Promise.objects.filter(case=case, settled_on__isnull=True).order_by("-made_at").first()
    if open_one is None:
        Promise.objects.create(case=case, agency=case.agency, first_on=until, until_on=until, made_at=at)
    elif open_one.until_on != until:
        was_published = open_one.published_at is not None
        open_one.moved += was_published
        open_one.first_on = open_one.first_on if was_published else until
        open_one.until_on, open_one.agency = until, case.agency
        open_one.save(update_fields=["moved", "first_on", "until_on", "agency"])


def _record(case: Case, said: Mapping[str, str], at: datetime) -> None:
    quarter = read_quarter(said.get("quarter", ""))
    if not quarter:
        raise Invalid.field("quarter", "cases.error.quarter")
    Project.objects.update_or_create(
        case=case,
        defaults={
            "agency": case.agency,
            "name": said["project"].strip()[:200],
            "reference": said.get("reference", "").strip()[:200],
            "quarter": quarter,
            "recorded_at": at,
            "reviewed_at": None,
            "ended_at": None,
        },
    )


def _published(case: Case, *, actor: Actor, at: datetime) -> None:
    """A promise begins to count when it is public; another answer settles it on the day that it was given."""
    open_ones = Promise.objects.filter(case=case, settled_on__isnull=True)
    if case.status == Status.COMMITTED:
        open_ones.filter(published_at__isnull=True).update(published_at=at)
        return
    given = (
        Entry.objects.filter(case=case, kind=EntryKind.ANSWER).order_by("-at").values_list("at", flat=True)
    )
    open_ones.filter(published_at__isnull=True).delete()
    open_ones.update(settled_on=directory.local_day(given.first() or at))
    if case.status != Status.RECORDED:
        Project.objects.filter(case=case, ended_at__isnull=True).update(ended_at=at)
        return
    project = Project.objects.filter(case=case).first()
    if project is not None:
        event = ProjectRecorded(str(case.id), case.agency, project.quarter)
        emit(case, event, actor=actor, at=at, audience=live_audience(case))


@command
def review_project(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """The time has come to ask the agency how the project stands. Once: only a case that waits is asked about."""
    case = locked(case_id)
    project = Project.objects.filter(case=case, ended_at__isnull=True).first()
    if project is None or case.status != Status.RECORDED:
        return
    project.reviewed_at = at
    project.save(update_fields=["reviewed_at"])
    event = ProjectReviewed(str(case.id), case.agency)
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    audit("cases.review_project", case.ref, actor=actor, at=at)
