"""Weighing evidence: more of it never lowers, its order does not matter, nobody speaks for himself; settings and samples."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.cases.rules.evidence import OWN_MOST, SOME, STRONG, UNKNOWN, Settings, in_words, is_sampled, weigh
from ngomon.cases.terms import EvidenceKind, Piece

OWN = frozenset({"aME", "nHOME"})
KINDS = st.sampled_from(list(EvidenceKind))
KEYS = st.frozensets(st.sampled_from("ABCDEF?"), min_size=1, max_size=3)
PIECES = st.builds(
    Piece,
    KINDS,
    KEYS,
    st.floats(0, 1),
    st.one_of(st.none(), st.floats(0, 500)),
    st.one_of(st.none(), st.floats(0, 300)),
    has_picture=st.booleans(),
)
LISTS = st.lists(PIECES, max_size=8)


def person(key: str, strength: float = 1.0, **more: object) -> Piece:
    return replace(Piece(EvidenceKind.REPORT, frozenset({key}), strength, distance_m=12, hours=1), **more)  # type: ignore[arg-type]


@given(LISTS, PIECES)
def test_a_further_independent_origin_never_lowers(pieces: list[Piece], more: Piece) -> None:
    fresh = replace(more, origins=frozenset({"NEW"}))
    before, after = weigh(pieces, OWN), weigh([*pieces, fresh], OWN)
    assert after.score >= before.score
    assert after.others == before.others + 1
    assert 0 <= before.score <= 1


@given(LISTS, st.randoms())
def test_the_order_does_not_matter(pieces: list[Piece], random: object) -> None:
    shuffled = list(pieces)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weigh(shuffled, OWN) == weigh(pieces, OWN)


@given(st.lists(st.tuples(KINDS, st.floats(0, 1), st.booleans()), max_size=12))
def test_one_person_never_speaks_for_himself(said: list[tuple[EvidenceKind, float, bool]]) -> None:
    mine = [
        Piece(kind, frozenset({"aME", f"look{n}"}), s, has_picture=p) for n, (kind, s, p) in enumerate(said)
    ]
    found = weigh(mine, OWN)
    assert (found.people, found.others) == (0, 0)
    assert found.score <= OWN_MOST < SOME


@given(LISTS, PIECES)
def test_saying_more_under_one_origin_adds_no_person(pieces: list[Piece], more: Piece) -> None:
    first = replace(more, kind=EvidenceKind.REPORT, origins=frozenset({"NEW"}))
    once, twice = weigh([*pieces, first], OWN), weigh([*pieces, first, replace(first, hours=2.0)], OWN)
    assert (twice.people, twice.score) == (once.people, once.score)
    assert twice.left_out == once.left_out + 1


@given(LISTS)
def test_a_surer_piece_never_lowers(pieces: list[Piece]) -> None:
    surer = [replace(p, strength=min(1.0, p.strength + 0.1)) for p in pieces]
    assert weigh(surer, OWN).score >= weigh(pieces, OWN).score


def test_a_household_is_one_and_strangers_are_one() -> None:
    ann, bob = person("aANN"), person("aBOB")
    same_home = weigh(
        [replace(ann, origins=ann.origins | {"nX"}), replace(bob, origins=bob.origins | {"nX"})], OWN
    )
    assert same_home.people == 1
    with_me = weigh([replace(ann, origins=ann.origins | {"nHOME"})], OWN)
    assert (with_me.people, with_me.left_out, with_me.score) == (0, 1, 0.0)
    unknown = [person(UNKNOWN, number=str(n)) for n in range(5)]
    assert weigh(unknown, OWN).people == 1
    assert weigh(unknown, frozenset({UNKNOWN})).people == 0, "they may be the reporter"


@pytest.mark.parametrize(("people", "words"), [(0, "none"), (1, "some"), (2, "some"), (3, "strong")], ids=str)
def test_scores_are_said_in_words(people: int, words: str) -> None:
    found = weigh([person(f"a{n}") for n in range(people)], OWN)
    assert in_words(found) == f"cases.evidence.score.{words}"
    assert (found.score >= STRONG) is (words == "strong")
    assert found.codes == (f"report:{people}" if people else "")


def test_a_weak_likeness_is_little() -> None:
    found = weigh([person("aA", 0.4)], OWN)
    assert in_words(found) == "cases.evidence.score.weak"
    assert [key for key, _ in found.reasons] == ["cases.evidence.people", "cases.evidence.nearest"]


# --- settings ------------------------------------------------------------------------------------------------------

LINES = {
    "automatic": [
        {"category": "lighting", "from": "2026-01-01", "score": 0.9, "people": 3},
        {
            "category": "street_light_out",
            "from": "2026-03-01",
            "until": "2026-06-01",
            "score": 0.1,
            "people": 0,
        },
        {"category": "pothole"},
        {"category": "", "from": "2026-01-01"},
        "nonsense",
    ],
    "sample_pct": 900,
    "wrong_pct": True,
}


def test_only_dated_lines_count_and_none_asks_for_too_little() -> None:
    known = Settings.of(LINES)
    assert (known.sample_pct, known.wrong_pct, known.reviewed) == (20, 5, 20)
    assert known.line_for("street_light_out", "lighting", date(2025, 12, 31)) is None
    above = known.line_for("street_light_out", "lighting", date(2026, 2, 1))
    assert above is not None
    assert (above.score, above.people) == (0.9, 3)
    own = known.line_for("street_light_out", "lighting", date(2026, 3, 1))
    assert own is not None
    assert (own.score, own.people) == (0.6, 2), "never less"
    after = known.line_for("street_light_out", "lighting", date(2026, 6, 1))
    assert after is not None
    assert after.category == "lighting"
    assert known.line_for("pothole", "roads", date(2027, 1, 1)) is None
    assert Settings.of({}).lines == Settings.of({"automatic": True}).lines == ()


@given(st.integers(0, 500), st.integers(0, 500))
def test_one_more_wrong_never_lets_a_category_go_on(looked: int, wrong: int) -> None:
    known = Settings()
    if known.is_too_wrong(looked, wrong):
        assert known.is_too_wrong(looked, wrong + 1)


def test_a_category_stops_as_soon_as_its_share_cannot_be_kept() -> None:
    known = Settings()
    assert not known.is_too_wrong(1, 1), "one wrong may still be one of twenty"
    assert known.is_too_wrong(2, 2)
    assert not known.is_too_wrong(100, 5)
    assert known.is_too_wrong(100, 6)
    assert not Settings(wrong_pct=100).is_too_wrong(20, 20)


def test_the_sample_is_the_same_each_time_and_about_its_share() -> None:
    drawn = [is_sampled(str(n), 20) for n in range(5000)]
    assert drawn == [is_sampled(str(n), 20) for n in range(5000)]
    assert 0.18 < sum(drawn) / 5000 < 0.22
    assert not any(is_sampled(str(n), 0) for n in range(100))
    assert all(is_sampled(str(n), 100) for n in range(100))
