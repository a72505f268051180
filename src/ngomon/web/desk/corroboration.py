"""The desk's evidence: what speaks for a case and the key that verifies it, taking that back, and the review of the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ngomon.cases import commands, corroborations
from ngomon.cases import queries as cases
from ngomon.cases.evidence import in_words
from ngomon.cases.terms import (
    REVERSE_GROUNDS,
    AutomaticFigures,
    Candidate,
    CaseLine,
    CaseView,
    CorroborationView,
    Evidence,
    Piece,
)
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.ui.tags.words import number as in_digits

from . import pages, panel, views
from .frame import language_of, plain

TONES = {"strong": "leaf", "some": "river", "weak": "amber", "none": "neutral"}
ICONS = {
    "report": "user-round",
    "picture": "image",
    "verified": "badge-check",
    "danger": "siren",
    "level": "waves",
    "sensor": "radio",
    "camera": "cctv",
    "press": "newspaper",
    "unit": "truck",
}


def beside(view: CaseView, near: Sequence[Candidate], *, actor: Actor, language: str) -> dict[str, Any]:
    """What the panel "Bằng chứng" shows; `near`: the cases around that the page has found already."""
    line = view.line
    if not may(actor, "case.triage"):
        return {"evidence": None, "corroborated": None}
    found = Evidence() if view.is_secret else cases.evidence_for(line, actor=actor, near=near)
    # A case that still waits to be verified was verified by nothing that stands.
    waits = line.step in {"verify", ""}
    standing = None if waits else corroborations.of_case(line.id, actor=actor)
    return {
        "evidence": _panel(found, line, language) if found.groups else None,
        "may_corroborate": line.step == "verify" and found.others > 0,
        "corroborated": _standing(standing, language) if standing else None,
        "reverse_grounds": [(key, text(f"cases.evidence.ground.{key}", language)) for key in REVERSE_GROUNDS],
    }


def _panel(found: Evidence, line: CaseLine, language: str) -> dict[str, Any]:
    said = in_words(found)
    return {
        "label": text(said, language),
        "tone": TONES[said.rsplit(".", 1)[1]],
        "points": round(found.score * 100),
        "why": "; ".join(_said(reason, language) for reason in found.reasons),
        "rows": [
            {
                "icon": ICONS[group.first.kind],
                "words": _words(group.first, language),
                "more": text("web.desk.evidence.more", language, n=group.n - 1) if group.n > 1 else "",
                "far": _far(group.first, language),
                "has_picture": group.is_person and group.has_picture,
                "points": round(group.worth * 100),
                "number": group.first.number,
                "map": _map(line, group.first),
            }
            for group in found.groups
        ],
    }


def _said(reason: tuple[str, Mapping[str, Any]], language: str) -> str:
    key, values = reason
    plain = {k: in_language(v, language) if isinstance(v, Mapping) else v for k, v in values.items()}
    return text(key, language, **plain)


def _words(piece: Piece, language: str) -> str:
    said = _said(piece.words or (f"cases.evidence.kind.{piece.kind}", {}), language)
    return said[:1].upper() + said[1:]


def _far(piece: Piece, language: str) -> str:
    """How far and how long apart: "cách 18 m, sau 3 giờ"."""
    found = []
    if piece.distance_m is not None:
        metres = piece.distance_m
        found.append(
            text("cases.same.metres", language, n=round(metres))
            if metres < 1000
            else text("web.desk.evidence.kilometres", language, n=in_digits(metres / 1000, 1))
        )
    if piece.hours is not None:
        found.append(_apart(piece.hours, language))
    return ", ".join(found)


def _apart(hours: float, language: str) -> str:
    if hours < 1:
        return text("web.desk.evidence.minutes", language, n=max(1, round(hours * 60)))
    if hours < 48:
        return text("web.desk.evidence.hours", language, n=round(hours))
    return text("web.desk.evidence.days", language, n=round(hours / 24))


def _map(line: CaseLine, piece: Piece) -> dict[str, str] | None:
    if piece.lon is None or piece.lat is None:
        return None
    return panel.small_map(line, piece.lon, piece.lat)


def _standing(found: CorroborationView, language: str) -> dict[str, Any]:
    return {
        "is_automatic": found.is_automatic,
        "points": round(found.score * 100),
        "rests_on": rests_on(found.codes, language),
        "at": found.at,
        "can_reverse": found.can_reverse,
    }


def rests_on(codes: str, language: str) -> str:
    """What a verification rested on, in words: "3 người khác nhau báo, ảnh của người báo"."""
    said = []
    for code in codes.split():
        kind, _, n = code.partition(":")
        if kind == "report":
            said.append(text("cases.evidence.people", language, n=int(n)))
        else:
            said.append(text(f"cases.evidence.kind.{kind}", language))
    return ", ".join(said)


# --- buttons ------------------------------------------------------------------------------------------------------------


@require_POST
@requires("case.triage")
def corroborate(request: HttpRequest, number: str) -> HttpResponse:
    """Verify the case by the evidence there is."""
    version = request.POST.get("version", "")
    seen = int(version) if version.isdigit() else None
    return _done(request, number, partial(commands.corroborate, version=seen))


@require_POST
@requires("case.triage")
def reverse(request: HttpRequest, number: str) -> HttpResponse:
    """Take a verification by evidence back."""
    ground, words = request.POST.get("ground", ""), request.POST.get("words", "")[:1000]
    return _done(request, number, partial(commands.reverse, ground=ground, words=words))


def _done(request: HttpRequest, number: str, act: Callable[..., object]) -> HttpResponse:
    """The case after an act on it, or what was refused."""
    try:
        with unit():
            act(cases.case_id_of(number), actor=actor_from(request), at=clock.now())
    except CityError as error:
        words, _ = views.refusal(error, language_of(request))
        return pages.case_again(request, number, error.status, words)
    return pages.back(request, number)


# --- the review ---------------------------------------------------------------------------------------------------------


@require_safe
@requires("case.triage")
def review(request: HttpRequest) -> HttpResponse:
    """The sample of automatic verifications, with figures of how many were wrong."""
    return _review(request)


def _review(request: HttpRequest, status: int = 200, failed: str = "") -> HttpResponse:
    language = language_of(request)
    waiting, done = corroborations.to_review(actor=actor_from(request))
    known = corroborations.settings()
    rows = [_figures(row, language) for row in corroborations.figures(clock.now())]
    context = plain(
        request,
        waiting=[_line(one, language) for one in waiting],
        done=[_line(one, language) for one in done],
        figures=rows,
        stopped=[row for row in rows if row["row"].stopped_at and not row["row"].is_on],
        sample=in_digits(known.sample_pct, 0),
        most=in_digits(known.wrong_pct, 1 if known.wrong_pct % 1 else 0),
        failed=failed,
    )
    return render(request, "web/desk/corroboration.html", context, status=status)


def _line(one: CorroborationView, language: str) -> dict[str, Any]:
    return {
        "one": one,
        "category": views.category_name(one.category, language),
        "points": round(one.score * 100),
        "rests_on": rests_on(one.codes, language),
        "url": f"/desk/cases/{one.number}",
        "verdict": text(f"web.desk.review.{one.verdict}", language) if one.verdict else "",
        "tone": "red" if one.verdict == "wrong" else "leaf",
    }


def _figures(row: AutomaticFigures, language: str) -> dict[str, Any]:
    share = row.wrong_pct
    state = "on" if row.is_on else "stopped" if row.stopped_at else "off"
    return {
        "row": row,
        "category": views.category_name(row.category, language),
        "share": text("web.desk.review.share", language, pct=in_digits(share, 0), n=row.looked_at)
        if share is not None
        else text("web.desk.review.no_base", language),
        "state": text(f"web.desk.review.state.{state}", language),
        "tone": {"on": "leaf", "stopped": "red", "off": "neutral"}[state],
        "asks": text("web.desk.review.asks", language, score=round(row.score * 100), n=row.people)
        if row.score
        else "",
    }


@require_POST
@requires("case.triage")
def judge(request: HttpRequest, id: UUID) -> HttpResponse:
    """Right or wrong."""
    try:
        with unit():
            commands.judge(id, request.POST.get("verdict", ""), actor=actor_from(request), at=clock.now())
    except CityError as error:
        words, _ = views.refusal(error, language_of(request))
        return _review(request, error.status, words)
    return HttpResponseRedirect("/desk/corroboration")
