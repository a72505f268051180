"""Reads an address as people say it: numbers, lanes, streets, villages, wards, landmarks, plates, in any order. Pure.

The names that exist come from outside (`Lexicon`); this file knows how Vietnamese addresses are put together: what stands
before a name, what a number counts, where an unknown name ends. Tone marks are ignored, and break ties where typed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ngomon.core.text import clean
from ngomon.directory import address_words as known
from ngomon.directory.address_tokens import MOST_CHARACTERS, Token, mark_of, tokens_of
from ngomon.directory.terms import PartKind


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it may be said, folded. `heads` are the kinds it agrees with; `types` may stand before it.

    `needs_type`: only after one of `types` (a bridge's short name); `is_weak`: gives way to another thing of that name.
    """

    words: tuple[str, ...]
    marks: tuple[str, ...]
    kind: str
    key: str
    heads: frozenset[str] = frozenset()
    types: tuple[tuple[str, ...], ...] = ()
    needs_type: bool = False
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the words and what it may name, each with how well it fits. Units: metres for `relation_m`."""

    start: int
    end: int
    said: str
    names: tuple[tuple[Name, float], ...]
    head: str = ""
    is_former: bool | None = None
    is_numbered: bool = False
    relation: str = ""
    relation_m: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A part that names nothing by itself: a house number, a lane, a group; or a name that nobody knows."""

    kind: str
    said: str
    value: str


@dataclass(slots=True)
class Parsed:
    """Everything that was found in the words."""

    mentions: list[Mention] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    assets: list[tuple[str, str]] = field(default_factory=list)
    is_junction: bool = False
    away_m: int = 0


class Lexicon:
    """The names that exist, found by their first word; and the plates."""

    def __init__(self, names: Iterable[Name], plates: Mapping[str, str]) -> None:
        self._by_first: dict[str, list[Name]] = defaultdict(list)
        for name in dict.fromkeys(names):
            self._by_first[name.words[0]].append(name)
        self.plates = plates
        self.longest_plate = max((len(p) for p in plates), default=0)

    def at(self, tokens: list[Token], index: int) -> Iterable[Name]:
        """The names that begin here, none of them across a comma."""
        for name in self._by_first.get(tokens[index].word, ()):
            stretch = tokens[index : index + len(name.words)]
            if tuple(t.word for t in stretch) == name.words and not any(t.is_break for t in stretch[1:]):
                yield name


def parse(text: str, lexicon: Lexicon) -> Parsed:
    """What the words speak of. Never fails: what is not understood is left out."""
    return _Reader(clean(text)[:MOST_CHARACTERS], lexicon).read()


class _Reader:
    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        self.tokens = tokens_of(text)
        self.used = [False] * len(self.tokens)
        self.parsed = Parsed()

    def read(self) -> Parsed:
        self._plates()
        self._names()
        self._junctions()
        self._numbers()
        self._unknown()
        return self.parsed

    # --- small looks

    def _said(self, start: int, end: int) -> str:
        return self.text[self.tokens[start].start : self.tokens[end - 1].end] if start < end else ""

    def _words(self, start: int, end: int) -> tuple[str, ...]:
        return tuple(t.word for t in self.tokens[max(0, start) : end])

    def _use(self, start: int, end: int) -> None:
        for index in range(max(0, start), min(end, len(self.used))):
            self.used[index] = True

    def _is_free(self, index: int) -> bool:
        return 0 <= index < len(self.tokens) and not self.used[index]

    def _phrase_before(self, index: int, phrases: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
        """The longest of these phrases that ends right before a token, all of it free."""
        for phrase in phrases:
            start = index - len(phrase)
            if start >= 0 and self._words(start, index) == phrase and not any(self.used[start:index]):
                return phrase
        return None

    def _phrase_at(self, index: int, phrases: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
        for phrase in phrases:
            end = index + len(phrase)
            if self._words(index, end) == phrase and not any(self.used[index:end]):
                return phrase
        return None

    # --- plates

    def _plates(self) -> None:
        for start in range(len(self.tokens)):
            if self.used[start]:
                continue
            thing = self._thing_before(start)
            end, key = self._plate_at(start)
            if key and (thing or not self.tokens[start].is_number):
                self.parsed.assets.append((key, self._said(start, end)))
                self._use(start - len(thing), end)
            elif thing and (end := self._code_at(start)):
                said = self._said(start - len(thing), end)
                self.parsed.heard.append(Heard(PartKind.UNKNOWN_ASSET, said, self._said(start, end)))
                self._use(start - len(thing), end)

    def _thing_before(self, index: int) -> tuple[str, ...]:
        """The words before a plate that say what bears it, with "số", "mã" between."""
        start = index
        while start > 0 and self.tokens[start - 1].word in known.BEFORE_PLATE and not self.used[start - 1]:
            start -= 1
        phrase = self._phrase_before(start, known.ASSETS)
        return self._words(start - len(phrase), index) if phrase else ()

    def _plate_at(self, start: int) -> tuple[int, str]:
        joined, best = "", (start, "")
        for index in range(start, min(start + 6, len(self.tokens))):
            token = self.tokens[index]
            if self.used[index] or (
                index > start and token.is_break and token.said == self.tokens[index - 1].said
            ):
                break
            joined += "".join(c for c in token.word if c.isalnum())
            if len(joined) > self.lexicon.longest_plate:
                break
            if joined in self.lexicon.plates:
                best = (index + 1, self.lexicon.plates[joined])
        return best

    def _code_at(self, start: int) -> int:
        """The end of something like a plate: letters and a number written together, or a number with a stroke."""
        index = start
        while self._is_free(index) and not self.tokens[index].is_number and len(self.tokens[index].said) <= 4:
            if (
                index > start
                and self.text[self.tokens[index - 1].end : self.tokens[index].start].strip(" ") == ""
            ):
                return 0
            index += 1
        if not self._is_free(index) or not self.tokens[index].is_number or index - start > 3:
            return 0
        if index > start:
            between = self.text[self.tokens[index - 1].end : self.tokens[index].start]
            return index + 1 if between in {"", "-", ".", "/"} else 0
        return index + 1 if "/" in self.tokens[index].word else 0

    # --- names

    def _names(self) -> None:
        stretches: dict[tuple[int, int], list[Name]] = defaultdict(list)
        for index in range(len(self.tokens)):
            if not self.used[index]:
                for name in self.lexicon.at(self.tokens, index):
                    stretches[index, index + len(name.words)].append(name)
        found = [self._mention(start, end, names) for (start, end), names in stretches.items()]
        ranked = sorted(
            (m for m in found if m is not None),
            key=lambda m: (-m.names[0][1] - 2 * (m.end - m.start), m.start),
        )
        for mention in ranked:
            if not any(self.used[mention.start : mention.end]):
                self._use(mention.start, mention.end)
                self.parsed.mentions.append(mention)
        ordered = sorted(self.parsed.mentions, key=lambda m: m.start)
        self.parsed.mentions = [self._in_context(mention) for mention in ordered]

    def _mention(self, start: int, end: int, names: list[Name]) -> Mention | None:
        head, first = self._head_before(start)
        fits = [(name, self._fit(name, start, end, head)) for name in names]
        kept = [(name, fit) for name, fit in fits if fit > 0]
        if any(not name.is_weak for name, _ in kept):
            kept = [(name, fit) for name, fit in kept if not name.is_weak]
        if not kept:
            return None
        kept.sort(key=lambda pair: (-pair[1], pair[0].kind, pair[0].key))
        if head == known.STREET and all(name.kind != PartKind.STREET for name, _ in kept):
            return None
        best = kept[0][0]
        typed = 0 if head else self._type_before(best, start)
        return Mention(first - typed if not head else first, end, self._said(start, end), tuple(kept), head)

    def _head_before(self, start: int) -> tuple[str, int]:
        for length in range(known.LONGEST_HEAD, 0, -1):
            first = start - length
            if (
                first < 0
                or any(self.used[first:start])
                or any(t.is_break for t in self.tokens[first + 1 : start + 1])
            ):
                continue
            head = known.HEADS.get(self._words(first, start))
            if head:
                return head, first
        return "", start

    def _type_before(self, name: Name, start: int) -> int:
        phrase = self._phrase_before(start, name.types)
        return len(phrase) if phrase else 0

    def _fit(self, name: Name, start: int, end: int, head: str) -> float:
        typed = self._type_before(name, start)
        if name.needs_type and not typed:
            return 0
        score = 2.0 * len(name.words) + 2 * bool(typed) - name.is_weak
        if head and not typed:
            score += (
                3 if head in name.heads else (0 if name.heads & _SMALL_HEADS and head in _SMALL_HEADS else -3)
            )
        elif len(name.words) == 1 and not typed:
            score -= 1
        return score + self._marks(name, start, end)

    def _marks(self, name: Name, start: int, end: int) -> float:
        """Typed tone marks agree, disagree, or say nothing."""
        typed = [
            (token.mark, mark)
            for token, mark in zip(self.tokens[start:end], name.marks, strict=False)
            if mark and token.mark != token.word
        ]
        if not typed:
            return 0
        return 2 if all(a == b for a, b in typed) else -2.5

    def _in_context(self, mention: Mention) -> Mention:
        relation, metres, former = "", 0, self._former(mention)
        for back in range(4):
            index = mention.start - back
            if index <= 0 or (back and (self.used[index] or self.tokens[index].is_number)):
                break
            phrase = self._phrase_before(index, _RELATIONS)
            if phrase:
                relation, metres = self._said(index - len(phrase), index), known.RELATIONS[phrase]
                self._use(index - len(phrase), index)
                break
        numbered = self._is_numbered(mention)
        return replace(mention, is_former=former, is_numbered=numbered, relation=relation, relation_m=metres)

    def _is_numbered(self, mention: Mention) -> bool:
        """Whether a house number or a lane stands right before the name, or right after it."""
        before = mention.start and self.tokens[mention.start - 1].is_number
        after = self.tokens[mention.end : mention.end + 2]
        counted = known.ALLEY | known.NUMBER
        return (
            bool(before)
            or any(t.is_number for t in after[:1])
            or (
                len(after) == 2
                and after[0].word in counted
                and (after[1].is_number or after[1].word in counted)
            )
        )

    def _former(self, mention: Mention) -> bool | None:
        """Said to be of before, said to be of today, or neither."""
        before = self._phrase_before(mention.start, known.FORMER_BEFORE)
        if before:
            self._use(mention.start - len(before), mention.start)
            return True
        if self._phrase_before(mention.start, _NOW):
            return False
        phrase = self._phrase_at(mention.end, known.FORMER_AFTER)
        if phrase:
            self._use(mention.end, mention.end + len(phrase))
            return True
        return None

    # --- junctions, numbers, unknown names

    def _junctions(self) -> None:
        streets = [m for m in self.parsed.mentions if m.names[0][0].kind == PartKind.STREET]
        if len(streets) < 2:
            return
        for index in range(len(self.tokens)):
            if self._phrase_at(index, known.JUNCTION):
                self.parsed.is_junction = True
        for first, second in pairwise(streets):
            between = self._words(first.end, second.start)
            if between in {("va",), ("voi",), ("x",), ()}:
                self.parsed.is_junction = True

    def _numbers(self) -> None:
        for index, token in enumerate(self.tokens):
            if token.is_number and not self.used[index]:
                self._number(index, token)

    def _number(self, index: int, token: Token) -> None:
        before, first = self._counted_by(index)
        after = self.tokens[index + 1].word if index + 1 < len(self.tokens) else ""
        if self._distance(index, token, after):
            return
        kind = ""
        if before in known.ALLEY or self._words(first - 2, first) == ("duong", "luong"):
            kind = PartKind.ALLEY
        elif before in known.GROUP:
            kind = PartKind.GROUP
        elif (
            before in known.NUMBER
            or first < index
            or self._is_before_street(index)
            or self._is_after_street(index)
        ):
            kind = PartKind.HOUSE
        if not kind or len(token.word) > 12 or (kind == PartKind.HOUSE and token.word[:1] == "0"):
            return
        start = first - 1 if before in known.ALLEY | known.GROUP | known.NUMBER else first
        if before == "luong":
            start = first - 2
        said = self._said(max(0, start), index + 1)
        self._use(start, index + 1)
        self.parsed.heard.append(Heard(kind, said, token.said))

    def _counted_by(self, index: int) -> tuple[str, int]:
        """The word that a number belongs to, and where it and the filling "số" begin."""
        first = index
        while first > 0 and self._is_free(first - 1) and self.tokens[first - 1].word == "so":
            first -= 1
        if first and (self._is_free(first - 1) or self.tokens[first - 1].word in known.GROUP):
            return self.tokens[first - 1].word, first
        return "", first

    def _distance(self, index: int, token: Token, after: str) -> bool:
        value = token.word.rstrip("m")
        is_metres = token.word.endswith("m") or after in {"m", "met"}
        if not value.isdigit() or not (is_metres or after == "km"):
            return False
        if "cach" in self._words(index - 8, index) + self._words(index, index + 6):
            self.parsed.away_m = min(int(value[:6]) * (1000 if after == "km" else 1), 20_000)
        self._use(index, index + 1)
        return True

    def _is_before_street(self, index: int) -> bool:
        following = index + 1
        if following < len(self.tokens) and self.tokens[following].word in known.ALLEY:
            return True
        return any(
            m.start == following and m.names[0][0].kind == PartKind.STREET for m in self.parsed.mentions
        ) or (following < len(self.tokens) and self._starts_name(following))

    def _is_after_street(self, index: int) -> bool:
        first = index
        while first > 0 and self.tokens[first - 1].word in known.NUMBER:
            first -= 1
        return any(m.end == first and m.names[0][0].kind == PartKind.STREET for m in self.parsed.mentions)

    def _starts_name(self, index: int) -> bool:
        """Whether an unknown street's name may begin here, after a number."""
        if not (self._is_free(index) and self._is_free(index + 1)):
            return False
        token, following = self.tokens[index], self.tokens[index + 1]
        if (
            token.is_number
            or following.is_number
            or following.is_break
            or token.is_break
            or self._is_road_word(token)
        ):
            return False
        return token.word in known.FAMILY and (token.is_name_like or following.word not in known.NO_NAME)

    def _unknown(self) -> None:
        for index in range(len(self.tokens)):
            if not self._is_free(index):
                continue
            head, first = self._head_before(index)
            numbered = index > 0 and self.tokens[index - 1].is_number and self.used[index - 1]
            kind = _UNKNOWN.get(head, "")
            if not kind and numbered and (self._starts_name(index) or self._is_after_alley(index)):
                kind = PartKind.UNKNOWN_STREET
            end = self._name_end(index, 3 if kind == PartKind.UNKNOWN_LOCALITY else 4) if kind else index
            if end > index:
                said = self._said(first, end)
                self._use(first, end)
                self.parsed.heard.append(Heard(kind, said, self._said(index, end)))

    def _is_after_alley(self, index: int) -> bool:
        """Whether a lane's number stands right before, and a word with a capital here: the street it leaves."""
        before = self._words(index - 3, index - 1)
        is_alley = any(word in known.ALLEY for word in before)
        token = self.tokens[index]
        return is_alley and token.is_name_like and not (token.is_break or self._is_road_word(token))

    def _is_road_word(self, token: Token) -> bool:
        """Whether it is "đường" and not the name Dương."""
        return token.word == "duong" and token.mark != _DUONG

    def _name_end(self, start: int, most: int) -> int:
        """Where an unknown name that begins here ends: at a comma, a number, a known thing, an everyday word."""
        capitals = self.tokens[start].is_name_like
        index = start
        while index < min(start + most, len(self.tokens)) and self._is_free(index):
            token = self.tokens[index]
            is_small = capitals and not token.is_name_like and token.word in known.NO_NAME
            if token.is_number or is_small or (index > start and token.is_break):
                break
            if not capitals and token.word in known.NO_NAME and token.word not in known.FAMILY:
                break
            if (token.word,) in known.HEADS and index > start and not capitals:
                break
            index += 1
        return index if index > start and (capitals or index - start > 1) else start


_RELATIONS = tuple(sorted(known.RELATIONS, key=len, reverse=True))
_DUONG = mark_of("dương")
_NOW = (("nay", "la"), ("bay", "gio", "la"), ("moi", "la"))
_SMALL_HEADS = frozenset({known.WARD, known.COMMUNE, known.TOWNSHIP})
_UNKNOWN: Mapping[str, str] = {
    known.STREET: PartKind.UNKNOWN_STREET,
    known.LOCALITY: PartKind.UNKNOWN_LOCALITY,
    known.WARD: PartKind.UNKNOWN_WARD,
    known.COMMUNE: PartKind.UNKNOWN_WARD,
    known.TOWNSHIP: PartKind.UNKNOWN_WARD,
}
