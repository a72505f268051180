"""Who may hear of a process: by default the operations centre and the lead agency, for a secret matter a named few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.ids import Ref
from ngomon.core.rows import save
from ngomon.core.units import command

from ..models import Alarm
from . import moving


@command
def keep_to(of: Ref, audience: Sequence[str], *, actor: Actor, at: datetime) -> None:
    """From now on only these audience keys hear of the process live; none: as usual again.

    Once: the same again changes nothing. Raises: Conflict when the process ended, NotFound.
    """
    instance = moving.held(of)
    kept = " ".join(audience)
    if moving.values_of(instance).get("audience", "") == kept:
        return
    moving.set_values(instance, audience=kept)
    save(instance)
    open_alarms = Alarm.objects.filter(of_kind=of.kind, of_key=of.key, ended_at__isnull=True)
    open_alarms.update(audience=kept or "ioc")
    audit("processes.keep_to", of, actor=actor, at=at, detail={"keys": len(audience)})
