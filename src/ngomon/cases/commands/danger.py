"""Danger to life: told to the duty desk at once with whatever is known, and more of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.commitments import commit
from ngomon.core.errors import Conflict, Invalid, Refused
from ngomon.core.events import emit
from ngomon.core.ids import uuid7
from ngomon.core.rows import save
from ngomon.core.search import index
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory import queries as directory

from ..masking import masked
from ..models import Case
from ..queries import is_reporter, live_audience
from ..rules import MAX_PLACE, MAX_TEXT, cell_of
from ..terms import CASE, CaseKind, Filing, Receipt, ReportAddedTo
from .intake import file_report, write_reporter, write_signal
from .kinds import danger_category
from .steps import add_pictures, as_reporter, count_moved, locked, scopes

ADDED = "added"


@command
def report_danger(filing: Filing, *, actor: Actor, at: datetime) -> Receipt:
    """Tell the duty desk of danger to life: a place, words for it, a telephone number or an account is enough.

    The case stands before everything else in the queues. Once: as `file_report`.
    Raises: Invalid when neither a place nor a way to call back is known.
    """
    is_account = actor.account_id is not None and not filing.on_behalf
    if not (filing.has_place or clean(filing.place_words) or filing.contact.phone or is_account):
        raise Invalid("cases.error.danger", fields={"place": "cases.error.place_or_phone"})
    return file_report(replace(filing, kind=CaseKind.DANGER), actor=actor, at=at)


@command
def add_to_danger(case_id: UUID, added: Filing, *, actor: Actor, at: datetime) -> None:
    """Who told of danger adds words, the place, what it is, pictures, a number; proven by account or claim code.

    Once: the same (source, external_id) changes nothing. Raises: Refused; Conflict when it is over; Invalid when empty.
    """
    if not is_reporter(case_id, actor=actor, claim_code=added.claim_code):
        raise Refused("cases.error.not_reporter")
    actor = as_reporter(actor)
    case = locked(case_id)
    if case.kind != CaseKind.DANGER or not case.is_open:
        raise Conflict("cases.error.cannot_add", number=case.number)
    text, place = clean(added.text)[:MAX_TEXT], clean(added.place_words)[:MAX_PLACE]
    if not (text or place or added.photos or added.has_place or added.contact.phone or added.category):
        raise Invalid.field("text", "cases.error.nothing_said")
    signal_id, (salt, commitment) = uuid7(), commit(text)
    said = replace(added, text=text, place_words=place, source=ADDED, category=clean(added.category))
    if not write_signal(signal_id, case, said, salt, at):
        return
    write_reporter(case.id, signal_id, said, actor=actor, at=at)
    before = scopes(case)
    _take(case, said, at)
    add_pictures(case, said.photos, role="before", at=at, signal_id=signal_id)
    event = ReportAddedTo(str(case.id), str(signal_id))
    emit(case, event, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    save(case)
    count_moved(case, before)
    audience = "public" if case.is_public else "ioc"
    index(CASE, str(case.id), f"{case.number} {case.text} {case.place}", audience=audience, at=at)
    audit("cases.add_to_danger", case.ref, actor=actor, at=at)


def _take(case: Case, said: Filing, at: datetime) -> None:
    """The case's row learns what was added; the first place stays, a later one is in its words."""
    if said.text:
        case.text = f"{case.text}\n{masked(said.text)}".strip()
    if said.place_words:
        case.place = f"{case.place}; {masked(said.place_words)}".strip("; ")[:MAX_PLACE]
    area = directory.area_at(said.lon, said.lat, directory.local_day(at)) if said.has_place else None
    if area is not None and not case.area:
        case.area, case.lon, case.lat = area.key, said.lon, said.lat
        case.cell = case.cell if case.is_secret else cell_of(said.lon, said.lat)
    last = directory.categories(directory.local_day(at))[-1].key
    if case.category == last:
        case.category = danger_category(said.category, said.text, at).key
