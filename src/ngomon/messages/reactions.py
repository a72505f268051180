"""What messages do by themselves: forget contents whose time is over; tell who decides that a destruction was proposed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core import deliveries
from ngomon.core.actors import Actor
from ngomon.core.ids import Ref
from ngomon.core.react import every, on
from ngomon.core.retention_runs import RUN, DestructionProposed
from ngomon.core.terms import Recorded
from ngomon.identity import queries as identity
from ngomon.identity.rules import permissions

from .commands import tell
from .terms import message_id


@every(seconds=30)
def purge_expired_contents(*, actor: Actor, at: datetime) -> None:  # noqa: ARG001 - a duty gets both
    """One-time codes and whatever else was given an end leave the delivery rows then."""
    deliveries.purge(at)


@on(DestructionProposed)
def when_destruction_proposed_tell_who_decides(
    recorded: Recorded, event: DestructionProposed, *, actor: Actor, at: datetime
) -> None:
    """Whoever may confirm it hears, unless they drew it up themselves; where nobody may, the administrators do."""
    name = "messages.retention_proposed"
    for account in _deciding(at) - {recorded.actor_id}:
        tell(
            UUID(account),
            name,
            {"n": event.n, "kinds": event.kinds},
            of=Ref(RUN, event.run_id, "", "/admin/retention"),
            id=message_id(recorded.id, account, name),
            actor=actor,
            at=at,
        )


def _deciding(at: datetime) -> set[str]:
    for action in ("retention.decide", "retention.see"):
        roles = permissions()[action].roles
        found = {str(h.account_id) for role in roles for h in identity.holders(role, None, None, at)}
        if found:
            return found
    return set()
