"""What is done in a room: one POST, one command, then the room again. The command asks for the right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ngomon.cases import queries as cases
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid, NotFound
from ngomon.core.units import unit
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import read_contact

from .. import commands
from ..terms import LogKind, Said, StaffRole
from .rooms import room_page
from .shown import language_of, local, refusal

MOST_BYTES = 2 * 1024 * 1024
Act = Callable[[str, QueryDict, Actor, datetime], object]


def _uuid(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError as error:
        raise Invalid("incidents.error.bad_kind") from error


def _number(said: str, code: str) -> float:
    try:
        return float(said.replace(",", "."))
    except ValueError as error:
        raise Invalid(code) from error


def _due(form: QueryDict) -> datetime:
    due = local(form.get("due_at", ""))
    if due is None:
        raise Invalid("incidents.error.bad_time")
    return due


def _decide(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    is_opened = form.get("decision") == "open"
    return commands.decide_room(room, is_opened, reason=form.get("reason", ""), actor=actor, at=at)


def _phase(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.go_to_phase(room, form.get("phase", ""), actor=actor, at=at)


def _end(room: str, _: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.end_room(room, actor=actor, at=at)


def _close(room: str, _: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.close_room(room, actor=actor, at=at)


def _order(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.give_order(
        room,
        form.get("words", ""),
        agency=form.get("agency", ""),
        due_at=_due(form),
        said=form.get("said") or Said.SYSTEM,
        heard_by=form.get("heard_by", ""),
        said_at=local(form.get("said_at", "")),
        id=_uuid(form.get("token", "")) if form.get("token") else None,
        actor=actor,
        at=at,
    )


def _move(_: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.move_order(
        _uuid(form.get("order", "")),
        form.get("action", ""),
        words=form.get("words", ""),
        heard_by=form.get("heard_by", ""),
        actor=actor,
        at=at,
    )


def _dispatch(_: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    order = _uuid(form.get("order", ""))
    commands.number_dispatch(order, form.get("number", ""), actor=actor, at=at)
    return commands.ask_dispatch(order, actor=actor, at=at)


def _log(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    corrects = form.get("corrects", "").strip()
    if corrects and not (corrects.isdecimal() and len(corrects) < 7):
        raise Invalid("incidents.error.no_line")
    return commands.write_log(
        room,
        form.get("words", ""),
        kind=LogKind.CORRECTION if corrects else form.get("kind", LogKind.NOTE),
        happened_at=local(form.get("happened_at", "")),
        corrects=int(corrects) if corrects else None,
        actor=actor,
        at=at,
    )


def _send(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    resource = _uuid(form.get("resource", ""))
    return commands.assign_resource(room, resource, task=form.get("task", ""), actor=actor, at=at)


def _home(_: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.release_resource(_uuid(form.get("resource", "")), actor=actor, at=at)


def _gather(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    numbers = [n.strip() for n in form.get("numbers", "").replace(";", ",").split(",") if n.strip()][:200]
    if not numbers:
        raise Invalid("incidents.error.no_words")
    found = [cases.staff_case(number, actor=actor).line.id for number in numbers]
    return commands.gather_cases(room, found, actor=actor, at=at)


def _release(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.release_case(
        room, _uuid(form.get("case", "")), reason=form.get("reason", ""), actor=actor, at=at
    )


def _report(room: str, _: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.ask_report(room, actor=actor, at=at)


def _after(room: str, _: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.ask_after_action(room, actor=actor, at=at)


def _beat(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    minutes = int(_number(form.get("minutes", ""), "incidents.error.beat"))
    return commands.set_report_beat(room, minutes, actor=actor, at=at)


def _seat(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    contact = form.get("contact", "").strip()
    if contact:
        return commands.seat(room, _known_by(contact), StaffRole.VOLUNTEER, actor=actor, at=at)
    return commands.seat(room, _uuid(form.get("account", "")), form.get("role", ""), actor=actor, at=at)


def _known_by(contact: str) -> UUID:
    """The account of whoever verified a telephone number or an e-mail address. Raises: Invalid."""
    person = identity.person_by_contact(read_contact(contact))
    account = identity.account_of_person(person) if person else None
    if account is None:
        raise Invalid("incidents.error.no_contact")
    return account


def _level(number: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    observed = local(form.get("observed_at", "")) or at
    level = _number(form.get("level_m", ""), "incidents.error.bad_level")
    return commands.note_level(
        form.get("station", ""), level, observed_at=observed, room=number, actor=actor, at=at
    )


def _alarm(room: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    alarm = int(_number(form.get("alarm", ""), "incidents.error.bad_alarm"))
    return commands.set_alarm(room, alarm, actor=actor, at=at)


def _ticket(_: str, form: QueryDict, actor: Actor, at: datetime) -> object:
    return commands.move_ticket(
        _uuid(form.get("ticket", "")),
        form.get("state", ""),
        team=form.get("team", ""),
        outcome=form.get("outcome", ""),
        actor=actor,
        at=at,
    )


ACTS: dict[str, tuple[Act, str]] = {
    "decide": (_decide, "picture"),
    "phase": (_phase, "picture"),
    "end": (_end, "papers"),
    "close": (_close, "papers"),
    "order": (_order, "orders"),
    "move": (_move, "orders"),
    "dispatch": (_dispatch, "papers"),
    "log": (_log, "log"),
    "send": (_send, "resources"),
    "home": (_home, "resources"),
    "gather": (_gather, "picture"),
    "release": (_release, "picture"),
    "report": (_report, "papers"),
    "after": (_after, "papers"),
    "beat": (_beat, "papers"),
    "seat": (_seat, "staff"),
    "level": (_level, "picture"),
    "alarm": (_alarm, "flood"),
    "ticket": (_ticket, "flood"),
}
"""What can be done in a room, and the tab that shows it then."""


@require_POST
@requires("incident.see")
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Do one thing in a room; what was refused is said on the same tab, with nothing typed lost."""
    known = ACTS.get(action)
    if known is None:
        raise NotFound("incidents.error.no_room", number=number)
    do, tab = known
    try:
        with unit():
            do(number, request.POST, actor_from(request), clock.now())
    except CityError as error:
        if error.status == 403:
            raise
        return room_page(
            request, number, tab=tab, failed=refusal(error, language_of(request)), status=error.status
        )
    return redirect(f"/ioc/rooms/{number}?tab={tab}")


def _table(request: HttpRequest, code: str) -> str:
    """The words of an uploaded CSV. Raises: Invalid."""
    upload = request.FILES.get("file")
    if upload is None or (upload.size or 0) > MOST_BYTES:
        raise Invalid(code)
    try:
        table: str = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(code) from error
    return table


@require_POST
@requires("incident.open")
def load(request: HttpRequest, number: str) -> HttpResponse:
    """Take in a list of resources."""
    try:
        table = _table(request, "incidents.error.bad_table")
        with unit():
            commands.load_resources(table, actor=actor_from(request), at=clock.now())
    except CityError as error:
        failed = refusal(error, language_of(request))
        return room_page(request, number, tab="resources", failed=failed, status=error.status)
    return redirect(f"/ioc/rooms/{number}?tab=resources")


@require_POST
@requires("incident.command")
def calls(request: HttpRequest, number: str) -> HttpResponse:
    """Take in an outside list of calls for help."""
    try:
        table, source = _table(request, "incidents.error.bad_calls"), request.POST.get("source", "")
        with unit():
            commands.take_in(number, table, source=source, actor=actor_from(request), at=clock.now())
    except CityError as error:
        failed = refusal(error, language_of(request))
        return room_page(request, number, tab="flood", failed=failed, status=error.status)
    return redirect(f"/ioc/rooms/{number}?tab=flood")
