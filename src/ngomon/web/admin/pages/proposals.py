"""The proposals that learn: which model proposes, what the gate found, and where officers chose otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ngomon.cases import commands as cases_commands
from ngomon.cases import queries as cases
from ngomon.cases.terms import TRAINING_ENDS_WITHIN, Correction, ModelShown, ModelState
from ngomon.core import clock
from ngomon.core.errors import NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may

from ..frame import done, language_of, page

MEASURES = ("accuracy", "macro_f1", "calibration_error", "coverage", "precision", "top3")
TONES = {
    ModelState.LIVE: "leaf",
    ModelState.CANDIDATE: "hue",
    ModelState.REFUSED: "red",
    ModelState.FAILED: "red",
    ModelState.ASKED: "amber",
}


@require_safe
@requires("catalogue.see")
def proposals(request: HttpRequest) -> HttpResponse:
    """What proposes now, the models with their figures, and the corrections by category."""
    language = language_of(request)
    known, counted = cases.models(), cases.corrections()
    rows = corrected(counted, language)
    live = next((one for one in known if one.state == ModelState.LIVE), None)
    return page(
        request,
        "proposals",
        "proposals",
        live=live,
        models=[_model(one, language) for one in known],
        is_training=any(
            one.state == ModelState.ASKED and clock.now() - one.asked_at < TRAINING_ENDS_WITHIN
            for one in known
        ),
        service=[_service(one, language) for one in cases.in_service()],
        corrected=[row for row in rows if row["corrected"]],
        kept=[row for row in rows if not row["corrected"]],
        decided=sum(one.n for one in counted),
        limits=cases.learning(),
        may_change=may(actor_from(request), "catalogue.change"),
    )


def share(value: float, language: str) -> str:
    """A ratio as a percentage with one decimal, as the language writes it."""
    said = f"{value * 100:.1f}"
    return f"{said.replace('.', ',')} %" if language == "vi" else f"{said}%"


def _model(one: ModelShown, language: str) -> dict[str, Any]:
    figures = one.figures
    names = [name for name in ("candidate", "live", "rules") if name in figures]
    return {
        "model": one,
        "state": text(f"web.admin.proposals.state.{one.state}", language),
        "tone": TONES.get(ModelState(one.state), "neutral"),
        "measured": figures.get("candidate", {}).get("rows", 0),
        "rows": [
            {
                "name": text(f"web.admin.proposals.measured.{name}", language),
                "cells": [share(figures[name][measure], language) for measure in MEASURES],
            }
            for name in names
        ],
        "taught": figures.get("taught", 0),
        "gate": [_finding(finding, language) for finding in figures.get("gate", [])],
        "sure_from": share(min(1.0, figures["sure_from"]), language) if "sure_from" in figures else "",
        "never_sure": figures.get("sure_from", 0) > 1,
        "may_go_live": one.state in {ModelState.CANDIDATE, ModelState.RETIRED},
    }


def _finding(finding: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "words": text(
            f"web.admin.proposals.gate.{finding['code']}",
            language,
            value=share(finding["value"], language),
            limit=share(finding["limit"], language),
        ),
        "passed": finding["passed"],
    }


def _service(one: cases.Service, language: str) -> dict[str, Any]:
    by = text("web.admin.proposals.by_model", language, n=one.number)
    return {
        "by": by if one.number else text("web.admin.proposals.by_rules", language),
        "proposed": one.proposed,
        "right": share(one.right / one.proposed, language),
        "sure": one.sure,
        "sure_right": share(one.sure_right / one.sure, language) if one.sure else "–",
    }


def category_name(key: str, language: str) -> str:
    """A category's name, also of one that is no longer in the catalogue."""
    try:
        return in_language(directory.category(key).name, language)
    except NotFound:
        return key


def corrected(counted: Sequence[Correction], language: str) -> list[dict[str, Any]]:
    """One row for each proposed category, most corrected first: how often it was proposed, kept, and what was chosen."""
    chosen: dict[str, list[Correction]] = defaultdict(list)
    for one in counted:
        chosen[one.proposed].append(one)
    rows = []
    for key, ones in chosen.items():
        times, kept = sum(c.n for c in ones), sum(c.n for c in ones if c.chosen == key)
        others = [c for c in ones if c.chosen != key]
        rows.append(
            {
                "key": key,
                "name": category_name(key, language),
                "times": times,
                "kept": share(kept / times, language),
                "corrected": times - kept,
                "heat": min(4, (times - kept) * 5 // times) if times > kept else -1,
                "others": [
                    {"name": category_name(c.chosen, language), "n": c.n, "key": c.chosen} for c in others[:4]
                ],
            }
        )
    return sorted(rows, key=lambda row: (-row["corrected"], -row["times"], row["name"]))


@require_POST
@requires("catalogue.change")
def train(request: HttpRequest) -> HttpResponse:
    """Ask for a new model; the worker trains it."""
    with unit():
        cases_commands.ask_for_training(actor=actor_from(request), at=clock.now())
    return done("/admin/proposals", "training_asked")


@require_POST
@requires("catalogue.change")
def put_live(request: HttpRequest, id: UUID) -> HttpResponse:
    """From now on this model proposes."""
    with unit():
        cases_commands.put_model_live(id, actor=actor_from(request), at=clock.now())
    return done("/admin/proposals", "model_live")


@require_POST
@requires("catalogue.change")
def take_back(request: HttpRequest) -> HttpResponse:
    """Back to the model before, or to the rules."""
    with unit():
        cases_commands.take_model_back(actor=actor_from(request), at=clock.now())
    return done("/admin/proposals", "model_back")
