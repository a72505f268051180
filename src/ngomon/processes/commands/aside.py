"""Setting a running process aside and taking it back as it was: where two matters prove to be one, and then do not."""

from __future__ import annotations

from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, NotFound, Refused
from ngomon.core.ids import Ref
from ngomon.core.rows import save
from ngomon.core.units import command

from .. import queries, rows
from ..terms import Moved, ProcessEnded, ProcessReopened
from . import moving
from .moving import about, tell
from .steps import MAY_REOPEN


@command
def set_aside(of: Ref, *, reason: str, actor: Actor, at: datetime) -> Moved:
    """Let a process rest: nothing wakes it, nobody's queue holds it, no count counts it. Step, holder and clock stay.

    Undone by `take_back`; `reason` is a code. Raises: Refused, Conflict when it ended, NotFound.
    """
    _check(actor, "set_aside")
    instance = moving.held(of)
    before = rows.counted(instance)
    instance.ended_at, instance.outcome, instance.wake_at = at, reason[:40], None
    tell(instance, ProcessEnded(*about(instance), instance.outcome), actor=actor, at=at)
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit("processes.set_aside", of, actor=actor, at=at, detail={"reason": reason})
    return queries.moved(instance)


@command
def take_back(of: Ref, *, reason: str, actor: Actor, at: datetime) -> Moved:
    """Go on where a process was set aside for that reason: the same task, holder and clock; time went on meanwhile.

    Raises: Refused, NotFound, Conflict when it was not set aside so.
    """
    _check(actor, "take_back")
    instance = rows.latest(of, hold=True)
    if instance is None:
        raise NotFound("processes.error.no_process", of=of.label or of.key)
    if instance.ended_at is None or instance.outcome != reason[:40]:
        raise Conflict("processes.error.ended", of=of.label or of.key)
    known = queries.definition(instance.definition, instance.n)
    before = rows.counted(instance)
    instance.ended_at, instance.outcome = None, ""
    if instance.paused_at is None and instance.met_at is None:
        moving.work_out_due(instance, at)  # the calendar may have changed while it rested
    moving.set_timer(instance, known, known.steps[instance.step])
    tell(instance, ProcessReopened(*about(instance), instance.step), actor=actor, at=at)
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit("processes.take_back", of, actor=actor, at=at, detail={"step": instance.step})
    return queries.moved(instance)


def _check(actor: Actor, action: str) -> None:
    if actor.kind != "system" and not actor.holds(*MAY_REOPEN):
        raise Refused("processes.error.not_yours", step="", action=action)
