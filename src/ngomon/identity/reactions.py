"""What identity does by itself: posts follow an agency to its successor; spent codes and sessions go."""

from __future__ import annotations

from datetime import datetime, timedelta

from ngomon.core.actors import Actor
from ngomon.core.react import every, on
from ngomon.core.terms import Recorded
from ngomon.directory.terms import AgencySucceeded
from ngomon.identity import commands


@on(AgencySucceeded)
def when_agency_succeeded_move_posts(
    recorded: Recorded,  # noqa: ARG001 - every reaction gets it
    event: AgencySucceeded,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Who held a post in the agency that ended holds it in the one that follows."""
    commands.move_posts(event.agency, event.successor, actor=actor, at=at)


@every(hours=1)
def forget_spent(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001 - a duty gets both
    """Codes a day old and sessions that expired."""
    commands.forget_spent(before=at - timedelta(days=1), at=at)
