"""Posts and duty rosters: positions in agencies. Who holds a post is identity's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.events import Aggregate, emit
from ngomon.core.ids import Ref
from ngomon.core.units import command
from ngomon.directory import rules
from ngomon.directory.commands.edition import lock_city, next_edition, require_editor
from ngomon.directory.models import Agency, Area, City, Post, RosterSlot
from ngomon.directory.tables import ROLE
from ngomon.directory.terms import DutySlot, PostAdded, PostEnded, RosterSet, Shift


def _teller(agency: str, city: City) -> Aggregate:
    """Whose history a post's events belong to: its agency's, or the city's."""
    if not agency:
        return city
    row = Agency.objects.select_for_update().filter(key=agency).first()
    if row is None:
        raise NotFound("directory.no_agency", key=agency)
    return row


@command
def add_post(
    agency: str,
    role: str,
    *,
    area: str = "",
    seat: str = "",
    title: Mapping[str, str] | None = None,
    substitute_of: UUID | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    actor: Actor,
    at: datetime,
) -> UUID:
    """A position is made in an agency ("" for the whole city); its id. Without a seat it gets the next free number.

    Once: with a seat that is there already, that post. Raises: Refused, NotFound, Invalid.
    """
    require_editor(actor)
    city = lock_city()
    post_id, is_new = make_post(
        city,
        agency,
        role,
        area=area,
        seat=seat,
        title=title or {},
        substitute_of=substitute_of,
        valid_from=valid_from,
        valid_to=valid_to,
        actor=actor,
        at=at,
    )
    if is_new:
        next_edition(city, actor=actor, at=at)
    return post_id


def make_post(
    city: City,
    agency: str,
    role: str,
    *,
    area: str,
    seat: str,
    title: Mapping[str, str],
    substitute_of: UUID | None,
    valid_from: date | None,
    valid_to: date | None,
    actor: Actor,
    at: datetime,
) -> tuple[UUID, bool]:
    """Inside a unit that holds the city: the post at a seat, and whether it had to be made."""
    teller = _teller(agency, city)
    if not ROLE.fullmatch(role):
        raise Invalid.field("role", "directory.post.bad_role", role=role)
    if area and not Area.objects.filter(key=area).exists():
        raise NotFound("directory.no_area", key=area)
    there = Post.objects.filter(agency=agency, role=role, area=area, valid_to__isnull=True)
    if seat:
        found = there.filter(seat=seat).first()
        if found is not None:
            return found.id, False
    taken = set(there.values_list("seat", flat=True))
    seat = seat or next(str(n) for n in range(1, len(taken) + 2) if str(n) not in taken)
    row = Post(agency=agency, role=role, area=area, seat=seat, title=dict(title))
    row.substitute_of_id, row.valid_from, row.valid_to = substitute_of, valid_from, valid_to
    row.save(force_insert=True)
    told = PostAdded(post=str(row.id), agency=agency, role=role)
    emit(teller, told, actor=actor, at=at, audience=[f"agency:{agency}" if agency else "ioc"])
    if teller is not city:
        teller.save(update_fields=["version"])
    detail = {"agency": agency, "role": role}
    audit("directory.add_post", Ref("post", str(row.id)), actor=actor, at=at, detail=detail)
    return row.id, True


@command
def end_post(post: UUID, on: date, *, actor: Actor, at: datetime) -> None:
    """A position ends: the day is its first no longer in force. Once: the same day again changes nothing.

    Raises: Refused, NotFound.
    """
    require_editor(actor)
    city = lock_city()
    row = Post.objects.select_for_update().filter(id=post).first()
    if row is None:
        raise NotFound("directory.no_post", key=str(post))
    if row.valid_to == on:
        return
    row.valid_to = on
    row.save(update_fields=["valid_to"])
    teller = _teller(row.agency, city)
    told = PostEnded(post=str(post), agency=row.agency, role=row.role, on=on.isoformat())
    audience = [f"agency:{row.agency}" if row.agency else "ioc"]
    emit(teller, told, actor=actor, at=at, audience=audience)
    if teller is not city:
        teller.save(update_fields=["version"])
    detail = {"on": on.isoformat()}
    audit("directory.end_post", Ref("post", str(post)), actor=actor, at=at, detail=detail)
    next_edition(city, actor=actor, at=at)


@command
def set_roster(agency: str, slots: Iterable[DutySlot], *, actor: Actor, at: datetime) -> None:
    """An agency's duty roster is replaced. Once: the same roster again changes nothing. Raises: Refused, NotFound, Invalid."""
    if not rules.may_set_roster(actor, agency):
        raise Refused("directory.refused")
    city = lock_city()
    wanted = {_slot_key(slot) for slot in slots}
    _check_slots(agency, wanted)
    teller = _teller(agency, city)
    live = RosterSlot.objects.filter(agency=agency)
    if wanted == set(live.values_list("weekday", "shift", "post_id", "substitute_id")):
        return
    live.delete()
    RosterSlot.objects.bulk_create(
        [
            RosterSlot(agency=agency, weekday=day, shift=shift, post_id=post, substitute_id=substitute)
            for day, shift, post, substitute in sorted(wanted, key=str)
        ]
    )
    told = RosterSet(agency=agency)
    emit(teller, told, actor=actor, at=at, audience=[f"agency:{agency}" if agency else "ioc"])
    if teller is not city:
        teller.save(update_fields=["version"])
    audit("directory.set_roster", Ref("agency", agency), actor=actor, at=at, detail={"n": len(wanted)})
    next_edition(city, actor=actor, at=at)


_Slot = tuple[int, str, UUID, UUID | None]


def _slot_key(slot: DutySlot) -> _Slot:
    return slot.weekday, str(slot.shift), slot.post, slot.substitute


def _check_slots(agency: str, slots: set[_Slot]) -> None:
    known = set(Post.objects.filter(agency=agency).values_list("id", flat=True))
    for weekday, shift, post, substitute in slots:
        if weekday not in range(7) or shift not in set(Shift):
            raise Invalid.field("shift", "directory.post.bad_shift", weekday=weekday, shift=shift)
        if post not in known or (substitute is not None and substitute not in known):
            raise Invalid.field("post", "directory.post.not_here", agency=agency)
        if post == substitute:
            raise Invalid.field("substitute", "directory.post.own_substitute")
