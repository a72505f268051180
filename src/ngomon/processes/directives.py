"""Reads of directives: those of a thing, those that an agency has, those that leaders follow; one with its history."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.errors import NotFound, Refused
from ngomon.core.ids import Ref, plain_number
from ngomon.identity.rules import may

from .models import Directive, DirectiveWord, Instance
from .terms import DIRECTIVE, DirectiveEntry, DirectiveLine, DirectiveView

MOST = 200


def _lines(rows: Iterable[Directive]) -> list[DirectiveLine]:
    held = list(rows)
    found = Instance.objects.filter(of_kind=DIRECTIVE, of_key__in=[str(row.pk) for row in held])
    where = {instance.of_key: instance for instance in found}
    return [_line(row, where[str(row.pk)]) for row in held if str(row.pk) in where]


def _line(row: Directive, instance: Instance) -> DirectiveLine:
    return DirectiveLine(
        id=row.pk,
        number=row.number,
        of=Ref(row.of_kind, row.of_key, row.of_label, row.of_url),
        words=row.words,
        agency=instance.agency,
        given_by=row.given_by,
        given_at=row.given_at,
        due_at=row.due_at,
        step=instance.step,
        outcome=instance.outcome,
        closed_at=instance.ended_at,
        officer=instance.last_officer,
    )


def _seen_by(actor: Actor) -> Q:
    """Which processes of directives an actor may know of. Raises: Refused."""
    if may(actor, "directive.see_all"):
        return Q(of_kind=DIRECTIVE)
    if not may(actor, "directive.see"):
        raise Refused("processes.error.not_for_you")
    return Q(of_kind=DIRECTIVE, agency__in=sorted(actor.agencies()))


def directives_open(actor: Actor, *, limit: int = MOST) -> list[DirectiveLine]:
    """The directives that still ask something of somebody, the most urgent first. Two statements. Raises: Refused."""
    found = Instance.objects.filter(_seen_by(actor), ended_at__isnull=True).order_by("due_at", "id")[:limit]
    keys = [UUID(instance.of_key) for instance in found]
    rows = {row.pk: row for row in Directive.objects.filter(pk__in=keys)}
    lines = [_line(rows[UUID(i.of_key)], i) for i in found if UUID(i.of_key) in rows]
    return sorted(lines, key=lambda line: (line.due_at, line.number))


def directives_closed(actor: Actor, *, limit: int = 30) -> list[DirectiveLine]:
    """Those that came to their end last. Raises: Refused."""
    found = Instance.objects.filter(_seen_by(actor), ended_at__isnull=False).order_by("-ended_at")[:limit]
    keys = [UUID(instance.of_key) for instance in found]
    lines = {line.id: line for line in _lines(Directive.objects.filter(pk__in=keys))}
    return [lines[key] for key in keys if key in lines]


def directives_of(of: Ref, actor: Actor) -> list[DirectiveLine]:
    """The directives on a thing that this actor may know of, the newest first; none for others."""
    if not may(actor, "directive.see"):
        return []
    rows = Directive.objects.filter(of_kind=of.kind, of_key=of.key).order_by("-given_at")[:MOST]
    lines = _lines(rows)
    if may(actor, "directive.see_all"):
        return lines
    return [line for line in lines if line.agency in actor.agencies()]


def directive(number: str, actor: Actor) -> DirectiveView:
    """One directive with what was said about it. Raises: NotFound, also for one that is not for this actor; Refused."""
    row = Directive.objects.filter(number=plain_number(number)).first()
    instance = (
        Instance.objects.filter(_seen_by(actor), of_key=str(row.pk)).first() if row is not None else None
    )
    if row is None or instance is None:
        raise NotFound("processes.error.no_directive", number=number)
    names = ("at", "action", "by", "words")
    said = DirectiveWord.objects.filter(directive=row).order_by("id").values_list(*names)
    return DirectiveView(_line(row, instance), tuple(DirectiveEntry(*each) for each in said))
