"""The small words of Vietnamese addresses: abbreviations, what stands before a name, how a place lies to another. Pure data.

All words are folded (see `core.text.fold`). Nothing here names a place of any city.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = tuple[str, ...]


def _phrases(*lines: str) -> tuple[Words, ...]:
    """Longest first, so that the longest is found first."""
    return tuple(sorted((tuple(line.split()) for line in lines), key=len, reverse=True))


SHORT: Mapping[str, Words] = {
    short: tuple(whole.split())
    for short, whole in {
        "dg": "duong", "ng": "nguyen", "tdp": "to dan pho", "kqh": "khu quy hoach", "kdc": "khu dan cu",
        "kdt": "khu do thi", "bv": "benh vien", "svd": "san van dong", "cv": "cong vien", "ql": "quoc lo",
        "tl": "tinh lo", "tx": "thi xa", "tt": "thi tran", "tp": "thanh pho", "bx": "ben xe", "tw": "trung uong",
        "kv": "khu vuc",
    }.items()
}  # fmt: skip
"""What people shorten in messages."""

STREET, LOCALITY = "street", "locality"
WARD, COMMUNE, TOWNSHIP, DISTRICT, CITY = "ward", "commune", "township", "district", "city"

HEADS: Mapping[Words, str] = {
    **dict.fromkeys(_phrases("duong", "pho", "dai lo", "d", "street", "road"), STREET),
    **dict.fromkeys(_phrases("phuong", "p", "f", "ph"), WARD),
    **dict.fromkeys(_phrases("xa", "x"), COMMUNE),
    **dict.fromkeys(_phrases("thi tran"), TOWNSHIP),
    **dict.fromkeys(_phrases("quan", "huyen", "thi xa", "q", "h"), DISTRICT),
    **dict.fromkeys(_phrases("thanh pho"), CITY),
    **dict.fromkeys(
        _phrases("thon", "lang", "xom", "ap", "khu quy hoach", "khu do thi", "khu dan cu", "to dan pho"),
        LOCALITY,
    ),
}
"""What stands before a name and says what the name is of."""
LONGEST_HEAD = 3

ALLEY = frozenset({"kiet", "ngo", "hem", "ngach", "k"})
"""Lanes off a street; in Huế kiệt. They count only before a number: `ngo` and `kiet` are parts of names too."""
NUMBER = frozenset({"so", "nha"})
GROUP = frozenset({"to", "doi", "vuc", "pho", "thon", "xom", "ap", "cum"})
"""What is counted by numbers: tổ, đội, khu vực, tổ dân phố."""

TYPES: Mapping[str, tuple[Words, ...]] = {
    "bridge": _phrases("cau"),
    "market": _phrases("cho"),
    "pagoda": _phrases("chua"),
    "church": _phrases("nha tho"),
    "lake": _phrases("ho"),
    "school": _phrases("truong", "truong thpt"),
    "hospital": _phrases("benh vien"),
    "gate": _phrases("cua"),
    "park": _phrases("cong vien"),
    "station": _phrases("ga", "ben xe"),
    "monument": _phrases("lang", "dien", "cung", "dan", "tuong dai", "di tich"),
    "village": _phrases("lang", "lang nghe"),
    "museum": _phrases("bao tang"),
    "lagoon": _phrases("pha", "dam"),
    "beach": _phrases("bai bien"),
    "hill": _phrases("doi", "nui"),
}
"""What a landmark's kind is called before its name."""
BARE = frozenset({"school", "church", "pagoda", "hospital", "market", "park", "museum", "lagoon"})
"""Kinds whose landmarks are also said without the kind's word: Quốc Học, Phủ Cam."""

RELATIONS: Mapping[Words, int] = {
    **dict.fromkeys(_phrases("truoc", "truoc mat", "doi dien", "truoc cong"), 60),
    **dict.fromkeys(_phrases("canh", "ben canh", "ke", "ke ben", "sat", "sat ben"), 60),
    **dict.fromkeys(_phrases("sau", "sau lung", "phia sau", "dau", "chan", "duoi"), 100),
    **dict.fromkeys(
        _phrases("gan", "cuoi", "ben ni", "ben te", "ben kia", "ben nay", "phia", "huong", "near"), 200
    ),
}
"""How far from a thing these words may mean. Units: metres; what an officer on the phone would look at, to be confirmed."""

JUNCTION = _phrases(
    "nga tu", "nga ba", "nga nam", "nga sau", "nga bay", "nga 3", "nga 4", "nga 5", "nga 6", "giao lo", "giao nhau",
    "nut giao", "goc", "cat", "giao voi", "giao",
)  # fmt: skip
FORMER_AFTER = _phrases("cu", "truoc day", "truoc kia", "hoi truoc", "ngay truoc")
FORMER_BEFORE = _phrases("truoc la", "truoc day la", "hoi truoc la", "hoi xua la", "cu la")

ASSETS = _phrases(
    "tru den", "cot den", "den", "tru dien", "cot dien", "cot", "tru", "tu dien", "tu", "ho ga", "nap cong", "cay xanh",
    "cay", "camera", "tru nuoc", "tru nuoc chua chay", "tru cuu hoa", "tru bien", "bien so tru",
)  # fmt: skip
"""Things that bear plates, as people call them before the plate."""
BEFORE_PLATE = frozenset({"so", "ma", "bien", "hieu", "ky"})

_FAMILY_WORDS = (
    "nguyen le tran pham hoang huynh phan vu vo dang bui do ho ngo duong ly ton dinh dao cao luong mai trinh doan "
    "chu dam ha kieu la lam luu mac nghiem ong phung quach ta thai than to truong tu vuong vi xuan hai chau"
)
FAMILY = frozenset(_FAMILY_WORDS.split())
"""Words that names of streets begin with: family names, mostly."""
_NO_NAME_WORDS = (
    "a ai ay ba ban bang bao bat bi bo boi buon buoi cac cai can cao cat cay chan chay chi chia cho cong con cua cung "
    "chua chuyen co cu da dan dang dau day de den di do doan dau doi duoc duoi em gan gap gay ghe gi giua hai hay hen het hoac "
    "hom hong hu hoi huong khi khong kia la lai lam len luc luon ma mat may minh mo moi mot nam nao nay nen neu ngang ngap "
    "ngay nha nhieu nho nhung ni no noi o qua qui ra rat rong roi sao sat sau so sua ta tai tan te the theo thi thay thu to toi tren trong tron trung "
    "truoc tu tui va van vao vao ve vi viec voi vo vua xe xin xuong xuyen y"
)
NO_NAME = frozenset(_NO_NAME_WORDS.split())
"""Everyday words that no unknown name begins with, and where one ends when it is typed without capitals."""
