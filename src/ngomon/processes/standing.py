"""Where the processes of many things stand, for rooms above that list their things."""

from __future__ import annotations

from collections.abc import Iterable

from .models import Instance
from .queries import moved
from .terms import Moved


def standing_of(kind: str, keys: Iterable[str]) -> dict[str, Moved]:
    """Where the latest process of each of these things of a kind stands, by key. One statement."""
    found = Instance.objects.filter(of_kind=kind, of_key__in=list(keys)).order_by("started_at", "id")
    return {instance.of_key: moved(instance) for instance in found}
