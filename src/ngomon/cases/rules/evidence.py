"""How much speaks for a case besides its own reporter: pieces of evidence weighed into a score with reasons. Pure.

Independent origins are combined as independent witnesses are: what is left of the doubt is the product of the doubts that
each leaves. The weights are our own proposal, no measurement: no city has judged such pairs yet. The review of automatic
verifications measures them (`docs/how-to/corroboration.md`). The score is no probability.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..terms.evidence import Evidence, EvidenceKind, Group, Piece

UNKNOWN = "?"
"""The origin of whoever left neither account nor contact. All such are taken for one person, as nobody can tell them apart."""
OFFICER = "officer"
"""The origin of what officers verified around: they may have looked once, so it counts once."""

WEIGHTS: Mapping[EvidenceKind, float] = {
    EvidenceKind.REPORT: 0.55,  # two people who surely speak of it leave a fifth of the doubt, three a tenth
    EvidenceKind.PICTURE: 0.25,  # the reporter's own: it shows something, and who took it is the one to be confirmed
    EvidenceKind.VERIFIED: 0.6,
    EvidenceKind.DANGER: 0.7,
    EvidenceKind.LEVEL: 0.6,  # times the alarm that is reached; a river far above it is still no street
    EvidenceKind.SENSOR: 0.6,
    EvidenceKind.CAMERA: 0.7,
    EvidenceKind.PRESS: 0.4,
    EvidenceKind.UNIT: 0.95,
}
WITH_PICTURE = 0.10
"""What another person's report weighs more with a picture of their own."""
OWN_MOST = 0.25
"""The most that all that one reporter sends can be worth: far below what any verification asks for."""
STRONG, SOME = 0.8, 0.5
"""From which score the desk says that there is enough evidence, and some."""
WINDOW_H = 14 * 24.0
"""Reports farther apart than this do not speak for one another, whatever they say."""
LEAST_LIKENESS = 0.3
"""A case around that is less likely the same thing than this is no evidence."""
PICTURE_OFF_M = 150.0
"""How far from the place of the report a camera may say that it stood."""


def weigh(pieces: Iterable[Piece], own: frozenset[str]) -> Evidence:
    """The evidence that pieces make; `own`: the origins that are the reporter's.

    The order of the pieces does not matter; a piece of a further independent origin never lowers the score; what shares an
    origin with the reporter is worth a picture at most, however many reports it is.
    """
    found = sorted(pieces, key=_order)
    others: list[Group] = []
    mine: list[Group] = []
    for members, is_own in _independent(found, own):
        if not is_own:
            others.append(_group(max(members, key=_worth), members))
        else:
            pictures = [p for p in members if p.kind is EvidenceKind.PICTURE]
            mine += [_group(max(pictures, key=_worth), pictures)] if pictures else []
    doubts = [1.0 - group.worth for group in others] + [1.0 - min(g.worth, OWN_MOST) for g in mine]
    people = sum(group.is_person for group in others)
    left_out = sum(piece.kind is EvidenceKind.REPORT for piece in found) - people
    groups = tuple(sorted([*others, *mine], key=lambda group: (-group.worth, _order(group.first))))
    # Sorted, so that the order of multiplication is one too.
    score = round(1.0 - math.prod(sorted(doubts)), 6)
    return Evidence(score, people, len(others), left_out, groups, _reasons(groups, people, left_out))


def _order(piece: Piece) -> tuple[Any, ...]:
    """One order for the same pieces, however they come."""
    far = math.inf if piece.distance_m is None else piece.distance_m
    late = math.inf if piece.hours is None else piece.hours
    return (piece.kind, -piece.strength, far, late, piece.number, sorted(piece.origins))


def _worth(piece: Piece) -> float:
    with_picture = WITH_PICTURE if piece.has_picture and piece.kind is EvidenceKind.REPORT else 0.0
    return (WEIGHTS[piece.kind] + with_picture) * min(max(piece.strength, 0.0), 1.0)


def _group(first: Piece, members: Sequence[Piece]) -> Group:
    return Group(
        first,
        len(members),
        _worth(first),
        any(p.kind is EvidenceKind.REPORT for p in members),
        any(p.has_picture for p in members),
    )


def _independent(pieces: Sequence[Piece], own: frozenset[str]) -> list[tuple[list[Piece], bool]]:
    """The pieces by independent origin, and whether that is the reporter's: who shares a key is one."""
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    for keys in [sorted(own), *(sorted(piece.origins) for piece in pieces)]:
        for key in keys[1:]:
            above[top(key)] = top(keys[0])
    by_top: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_top.setdefault(top(min(piece.origins, default=UNKNOWN)), []).append(piece)
    mine = top(min(own)) if own else None
    return [(members, key == mine) for key, members in by_top.items()]


Reason = tuple[str, Mapping[str, Any]]


def _reasons(groups: Sequence[Group], people: int, left_out: int) -> tuple[Reason, ...]:
    """Why, in words: how many people, how near and when, whose pictures, who verified, what watches the place."""
    found: list[Reason] = []
    persons = [group for group in groups if group.is_person]
    if people:
        found.append(("cases.evidence.people", {"n": people}))
        near = [g.first.distance_m for g in persons if g.first.distance_m is not None]
        if near:
            found.append(("cases.evidence.nearest", {"n": round(min(near))}))
        pictures = sum(group.has_picture for group in persons)
        if pictures:
            found.append(("cases.evidence.pictures", {"n": pictures}))
    for group in groups:
        if not group.is_person:
            found.append(group.first.words or (f"cases.evidence.kind.{group.first.kind}", {}))
    if left_out:
        found.append(("cases.evidence.left_out", {"n": left_out}))
    return tuple(found)


def in_words(evidence: Evidence) -> str:
    """A text key that says a score: enough, some, little, none."""
    if not evidence.others:
        return "cases.evidence.score.none"
    if evidence.score >= STRONG:
        return "cases.evidence.score.strong"
    return "cases.evidence.score.some" if evidence.score >= SOME else "cases.evidence.score.weak"


# --- by itself ----------------------------------------------------------------------------------------------------------

LEAST_SCORE, LEAST_PEOPLE = 0.6, 2
"""No city can let a case verify itself by less: two different people besides the reporter."""


@dataclass(frozen=True, slots=True)
class AutomaticLine:
    """From which day until which (the first day no longer) a category verifies by itself, and what it asks for."""

    category: str
    from_on: date
    until_on: date | None
    score: float
    people: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What the city's pack says in `[corroboration]` of city.toml. Without a line nothing verifies by itself.

    Units: `sample_pct` of the automatic verifications are looked at by a person; a category stops when more than
    `wrong_pct` were wrong, on a base of at least `reviewed`.
    """

    lines: tuple[AutomaticLine, ...] = ()
    sample_pct: float = 20.0
    wrong_pct: float = 5.0
    reviewed: int = 20

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Settings:
        """From the pack; a line without category or day is none."""
        given = body.get("automatic")
        rows = [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else []
        lines = tuple(line for line in map(_line, rows) if line is not None)
        return cls(
            lines,
            _number(body, "sample_pct", 20.0, 0.0, 100.0),
            _number(body, "wrong_pct", 5.0, 0.0, 100.0),
            int(_number(body, "reviewed", 20.0, 1.0, 10_000.0)),
        )

    def line_for(self, category: str, parent: str, day: date) -> AutomaticLine | None:
        """What a category's cases must bring on a day to be verified by themselves; None: a person does.

        Its own line comes before its parent's, among equals the one that began last.
        """
        found = [
            line
            for line in self.lines
            if line.category in {category, parent}
            and line.from_on <= day
            and (line.until_on is None or day < line.until_on)
        ]
        return max(found, key=lambda line: (line.category == category, line.from_on), default=None)

    def is_too_wrong(self, looked_at: int, wrong: int) -> bool:
        """Whether a category stops: more were wrong than may be of `reviewed`, or of all looked at where those are more."""
        return wrong * 100.0 > self.wrong_pct * max(looked_at, self.reviewed)


def _number(body: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    given = body.get(name)
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not least <= given <= most:
        return default
    return float(given)


def _line(row: Mapping[str, Any]) -> AutomaticLine | None:
    try:
        from_on = date.fromisoformat(str(row["from"]))
        until = date.fromisoformat(str(row["until"])) if row.get("until") else None
        category = str(row["category"])
    except (KeyError, ValueError):
        return None
    score = max(LEAST_SCORE, _number(row, "score", 0.85, 0.0, 1.0))
    people = max(LEAST_PEOPLE, int(_number(row, "people", 2, 0, 100)))
    return AutomaticLine(category, from_on, until, score, people) if category else None


def is_sampled(key: str, pct: float) -> bool:
    """Whether something belongs to a random sample of so many of a hundred: by its key alone, the same each time."""
    drawn = int.from_bytes(hashlib.sha256(f"corroboration:{key}".encode()).digest()[:8])
    return drawn < pct / 100.0 * 2**64
