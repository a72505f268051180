"""Telling the reporter, without a button: received, taken up, asked, with whom until when, answered, refused, reopened.

Accounts hear by their inbox and ways; those without account by the contact they left, if any. Followers hear too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import translation

from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, NotFound
from ngomon.core.events import history
from ngomon.core.react import every, on
from ngomon.core.terms import Recorded
from ngomon.core.texts import LANGUAGES, text
from ngomon.core.units import current_unit
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import Contact as Way
from ngomon.messages.commands import tell
from ngomon.messages.terms import message_id
from ngomon.processes.terms import ClockMoved, CommitmentDue, Migrated, ProcessEnded, TaskDone, WorkMoved
from ngomon.ui.tags.words import said_exactly

from .bulk_terms import BulkAdvanced, BulkReleased, BulkStarted, BulkUndoing
from .bulks import is_held, rows_told
from .commands import (
    ask_for_training,
    carry_back,
    carry_on,
    follow_process,
    forget_unused,
    look_back,
    release_due,
    remember_decision,
    review_project,
)
from .commands import told as told_bulk
from .corroborating import when_more_speaks_verify_case as when_more_speaks_verify_case
from .corroborating import when_stopped_tell_shift_lead as when_stopped_tell_shift_lead
from .exit_queries import words_of
from .learned import TRAINER, is_training_due, start_training
from .looking import look_over_pictures as look_over_pictures
from .public import Hearer, Told, hearers_of, told_of, was_linked
from .queries import acknowledged_by, taken_up_at
from .terms import (
    CASE,
    MESSAGES,
    REPORTER,
    CaseMerged,
    CaseMoved,
    CaseOpened,
    CategoryChanged,
    ProjectRecorded,
    ProjectReviewed,
    SignalReceived,
    Status,
    TrainingAsked,
)


@on(CaseOpened)
def when_case_opened_tell_reporter(
    recorded: Recorded, event: CaseOpened, *, actor: Actor, at: datetime
) -> None:
    """The receipt: the number, and by when the centre confirms."""
    told = told_of(UUID(event.case_id))
    _tell_all(recorded, told, "received", _receipt(told.opened_at, event.group), actor=actor, at=at)


def _receipt(at: datetime, group: str) -> dict[str, Any]:
    """By when the centre confirms what came in then, and, at night, when it is taken up."""
    opens = taken_up_at(group, at)
    return {"when": acknowledged_by(at, group), "night": _opens_in_words(opens) if opens else ""}


def _opens_in_words(opens: datetime) -> dict[str, str]:
    said: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = text("cases.message.night", language, when=said_exactly(opens))
    return said


@on(CaseOpened)
def when_case_opened_look_back(
    recorded: Recorded,  # noqa: ARG001 (every reaction gets it)
    event: CaseOpened,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """A case that is a repeat of one that was closed lately is linked to it."""
    look_back(UUID(event.case_id), actor=actor, at=at)


def _was_added(recorded: Recorded) -> bool:
    """Added to a case that was open; who opened one hears by CaseOpened, who follows has no receipt."""
    event = recorded.event
    return isinstance(event, SignalReceived) and not event.is_first and event.source != "follow"


@on(SignalReceived, only=_was_added)
def when_another_reports_tell_them(
    recorded: Recorded, event: SignalReceived, *, actor: Actor, at: datetime
) -> None:
    """One whose report was added to an open case hears its number; those who know already are not told again."""
    told = told_of(UUID(event.case_id))
    found = hearers_of(told.id, actor=actor, purpose="cases.joined", at=at)
    template = "linked" if was_linked(UUID(event.signal_id)) else "received"
    _tell(recorded, told, template, found[-1:], _receipt(recorded.at, told.group), actor=actor, at=at)


@on(CaseMoved)
def when_case_moved_tell_reporter(
    recorded: Recorded, event: CaseMoved, *, actor: Actor, at: datetime
) -> None:
    """What the offices did, where it means something to the reporter."""
    template = MESSAGES.get(event.action)
    if template is None or is_held(recorded):
        return
    if template == "answered" and event.status == Status.RECORDED:
        return  # recorded is not solved: `when_project_recorded_tell_reporter` says what it is
    told = told_of(UUID(event.case_id))
    if template == "acknowledged" and event.step != "route":
        return  # the agency's own clerk took it up: the reporter was told when it was routed
    values: dict[str, Any] = {"due": told.due_at}
    if template == "answered" and event.status == Status.COMMITTED:
        # A promise counts when the head approved it and the centre made it public, not when the officer wrote it.
        template, values["day"] = "committed", _day(told.commit_until_on)
    if template == "guided":
        values["words"] = words_of(event.entry)
    _tell_all(recorded, told, template, values, actor=actor, at=at)


def _is_reviewed_refusal(recorded: Recorded) -> bool:
    return getattr(recorded.event, "action", "") in {"uphold", "overturn"}


@on(CaseMoved, only=_is_reviewed_refusal)
def when_appeal_is_decided_tell_agency(
    recorded: Recorded, event: CaseMoved, *, actor: Actor, at: datetime
) -> None:
    """The heads of the agency the matter lay with last hear whether the refusal stands; the reporter hears of it as of any move."""
    agency = _last_agency(recorded)
    if not agency or is_held(recorded):
        return
    told, name = told_of(UUID(event.case_id)), f"cases.message.appeal_{event.action}"
    for head in identity.holders("agency_head", agency, None, at):
        tell(
            head.account_id,
            name,
            {"number": told.number, "agency": _agency(agency)},
            of=told.ref,
            id=message_id(recorded.id, str(head.account_id), name),
            actor=actor,
            at=at,
        )


def _last_agency(recorded: Recorded) -> str:
    """Which agency had the case last, by its history up to this event."""
    moved = [r.event for r in history(CASE, recorded.aggregate_id) if r.version <= recorded.version]
    held = [event.agency for event in moved if isinstance(event, CaseMoved) and event.agency]
    return held[-1] if held else ""


@on(CaseMerged)
def when_cases_merged_tell_reporters(
    recorded: Recorded, event: CaseMerged, *, actor: Actor, at: datetime
) -> None:
    """Where to follow it from now on. The reporters already belong to the other case."""
    if is_held(recorded):
        return
    was, into = told_of(UUID(event.case_id)), told_of(UUID(event.into))
    found = hearers_of(into.id, actor=actor, purpose="cases.merged", at=at)
    _tell(recorded, into, "merged", found, {"number": was.number, "into": into.number}, actor=actor, at=at)


def _day(until: str) -> str:
    return "/".join(str(int(part)) for part in reversed(until.split("-")))


def _tell_all(
    recorded: Recorded, told: Told, template: str, values: Mapping[str, Any], *, actor: Actor, at: datetime
) -> None:
    found = hearers_of(told.id, actor=actor, purpose=f"cases.{template}", at=at)
    _tell(recorded, told, template, found, values, actor=actor, at=at)


def _tell(
    recorded: Recorded,
    told: Told,
    template: str,
    hearers: list[Hearer],
    values: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """One message for each; its id comes from the event, so that a repeat changes nothing."""
    said = {"number": told.number, "agency": _agency(told.agency), **values}
    name = f"cases.message.{template}"
    for hearer in hearers:
        for to in _ways(hearer):
            whom = str(to) if isinstance(to, UUID) else f"{to.kind}:{to.value}"
            tell(
                to,
                name,
                said,
                of=told.ref,
                language=hearer.language,
                id=message_id(recorded.id, whom, name),
                actor=actor,
                at=at,
            )


def _ways(hearer: Hearer) -> list[UUID | Way]:
    """The account, else the contact points that were left and can be read."""
    if hearer.account is not None:
        return [hearer.account]
    found: list[UUID | Way] = []
    for value in (hearer.contact.email, hearer.contact.phone):
        try:
            if value:
                found.append(read_contact(value))
        except CityError:
            continue
    return found


def _agency(key: str) -> Mapping[str, str]:
    try:
        return dict(directory.agency(key).name) if key else {}
    except NotFound:
        return {"vi": key}


# --- where the process goes by itself ----------------------------------------------------------------------------------


def _by_itself(recorded: Recorded) -> bool:
    """What an officer or reporter does is followed in the same unit; only the clock, re-organisations and migrations are not."""
    is_apart = recorded.actor_id.startswith("system:") or isinstance(recorded.event, Migrated)
    return is_apart and getattr(recorded.event, "of_kind", "") == CASE


@on(TaskDone, ProcessEnded, WorkMoved, ClockMoved, CommitmentDue, Migrated, only=_by_itself)
def when_process_moved_by_itself_follow(
    recorded: Recorded,  # noqa: ARG001 (every reaction gets it)
    event: TaskDone | ProcessEnded | WorkMoved | ClockMoved | CommitmentDue | Migrated,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """A silence ran out, a promised day came, the calendar changed or an agency was merged: the case's row follows."""
    follow_process(UUID(event.of_key), actor=actor, at=at)


def _is_review(recorded: Recorded) -> bool:
    return _by_itself(recorded) and getattr(recorded.event, "action", "") == "review"


@on(TaskDone, only=_is_review)
def when_review_is_due_ask_agency(
    recorded: Recorded,  # noqa: ARG001 (every reaction gets it)
    event: TaskDone,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """What waits for a project is looked at again every so often: the history says it, the agency's heads are told."""
    review_project(UUID(event.of_key), actor=actor, at=at)


@on(ProjectReviewed)
def when_project_reviewed_tell_agency(
    recorded: Recorded, event: ProjectReviewed, *, actor: Actor, at: datetime
) -> None:
    """The heads of the agency that holds the matter are asked how the project stands."""
    told = told_of(UUID(event.case_id))
    name = "cases.message.project_review"
    for head in identity.holders("agency_head", event.agency, None, at):
        tell(
            head.account_id,
            name,
            {"number": told.number, "agency": _agency(told.agency)},
            of=told.ref,
            id=message_id(recorded.id, str(head.account_id), name),
            actor=actor,
            at=at,
        )


@on(ProjectRecorded)
def when_project_recorded_tell_reporter(
    recorded: Recorded, event: ProjectRecorded, *, actor: Actor, at: datetime
) -> None:
    """That it is recorded and waits, for what, and until about when."""
    told = told_of(UUID(event.case_id))
    year, quarter = event.quarter.split("-")
    said = {"quarter": f"{quarter}/{year}"}
    _tell_all(recorded, told, "recorded", said, actor=actor, at=at)


# --- proposals that learn ----------------------------------------------------------------------------------------------


def _officer_decides(recorded: Recorded) -> bool:
    """A category corrected, or a case sent to an agency, by a person of the offices."""
    is_person = not recorded.actor_id.startswith("system:") and recorded.actor_id != REPORTER
    return is_person and getattr(recorded.event, "action", "route") == "route"


@on(CaseMoved, CategoryChanged, from_start=True, only=_officer_decides)
def when_officer_decided_remember_it(
    recorded: Recorded,
    event: CaseMoved | CategoryChanged,
    *,
    actor: Actor,
    at: datetime,  # noqa: ARG001
) -> None:
    """The decision beside the proposal: what the model learns from, and how corrections are counted.

    What a bulk decided is learned when it can no longer be undone.
    """
    if is_held(recorded):
        return
    remember_decision(UUID(event.case_id), actor=actor, at=recorded.at)


def _by_another(recorded: Recorded) -> bool:
    """Whoever trains from the shell asked and trains in one."""
    return recorded.actor_id != TRAINER


@on(TrainingAsked, only=_by_another)
def when_training_asked_train(
    recorded: Recorded,  # noqa: ARG001
    event: TrainingAsked,
    *,
    actor: Actor,  # noqa: ARG001
    at: datetime,  # noqa: ARG001
) -> None:
    """In a process of its own, after this unit: the libraries that training needs stay out of the worker."""
    current_unit().after.append(partial(start_training, event.model_id))


@every(hours=6)
def learn_anew(*, actor: Actor, at: datetime) -> None:
    """A new model is asked for once a week where enough was decided since the last one."""
    if is_training_due(at):
        ask_for_training(actor=actor, at=at)


# --- work in bulk -------------------------------------------------------------------------------------------------------

TOLD_AT_ONCE = 25


@on(BulkStarted, BulkAdvanced)
def when_bulk_started_carry_on(
    _: Recorded, event: BulkStarted | BulkAdvanced, *, actor: Actor, at: datetime
) -> None:
    """The next cases; the event of each unit starts the one after, so others' work goes on in between."""
    carry_on(UUID(event.bulk_id), actor=actor, at=at)


@on(BulkUndoing)
def when_bulk_undoing_carry_back(_: Recorded, event: BulkUndoing, *, actor: Actor, at: datetime) -> None:
    """The next cases go back to where they were."""
    carry_back(UUID(event.bulk_id), actor=actor, at=at)


@on(BulkReleased)
def when_bulk_released_tell_reporters(
    _: Recorded, event: BulkReleased, *, actor: Actor, at: datetime
) -> None:
    """What waited while the bulk could be undone is told now, in the same words and under the same ids as by hand."""
    rows = rows_told(UUID(event.bulk_id), event.after, TOLD_AT_ONCE)
    for _n, case_id, before, until in rows:
        for recorded in history(CASE, str(case_id)):
            if not before < recorded.version <= until:
                continue
            if isinstance(recorded.event, CaseMoved):
                when_case_moved_tell_reporter(recorded, recorded.event, actor=actor, at=at)
            elif isinstance(recorded.event, CaseMerged):
                when_cases_merged_tell_reporters(recorded, recorded.event, actor=actor, at=at)
            _learn_released(recorded, actor=actor, at=at)
    if len(rows) == TOLD_AT_ONCE:
        told_bulk(UUID(event.bulk_id), rows[-1][0], actor=actor, at=at)


def _learn_released(recorded: Recorded, *, actor: Actor, at: datetime) -> None:
    event = recorded.event
    if isinstance(event, CaseMoved | CategoryChanged) and _officer_decides(recorded):
        when_officer_decided_remember_it(recorded, event, actor=actor, at=at)


@every(seconds=15)
def release_bulks(*, actor: Actor, at: datetime) -> None:
    """Where the time for undoing is over, the reporters are told."""
    release_due(actor=actor, at=at)


@every(hours=6)
def forget_unused_selections(*, actor: Actor, at: datetime) -> None:
    """Selections that nothing was done with for a day."""
    forget_unused(at - timedelta(days=1), actor=actor, at=at)
