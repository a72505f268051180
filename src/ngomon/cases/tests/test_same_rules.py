"""What makes two reports the same thing: place, time, words, answers, numbers, picture; and how it is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.cases.rules import same
from ngomon.core.texts import text

LAMP = "Đèn đường trước kiệt 42 Bà Triệu tắt 3 đêm rồi, cột nghiêng"


def other(words: str, *, metres: float = 20, hours: float = 3, place: str = "", **more: Any) -> same.Other:
    """A case not far away."""
    said = same.spoken(words, place, more.pop("looks", ()))
    return same.Other(said, metres, hours, more.pop("is_same_category", True), **more)


def score(mine: str, case: same.Other, *, place: str = "", looks: tuple[int, ...] = ()) -> float:
    """How alike, alone among nothing else."""
    return same.weigh(same.spoken(mine, place, looks), [case])[0].score


def test_the_same_words_nearby_within_hours_are_surely_the_same() -> None:
    found = same.weigh(same.spoken(LAMP), [other("den duong truoc kiet 42 ba trieu tat 3 dem")])[0]
    assert found.is_sure(20)
    assert not found.is_sure(60)


def test_tone_marks_and_the_crossed_d_do_not_matter() -> None:
    assert score(LAMP, other("Đèn đường kiệt 42 Bà Triệu")) == score(
        LAMP, other("den duong kiet 42 ba trieu")
    )


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (other(LAMP, metres=300), other(LAMP, metres=20)),
        (other(LAMP, hours=24 * 60), other(LAMP, hours=2)),
        (other(LAMP, is_same_category=False), other(LAMP)),
        (other(LAMP, is_same_category=False), other(LAMP, is_same_category=False, is_same_parent=True)),
        (other("Rác bốc mùi hôi ba ngày nay"), other("Đèn tắt ba đêm nay")),
        (other("Đèn cột 57 tắt"), other("Đèn cột 42 tắt")),
        (other(LAMP, looks=(0,)), other(LAMP, looks=(0xFFFF_0000,))),
        (other("", place="12 Lê Lợi"), other("", place="42 Bà Triệu")),
    ],
)
def test_each_sign_counts(less: same.Other, more: same.Other) -> None:
    looks, place = (0xFFFF_0001,), "42 Bà Triệu"
    assert score(LAMP, less, place=place, looks=looks) < score(LAMP, more, place=place, looks=looks)


def test_an_uncertain_place_makes_distance_say_less() -> None:
    assert score(LAMP, other(LAMP, metres=200)) < score(LAMP, other(LAMP, metres=200, uncertain_m=300))


def test_a_forms_questions_are_nobodys_words_and_its_answers_are_compared() -> None:
    answers, free = same.form_and_words("Colour of the car: RED | Make: FORD | Details: by the gate")
    assert answers == {"colour of the car": "red", "make": "ford"}
    assert free.strip() == "by the gate"
    red = "Colour of the car: RED | Details: by the gate"
    blue = "Colour of the car: BLUE | Details: by the gate"
    assert score(red, other(blue)) < score(red, other(red))


@pytest.mark.parametrize(
    ("mine", "theirs", "here", "there"),
    [
        (LAMP, LAMP, "39 Bà Triệu", "37 Bà Triệu"),
        ("Cột đèn 42 tắt ba đêm", "Cột đèn 57 tắt ba đêm", "", ""),
        ("Make: FORD | Details: xe bỏ hoang ba tuần", "Make: KIA | Details: xe bỏ hoang ba tuần", "", ""),
    ],
)
def test_another_house_number_or_answer_is_never_linked_by_itself(
    mine: str, theirs: str, here: str, there: str
) -> None:
    found = same.weigh(same.spoken(mine, here), [other(theirs, metres=1, hours=1, place=there)])[0]
    assert not found.is_sure(1)


def test_two_equally_good_cases_leave_neither_sure() -> None:
    found = same.weigh(same.spoken(LAMP), [other(LAMP), other(LAMP)])
    assert [round(one.share, 3) for one in found] == [0.5, 0.5]
    assert not any(one.is_sure(20) for one in found)


def test_the_reason_stands_in_both_languages() -> None:
    case = other("Trụ đèn số 42 hư", metres=18, looks=(7,))
    found = same.weigh(same.spoken("Trụ đèn 42 không sáng", looks=[7]), [case])[0]
    why = same.reasons(found, distance_m=18, age_h=3, text="Trụ đèn 42 không sáng")
    assert ", ".join(text(key, "vi", **values) for key, values in why) == (
        "cách 18 m, sau 3 giờ, cùng nói: Trụ đèn 42, ảnh gần như nhau"
    )
    assert ", ".join(text(key, "en", **values) for key, values in why).startswith("18 m away, 3 hours later")


words_of_a_report = st.text(alphabet="đèn rác 42|:abc ", max_size=60)
cases = st.lists(
    st.builds(
        other,
        words_of_a_report,
        metres=st.floats(0, 700),
        hours=st.floats(0, 5000),
        is_same_category=st.booleans(),
        place=words_of_a_report,
    ),
    min_size=1,
    max_size=8,
)


@given(words_of_a_report, cases)
def test_scores_are_probabilities_and_shares_add_up_to_one(mine: str, around: list[same.Other]) -> None:
    found = same.weigh(same.spoken(mine), around)
    assert all(0 <= one.score <= 1 for one in found)
    assert sum(one.share for one in found) == pytest.approx(1)


@given(words_of_a_report, cases)
def test_the_order_in_which_cases_are_given_changes_nothing(mine: str, around: list[same.Other]) -> None:
    there = [one.score for one in same.weigh(same.spoken(mine), around)]
    back = [one.score for one in same.weigh(same.spoken(mine), around[::-1])]
    assert there == pytest.approx(back[::-1])


@given(words_of_a_report, cases, st.floats(0, 700), st.floats(0, 700))
def test_further_away_is_never_more_alike(mine: str, around: list[same.Other], a: float, b: float) -> None:
    near, far = sorted([a, b])
    case = around[0]
    at = [same.Other(case.said, metres, case.age_h, case.is_same_category) for metres in (near, far)]
    scores = [same.weigh(same.spoken(mine), [one])[0].score for one in at]
    assert scores[0] >= scores[1] - 1e-12


@given(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 63), max_size=3))
def test_alike_pictures_share_a_quarter(look: int, flipped: list[int]) -> None:
    other_look = look
    for bit in flipped:
        other_look ^= 1 << bit
    assert set(same.quarters(f"{look:016x}")) & set(same.quarters(f"{other_look:016x}"))
    assert same.looks_apart(look, other_look) <= 3
