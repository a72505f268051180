"""What messages do by themselves: forget contents whose time is over."""

from __future__ import annotations

from datetime import datetime

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.react import every


@every(seconds=30)
def purge_expired_contents(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001 - a duty gets both
    """One-time codes and whatever else was given an end leave the delivery rows then."""
    deliveries.purge(at)
