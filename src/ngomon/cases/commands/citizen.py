"""What a reporter does after reporting: answer a question, follow, rate, say that it is not solved, appeal.

Who reported proves it by the account that reported or by the claim code of the receipt.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, Refused
from ngomon.core.events import emit
from ngomon.core.ids import uuid7
from ngomon.core.images import StoredPhoto
from ngomon.core.rows import save
from ngomon.core.secrets import blind, seal_text
from ngomon.core.units import command

from ..models import Reporter, Signal
from ..queries import is_reporter, live_audience
from ..terms import CaseFollowed, CaseLine, CaseRated, Rating
from .handling import act_on_case
from .steps import as_reporter, count_moved, locked, scopes


def _proven(case_id: UUID, actor: Actor, claim_code: str) -> None:
    if not is_reporter(case_id, actor=actor, claim_code=claim_code):
        raise Refused("cases.error.not_reporter")


@command
def reply(
    case_id: UUID,
    text: str,
    *,
    actor: Actor,
    at: datetime,
    claim_code: str = "",
    photos: Sequence[StoredPhoto] = (),
) -> CaseLine:
    """The reporter answers a question; the case goes on where it waited. Raises: Refused, Conflict, Invalid."""
    _proven(case_id, actor, claim_code)
    fields = {"reply": text}
    return act_on_case(case_id, "reply", fields=fields, photos=photos, vouched=True, actor=actor, at=at)


@command
def rate(
    case_id: UUID, rating: str, *, actor: Actor, at: datetime, comment: str = "", claim_code: str = ""
) -> CaseLine:
    """The reporter rates a published answer: Hài lòng, Chấp nhận, Không hài lòng.

    Not satisfied sends the case to another officer and tells the supervisor. Raises: Refused, Conflict, Invalid.
    """
    _proven(case_id, actor, claim_code)
    actor = as_reporter(actor)
    if rating not in set(Rating):
        raise Invalid.field("rating", "cases.error.rating")
    case = locked(case_id)
    before = scopes(case)
    case.rating = rating
    emit(case, CaseRated(str(case.id), rating), actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    if rating == Rating.DISSATISFIED:
        action, fields = "object", {"rating": rating, "reason": comment}
    else:
        action, fields = "rate", {"rating": rating, "comment": comment}
    return act_on_case(case_id, action, fields=fields, vouched=True, actor=actor, at=at)


@command
def object_to_answer(
    case_id: UUID,
    reason: str,
    *,
    actor: Actor,
    at: datetime,
    claim_code: str = "",
    photos: Sequence[StoredPhoto] = (),
) -> CaseLine:
    """ "Chưa được giải quyết": the case opens again with another officer, and the supervisor knows. Raises: as `rate`."""
    _proven(case_id, actor, claim_code)
    fields = {"reason": reason}
    return act_on_case(case_id, "object", fields=fields, photos=photos, vouched=True, actor=actor, at=at)


@command
def appeal(case_id: UUID, reason: str, *, actor: Actor, at: datetime, claim_code: str = "") -> CaseLine:
    """The reporter does not accept that a report was not taken up; the shift lead decides. Raises: as `rate`."""
    _proven(case_id, actor, claim_code)
    return act_on_case(case_id, "appeal", fields={"reason": reason}, vouched=True, actor=actor, at=at)


@command
def follow(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """ "It is this one, tell me too": hear of a case without reporting again.

    Once: following twice changes nothing. Raises: Refused without account.
    """
    if actor.account_id is None:
        raise Refused("cases.error.sign_in_to_follow")
    if is_reporter(case_id, actor=actor):
        return
    case = locked(case_id)
    actor = as_reporter(actor)
    own = blind(str(actor.account_id), "reporter")
    signal = Signal.objects.create(
        id=uuid7(),
        case=case,
        opened=case.id,
        source="follow",
        external_id=f"{case.id}:{own}",
        lon=case.lon,
        lat=case.lat,
        received_at=at,
    )
    Reporter.objects.create(
        signal=signal,
        case_id=case.id,
        sealed=seal_text(json.dumps({"account": str(actor.account_id)})),
        account_blind=own,
        is_follower=True,
        at=at,
    )
    emit(case, CaseFollowed(str(case.id)), actor=actor, at=at)
    case.reports += 1
    save(case)
    audit("cases.follow", case.ref, actor=actor, at=at)
