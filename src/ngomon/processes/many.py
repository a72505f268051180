"""Reads over many processes at once: who may do what with each, and whose work is open. One statement for 500 of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.rows import fetch, hold
from ngomon.identity import queries as identity

from .models import Instance
from .queries import definition, situation
from .rules import steps
from .terms import Action

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """What one actor may do with many matters. `open`: by matter, the actions that its step offers to anybody; `allowed`:
    those of them that are this actor's. `actions` describes each."""

    open: dict[str, frozenset[str]]
    allowed: dict[str, frozenset[str]]
    actions: dict[str, Action]

    def refusal(self, key: str, action: str) -> str:
        """Why an action on a matter is refused, as a text's key; empty where it is not."""
        if key not in self.open:
            return "processes.error.ended_now"
        if action not in self.open[key]:
            return "processes.error.not_now"
        return "" if action in self.allowed[key] else "processes.error.not_yours"


def _running(kind: str, keys: Sequence[str]) -> Iterator[Instance]:
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        slots = ", ".join(["%s"] * len(part))
        tail = f'WHERE "of_key" IN ({slots}) AND "of_kind" = %s AND "ended_at" IS NULL'
        yield from fetch(Instance, tail, [*part, kind])


def hold_all(kind: str, keys: Sequence[str]) -> None:
    """Keep the running processes of these matters from others until the unit ends."""
    slots = ", ".join(["%s"] * len(keys))
    tail = f'WHERE "of_key" IN ({slots}) AND "of_kind" = %s AND "ended_at" IS NULL ORDER BY "id"' + hold()
    fetch(Instance, tail, [*keys, kind])


def offered(kind: str, keys: Iterable[str], *, actor: Actor, at: datetime) -> Offered:
    """The actions that an actor may take on each of many matters; substitutes count as those they stand in for."""
    found = Offered({}, {}, {})
    away: frozenset[UUID] | None = None
    for instance in _running(kind, list(keys)):
        known = definition(instance.definition, instance.n)
        here = situation(instance, known.steps[instance.step])
        open_now = steps.actions_open(here)
        if here.assignee and away is None:
            away = identity.stood_in_for(actor.account_id, at) if actor.account_id else frozenset()
        is_substitute = here.assignee is not None and here.assignee in (away or ())
        mine = [a for a in open_now if is_substitute or steps.may_act(actor, a, here)]
        found.open[instance.of_key] = frozenset(a.key for a in open_now)
        found.allowed[instance.of_key] = frozenset(a.key for a in mine)
        for action in mine:
            if action.key not in found.actions:
                found.actions[action.key] = steps.shown(known, action)
    return found


def work_of(kind: str, *, account: UUID | None = None, agency: str = "", most: int = 10_000) -> list[str]:
    """The open matters that an officer has or would get back, or that an agency leads, the most urgent first."""
    found = Instance.objects.filter(of_kind=kind, ended_at__isnull=True)
    if agency:
        found = found.filter(agency=agency)
    if account is not None:
        found = found.filter(Q(assignee=account) | Q(last_officer=account))
    return list(found.order_by("task_due_at", "id").values_list("of_key", flat=True)[:most])


def loads(agency: str) -> dict[UUID, int]:
    """How many open matters each officer of an agency has or would get back."""
    found: dict[UUID, int] = {}
    rows = Instance.objects.filter(agency=agency, ended_at__isnull=True)
    for assignee, last in rows.values_list("assignee", "last_officer"):
        holder = assignee or last
        if holder is not None:
            found[holder] = found.get(holder, 0) + 1
    return found
