"""What officers do with a case: every step of its process is one action, with the words and pictures that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid
from ngomon.core.events import emit
from ngomon.core.search import index
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.processes import commands as processes
from ngomon.processes.terms import Moved

from ..models import Case, Entry, Picture
from ..queries import line_of, live_audience
from ..rules import EFFECTS, NOTE_ONLY, Effect, proof_missing
from ..terms import (
    OPEN,
    Audience,
    CaseLine,
    CaseMoved,
    CommitmentMade,
    EntryKind,
    Photo,
    Status,
)
from .steps import add_pictures, count_moved, locked, scopes, write_entry


@command
def act_on_case(
    case_id: UUID,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    fields: Mapping[str, str] | None = None,
    photos: Sequence[Photo] = (),
    agency: str = "",
    assignee: UUID | None = None,
    version: int | None = None,
    vouched: bool = False,
) -> CaseLine:
    """Take one action on a case: verify, route, assign, answer, approve, publish… as its process allows now.

    `fields` holds the words that the action asks for; `vouched` says that the caller proved the actor to be the reporter.
    Raises: NotFound; Conflict (changed meanwhile, or not possible at this step); Refused; Invalid (fields, proof missing).
    """
    said = dict(fields or {})
    case = locked(case_id, version=version)
    before = scopes(case)
    effect = EFFECTS.get(action, NOTE_ONLY)
    _check_proof(case, effect, said, photos)
    moved = processes.act(
        case.ref,
        action,
        fields=said,
        agency=agency or None,
        assignee=assignee,
        is_reporter=vouched,
        actor=actor,
        at=at,
    )
    entry, commitment = _write(case, effect, said, actor=actor, at=at)
    if photos:
        role, entry_id = ("after", UUID(entry)) if effect.answers and entry else ("before", None)
        add_pictures(case, photos, role=role, at=at, entry_id=entry_id)
    _apply(case, action, effect, moved, said, at=at)
    moved_event = CaseMoved(str(case.id), action, case.step, case.status, case.agency, entry)
    emit(case, moved_event, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    if action == "commit" and case.commit_until_on:
        promise = CommitmentMade(str(case.id), case.agency, case.commit_until_on.isoformat())
        emit(case, promise, actor=actor, at=at, audience=live_audience(case))
    case.save()
    count_moved(case, before)
    audit(f"cases.{action}", case.ref, actor=actor, at=at, detail={"step": case.step})
    return line_of(case)


def _check_proof(case: Case, effect: Effect, said: Mapping[str, str], photos: Sequence[Photo]) -> None:
    if not effect.answers:
        return
    category = directory.category(case.category)
    reason = (
        "" if category and category.after_photo == "required" and not said.get("stated_reason") else "x" * 10
    )
    stated = said.get("stated_reason", "") or (
        reason if category and category.after_photo != "required" else ""
    )
    wrong = proof_missing(after_photos=len(photos), stated_reason=stated, answer=said.get("answer", ""))
    if wrong:
        raise Invalid("cases.error.answer", fields=wrong)


def _write(
    case: Case, effect: Effect, said: Mapping[str, str], *, actor: Actor, at: datetime
) -> tuple[str, str]:
    """Write the words that came with the action; an earlier answer stops being the current one."""
    text = said.get(effect.field, "").strip()
    if not text:
        return "", ""
    if said.get("stated_reason"):
        text = f"{text}\n\n{said['stated_reason'].strip()}"
    if effect.kind is EntryKind.ANSWER:
        Entry.objects.filter(case=case, kind=EntryKind.ANSWER).update(is_current=False)
    agency = next(iter(sorted(actor.agencies())), "")
    code = said.get("code", "")
    return write_entry(
        case, effect.kind, text, audience=effect.audience, actor=actor, at=at, agency=agency, code=code
    )


def _apply(
    case: Case, action: str, effect: Effect, moved: Moved, said: Mapping[str, str], *, at: datetime
) -> None:
    """Bring the case's row to where its process now is."""
    case.step, case.status, case.due_at = moved.step, moved.status, moved.due_at
    case.agency = moved.agency or ""
    case.holder = moved.assignee
    case.acknowledged_at = case.acknowledged_at or at
    case.is_open = Status(case.status) in OPEN
    if action == "commit" and said.get("until"):
        case.commit_until_on = date.fromisoformat(said["until"])
        case.outcome = said.get("outcome", "committed")
    if action in {"route", "verify"}:
        _show(case, at)
    if effect.publishes:
        _publish(case, at)
    if not case.is_open and case.closed_at is None:
        case.closed_at = at
    if case.is_open and case.closed_at is not None:
        case.closed_at = None
        case.reopened += 1


def _show(case: Case, at: datetime) -> None:
    """A verified case becomes public where its category may be shown."""
    category = directory.category(case.category)
    if case.is_public or not (category and category.public_map):
        return
    case.is_public = True
    Picture.objects.filter(case=case, role="before").update(is_public=True)
    index("case", str(case.id), f"{case.number} {case.text} {case.place}", audience="public", at=at)


def _publish(case: Case, at: datetime) -> None:
    """The current answer and its pictures become public; whether it came in time is settled once."""
    Entry.objects.filter(case=case, kind=EntryKind.ANSWER, is_current=True).update(audience=Audience.PUBLIC)
    Picture.objects.filter(case=case, role="after").update(is_public=True)
    if case.answered_at is None:
        case.answered_at = at
        case.was_late = case.due_at is not None and at > case.due_at
    case.outcome = case.outcome or "solved"


@command
def comment(case_id: UUID, text: str, *, actor: Actor, at: datetime) -> None:
    """An internal note on a case, for staff only. Raises: Invalid when empty."""
    if not text.strip():
        raise Invalid.field("note", "cases.error.nothing_said")
    case = locked(case_id)
    entry, commitment = write_entry(case, EntryKind.NOTE, text, audience=Audience.STAFF, actor=actor, at=at)
    event = CaseMoved(str(case.id), "note", case.step, case.status, case.agency, entry)
    emit(case, event, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    case.save(update_fields=["version"])
    audit("cases.comment", case.ref, actor=actor, at=at)
