"""Handing over open work: from an officer to another of the agency, or from an agency to another, one process at a time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Refused
from ngomon.core.ids import Ref
from ngomon.core.rows import save
from ngomon.core.units import command

from .. import queries, rows
from ..models import Instance
from ..rules import steps
from ..terms import Definition, HandedOver, Holder, Moved, TaskAssigned, TaskDone
from . import moving
from .moving import about, tell
from .steps import _checked_assignee, _may_assign

MAY_MOVE = ("ioc_lead", "city_office")


@command
def hand_over(of: Ref, giver: UUID, taker: UUID, *, actor: Actor, at: datetime) -> Moved:
    """Put one officer in another's place: the open task, and the task that would come back to the first.

    The head's right, the shift lead's or the city office's; the taker is of the same agency. Raises: Refused, Conflict, Invalid.
    """
    instance = moving.held(of)
    step = queries.step_of(instance)
    if giver not in {instance.assignee, instance.last_officer}:
        raise Conflict("processes.error.not_theirs", of=of.label)
    if step.holder == Holder.IOC:
        may_give = actor.kind == "system" or actor.holds(*MAY_MOVE) or actor.account_id == giver
    else:
        may_give = actor.holds(*MAY_MOVE) or _may_assign(instance, Holder.AGENCY, taker, actor)
        _checked_assignee(instance, {"assignee": taker}, at)
    if not may_give:
        raise Refused("processes.error.not_yours", step=instance.step, action="hand_over")
    if instance.assignee == giver:
        instance.assignee = taker
        tell(instance, TaskAssigned(*about(instance), str(instance.task), str(taker)), actor=actor, at=at)
    if instance.last_officer == giver:
        instance.last_officer = taker
    tell(instance, HandedOver(*about(instance), str(taker), ""), actor=actor, at=at)
    save(instance)
    audit("processes.hand_over", of, actor=actor, at=at, detail={"from": str(giver), "to": str(taker)})
    return queries.moved(instance)


@command
def hand_to_agency(of: Ref, agency: str, *, actor: Actor, at: datetime) -> Moved:
    """Give a matter to another agency: it is taken in there; what waits for somebody outside waits on. The due time stays.

    The shift lead's right, or the city office's. Raises: Refused; Conflict when no agency has it, or this one; Invalid.
    """
    if actor.kind != "system" and not actor.holds(*MAY_MOVE):
        raise Refused("processes.error.not_yours", step="", action="hand_over")
    instance = moving.held(of)
    known = queries.definition(instance.definition, instance.n)
    if not instance.agency or instance.agency == agency:
        raise Conflict("processes.error.not_theirs", of=of.label)
    before = rows.counted(instance)
    step, was = known.steps[instance.step], instance.agency
    is_inside = step.holder in {Holder.AGENCY, Holder.ASSIGNEE}
    if is_inside and instance.consulting:
        raise Conflict("processes.error.consultation_open", n=instance.consulting)
    moving.give_to_agency(instance, agency, at)
    tell(instance, HandedOver(*about(instance), "", agency), actor=actor, at=at)
    if is_inside:
        _take_in(instance, known, actor=actor, at=at)
    else:
        instance.task_agency = steps.agency_of_task(step, agency)
    save(instance)
    rows.move_counts(before, rows.counted(instance))
    audit("processes.hand_over", of, actor=actor, at=at, detail={"from": was, "to": agency})
    return queries.moved(instance)


def _take_in(instance: Instance, known: Definition, *, actor: Actor, at: datetime) -> None:
    """To the step where an agency takes in what is routed to it; without such a step, to all who may do the present one."""
    entry = next((a.to for s in known.steps.values() for a in s.actions if "agency" in a.requires), "")
    instance.assignee = None
    if not entry:
        return
    moving.close_task(instance, "hand_over", actor=actor, at=at)
    done = TaskDone(*about(instance), str(instance.task), instance.step, "hand_over", entry)
    tell(instance, done, actor=actor, at=at)
    moving.enter(instance, known, entry, actor=actor, at=at)
