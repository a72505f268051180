"""The city's words: forbidden synonyms are found with file and line, longer phrases and variables are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from ngomon.directory.terms import InvalidData
from ngomon.directory.vocabulary import Said, Term, check_wording, everything_said, misused, read_terms

HEADER = "key,term_vi,term_en,source,forbidden,allowed\n"
CASE = Term("case", "vụ việc", "case", "house", ("ca", "sự vụ"), ("ca trực", "trưởng ca"))


def words(*lines: str) -> list[str]:
    found = misused([CASE], [Said("x.toml", n, line) for n, line in enumerate(lines, 1)])
    return [f"{p.line}:{p.values['word']}" for p in found]


def test_a_forbidden_synonym_is_found_where_it_stands():
    assert words("Mở vụ việc", "Mở ca mới", "CA này", "Ca trực đêm, trưởng ca", "cá, cà, ca-nô {ca}") == [
        "2:ca",
        "3:ca",
    ]


def test_all_texts_of_the_city_follow_its_terms():
    folder = Path(settings.NGOMON_PACKS) / "hue"
    assert len(read_terms(folder)) >= 50
    assert check_wording(folder) > 2000


def test_every_kind_of_text_is_read():
    files = {said.file for said in everything_said(Path(settings.NGOMON_PACKS) / "hue")}
    assert {"categories.csv", "answers.csv", "cases/texts.toml", "field_reports/manifest.toml"} <= files
    assert "field_reports/processes/timed.toml" in files


def test_a_misuse_in_the_pack_names_file_line_and_remedy(tmp_path):
    (tmp_path / "terms.csv").write_text(HEADER + "alley,kiệt,alley,house,hẻm;ngõ,\n", encoding="utf-8")
    (tmp_path / "answers.csv").write_text(
        "key,text_vi,text_en\na,Trong kiệt,x\nb,Trong hẻm,x\n", encoding="utf-8"
    )
    with pytest.raises(InvalidData) as wrong:
        check_wording(tmp_path)
    problems = [p for p in wrong.value.problems if p.where == "answers.csv"]
    assert [(p.line, p.values["word"], p.values["term"]) for p in problems] == [(3, "hẻm", "kiệt")]


@pytest.mark.parametrize(
    ("body", "line"), [("key,term\n", 1), (HEADER + "case,,case,house,ca,\n", 2), (HEADER + ",a,b,c,,\n", 2)]
)
def test_a_bad_table_of_terms_is_refused_with_its_line(tmp_path, body, line):
    (tmp_path / "terms.csv").write_text(body, encoding="utf-8")
    with pytest.raises(InvalidData) as wrong:
        read_terms(tmp_path)
    assert {p.line for p in wrong.value.problems} == {line}


def test_a_pack_without_terms_asks_nothing(tmp_path):
    assert read_terms(tmp_path) == []
