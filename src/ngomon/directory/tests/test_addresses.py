"""How addresses are taken apart: numbers, lanes, streets, units, relations, plates; in any order, typed in any way."""

from __future__ import annotations

import gzip
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngomon.core.text import words
from ngomon.directory.address_tokens import mark_of, tokens_of
from ngomon.directory.addresses import Lexicon, Name, parse

SHARED = Path(__file__).resolve().parents[5] / "shared/data/basemap/osm_streets_hcmc_center.geojson.gz"


def _name(said: str, kind: str, *heads: str) -> Name:
    bare = tuple(words(said))
    return Name(bare, tuple(mark_of(w) for w in said.split()), kind, said, frozenset(heads))


NAMES = [
    _name("Lê Lợi", "street", "street"),
    _name("Nguyễn Sinh Cung", "street", "street"),
    _name("Lý Thường Kiệt", "street", "street"),
    _name("Võ Văn Kiệt", "street", "street"),
    _name("Tố Hữu", "street", "street"),
    _name("Ngô Quyền", "street", "street"),
    _name("Kim Long", "street", "street"),
    _name("Kim Long", "ward", "ward"),
    _name("Vỹ Dạ", "ward", "ward"),
    _name("Vĩnh Ninh", "former_ward", "ward"),
    _name("Phú Vang", "former_district", "district"),
    _name("Chợ Đông Ba", "landmark"),
    _name("Cầu An Cựu", "landmark"),
    _name("Kế Môn", "locality", "locality"),
    _name("Hòa An", "locality", "locality"),
]
LEXICON = Lexicon(NAMES, {"td12045": "lamp", "47312": "pole"})


def _parts(text: str) -> dict[str, str]:
    found = parse(text, LEXICON)
    parts = {str(h.kind): h.value for h in found.heard}
    parts |= {m.names[0][0].kind: m.names[0][0].key for m in found.mentions}
    return parts | ({"asset": found.assets[0][0]} if found.assets else {})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("12 Lê Lợi", {"house": "12", "street": "Lê Lợi"}),
        ("số nhà 12A đường Lê Lợi", {"house": "12A", "street": "Lê Lợi"}),
        ("12/5 le loi", {"house": "12/5", "street": "Lê Lợi"}),
        ("Lê Lợi số 12", {"house": "12", "street": "Lê Lợi"}),
        ("số 3 kiệt 42/5 Nguyễn Sinh Cung", {"house": "3", "alley": "42/5", "street": "Nguyễn Sinh Cung"}),
        ("K42/5 Nguyễn Sinh Cung", {"alley": "42/5", "street": "Nguyễn Sinh Cung"}),
        ("hẻm số 5 đường Lý Thường Kiệt", {"alley": "5", "street": "Lý Thường Kiệt"}),
        ("kiệt 8 Võ Văn Kiệt", {"alley": "8", "street": "Võ Văn Kiệt"}),
        ("đường luồng 3 Lê Lợi", {"alley": "3", "street": "Lê Lợi"}),
        ("Ngô Quyền", {"street": "Ngô Quyền"}),
        ("KIET 42 NGUYEN SINH CUNG P VY DA", {"alley": "42", "street": "Nguyễn Sinh Cung", "ward": "Vỹ Dạ"}),
        ("Vỹ Dạ, Nguyễn Sinh Cung, kiệt 42", {"alley": "42", "street": "Nguyễn Sinh Cung", "ward": "Vỹ Dạ"}),
        ("đg. Tố Hữu, P.Vỹ Dạ", {"street": "Tố Hữu", "ward": "Vỹ Dạ"}),
        ("phường Kim Long", {"ward": "Kim Long"}),
        ("đường Kim Long", {"street": "Kim Long"}),
        ("phường Vĩnh Ninh cũ", {"former_ward": "Vĩnh Ninh"}),
        ("huyện Phú Vang cũ", {"former_district": "Phú Vang"}),
        ("thôn Hoà An", {"locality": "Hòa An"}),
        ("TDP 7, phường Vỹ Dạ", {"group": "7", "ward": "Vỹ Dạ"}),
        ("tổ 12 khu vực 4 Vỹ Dạ", {"group": "4", "ward": "Vỹ Dạ"}),
        ("trụ đèn số TĐ-12/045", {"asset": "lamp"}),
        ("tru den td 12 045", {"asset": "lamp"}),
        ("cột điện 473/12", {"asset": "pole"}),
        ("473/12 Lê Lợi", {"house": "473/12", "street": "Lê Lợi"}),
        ("trụ đèn TĐ-99/999", {"unknown_asset": "TĐ-99/999"}),
        ("đường Nguyễn Văn Siêu, phường Vỹ Dạ", {"unknown_street": "Nguyễn Văn Siêu", "ward": "Vỹ Dạ"}),
        ("kiệt 5 Trần Anh Liên, Vỹ Dạ", {"alley": "5", "unknown_street": "Trần Anh Liên", "ward": "Vỹ Dạ"}),
        ("thôn Đồng Bống", {"unknown_locality": "Đồng Bống"}),
        ("trên đường bị hỏng", {}),
        ("cây cao 5m ngã đổ", {}),
        ("gọi 0905123456", {}),
        ("", {}),
    ],
)
def test_an_address_is_taken_apart(text: str, parts: dict[str, str]) -> None:
    assert _parts(text) == parts


@pytest.mark.parametrize(
    ("text", "relation_m", "away_m"),
    [
        ("trước chợ Đông Ba", 60, 0),
        ("bên tê cầu An Cựu", 200, 0),
        ("cách cầu An Cựu 200m", 0, 200),
        ("cách cầu An Cựu chừng 1 km", 0, 1000),
        ("ở chợ Đông Ba", 0, 0),
    ],
)
def test_how_a_place_lies_to_a_landmark_is_heard(text: str, relation_m: int, away_m: int) -> None:
    found = parse(text, LEXICON)
    assert (found.mentions[0].relation_m, found.away_m) == (relation_m, away_m)


@pytest.mark.parametrize(
    ("text", "is_former"),
    [
        ("phường Vĩnh Ninh cũ", True),
        ("hồi trước là phường Vĩnh Ninh", True),
        ("nay là phường Vỹ Dạ", False),
        ("Vỹ Dạ", None),
    ],
)
def test_former_and_present_are_told_apart_by_words(text: str, is_former: bool | None) -> None:
    assert parse(text, LEXICON).mentions[0].is_former is is_former


def test_typed_tone_marks_break_ties_and_both_styles_are_one() -> None:
    lexicon = Lexicon([_name("Thuận Hóa", "ward", "ward"), _name("Thuận Hòa", "former_ward", "ward")], {})
    fits = [
        {name.key: fit for name, fit in parse(said, lexicon).mentions[0].names}
        for said in ("phường Thuận Hóa", "phường Thuận Hoá", "phuong thuan hoa")
    ]
    assert fits[0] == fits[1]
    assert fits[0]["Thuận Hóa"] > fits[0]["Thuận Hòa"] + 3
    assert fits[2]["Thuận Hóa"] == fits[2]["Thuận Hòa"]


@given(st.text(max_size=400))
def test_no_text_is_too_strange(text: str) -> None:
    found = parse(text, LEXICON)
    assert len(tokens_of(text)) <= 60
    assert all(m.names and m.end > m.start >= 0 for m in found.mentions)


ADDRESSES = st.tuples(
    st.sampled_from(["12", "7A", "12/5", "35-37"]),
    st.sampled_from(["Lê Lợi", "Nguyễn Sinh Cung", "Tố Hữu"]),
    st.sampled_from(["Vỹ Dạ", "Kim Long"]),
)


@given(ADDRESSES, st.booleans(), st.booleans(), st.booleans())
def test_order_case_and_tone_marks_do_not_matter(
    said: tuple[str, str, str], is_turned: bool, is_upper: bool, is_bare: bool
) -> None:
    number, street, ward = said
    parts = [f"số {number} đường {street}", f"phường {ward}"]
    text = ", ".join(reversed(parts) if is_turned else parts)
    if is_bare:
        decomposed = unicodedata.normalize("NFD", text.replace("đ", "d"))
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    found = _parts(text.upper() if is_upper else text)
    assert {**found, "house": found["house"].upper()} == {"house": number, "street": street, "ward": ward}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared street data is not at hand")
def test_lanes_of_a_real_city_are_taken_apart_without_a_list_of_its_streets() -> None:
    rows = json.loads(gzip.decompress(SHARED.read_bytes()))["features"]
    lanes = {str(f["properties"].get("name")) for f in rows}
    lanes = {
        name
        for name in lanes
        if name.startswith("Hẻm ") and name.split()[1][:1].isdigit() and len(name.split()) > 3
    }
    empty = Lexicon([], {})
    taken = 0
    for lane in lanes:
        heard = {str(h.kind): h.value for h in parse(lane, empty).heard}
        rest = lane.split(maxsplit=2)[2].removeprefix("Đường ").strip()
        taken += heard == {"alley": lane.split()[1], "unknown_street": rest}
    assert len(lanes) > 100
    assert taken / len(lanes) >= 0.95
