"""How a case is said to a reader: names in their language, tones, progress, timeline, who has it. No reads but the directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation

from ngomon.core.errors import NotFound
from ngomon.core.terms import Recorded
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import queries as directory
from ngomon.directory.terms import Category

from ..terms import (
    CaseLine,
    CaseMerged,
    CaseMoved,
    CaseOpened,
    CaseUnmerged,
    CaseView,
    CategoryChanged,
    ContentErased,
    ContentExpired,
    ContentRedacted,
    EntryView,
    PictureView,
    ReportAddedTo,
    SignalReceived,
    Status,
    picture_url,
)

TONES: Mapping[str, str] = {
    Status.RECEIVED: "river",
    Status.WAITING: "amber",
    Status.IN_PROGRESS: "hue",
    Status.COMMITTED: "amber",
    Status.RECORDED: "amber",
    Status.ANSWERED: "leaf",
    Status.CLOSED: "leaf",
}
ICONS: Mapping[str, str] = {
    Status.RECEIVED: "search-check",
    Status.WAITING: "message-circle-question",
    Status.IN_PROGRESS: "hammer",
    Status.COMMITTED: "calendar-clock",
    Status.RECORDED: "hourglass",
    Status.ANSWERED: "circle-check",
    Status.CLOSED: "circle-check",
    Status.REJECTED: "circle-slash",
    Status.GUIDED: "signpost",
    Status.MERGED: "merge",
}
_EVENT_ICONS: Mapping[str, str] = {
    "opened": "send",
    "another_report": "users",
    "erased": "eraser",
    "expired": "eraser",
    "redacted": "eraser",
    "verify": "badge-check",
    "accept": "badge-check",
    "route": "arrow-right",
    "reject": "circle-slash",
    "refer": "signpost",
    "guide": "signpost",
    "added_to": "message-square-plus",
    "ask": "message-circle-question",
    "reply": "reply",
    "take": "inbox",
    "assign": "user-round-check",
    "hand_back": "undo-2",
    "answer": "clipboard-check",
    "send_back": "undo-2",
    "publish": "circle-check",
    "commit": "calendar-clock",
    "record": "hourglass",
    "resume": "play",
    "project_reviewed": "rotate-ccw",
    "extend": "timer",
    "rate": "smile",
    "object": "circle-alert",
    "appeal": "scale",
    "merged": "merge",
    "unmerged": "split",
    "close": "circle-check",
}
_EVENT_TONES: Mapping[str, str] = {
    "publish": "leaf",
    "close": "leaf",
    "object": "amber",
    "appeal": "amber",
    "ask": "amber",
    "reject": "red",
    "hand_back": "amber",
}
# What the agency and the desk do among themselves before anything changes for the reader.
_INSIDE = frozenset(
    {"note", "approve", "return", "consult", "withdraw", "request_extension", "refuse_extension"}
)
# The same word at two steps: where it leads says what it means.
_BY_STEP: Mapping[tuple[str, str], str] = {
    ("accept", "route"): "verify",
    ("accept", "assign"): "take",
    ("silence", "closed"): "close",
    ("silence", "closed_rejected"): "close",
    ("silence", "closed_guided"): "close",
    ("silence", "silent"): "silent",
    ("overturn", "route"): "reopen",
    ("promise_due", "handle"): "commitment_due",
}


def language() -> str:
    """The reader's language."""
    return (translation.get_language() or "vi")[:2]


def name(of: Mapping[str, str]) -> str:
    """A name kept by language, in the reader's."""
    return in_language(of, language())


def agency_name(key: str) -> str:
    """What an agency is called; its key where the directory does not know it; empty for none."""
    if not key:
        return ""
    try:
        return name(directory.agency(key).name)
    except NotFound:
        return key


def area_name(key: str) -> str:
    """What a ward is called; empty for none."""
    if not key:
        return ""
    try:
        return name(directory.area(key).name)
    except NotFound:
        return key


def category_of(key: str) -> Category:
    """The category, or one with its key as name where the directory does not know it any more."""
    try:
        return directory.category(key)
    except NotFound:
        return Category(key=key, parent="", name={"vi": key}, icon="circle-dot")


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A case as a list shows it."""

    line: CaseLine
    title: str
    category: str
    icon: str
    area: str
    agency: str
    status: str
    tone: str
    status_icon: str
    url: str
    thumb: str
    done_at: datetime | None
    is_paused: bool
    is_open: bool
    rating: str
    place_note: str = ""


def place_note(line: CaseLine) -> str:
    """How the place is known and how exactly, where it is a circle; empty for a pin."""
    if not line.place_radius_m:
        return ""
    source = line.place_source if line.place_source in {"gps", "asset"} else "words"
    return text(f"cases.place.by_{source}", radius=directory.length(line.place_radius_m, language()))


def card(line: CaseLine, *, thumb: bool = True) -> CaseCard:
    """A case's row with everything in words. `thumb`: whether the reader may see its picture."""
    category = category_of(line.category)
    done = line.closed_at if line.status in {Status.ANSWERED, Status.CLOSED} else None
    return CaseCard(
        line=line,
        title=line.text or name(category.name),
        category=name(category.name),
        icon=category.icon or "circle-dot",
        area=area_name(line.area),
        agency=agency_name(line.agency),
        status=text(f"cases.status.{line.status}"),
        tone=TONES.get(line.status, "neutral"),
        status_icon=ICONS.get(line.status, "circle-dot"),
        url=f"/cases/{line.number}",
        thumb=picture_url(line.thumbnail) if thumb else "",
        done_at=done,
        is_paused=line.status == Status.WAITING,
        is_open=line.status in {Status.RECEIVED, Status.WAITING, Status.IN_PROGRESS, Status.COMMITTED},
        rating=text(f"cases.rating.{line.rating}") if line.rating else "",
        place_note=place_note(line),
    )


def progress(line: CaseLine, now: datetime) -> list[dict[str, Any]]:
    """Four steps that everybody understands: sent, verified, handled, answered; none for what was not taken up."""
    if line.status in {Status.REJECTED, Status.GUIDED, Status.MERGED}:
        return []
    reached = {
        Status.RECEIVED: 1,
        Status.WAITING: 2 if line.agency else 1,
        Status.IN_PROGRESS: 2,
        Status.COMMITTED: 2,
        Status.RECORDED: 3,
    }.get(Status(line.status), 4)
    late = line.due_at is not None and line.due_at < now
    found = []
    for n, key in enumerate(("sent", "verified", "handling", "answered")):
        state = "done" if n < reached else "todo"
        if n == reached:
            state = "late" if late else "current"
        found.append({"label": text(f"cases.case.step.{key}"), "state": state})
    return found


_AGENCY_HAS = {
    Status.IN_PROGRESS: "cases.case.agency_has_it",
    Status.COMMITTED: "cases.case.agency_promised",
    Status.RECORDED: "cases.case.agency_recorded",
}


def who_has_it(line: CaseLine) -> str:
    """A sentence: with whom the case is now."""
    agency = agency_name(line.agency)
    if line.status == Status.WAITING:
        return text("cases.case.reporter_has_it")
    if line.status in {Status.ANSWERED, Status.CLOSED} and agency:
        return text("cases.case.agency_answered", agency=agency)
    if agency and line.status in _AGENCY_HAS:
        return text(_AGENCY_HAS[Status(line.status)], agency=agency)
    if line.status == Status.RECEIVED:
        return text("cases.case.centre_has_it", office=name(directory.city().office_name))
    return text(f"cases.status.{line.status}")


def photos_of(view: CaseView, role: str, entry: EntryView | None = None) -> list[dict[str, Any]]:
    """Pictures of one role, ready for the photo grid."""
    alt = "cases.case.photo_after_alt" if role == "after" else "cases.case.photo_alt"
    wanted: list[PictureView] = [
        p for p in view.pictures if p.role == role and (entry is None or p.entry_id == entry.id)
    ]
    return [
        {
            "url": picture_url(p.file),
            "thumb": picture_url(p.thumbnail or p.file),
            "alt": text(alt, n=n, number=view.line.number),
            "width": p.width,
            "height": p.height,
        }
        for n, p in enumerate(wanted, 1)
    ]


def timeline(view: CaseView, log: Iterable[Recorded], now: datetime) -> list[dict[str, Any]]:
    """What happened, in order, for a reader who knows nothing of offices; words only where they may be read."""
    entries = {str(entry.id): entry for entry in view.entries}
    told = [found for recorded in log if (found := _told(recorded, view, entries)) is not None]
    if view.line.due_at and Status(view.line.status) in {Status.RECEIVED, Status.IN_PROGRESS}:
        late = view.line.due_at < now
        due = {
            "title": text("cases.timeline.due"),
            "at": view.line.due_at,
            "icon": "triangle-alert" if late else "flag",
            "tone": "red" if late else "",
            "future": True,
        }
        told.append(due)
    return told


def _told(recorded: Recorded, view: CaseView, entries: Mapping[str, EntryView]) -> dict[str, Any] | None:
    event = recorded.event
    if isinstance(event, CaseOpened):
        return _item("opened", recorded.at, words=view.line.text, who=text("cases.timeline.reporter"))
    if isinstance(event, SignalReceived):
        return None if event.is_first else _item("another_report", recorded.at)
    if isinstance(event, CaseMerged):
        return _item("merged", recorded.at)
    if isinstance(event, CaseUnmerged):
        return _item("unmerged", recorded.at)
    if isinstance(event, ReportAddedTo):
        return _item("added_to", recorded.at)
    if isinstance(event, ContentErased):
        return _item("erased", recorded.at)
    if isinstance(event, ContentExpired):
        return _item("expired", recorded.at)
    if isinstance(event, ContentRedacted):
        return _item("redacted", recorded.at, ground=text(f"cases.redact.ground.{event.ground}"))
    if isinstance(event, CategoryChanged):
        return _item("category_changed", recorded.at, category=name(category_of(event.now).name))
    if isinstance(event, CaseMoved):
        return _moved(event, recorded.at, view, entries.get(event.entry))
    return None


def _moved(event: CaseMoved, at: datetime, view: CaseView, entry: EntryView | None) -> dict[str, Any] | None:
    if event.action in _INSIDE:
        return None
    agency = agency_name(event.agency or view.line.agency)
    answers = [e for e in view.entries if e.kind == "answer" and e.at <= at]
    # What was proposed as an answer is read where it became public.
    said = None if event.action == "answer" else entry
    if event.action in {"publish", "commit", "record"} and answers:
        said = answers[-1]
    key = _BY_STEP.get((event.action, event.step), event.action)
    made = _item(key, at, agency=agency, words=said.text if said else "")
    if made and event.action == "publish" and said:
        made["photos"] = photos_of(view, "after", said)
    if made and event.action == "rate" and view.line.rating:
        rating = text(f"cases.rating.{view.line.rating}")
        made["title"] = text("cases.rate.public", rating=rating)
    return made


def _item(key: str, at: datetime, *, words: str = "", who: str = "", **values: str) -> dict[str, Any] | None:
    title = f"cases.timeline.{key}"
    if not has_text(title):
        return None
    return {
        "at": at,
        "title": text(title, **values),
        "words": words,
        "who": who,
        "icon": _EVENT_ICONS.get(key, "circle-dot"),
        "tone": _EVENT_TONES.get(key, ""),
    }
