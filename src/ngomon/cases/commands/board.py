"""What an agency says about its own figures."""

from __future__ import annotations

from datetime import datetime

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, Refused
from ngomon.core.ids import Ref
from ngomon.core.text import clean
from ngomon.core.units import command

from ..masking import masked
from ..models import Statement
from ..rules import MAX_PLACE


@command
def state_reason(agency: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """The head of an agency says in public why it is late; empty words take the statement away.

    Once: saying the same twice changes nothing. Raises: Refused, Invalid when too long.
    """
    if not agency or agency not in actor.agencies("agency_head"):
        raise Refused("cases.error.head_only")
    said = masked(clean(reason))
    if len(said) > MAX_PLACE:
        raise Invalid.field("reason", "cases.error.reason_too_long")
    if said:
        values = {"text": said, "by": actor.id, "at": at}
        Statement.objects.update_or_create(agency=agency, defaults=values)
    else:
        Statement.objects.filter(agency=agency).delete()
    audit("cases.state_reason", Ref("agency", agency), actor=actor, at=at, detail={"is_empty": not said})
