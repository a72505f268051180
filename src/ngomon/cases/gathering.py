"""Reads of cases for rooms above that gather them: how many came lately in an area, and cases by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.identity.rules import may

from .models import Case
from .queries import _LINE
from .terms import CaseLine


def opened_lately(categories: Iterable[str], area: str, since: datetime) -> list[UUID]:
    """The cases of these categories opened in an area since an instant and not merged into others, oldest first."""
    found = Case.objects.filter(
        category__in=list(categories), area=area, opened_at__gte=since, merged_into__isnull=True
    )
    return list(found.order_by("opened_at").values_list("id", flat=True))


def lines_by_id(ids: Iterable[UUID], *, actor: Actor) -> list[CaseLine]:
    """These cases, newest first, without those that the actor may not know of. One statement."""
    found = Case.objects.filter(id__in=list(ids))
    if not may(actor, "case.see_secret"):
        found = found.filter(is_secret=False)
    return [CaseLine(*row) for row in found.order_by("-opened_at").values_list(*_LINE)]
