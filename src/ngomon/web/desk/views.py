"""What the desk's pages show, gathered for their templates: queues, history in words, what the citizen will read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from ngomon.cases import queries as cases
from ngomon.cases.terms import OPEN, CaseLine, CaseView, EntryView, PictureView, picture_url
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, NotFound
from ngomon.core.events import history
from ngomon.core.terms import Recorded
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import may
from ngomon.messages import queries as messages
from ngomon.processes import queries as processes
from ngomon.processes.terms import OpenTask

from .proposed import proposal, urgency_shown


@dataclass(frozen=True)
class Queue:
    """A named list of work: the steps it holds and who sees it."""

    key: str
    steps: tuple[str, ...]
    roles: tuple[str, ...]
    icon: str
    mine: bool = False


QUEUES = (
    Queue("triage", ("verify",), ("ioc_operator", "ioc_lead"), "inbox"),
    Queue("routing", ("route",), ("ioc_operator", "ioc_lead"), "route"),
    Queue("called", ("called", "coming", "on_scene"), ("ioc_operator", "ioc_lead"), "siren"),
    Queue("asked", ("waiting",), ("ioc_operator", "ioc_lead"), "message-circle-question"),
    Queue("review", ("review",), ("ioc_editor", "ioc_lead"), "badge-check"),
    Queue("appeals", ("appeal", "guide_appeal"), ("ioc_lead",), "scale"),
    Queue("intake", ("intake",), ("agency_clerk", "agency_head"), "inbox"),
    Queue("assign", ("assign", "redo", "extension"), ("agency_head",), "users"),
    Queue("mine", ("handle",), ("agency_officer",), "wrench", mine=True),
    Queue("handling", ("handle", "asked"), ("agency_officer", "agency_head", "agency_clerk"), "hammer"),
    Queue("approve", ("approve",), ("agency_head",), "signature"),
    Queue("promised", ("committed",), ("agency_head", "city_office", "ioc_lead"), "calendar-clock"),
    Queue("recorded", ("recorded",), ("agency_head", "city_office", "ioc_lead"), "hourglass"),
)


def queues_of(actor: Actor) -> list[Queue]:
    """The queues this actor works in, in the order of the work."""
    return [queue for queue in QUEUES if actor.holds(*queue.roles)]


TOOLS = (
    ("instant", "/desk/instant", "siren", "alarm.see"),
    ("orders", "/desk/orders", "send", "order.see"),
    ("households", "/desk/households", "house", "household.tick"),
    ("rooms", "/ioc/rooms", "radar", "incident.see"),
    ("directives", "/desk/directives", "stamp", "directive.see"),
    ("bulk", "/desk/bulk", "list-checks", "case.bulk"),
    ("balance", "/desk/balance", "scale", "workload.see"),
    ("handover", "/desk/handover", "arrow-right-left", "case.hand_over"),
    ("consultations", "/desk/consultations", "messages-square", "desk.see"),
    ("pictures", "/desk/pictures", "image", "case.redact"),
    ("corroboration", "/desk/corroboration", "badge-check", "case.triage"),
    ("commitments", "/desk/commitments", "calendar-check", "desk.see"),
    ("messages", "/desk/messages", "mail-warning", "message.see"),
    ("parked", "/desk/parked", "octagon-pause", "message.see"),
)


def tools(actor: Actor, path: str = "") -> list[dict[str, Any]]:
    """What stands under the queues: questions from others, what did not get through."""
    return [
        {"key": key, "label": text(f"web.desk.tool.{key}"), "url": url, "icon": icon, "current": path == url}
        for key, url, icon, action in TOOLS
        if may(actor, action)
    ]


def agency_name(key: str, language: str) -> str:
    """An agency's name, also of one that ended; the key itself where it was never known."""
    if not key:
        return text("web.desk.no_agency", language)
    return in_language(directory.agency(key).name, language)


def category_name(key: str, language: str) -> str:
    """A category's name."""
    return in_language(directory.category(key).name, language)


def area_name(key: str, language: str) -> str:
    """An area's name."""
    return in_language(directory.area(key).name, language) if key else ""


ICONS = {
    "cases.case_opened": "megaphone",
    "cases.signal_received": "inbox",
    "cases.merged": "merge",
    "cases.linked": "merge",
    "cases.split": "split",
    "cases.kept_apart": "x",
    "cases.child_linked": "network",
    "cases.child_unlinked": "network",
    "cases.child_moved": "network",
    "cases.recurred": "history",
    "cases.unmerged": "split",
    "cases.rated": "star",
    "cases.committed": "calendar-clock",
    "cases.category_changed": "tags",
    "cases.added_to": "message-square-plus",
    "cases.secrecy_lifted": "eye",
    "cases.corroborated": "badge-check",
    "cases.corroboration_reversed": "undo-2",
    "cases.corroboration_judged": "list-checks",
}


REPORTERS = frozenset({"reply", "rate", "object", "appeal"})
REPORTERS_EVENTS = frozenset(
    {"cases.case_opened", "cases.signal_received", "cases.rated", "cases.followed", "cases.added_to"}
)


def history_lines(events: Iterable[Recorded], view: CaseView, language: str) -> list[dict[str, Any]]:
    """The case's events as lines of a timeline, each with the words that came with it. A reporter is never named."""
    told = list(events)
    entries = {str(entry.id): entry for entry in view.entries}
    staff = identity.names_of({UUID(e.actor_id) for e in told if _is_officer(e)})
    return [_history_line(recorded, entries, staff, language) for recorded in told]


def _body(recorded: Recorded) -> dict[str, Any]:
    return recorded.event.body() if recorded.event else {}


def _is_officer(recorded: Recorded) -> bool:
    is_account = len(recorded.actor_id) == 36 and recorded.kind not in REPORTERS_EVENTS
    return is_account and _body(recorded).get("action") not in REPORTERS


def _history_line(
    recorded: Recorded, entries: Mapping[str, EntryView], staff: Mapping[UUID, str], language: str
) -> dict[str, Any]:
    body = _body(recorded)
    action = str(body.get("action", "")) or recorded.kind.split(".", 1)[1]
    key = f"web.desk.history.{action}"
    entry = entries.get(str(body.get("entry", "")))
    if _is_officer(recorded):
        who = staff.get(UUID(recorded.actor_id), "")
    elif recorded.actor_id.startswith("system:"):
        who = text("web.desk.by_system", language)
    else:
        who = text("web.desk.by_reporter", language)
    values = {"ground": _ground(recorded.kind, str(body["ground"]), language)} if body.get("ground") else {}
    if recorded.kind == "cases.corroborated":
        key += ".automatic" if body["is_automatic"] else ""
        values = {"points": str(round(float(body["score"]) * 100)), "n": str(body["people"])}
    title = text(key, language, **values) if has_text(key) else action
    icon = ICONS.get(recorded.kind, "circle-dot")
    words = entry.text if entry else ""
    return {
        "kind": recorded.kind,
        "at": recorded.at,
        "title": title,
        "who": who,
        "words": words,
        "icon": icon,
    }


def _ground(kind: str, ground: str, language: str) -> str:
    of = "evidence" if kind == "cases.corroboration_reversed" else "redact"
    return text(f"cases.{of}.ground.{ground}", language)


def row(line: CaseLine, at: datetime, language: str) -> dict[str, Any]:
    """One line of a queue."""
    # The officer's own step may be due before the whole is: the queue is ordered by that, and says it.
    is_danger = line.kind == "danger"
    own = is_danger or line.urgency or not line.due_at
    due_at = line.due_at if own or not line.due_at else min(line.due_at, line.queue_at)
    return {
        "line": line,
        "category": category_name(line.category, language),
        "area": area_name(line.area, language),
        "agency": agency_name(line.agency, language) if line.agency else "",
        "due_at": due_at,
        "is_late": due_at is not None and due_at < at,
        "is_danger": is_danger,
        "url": f"/desk/cases/{line.number}",
        "urgency": urgency_shown(line, language),
    }


def in_words(name: Mapping[str, str], language: str) -> str:
    """A name in the reader's language."""
    return in_language(name, language)


def points(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A queue as points for the map."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["line"].lon, row["line"].lat]},
            "properties": {
                "title": f"{row['line'].number} · {row['category']}",
                "url": row["url"],
                "state": "late" if row["is_late"] else "open",
            },
        }
        for row in rows
        if row["line"].area  # without one there is no place to show
    ]
    return {"type": "FeatureCollection", "features": features}


def category_choices(at: datetime, language: str) -> list[tuple[str, str]]:
    """The catalogue's leaves with the name of what they lie under, in its order."""
    made = []
    for found in directory.categories(directory.local_day(at)):
        above = in_language(directory.category(found.parent).name, language) + " › " if found.parent else ""
        made.append((found.key, above + in_language(found.name, language)))
    return made


def text_values(line: CaseLine, language: str) -> dict[str, str]:
    """What a standard text's variables stand for in this case."""
    city = directory.city()
    return {
        "case": line.number,
        "agency": agency_name(line.agency, language) if line.agency else "",
        "due": local_words(line.due_at) if line.due_at else "",
        "hotline": city.hotline,
        "category": category_name(line.category, language),
        "place": line.place,
        "office": in_language(city.office_name, language),
    }


def local_words(at: datetime) -> str:
    """A time as people write it: 16:30 ngày 26/11/2026."""
    local = timezone.localtime(at)
    return text("web.desk.at_time", time=f"{local:%H:%M}", day=f"{local.day}/{local.month}/{local.year}")


def refusal(error: CityError, language: str) -> tuple[str, list[str]]:
    """An error in the reader's words: what is wrong, and each field's own reason."""
    values = dict(error.values)
    return text(error.code, language, **values), [
        text(code, language, **values) for code in error.fields.values()
    ]


TONES = {
    "received": "river",
    "waiting": "amber",
    "in_progress": "hue",
    "answered": "leaf",
    "committed": "amber",
    "recorded": "amber",
    "rejected": "neutral",
    "guided": "river",
    "merged": "neutral",
    "closed": "leaf",
}


def _picture(view: PictureView) -> dict[str, Any]:
    shown = "ui.after" if view.role == "after" else "ui.before"
    return {
        "url": picture_url(view.file),
        "thumb": picture_url(view.thumbnail),
        "alt": text(shown),
        "caption": text(shown),
        "width": view.width,
        "height": view.height,
    }


SENT_ICONS = {"smtp": "mail", "sms": "message-square", "voice": "phone", "tray": "inbox"}


def _sent(view: CaseView, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "subject": told.subject,
            "channel": text(f"web.desk.sent_channel.{told.channel}"),
            "to": told.address,
            "state": text(f"web.desk.sent_state.{told.state}"),
            "at": told.sent_at or told.at,
            "icon": SENT_ICONS.get(told.channel, "send"),
        }
        for told in messages.messages_of(view.line.ref, actor=actor)
    ]


def place_note(line: CaseLine, language: str) -> str:
    """How the place is known and how exactly, where it is a circle; empty for a pin."""
    if not line.place_radius_m:
        return ""
    source = line.place_source if line.place_source in {"gps", "asset"} else "words"
    return text(f"cases.place.by_{source}", language, radius=directory.length(line.place_radius_m, language))


def glance(view: CaseView, *, actor: Actor, at: datetime, language: str) -> dict[str, Any]:
    """Everything on the case's page but the forms."""
    line = view.line
    deadline = processes.deadline_of(line.ref)
    tasks = processes.open_tasks(line.ref)
    before = [p for p in view.pictures if p.role == "before"]
    after = [p for p in view.pictures if p.role == "after"]
    answers = [e for e in view.entries if e.kind == "answer" and e.is_current]
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [line.lon, line.lat]}}
    about = {"state": "selected", "radius_m": line.place_radius_m}
    note = place_note(line, language)
    return {
        "view": view,
        "place_note": note,
        "said": [(s.text, _source(s.source, language), s.received_at) for s in view.signals if s.text],
        "line": line,
        "category": category_name(line.category, language),
        "area": area_name(line.area, language),
        "agency": agency_name(line.agency, language) if line.agency else "",
        "step_name": in_language(tasks[0].name, language) if tasks else "",
        "status_label": text(f"cases.status.{line.status}", language),
        "status_tone": TONES.get(line.status, "neutral"),
        "deadline_words": deadline.words(language),
        "is_paused": deadline.is_paused,
        # Open again, it has an earlier answer and a time still to keep.
        "done_at": None if line.status in OPEN else view.answered_at,
        "danger": ", ".join(cases.danger_words(line.text)),
        "pair": (picture_url(before[0].file), picture_url(after[-1].file)) if before and after else None,
        "pictures": [_picture(p) for p in view.pictures],
        "point": {"type": "FeatureCollection", "features": [{**point, "properties": about}]},
        "center": (line.lon, line.lat),
        "answer": answers[-1] if answers else None,
        "proposal": proposal(line, at, language),
        "urgency": urgency_shown(line, language),
        "consultations": consulted(view, language),
        "may_consult": may_consult(view, actor),
        "history": history_lines(history("case", str(line.id)), view, language),
        "sent": _sent(view, actor)
        if actor.holds("ioc_operator", "ioc_editor", "ioc_lead", "city_office")
        else [],
        "waits_for": text("web.desk.waits_for", who=_waits(tasks, language)) if tasks else "",
    }


def _source(source: str, language: str) -> str:
    key = f"cases.source.{source}"
    return text(key if has_text(key) else f"web.desk.source.{source}", language)


OPINION_TONES = {"agrees": "leaf", "objects": "red", "silent": "neutral"}


def consulted(view: CaseView, language: str) -> list[dict[str, Any]]:
    """Who was asked for an opinion, what they said, or until when they may."""
    entries = {str(entry.id): entry.text for entry in view.entries}
    return [
        {
            "agency": agency_name(asked.agency, language),
            "label": text(f"web.desk.opinion.{asked.opinion or 'open'}", language),
            "tone": OPINION_TONES.get(asked.opinion, "amber"),
            "due_at": asked.answered_at or asked.due_at,
            "question": entries.get(asked.question, ""),
            "words": entries.get(asked.answer, ""),
        }
        for asked in processes.consultations(view.line.ref)
    ]


def may_consult(view: CaseView, actor: Actor) -> bool:
    """Whether this officer may ask other agencies now: the step consults, and the officer may act at it."""
    line = view.line
    if not line.step or not processes.step_now(line.ref).consults:
        return False
    return bool(processes.actions_for(line.ref, actor))


def _waits(tasks: Sequence[OpenTask], language: str) -> str:
    task = tasks[0]
    key = "web.desk.role.reporter" if task.role == "reporter" else f"identity.role.{task.role}"
    role = text(key, language)
    return f"{role} · {agency_name(task.agency, language)}" if task.agency else role


def asked_of(actor: Actor, language: str) -> list[dict[str, Any]]:
    """The open questions to this officer's agencies, with the case they are about and the words."""
    rows = []
    for task in processes.consultations_of(actor):
        try:
            line, question = cases.asked_case(task.of, task.id)
        except NotFound:
            continue  # it became a matter of which only the duty shift may know
        rows.append(
            {
                "number": line.number,
                "text": line.text,
                "category": category_name(line.category, language),
                "area": area_name(line.area, language),
                "asked_by": agency_name(line.agency, language),
                "agency": task.agency,
                "agency_name": agency_name(task.agency, language),
                "question": question,
                "due_at": task.due_at,
            }
        )
    return rows
