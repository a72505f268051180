"""What the HTTP API reads and writes: models for its description and for what comes in, plain data for what goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ngomon.core.errors import NotFound
from ngomon.core.terms import Recorded
from ngomon.core.texts import LANGUAGES, text
from ngomon.directory import queries as directory
from ngomon.directory.terms import Agency, Area, Category, PlacePart, PlaceReading, Understood
from ngomon.processes.terms import Action

from ..rules import MAX_PLACE, MAX_TEXT
from ..terms import OPEN, Candidate, CaseLine, CasePage, CaseView, Receipt, Status, picture_url

Key = Annotated[str, StringConstraints(max_length=60)]
Words = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Names = dict[str, str]
PROBLEM_MEDIA = "application/problem+json"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactIn(_In):
    """How a reporter without account wants to hear of the case. Kept encrypted; agencies never see it."""

    name: Annotated[str, StringConstraints(max_length=80)] = ""
    phone: Annotated[str, StringConstraints(max_length=30)] = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""


class ReportIn(_In):
    """A report. Words may be empty when a category or a photo says what it is about."""

    text: Annotated[str, StringConstraints(max_length=MAX_TEXT * 2)] = ""
    lon: float | None = Field(
        None, ge=-180, le=180, allow_inf_nan=False, description="WGS 84 degrees, east positive"
    )
    lat: float | None = Field(
        None, ge=-90, le=90, allow_inf_nan=False, description="WGS 84 degrees, north positive"
    )
    danger: bool = Field(
        False, description="danger to life: taken at once; a place, place_words or contact.phone is enough"
    )
    category: Key = Field("", description="a key of GET /categories; proposed from the words when empty")
    place_words: Annotated[str, StringConstraints(max_length=MAX_PLACE * 2)] = Field(
        "", description="the place in words; enough alone where GET /places gives one narrow reading of them"
    )
    external_id: Annotated[str, StringConstraints(max_length=64)] = Field(
        "", description="your own id: sending it again gives the first receipt and changes nothing"
    )
    contact: ContactIn = Field(default_factory=ContactIn)
    attributes: dict[Key, Annotated[str, StringConstraints(max_length=500)]] = Field(
        default_factory=dict, max_length=40
    )
    language: Annotated[str, StringConstraints(max_length=5)] = ""
    follows: Annotated[str, StringConstraints(max_length=24)] = Field(
        "", description="the number of a public open case that this report speaks of too"
    )


class QuestionIn(_In):
    """A question to an agency. It is published with its answer; personal data in it is masked."""

    text: Annotated[str, StringConstraints(max_length=MAX_TEXT * 2)]
    agency: Key = Field("", description="a key of GET /agencies; proposed from the words when empty")
    external_id: Annotated[str, StringConstraints(max_length=64)] = ""
    contact: ContactIn = Field(default_factory=ContactIn)
    language: Annotated[str, StringConstraints(max_length=5)] = ""


class QuestionOut(BaseModel):
    """An answered question."""

    number: str
    text: str
    agency: str
    agency_name: Names
    asked_at: datetime
    answered_at: datetime
    answer: str
    rating: str
    url: str


class QuestionsOut(BaseModel):
    """A page of answered questions."""

    questions: list[QuestionOut]
    next: str
    total: int | None


class ActionIn(_In):
    """An action of a case's process with the words that it asks for (see `actions` of the case)."""

    fields: dict[Key, Words] = Field(default_factory=dict, max_length=20)
    agency: Key = ""
    assignee: Annotated[str, StringConstraints(max_length=36)] = ""
    version: int | None = Field(
        None, ge=0, le=2_000_000_000, description="the version you saw: refused if it moved on"
    )


class RateIn(_In):
    """A rating of the published answer."""

    rating: Literal["satisfied", "acceptable", "dissatisfied"]
    comment: Words = ""
    claim_code: Key = ""


class SaidIn(_In):
    """Words to the centre: a reply, an objection, an appeal."""

    text: Words
    claim_code: Key = ""


class AlikeOut(BaseModel):
    """A public open case that may speak of the same thing, and why."""

    number: str
    text: str
    category: str
    status: str
    distance_m: int
    age_h: float
    score: float
    shared_words: list[str]
    reports: int
    thumbnail: str
    url: str


class ReceiptOut(BaseModel):
    """What a reporter gets."""

    number: str
    is_new: bool
    joined: bool
    linked: bool
    category: str
    agency: str
    acknowledged_by_at: datetime
    due_at: datetime | None
    claim_code: str
    url: str
    similar: list[AlikeOut] = []


class PlacePartOut(BaseModel):
    """One thing that the words say: a house number, a lane, a street, a ward, a landmark, a plate."""

    kind: str
    said: str
    name: Names
    key: str


class ReadingOut(BaseModel):
    """One way to understand the words. Units: metres. `area` is the ward of today; `source` is words or asset."""

    lon: float
    lat: float
    radius_m: int
    area: str
    source: str
    sentence: Names
    parts: list[PlacePartOut]


class UnderstoodOut(BaseModel):
    """What words say about a place, best first; what is unknown; what to do."""

    words: str
    readings: list[ReadingOut]
    unknown: list[PlacePartOut]
    advice: Names


class CaseOut(BaseModel):
    """A case as lists show it. Personal data in its words is masked."""

    number: str
    text: str
    status: str
    status_name: Names
    is_open: bool
    is_late: bool
    step: str
    category: str
    category_name: Names
    area: str
    area_name: Names
    agency: str
    agency_name: Names
    place: str
    place_radius_m: int | None
    place_source: str
    lon: float
    lat: float
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    reports: int
    rating: str
    thumbnail: str
    url: str
    version: int


class CasesOut(BaseModel):
    """One page of cases; `next` is the cursor of the following page, empty at the end."""

    cases: list[CaseOut]
    next: str
    total: int | None


@lru_cache(maxsize=4)
def _names(edition: int) -> dict[str, dict[str, Names]]:  # noqa: ARG001 (the cache key)
    """Names by key of everything a case's row points at, once per edition of the directory."""
    statuses = {s.value: {w: text(f"cases.status.{s.value}", w) for w in LANGUAGES} for s in Status}
    return {"category": {}, "area": {}, "agency": {}, "status": statuses}


def _name(names: dict[str, dict[str, Names]], kind: str, key: str) -> Names:
    known = names[kind].get(key)
    if known is None:
        known = names[kind][key] = _read_name(kind, key)
    return known


def _read_name(kind: str, key: str) -> Names:
    found: Category | Area | Agency
    try:
        if kind == "category":
            found = directory.category(key)
        else:
            found = directory.area(key) if kind == "area" else directory.agency(key)
    except NotFound:
        return {}
    return dict(found.name)


def lines(rows: Iterable[CaseLine], at: datetime) -> list[dict[str, Any]]:
    """Cases as plain data."""
    names = _names(directory.edition())
    return [_line(row, names, at) for row in rows]


def _line(row: CaseLine, names: dict[str, dict[str, Names]], at: datetime) -> dict[str, Any]:
    is_open = row.status in OPEN
    return {
        "number": row.number,
        "text": row.text,
        "status": row.status,
        "status_name": names["status"][row.status],
        "is_open": is_open,
        "is_late": is_open and row.due_at is not None and row.due_at < at,
        "step": row.step,
        "category": row.category,
        "category_name": _name(names, "category", row.category),
        "area": row.area,
        "area_name": _name(names, "area", row.area),
        "agency": row.agency,
        "agency_name": _name(names, "agency", row.agency) if row.agency else {},
        "place": row.place,
        "place_radius_m": row.place_radius_m,
        "place_source": row.place_source,
        "lon": row.lon,
        "lat": row.lat,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "closed_at": row.closed_at,
        "reports": row.reports,
        "rating": row.rating,
        "thumbnail": picture_url(row.thumbnail),
        "url": f"/cases/{row.number}",
        "version": row.version,
    }


def page(found: CasePage, at: datetime) -> dict[str, Any]:
    """A page of cases as plain data."""
    return {"cases": lines(found.lines, at), "next": found.next, "total": found.total}


def receipt(made: Receipt) -> dict[str, Any]:
    """A receipt as plain data."""
    return {
        "number": made.number,
        "is_new": made.is_new,
        "joined": made.joined,
        "linked": made.linked,
        "category": made.category,
        "agency": made.agency,
        "acknowledged_by_at": made.acknowledged_by_at,
        "due_at": made.due_at,
        "claim_code": made.claim_code,
        "url": f"/cases/{made.number}",
    }


def view(found: CaseView, actions: Iterable[Action], at: datetime) -> dict[str, Any]:
    """One case with what this reader may see of it, and may do now."""
    entries = [
        {"kind": e.kind, "text": e.text, "agency": e.agency, "at": e.at, "is_current": e.is_current}
        for e in found.entries
    ]
    pictures = [
        {
            "role": p.role, "url": picture_url(p.file), "thumbnail": picture_url(p.thumbnail),
            "width": p.width, "height": p.height, "is_public": p.is_public,
        }
        for p in found.pictures
    ]  # fmt: skip
    return {
        **lines([found.line], at)[0],
        "entries": entries,
        "pictures": pictures,
        "reports_text": [{"source": s.source, "text": s.text, "at": s.received_at} for s in found.signals],
        "outcome": found.outcome,
        "committed_until": found.commit_until_on,
        "merged_into": found.merged_into,
        "reopened": found.reopened,
        "answered_at": found.answered_at,
        "actions": [
            {"key": a.key, "name": dict(a.name), "requires": list(a.requires), "accepts": list(a.accepts)}
            for a in actions
        ],
    }


_TOLD = ("action", "step", "status", "agency", "rating", "was", "now", "until", "source", "is_first")


def history(log: Iterable[Recorded]) -> list[dict[str, Any]]:
    """A case's own events: what, when, at which version; never who."""
    return [
        {
            "version": one.version,
            "kind": one.kind,
            "at": one.at,
            **{key: value for key, value in (one.event.body() if one.event else {}).items() if key in _TOLD},
        }
        for one in log
    ]


def candidates(found: Iterable[Candidate]) -> list[dict[str, Any]]:
    """Public cases that may speak of the same thing, with the reason: distance, age, shared words."""
    return [
        {
            "number": c.number, "text": c.text, "category": c.category, "status": c.status,
            "distance_m": round(c.distance_m), "age_h": round(c.age_h, 1), "score": round(c.score, 3),
            "shared_words": list(c.shared_words), "reports": c.reports, "thumbnail": picture_url(c.thumbnail),
            "url": f"/cases/{c.number}",
        }
        for c in found
        if c.is_public
    ]  # fmt: skip


def understood(found: Understood) -> dict[str, Any]:
    """What words about a place were understood to mean."""
    return {
        "words": found.words,
        "readings": [reading(one) for one in found.readings],
        "unknown": [_part(one) for one in found.unknown],
        "advice": dict(found.advice),
    }


def reading(found: PlaceReading) -> dict[str, Any]:
    """One reading: a circle that should hold the place."""
    return {
        "lon": found.lon,
        "lat": found.lat,
        "radius_m": found.radius_m,
        "area": found.area,
        "source": found.source,
        "sentence": dict(found.sentence),
        "parts": [_part(one) for one in found.parts],
    }


def _part(found: PlacePart) -> dict[str, Any]:
    return {"kind": str(found.kind), "said": found.said, "name": dict(found.name), "key": found.key}


def category(found: Category) -> dict[str, Any]:
    """A kind of report."""
    return {
        "key": found.key,
        "parent": found.parent,
        "name": dict(found.name),
        "hint": dict(found.hint),
        "icon": found.icon,
        "group": found.group,
        "budget_days": found.budget_days,
        "budget_minutes": found.budget_minutes,
        "legal_source": found.legal_source,
        "photo_required": found.photo_required,
        "is_public": found.public_map,
    }


def area(found: Area) -> dict[str, Any]:
    """A ward or commune."""
    return {"key": found.key, "kind": found.kind, "name": dict(found.name), "label": found.label}


def agency(found: Agency) -> dict[str, Any]:
    """Whoever handles cases."""
    return {
        "key": found.key,
        "kind": found.kind,
        "name": dict(found.name),
        "short": dict(found.short),
        "area": found.area,
        "parent": found.parent,
    }


def described(model: type[BaseModel], *, has_photos: bool = False) -> Mapping[str, Any]:
    """How a body looks in the API's description: JSON, and multipart where photos may come with it."""
    schema = _inlined(model.model_json_schema())
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if has_photos:
        photos = {"type": "array", "items": {"type": "string", "format": "binary"}}
        flat = {"type": "object", "properties": {**schema["properties"], "photos": photos}}
        content["multipart/form-data"] = {"schema": flat}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without references of its own: each definition stands where it is used."""
    known = schema.pop("$defs", {})

    def put(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return put(known[part["$ref"].rsplit("/", 1)[1]])
            return {key: put(value) for key, value in part.items()}
        return [put(item) for item in part] if isinstance(part, list) else part

    made: dict[str, Any] = put(schema)
    return made
