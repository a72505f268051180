"""Who has a thing open now: told again and again by the page, forgotten `GONE_S` after the last time. Never in the log."""

from __future__ import annotations

from datetime import datetime, timedelta

from ngomon.core.actors import Actor
from ngomon.core.engine import engine
from ngomon.core.ids import Ref

GONE_S = 30
SEEING, WORKING = "seeing", "working"


def be_here(of: Ref, doing: str, *, actor: Actor, at: datetime) -> list[tuple[str, str]]:
    """Note that the actor has a thing open; who else has, and whether they see it or work on it.

    The caller checked that the actor may see the thing.
    """
    thing = f"{of.kind}:{of.key}"[:80]
    engine().be_here(thing, actor.id[:64], doing if doing == WORKING else SEEING, at)
    others = engine().who_is_here(thing, at - timedelta(seconds=GONE_S))
    return [(who, what) for who, what in others if who != actor.id]
