"""Who is proposed for a case: what must hold whoever there is, and that equal officers take turns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ngomon.cases.rules import workload as rules
from ngomon.cases.workload_terms import Away, Candidate, Hand, Matter, Record

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
LIGHT = Matter("m", "lamp", "ward", 1.0, AT + timedelta(days=5))

hands = st.builds(
    Hand,
    n=st.integers(0, 40),
    late=st.integers(0, 5),
    weight=st.floats(0, 60),
    given_at=st.none() | st.integers(0, 300).map(lambda h: AT - timedelta(hours=h)),
)
records = st.integers(0, 30).flatmap(
    lambda done: st.builds(Record, st.just(done), st.integers(0, done), st.integers(0, done))
)
absences = st.lists(
    st.tuples(st.integers(-96, 200), st.integers(1, 96)).map(
        lambda span: Away(AT + timedelta(hours=span[0]), AT + timedelta(hours=span[0] + span[1]))
    ),
    max_size=2,
).map(tuple)
people = st.lists(
    st.builds(
        Candidate,
        account=st.uuids(),
        name=st.just("A"),
        hand=hands,
        records=records.map(lambda record: {"lamp": record}),
        areas=st.sampled_from([frozenset(), frozenset({"ward"})]),
        away=absences,
        may_take=st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.account,
)


def order(found: list[Candidate]) -> list[UUID]:
    return [one.candidate.account for one in rules.ranked(found, LIGHT, AT)]


@given(people, st.randoms())
def test_the_order_of_the_list_that_is_given_does_not_matter(found, random):
    mixed = list(found)
    random.shuffle(mixed)
    assert order(mixed) == order(found)


@given(people)
def test_whoever_is_away_is_never_before_somebody_who_is_there(found):
    ranked = [one for one in rules.ranked(found, LIGHT, AT) if one.candidate.may_take]
    away = [one.is_away for one in ranked]
    assert away == sorted(away)


@given(people, st.integers(0, 5), st.floats(0.1, 20))
def test_more_in_hand_never_brings_anybody_forward(found, n, more):
    one = found[n % len(found)]
    loaded = replace(one, hand=replace(one.hand, weight=one.hand.weight + more))
    others = [loaded if each is one else each for each in found]
    assert order(others).index(one.account) >= order(found).index(one.account)


@given(people, st.integers(0, 5))
def test_another_case_done_in_time_never_sets_anybody_back(found, n):
    one = found[n % len(found)]
    was = one.records["lamp"]
    better = replace(was, done=was.done + 1, on_time=was.on_time + 1)
    found_better = [replace(one, records={"lamp": better}) if each is one else each for each in found]
    assert order(found_better).index(one.account) <= order(found).index(one.account)


@given(people)
def test_an_absence_to_come_costs_no_less_than_none(found):
    for one in found:
        assert rules.cost(one, LIGHT, AT) >= rules.cost(replace(one, away=()), LIGHT, AT)


def equal(n: int) -> list[Candidate]:
    return [Candidate(UUID(int=i + 1), f"O{i}") for i in range(n)]


@given(st.integers(1, 6), st.integers(1, 40))
@settings(max_examples=40)
def test_equal_officers_take_turns(officers, matters):
    many = [replace(LIGHT, key=str(i)) for i in range(matters)]
    given_to = rules.shared(many, equal(officers), AT)
    assert len(given_to) == matters
    counts = [list(given_to.values()).count(one.account) for one in equal(officers)]
    assert max(counts) - min(counts) <= 1
    first = [given_to[str(i)] for i in range(min(officers, matters))]
    assert len(set(first)) == len(first), "nobody has two before everybody has one"


def test_among_equals_the_one_who_was_given_something_longest_ago_is_first():
    found = [
        replace(one, hand=Hand(1, 0, 0, 1.0, AT - timedelta(hours=h)))
        for one, h in zip(equal(3), (1, 9, 4), strict=True)
    ]
    assert order(found) == [found[1].account, found[2].account, found[0].account]


@given(people)
def test_nobody_is_given_anything_who_may_not_take_it(found):
    given_to = rules.shared([LIGHT], found, AT)
    allowed = {one.account for one in found if one.may_take}
    assert set(given_to.values()) <= allowed
    assert bool(given_to) == bool(allowed)


loads = st.dictionaries(st.uuids(), st.integers(0, 60), min_size=1, max_size=7)


@given(loads, st.data())
def test_evening_out_ends_even_keeps_every_matter_and_gives_only_to_who_is_there(found, data):
    there = data.draw(st.lists(st.sampled_from(sorted(found, key=str)), unique=True))
    after = dict(found)
    for move in rules.evened(found, there):
        assert move.taker in there
        assert move.n > 0
        after[move.giver] -= move.n
        after[move.taker] += move.n
    assert sum(after.values()) == sum(found.values())
    assert min(after.values()) >= 0
    if there:
        assert max(after.values()) - min(after[key] for key in there) < 2
    else:
        assert after == found


def test_the_reasons_say_what_was_weighed_in_the_words_of_the_issue():
    away = Away(AT + timedelta(days=3), AT + timedelta(days=6))
    one = Candidate(
        UUID(int=1), "Sơn", Hand(4, 0, 1, 4.5), {"lamp": Record(12, 12)}, frozenset({"ward"}), away=(away,)
    )
    found = rules.ranked([one, Candidate(UUID(int=2), "Thư")], LIGHT, AT)
    told = {p.candidate.name: [r.code for r in p.reasons] for p in found}
    assert told["Sơn"] == ["hand", "knows", "did_in_time", "area", "away_from"]
    assert told["Thư"] == ["free", "least", "new"]


def test_a_category_weighs_by_the_median_of_what_it_took_within_bounds():
    weights = rules.difficulties({"a": [1.0] * 5, "b": [2.0] * 5, "c": [60.0] * 9, "rare": [9.0]})
    assert weights == {"a": 0.5, "b": 1.0, "c": 3.0}
    assert rules.difficulties({}) == {}
    assert rules.weight_of(4, 1, 1) == 2.0 + 1.5 + 2.0
