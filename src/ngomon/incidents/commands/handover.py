"""Handing a shift over: the sheet makes itself, both leads confirm by name, nothing open is left without a holder."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound, Refused
from ngomon.core.events import emit
from ngomon.core.ids import Ref, plain_number, uuid7
from ngomon.core.rows import fetch, hold, save
from ngomon.core.text import clean, fold
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import require
from ngomon.processes.commands import next_number

from ..handovers import NOTE, open_now
from ..models import Handover, HandoverItem
from ..rules import MAX_WORDS
from ..terms import HANDOVER, HandoverConfirmed, HandoverMade
from .log import AUDIENCE


def _held(number: str) -> Handover:
    rows = fetch(Handover, 'WHERE "number" = %s' + hold(), [plain_number(number)])
    if not rows:
        raise NotFound("incidents.error.no_sheet", number=number)
    if rows[0].taken_at is not None:
        raise Conflict("incidents.error.sheet_taken", number=number)
    return rows[0]


def _gather(sheet: Handover, actor: Actor, at: datetime) -> int:
    """Bring a sheet up to this instant: what is new is added, what was settled is marked; how many were added."""
    known = {(item.kind, item.key): item for item in HandoverItem.objects.filter(sheet=sheet)}
    now = {(thing.kind, thing.key): thing for thing in open_now(actor, at)}
    new = [thing for key, thing in now.items() if key not in known]
    HandoverItem.objects.bulk_create(
        HandoverItem(
            sheet=sheet,
            kind=t.kind,
            key=t.key,
            label=t.label[:200],
            url=t.url,
            since=t.since,
            holder=t.holder,
        )
        for t in new
    )
    for key, item in known.items():
        is_settled = item.kind != NOTE and key not in now
        if is_settled != (item.settled_at is not None):
            item.settled_at = at if is_settled else None
            item.save(update_fields=["settled_at"])
    return len(new)


@command
def make_sheet(*, actor: Actor, at: datetime) -> str:
    """The lead of the shift that goes makes its sheet; its number. Once: while his sheet is open it is brought up to date.

    Raises: Refused.
    """
    require(actor, "shift.hand_over")
    if actor.account_id is None:
        raise Refused("identity.refused.right", action="shift.hand_over")
    rows = fetch(Handover, 'WHERE "giver" = %s AND "taken_at" IS NULL' + hold(), [actor.account_id])
    if rows:
        _gather(rows[0], actor, at)
        return rows[0].number
    month = directory.local_day(at)
    number = f"GC-{month:%y%m}-{next_number(f'handover:{month:%y%m}'):03d}"
    sheet = Handover(id=uuid7(), number=number, made_at=at, giver=actor.account_id)
    sheet.save(force_insert=True)
    found = _gather(sheet, actor, at)
    emit(sheet, HandoverMade(str(sheet.pk), number, found), actor=actor, at=at, audience=AUDIENCE)
    sheet.save(update_fields=["version"])
    audit(
        "incidents.make_sheet", Ref(HANDOVER, str(sheet.pk), number), actor=actor, at=at, detail={"n": found}
    )
    return number


@command
def note_thing(number: str, words: str, *, actor: Actor, at: datetime) -> None:
    """Put something on the sheet that no system knows of. Raises: Refused, Conflict once it is taken, Invalid."""
    require(actor, "shift.hand_over")
    sheet, said = _held(number), clean(words)[:200]
    if not said:
        raise Invalid.field("words", "incidents.error.no_words")
    n = HandoverItem.objects.filter(sheet=sheet, kind=NOTE).count() + 1
    HandoverItem.objects.create(sheet=sheet, kind=NOTE, key=str(n), label=said, since=at)
    audit("incidents.note_thing", Ref(HANDOVER, str(sheet.pk), number), actor=actor, at=at)


@command
def give_thing(number: str, kind: str, key: str, holder: UUID, *, actor: Actor, at: datetime) -> None:
    """Say who has an open thing in the new shift. Raises: Refused, Conflict, NotFound, Invalid for nobody on the desk."""
    require(actor, "shift.hand_over")
    sheet = _held(number)
    item = HandoverItem.objects.filter(sheet=sheet, kind=kind, key=key).first()
    if item is None:
        raise NotFound("incidents.error.no_sheet", number=number)
    roles = ("ioc_operator", "ioc_editor", "ioc_lead", "leader", "city_office")
    if not any(h.account_id == holder for role in roles for h in identity.holders(role, None, None, at)):
        raise Invalid.field("holder", "incidents.error.nobody")
    item.holder = holder
    item.save(update_fields=["holder"])
    audit(
        "incidents.give_thing",
        Ref(HANDOVER, str(sheet.pk), number),
        actor=actor,
        at=at,
        detail={"kind": kind},
    )


def _named(actor: Actor, name: str) -> UUID:
    """Who confirms, by his own name. Raises: Refused for somebody without account, Invalid for another name."""
    if actor.account_id is None:
        raise Refused("identity.refused.right", action="shift.hand_over")
    if fold(clean(name)) != fold(identity.name_of(actor.account_id)):
        raise Invalid.field("name", "incidents.error.not_your_name")
    return actor.account_id


def _confirm(sheet: Handover, side: str, *, actor: Actor, at: datetime) -> None:
    left = HandoverItem.objects.filter(sheet=sheet, settled_at__isnull=True).count()
    told = HandoverConfirmed(str(sheet.pk), sheet.number, side, left)
    emit(sheet, told, actor=actor, at=at, audience=AUDIENCE)
    save(sheet)
    ref = Ref(HANDOVER, str(sheet.pk), sheet.number)
    audit(f"incidents.handover.{side}", ref, actor=actor, at=at, detail={"open": left})


@command
def confirm_given(number: str, name: str, *, note: str = "", actor: Actor, at: datetime) -> None:
    """The lead who goes confirms the sheet by his name, as it stands now. Raises: Refused, Conflict, Invalid."""
    require(actor, "shift.hand_over")
    sheet = _held(number)
    if actor.account_id != sheet.giver:
        raise Refused("incidents.refused.not_giver")
    _named(actor, name)
    _gather(sheet, actor, at)
    sheet.given_at, sheet.note = at, clean(note)[:MAX_WORDS]
    _confirm(sheet, "given", actor=actor, at=at)


@command
def confirm_taken(number: str, name: str, *, actor: Actor, at: datetime) -> None:
    """The lead who comes confirms by his name: what nobody was given is his. The sheet never changes afterwards.

    Raises: Refused for the giver himself; Conflict before it was given, or where something new is open (it then stands on
    the sheet, to be looked at); Invalid.
    """
    require(actor, "shift.hand_over")
    sheet = _held(number)
    taker = _named(actor, name)
    if taker == sheet.giver:
        raise Refused("incidents.refused.two_leads")
    if sheet.given_at is None:
        raise Conflict("incidents.error.sheet_not_given")
    if _missing(sheet, actor, at):
        raise Conflict("incidents.error.sheet_grew")
    _gather(sheet, actor, at)
    sheet.taker, sheet.taken_at = taker, at
    HandoverItem.objects.filter(sheet=sheet, holder__isnull=True).update(holder=taker)
    _confirm(sheet, "taken", actor=actor, at=at)


def _missing(sheet: Handover, actor: Actor, at: datetime) -> bool:
    known = set(HandoverItem.objects.filter(sheet=sheet).values_list("kind", "key"))
    return any((t.kind, t.key) not in known for t in open_now(actor, at))


@command
def bring_up_to_date(number: str, *, actor: Actor, at: datetime) -> int:
    """Put what is open by now on the sheet, marking what was settled; how many are new. Raises: Refused, Conflict."""
    require(actor, "shift.hand_over")
    return _gather(_held(number), actor, at)
