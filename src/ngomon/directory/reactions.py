"""What the directory does by itself: hand over on the day an agency ends, and write the coming year's holidays."""

from __future__ import annotations

from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.react import every
from ngomon.core.retention_runs import propose_if_due
from ngomon.directory import commands, queries


@every(minutes=15)
def hand_over_ended_agencies(*, actor: Actor, at: datetime) -> None:
    """Agencies whose last day has come: their successors are announced, and open work moves."""
    if queries.edition():
        commands.settle_successions(queries.local_day(at), actor=actor, at=at)


@every(hours=12)
def seed_calendar_ahead(*, actor: Actor, at: datetime) -> None:
    """The coming year's holidays are in the table half a year before it begins."""
    if queries.edition():
        commands.seed_coming_year(actor=actor, at=at)


@every(hours=730)
def propose_what_retention_ends(*, actor: Actor, at: datetime) -> None:
    """Once a month: what the periods of the city's table end for is proposed; a person confirms it."""
    if queries.edition():
        propose_if_due(queries.retention_rules(queries.local_day(at)), actor=actor, at=at)
