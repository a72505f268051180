"""What officers do with a case: every step of its process is one action, with the words and pictures that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid
from ngomon.core.events import emit
from ngomon.core.images import StoredPhoto
from ngomon.core.rows import save
from ngomon.core.search import index
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.processes import commands as processes
from ngomon.processes.queries import where
from ngomon.processes.terms import Budget, Moved

from ..models import Case, Entry
from ..queries import line_of, live_audience
from ..rules import EFFECTS, NOTE_ONLY, Effect, proof_missing
from ..rules.standard import unfilled
from ..terms import (
    OPEN,
    Audience,
    CaseLine,
    CaseMoved,
    CommitmentMade,
    EntryKind,
    Status,
)
from . import publishing, tracking
from .exits import check_exit, take_exit
from .family import child_moved
from .pictures import show
from .steps import (
    add_pictures,
    as_reporter,
    count_moved,
    index_question,
    locked,
    may_touch,
    scopes,
    set_place_in_process,
    write_entry,
)

READ_BY_REPORTER = frozenset({EntryKind.ANSWER, EntryKind.REASON, EntryKind.QUESTION})


@command
def act_on_case(
    case_id: UUID,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    fields: Mapping[str, str] | None = None,
    photos: Sequence[StoredPhoto] = (),
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
    actor = as_reporter(actor) if vouched else actor
    case = locked(case_id, version=version)
    check_exit(case, action, said, actor=actor, vouched=vouched)
    before, was_open = scopes(case), case.is_open
    effect = EFFECTS.get(action, NOTE_ONLY)
    _check_proof(case, effect, said, photos)
    ticks = publishing.check(case, action, effect, said)
    _check_parts(case, effect, said)
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
        role = "after" if effect.answers and entry else "before"
        add_pictures(case, photos, role=role, at=at, entry_id=UUID(entry) if entry else None)
    _apply(case, action, effect, moved, at=at)
    take_exit(case, action, said, actor=actor, at=at)
    moved_event = CaseMoved(str(case.id), action, case.step, case.status, case.agency, entry)
    emit(case, moved_event, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    if action == "commit" and case.commit_until_on:
        promise = CommitmentMade(str(case.id), case.agency, case.commit_until_on.isoformat())
        emit(case, promise, actor=actor, at=at, audience=live_audience(case))
    publishing.tell_checked(case, ticks, actor=actor, at=at)
    tracking.follow(case, action, said, effect, actor=actor, at=at)
    save(case)
    count_moved(case, before)
    if case.is_open != was_open:
        child_moved(case, actor=actor, at=at)
    audit(f"cases.{action}", case.ref, actor=actor, at=at, detail={"step": case.step})
    return line_of(case)


def _check_proof(case: Case, effect: Effect, said: Mapping[str, str], photos: Sequence[StoredPhoto]) -> None:
    """An answer that says "done" has words and proof: an after-photo where the category asks for one, or a stated reason."""
    if effect.kind in READ_BY_REPORTER and unfilled(said.get(effect.field, "")):
        raise Invalid.field(effect.field, "cases.error.answer_unfilled")
    if not effect.answers:
        return
    wrong = proof_missing(
        is_photo_required=directory.category(case.category).after_photo == "required",
        after_photos=len(photos),
        stated_reason=said.get("stated_reason", ""),
        answer=said.get("answer", ""),
    )
    if wrong:
        raise Invalid("cases.error.answer", fields=wrong)


def _check_parts(case: Case, effect: Effect, said: dict[str, str]) -> None:
    """A case is not published while parts of it are open, unless the editor says that they may go on by themselves."""
    stated = said.pop("despite_parts", "")
    if effect.publishes and case.open_children and not stated:
        raise Invalid.field("despite_parts", "cases.error.parts_open", n=case.open_children)


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
    agency = "" if actor.alias else next(iter(sorted(actor.agencies())), "")
    code = said.get("code", "")
    return write_entry(
        case, effect.kind, text, audience=effect.audience, actor=actor, at=at, agency=agency, code=code
    )


def _apply(case: Case, action: str, effect: Effect, moved: Moved, *, at: datetime) -> None:
    """Bring the case's row to where its process now is."""
    set_place_in_process(case, moved, at)
    case.acknowledged_at = case.acknowledged_at or at
    if action in {"route", "accept"}:
        _show(case, at)
    if effect.publishes:
        _publish(case, at)
    _open_or_closed(case, at)


def _open_or_closed(case: Case, at: datetime) -> None:
    """Whether somebody still has to do something; a case that comes back counts as reopened."""
    was_open, case.is_open = case.is_open, Status(case.status) in OPEN
    if was_open and not case.is_open:
        case.closed_at = at
    elif case.is_open and not was_open:
        case.closed_at = None
        case.reopened += 1


@command
def follow_process(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Bring a case to where its process went by itself: a silence ran out, a promised day came, an agency was merged.

    Once: a case that is there already is left alone.
    """
    case = locked(case_id)
    was_open = case.is_open
    before, was = scopes(case), (case.step, case.status, case.agency, case.due_at)
    if case.merged_into:
        return
    set_place_in_process(case, where(case.ref), at)
    if was == (case.step, case.status, case.agency, case.due_at):
        return
    _open_or_closed(case, at)
    if case.status == Status.IN_PROGRESS:  # those on call took it before the desk did
        case.acknowledged_at = case.acknowledged_at or at
    event = CaseMoved(str(case.id), "by_itself", case.step, case.status, case.agency, "")
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    if case.is_open != was_open:
        child_moved(case, actor=actor, at=at)
    audit("cases.follow_process", case.ref, actor=actor, at=at, detail={"step": case.step})


def _show(case: Case, at: datetime) -> None:
    """A verified case becomes public where its category may be shown."""
    if case.is_public or case.is_secret or not directory.category(case.category).public_map:
        return
    case.is_public = True
    if case.thumbnail:  # there is one as soon as there is any picture of a report
        show(case, "before")
    index("case", str(case.id), f"{case.number} {case.text} {case.place}", audience="public", at=at)


def _publish(case: Case, at: datetime) -> None:
    """The current answer and its pictures become public; whether it came in time is settled once."""
    Entry.objects.filter(case=case, kind=EntryKind.ANSWER, is_current=True).update(audience=Audience.PUBLIC)
    show(case, "after")
    if case.answered_at is None and case.status != Status.RECORDED:
        case.answered_at = at
        case.was_late = case.due_at is not None and at > case.due_at
    if case.status == Status.RECORDED:
        case.outcome = "recorded"
    elif case.outcome in {"", "recorded"}:
        case.outcome = "solved"
    index_question(case, at)


@command
def comment(case_id: UUID, text: str, *, actor: Actor, at: datetime) -> None:
    """An internal note on a case, for staff only. Raises: Invalid when empty."""
    if not text.strip():
        raise Invalid.field("note", "cases.error.nothing_said")
    case = locked(case_id)
    may_touch(case, actor)
    entry, commitment = write_entry(case, EntryKind.NOTE, text, audience=Audience.STAFF, actor=actor, at=at)
    event = CaseMoved(str(case.id), "note", case.step, case.status, case.agency, entry)
    emit(case, event, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    save(case)
    audit("cases.comment", case.ref, actor=actor, at=at)


CONSULT_WORKING_DAYS = 2


@command
def consult(
    case_id: UUID,
    agencies: Sequence[str],
    question: str,
    *,
    actor: Actor,
    at: datetime,
    join: str = "all",
    working_days: int = CONSULT_WORKING_DAYS,
) -> None:
    """The lead agency asks coordinating agencies (phối hợp); silence at the date is consent.

    Raises: as `processes.consult`; Invalid for an empty question.
    """
    if not question.strip():
        raise Invalid.field("question", "cases.error.nothing_said")
    case = locked(case_id)
    may_touch(case, actor)
    said = write_entry(
        case, EntryKind.QUESTION, question, audience=Audience.STAFF, actor=actor, at=at, agency=case.agency
    )
    due = Budget.days(working_days)
    moved = processes.consult(case.ref, agencies, due=due, join=join, question=said[0], actor=actor, at=at)
    _tell_staff_only(case, "consult", moved, said, actor=actor, at=at)


@command
def give_opinion(case_id: UUID, agency: str, opinion: str, words: str, *, actor: Actor, at: datetime) -> None:
    """A coordinating agency answers the lead agency's question: agrees or objects. Raises: as `answer_consultation`."""
    case = locked(case_id)
    may_touch(case, actor)
    said = write_entry(
        case,
        EntryKind.OPINION,
        words,
        audience=Audience.STAFF,
        actor=actor,
        at=at,
        agency=agency,
        code=opinion,
    )
    moved = processes.answer_consultation(
        case.ref, agency=agency, opinion=opinion, answer=said[0], actor=actor, at=at
    )
    _tell_staff_only(case, "opinion", moved, said, actor=actor, at=at)


def _tell_staff_only(
    case: Case, action: str, moved: Moved, said: tuple[str, str], *, actor: Actor, at: datetime
) -> None:
    set_place_in_process(case, moved, at)
    event = CaseMoved(str(case.id), action, case.step, case.status, case.agency, said[0])
    emit(case, event, actor=actor, at=at, audience=live_audience(case), commitment=said[1])
    save(case)
    audit(f"cases.{action}", case.ref, actor=actor, at=at)
