"""Where many processes stand: of things that rooms above list, and for messages about them; and who acts for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.ids import Ref
from ngomon.identity import queries as identity

from . import rows
from .knowing import kept_roles
from .models import Instance
from .queries import actions_for, moved, ref_of, step_of
from .terms import Action, Moved, Standing


def standing_of(kind: str, keys: Iterable[str]) -> dict[str, Moved]:
    """Where the latest process of each of these things of a kind stands, by key. One statement."""
    found = Instance.objects.filter(of_kind=kind, of_key__in=list(keys)).order_by("started_at", "id")
    return {instance.of_key: moved(instance) for instance in found}


def told_of(instances: Iterable[UUID]) -> dict[UUID, Standing]:
    """What messages about these processes say, by their ids; those that are gone are left out. One statement."""
    return {
        instance.pk: Standing(
            ref_of(instance),
            step_of(instance).name,
            instance.task_due_at or instance.due_at,
            instance.due_at or instance.task_due_at,
            kept_roles(instance),
        )
        for instance in Instance.objects.filter(pk__in=list(instances))
    }


def is_any_waking(at: datetime) -> bool:
    """Whether some timer has come."""
    return Instance.objects.filter(wake_at__lte=at).exists()


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
