"""Loading and upgrading a city pack: upsert by key, close what vanished, let the staff's edits stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict
from ngomon.core.ids import Ref
from ngomon.core.terms import Event
from ngomon.core.units import command
from ngomon.directory import models, rules
from ngomon.directory.commands.agencies import tell_successions
from ngomon.directory.commands.calendar import confirm_from_pack, pack_days, seed_missing_years
from ngomon.directory.commands.edition import next_edition, require_editor
from ngomon.directory.pack import Pack, read_pack
from ngomon.directory.tables import TABLES, Row
from ngomon.directory.terms import PackDiff, RowChange

MODELS: dict[str, Any] = {
    "areas": models.Area,
    "agencies": models.Agency,
    "categories": models.Category,
    "routing": models.RoutingRule,
    "answers": models.StandardText,
    "places": models.Place,
    "exits": models.Exit,
    "assets": models.Asset,
    "retention": models.RetentionRule,
    "oncall": models.CallRule,
}
_UNSAID = {"routing": frozenset({"place"})}
"""Fields that follow the pack without being reported: the order of lines."""


@dataclass(slots=True)
class _Plan:
    """What loading would write, and how it is told."""

    added: list[RowChange] = field(default_factory=list)
    changed: list[RowChange] = field(default_factory=list)
    closed: list[RowChange] = field(default_factory=list)
    removed: list[RowChange] = field(default_factory=list)
    kept: list[RowChange] = field(default_factory=list)
    create: dict[str, list[Any]] = field(default_factory=dict)
    update: dict[str, list[Any]] = field(default_factory=dict)
    delete: dict[str, list[str]] = field(default_factory=dict)

    def diff(self, pack: Pack, before: str) -> PackDiff:
        groups = (self.added, self.changed, self.closed, self.removed, self.kept)
        return PackDiff(pack.key, before, pack.version, *(tuple(group) for group in groups))


def pack_diff(folder: Path, *, at: datetime) -> PackDiff:
    """What `load_pack` would do, without doing it. Raises: InvalidData, Conflict."""
    pack = read_pack(folder)
    city = models.City.objects.first()
    plan = _plan(pack, city, _today(pack, at))
    return plan.diff(pack, city.pack_version if city else "")


@command
def load_pack(folder: Path, *, actor: Actor, at: datetime) -> PackDiff:
    """Load a city pack or upgrade to it; what was done.

    Once: a second load of the same pack writes nothing. Raises: InvalidData with every problem by file and line;
    Conflict when another city is loaded; Refused.
    """
    require_editor(actor)
    pack = read_pack(folder)
    on = _today(pack, at)
    city = models.City.objects.select_for_update().first()
    plan = _plan(pack, city, on)
    diff = plan.diff(pack, city.pack_version if city else "")
    told = pack_days(pack, plan.added, plan.changed, plan.removed, is_first=city is None)
    is_first = city is None
    city = city or models.City(pack_key=pack.key, loaded_at=at)
    wrote = seed_missing_years(pack, at) + confirm_from_pack(pack, at)
    if not (wrote or told or _is_work(plan) or diff.added or diff.changed or diff.removed):
        return diff
    _write(plan)
    city.pack_version, city.body, city.loaded_at = pack.version, _plain(pack.city), at
    _tell(city, told, is_first=is_first, on=on, actor=actor, at=at)
    counts = {name: len(getattr(diff, name)) for name in ("added", "changed", "closed", "removed", "kept")}
    detail = {"pack": pack.key, "version": pack.version, **counts}
    audit("directory.load_pack", Ref("city", "1"), actor=actor, at=at, detail=detail)
    return diff


def _tell(
    city: models.City, told: list[Event], *, is_first: bool, on: date, actor: Actor, at: datetime
) -> None:
    if is_first:
        ended = models.Agency.objects.filter(valid_to__lte=on).exclude(successor="")
        ended.update(succession_told=True)
        city.save(force_insert=True)
    else:
        tell_successions(on, actor=actor, at=at)
    next_edition(city, *told, actor=actor, at=at)


def _today(pack: Pack, at: datetime) -> date:
    return at.astimezone(ZoneInfo(str(pack.city["timezone"]))).date()


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they come back from JSON, so that they can be compared."""
    plain: dict[str, Any] = json.loads(json.dumps(body, default=str))
    return plain


def _is_work(plan: _Plan) -> bool:
    return bool(plan.create or plan.update or plan.delete)


# --- planning -------------------------------------------------------------------------------------------------------


def _plan(pack: Pack, city: models.City | None, on: date) -> _Plan:
    if city is not None and city.pack_key != pack.key:
        raise Conflict("directory.pack.other_city", loaded=city.pack_key, offered=pack.key)
    plan = _Plan()
    before, after = city.body if city else {}, _plain(pack.city)
    fields = {k: (before.get(k), after.get(k)) for k in {*before, *after} if before.get(k) != after.get(k)}
    if city is None:
        plan.added.append(RowChange("city", pack.key))
    elif fields:
        plan.changed.append(RowChange("city", pack.key, dict(sorted(fields.items()))))
    for table in MODELS:
        _plan_table(plan, table, _rows_of(pack, table), on)
    _plan_shapes(plan, pack)
    pack_days(pack, plan.added, plan.changed, plan.removed, is_first=True, dry_run=True)
    return plan


def _rows_of(pack: Pack, table: str) -> dict[str, Row]:
    rows = pack.rows[table]
    if table != "routing":
        return rows
    return {key: {**row, "key": key, "place": place} for place, (key, row) in enumerate(rows.items())}


def _plan_table(plan: _Plan, table: str, wanted: Mapping[str, Row], on: date) -> None:
    model = MODELS[table]
    live = {str(row.key): row for row in model.objects.all()}
    for key, row in wanted.items():
        if key in live:
            _plan_change(plan, table, live[key], row)
        else:
            made = model(**{name: _value(name, value) for name, value in row.items()}, pack=row)
            plan.create.setdefault(table, []).append(made)
            plan.added.append(RowChange(table, key))
    for key, found in live.items():
        if key not in wanted and found.pack is not None:
            _plan_vanished(plan, table, found, on)


def _plan_change(plan: _Plan, table: str, found: Any, row: Row) -> None:
    key, last = str(found.key), found.pack
    live = {name: _plain_value(getattr(found, name)) for name in row}
    changes, kept = rules.merge(table, live, last, row)
    for name in _UNSAID.get(table, ()):
        changes.update({name: row[name]} if live[name] != row[name] else {})
    for name, value in changes.items():
        setattr(found, name, _value(name, value))
    said = {n: (live[n], v) for n, v in changes.items() if n not in _UNSAID.get(table, ())}
    if said:
        plan.changed.append(RowChange(table, key, said))
    if kept:
        plan.kept.append(RowChange(table, key, kept))
    if last != row:
        setattr(found, "pack", row)
        plan.update.setdefault(table, []).append(found)


def _plan_vanished(plan: _Plan, table: str, found: Any, on: date) -> None:
    key, last = str(found.key), dict(found.pack)
    if "valid_to" in last:
        ends = found.valid_to
        if ends is not None and ends <= on:
            return
        setattr(found, "valid_to", on)
        setattr(found, "pack", {**last, "valid_to": on.isoformat()})
        plan.update.setdefault(table, []).append(found)
        plan.closed.append(RowChange(table, key, {"valid_to": (_plain_value(ends), on.isoformat())}))
    elif all(_plain_value(getattr(found, name)) == value for name, value in last.items()):
        plan.delete.setdefault(table, []).append(key)
        plan.removed.append(RowChange(table, key))


def _plan_shapes(plan: _Plan, pack: Pack) -> None:
    wanted = {key: ("fine", geometry) for key, geometry in pack.shapes.items()}
    if pack.boundary:
        wanted["boundary:city"] = ("boundary", pack.boundary)
    live = {shape.key: shape for shape in models.Shape.objects.all()}
    for key, (kind, geometry) in wanted.items():
        if key not in live:
            made = models.Shape(key=key, kind=kind, geometry=geometry)
            plan.create.setdefault("shapes", []).append(made)
            plan.added.append(RowChange("shapes", key))
        elif live[key].geometry != geometry:
            live[key].geometry = geometry
            plan.update.setdefault("shapes", []).append(live[key])
            plan.changed.append(RowChange("shapes", key))
    gone = sorted(set(live) - set(wanted))
    if gone:
        plan.delete["shapes"] = gone
        plan.removed += [RowChange("shapes", key) for key in gone]


def _value(name: str, value: Any) -> Any:
    """A value of a pack's row as the model holds it."""
    return date.fromisoformat(value) if value and name in {"valid_from", "valid_to"} else value


def _plain_value(value: Any) -> Any:
    """A model's value as a pack's row holds it."""
    return value.isoformat() if isinstance(value, date) else value


# --- writing --------------------------------------------------------------------------------------------------------


def _write(plan: _Plan) -> None:
    for table, model in {**MODELS, "shapes": models.Shape}.items():
        gone = plan.delete.get(table)
        if gone:
            model.objects.filter(key__in=gone).delete()
        made = plan.create.get(table)
        if made:
            model.objects.bulk_create(made, batch_size=200)
        touched = plan.update.get(table)
        if touched:
            model.objects.bulk_update(touched, _fields(table), batch_size=50)


def _fields(table: str) -> list[str]:
    if table == "shapes":
        return ["geometry"]
    spec = TABLES[table]
    own = [name for name in (*spec.columns, *spec.texts) if name != "key"]
    return [*own, "pack", *_UNSAID.get(table, ())]
