"""Reads for those who write definitions: drafts, the tables of versions, what a migration would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from ngomon.core.errors import NotFound

from .models import DefinitionVersion, Draft, Instance
from .queries import definition
from .rules import editing, steps
from .terms import DraftShown, Holder, MigrationLine, MigrationPlan, StepDef


def tables_of(key: str, n: int | None = None) -> dict[str, Any]:
    """The tables of a version, the latest without a number. Raises: NotFound."""
    rows = DefinitionVersion.objects.filter(key=key)
    found = (rows if n is None else rows.filter(n=n)).order_by("-n").values_list("text", flat=True).first()
    if found is None:
        raise NotFound("processes.error.no_definition", key=key)
    read: dict[str, Any] = orjson.loads(found)
    return read


def draft_of(key: str) -> DraftShown | None:
    """The draft of a definition, if somebody is writing one."""
    row = Draft.objects.filter(key=key).first()
    return shown(row) if row else None


def drafts() -> list[DraftShown]:
    """All drafts, the one changed last first."""
    return [shown(row) for row in Draft.objects.order_by("-changed_at")]


def shown(row: Draft) -> DraftShown:
    """A draft as others see it."""
    return DraftShown(
        row.key, row.base_n, orjson.loads(row.text), row.edition, row.changed_at, row.changed_by, row.publish_at,
        tuple(orjson.loads(row.remarks)),
    )  # fmt: skip


def differences(draft: DraftShown) -> list[tuple[str, str, Any, Any]]:
    """What a draft changes of the version that is in force; everything of a new definition."""
    known = DefinitionVersion.objects.filter(key=draft.key).exists()
    return list(editing.differences(tables_of(draft.key) if known else {}, draft.tables))


def running_by_version(key: str) -> dict[int, int]:
    """How many processes run by each version."""
    rows = Instance.objects.filter(definition=key, ended_at__isnull=True).values_list("n", flat=True)
    return dict(sorted(Counter(rows.iterator()).items()))


def migration_plan(key: str, from_n: int, to_n: int, mapping: Mapping[str, str]) -> MigrationPlan:
    """The dry run: for each step where something stands, where it would go and what hinders it. Changes nothing.

    A step that the mapping does not name keeps its key where the other version has it. Raises: NotFound.
    """
    new = definition(key, to_n)
    definition(key, from_n)
    rows = Instance.objects.filter(definition=key, n=from_n, ended_at__isnull=True)
    standing: dict[str, list[tuple[str, str, Any]]] = {}
    for step, agency, values, commit_on in rows.values_list(
        "step", "agency", "values", "commit_on"
    ).iterator():
        standing.setdefault(step, []).append((agency, values, commit_on))
    lines = [
        _line(step, mapping.get(step) or (step if step in new.steps else ""), found, new.steps)
        for step, found in sorted(standing.items())
    ]
    return MigrationPlan(key, from_n, to_n, tuple(lines))


def _line(
    step: str, to: str, found: list[tuple[str, str, Any]], known: Mapping[str, StepDef]
) -> MigrationLine:
    if to not in known:
        return MigrationLine(step, to, len(found), "processes.migration.no_target", len(found))
    if steps.is_over(known[to]):
        return MigrationLine(step, to, len(found), "processes.migration.to_an_end", len(found))
    needs_agency = known[to].holder in {Holder.AGENCY, Holder.ASSIGNEE}
    without = sum(1 for agency, _, _ in found if needs_agency and not agency)
    if without:
        return MigrationLine(step, to, len(found), "processes.migration.no_agency", without)
    lapse = known[to].lapse
    loose = sum(1 for _, _, day in found if lapse and lapse.on_commitment and day is None)
    if loose:
        return MigrationLine(step, to, len(found), "processes.migration.no_promise", loose)
    return MigrationLine(step, to, len(found))


def due_drafts(at: datetime) -> Iterator[str]:
    """The keys of drafts whose day has come."""
    yield from Draft.objects.filter(publish_at__lte=at).order_by("publish_at").values_list("key", flat=True)
