"""What the form suggests while it is written: where the point lies, what the words speak of, what is the same nearby."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing

from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category, CategoryNode, Understood
from ngomon.ui.rules import span
from ngomon.ui.tags.words import number, said

from .. import queries
from ..rules import MAX_PLACE, MAX_TEXT
from ..terms import Candidate, PlaceSource, picture_url
from .exits import exit_hints
from .shown import area_name, category_of, language, name

_FOLLOW = "cases.follow"
NEAR_PLACE_M = 250
SHORTEST_PLACE = 3


def follow_reference(case_id: UUID) -> str:
    """What the form carries for "it is this one": signed, so that nobody can point at a case we did not propose."""
    return signing.dumps(str(case_id), salt=_FOLLOW)


def read_follow(reference: str) -> UUID | None:
    """The case behind a reference that we gave; None for anything else."""
    if not reference:
        return None
    try:
        return UUID(signing.loads(reference, salt=_FOLLOW, max_age=24 * 3600))
    except (signing.BadSignature, ValueError):
        return None


def hints_for(typed: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Everything the suggestions show for what was typed so far."""
    words = clean(str(typed.get("text", "")))[:MAX_TEXT]
    found = understood(typed, at=at)
    placed = queries.placed(typed, found)
    where = (placed.lon, placed.lat) if placed else None
    # A pin that earlier words set does not hide what the present words may mean.
    by_words = (
        placed is None
        or placed.source in {PlaceSource.WORDS, PlaceSource.ASSET}
        or typed.get("place_source") in {PlaceSource.WORDS, PlaceSource.ASSET}
    )
    proposals = queries.propose(words) if words else []
    best = str(typed.get("category", "")) or (proposals[0].key if proposals else "")
    similar: list[dict[str, Any]] = []
    if where is not None and directory.in_bounds(*where):
        alike = queries.candidates(lon=where[0], lat=where[1], text=words, category=best, at=at)
        similar = _similar(alike, str(typed.get("follows", "")))
    return {
        "where": _where(where, at),
        **(readings_of(found, typed) if by_words else readings_of(None, typed)),
        "proposals": [_proposal(p.key, p.because) for p in proposals],
        "is_sure": bool(proposals) and proposals[0].is_sure,
        **exit_hints(words),
        "similar": similar,
        "similar_reports": sum(s["reports"] for s in similar),
    }


def _where(where: tuple[float, float] | None, at: datetime) -> dict[str, Any] | None:
    """The ward of a point and the nearest known place, in words."""
    if where is None:
        return None
    area = directory.area_at(*where, directory.local_day(at))
    if area is None:
        return {"is_outside": True}
    near = directory.nearest_place(*where)
    place = name(near.place.name) if near and near.distance_m <= NEAR_PLACE_M else ""
    return {"is_outside": False, "area": area_name(area.key), "place": place}


def understood(typed: Mapping[str, Any], *, at: datetime) -> Understood | None:
    """What the words of the place mean today; None where hardly anything was written."""
    words = clean(str(typed.get("place_words", "")))[:MAX_PLACE]
    return (
        directory.understand_place(words, on=directory.local_day(at))
        if len(words) >= SHORTEST_PLACE
        else None
    )


def readings_of(found: Understood | None, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The readings to choose from, as a page shows them; the only narrow one is chosen beforehand."""
    if found is None:
        return {"readings": [], "place_advice": ""}
    chosen = queries.chosen_key(typed, found, directory.place_limit_m())
    readings = directory.readings_in_words(found, language(), chosen=chosen)
    said_words = str(
        typed.get("place_words", "")
    )  # as typed: the page knows by them which words were answered
    return {"readings": readings, "place_advice": name(found.advice), "place_said": said_words}


def _proposal(key: str, because: Sequence[str]) -> dict[str, Any]:
    category = category_of(key)
    return {
        "category": category,
        "name": name(category.name),
        "because": ", ".join(f"“{w}”" for w in because),
    }


def _similar(found: Sequence[Candidate], chosen: str) -> list[dict[str, Any]]:
    """Candidates as the public may see them: words and picture only of cases that are public already."""
    picked = read_follow(chosen)
    made = []
    for one in found:
        is_public = one.is_public
        category = category_of(one.category)
        distance = text("cases.report.metres", n=number(max(5, round(one.distance_m / 5) * 5), 0))
        made.append(
            {
                "reference": follow_reference(one.case_id),
                "is_chosen": picked == one.case_id,
                "is_public": is_public,
                "number": one.number if is_public else "",
                "title": name(category.name),
                "icon": category.icon or "circle-dot",
                "text": one.text if is_public else "",
                "thumb": picture_url(one.thumbnail) if is_public else "",
                "away": text(
                    "cases.report.similar_away", distance=distance, age=said(span(one.age_h * 3600))
                ),
                "reports": one.reports,
            }
        )
    return made


def _leaf(category: Category) -> dict[str, Any]:
    budget = ""
    if category.budget_days:
        budget = text("cases.report.budget_days", n=category.budget_days)
    elif category.budget_minutes:
        budget = text("cases.report.budget_minutes", n=category.budget_minutes)
    return {
        "key": category.key,
        "name": name(category.name),
        "icon": category.icon or "circle-dot",
        "hint": name(category.hint),
        "budget": budget,
        "photo_required": category.photo_required,
    }


def _leaves(node: CategoryNode) -> list[dict[str, Any]]:
    if not node.children:
        return [_leaf(node.category)] if node.category.group else []
    return [leaf for child in node.children for leaf in _leaves(child)]


def category_choices(chosen: str) -> list[dict[str, Any]]:
    """The tree of categories to choose from: groups with their leaves, the group of the chosen one open."""
    groups = []
    for node in directory.category_tree():
        leaves = _leaves(node)
        if leaves:
            groups.append(
                {
                    "name": name(node.category.name),
                    "icon": node.category.icon or "circle-dot",
                    "leaves": leaves,
                    "is_open": any(leaf["key"] == chosen for leaf in leaves),
                }
            )
    return groups
