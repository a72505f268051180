"""Running processes go on by another version of their definition, each step mapped to one of the other version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ngomon.core import rows as core_rows
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.ids import Ref
from ngomon.core.units import command

from .. import drafting, queries, rows
from ..models import Instance
from ..rules import steps
from ..terms import Definition, Migrated, TaskDone
from . import consultation, moving
from .moving import about, tell

AT_ONCE = 500


@command
def migrate(
    key: str,
    from_n: int,
    to_n: int,
    mapping: Mapping[str, str],
    *,
    actor: Actor,
    at: datetime,
    most: int = AT_ONCE,
) -> int:
    """Move up to `most` running processes from one version to another; how many were moved: call until it is 0.

    A process that stays at its step keeps its open task and its officer; one that goes to another step enters it anew, its
    open task done by `migrate`. Deadlines of the whole stay. Once: what was moved is no longer of the old version.
    Raises: Refused; NotFound; Conflict while the dry run has a problem; Invalid for the same version.
    """
    if actor.kind != "system" and not actor.holds("admin"):
        raise Refused("processes.error.admin_only")
    if from_n == to_n:
        raise Invalid("processes.migration.same_version")
    if not drafting.migration_plan(key, from_n, to_n, mapping).is_clear:
        raise Conflict("processes.migration.hindered")
    new = queries.definition(key, to_n)
    tail = 'WHERE "definition" = %s AND "n" = %s AND "ended_at" IS NULL ORDER BY "id" LIMIT %s'
    found = core_rows.fetch(Instance, tail + core_rows.hold(), [key, from_n, most])
    before, after = rows.Count(), rows.Count()
    for instance in found:
        before.update(rows.counted(instance))
        _move(instance, new, mapping.get(instance.step) or instance.step, actor=actor, at=at)
        after.update(rows.counted(instance))
    core_rows.save_all(found)
    rows.move_counts(before, after)
    audit(
        "processes.migrate", Ref("process_definition", key), actor=actor, at=at,
        detail={"from": from_n, "to": to_n, "n": len(found)},
    )  # fmt: skip
    return len(found)


def _move(instance: Instance, new: Definition, to: str, *, actor: Actor, at: datetime) -> None:
    was, was_n = instance.step, instance.n
    instance.n = new.n
    if to != was or steps.landing(new, to, moving.values_of(instance)).key != was:
        if instance.consulting:
            consultation.drop_open(instance, actor=actor, at=at)
        moving.close_task(instance, "migrate", actor=actor, at=at)
        tell(instance, TaskDone(*about(instance), str(instance.task), was, "migrate", to), actor=actor, at=at)
        moving.enter(instance, new, to, actor=actor, at=at)
    else:
        _stay(instance, new, actor=actor, at=at)
    moved = Migrated(*about(instance), was_n, new.n, instance.step)
    tell(instance, moved, actor=actor, at=at)


def _stay(instance: Instance, new: Definition, *, actor: Actor, at: datetime) -> None:
    """The same step by other rules: who may act, its time and its timer."""
    step = new.steps[instance.step]
    if instance.consulting and not step.consults:
        consultation.drop_open(instance, actor=actor, at=at)
    instance.status = step.status
    instance.role = "+".join(steps.roles_of(step, moving.values_of(instance)))
    instance.task_agency = steps.agency_of_task(step, instance.agency)
    moving.turn_clock(instance, step, actor=actor, at=at)
    instance.task_due_at = moving.task_due(instance, step, instance.task_opened_at)
    instance.task_rung = min(instance.task_rung, len(new.ladder))
    moving.set_timer(instance, new, step)
