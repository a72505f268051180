"""What command rooms hold of a person who has an account: seats, tickets that were claimed. What an officer did stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.personal import register
from ngomon.identity.queries import every_account_of

from .models import Staff, Ticket


def export_rooms(person_id: UUID, *, actor: Actor, at: datetime) -> dict[str, Any]:  # noqa: ARG001 (the port's)
    """Where the person sat, and which tickets the person's team took."""
    accounts = every_account_of(person_id)
    seats = Staff.objects.filter(account__in=accounts).select_related("room").order_by("from_at")
    claims = Ticket.objects.filter(claimed_by__in=accounts).select_related("room").order_by("claimed_at")
    found = {
        "seats": [
            {
                "room": s.room.number,
                "role": s.role,
                "from": s.from_at.isoformat(),
                "to": s.to_at and s.to_at.isoformat(),
            }
            for s in seats
        ],
        "tickets": [{"room": t.room.number, "n": t.n, "team": t.team, "state": t.state} for t in claims],
    }
    return {key: rows for key, rows in found.items() if rows}


def erase_rooms(person_id: UUID, *, actor: Actor, at: datetime) -> int:  # noqa: ARG001 (the port's)
    """A volunteer's seats go, and the name of the team from what was done; a ticket under way stays with its team."""
    accounts = every_account_of(person_id)
    gone = Staff.objects.filter(account__in=accounts, role="volunteer").delete()[0]
    done = Ticket.objects.filter(claimed_by__in=accounts).exclude(state="claimed")
    return gone + done.update(claimed_by=None, team="")


register("incidents", export=export_rooms, erase=erase_rooms)
