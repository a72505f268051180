"""How a message fits a way out: SMS in one segment without tone marks, quiet hours, which ways are taken. Pure."""

from __future__ import annotations

import base64
import hmac
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from ngomon.identity.terms import Contact, ContactKind
from ngomon.messages.terms import CALLING, Answer, Preference, Way

SMS_CHARS = 160
SMS_CHARS_UNICODE = 70

# Source: 3GPP TS 23.038 §6.2.1, the characters of the default alphabet that we use (one septet each).
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_PLAIN = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "…": "...",
        "·": "-",
        "•": "*",
    }
    | {"\u00a0": " ", "→": "->", "₫": "d"}
)


def without_tones(text: str) -> str:
    """Text in the letters every phone and gateway takes: no tone marks, đ as d, typographic signs plain, else dropped."""
    plain = unicodedata.normalize("NFD", text.translate(_PLAIN))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return "".join(c for c in bare if c in _GSM)


def sms_text(text: str, link: str = "", *, with_tones: bool = False) -> str:
    """A message in one SMS: at most 160 characters without tone marks (70 with), cut at a word; the link is never cut."""
    limit = SMS_CHARS_UNICODE if with_tones else SMS_CHARS
    words = " ".join((text if with_tones else without_tones(text)).split())
    tail = f" {link}" if link else ""
    room = limit - len(tail)
    if len(words) > room:
        cut = words[: max(0, room - 3)]
        words = (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,.;:") + "..."
    return (words + tail).strip()


def segments(text: str) -> int:
    """How many SMS this makes. Units: 160 characters or 153 each when joined; 70 or 67 outside the default alphabet."""
    one, each = (160, 153) if set(text) <= _GSM else (70, 67)
    return 1 if len(text) <= one else -(-len(text) // each)


def quiet_until(at: datetime, preference: Preference, zone: tzinfo) -> datetime | None:
    """The instant at which the receiver's quiet hours end, when `at` lies in them; else None."""
    start, end = preference.quiet_from, preference.quiet_to
    if start == end:
        return None
    local = at.astimezone(zone)
    moment = local.time().replace(tzinfo=None)
    is_quiet = start <= moment < end if start < end else moment >= start or moment < end
    if not is_quiet:
        return None
    ends = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return ends + timedelta(days=1) if ends <= local else ends


def ways(
    contacts: Sequence[Contact], preference: Preference, *, is_urgent: bool
) -> list[tuple[Way, Contact]]:
    """By which ways a message goes: e-mail where there is one; SMS, which costs, where there is none, or when it is urgent.

    What the receiver switched off stays off, but for urgent messages that would else reach nobody outside.
    """
    mail = _first(contacts, ContactKind.EMAIL)
    phone = _first(contacts, ContactKind.PHONE)
    taken: list[tuple[Way, Contact]] = []
    if mail and preference.mail:
        taken.append((Way.SMTP, mail))
    if phone and preference.sms and (is_urgent or not taken):
        taken.append((Way.SMS, phone))
    if not taken and is_urgent:
        taken += [(Way.SMTP, mail)] if mail else []
        taken += [(Way.SMS, phone)] if phone else []
    return taken


def _first(contacts: Iterable[Contact], kind: ContactKind) -> Contact | None:
    return next((contact for contact in contacts if contact.kind == kind), None)


# --- calling out ------------------------------------------------------------------------------------------------------

_A = Answer
NEXT: Mapping[str, tuple[Answer, ...]] = {
    CALLING: (_A.ACKNOWLEDGED, _A.DECLINED),
    _A.DECLINED: (_A.ACKNOWLEDGED,),
    _A.ACKNOWLEDGED: (_A.EN_ROUTE, _A.ON_SCENE, _A.DECLINED),
    _A.EN_ROUTE: (_A.ON_SCENE, _A.DECLINED),
    _A.ON_SCENE: (_A.DONE,),
    _A.DONE: (),
}
"""What may be said after what; the first is what the page offers first. Declining stays possible until on the spot."""

_FORWARD = (_A.ACKNOWLEDGED, _A.EN_ROUTE, _A.ON_SCENE, _A.DONE)


def may_say(state: str, answer: Answer) -> bool:
    """Whether an answer can follow a state. Steps may be left out (arrived without having said "on my way")."""
    if answer == Answer.DECLINED:
        return Answer.DECLINED in NEXT[state]
    if state in {CALLING, Answer.DECLINED}:
        return True
    return _FORWARD.index(answer) > _FORWARD.index(Answer(state))


def call_token(call: UUID, key: bytes) -> str:
    """What stands in the link of a call: its id and a keyed check of 96 bits, short enough for an SMS."""
    check = hmac.new(key, call.bytes, "sha256").digest()[:12]
    return b64(call.bytes) + b64(check)


def b64(raw: bytes) -> str:
    """Bytes as letters that a link may hold."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


TOKEN_CHARS = 38


def call_of_token(token: str, key: bytes) -> UUID | None:
    """The call that a link is for; None for a link that we did not make."""
    if len(token) != TOKEN_CHARS or not token.isascii():
        return None
    try:
        call = UUID(bytes=base64.urlsafe_b64decode(token[:22] + "=="))
    except ValueError:
        return None
    return call if hmac.compare_digest(call_token(call, key), token) else None
