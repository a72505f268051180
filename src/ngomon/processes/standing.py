"""Where many processes stand: of things that rooms above list, and for messages about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from .knowing import kept_roles
from .models import Instance
from .queries import moved, ref_of, step_of
from .terms import Moved, Standing


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
