"""Finds what in a text may belong to a person's private life: numbers, addresses, names, however they are typed. Pure.

One finder for all doors: `mask` takes everything away that it finds, the editor's page proposes the same spans one by one.
What the public needs is never proposed: emergency and service numbers, agencies' own telephones and e-mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from .names import find_names
from .spans import Span, Typed, tidy

HIDDEN = "•••"
Finder = Callable[[Typed, Collection[str]], Iterator[Span]]

_GAP = r"[\s.\-–_,()]{0,3}"
_MONEY = re.compile(r"\s*(?:d|dong|vnd|k|ngan|nghin|trieu|ty|usd|\$)\b")
_MEASURE = re.compile(r"\s*(?:m|m2|km|kg|ha|tan|lit|mm|cm|met|nguoi|ho|luot|kwh)\b")
_DATE = re.compile(r"\d{1,2}[\s.\-]\d{1,2}[\s.\-](?:19|20)\d{2}(?!\d)")
_FILE_CODE = re.compile(
    r"(?:ho so|bien nhan|bien lai|hoa don|van ban|dossier|receipt|invoice|ma vach|lo hang)\D{0,14}$"
)
_PUBLIC_LINE = re.compile(
    r"(?:duong day nong|hotline|tong dai|so nong|truc ban|call cent(?:re|er))\W{0,3}(?:\w+\W){0,6}$"
)
_SERVICE = re.compile(r"(?:19|18)00\d{4,6}|1022|11[1-5]")


def digits_of(number: str) -> str:
    """A telephone number's digits with the trunk zero, so that two ways of typing one are equal."""
    digits = "".join(c for c in number if c.isdigit())
    digits = digits.removeprefix("00") if digits.startswith("0084") else digits
    return "0" + digits[2:].removeprefix("0") if digits.startswith("84") and len(digits) >= 11 else digits


# --- telephones -----------------------------------------------------------------------------------------------------

_PHONES = (
    # 0905 123 456, 0905.123.456, (0234) 3822 222, +84 905…, also where the last ones are written as x.
    re.compile(rf"(?<![\w/:])(?<!\d[.,\-])\(?(?:\+?\(?84\)?{_GAP}\(?0?\)?|0)(?:{_GAP}\)?[2-9]){_GAP}(?:\d{_GAP}\)?){{5,8}}[\dx]{{1,3}}(?![\w])"),
    re.compile(r"(?<![\w+])\+(?!84)\d{1,3}(?:[\s.\-()]{0,2}\d){7,12}(?!\d)"),
    # The letter o for a nought.
    re.compile(r"(?<!\w)o[\s.\-]?[35789](?:[\s.\-]?[\do]){8}(?!\w)"),
    re.compile(r"(?<!\w)0[\s.\-]?[35789](?=(?:[\s.\-]?\d){0,7}[\s.\-]?o)(?:[\s.\-]?[\do]){8}(?!\w)"),
)  # fmt: skip
_CALLED = re.compile(r"\b(?:sdt|dt|dien thoai|tel|phone|so may)\b[\s:.]{0,3}((?:\d[\s.\-]?){6,7}\d)(?!\d)")
_SAID = r"khong|oh|mot|hai|ba|bon|tu|nam|lam|nham|sau|bay|tam|chin|zero|one|two|three|four|five|six|seven|eight|nine"
_SPOKEN = re.compile(rf"\b(?:khong|zero|oh?)(?:[\s,.\-]+(?:{_SAID}|tram|muoi|linh|le)){{7,13}}\b")


def _is_phone(found: str) -> bool:
    digits = digits_of(found.replace("o", "0"))
    length = len(digits) + found.count("x")
    if found.lstrip().startswith("+") and not digits.startswith("0"):
        return 8 <= length <= 15
    return length in {10, 11} and (digits[1] in "35789" or (digits[1] == "2" and length >= 10))


def _phones(typed: Typed, public: Collection[str]) -> Iterator[Span]:
    for pattern in _PHONES:
        for found in pattern.finditer(typed.folded):
            said = found.group()
            if not _is_phone(said) or _DATE.match(said) or digits_of(said) in public:
                continue
            before, after = typed.before(found.start()), typed.folded[found.end() :]
            if _PUBLIC_LINE.search(before) or _FILE_CODE.search(before) or _MONEY.match(after):
                continue
            opens = said.startswith("(") and ")" not in said
            yield typed.span("phone", found.start() + opens, found.end(), "shape")
    for found in _CALLED.finditer(typed.folded):
        if digits_of(found.group(1)) not in public and not _SERVICE.fullmatch(digits_of(found.group(1))):
            yield typed.span("phone", *found.span(1), "word")
    for found in _SPOKEN.finditer(typed.folded):
        yield typed.span("phone", *found.span(), "spoken")


# --- e-mail and profiles --------------------------------------------------------------------------------------------

_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_EMAIL_SAID = re.compile(
    r"[\w.+\-]{3,}\s?(?:\(at\)|\[at\]|\ba cong\b|\bat\b)\s?(?:gmail|yahoo|outlook|hotmail|icloud|live)\b"
    r"(?:\s?(?:\.|\(dot\)|\[dot\]|\bcham\b|\bdot\b)\s?(?:com|vn|net)(?:\.vn)?)?"
)
_PROFILE = re.compile(
    r"(?:https?://)?(?:www\.|m\.|web\.)?(?:facebook\.com|fb\.com|fb\.me|m\.me|zalo\.me|t\.me|tiktok\.com|instagram\.com"
    r"|youtube\.com|threads\.net)/[^\s,;)\"”]+"
)
_PROFILE_SAID = re.compile(r"\b(?:fb|facebook|nick|zalo|tiktok|insta)\b\s*(?:ten la|ten|cua|la|:)\s*:?\s*")


def _addresses(typed: Typed, _: Collection[str]) -> Iterator[Span]:
    for found in _EMAIL.finditer(typed.folded):
        if not found.group().rstrip(".").endswith(".gov.vn"):
            yield typed.span("email", *found.span(), "shape")
    for found in _EMAIL_SAID.finditer(typed.folded):
        yield typed.span("email", *found.span(), "spoken")
    for found in _PROFILE.finditer(typed.folded):
        yield typed.span("profile", found.start(), found.start() + len(found.group().rstrip(".")), "shape")
    for found in _PROFILE_SAID.finditer(typed.folded):
        end = typed.name_end(found.end(), 4)
        if end:
            yield typed.span("profile", found.end(), end, "word")


# --- identity papers, accounts, dates of birth ----------------------------------------------------------------------

_LONG = re.compile(r"(?<![\w.,\-/])(?:\d{12}|\d{9})(?![\w]|[.,\-/]\d)")
_PAPER = re.compile(
    r"\b(?:cmnd|cmt|cccd|can cuoc(?: cong dan)?|chung minh(?: thu| nhan dan)?|dinh danh(?: ca nhan)?|gplx"
    r"|giay phep lai xe|bang lai(?: xe)?|ho chieu|passport|id card|licen[cs]e|bhxh|bao hiem xa hoi|bhyt|the bao hiem)"
    r"\b(?:\s+(?:cua|toi|tui|so|no|number|la|my|is|ma|y te))*[\s:.#]*([a-z]{0,2}(?:\d[\s.\-]?){6,14}\d)(?!\d)"
)
_CUSTOMER = re.compile(r"\bma (?:khach hang|kh)\b[\s:.]*(?:la\s+)?((?=(?:[a-z]*\d){6})[a-z0-9]{8,16})\b")
_BANK = re.compile(
    r"\b(?:stk|so tai khoan|tai khoan|tk|vietcombank|vcb|bidv|agribank|vietinbank|techcombank|mb ?bank|acb|sacombank"
    r"|vpbank|tpbank|hdbank|vib|shb|momo|bank account|account(?: number| no)?)\b([^\d\n]{0,24})((?:\d[\s.\-]?){5,18}\d)(?!\d)"
)
_BANK_AFTER = re.compile(
    r"(?<![\w.,])((?:\d[\s.\-]?){7,18}\d)(?:\s|,|\(|-){1,4}(?:ngan hang\s)?(?:vietcombank|vcb|bidv|agribank|vietinbank"
    r"|techcombank|mb ?bank|acb|sacombank|vpbank|tpbank|hdbank|vib|shb|momo)\b"
)
_DAY = r"\d{1,2}\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?(?:19|20)?\d{2}"
_BORN = re.compile(
    rf"\b(?:sinh ngay|ngay sinh|sinh nam|nam sinh|sinh|dob|date of birth|born(?: on| in)?|ns|sn)\b[\s:.]*"
    rf"(?:la\s+)?({_DAY}|\d{{1,2}}/(?:19|20)\d{{2}}|(?:19|20)\d{{2}}|ngay \d{{1,2}} thang \d{{1,2}} nam (?:19|20)\d{{2}}"
    rf"|\d{{1,2}} thang \d{{1,2}} nam (?:19|20)\d{{2}}|\d{{1,2}} [a-z]{{3,9}} (?:19|20)\d{{2}})(?!\d)"
)
_NOT_BORN = re.compile(r"(?:hoc|ve|phat|khai|tai|nay|song|tiet)\s$")


def _papers(typed: Typed, _: Collection[str]) -> Iterator[Span]:
    for found in _LONG.finditer(typed.folded):
        after = typed.folded[found.end() :]
        if not (
            _MONEY.match(after) or _MEASURE.match(after) or _FILE_CODE.search(typed.before(found.start()))
        ):
            yield typed.span("identity", *found.span(), "shape")
    for kind, pattern in (("identity", _PAPER), ("customer", _CUSTOMER)):
        for found in pattern.finditer(typed.folded):
            yield typed.span(kind, *found.span(1), "word")
    for pattern, group in ((_BANK, 2), (_BANK_AFTER, 1)):
        for found in pattern.finditer(typed.folded):
            if not _MONEY.match(typed.folded[found.end() :]):
                yield typed.span("account", *found.span(group), "word")
    for found in _BORN.finditer(typed.folded):
        if not _NOT_BORN.search(typed.before(found.start())):
            yield typed.span("birth", *found.span(1), "word")


# --- number plates --------------------------------------------------------------------------------------------------

_PLATE = re.compile(
    r"(?<![\w/.\-])([1-9]\d)(\s?[\-.]?\s?)([a-z]{1,2}\d?)(\s?[\-.]?\s?)((?:\d{3}\.[\dx]{2}|\d{5}|\d{4}|[\dx]{3}\.[\dx]{2}|\d{3} \d{2}))(?![\w]|[./]\d)"
)  # fmt: skip
_NOT_PLATE = re.compile(
    r"(?:lop|quoc lo|ql|tinh lo|tl|tuyen|xe buyt|kiet|khoi|phong|lo|thua|nha|so nha|hem|block)\s$"
)
_UNITS = frozenset({"m", "km", "kg", "k", "d", "h", "g", "x", "ha", "l", "w", "v", "a"})


def _plates(typed: Typed, _: Collection[str]) -> Iterator[Span]:
    for found in _PLATE.finditer(typed.folded):
        before, letters, gap, number = found.group(2, 3, 4, 5)
        if _NOT_PLATE.search(typed.before(found.start())) or _MEASURE.match(typed.folded[found.end() :]):
            continue
        is_plain = "." not in number and not any(c in before + gap for c in "-.")
        if is_plain and (
            letters in _UNITS - {"a", "d", "k", "h", "x", "l", "g"} or re.match(r"(?:19|20)\d\d$", number)
        ):
            continue
        yield typed.span("plate", *found.span(), "shape")


# --- all of them ----------------------------------------------------------------------------------------------------

_FINDERS: tuple[Finder, ...] = (_addresses, _plates, _papers, _phones)


def find_private(text: str, public: Collection[str] = ()) -> list[Span]:
    """The spans of a text that may be personal, from its beginning on, never overlapping.

    `public`: telephones of agencies (see `digits_of`), which are never proposed. Shape: start and end in characters.
    """
    if not text:
        return []
    typed = Typed.of(text)
    found = [span for finder in _FINDERS for span in finder(typed, public)]
    phones = [(span.start, span.end) for span in found if span.kind == "phone"]
    # "17h 0914 000 039" is an hour and a telephone, not a plate.
    found = [s for s in found if s.kind != "plate" or not any(a < s.end and s.start < b for a, b in phones)]
    return tidy([*found, *find_names(typed, phones)])


def hide(text: str, spans: Iterable[Span]) -> str:
    """The text with a mark in the place of each span."""
    for span in sorted(spans, key=lambda span: -span.start):
        text = text[: span.start] + HIDDEN + text[span.end :]
    return text


def mask(text: str, public: Collection[str] = ()) -> str:
    """The text without what the finder calls personal."""
    return hide(text, find_private(text, public))


def is_hidden(text: str) -> bool:
    """Whether something was taken out of this text."""
    return HIDDEN in text
