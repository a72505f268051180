"""The other cases that one case has to do with: what may be the same, what was gathered in it, its parts, its repeats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound
from ngomon.core.geo import distance_m
from ngomon.identity.rules import may

from .masking import masked
from .models import Apart, Case, Look, Picture, Reporter, Signal
from .near import candidates, has_like, look_of
from .rules.same import NOWHERE, looks_apart, quarters
from .rules.same import SHOWN as SHOWN
from .rules.same_weights import PICTURE_NEAR
from .terms import Candidate, CaseLine, Joined

LINE = CaseLine.__slots__
REUSED_FROM_M = 300.0


def same_as(case_id: UUID, *, actor: Actor, most: int = SHOWN) -> list[Candidate]:
    """Open cases that may be the same as this one, best first, without those kept apart from it, its parent and its parts.

    For the duty desk alone; none for others.
    """
    if not may(actor, "case.triage"):
        return []
    case = Case.objects.filter(pk=case_id).first()
    if case is None or not case.is_open or not has_like(case):
        return []
    pairs = Apart.objects.filter(Q(first=case_id) | Q(second=case_id)).values_list("first", "second")
    kin = Case.objects.filter(parent=case_id).values_list("id", flat=True)
    looks = Picture.objects.filter(case=case, role="before").exclude(look="").values_list("look", flat=True)
    return candidates(
        lon=case.lon,
        lat=case.lat,
        text=case.text,
        category=case.category,
        at=case.opened_at,
        most=most,
        but=case.id,
        place=case.place,
        looks=tuple(bits for look in looks for bits in look_of(look)),
        apart=[*(one for pair in pairs for one in pair), *kin, *([case.parent] if case.parent else [])],
    )


@dataclass(frozen=True, slots=True)
class Family:
    """What hangs together with a case. `repeats` holds the case itself too, the first of them first; empty for none."""

    parent: CaseLine | None
    children: tuple[CaseLine, ...]
    gathered: tuple[CaseLine, ...]
    repeats: tuple[CaseLine, ...]
    linked: tuple[UUID, ...]

    @property
    def open_children(self) -> int:
        """How many parts are open."""
        return sum(one.closed_at is None for one in self.children)


def family_of(case_id: UUID, *, public_only: bool = False) -> Family:
    """Parent, parts, gathered cases and repeats of a case that the caller may see. Raises: NotFound.

    `linked`: the reports that joined it by themselves or because their reporter chose it; the desk can take them out.
    """
    own = Case.objects.filter(pk=case_id).values_list("parent", "recurs_of").first()
    if own is None:
        raise NotFound("cases.not_found")
    parent, root = own[0], own[1] or case_id
    seen = Case.objects.filter(is_public=True) if public_only else Case.objects.filter(is_secret=False)
    related = seen.filter(
        Q(pk=parent) | Q(parent=case_id) | Q(merged_into=case_id) | Q(pk=root) | Q(recurs_of=root)
    )
    found: dict[str, list[CaseLine]] = {"children": [], "gathered": [], "repeats": []}
    above = None
    for *row, its_parent, its_target, its_root in _lines(related):
        line = CaseLine(*row)
        above = line if line.id == parent else above
        if its_parent == case_id:
            found["children"].append(line)
        if its_target == case_id:
            found["gathered"].append(line)
        if root in (line.id, its_root):
            found["repeats"].append(line)
    repeats = found["repeats"] if len(found["repeats"]) > 1 else []
    joined = Signal.objects.filter(case_id=case_id).exclude(joined="").exclude(source="follow")
    linked = () if public_only else tuple(joined.values_list("id", flat=True))
    return Family(above, tuple(found["children"]), tuple(found["gathered"]), tuple(repeats), linked)


def _lines(found: QuerySet[Case]) -> Iterable[Sequence[Any]]:
    return found.order_by("opened_at").values_list(*LINE, "parent", "merged_into", "recurs_of")[:100]


@dataclass(frozen=True, slots=True)
class Reused:
    """A picture of a case that looks like one of a case far away. Units: metres."""

    number: str
    thumbnail: str
    distance_m: float


def reused_pictures(case_id: UUID, *, most: int = 3) -> list[Reused]:
    """Pictures of this case that look like those of cases elsewhere: a hint to look closer, never a reason by itself."""
    case = Case.objects.filter(pk=case_id).first()
    mine = list(
        Picture.objects.filter(case_id=case_id, role="before").exclude(look="").values_list("look", flat=True)
    )
    if case is None or not mine or not has_like(case):
        return []
    wanted = {quarter for look in mine for quarter in quarters(look)}
    seen = Look.objects.filter(picture__case__is_secret=False, picture__case__cell__gt=NOWHERE)
    rows = seen.filter(quarter__in=wanted).exclude(picture__case_id=case_id)
    names = (
        "picture__look",
        "picture__thumbnail",
        "picture__case__number",
        "picture__case__lon",
        "picture__case__lat",
    )
    found: dict[str, Reused] = {}
    for look, thumbnail, number, lon, lat in rows.values_list(*names)[:2000]:
        apart = min(looks_apart(int(look, 16), int(own, 16)) for own in mine)
        metres = distance_m((case.lon, case.lat), (lon, lat))
        if apart <= PICTURE_NEAR and metres >= REUSED_FROM_M:
            found.setdefault(number, Reused(number, thumbnail, metres))
    return list(found.values())[:most]


# --- what somebody who joined may see ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What somebody reported in a case that others opened: their signals and their words, masked."""

    signals: frozenset[UUID]
    text: str
    thumbnail: str


def joined_words(case_ids: Iterable[UUID], proofs: Q) -> dict[UUID, OwnWords]:
    """For cases that are not public yet and that these reporters did not open: only what they said themselves.

    Somebody whose report joined a case must not read a stranger's words and pictures before an officer has. A follower
    chose a public case. One statement, a second where there is such a case.
    """
    wanted = list(case_ids)
    if not wanted:
        return {}
    rows = (
        Reporter.objects.filter(proofs, case_id__in=wanted, signal__case__is_public=False)
        .order_by("at")
        .values_list("case_id", "signal_id", "signal__text", "signal__opened", "signal__joined")
    )
    mine: dict[UUID, list[tuple[UUID, str]]] = {}
    openers: set[UUID] = set()
    for case_id, signal, said, opened, joined in rows:
        mine.setdefault(case_id, []).append((signal, said))
        if opened == case_id and joined != Joined.AUTOMATIC and joined != Joined.CHOSEN:
            openers.add(case_id)
    guests = {case_id: said for case_id, said in mine.items() if case_id not in openers}
    signals = [signal for said in guests.values() for signal, _ in said]
    pictures = Picture.objects.filter(signal_id__in=signals).order_by("at", "id") if signals else []
    thumbs = {p.case_id: p.thumbnail for p in reversed(list(pictures))}
    return {
        case_id: OwnWords(
            frozenset(signal for signal, _ in said), masked(said[0][1]), thumbs.get(case_id, "")
        )
        for case_id, said in guests.items()
    }
