"""Giving a directive on a thing, and carrying it to its end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import fetch, hold, save
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity.rules import require

from ..models import Directive, DirectiveWord
from ..terms import (
    DIRECTIVE,
    DIRECTIVE_PROCESS,
    MAX_WORDS,
    Budget,
    DirectiveGiven,
    DirectiveMoved,
    Moved,
)
from . import moving
from .numbering import next_number
from .steps import act, start


@command
def give_directive(
    of: Ref,
    words: str,
    *,
    agency: str,
    due_at: datetime,
    officer: UUID | None = None,
    actor: Actor,
    at: datetime,
    id: UUID | None = None,
) -> str:
    """Tell an agency, or one `officer` of it, to do something about a thing by an instant; the directive's number.

    The caller may see the thing. An officer who is away keeps it; whoever stands in for him hears and may carry it out.

    It runs as a process: whoever has it is reminded, then his head and the city's office hear. Once: an `id` known
    already gives its number. Raises: Refused; Invalid for no words, no agency, nobody of that agency, a time gone by.
    """
    require(actor, "directive.give")
    known = Directive.objects.filter(pk=id).values_list("number", flat=True).first() if id else None
    if known:
        return known
    said = clean(words)[:MAX_WORDS]
    if not said:
        raise Invalid.field("words", "processes.error.no_words")
    if due_at <= at:
        raise Invalid.field("due_at", "processes.error.due_past")
    month = directory.local_day(at)
    number = f"CD-{month:%y%m}-{next_number(f'directive:{month:%y%m}'):04d}"
    made = Directive(
        id=id or uuid7(), number=number, of_kind=of.kind, of_key=of.key, of_label=of.label[:120],
        of_url=of.url[:200], words=said, given_by=actor.told_as, given_at=at, due_at=due_at,
    )  # fmt: skip
    ref = Ref(DIRECTIVE, str(made.pk), number, f"/desk/directives/{number}")
    minutes = max(1.0, (due_at - at).total_seconds() / 60)
    named = {"named": "yes"} if officer else {}
    budget = Budget.minutes(minutes)
    start(DIRECTIVE_PROCESS, ref, budget=budget, agency=agency, values=named, actor=actor, at=at)
    moved = act(ref, "give", agency=agency, assignee=officer, actor=actor, at=at)
    about, to = (str(made.pk), number, of.kind, of.key), str(officer or "")
    given = DirectiveGiven(*about, moved.agency, due_at.isoformat(), to)
    emit(made, given, actor=actor, at=at, audience=_audience(moved))
    made.save(force_insert=True)
    _write(made, "give", said, actor, at)
    return number


def _audience(moved: Moved) -> list[str]:
    return ["ioc", "role:leader", "role:city_office", f"agency:{moved.agency}"]


def _write(of: Directive, action: str, words: str, actor: Actor, at: datetime) -> None:
    DirectiveWord.objects.create(directive=of, at=at, action=action, by=actor.told_as, words=words)


@command
def move_directive(
    number: str, action: str, *, words: str = "", due_at: datetime | None = None, actor: Actor, at: datetime
) -> Moved:
    """Report a directive back, accept the report, send it back (with another time, where one is given) or withdraw it.

    Raises: NotFound, Refused, Conflict, Invalid.
    """
    rows = fetch(Directive, 'WHERE "number" = %s' + hold(), [number])
    if not rows:
        raise NotFound("processes.error.no_directive", number=number)
    row, said = rows[0], clean(words)[:MAX_WORDS]
    ref = Ref(DIRECTIVE, str(row.pk), row.number, f"/desk/directives/{row.number}")
    if due_at is not None and action == "return":
        _set_due(row, ref, due_at, at)
    moved = act(ref, action, fields={"words": said, "reason": said}, actor=actor, at=at)
    if action == "report":
        _wait_for_giver(row, ref)
    told = DirectiveMoved(str(row.pk), row.number, moved.agency, action, moved.step)
    emit(row, told, actor=actor, at=at, audience=_audience(moved))
    save(row)
    _write(row, action, said, actor, at)
    return moved


def _set_due(row: Directive, ref: Ref, due_at: datetime, at: datetime) -> None:
    """The time that a directive sent back has: its clock starts anew."""
    if due_at <= at:
        raise Invalid.field("due_at", "processes.error.due_past")
    instance = moving.held(ref)
    instance.budget_n = max(1.0, (due_at - at).total_seconds() / 60)
    save(instance)
    row.due_at = due_at


def _wait_for_giver(row: Directive, ref: Ref) -> None:
    """The report lies with whoever gave the directive; the city's office may take it up too."""
    try:
        giver = UUID(row.given_by)
    except ValueError:
        return
    instance = moving.held(ref)
    instance.assignee = giver
    save(instance)
