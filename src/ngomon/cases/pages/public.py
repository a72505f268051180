"""What everybody may see: one case, its pictures, the privacy page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.processes import queries as processes
from ngomon.ui.tags.words import said_day

from .. import exit_queries as exits
from .. import public as reads
from .. import queries
from ..pictures import look_at_whole
from ..terms import CaseView, Joined, Rating, Status
from ..tracker import project_of
from .exits import exit_card
from .forms import AppealForm, CityForm, RateForm, ReasonForm, ReplyForm
from .photos import bytes_of
from .proofs import actor_of, claim_of, claims, forget_fresh, keep_claim
from .shown import agency_name, card, language, name, photos_of, progress, timeline, who_has_it

DONE = frozenset({"reply", "rate", "object", "appeal", "follow", "claim", "apart"})
RATING_ICONS = {Rating.SATISFIED: "smile", Rating.ACCEPTABLE: "meh", Rating.DISSATISFIED: "frown"}


@public
@require_safe
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """One case. Its reporter (account or claim code) also sees it before it is public, and what is between them and us.

    Whose report was merged into another case comes there from the old address too. Raises: NotFound.
    """
    try:
        return show_case(request, number)
    except NotFound:
        code = claim_of(request, number)
        into = queries.merged_for(number, actor=actor_of(request), claim_code=code)
        if not into:
            raise
        if code:
            keep_claim(request, into, code)
        return redirect("cases_case", into)


def show_case(
    request: HttpRequest, number: str, *, form: CityForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a case, with a form that was refused in its place. Raises: NotFound."""
    actor = actor_of(request)
    code = claim_of(request, number)
    view, is_mine = _view(number, actor, code)
    forget_fresh(request, view.line.number)
    done = request.GET.get("done", "")
    context = {
        **_facts(view),
        **_forms(view, is_mine, actor, form),
        "view": view,
        "card": card(view.line),
        "is_mine": is_mine,
        "was_linked": is_mine
        and queries.signal_of_reporter(view.line.id, Joined.AUTOMATIC, actor=actor, claim_code=code),
        "repeats": repeats_of(view.line.id),
        "is_public": (view.line.number and reads.public_among([view.line.id])) or False,
        "done": text(f"cases.done.{done}") if done in DONE else "",
        "actor": actor,
        "desk_url": f"/desk/cases/{view.line.number}" if actor.is_staff else "",
    }
    answer = render(request, "cases/case.html", context, status=status)
    answer["Cache-Control"] = "private, no-cache"
    return answer


def repeats_of(case_id: UUID) -> dict[str, Any] | None:
    """The public cases of the same thing, this one among them, and since when; None where it happened once."""
    lines = queries.family_of(case_id, public_only=True).repeats
    if len(lines) < 2:
        return None
    first = directory.local_day(lines[0].opened_at)
    return {
        "words": text("cases.same.repeats", n=len(lines), month=f"{first.month}/{first.year}"),
        "others": [line.number for line in lines if line.id != case_id],
    }


def _view(number: str, actor: Actor, code: str) -> tuple[CaseView, bool]:
    """The case as this reader may see it, and whether the reader reported or follows it. Raises: NotFound."""
    if actor.account_id or code:
        try:
            return queries.reporter_case(number, actor=actor, claim_code=code), True
        except NotFound:
            pass
    return queries.public_case(number), False


def _facts(view: CaseView) -> dict[str, Any]:
    now = clock.now()
    line = view.line
    before, after = photos_of(view, "before"), photos_of(view, "after")
    answers = [e for e in view.entries if e.kind == "answer"]
    log = reads.events_of(line.id)
    point = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [line.lon, line.lat]},
                "properties": {"title": line.number, "state": "selected", "radius_m": line.place_radius_m},
            }
        ],
    }
    return {
        "progress": progress(line, now),
        "who": who_has_it(line),
        "why": reads.due_why(line.ref, language()) if line.due_at else "",
        "before": before,
        "after": after,
        "timeline": timeline(view, log, now),
        "answer": answers[-1] if answers and line.status in {Status.ANSWERED, Status.CLOSED} else None,
        "answer_agency": agency_name(answers[-1].agency or line.agency) if answers else "",
        "reason": next((e for e in reversed(view.entries) if e.kind == "reason"), None),
        "exit": exit_card(told) if (told := exits.exit_of_case(view.exit)) else None,
        "point": point,
        "center": (line.lon, line.lat),
        "committed": view.commit_until_on if line.status == Status.COMMITTED else None,
        "project": project_of(line.id) if line.status == Status.RECORDED else None,
        "committed_words": said_day(view.commit_until_on) if view.commit_until_on else "",
        "agency": agency_name(line.agency),
        "office": name(directory.city().office_name),
    }


def _forms(view: CaseView, is_mine: bool, actor: Actor, refused: CityForm | None) -> dict[str, Any]:
    """The forms that the process lets the reporter use now."""
    if not is_mine:
        return {
            "question": None,
            "may_follow": view.line.status not in {Status.REJECTED, Status.GUIDED, Status.MERGED},
        }
    actions = {a.key for a in processes.actions_for(view.line.ref, actor, is_reporter=True)}
    forms: dict[str, Any] = {}
    for key, kind in (
        ("reply", ReplyForm),
        ("rate", RateForm),
        ("object", ReasonForm),
        ("appeal", AppealForm),
    ):
        if key in actions:
            forms[f"{key}_form"] = refused if type(refused) is kind else kind()
    ratings = [
        {"value": r.value, "label": text(f"cases.rating.{r.value}"), "icon": RATING_ICONS[r]} for r in Rating
    ]
    question = next((e for e in reversed(view.entries) if e.kind == "question"), None)
    return {
        **forms,
        "refused": refused,
        "ratings": ratings,
        "question": question if "reply" in actions else None,
    }


@public
@require_safe
def picture(request: HttpRequest, digest: str, kind: str = "jpg") -> HttpResponse:  # noqa: ARG001 (the address's ending)
    """A picture: public ones for everybody; others for the reporter and for staff only."""
    right = reads.may_see_picture(digest, actor=actor_of(request), claim_codes=claims(request).values())
    if not right:
        raise NotFound("core.file.gone")
    if right == "whole":
        with unit():
            look_at_whole(digest, actor=actor_of(request), at=clock.now())
    etag = f'"{digest}"'
    answer: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(bytes_of(digest), content_type="image/jpeg")
    answer["ETag"] = etag
    # A picture can be taken away when it shows somebody: no copy outside is used longer than five minutes unasked.
    fresh = "public, max-age=300, must-revalidate" if right == "public" else "private, no-cache"
    answer["Cache-Control"] = fresh
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


# What, then what everybody, the handling agency and the authorised staff of the centre see of it.
_WHO_SEES = (
    ("words", "after_check", "yes", "yes"),
    ("identity", "no", "no", "recorded"),
    ("numbers", "masked", "masked", "recorded"),
    ("inside", "no", "yes", "yes"),
)


@public
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep, who sees it, what rights there are."""
    table = [
        {
            "what": text(f"cases.privacy.row.{what}"),
            "cells": [text(f"cases.privacy.cell.{cell}") for cell in cells],
        }
        for what, *cells in _WHO_SEES
    ]
    context = {"city": directory.city(), "table": table, "who_caption": text("cases.privacy.who")}
    return render(request, "cases/privacy.html", context)
