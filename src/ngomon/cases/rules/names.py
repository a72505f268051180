"""Full names of private persons in Vietnamese and English text, told from streets, schools and offices named after people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .spans import Span, Typed, Word


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The family names of Vietnam by folded spelling. Source: the hundred commonest cover over 99 % of bearers
# (Lê Trung Hoa, Họ và tên người Việt Nam, 2005), with those of Huế (Tôn Thất, Công Tôn, Vĩnh, Bửu).
FAMILY = _set(
    """
    nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly an au bach banh bo bu ca cam cao chau chu
    chung co cong cu cung dam danh dao diep dinh doan dong du dau doi giang giap ha han hau hong hua khau khong kieu
    kim ky la lai lam lieu loi lu luc luong luu ma mac mach mai mao nghiem nham nhan ninh nong ong phi phu phung
    phuong quach quan ta tang tao thach thai than thieu thoi tiet tieu to ton tong tra trieu trinh truong tu tuong
    ung vi vien vuong xa yen buu vinh
    """
)
# As typed: without tone marks "cậu" is "cầu" (bridge), "dượng" is "đường" (street) and "cô" is "có" (have).
_SAID_TO = _set(
    "ông bà anh chị cô chú bác cháu thầy em bé dì cậu dượng mệ mự o mợ thím cụ mr mrs ms miss"
    " ong ba chi chu bac chau thay be"
)
_COMMONEST = _set("nguyen tran le pham hoang huynh phan vu vo dang bui ngo duong ly dinh doan truong luong")
# After these, a name is of somebody: the ones marked weak also introduce streets and things.
_INTRODUCERS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("ten", "toi", "la"), True), (("ten", "tui", "la"), True), (("ten", "toi"), True), (("ten", "tui"), True),
    (("toi", "ten", "la"), True), (("toi", "ten"), True), (("tui", "ten"), True), (("em", "ten"), True),
    (("toi", "la"), True), (("tui", "la"), True), (("em", "la"), True), (("minh", "la"), True), (("chau", "la"), True),
    (("ho", "va", "ten"), True), (("ho", "ten"), True), (("ten", "day", "du"), True), (("my", "name", "is"), True),
    (("chu", "ho"), True), (("chu", "nha"), True), (("nguoi", "gui"), True), (("nguoi", "viet"), True),
    (("benh", "nhan"), True), (("hoc", "sinh"), True), (("tai", "xe"), True), (("hang", "xom"), True),
    (("neighbour",), True), (("neighbor",), True), (("signed",), True), (("regards",), True), (("ky", "ten"), True),
    (("ten", "hs"), True), (("ten", "la"), False), (("i", "am"), False), (("i", "m"), False), (("lien", "he"), False),
    (("dung", "ten"), False), (("mang", "ten"), False), (("contact",), False), (("gap",), False), (("owner",), False),
    (("ten",), False), (("hoi",), False), (("bac", "si"), False), (("giao", "vien"), False),
)  # fmt: skip
_PLACE = _set(
    "duong kiet hem pho ngo cho cau truong phuong xa thon lang chua dinh den lang lo cong ben vien tuong san street road"
    " alley bridge school market quoc tinh nga vong goc nut khu"
)
_PLACE_TYPED = _set("hồ tổ tố")
_ENDS = _set(
    "o tai so dien thoai sdt dt goi la va co bi thi ma de voi cho nha trong ngoai tren duoi da dang se khong nay kia do ay"
    " hien sinh noi roi xin nho chi anh ong ba toi em minh lop truong phuong xa thon duong kiet nguoi hai gap bao"
)


def find_names(typed: Typed, phones: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """Full names after an honorific or an introduction, or beside a telephone; with the number of the house that bears it."""
    words = typed.words
    taken = -1
    for index, word in enumerate(words):
        if index <= taken:
            continue
        last = _name_from(typed, words, index) or _lower_name(typed, words, index)
        if not last:
            continue
        why = _why(typed, words, index, last, phones)
        if why:
            yield typed.span("name", word.start, words[last].end, why)
            yield from _house(typed, words, last)
            taken = last


def _is_next(typed: Typed, left: Word, right: Word) -> bool:
    return typed.folded[left.end : right.start] == " "


def _name_from(typed: Typed, words: Sequence[Word], index: int) -> int:
    """The index of a full name's last word where one begins here, else 0: a family name and one to four more capitals.

    After an honorific a given name alone counts too, if something beside it says that it is a person (see `_why`).
    """
    word = words[index]
    if not word.is_capital or word.folded.isdigit():
        return 0
    last = index
    while last + 1 < len(words) and last - index < 4:
        following = words[last + 1]
        if (
            not following.is_capital
            or not _is_next(typed, words[last], following)
            or following.folded.isdigit()
        ):
            break
        last += 1
    if last > index and _is_honorific(word):
        return 0
    if word.folded not in FAMILY and not _after_honorific(words, index):
        return 0
    return last


def _lower_name(typed: Typed, words: Sequence[Word], index: int) -> int:
    """A name without capitals, after a clear introduction only: family name and one to three words up to a pause."""
    if words[index].is_capital or words[index].folded not in _COMMONEST:
        return 0
    said = [word.folded for word in words[max(0, index - 3) : index]]
    if "ten" not in said or not _introduced(words, index, strong=True):
        return 0
    last = index
    while last + 1 < len(words) and last - index < 3:
        following = words[last + 1]
        if (
            not _is_next(typed, words[last], following)
            or following.folded in _ENDS
            or following.folded.isdigit()
        ):
            break
        last += 1
    return last if last > index else 0


def _why(
    typed: Typed, words: Sequence[Word], index: int, last: int, phones: Sequence[tuple[int, int]]
) -> str:
    """What says that this run of words is a private person's name; empty when nothing does."""
    count = last - index + 1
    start, end = typed.at[words[index].start], typed.at[words[last].end - 1] + 1
    by_phone = any(0 <= first - end <= 14 and _only_joins(typed.text[end:first]) for first, _ in phones)
    is_full = words[index].folded in FAMILY and count >= 2
    if _named_place(words, index):
        return ""
    if is_full and by_phone and count >= 3:
        return "phone"
    if _after_honorific(words, index) and not _named_place(words, index - 1):
        return "honorific" if is_full or by_phone else ""
    if is_full and _introduced(words, index, strong=True):
        return "introduced"
    if is_full and _introduced(words, index, strong=False) and (count >= 3 or by_phone):
        return "introduced"
    return "phone" if is_full and by_phone and start == 0 else ""


def _only_joins(between: str) -> bool:
    rest = "".join(c for c in between.lower() if c.isalpha())
    return rest in {
        "",
        "sđt",
        "sdt",
        "đt",
        "dt",
        "số",
        "so",
        "điệnthoại",
        "dienthoai",
        "gọi",
        "tel",
        "phone",
        "zalo",
    }


def _after_honorific(words: Sequence[Word], index: int) -> bool:
    if index < 1 or words[index].start - words[index - 1].end > 1:
        return words[index - 1].folded in {"mr", "mrs", "ms"} if index else False
    # "o" is an aunt in Huế where tone marks are typed, and "at" (ở) where they are not.
    if words[index - 1].typed == "o" and words[index].typed.isascii():
        return False
    return _is_honorific(words[index - 1])


def _is_honorific(word: Word) -> bool:
    return word.typed in _SAID_TO


def _introduced(words: Sequence[Word], index: int, *, strong: bool) -> bool:
    for phrase, is_strong in _INTRODUCERS:
        first = index - len(phrase)
        if is_strong is not strong or first < 0:
            continue
        near = words[index].start - words[index - 1].end <= 3
        if near and tuple(word.folded for word in words[first:index]) == phrase:
            return not (not strong and any(w.folded in _PLACE for w in words[max(0, first - 3) : first]))
    return False


def _named_place(words: Sequence[Word], index: int) -> bool:
    """Whether what begins here is called after somebody: "đường …", "kiệt 42 …", "trường THCS …"."""
    before = [word.folded for word in words[max(0, index - 3) : index]]
    while before and (
        before[-1][0].isdigit() or before[-1] in {"so", "thcs", "thpt", "mam", "non", "tieu", "hoc", "cu"}
    ):
        before.pop()
    if not before:
        return False
    return before[-1] in _PLACE or words[index - 1].typed in _PLACE_TYPED


def _house(typed: Typed, words: Sequence[Word], last: int) -> Iterator[Span]:
    """The number of the house right after its owner's name: "nhà ông Nguyễn Văn A số 12"."""
    rest = [word.folded for word in words[last + 1 : last + 5]]
    for skip in (
        ("o", "so", "nha"),
        ("o", "so"),
        ("so", "nha"),
        ("nha", "so"),
        ("so",),
        ("at", "number"),
        ("at",),
        ("house", "number"),
    ):
        n = last + 1 + len(skip)
        if (
            tuple(rest[: len(skip)]) == skip
            and n < len(words)
            and words[n].folded[0].isdigit()
            and len(words[n].folded) <= 3
        ):
            if words[n].start - words[last].end <= 24:
                end = words[n].end
                while (
                    n + 1 < len(words)
                    and typed.folded[end : words[n + 1].start] == "/"
                    and words[n + 1].folded.isdigit()
                ):
                    n += 1
                    end = words[n].end
                yield typed.span("home", words[last + len(skip)].start, end, "name")
            return
