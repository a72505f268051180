"""What the form suggests while it is written: where the point lies, what the words speak of, what is the same nearby."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing

from ngomon.core.text import clean
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category, CategoryNode
from ngomon.ui.rules import span
from ngomon.ui.tags.words import number, said

from .. import public, queries
from ..rules import MAX_TEXT
from ..terms import Candidate, picture_url
from .shown import area_name, category_of, name

_FOLLOW = "cases.follow"
NEAR_PLACE_M = 250


def point(typed: Mapping[str, Any]) -> tuple[float, float] | None:
    """The point a form holds: its numbers, else the place that was chosen. None for nonsense or none.

    Shape: lon, lat in WGS 84, inside the bounds of the Earth.
    """
    for pair in ((typed.get("lon", ""), typed.get("lat", "")), str(typed.get("place_choice", "")).split(",")):
        if len(pair) != 2:
            continue
        try:
            lon, lat = (float(str(part).strip().replace(",", ".")) for part in pair)
        except ValueError:
            continue
        if math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90:
            return lon, lat
    return None


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
    where = point(typed)
    proposals = queries.propose(words) if words else []
    best = str(typed.get("category", "")) or (proposals[0].key if proposals else "")
    similar: list[dict[str, Any]] = []
    if where is not None and directory.in_bounds(*where):
        found = queries.candidates(lon=where[0], lat=where[1], text=words, category=best, at=at)
        similar = _similar(found, str(typed.get("follows", "")))
    return {
        "where": _where(where, at),
        "place_choices": _places(typed) if where is None or typed.get("place_choice") else [],
        "proposals": [_proposal(p.key, p.because) for p in proposals],
        "is_sure": bool(proposals) and proposals[0].is_sure,
        "danger": bool(words) and bool(queries.danger_words(words)),
        "hotline": directory.city().hotline,
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


def _places(typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the words of the place may mean, to choose from."""
    words = clean(str(typed.get("place_words", "")))
    if len(words) < 3:
        return []
    chosen = str(typed.get("place_choice", ""))
    found = []
    for place in directory.find_places(words, 5):
        value = f"{place.lon:.6f},{place.lat:.6f}"
        area = area_name(place.area) if place.area else ""
        former = name(place.former) if place.former else ""
        found.append(
            {"value": value, "name": former or name(place.name), "area": area, "is_chosen": value == chosen}
        )
    return found


def _proposal(key: str, because: Sequence[str]) -> dict[str, Any]:
    category = category_of(key)
    return {
        "category": category,
        "name": name(category.name),
        "because": ", ".join(f"“{w}”" for w in because),
    }


def _similar(found: Sequence[Candidate], chosen: str) -> list[dict[str, Any]]:
    """Candidates as the public may see them: words and picture only of cases that are public already."""
    shown = public.public_among([c.case_id for c in found])
    picked = read_follow(chosen)
    made = []
    for one in found:
        is_public = one.case_id in shown
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
