"""The desk's panel "Có phải cùng một việc?": what may be the same, what was gathered, the parts, the repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ngomon.cases import queries as cases
from ngomon.cases.evidence import MOST as EVIDENCE_MOST
from ngomon.cases.kin import SHOWN
from ngomon.cases.terms import Candidate, CaseLine, CaseView, picture_url
from ngomon.core.actors import Actor
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.ui.tags.words import number as in_digits

from .told import spoken_by, told

METRES_A_DEGREE = 111_320


def panel(view: CaseView, *, actor: Actor, language: str) -> dict[str, Any]:
    """Everything the panel shows for a case that this officer may see."""
    line = view.line
    family = cases.family_of(line.id)
    around = cases.same_as(line.id, actor=actor, most=EVIDENCE_MOST)
    found = around[:SHOWN]
    return {
        "around": around,
        "same": [_card(one, line, language) for one in found],
        "merge_told": told("merge", line, {"into": "PA-…"}, spoken_by(view, language)) if found else None,
        "parent": _row(family.parent, language) if family.parent else None,
        "children": [_row(one, language) for one in family.children],
        "open_children": family.open_children,
        "gathered": [_row(one, language) for one in family.gathered],
        "gathered_lines": family.gathered,
        "repeats": [_row(one, language) for one in family.repeats if one.id != line.id],
        "repeats_words": repeats_words(family.repeats, language),
        "split": [(s.id, s.text) for s in view.signals if s.id in family.linked],
        "reused": [
            {
                "number": one.number,
                "thumb": picture_url(one.thumbnail),
                "away": _away(one.distance_m, language),
            }
            for one in cases.reused_pictures(line.id)
        ],
    }


MERGING = "timeline-acts"
"""The form on the case's page that buttons inside the timeline send."""


def with_unmerge(history: list[dict[str, Any]], view: CaseView, gathered: Sequence[CaseLine]) -> None:
    """Put "undo the merge" into the line that tells of the merge, and a line for each case that was merged into this."""
    if view.merged_into:
        last = next((told for told in reversed(history) if told["kind"] == "cases.merged"), None)
        if last is not None:
            last["press"] = _unmerge(view.line.number)
    history += [
        {
            "at": one.closed_at,
            "title": text("web.desk.gathered_here", number=one.number),
            "words": "",
            "icon": "merge",
            "href": f"/desk/cases/{one.number}",
            "press": _unmerge(one.number),
        }
        for one in gathered
        if one.closed_at
    ]
    history.sort(key=lambda told: told["at"])


def _unmerge(number: str) -> dict[str, str]:
    return {
        "label": text("web.desk.unmerge"),
        "about": number,
        "icon": "split",
        "url": f"/desk/cases/{number}/unmerge",
        "form": MERGING,
    }


def repeats_words(lines: Sequence[CaseLine], language: str) -> str:
    """ "đã xảy ra 3 lần từ tháng 8": how often, since which month; empty for once."""
    if len(lines) < 2:
        return ""
    first = directory.local_day(min(one.opened_at for one in lines))
    return text("cases.same.repeats", language, n=len(lines), month=f"{first.month}/{first.year}")


def _away(metres: float, language: str) -> str:
    if metres < 1000:
        return text("cases.report.metres", language, n=in_digits(round(metres, -1), 0))
    return text("web.desk.same_kilometres", language, n=in_digits(metres / 1000, 1))


def _card(one: Candidate, line: CaseLine, language: str) -> dict[str, Any]:
    """A candidate with its reason in words."""
    return {
        "number": one.number,
        "url": f"/desk/cases/{one.number}",
        "text": one.text,
        "thumb": picture_url(one.thumbnail),
        "category": in_language(directory.category(one.category).name, language),
        "status": text(f"cases.status.{one.status}", language),
        "score": text(one.said_score, language),
        "tone": {"sure": "hue", "likely": "river"}.get(one.said_score.rsplit(".", 1)[1], "neutral"),
        "why": ", ".join(text(key, language, **values) for key, values in one.because),
        "reports": one.reports,
        "map": small_map(line, one.lon, one.lat),
    }


REACH = 28.0
"""How far from the middle of a small map of 72 × 72 its farthest point stands."""
BARS_M = (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5)


def small_map(line: CaseLine, lon: float, lat: float) -> dict[str, str]:
    """A small drawing, north up: this case in the middle with its uncertainty, the other where it lies, a scale."""
    east = (lon - line.lon) * METRES_A_DEGREE * math.cos(math.radians(line.lat))
    north = (lat - line.lat) * METRES_A_DEGREE
    scale = REACH / max(math.hypot(east, north), 15.0)
    bar = next((m for m in BARS_M if m * scale <= REACH), BARS_M[-1])
    drawn = {
        "x": east * scale,
        "y": -north * scale,
        "radius": (line.place_radius_m or 0) * scale,
        "bar": bar * scale - 32,
    }
    return {**{name: f"{value:.1f}" for name, value in drawn.items()}, "metres": str(bar)}


def _row(one: CaseLine, language: str) -> dict[str, Any]:
    return {
        "number": one.number,
        "url": f"/desk/cases/{one.number}",
        "text": one.text,
        "status": text(f"cases.status.{one.status}", language),
        "opened_at": one.opened_at,
    }
