"""States, kinds and other words of cases, and what they are called in the log."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

CASE = "case"


QUESTION = "question"
"""What an answered question is found as; while it is open it is a case like others."""


LEARNED_MODEL = "learned_model"


REPORTER = "reporter"
"""What the log calls whoever reported: no account, so that nobody can put one person's cases together."""


def picture_url(digest: str) -> str:
    """Where a picture or thumbnail is shown, for whoever may see it."""
    return f"/pictures/{digest}.jpg" if digest else ""


class Status(StrEnum):
    """What the public is told; the process step behind it is finer."""

    RECEIVED = "received"
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    COMMITTED = "committed"
    RECORDED = "recorded"
    REJECTED = "rejected"
    GUIDED = "guided"
    MERGED = "merged"
    CLOSED = "closed"


OPEN = frozenset({Status.RECEIVED, Status.WAITING, Status.IN_PROGRESS, Status.COMMITTED})


class CaseKind(StrEnum):
    """What was sent: phản ánh; báo nguy hiểm đến tính mạng (before any form is finished); câu hỏi (hỏi đáp)."""

    REPORT = "report"
    DANGER = "danger"
    QUESTION = "question"


class Joined(StrEnum):
    """How a report came into a case that was there already: the reporter pointed at it, or it was linked by itself."""

    CHOSEN = "chosen"
    AUTOMATIC = "auto"


class Rating(StrEnum):
    """Hài lòng / Chấp nhận / Không hài lòng."""

    SATISFIED = "satisfied"
    ACCEPTABLE = "acceptable"
    DISSATISFIED = "dissatisfied"


CONTENT = frozenset({Rating.SATISFIED, Rating.ACCEPTABLE})
"""Ratings that count as content: "from acceptable upwards", as the city publishes it."""


class EntryKind(StrEnum):
    """What was written into a case."""

    QUESTION = "question"
    REPLY = "reply"
    REASON = "reason"
    WHY_HERE = "why_here"
    ANSWER = "answer"
    RETURNED = "returned"
    NOTE = "note"
    OBJECTION = "objection"
    APPEAL = "appeal"
    RATING = "rating"
    REQUEST = "request"
    OPINION = "opinion"


class PlaceSource(StrEnum):
    """What told the place: the device or a photo, a pin on the map, words, or the plate of an asset."""

    GPS = "gps"
    MAP = "map"
    WORDS = "words"
    ASSET = "asset"


REPORTERS_KINDS = frozenset({EntryKind.REPLY, EntryKind.RATING, EntryKind.OBJECTION, EntryKind.APPEAL})
"""What a reporter writes."""


class Audience(StrEnum):
    """Who may read an entry or see a photo."""

    PUBLIC = "public"
    REPORTER = "reporter"
    STAFF = "staff"
    IOC = "ioc"


REDACT_GROUNDS = ("personal", "other_person", "dignity", "secret", "order")
"""Why something is taken out: personal data; somebody else's; honour and dignity; a secret; an authority's order."""


# What an action of the process means to a reporter. Others are the offices' own business.
MESSAGES: Mapping[str, str] = {
    "accept": "acknowledged",
    "route": "routed",
    "ask": "asked",
    "publish": "answered",
    "reject": "rejected",
    "refer": "rejected",
    "guide": "guided",
    "object": "reopened",
    "overturn": "reopened",
    "uphold": "upheld",
    "promise_due": "reopened",
}
