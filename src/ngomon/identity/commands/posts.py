"""Who holds which post: taking and leaving, delegation (ủy quyền), absence and substitutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.units import command
from ngomon.identity.commands.accounts import audience_of, forget_after, locked_row, ref_of
from ngomon.identity.models import Absence, Account, Delegation, Holding, in_force
from ngomon.identity.rules import require
from ngomon.identity.terms import (
    AGENCY_ROLES,
    AbsenceEnded,
    AbsenceSet,
    DelegationEnded,
    DelegationGiven,
    PostLeft,
    PostTaken,
    Role,
)


def _hearers(account: Account, agency: str) -> list[str]:
    return [*audience_of(account), *([f"agency:{agency}"] if agency else [])]


@command
def take_post(
    account_id: UUID,
    role: str,
    *,
    agency: str = "",
    area: str = "",
    post: str = "",
    title: Mapping[str, str] | None = None,
    is_main: bool = True,
    from_at: datetime,
    to_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Put somebody into a post from an instant on; several at once are kiêm nhiệm. `post` is the directory's id, if any.

    Once: the same post, already held over the same time, is given back. Raises: Refused, Invalid, NotFound.
    """
    require(actor, "post.give", agency)
    _check_post(role, agency, from_at, to_at)
    account = locked_row(account_id)
    same = Holding.objects.filter(account=account, role=role, agency=agency, area=area, post=post).filter(
        in_force(from_at)
    )
    known = same.first()
    if known is not None and known.valid_to == to_at:
        return known.pk
    holding = Holding.objects.create(
        account=account,
        post=post,
        role=role,
        agency=agency,
        area=area,
        title=dict(title or {}),
        is_main=is_main,
        valid_from=from_at,
        valid_to=to_at,
    )
    event = PostTaken(str(account_id), str(holding.pk), role, agency, area)
    emit(account, event, actor=actor, at=at, audience=_hearers(account, agency))
    account.save(update_fields=["version"])
    audit("identity.take_post", ref_of(account), actor=actor, at=at, detail={"role": role, "agency": agency})
    forget_after()
    return holding.pk


def _check_post(role: str, agency: str, from_at: datetime, to_at: datetime | None) -> None:
    if role not in set(Role):
        raise Invalid.field("role", "identity.post.role")
    if (role in AGENCY_ROLES) != bool(agency):
        raise Invalid.field("agency", "identity.post.agency")
    if to_at is not None and to_at <= from_at:
        raise Invalid.field("to", "identity.dates.order")


@command
def leave_post(holding_id: UUID, *, actor: Actor, at: datetime) -> None:
    """End a post now; delegations of it end with it. Once: a post that ended stays as it is. Raises: Refused, NotFound."""
    holding = Holding.objects.select_for_update().filter(pk=holding_id).first()
    if holding is None:
        raise NotFound("identity.post.missing")
    require(actor, "post.give", holding.agency)
    if holding.valid_to is not None and holding.valid_to <= at:
        return
    holding.valid_to = max(at, holding.valid_from)
    holding.save(update_fields=["valid_to"])
    account = locked_row(holding.account_id)
    event = PostLeft(str(account.pk), str(holding_id), holding.role, holding.agency)
    emit(account, event, actor=actor, at=at, audience=_hearers(account, holding.agency))
    account.save(update_fields=["version"])
    audit("identity.leave_post", ref_of(account), actor=actor, at=at, detail={"holding": str(holding_id)})
    forget_after()


@command
def move_posts(agency: str, successor: str, *, actor: Actor, at: datetime) -> int:
    """Move the posts of an agency that ended to its successor; how many. Once: nothing is left for a second time."""
    require(actor, "post.give", agency)
    moved = list(
        Holding.objects.select_for_update().filter(in_force(at), agency=agency).select_related("account")
    )
    for holding in moved:
        leave_post(holding.pk, actor=actor, at=at)
        take_post(
            holding.account_id,
            holding.role,
            agency=successor,
            area=holding.area,
            title=holding.title,
            is_main=holding.is_main,
            from_at=at,
            to_at=holding.valid_to,
            actor=actor,
            at=at,
        )
    return len(moved)


@command
def delegate(
    giver_id: UUID,
    receiver_id: UUID,
    *,
    holding_id: UUID | None = None,
    from_at: datetime,
    to_at: datetime,
    document: str = "",
    actor: Actor,
    at: datetime,
) -> UUID:
    """Empower somebody for a stated time (ủy quyền): one post of the giver, or all. What was received is not passed on.

    Source: Luật Tổ chức chính quyền địa phương 2025 art. 10 (in writing, for a stated time, not to be delegated further).
    Raises: Refused, Invalid, NotFound, Conflict (the giver holds no post then).
    """
    if actor.account_id != giver_id:
        require(actor, "delegation.give")
    if to_at <= from_at:
        raise Invalid.field("to", "identity.dates.order")
    if giver_id == receiver_id:
        raise Invalid.field("receiver", "identity.delegation.self")
    giver, receiver = locked_row(giver_id), locked_row(receiver_id)
    own = Holding.objects.filter(account=giver, valid_from__lt=to_at).exclude(valid_to__lte=from_at)
    if holding_id is not None:
        own = own.filter(pk=holding_id)
    if not own.exists():
        raise Conflict("identity.delegation.nothing")
    made = Delegation.objects.create(
        giver=giver,
        receiver=receiver,
        holding_id=holding_id,
        document=document[:120],
        valid_from=from_at,
        valid_to=to_at,
    )
    event = DelegationGiven(str(giver_id), str(receiver_id), str(made.pk))
    emit(giver, event, actor=actor, at=at, audience=[*audience_of(giver), *audience_of(receiver)])
    giver.save(update_fields=["version"])
    audit("identity.delegate", ref_of(giver), actor=actor, at=at, detail={"delegation": str(made.pk)})
    forget_after(receiver_id)
    return made.pk


@command
def end_delegation(delegation_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take a delegation back before its date. Once: a second time changes nothing. Raises: Refused, NotFound."""
    row = Delegation.objects.select_for_update().filter(pk=delegation_id).first()
    if row is None:
        raise NotFound("identity.delegation.missing")
    if actor.account_id != row.giver_id:
        require(actor, "delegation.give")
    if row.ended_at is not None:
        return
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    giver = locked_row(row.giver_id)
    event = DelegationEnded(str(row.giver_id), str(row.receiver_id), str(delegation_id))
    emit(giver, event, actor=actor, at=at, audience=audience_of(giver))
    giver.save(update_fields=["version"])
    audit(
        "identity.end_delegation",
        ref_of(giver),
        actor=actor,
        at=at,
        detail={"delegation": str(delegation_id)},
    )
    forget_after(row.receiver_id)


@command
def set_absence(
    account_id: UUID,
    *,
    from_at: datetime,
    to_at: datetime,
    substitute_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Note that a holder is away, and who stands in with the posts meanwhile.

    Raises: Refused, Invalid, NotFound, Conflict (overlaps another absence).
    """
    if actor.account_id != account_id:
        _require_for(account_id, actor, at)
    if to_at <= from_at:
        raise Invalid.field("to", "identity.dates.order")
    if substitute_id == account_id:
        raise Invalid.field("substitute", "identity.absence.self")
    account = locked_row(account_id)
    others = Absence.objects.filter(
        account=account, ended_at__isnull=True, valid_from__lt=to_at, valid_to__gt=from_at
    )
    if others.exists():
        raise Conflict("identity.absence.overlap")
    if substitute_id is not None:
        locked_row(substitute_id)
    made = Absence.objects.create(
        account=account, substitute_id=substitute_id, valid_from=from_at, valid_to=to_at
    )
    event = AbsenceSet(str(account_id), str(made.pk), str(substitute_id or ""))
    emit(account, event, actor=actor, at=at, audience=audience_of(account))
    account.save(update_fields=["version"])
    audit("identity.set_absence", ref_of(account), actor=actor, at=at, detail={"absence": str(made.pk)})
    forget_after()
    return made.pk


def _require_for(account_id: UUID, actor: Actor, at: datetime) -> None:
    """A head may set absences of those who hold a post in the same agency."""
    agencies = Holding.objects.filter(in_force(at), account_id=account_id).values_list("agency", flat=True)
    for agency in agencies:
        if agency and actor.holds(Role.AGENCY_HEAD, agency=agency):
            return
    require(actor, "post.give")


@command
def end_absence(absence_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Somebody is back early, or stays after all. Once: a second time changes nothing. Raises: Refused, NotFound."""
    row = Absence.objects.select_for_update().filter(pk=absence_id).first()
    if row is None:
        raise NotFound("identity.absence.missing")
    if actor.account_id != row.account_id:
        _require_for(row.account_id, actor, at)
    if row.ended_at is not None:
        return
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    account = locked_row(row.account_id)
    emit(
        account,
        AbsenceEnded(str(row.account_id), str(absence_id)),
        actor=actor,
        at=at,
        audience=audience_of(account),
    )
    account.save(update_fields=["version"])
    audit("identity.end_absence", ref_of(account), actor=actor, at=at, detail={"absence": str(absence_id)})
    forget_after()
