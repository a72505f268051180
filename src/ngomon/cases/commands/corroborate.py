"""Verification by evidence: at the press of a key, by itself where the city wants it, and taken back; the sample's review."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import uuid7
from ngomon.core.rows import give_back, save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory.terms import Group
from ngomon.processes import commands as processes

from ..corroborations import VERIFIED_TO, line_for, looked_at, settings
from ..evidence import evidence_for
from ..models import AutomaticStop, Case, Corroboration
from ..queries import danger_words, line_of, live_audience
from ..rules.evidence import is_sampled
from ..terms import (
    REVERSE_GROUNDS,
    RIGHT,
    WRONG,
    Audience,
    AutomaticStopped,
    CaseCorroborated,
    CaseKind,
    CaseLine,
    CaseMoved,
    CorroborationJudged,
    CorroborationReversed,
    EntryKind,
    Evidence,
)
from .handling import act_on_case
from .merge import desk_only
from .steps import count_moved, locked, may_touch, scopes, set_place_in_process, write_entry
from .undo import as_it_is, hide

STEP, VERIFY = "verify", "accept"
"""The step at which cases wait to be verified, and its action that says so and leaves the routing to a person."""
MOVED_BACK = ("acknowledged_at", "is_public", "outcome")
"""What of the case's row taking back restores besides its place in the process; what was added since stays."""


@command
def corroborate(case_id: UUID, *, actor: Actor, at: datetime, version: int | None = None) -> CaseLine:
    """Verify a case by the evidence there is now, which event and audit note; an officer answers for it.

    Raises: Refused; NotFound; Conflict when nobody and nothing but the reporter speaks for it, it is not waiting to be
    verified, or was changed meanwhile.
    """
    desk_only(actor)
    case = locked(case_id, version=version)
    may_touch(case, actor)
    found = evidence_for(line_of(case), actor=actor)
    if not found.others:
        raise Conflict("cases.error.no_evidence", number=case.number)
    return _verify(case, found, by_itself=False, actor=actor, at=at)


@command
def corroborate_by_itself(case_id: UUID, *, actor: Actor, at: datetime) -> bool:
    """Verify a case without a person, where a line of the city's settings asks for no more than there is; whether it was.

    The oldest of cases alike is verified, the others wait to be merged into it. Never: the instant process, words of danger, what is told as danger, what the duty shift alone may know of.
    Once: a case verifies itself at most once, also when a person took it back.
    """
    case = locked(case_id)
    if not _may_verify_itself(case):
        return False
    line = line_for(case.category, at)
    if line is None or Corroboration.objects.filter(case=case).exists():
        return False
    found = evidence_for(line_of(case), actor=actor)
    if found.score < line.score or found.people < line.people or _came_before(case, found):
        return False
    _verify(case, found, by_itself=True, actor=actor, at=at)
    return True


def _may_verify_itself(case: Case) -> bool:
    if case.is_secret or case.exit or not case.is_open or case.step != STEP or case.kind != CaseKind.REPORT:
        return False
    return case.group == Group.TIMED and not danger_words(case.text)


def _came_before(case: Case, found: Evidence) -> bool:
    """Whether an older case of the same thing is open: then this one is for a person to merge, not to be verified beside it."""
    alike = [g.first.number for g in found.groups if g.is_person and g.first.number]
    return Case.objects.filter(number__in=alike, is_open=True, opened_at__lt=case.opened_at).exists()


def _verify(case: Case, found: Evidence, *, by_itself: bool, actor: Actor, at: datetime) -> CaseLine:
    if case.step != STEP:
        raise Conflict("cases.error.not_to_verify", number=case.number)
    was = as_it_is(case, VERIFY)
    act_on_case(case.id, VERIFY, actor=actor, at=at, version=case.version)
    case = locked(case.id)
    Corroboration.objects.create(
        id=uuid7(),
        case=case,
        category=case.category,
        score=found.score,
        people=found.people,
        codes=found.codes,
        by_itself=by_itself or None,
        by=actor.told_as,
        at=at,
        was=orjson.dumps(was).decode(),
        task=_task(case),
        is_sampled=by_itself and is_sampled(str(case.id), settings().sample_pct),
    )
    said = f"{found.score:.4f}"
    event = CaseCorroborated(str(case.id), said, found.people, found.codes, by_itself)
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    detail = {"score": said, "people": found.people, "evidence": found.codes, "automatic": by_itself}
    audit("cases.corroborate", case.ref, actor=actor, at=at, detail=detail)
    return line_of(case)


def _task(case: Case) -> str:
    return str(processes.as_it_is(case.ref)["row"]["task"])


def _is_untouched(case: Case, row: Corroboration) -> bool:
    """Whether nothing was done with a case since it was verified, so that this can be taken back."""
    return case.step == VERIFIED_TO and case.is_open and _task(case) == row.task


# --- taking it back -----------------------------------------------------------------------------------------------------


@command
def reverse(case_id: UUID, ground: str, *, actor: Actor, at: datetime, words: str = "") -> None:
    """Take a verification by evidence back: the case waits again to be verified, where it stood, with the time it had.

    `words` become a note that staff alone read. An automatic one that is taken back counts as wrong.
    Raises: Refused; Invalid for an unknown ground; Conflict when there is none, or something was done since.
    """
    desk_only(actor)
    if ground not in REVERSE_GROUNDS:
        raise Invalid.field("ground", "cases.error.reverse_ground")
    case = locked(case_id)
    may_touch(case, actor)
    row = Corroboration.objects.filter(case=case, reversed_at__isnull=True).order_by("-at").first()
    if row is None:
        raise Conflict("cases.error.not_corroborated", number=case.number)
    _take_back(case, row, ground, clean(words), actor=actor, at=at)
    if row.by_itself:
        _stop_if_too_wrong(row.category, case, actor=actor, at=at)


def _take_back(
    case: Case, row: Corroboration, ground: str, words: str, *, actor: Actor, at: datetime
) -> None:
    if not _is_untouched(case, row):
        raise Conflict("cases.error.verified_moved_on", number=case.number)
    was = orjson.loads(row.was)
    before, was_public = scopes(case), case.is_public
    version = processes.as_it_is(case.ref)["version"]
    moved = processes.restore(case.ref, was["process"], version=version, actor=actor, at=at)
    give_back(case, {name: was["case"][name] for name in MOVED_BACK})
    set_place_in_process(case, moved, at)
    if was_public and not case.is_public:
        hide(case, at)
    entry, commitment = "", ""
    if words:
        entry, commitment = write_entry(
            case, EntryKind.NOTE, words, audience=Audience.STAFF, actor=actor, at=at
        )
    undone = CaseMoved(str(case.id), "undo", case.step, case.status, case.agency, entry)
    emit(case, undone, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    event = CorroborationReversed(str(case.id), ground, bool(row.by_itself))
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    row.reversed_at, row.reversed_by, row.ground, row.was = at, actor.told_as, ground, "{}"
    if row.is_sampled and not row.verdict:
        row.verdict, row.judged_by, row.judged_at = WRONG, actor.told_as, at
    row.save()
    audit("cases.reverse_corroboration", case.ref, actor=actor, at=at, detail={"ground": ground})


# --- the sample ---------------------------------------------------------------------------------------------------------


@command
def judge(id: UUID, verdict: str, *, actor: Actor, at: datetime) -> bool:
    """Say of an automatic verification of the sample whether it was right; whether a wrong one could still be taken back.

    Too many wrong ones stop the category. Raises: Refused; NotFound; Invalid; Conflict when somebody said it already.
    """
    desk_only(actor)
    if verdict not in {RIGHT, WRONG}:
        raise Invalid.field("verdict", "cases.error.verdict")
    row = Corroboration.objects.filter(pk=id, by_itself=True, is_sampled=True).first()
    if row is None:
        raise NotFound("cases.not_found")
    case = locked(row.case_id)
    may_touch(case, actor)
    row.refresh_from_db()
    if row.verdict:
        raise Conflict("cases.error.judged", number=case.number)
    row.verdict, row.judged_by, row.judged_at = verdict, actor.told_as, at
    row.save()
    event = CorroborationJudged(str(case.id), verdict)
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    audit("cases.judge_corroboration", case.ref, actor=actor, at=at, detail={"verdict": verdict})
    if verdict == RIGHT:
        return False
    taken = _is_untouched(case, row)
    if taken and row.reversed_at is None:
        _take_back(case, row, REVERSE_GROUNDS[-1], "", actor=actor, at=at)
    _stop_if_too_wrong(row.category, case, actor=actor, at=at)
    return taken


def _stop_if_too_wrong(category: str, case: Case, *, actor: Actor, at: datetime) -> None:
    """Stop a category of which too many were wrong. Once: what stopped already is left alone."""
    if line_for(category, at) is None:
        return
    seen, wrong = looked_at(category, at)
    if not settings().is_too_wrong(seen, wrong):
        return
    AutomaticStop.objects.create(id=uuid7(), category=category, at=at, looked_at=seen, wrong=wrong)
    event = AutomaticStopped(str(case.id), category, seen, wrong)
    emit(case, event, actor=actor, at=at, audience=live_audience(case))
    save(case)
    detail = {"category": category, "looked_at": seen, "wrong": wrong}
    audit("cases.stop_automatic", case.ref, actor=actor, at=at, detail=detail)
