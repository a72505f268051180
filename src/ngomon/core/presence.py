"""Who has a thing open now: told again and again by the page, forgotten `GONE_S` after the last time. Never in the log.

Whoever looks on is told by a whisper when somebody comes, begins to work or goes, so nobody waits for the next time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ngomon.core.actors import Actor
from ngomon.core.engine import engine
from ngomon.core.ids import Ref
from ngomon.core.whispers import whisper

GONE_S = 30
PRESENCE = "presence"
SEEING, WORKING = "seeing", "working"


def _thing(of: Ref) -> str:
    return f"{of.kind}:{of.key}"[:80]


def be_here(
    of: Ref, doing: str, *, actor: Actor, at: datetime, audience: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Note that the actor has a thing open; who else has, and whether they see it or work on it.

    The caller checked that the actor may see the thing; `audience`: the keys of those who may see it too.
    """
    thing, who = _thing(of), actor.id[:64]
    doing = doing if doing == WORKING else SEEING
    known = engine().who_is_here(thing, at - timedelta(seconds=GONE_S))
    engine().be_here(thing, who, doing, at)
    if (who, doing) not in known:
        whisper(PRESENCE, of.key, audience)
    return [(other, what) for other, what in known if other != who]


def be_gone(of: Ref, *, actor: Actor, audience: Iterable[str] = ()) -> None:
    """Note that the actor closed a thing."""
    engine().be_gone(_thing(of), actor.id[:64])
    whisper(PRESENCE, of.key, audience)
