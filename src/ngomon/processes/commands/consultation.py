"""Asking coordinating agencies for their opinion (phối hợp): in parallel, with a join, silence being consent at its date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import insert, save
from ngomon.core.units import command
from ngomon.directory import queries as directory

from .. import queries, rows
from ..models import Consultation, Instance
from ..rules import deadlines, steps
from ..terms import (
    Budget,
    ConsultationAnswered,
    ConsultationAsked,
    ConsultationLapsed,
    Join,
    Moved,
    Opinion,
)
from . import moving
from .moving import about, tell

_COLUMNS = (
    "id", "instance", "set_id", "agency", "join", "question", "asked_at", "due_at", "opinion", "answer", "answered_by",
)  # fmt: skip


@command
def consult(
    of: Ref,
    agencies: Sequence[str],
    *,
    due: Budget | datetime,
    actor: Actor,
    at: datetime,
    join: str = Join.ALL,
    question: str = "",
) -> Moved:
    """Ask agencies for their opinion while the step goes on. `question` is the id of the words, which the owner keeps.

    Raises: Refused; Conflict at a step that does not consult; Invalid for unknown agencies, none, or a date gone by.
    """
    instance = moving.held(of)
    step = queries.step_of(instance)
    if not step.consults:
        raise Conflict("processes.error.no_consultation", step=step.key)
    if not any(steps.may_act(actor, a, queries.situation(instance, step)) for a in step.actions):
        raise Refused("processes.error.not_yours", step=step.key, action="consult")
    chosen = _checked(instance, agencies)
    calendar = directory.working_calendar()
    until = deadlines.budget_end(at, due, calendar) if isinstance(due, Budget) else due
    if until <= at or join not in set(Join):
        raise Invalid.field("due", "processes.error.consultation_due")
    set_id = uuid7()
    asked_as = (str(join), question[:64], at, until, "", "", "")
    parts = [(uuid7(), instance.pk, set_id, agency, *asked_as) for agency in chosen]
    insert(Consultation, _COLUMNS, parts)
    for part in parts:
        asked = ConsultationAsked(
            *about(instance), str(part[0]), str(set_id), part[3], str(join), until.isoformat()
        )
        tell(instance, asked, actor=actor, at=at)
    instance.consulting += len(parts)
    instance.consult_due_at = min(until, instance.consult_due_at or until)
    return _written(instance, "processes.consult", of, actor, at)


def _checked(instance: Instance, agencies: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(agencies))
    known = {agency.key for agency in directory.agencies()}
    strange = [agency for agency in chosen if agency not in known or agency == instance.agency]
    if not chosen or strange:
        raise Invalid.field("agencies", "processes.error.no_agency", agency=", ".join(strange))
    return chosen


@command
def answer_consultation(
    of: Ref, *, agency: str, opinion: str, actor: Actor, at: datetime, answer: str = ""
) -> Moved:
    """A consulted agency answers; `answer` is the id of the words. Where that settles the set, the others are let off.

    Raises: Refused unless the actor holds a post in the agency; NotFound when it was not asked; Invalid.
    """
    if actor.kind != "system" and agency not in actor.agencies(*queries.CONSULTED_ROLES):
        raise Refused("processes.error.not_yours", step="", action="answer_consultation")
    if opinion not in {Opinion.AGREES, Opinion.OBJECTS}:
        raise Invalid.field("opinion", "processes.error.opinion")
    instance = moving.held(of)
    parts = _open_parts(instance)
    part = next((p for p in parts if p.agency == agency), None)
    if part is None:
        raise NotFound("processes.error.not_asked", agency=agency)
    part.answer, part.answered_by = answer[:64], actor.id
    _close(instance, parts, part, opinion, actor=actor, at=at)
    return _written(instance, "processes.answer_consultation", of, actor, at)


def lapse_silent(instance: Instance, *, actor: Actor, at: datetime) -> None:
    """Close the parts whose date has come without an answer: silence is consent."""
    parts = _open_parts(instance)
    for part in [p for p in parts if p.due_at <= at]:
        if part.closed_at is None:
            _close(instance, parts, part, Opinion.SILENT, actor=actor, at=at)
    _recount(instance, parts)


def drop_doubled(agency: str, *, actor: Actor, at: datetime) -> None:
    """Close what an agency that ended was asked beside its successor, who answers once for both: nobody is waited for."""
    asked = Consultation.objects.filter(
        agency=agency, closed_at__isnull=True, instance__ended_at__isnull=True
    )
    for key in list(asked.order_by("instance").values_list("instance_id", flat=True)):
        instance = rows.by_key(key)[0]
        parts = _open_parts(instance)
        for part in [each for each in parts if each.agency == agency]:
            part.closed_at = at
            part.save(update_fields=["closed_at"])
            is_settled = not any(p.set_id == part.set_id and p.closed_at is None for p in parts)
            _tell_lapsed(instance, part, is_settled, actor, at)
        _recount(instance, parts)
        known = queries.definition(instance.definition, instance.n)
        moving.set_timer(instance, known, known.steps[instance.step])
        save(instance)


def drop_open(instance: Instance, *, actor: Actor, at: datetime) -> None:
    """Let all open parts off: the step they belonged to was left."""
    parts = _open_parts(instance)
    for part in parts:
        part.closed_at = at
        part.save(update_fields=["closed_at"])
        _tell_lapsed(instance, part, True, actor, at)
    _recount(instance, parts)


def _open_parts(instance: Instance) -> list[Consultation]:
    found = Consultation.objects.filter(instance_id=instance.pk, closed_at__isnull=True)
    return list(found.order_by("due_at", "id"))


def _close(
    instance: Instance,
    parts: list[Consultation],
    part: Consultation,
    opinion: str,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    part.opinion, part.closed_at = opinion, at
    part.save(update_fields=["opinion", "closed_at", "answer", "answered_by"])
    others = [p for p in parts if p.set_id == part.set_id and p.closed_at is None]
    is_settled = not others or _settles(part.join, opinion)
    if opinion == Opinion.SILENT:
        _tell_lapsed(instance, part, is_settled, actor, at)
    else:
        answered = ConsultationAnswered(
            *about(instance), str(part.pk), str(part.set_id), part.agency, opinion, is_settled
        )
        tell(instance, answered, actor=actor, at=at)
    for other in others if is_settled else []:
        other.closed_at = at
        other.save(update_fields=["closed_at"])
        _tell_lapsed(instance, other, True, actor, at)
    _recount(instance, parts)


def _settles(join: str, opinion: str) -> bool:
    return join == Join.FIRST or (join == Join.ANY and opinion != Opinion.OBJECTS)


def _tell_lapsed(
    instance: Instance, part: Consultation, is_settled: bool, actor: Actor, at: datetime
) -> None:
    lapsed = ConsultationLapsed(*about(instance), str(part.pk), str(part.set_id), part.agency, is_settled)
    tell(instance, lapsed, actor=actor, at=at)


def _recount(instance: Instance, parts: list[Consultation]) -> None:
    left = [part.due_at for part in parts if part.closed_at is None]
    instance.consulting = len(left)
    instance.consult_due_at = min(left) if left else None


def _written(instance: Instance, what: str, of: Ref, actor: Actor, at: datetime) -> Moved:
    known = queries.definition(instance.definition, instance.n)
    moving.set_timer(instance, known, known.steps[instance.step])
    save(instance)
    audit(what, of, actor=actor, at=at)
    return queries.moved(instance)
