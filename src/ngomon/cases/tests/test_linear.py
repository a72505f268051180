"""The linear model: features, calibration, abstaining, explanation, its file, and the gate's arithmetic."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.cases.rules.agency import Sent, usual_agency
from ngomon.cases.rules.features import bag, occurrences
from ngomon.cases.rules.gate import Learning, examine, held_back, is_passed
from ngomon.cases.rules.linear import propose, quantised, read, written
from ngomon.cases.rules.measure import (
    Figures,
    calibration_error,
    calibration_noise,
    macro_f1,
    sure_threshold,
)
from ngomon.cases.training import Lesson, train

LAMPS = ("Đèn đường tắt", "bóng đèn hư tối thui", "cột đèn không sáng", "den duong toi om")
HOLES = ("Ổ gà to giữa đường", "mặt đường lủng lỗ", "đường hư xe sập hố", "o ga nguy hiem")


@pytest.fixture(scope="module")
def model():
    texts = [f"{words} ở kiệt {n}" for n in range(12) for words in (*LAMPS, *HOLES)]
    labels = ["lamp" if n % 8 < 4 else "hole" for n in range(len(texts))]
    return train(Lesson(texts, labels, [("đèn trang trí", "decor")]))


def test_it_proposes_with_the_words_as_they_were_said(model):
    found = propose(model, "Nhờ sửa BÓNG ĐÈN hư ở kiệt 99", (), frozenset(model.classes))
    assert found[0].key == "lamp"
    assert any("bóng" in phrase for phrase in found[0].because), found
    assert sum(p.score for p in found) == pytest.approx(1.0)
    assert [p.is_sure for p in found[1:]] == [False, False]


def test_a_category_out_of_force_is_not_proposed_and_silence_proposes_nothing(model):
    assert propose(model, "đèn tắt", (), frozenset({"hole"}))[0].key == "hole"
    assert propose(model, " … ", (), frozenset(model.classes)) == []


def test_what_only_the_catalogue_names_can_be_proposed(model):
    keys = [p.key for p in propose(model, "đèn trang trí", (), frozenset(model.classes))]
    assert keys[0] == "decor"


def test_the_file_gives_the_same_model(model):
    again = read(np.frombuffer(written(model), dtype=np.uint8))
    text = "den duong o kiet 5 toi thui"
    allowed = frozenset(model.classes)
    assert propose(again, text, (), allowed) == propose(model, text, (), allowed)
    with pytest.raises(ValueError):
        read(np.frombuffer(b"something else entirely, and long enough", dtype=np.uint8))


@given(st.text(max_size=200))
def test_every_text_has_features_in_its_words(text: str):
    found = occurrences(text)
    assert len(found.keys) == len(found.block) == len(found.first) == len(found.last)
    if found.said:
        assert found.first.min() >= 0
        assert found.last.max() < len(found.said)
        assert (found.first <= found.last).all()
    counted = bag(text)
    assert (np.diff(counted.keys.astype(object)) > 0).all()
    assert counted.counts.sum() == len(found.keys)


def test_tone_marks_add_to_folded_words_and_do_not_replace_them():
    with_marks, without = bag("Đèn đường"), bag("den duong")
    shared = np.intersect1d(with_marks.keys, without.keys)
    assert 0 < len(shared) < len(with_marks.keys)


def test_features_are_the_same_in_every_process():
    code = "from ngomon.cases.rules.features import bag; print(int(bag('Đèn đường tắt').keys.sum()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(said) == int(bag("Đèn đường tắt").keys.sum())


def test_web_and_worker_do_not_load_the_training_libraries():
    code = (
        "import sys, django; django.setup(); import ngomon.web.commandline, ngomon.urls;"
        "print([m for m in sys.modules if m.split('.')[0] in {'sklearn', 'scipy', 'joblib'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(st.lists(st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3), min_size=1, max_size=20))
def test_one_byte_weights_are_within_half_a_step(rows: list[list[float]]):
    weights = np.array(rows, dtype=np.float32)
    whole, step = quantised(weights)
    assert (np.abs(whole * step[:, None] - weights) <= step[:, None] * 0.51 + 1e-6).all()


def test_calibration_error_is_nought_for_a_perfect_and_one_for_a_boasting_model():
    hits = np.array([True] * 50)
    assert calibration_error(np.ones(50), hits) == 0
    assert calibration_error(np.ones(50), ~hits) == 1
    assert calibration_noise(np.ones(50)) == 0
    assert calibration_noise(np.full(1000, 0.5)) < calibration_noise(np.full(100, 0.5))


@given(st.integers(0, 2**32 - 1))
def test_the_threshold_keeps_the_precision_that_was_asked_for(seed: int):
    random = np.random.default_rng(seed)
    chance = random.random(200)
    hit = random.random(200) < chance
    least = sure_threshold(chance, hit, 0.9)
    if least <= 1:
        assert hit[chance >= least].mean() >= 0.9
        assert (chance >= least).sum() >= 20


def test_macro_f1_counts_every_category_alike():
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx((6 / 7 + 0) / 2)


def measured(**changes: float) -> Figures:
    values = {
        "rows": 100, "accuracy": 0.8, "macro_f1": 0.7, "calibration_error": 0.05, "calibration_noise": 0.02,
        "coverage": 0.5, "precision": 0.9, "top3": 0.9,
    }  # fmt: skip
    return Figures(**{**values, **changes})


@pytest.mark.parametrize(
    ("candidate", "passed"),
    [
        ({}, True),
        ({"accuracy": 0.791, "macro_f1": 0.691}, True),
        ({"accuracy": 0.789}, False),
        ({"macro_f1": 0.689}, False),
        ({"calibration_error": 0.0999}, True),
        ({"calibration_error": 0.1001}, False),
    ],
)
def test_the_gate_lets_through_what_is_not_worse(candidate: dict[str, float], passed: bool):
    found = examine(measured(**candidate), {"live": measured(), "rules": measured(accuracy=0.5)}, Learning())
    assert is_passed(found) == passed


def test_settings_of_another_kind_keep_their_defaults():
    said = Learning.of({"margin": "much", "min_decisions": 50, "goes_live": "tomorrow", "precision": True})
    assert said == Learning(min_decisions=50)
    assert Learning.of({"goes_live": "by_itself"}).goes_live == "by_itself"
    assert (held_back(0), held_back(1), held_back(10)) == (0, 0, 2)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (["b"] * 5, ("b", 5, 5)),
        (["b"] * 4, None),
        (["b"] * 4 + ["a"], None),
        (["b"] * 8 + ["a"] * 2, ("b", 8, 10)),
        (["b"] * 7 + ["a"] * 3, None),
        (["a"] * 9, None),
        ([], None),
    ],
)
def test_an_agency_is_proposed_against_the_table_when_it_is_chosen_often_enough(sent, expected):
    found = usual_agency([Sent("x", "a", agency) for agency in sent], "a", 5, 80)
    assert (found and (found.agency, found.times, found.of)) == expected
    assert usual_agency([Sent("x", "old", "b")] * 9, "a", 5, 80) is None, "the table has changed since"
