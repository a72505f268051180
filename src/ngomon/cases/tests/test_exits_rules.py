"""What words speak for which exit: tone marks or none, Huế words, short forms; and what they do not speak for."""

from __future__ import annotations

import csv
import time
import unicodedata

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from ngomon.cases.rules.exits import ExitBook, Strength, exits_spoken
from ngomon.core.text import fold

with (settings.NGOMON_PACKS / "hue" / "exits.csv").open(encoding="utf-8") as _file:
    _ROWS = list(csv.DictReader(_file))
PHRASES = [(row["key"], [w.strip() for w in row["words"].split(";") if w.strip()]) for row in _ROWS]
BOOK = ExitBook.of(PHRASES)


def first(text: str) -> str:
    found = exits_spoken(text, BOOK)
    return found[0].key if found else ""


@pytest.mark.parametrize(
    ("text", "exit"),
    [
        ("Cứu với, nước lên tới mái rồi, nhà có bà già", "danger"),
        ("cuu tui voi nuoc toi co roi", "danger"),
        ("có người đang chết đuối ở bến sông", "danger"),
        ("CO NGUOI MUON TU TU TREN CAU", "danger"),
        ("nhà cháy rồi bà con ơi", "danger"),
        ("Tôi khiếu nại quyết định thu hồi đất của xã", "complaint"),
        ("toi khong dong y voi quyet dinh xu phat", "complaint"),
        ("Tôi tố cáo cán bộ địa chính nhận hối lộ", "denunciation"),
        ("to cao can bo phuong doi phong bi", "denunciation"),
        ("Tôi tố giác nhóm buôn ma túy ở kiệt 12", "crime"),
        ("bi lua ck 20 trieu nho CA can thiep", "crime"),
        ("Hàng xóm tranh chấp đất, tòa án xử 3 năm chưa xong", "court"),
        ("don ly hon nop o dau", "court"),
        ("Cho tui hỏi làm giấy khai sinh cần giấy tờ chi", "procedure_question"),
        ("thủ tục cấp lại sổ đỏ răng rứa", "procedure_question"),
        ("thu tuc nhap hoc ntn vay ad", "procedure_question"),
        ("việc ni ở Đà Nẵng", "out_of_city"),
    ],
)
def test_the_words_speak_for_their_exit(text: str, exit: str) -> None:
    assert first(text) == exit


@pytest.mark.parametrize(
    "text",
    [
        "Đèn đường trước kiệt 42 tắt 3 đêm rồi",
        "Xe tải đang chạy nhanh, bụi vô nhà",
        "Cứ từ từ mà làm, muốn từ từ cũng được",
        "Ổ gà sâu trước chợ, xe máy té hoài",
        "rác chất đống hôi lắm, nhờ phường dọn giúp",
        "",
        "   ",
    ],
)
def test_everyday_reports_speak_for_none(text: str) -> None:
    assert exits_spoken(text, BOOK) == []


def test_a_mark_that_is_set_must_agree_and_low_tones_count_as_one() -> None:
    book = ExitBook.of([("danger", ["tự tử", "đang cháy"])])
    for text in ("tự tử", "tu tu", "tự tữ", "tu tử"):
        assert exits_spoken(text, book), text
    for text in ("từ từ", "đang chạy", "tư tú"):
        assert not exits_spoken(text, book), text


def test_joined_runs_speak_only_together_in_any_order() -> None:
    book = ExitBook.of([("denunciation", ["cán bộ + nhận hối lộ"])])
    assert exits_spoken("nhận hối lộ là ông cán bộ nớ", book)[0].strength is Strength.STRONG
    assert not exits_spoken("cán bộ phường nhiệt tình", book)


def test_one_short_word_is_weak_and_a_phrase_is_strong() -> None:
    assert exits_spoken("sos", BOOK)[0].strength is Strength.WEAK
    assert exits_spoken("đơn tố cáo", BOOK)[0].strength is Strength.STRONG


def test_every_phrase_of_the_pack_speaks_for_its_own_exit_with_and_without_marks() -> None:
    for key, phrases in PHRASES:
        for phrase in phrases:
            words = phrase.replace("+", " và ")
            for text in (words, unicodedata.normalize("NFD", words), fold(words)):
                assert key in {found.key for found in exits_spoken(text, BOOK)}, (key, text)


@given(st.text(max_size=300))
def test_any_text_gives_an_answer_in_order(text: str) -> None:
    found = exits_spoken(text, BOOK)
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    assert all(f.because and f.score > 0 for f in found)


def test_a_long_text_takes_well_under_a_frame() -> None:
    text = "cán bộ phường cho hỏi thủ tục đất đai " * 200
    start = time.process_time()
    for _ in range(20):
        exits_spoken(text, BOOK)
    assert (time.process_time() - start) / 20 < 0.02
