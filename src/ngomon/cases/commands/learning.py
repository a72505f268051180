"""What teaches the proposals: officers' decisions, training that is asked for, and which model proposes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from ngomon.core import files
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, NotFound
from ngomon.core.events import emit
from ngomon.core.files import Stored
from ngomon.core.texts import text
from ngomon.core.units import command, current_unit
from ngomon.directory import queries as directory
from ngomon.identity.rules import require

from ..models import Case, Decision, LearnedModel
from ..proposals import forget_model, live_model, propose_with
from ..rules.linear import LinearModel
from ..terms import (
    CATEGORY_MODEL,
    TRAINING_ENDS_WITHIN,
    CaseKind,
    ModelPutLive,
    ModelRetired,
    ModelState,
    ModelTrained,
    TrainingAsked,
)

AUDIENCE = ("ioc",)


@command
def remember_decision(case_id: UUID, *, actor: Actor, at: datetime) -> None:  # noqa: ARG001 (the system's own note)
    """Keep what an officer decided about a case beside what is proposed for it: one row, the newest decision.

    What was proposed stays as it stood at the first decision; agency and category follow. Once: a repeat writes the same.
    """
    case = Case.objects.filter(pk=case_id, merged_into__isnull=True).first()
    # Nothing is learned from what the duty shift alone may know of, nor from questions.
    if case is None or case.is_secret or case.kind == CaseKind.QUESTION:
        return
    day = directory.local_day(at)
    decided = {
        "category": case.category,
        "area": case.area,
        "agency": case.agency,
        "agency_by_table": directory.route_for(case.category, case.area, day).agency,
        "decided_at": at,
    }
    if Decision.objects.filter(pk=case_id).update(**decided):
        return
    number, model = _proposing_at(at)
    first = next(iter(propose_with(case.text, model)), None)
    proposed = {
        "proposed": first.key if first else "",
        "by_model": number,
        "chance": first.score if first else 0.0,
        "was_sure": bool(first and first.is_sure),
    }
    Decision.objects.create(case=case, **decided, **proposed)


def _proposing_at(at: datetime) -> tuple[int, LinearModel | None]:
    """What proposed when the decision was made: a model that went live only afterwards has no part in it."""
    number, model = live_model()
    if number and LearnedModel.objects.filter(kind=CATEGORY_MODEL, number=number, live_at__gt=at).exists():
        return 0, None
    return number, model


def _locked(model_id: UUID) -> LearnedModel:
    found = LearnedModel.objects.select_for_update().filter(pk=model_id).first()
    if found is None:
        raise NotFound("cases.learning.no_model")
    return found


@command
def ask_for_training(*, actor: Actor, at: datetime) -> UUID:
    """Ask for a new model of what reports are about; the worker trains it in a process of its own.

    Once: while one is asked for, that one is meant; one that was asked for long ago never ended, and is given up.
    Raises: Refused.
    """
    require(actor, "catalogue.change")
    waiting = LearnedModel.objects.filter(kind=CATEGORY_MODEL, state=ModelState.ASKED).first()
    if waiting is not None and at - waiting.asked_at < TRAINING_ENDS_WITHIN:
        return waiting.id
    if waiting is not None:
        give_up_training(waiting.id, text("cases.learning.never_ended"), actor=actor, at=at)
    last = LearnedModel.objects.filter(kind=CATEGORY_MODEL).aggregate(top=Max("number"))["top"] or 0
    made = LearnedModel(kind=CATEGORY_MODEL, number=last + 1, state=ModelState.ASKED, asked_at=at)
    emit(made, TrainingAsked(str(made.id), CATEGORY_MODEL), actor=actor, at=at, audience=AUDIENCE)
    made.save(force_insert=True)
    audit("cases.ask_for_training", made.ref, actor=actor, at=at)
    return made.id


@command
def record_model(
    model_id: UUID,
    stored: Stored,
    *,
    rows: int,
    figures: Mapping[str, Any],
    passed: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """A model was trained: keep its file and what the gate found. It is a candidate when the gate let it through.

    Once: a model that is recorded already stays as it is.
    """
    model = _locked(model_id)
    if model.state != ModelState.ASKED:
        return
    files.attach([(stored, "model")], model.ref, at=at)
    model.state = ModelState.CANDIDATE if passed else ModelState.REFUSED
    model.trained_at, model.rows, model.digest, model.figures = at, rows, stored.digest, dict(figures)
    told = ModelTrained(str(model.id), model.state)
    emit(model, told, actor=actor, at=at, audience=AUDIENCE)
    model.save()
    audit("cases.record_model", model.ref, actor=actor, at=at, detail={"state": model.state, "rows": rows})


@command
def give_up_training(model_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """Training came to nothing: say why. Once: only a model that is still asked for."""
    model = _locked(model_id)
    if model.state != ModelState.ASKED:
        return
    model.state, model.reason = ModelState.FAILED, reason[:300]
    emit(model, ModelTrained(str(model.id), model.state), actor=actor, at=at, audience=AUDIENCE)
    model.save()
    audit("cases.give_up_training", model.ref, actor=actor, at=at)


@command
def put_model_live(model_id: UUID, *, actor: Actor, at: datetime) -> None:
    """From now on this model proposes. Raises: Refused; Conflict for one that the gate held back or that proposes already."""
    require(actor, "catalogue.change")
    model = _locked(model_id)
    if model.state not in {ModelState.CANDIDATE, ModelState.RETIRED}:
        raise Conflict("cases.learning.cannot_go_live", number=model.number)
    _retire_live(actor=actor, at=at)
    model.state, model.live_at, model.by = ModelState.LIVE, at, actor.told_as
    emit(model, ModelPutLive(str(model.id), model.number), actor=actor, at=at, audience=AUDIENCE)
    model.save()
    audit("cases.put_model_live", model.ref, actor=actor, at=at, detail={"number": model.number})
    current_unit().after.append(forget_model)


@command
def take_model_back(*, actor: Actor, at: datetime) -> None:
    """The live model proposes no longer: the one before it does, or the rules alone. Raises: Refused; Conflict without one."""
    require(actor, "catalogue.change")
    retired = _retire_live(actor=actor, at=at)
    if retired is None:
        raise Conflict("cases.learning.none_live")
    before = (
        LearnedModel.objects.filter(
            kind=CATEGORY_MODEL, state=ModelState.RETIRED, live_at__lt=retired.live_at
        )
        .order_by("-live_at")
        .first()
    )
    if before is not None:
        # It keeps the time at which it first went live, so that the next step back leads to the one before it.
        before.state = ModelState.LIVE
        emit(before, ModelPutLive(str(before.id), before.number), actor=actor, at=at, audience=AUDIENCE)
        before.save()
    now_live = before.number if before else 0
    audit("cases.take_model_back", retired.ref, actor=actor, at=at, detail={"to": now_live})
    current_unit().after.append(forget_model)


def _retire_live(*, actor: Actor, at: datetime) -> LearnedModel | None:
    live = LearnedModel.objects.select_for_update().filter(kind=CATEGORY_MODEL, state=ModelState.LIVE).first()
    if live is not None:
        live.state = ModelState.RETIRED
        emit(live, ModelRetired(str(live.id), live.number), actor=actor, at=at, audience=AUDIENCE)
        live.save()
    return live
