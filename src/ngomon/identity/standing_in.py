"""Reads of absence: who is there for whom. Other rooms ask by `queries`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.identity.models import Absence, in_force


def in_place_of(account_id: UUID, at: datetime) -> UUID:
    """Who is there for somebody now: his substitute (or the substitute's) while he is away, else himself."""
    there = account_id
    for _ in range(3):
        away = Absence.objects.filter(in_force(at), account_id=there, ended_at__isnull=True).first()
        if away is None:
            return there
        if away.substitute_id is None:
            return account_id
        there = away.substitute_id
    return there


def stood_in_for(account_id: UUID, at: datetime) -> frozenset[UUID]:
    """The absent whom somebody stands in for now, those included whose substitute is away too."""
    found: set[UUID] = set()
    new = {account_id}
    for _ in range(3):
        away = Absence.objects.filter(in_force(at), substitute_id__in=new, ended_at__isnull=True)
        new = set(away.values_list("account_id", flat=True)) - found
        found |= new
        if not new:
            break
    return frozenset(found)
