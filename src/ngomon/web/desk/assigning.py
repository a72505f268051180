"""Who is proposed for a case, as the desk shows it: the best one chosen, each with the reasons in words and a bar of his load.

Figures of officers are shown to the head of their agency, the shift lead and the city's office; others read the reasons
without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ngomon.cases import workload
from ngomon.cases.terms import CaseLine
from ngomon.cases.workload_terms import Because, Proposed
from ngomon.core.actors import Actor
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.processes.terms import Action
from ngomon.ui.tags.words import said_day

INSTEAD_OF_FIGURES = frozenset({"least", "knows"})
"""Reasons that say without a figure what others say with one."""


def asks_for_somebody(actions: Sequence[Action]) -> bool:
    """Whether any of these actions names an officer."""
    return any(asked.kind == "account" for action in actions for asked in action.fields)


def because(one: Because, at: datetime, language: str) -> str:
    """One reason in words."""
    values: dict[str, Any] = {"n": one.n, "m": one.m, "name": one.name}
    if one.at is not None:
        # Near days go by their weekday alone: "nghỉ từ thứ Năm".
        away = (directory.local_day(one.at) - directory.local_day(at)).days
        on = directory.local_day(one.at)
        values["day"] = text(f"processes.weekday.{on.weekday()}", language) if away < 7 else said_day(on)
    return text(f"cases.workload.because.{one.code}", language, **values)


def why(found: Proposed, at: datetime, language: str, *, figures: bool) -> str:
    """The reasons of a proposal as one line."""
    shown = [
        one
        for one in found.reasons
        if (not one.counts if not figures else one.code not in INSTEAD_OF_FIGURES)
    ]
    return ", ".join(because(one, at, language) for one in shown)


def people(line: CaseLine, actor: Actor, at: datetime, language: str) -> list[dict[str, Any]]:
    """Everybody a case could be given to, the best first; bars in per cent of the heaviest load, or none."""
    found = workload.propose(line, at)
    figures = workload.may_see_figures(actor, line.agency)
    most = max((one.candidate.hand.weight for one in found), default=0.0) or 1.0
    return [
        {
            "id": str(one.candidate.account),
            "name": one.candidate.name,
            "why": why(one, at, language, figures=figures),
            "bar": round(100 * one.candidate.hand.weight / most) if figures else None,
            "n": one.candidate.hand.n,
            "late": one.candidate.hand.late,
            "may": one.candidate.may_take,
        }
        for one in found
    ]


def choices(shown: Sequence[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Those of them who may take the case, as a form's choices."""
    return tuple((one["id"], one["name"]) for one in shown if one["may"])
