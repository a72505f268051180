"""What staff change in the catalogue: categories, routing, standard texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.ids import Ref
from ngomon.core.units import command
from ngomon.directory.commands.edition import lock_city, next_edition, require_editor
from ngomon.directory.commands.fields import apply_fields, known_keys
from ngomon.directory.models import Category, RoutingRule, StandardText
from ngomon.directory.rules import AT_PLACE
from ngomon.directory.terms import Group


@command
def edit_category(key: str, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Somebody changes a category; texts (`name`, `hint`) are given by language.

    Once: the same again changes nothing. Raises: Refused, NotFound, Invalid (field by field).
    """
    require_editor(actor)
    city = lock_city()
    row = Category.objects.filter(key=key).first()
    if row is None:
        raise NotFound("directory.no_category", key=key)
    changed = apply_fields("categories", row, changes)
    if not changed:
        return
    _check_category(row)
    row.save()
    audit("directory.edit_category", Ref("category", key), actor=actor, at=at, detail={"fields": changed})
    next_edition(city, actor=actor, at=at)


@command
def add_category(key: str, values: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """A category is added to the tree. Raises: Refused, Conflict when the key is taken, Invalid (field by field)."""
    require_editor(actor)
    city = lock_city()
    if Category.objects.filter(key=key).exists():
        raise Conflict("directory.key_taken", key=key)
    row = Category(key=key)
    changed = apply_fields("categories", row, {"key": key, **values})
    if not row.name:
        raise Invalid.field("name", "directory.pack.empty")
    _check_category(row)
    row.save(force_insert=True)
    audit("directory.add_category", Ref("category", key), actor=actor, at=at, detail={"fields": changed})
    next_edition(city, actor=actor, at=at)


def _check_category(row: Category) -> None:
    name = (
        {Group.TIMED: "budget_days", Group.QUESTION: "budget_days", Group.INSTANT: "budget_minutes"}.get(
            Group(row.group)
        )
        if row.group
        else ""
    )
    if name and not (getattr(row, name) or 0) > 0:
        raise Invalid.field(name, "directory.pack.leaf_without_budget")
    parents = {**dict(Category.objects.values_list("key", "parent")), row.key: row.parent}
    above, seen = row.parent, {row.key}
    while above:
        if above in seen:
            raise Invalid.field("parent", "directory.pack.circle", value=above)
        seen.add(above)
        above = parents.get(above, "")


@command
def add_routing(
    category: str,
    area: str,
    agency: str,
    why: Mapping[str, str],
    *,
    valid_from: date | None = None,
    source: str = "",
    actor: Actor,
    at: datetime,
) -> int:
    """From a day on, an agency is competent for a category in an area; the rule's id. An open rule for both ends then.

    Raises: Refused, Invalid (field by field), Conflict when such a rule begins on the same day.
    """
    require_editor(actor)
    city = lock_city()
    starts = valid_from.isoformat() if valid_from else ""
    row = RoutingRule(key=f"{category}|{area}|{starts}", place=0)
    values = {"category": category, "area": area, "agency": agency, "why": why, "source": source}
    apply_fields("routing", row, {**values, "valid_from": valid_from})
    if not (row.area == "*" or row.area.startswith("kind:") or row.area in known_keys("areas")):
        raise Invalid.field("area", "directory.pack.unknown", value=area, file="")
    if agency not in AT_PLACE and agency not in known_keys("agencies"):
        raise Invalid.field("agency", "directory.pack.unknown", value=agency, file="")
    if RoutingRule.objects.filter(key=row.key).exists():
        raise Conflict("directory.key_taken", key=row.key)
    if valid_from is not None:
        before = RoutingRule.objects.filter(category=category, area=row.area, valid_to__isnull=True)
        before.update(valid_to=valid_from)
    row.save(force_insert=True)
    detail = {"category": category, "area": area, "agency": agency}
    audit("directory.add_routing", Ref("routing", str(row.pk)), actor=actor, at=at, detail=detail)
    next_edition(city, actor=actor, at=at)
    return int(row.pk)


@command
def end_routing(rule: int, on: date, *, actor: Actor, at: datetime) -> None:
    """A routing rule is no longer in force from a day on. Raises: Refused, NotFound."""
    require_editor(actor)
    city = lock_city()
    if not RoutingRule.objects.filter(pk=rule).update(valid_to=on):
        raise NotFound("directory.no_rule", key=rule)
    detail = {"on": on.isoformat()}
    audit("directory.end_routing", Ref("routing", str(rule)), actor=actor, at=at, detail=detail)
    next_edition(city, actor=actor, at=at)


@command
def edit_standard_text(
    key: str, action: str, category: str, text: Mapping[str, str], *, actor: Actor, at: datetime
) -> None:
    """Somebody writes or changes a standard text. Once: the same again changes nothing. Raises: Refused, Invalid."""
    require_editor(actor)
    city = lock_city()
    row = StandardText.objects.filter(key=key).first() or StandardText(key=key)
    changed = apply_fields("answers", row, {"key": key, "action": action, "category": category, "text": text})
    if not all(row.text.get(language) for language in ("vi", "en")):
        raise Invalid.field("text", "directory.pack.empty")
    if not changed:
        return
    row.save()
    audit("directory.edit_standard_text", Ref("standard_text", key), actor=actor, at=at)
    next_edition(city, actor=actor, at=at)
