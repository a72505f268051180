"""Documents of a room: asked for with their content frozen, made between units, kept, and told of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core import files
from ngomon.core.actors import Actor, Grant
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import save
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import require

from .. import queries
from ..models import LogLine, Paper, Room
from ..picture import marks
from ..rules import next_report
from ..terms import LogKind, OrderLine, PaperAsked, PaperKind, PaperMade, Phase
from .log import AUDIENCE, held, working, write
from .orders import held_order
from .rooms import ref_of

SEEN_BY = Actor(kind="paper", id="system:incidents", grants=frozenset({Grant("leader")}))
"""Documents are for the command post: they hold what a leader may see, so no case that the duty shift alone may know of."""


def _name(account: str) -> str:
    if account.startswith("system:"):
        return ""
    return identity.name_behind(account)


def _order(line: OrderLine) -> dict[str, Any]:
    agency = directory.agency(line.agency)
    return {
        "n": line.n,
        "agency": dict(agency.name),
        "words": line.words,
        "given": line.given_at.isoformat(),
        "due": line.due_at.isoformat(),
        "said": line.said,
        "heard_by": line.heard_by,
        "step": line.step,
        "outcome": line.outcome,
        "acknowledged": line.acknowledged_at.isoformat() if line.acknowledged_at else "",
        "report": line.report,
        "dispatch": line.dispatch,
    }


def _frozen(room: Room, at: datetime) -> dict[str, Any]:
    """What a document says of a room at an instant: ids of texts, names in each language, numbers with their base."""
    line = queries.room_by_id(room.pk)
    cases = queries.cases_of(room.pk, actor=SEEN_BY)
    figures = asdict(queries.figures(room.pk, at, actor=SEEN_BY))
    figures["at"] = at.isoformat()
    by_area = Counter(case.area for case in cases if case.area)
    return {
        "number": room.number,
        "title": room.title,
        "kind": room.kind,
        "phase": room.phase,
        "is_exercise": room.is_exercise,
        "opened": room.opened_at.isoformat(),
        "ended": room.ended_at.isoformat() if room.ended_at else "",
        "at": at.isoformat(),
        "commander": identity.name_of(room.commander) if room.commander else "",
        "areas": [dict(directory.area(key).name) for key in line.areas],
        "figures": figures,
        "by_area": [[dict(directory.area(key).name), n] for key, n in by_area.most_common()],
        "orders": [_order(each) for each in queries.orders_of(room.pk)],
        "resources": [
            {"name": dict(r.name), "kind": r.kind, "capacity": r.capacity, "task": r.task, "place": r.place}
            for r in queries.resources(room=room.pk)
        ],
        "levels": [
            {"station": s.key, "level_m": level, "observed": seen.isoformat() if seen else ""}
            for s, level, seen, _ in queries.levels()
        ],
        "marks": [asdict(mark) for mark in marks(line, actor=SEEN_BY, language="vi")],
    }


def _ask(
    room: Room,
    kind: str,
    n: int,
    content: Mapping[str, Any],
    *,
    order: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> UUID:
    paper = Paper.objects.create(
        id=uuid7(), room=room, order_id=order, kind=kind, n=n, at=at, by=actor.told_as,
        content=json.dumps(content, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip
    told = PaperAsked(str(room.pk), str(paper.pk), kind, n)
    emit(room, told, actor=actor, at=at, audience=AUDIENCE)
    audit("incidents.ask_paper", ref_of(room), actor=actor, at=at, detail={"kind": kind, "n": n})
    return paper.pk


@command
def ask_report(room: str, *, actor: Actor, at: datetime) -> UUID:
    """A situation report of this instant: it is made in both languages and told to staff and leaders; its id.

    Raises: Refused, Conflict.
    """
    require(actor, "incident.command")
    found = working(room)
    found.reports += 1
    if found.report_minutes:
        found.next_report_at = next_report(at, found.report_minutes, at)
    since = (
        Paper.objects.filter(room=found, kind=PaperKind.REPORT)
        .order_by("-n")
        .values_list("at", flat=True)
        .first()
    )
    content = {**_frozen(found, at), "n": found.reports, "lines": _lines(found, since)}
    paper = _ask(found, PaperKind.REPORT, found.reports, content, actor=actor, at=at)
    write(found, LogKind.SYSTEM, "incidents.log.report_asked", {"n": found.reports}, actor=actor, at=at)
    save(found)
    return paper


def _lines(room: Room, since: datetime | None = None) -> list[dict[str, Any]]:
    """The log as a document prints it, with names instead of ids."""
    rows = LogLine.objects.filter(room=room).order_by("at", "n")
    if since is not None:
        rows = rows.filter(written_at__gt=since)
    return [
        {
            "n": row.n, "at": row.at.isoformat(), "written": row.written_at.isoformat(), "kind": row.kind,
            "words": row.words, "values": _named(json.loads(row.values)), "by": _name(row.by),
            "heard_by": row.heard_by, "corrects": row.corrects,
        }
        for row in rows
    ]  # fmt: skip


def _named(values: dict[str, Any]) -> dict[str, Any]:
    account = values.get("account", "")
    return {**values, "account": _name(account)} if account else values


@command
def ask_dispatch(id: UUID, *, actor: Actor, at: datetime) -> UUID:
    """The formal order (công điện) of a numbered order, as a document; its id. Raises: Refused; Conflict without a number.

    Source: Nghị định 30/2020/NĐ-CP, Phụ lục III (thể thức công điện).
    """
    require(actor, "incident.open")
    order, room = held_order(id)
    if not order.dispatch:
        raise Conflict("incidents.error.no_number")
    line = queries.order(order.pk, actor=SEEN_BY)
    content = {**_frozen(room, at), "order": _order(line), "signer": _name(actor.told_as)}
    paper = _ask(room, PaperKind.DISPATCH, order.n, content, order=order.pk, actor=actor, at=at)
    save(room)
    return paper


@command
def ask_after_action(room: str, *, actor: Actor, at: datetime) -> UUID:
    """The report after the action, from the whole log; its id. Raises: Refused; Conflict before the end."""
    require(actor, "incident.open")
    found = held(room)
    if found.phase not in {Phase.ENDED, Phase.CLOSED}:
        raise Conflict("incidents.error.not_ended", number=found.number)
    n = Paper.objects.filter(room=found, kind=PaperKind.AFTER).count() + 1
    content = {**_frozen(found, at), "n": n, "lines": _lines(found)}
    paper = _ask(found, PaperKind.AFTER, n, content, actor=actor, at=at)
    save(found)
    return paper


@command
def keep_paper(id: UUID, made: Mapping[str, files.Stored] | None, *, actor: Actor, at: datetime) -> None:
    """Keep a document that was made, by language; None: it could not be. Once: a kept one stays as it is."""
    paper = Paper.objects.select_for_update().get(pk=id)
    if paper.state != "asked":
        return
    room = held(paper.room_id)
    if made is None:
        paper.state = "failed"
        values = {"kind": paper.kind, "n": paper.n}
        write(room, LogKind.SYSTEM, f"incidents.log.failed.{paper.kind}", values, actor=actor, at=at)
    else:
        ids = files.attach(
            [(stored, paper.kind) for stored in made.values()], Ref("paper", str(paper.pk)), at=at
        )
        paper.files = json.dumps(dict(zip(made, [str(each) for each in ids], strict=True)))
        paper.state = "made"
        told = PaperMade(str(room.pk), str(paper.pk), paper.kind, paper.n)
        emit(room, told, actor=actor, at=at, audience=AUDIENCE)
        write(room, LogKind.SYSTEM, f"incidents.log.made.{paper.kind}", {"n": paper.n}, actor=actor, at=at)
    save(room)
    paper.save(update_fields=["state", "files"])


@command
def count_sent(id: UUID, n: int, *, actor: Actor, at: datetime) -> None:
    """Note to how many people a document was told. Once: the number is what it is."""
    Paper.objects.filter(pk=id).update(sent_to=n)
    audit("incidents.count_sent", Ref("paper", str(id)), actor=actor, at=at, detail={"n": n})
