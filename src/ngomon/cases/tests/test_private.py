"""What the finder of personal data must find, and what it must leave alone."""

from __future__ import annotations

import csv
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.cases.private_evaluation import evaluate_private_file
from ngomon.cases.rules.private import HIDDEN, digits_of, find_private, hide, mask
from ngomon.core.errors import Invalid

HERE = Path(__file__).parent
PHRASES = HERE / "private.csv"


def rows() -> list[dict[str, str]]:
    with PHRASES.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_the_table_has_its_size():
    found = rows()
    assert len(found) >= 120
    assert sum(row["slice"] == "trap" for row in found) >= 40


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_a_phrase_hides_what_is_personal_and_nothing_else(row: dict[str, str]):
    spans = find_private(row["description"])
    said = [(span.kind, row["description"][span.start : span.end]) for span in spans]
    wanted = [tuple(part.split("=", 1)) for part in row["private"].split(" | ") if part]
    assert len(said) == len(wanted), said
    assert all(any(part in words for _, words in said) for _, part in wanted), said


def test_reports_that_the_finder_was_not_made_with():
    found = evaluate_private_file(HERE / "private_reports.csv")
    assert found["recall"] >= 0.85
    assert found["of_these_alarmed"] <= 2
    assert found["by_kind"]["phone"] == [15, 15]


def test_an_agencys_own_telephone_is_never_proposed():
    words = "Gọi Văn phòng 0234.3822.111 hoặc tôi 0905 123 456"
    assert mask(words, {digits_of("+84 234 3822 111")}) == f"Gọi Văn phòng 0234.3822.111 hoặc tôi {HIDDEN}"


def test_letters_typed_in_parts_are_found_where_they_stand():
    words = unicodedata.normalize("NFD", "Nhà bà Phan Thị Sến ở số 7, gọi 0905 123 456.")
    assert (
        mask(words)
        == unicodedata.normalize("NFD", "Nhà bà ")
        + HIDDEN
        + unicodedata.normalize("NFD", " ở ")
        + HIDDEN
        + ", gọi ".replace("gọi", unicodedata.normalize("NFD", "gọi"))
        + HIDDEN
        + "."
    )


@given(st.text(max_size=300))
def test_spans_stand_in_order_inside_the_text(words: str):
    spans = find_private(words)
    assert all(0 <= s.start < s.end <= len(words) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


@given(
    st.lists(
        st.sampled_from(["0905 123 456", "nhà ông Nguyễn Văn Bê số 4", "75A-123.45", "đèn tắt", ". "]),
        max_size=8,
    )
)
def test_what_was_hidden_does_not_come_back(parts: list[str]):
    words = " ".join(parts)
    hidden = mask(words)
    assert "0905" not in hidden
    assert "Nguyễn" not in hidden
    assert mask(hidden) == hidden
    assert hide(words, []) == words


def test_a_file_with_other_columns_is_refused(tmp_path: Path):
    wrong = tmp_path / "a.csv"
    wrong.write_text("id,text\n1,a\n")
    with pytest.raises(Invalid):
        evaluate_private_file(wrong)
