"""The exits of a pack: loaded once, upgraded row by row, refused with file and line; what the staff may not make public stays."""

from __future__ import annotations

import pytest

from ngomon.core.errors import NotFound
from ngomon.directory import queries
from ngomon.directory.terms import ExitKind, InvalidData, Secrecy

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "key,kind,order,name_vi,where_vi,phones,phone_names_vi,url,law,secrecy,words,source\n"
DANGER = "danger,danger,10,Nguy hiểm,Gọi ngay,113;115,Công an;Cấp cứu,,,,cứu với,BK\n"
LETTER = "denunciation,elsewhere,20,Tố cáo,Thủ trưởng,,,,Luật Tố cáo,shift_only,tố cáo;cán bộ + hối lộ,BK\n"


def write(folder, *rows):
    (folder.path / "exits.csv").write_text(HEAD + "".join(rows), encoding="utf-8")


def test_exits_are_loaded_in_order_and_loading_again_writes_nothing(folder):
    write(folder, LETTER, DANGER)
    folder.load()
    assert [e.key for e in queries.exits()] == ["danger", "denunciation"]
    found = queries.exit_of("denunciation")
    assert (found.kind, found.secrecy) == (ExitKind.ELSEWHERE, Secrecy.SHIFT_ONLY)
    assert found.words == ("tố cáo", "cán bộ + hối lộ")
    assert queries.exit_of("danger").phones == ("113", "115")
    assert folder.load().is_empty
    with pytest.raises(NotFound):
        queries.exit_of("nowhere")


def test_an_upgrade_changes_adds_and_takes_away(folder):
    write(folder, DANGER, LETTER)
    folder.load()
    write(folder, DANGER.replace("113;115", "112"), LETTER.replace("denunciation", "letter"))
    diff = folder.load()
    assert [(c.table, c.key) for c in diff.changed] == [("exits", "danger")]
    assert [(c.table, c.key) for c in diff.added] == [("exits", "letter")]
    assert [(c.table, c.key) for c in diff.removed] == [("exits", "denunciation")]
    assert queries.exit_of("danger").phones == ("112",)


def test_a_pack_without_exits_loads(folder):
    folder.load()
    assert queries.exits() == []


def test_every_fault_is_named_by_file_and_line(folder):
    write(
        folder,
        DANGER.replace("danger,danger", "danger,police"),
        LETTER.replace("shift_only", "hidden"),
        "far,elsewhere,x,Xa,Nơi xa,12,,,,,,\n",
        "url,elsewhere,30,Trang,Nơi,,,javascript:1,,,,\n",
        "none,elsewhere,30,,Nơi,,,,,,,\n",
    )
    with pytest.raises(InvalidData) as caught:
        folder.load()
    found = {(p.where, p.line, p.column, p.code.rsplit(".", 1)[1]) for p in caught.value.problems}
    assert found == {
        ("exits.csv", 2, "kind", "not_one_of"),
        ("exits.csv", 3, "secrecy", "not_one_of"),
        ("exits.csv", 4, "order", "bad_number"),
        ("exits.csv", 4, "phones", "bad_phone"),
        ("exits.csv", 5, "url", "bad_address"),
        ("exits.csv", 6, "name_vi", "empty"),
    }


def test_an_exit_says_where_to_go_and_has_a_key_that_fits(folder):
    write(folder, DANGER.replace("Gọi ngay", ""), LETTER.replace("denunciation", "d" * 31))
    with pytest.raises(InvalidData) as caught:
        folder.load()
    found = {(p.where, p.line, p.column, p.code.rsplit(".", 1)[1]) for p in caught.value.problems}
    assert found == {("exits.csv", 2, "where", "empty"), ("exits.csv", 3, "key", "bad_key")}
