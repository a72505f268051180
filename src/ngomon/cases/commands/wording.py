"""How often standard texts are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from ngomon.core.actors import Actor
from ngomon.core.units import command

from ..models import TextUse

MOST = 20


@command
def count_texts(keys: Iterable[str], *, actor: Actor, at: datetime) -> None:  # noqa: ARG001 (every command has an actor)
    """These standard texts were chosen for words that were sent. Unknown keys count too: a text may end meanwhile."""
    for key in sorted(set(keys))[:MOST]:
        if not 0 < len(key) <= 60:
            continue
        if not TextUse.objects.filter(key=key).update(n=F("n") + 1, used_at=at):
            TextUse.objects.create(key=key, n=1, used_at=at)


def uses() -> dict[str, tuple[int, datetime]]:
    """How often each standard text was used, and when last; one statement."""
    return {key: (n, used_at) for key, n, used_at in TextUse.objects.values_list("key", "n", "used_at")}
