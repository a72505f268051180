"""Says in both languages how words about a place were understood. Texts only, no decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ngomon.core.text import fold, in_language
from ngomon.core.texts import LANGUAGES, text
from ngomon.directory.terms import PartKind, PlacePart, PlaceReading

_SMALL_WORDS = (
    "duong pho phuong xa thi huyen quan thanh cho cau chua nha ho truong benh cua cong ga lang dien cung tuong bao bai doi "
    "tru cot tu thon lang"
)
_SMALL = frozenset(_SMALL_WORDS.split())
"""Words that are small inside a Vietnamese sentence though a name begins with them."""


def length(metres: int, language: str) -> str:
    """A distance as people say it: 300 m, 1,2 km."""
    if metres < 1_000:
        return f"{metres} m"
    figure = f"{metres / 1_000:.1f}".removesuffix(".0")
    return f"{figure.replace('.', ',') if language == 'vi' else figure} km"


def _name(part: PlacePart, language: str) -> str:
    said = in_language(part.name, language)
    first = said.split(" ", 1)[0]
    if language == "vi" and part.kind != PartKind.LOCALITY and fold(first) in _SMALL and said[:1].isupper():
        said = said[:1].lower() + said[1:]
    if part.relation and language == "vi" and part.relation.lower() != "near":
        return f"{part.relation.lower()} {said}"
    return text("directory.place.by", language, name=said) if part.relation else said


def _label(parts: Sequence[PlacePart], now: Mapping[str, str], language: str) -> str:
    made: list[str] = []
    numbers: list[str] = []
    ward = next((p for p in parts if p.kind == PartKind.WARD), None)
    is_former = any(p.kind == PartKind.FORMER_WARD for p in parts)
    has_plate = any(p.kind == PartKind.ASSET for p in parts)
    for part in parts:
        name = _name(part, language)
        if part.kind in {PartKind.HOUSE, PartKind.ALLEY, PartKind.GROUP}:
            numbers.append(text(f"directory.place.{part.kind}", language, n=name, said=part.said))
        elif part.kind == PartKind.STREET and not has_plate:
            made.append(" ".join([*numbers, name.removeprefix("đường ") if numbers else name]))
            numbers = []
        elif part.kind == PartKind.FORMER_WARD and ward is not None:
            made.append(text("directory.place.now", language, before=name, now=_name(ward, language)))
        elif part.kind in {PartKind.FORMER_WARD, PartKind.FORMER_DISTRICT}:
            made.append(text("directory.place.former", language, name=name))
        elif part.kind != PartKind.STREET and (part.kind != PartKind.WARD or not is_former):
            made.append(name)
    return ", ".join([*numbers, *made]) or in_language(now, language)


def _sentence(
    label: Mapping[str, str], radius_m: int, unknown: Sequence[str], missed: Sequence[str], language: str
) -> str:
    said = [
        text("directory.place.understood", language, label=label[language], radius=length(radius_m, language))
    ]
    said += [text("directory.place.unknown", language, said=words) for words in unknown]
    said += [text("directory.place.missed", language, said=words) for words in missed]
    return " ".join(said)


def _advice(readings: Sequence[PlaceReading], unknown: Sequence[PlacePart], language: str) -> str:
    if not readings and unknown:
        return text("directory.place.advice_unknown", language, said=unknown[0].said)
    if not readings:
        return text("directory.place.advice_nothing", language)
    if len(readings) > 1:
        return text("directory.place.advice_many", language, n=len(readings))
    return text("directory.place.advice_one", language)


def label(parts: Sequence[PlacePart], now: Mapping[str, str]) -> dict[str, str]:
    """The place in the order of an address, by language."""
    return {language: _label(parts, now, language) for language in LANGUAGES}


def sentence(
    said: Mapping[str, str], radius_m: int, unknown: Sequence[str], missed: Sequence[str]
) -> dict[str, str]:
    """What was understood, how exactly, what is unknown and what did not fit, by language."""
    return {language: _sentence(said, radius_m, unknown, missed, language) for language in LANGUAGES}


def advice(readings: Sequence[PlaceReading], unknown: Sequence[PlacePart]) -> dict[str, str]:
    """What to do with the readings, by language."""
    return {language: _advice(readings, unknown, language) for language in LANGUAGES}
