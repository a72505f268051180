"""Where the processes of many things stand, for rooms above that list their things; and who acts for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.ids import Ref
from ngomon.identity import queries as identity

from . import rows
from .models import Instance
from .queries import actions_for, moved
from .terms import Action, Moved


def standing_of(kind: str, keys: Iterable[str]) -> dict[str, Moved]:
    """Where the latest process of each of these things of a kind stands, by key. One statement."""
    found = Instance.objects.filter(of_kind=kind, of_key__in=list(keys)).order_by("started_at", "id")
    return {instance.of_key: moved(instance) for instance in found}


def actions_now(of: Ref, actor: Actor, at: datetime) -> list[Action]:
    """The actions that this actor may take, those included that he may take for an absent officer whom he stands in for."""
    found = actions_for(of, actor)
    if found or actor.account_id is None:
        return found
    instance = rows.running(of)
    if instance is None or instance.assignee is None or not stands_in(actor, instance.assignee, at):
        return found
    return actions_for(of, replace(actor, account_id=instance.assignee))


def stands_in(actor: Actor, officer: UUID, at: datetime) -> bool:
    """Whether the actor substitutes for an absent officer now."""
    return actor.account_id not in {None, officer} and identity.in_place_of(officer, at) == actor.account_id
