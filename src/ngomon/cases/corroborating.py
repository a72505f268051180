"""Verification by evidence without a button: what comes in may be what a case nearby was waiting for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.react import on
from ngomon.core.terms import Recorded
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.messages.commands import tell
from ngomon.messages.terms import message_id

from .commands import corroborate_by_itself
from .corroborations import is_any_on
from .evidence import MOST
from .public import told_of
from .queries import same_as
from .terms import AutomaticStopped, CaseMerged, SignalReceived


def _is_wanted(recorded: Recorded) -> bool:
    """Whether any category verifies by itself; where none does, nothing is asked at all."""
    event = recorded.event
    return is_any_on(recorded.at) and not (isinstance(event, SignalReceived) and event.source == "follow")


@on(SignalReceived, CaseMerged, only=_is_wanted)
def when_more_speaks_verify_case(
    _: Recorded, event: SignalReceived | CaseMerged, *, actor: Actor, at: datetime
) -> None:
    """The case that a report came into, and those around that it speaks for too, each once."""
    here = UUID(event.into if isinstance(event, CaseMerged) else event.case_id)
    around = [one.case_id for one in same_as(here, actor=actor, most=MOST)]
    for case_id in sorted([here, *around]):
        corroborate_by_itself(case_id, actor=actor, at=at)


@on(AutomaticStopped)
def when_stopped_tell_shift_lead(
    recorded: Recorded, event: AutomaticStopped, *, actor: Actor, at: datetime
) -> None:
    """The shift leads hear that a category verifies by itself no longer, and on which base."""
    name = "cases.message.automatic_stopped"
    told = told_of(UUID(event.case_id))
    said = {
        "category": dict(directory.category(event.category).name),
        "wrong": event.wrong,
        "n": event.looked_at,
    }
    for lead in identity.holders("ioc_lead", None, None, at):
        id = message_id(recorded.id, str(lead.account_id), name)
        tell(lead.account_id, name, said, of=told.ref, id=id, actor=actor, at=at)
