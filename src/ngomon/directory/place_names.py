"""The names that the places and areas of a city may be called by, ready to be found in words: with and without their kind. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ngomon.core.text import fold
from ngomon.directory import address_words as known
from ngomon.directory.address_tokens import mark_of
from ngomon.directory.addresses import Name
from ngomon.directory.terms import Area, Place

_LEVELS: Mapping[str, str] = {
    "phuong": known.WARD, "xa": known.COMMUNE, "thi tran": known.TOWNSHIP, "thi xa": known.DISTRICT,
    "huyen": known.DISTRICT, "quan": known.DISTRICT, "thanh pho": known.CITY,
}  # fmt: skip
_ENGLISH_ENDS = frozenset({"street", "ward", "commune", "district", "township", "town", "city"})


def _named(said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folded words of a name and the same with their tone marks; abbreviations written out."""
    bare: list[str] = []
    marks: list[str] = []
    for word in re.findall(r"[^\W_]+", said):
        for part in re.findall(r"[^\W\d_]+|\d+", word):
            folded = fold(part)
            whole = known.SHORT.get(folded, (folded,))
            bare += whole
            marks += [mark_of(part)] if len(whole) == 1 else whole
    return tuple(bare), tuple(marks)


def _without(bare: tuple[str, ...], phrases: Iterable[tuple[str, ...]]) -> int:
    """How many words at the beginning are one of these phrases, a name being left."""
    return next((len(p) for p in phrases if bare[: len(p)] == p and len(bare) > len(p)), 0)


def bare_names(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Names without what stands before them."""
    made = [_named(name)[0] for name in names]
    return [bare[_without(bare, _AREA_WORDS) :] for bare in made]


_AREA_WORDS = tuple(sorted((tuple(level.split()) for level in _LEVELS), key=len, reverse=True))
_STREET_WORDS = (("duong",), ("pho",))
_LOCALITY_WORDS = tuple(
    sorted((head for head, kind in known.HEADS.items() if kind == known.LOCALITY), key=len, reverse=True)
)


def place_names(place: Place) -> Iterator[Name]:
    """The names of a place, one for each run of words: those with tone marks come first."""
    made: dict[tuple[str, ...], Name] = {}
    for name in _said_of_place(place):
        made.setdefault(name.words, name)
    yield from made.values()


def _said_of_place(place: Place) -> Iterator[Name]:
    kind = {"street": "street", "locality": "locality"}.get(place.kind, "landmark")
    types = known.TYPES.get(place.kind, ())
    for said in dict.fromkeys([*place.name.values(), *place.aliases, *_without_remark(place)]):
        bare, marks = _named(said)
        if kind == "landmark":
            is_alias = said in place.aliases and not said.isupper()
            yield from _landmark_names(place, bare, marks, types, is_alias=is_alias)
            continue
        skipped = _without(bare, _STREET_WORDS if kind == "street" else _LOCALITY_WORDS + _AREA_WORDS)
        bare, marks = bare[skipped:], marks[skipped:]
        if bare and bare[-1] in _ENGLISH_ENDS and len(bare) > 1:
            bare, marks = bare[:-1], ()
        if bare:
            yield Name(bare, marks, kind, place.key, frozenset({kind}))


def _without_remark(place: Place) -> list[str]:
    """A street's name without what stands in brackets after it."""
    return [
        name.partition(" (")[0] for name in place.name.values() if " (" in name and place.kind == "street"
    ]


def _landmark_names(
    place: Place,
    bare: tuple[str, ...],
    marks: tuple[str, ...],
    types: tuple[tuple[str, ...], ...],
    *,
    is_alias: bool,
) -> Iterator[Name]:
    if not bare:
        return
    skipped = _without(bare, types)
    is_short = is_alias and not skipped and bool(types) and place.kind != "monument"
    is_bare = place.kind in known.BARE and len(bare) > 1
    yield Name(
        bare,
        marks,
        "landmark",
        place.key,
        types=types,
        needs_type=is_short and not is_bare,
        is_weak=is_short and is_bare,
    )
    if bare[-1] == "hue" and len(bare) > 2:
        yield Name(bare[:-1], marks[:-1], "landmark", place.key, types=types)
    if skipped:
        rest, rest_marks = bare[skipped:], marks[skipped:]
        if rest[-1] == "hue" and len(rest) > 2:
            rest, rest_marks = rest[:-1], rest_marks[:-1]
        is_bare = place.kind in known.BARE and len(rest) > 1
        yield Name(
            rest, rest_marks, "landmark", place.key, types=types, needs_type=not is_bare, is_weak=is_bare
        )


def area_names(area: Area) -> Iterator[Name]:
    """The names of a unit, without its level; the level is what agrees with the word before."""
    made: dict[tuple[str, ...], Name] = {}
    for name in _said_of_area(area):
        made.setdefault(name.words, name)
    yield from made.values()


def _said_of_area(area: Area) -> Iterator[Name]:
    for said in area.name.values():
        bare, marks = _named(said)
        skipped = _without(bare, _AREA_WORDS)
        level = _LEVELS.get(" ".join(bare[:skipped]), "")
        bare, marks = bare[skipped:], marks[skipped:]
        if bare and bare[-1] in _ENGLISH_ENDS and len(bare) > 1:
            bare, marks = bare[:-1], ()
        heads = (
            frozenset({level})
            if level
            else frozenset({known.WARD, known.COMMUNE, known.TOWNSHIP, known.DISTRICT})
        )
        if bare:
            yield Name(bare, marks, area.kind, area.key, heads)
