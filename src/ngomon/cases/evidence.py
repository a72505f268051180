"""What speaks for a case besides its reporter: other people near in place and time, pictures, what officers verified around,
and whatever watches the place. Weighed by `rules.evidence`; computed when asked, kept nowhere.

Whose reports they are is compared by keyed hashes and never told. What the duty shift alone may know of speaks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from ngomon.core.actors import Actor
from ngomon.core.geo import distance_m
from ngomon.identity.rules import may

from .kin import same_as
from .kinship import origins_of, persons_behind
from .models import Corroboration, Picture, Reporter
from .near import parent_of
from .rules.evidence import LEAST_LIKENESS, OFFICER, PICTURE_OFF_M, UNKNOWN, WINDOW_H, weigh
from .rules.evidence import in_words as in_words
from .rules.same import looks_apart
from .rules.same_weights import PICTURE_NEAR
from .terms import (
    OF_CASES,
    About,
    Candidate,
    CaseKind,
    CaseLine,
    Evidence,
    EvidenceKind,
    Joined,
    Piece,
    PlaceSource,
    Source,
)

MOST = 10
"""How many cases around are asked at most."""
NOT_VERIFIED = frozenset({"", "verify", "waiting"})
"""Steps at which nobody has verified a case yet."""
SAID_NOTHING = ("follow", "added")
"""Signals that are no further voice: somebody follows; who reported adds to it."""
JOINED = {"": 1.0, Joined.CHOSEN: 0.8, Joined.AUTOMATIC: 0.8}
"""How surely a report in the case speaks of it: an officer gathered it; its reporter, or the machine, said it is the same."""
UNPLACED = 0.4
"""What a picture is worth of which nobody knows where it was taken."""

_sources: dict[str, Source] = {}


def add_source(key: str, source: Source) -> None:
    """Let another room speak for cases: sensors, cameras, press. Called when the application starts.

    The contract: `source(about)` gives the pieces that speak for the case *now*, near it in place and time. It reads our own
    database in one statement at most and nothing at all where it has nothing to say of the category; it asks no network. It
    may be asked often and changes nothing. Each piece has a kind outside `OF_CASES`, a strength from 0 to 1, words of its
    own, and at least one origin: what measured it, so that a gauge that speaks twice counts once. It never names a person.
    Raises: ValueError for a second source of one name.
    """
    if _sources.get(key, source) is not source:
        raise ValueError(f"two sources are called {key}")
    _sources[key] = source


def sources() -> tuple[str, ...]:
    """The names of the sources there are."""
    return tuple(_sources)


def remove_source(key: str) -> None:
    """Take a source away again."""
    _sources.pop(key, None)


def evidence_for(line: CaseLine, *, actor: Actor, near: Sequence[Candidate] | None = None) -> Evidence:
    """What speaks for an open case, with score and reasons; nothing for whoever may not sort at the duty desk.

    `near`: the cases around, where the caller has them. Statements: one, a second where contacts were left, and what
    sources ask.
    """
    if not may(actor, "case.triage") or line.closed_at or line.kind == CaseKind.QUESTION or not line.area:
        return Evidence()
    around = same_as(line.id, actor=actor, most=MOST) if near is None else near
    alike = {one.case_id: one for one in around if _speaks(one, line)}
    voices = _voices([line.id, *alike])
    first = next((v for v in voices if v.case_id == line.id and v.opened == line.id and not v.joined), None)
    if first is None:  # a case that only the duty shift may know of has no voice here
        return Evidence()
    own = first.origins
    pieces = [piece for voice in voices if voice is not first for piece in _of_voice(voice, line, alike)]
    pieces += _own_picture(first, line)
    pieces += _verified(voices, alike)
    return weigh([*pieces, *_from_sources(line)], own)


def _group_of(category: str) -> str:
    return parent_of(category) or category


def _speaks(one: Candidate, line: CaseLine) -> bool:
    """Whether a case around may speak for this one: likely the same thing, of the same kind, in the same days."""
    is_same_kind = one.category == line.category or _group_of(one.category) == _group_of(line.category)
    return is_same_kind and one.score >= LEAST_LIKENESS and one.age_h <= WINDOW_H


# --- people -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Voice:
    """One report of a case, with the origins that it shares with other reports. Never leaves this file."""

    case_id: UUID
    account_blind: str
    kin: str
    opened: UUID
    joined: str
    at: datetime
    lon: float
    lat: float
    number: str
    kind: str
    step: str
    is_corroborated: bool
    look: str | None
    off_m: int | None
    has_picture: bool
    origins: frozenset[str] = frozenset()

    @property
    def shows(self) -> bool:
        """Whether it has a picture that was not taken somewhere else."""
        return self.has_picture and not (self.off_m is not None and self.off_m > PICTURE_OFF_M)


def _voices(cases: Sequence[UUID]) -> list[_Voice]:
    """All reports of these cases, oldest first, with their origins; none of cases that the duty shift alone may know of."""
    asked = Reporter.objects.filter(case_id__in=cases, signal__case__is_secret=False)
    asked = asked.exclude(signal__source__in=SAID_NOTHING).order_by("signal__received_at", "signal_id")
    found = [_Voice(*row) for row in _told(asked)]
    known = persons_behind(voice.kin for voice in found)
    looks: list[tuple[int, str]] = []
    for voice in found:
        voice.origins = origins_of(voice.account_blind, voice.kin, known) | _seen(voice.look, looks)
    return found


def _told(asked: QuerySet[Reporter]) -> Iterable[tuple[Any, ...]]:
    theirs = Picture.objects.filter(signal_id=OuterRef("pk"), role="before").order_by("at", "id")
    standing = Corroboration.objects.filter(case_id=OuterRef("case_id"), reversed_at__isnull=True)
    return asked.annotate(
        corroborated=Exists(standing),
        look=Subquery(theirs.values("look")[:1]),
        off_m=Subquery(theirs.values("off_m")[:1]),
        pictured=Exists(theirs),
    ).values_list(
        "case_id", "account_blind", "kin", "signal__opened", "signal__joined", "signal__received_at", "signal__lon",
        "signal__lat", "signal__case__number", "signal__case__kind", "signal__case__step", "corroborated", "look",
        "off_m", "pictured",
    )[:500]  # fmt: skip


def _seen(look: str | None, looks: list[tuple[int, str]]) -> frozenset[str]:
    """Two who send the same picture are one origin: it was passed on."""
    if not look:
        return frozenset()
    bits = int(look, 16)
    name = next((key for seen, key in looks if looks_apart(seen, bits) <= PICTURE_NEAR), f"look{len(looks)}")
    looks.append((bits, name))
    return frozenset({name})


def _of_voice(voice: _Voice, line: CaseLine, alike: dict[UUID, Candidate]) -> Iterator[Piece]:
    hours = abs((voice.at - line.opened_at).total_seconds()) / 3600
    if hours > WINDOW_H:
        return
    is_here = voice.case_id == line.id
    gathered = voice.opened != line.id and not voice.joined
    strength = (1.0 if gathered else JOINED.get(voice.joined, 0.8)) if is_here else alike[voice.case_id].score
    yield Piece(
        EvidenceKind.REPORT,
        voice.origins,
        strength,
        distance_m((line.lon, line.lat), (voice.lon, voice.lat)),
        hours,
        number="" if is_here else voice.number,
        has_picture=voice.shows,
        lon=voice.lon,
        lat=voice.lat,
    )


def _own_picture(first: _Voice, line: CaseLine) -> list[Piece]:
    """The reporter's own picture, where it does not come from elsewhere. Whether the place is the device's own, counts."""
    if not first.shows:
        return []
    is_placed = first.off_m is not None or line.place_source == PlaceSource.GPS
    words = "cases.evidence.own_picture" if is_placed else "cases.evidence.own_picture_unplaced"
    strength = 1.0 if is_placed else UNPLACED
    return [Piece(EvidenceKind.PICTURE, first.origins, strength, words=(words, {}), has_picture=True)]


def _verified(voices: Iterable[_Voice], alike: dict[UUID, Candidate]) -> Iterator[Piece]:
    """Cases around that an officer verified by looking, not by evidence: else two cases would verify each other."""
    seen: set[UUID] = set()
    for voice in voices:
        one = alike.get(voice.case_id)
        if one is None or voice.case_id in seen or voice.step in NOT_VERIFIED or voice.is_corroborated:
            continue
        seen.add(voice.case_id)
        kind = EvidenceKind.DANGER if voice.kind == CaseKind.DANGER else EvidenceKind.VERIFIED
        yield Piece(
            kind,
            frozenset({OFFICER}),
            one.score,
            one.distance_m,
            one.age_h,
            number=voice.number,
            lon=one.lon,
            lat=one.lat,
        )


# --- what watches the city ----------------------------------------------------------------------------------------------


def _from_sources(line: CaseLine) -> Iterator[Piece]:
    """What sources say, each origin under its source's name, so that none can be taken for a person or for another's."""
    if not _sources:
        return
    about = About(
        line.id,
        line.category,
        _group_of(line.category),
        line.lon,
        line.lat,
        float(line.place_radius_m or 0),
        line.opened_at,
    )
    for key, source in _sources.items():
        for piece in source(about):
            if piece.kind in OF_CASES:
                raise ValueError(f"{key} speaks as {piece.kind}")
            origins = frozenset(f"{key}:{origin}" for origin in piece.origins or {UNKNOWN})
            yield replace(piece, origins=origins, number="", has_picture=False)
