"""Filing a report: from any door, once."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.commitments import commit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.ids import uuid7
from ngomon.core.rows import insert, save
from ngomon.core.search import index
from ngomon.core.secrets import blind, seal_text
from ngomon.core.text import clean
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.directory.terms import Area, Category
from ngomon.processes import commands as processes
from ngomon.processes import queries as process_queries

from ..masking import masked
from ..models import Case, Reporter, Signal
from ..queries import category_of, live_audience, receipt, receipt_of
from ..rules import CLAIM_ALPHABET, MAX_PLACE, MAX_TEXT, budget_of, case_number, cell_of, process_of
from ..terms import CaseOpened, Filing, Receipt, SignalReceived, Status
from .steps import add_pictures, as_reporter, count_with_number, locked, scopes, set_place_in_process

_SIGNAL = (
    "id", "case", "opened", "source", "external_id", "text", "language", "category", "attributes", "lon", "lat",
    "received_at", "salt",
)  # fmt: skip
_REPORTER = ("signal", "case_id", "sealed", "account_blind", "claim_blind", "is_follower", "at")
_CASE = tuple(field.name for field in Case._meta.concrete_fields)


@command
def file_report(filing: Filing, *, actor: Actor, at: datetime) -> Receipt:
    """Take a report in: open a case for it, or add it to the open case that the reporter pointed at.

    Once: the same (source, external_id) gives the first receipt again and changes nothing.
    Raises: Invalid naming the fields; Conflict when the case pointed at is closed.
    Source: QĐ 30/2022/QĐ-UBND (reception: clear words, picture, time and place).
    """
    filing, area, category = _checked(filing, at)
    actor = actor if filing.on_behalf else as_reporter(actor)
    case = _joined_case(filing) or _new_case(filing, area, category, at=at)
    is_new = case.version == 0
    signal_id, salt, commitment = uuid7(), *commit(filing.text)
    if not _write_signal(signal_id, case, filing, salt, at):
        return receipt_of(filing.source, filing.external_id)
    claim_code = _write_reporter(case.id, signal_id, filing, actor=actor, at=at)
    if is_new:
        _open(case, category, filing, actor=actor, at=at)
    case.reports += 1
    received = SignalReceived(str(case.id), str(signal_id), filing.source, is_new)
    emit(case, received, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    add_pictures(case, filing.photos, role="before", at=at, signal_id=signal_id)
    if is_new:
        insert(Case, _CASE, [[getattr(case, name) for name in _CASE]])
    else:
        save(case)
    detail = {"source": filing.source, "new": is_new}
    audit("cases.file_report", case.ref, actor=actor, at=at, detail=detail)
    return receipt(case, at, is_new=is_new, joined=not is_new, claim_code=claim_code)


def _checked(filing: Filing, at: datetime) -> tuple[Filing, Area, Category]:
    """The filing with clean words, its area and category; the proposal decides where none was chosen."""
    wrong: dict[str, str] = {}
    text, place = clean(filing.text), clean(filing.place_words)
    if len(text) > MAX_TEXT:
        wrong["text"] = "cases.error.text_too_long"
    if not text and not filing.photos and not filing.category:
        wrong["text"] = "cases.error.nothing_said"
    if len(place) > MAX_PLACE:
        wrong["place"] = "cases.error.place_too_long"
    day = directory.local_day(at)
    area = directory.area_at(filing.lon, filing.lat, day)
    if area is None:
        wrong["place"] = "cases.error.outside_city"
    category = None
    try:
        category = category_of(text, filing.category, day)
    except NotFound:
        wrong["category"] = "cases.error.unknown_category"
    if category and category.photo_required and filing.source == "page" and not filing.photos:
        wrong["photos"] = "cases.error.photo_needed"
    if wrong or area is None or category is None:
        raise Invalid("cases.error.report", fields=wrong, max=MAX_TEXT)
    external_id = filing.external_id or str(uuid7())
    return replace(filing, text=text, place_words=place, external_id=external_id), area, category


def _joined_case(filing: Filing) -> Case | None:
    if filing.follows is None:
        return None
    case = locked(filing.follows)
    if not case.is_open:
        raise Conflict("cases.error.cannot_join", number=case.number)
    return case


def _new_case(filing: Filing, area: Area, category: Category, *, at: datetime) -> Case:
    return Case(
        id=uuid7(),
        text=masked(filing.text),
        category=category.key,
        area=area.key,
        group=category.group,
        status=Status.RECEIVED,
        place=masked(filing.place_words),
        lon=filing.lon,
        lat=filing.lat,
        cell=cell_of(filing.lon, filing.lat),
        opened_at=filing.reported_at or at,
        reports=0,
    )


def _write_signal(signal_id: UUID, case: Case, filing: Filing, salt: str, at: datetime) -> bool:
    """Write the report word for word; False when this (source, external id) is known already."""
    attributes = json.dumps(dict(filing.attributes), ensure_ascii=False, sort_keys=True)
    said = (filing.source, filing.external_id, filing.text, filing.language, filing.category, attributes)
    row = (signal_id, case.pk, case.pk, *said, filing.lon, filing.lat, at, salt)
    return insert(Signal, _SIGNAL, [row], skip_known=True) == 1


def _write_reporter(case_id: UUID, signal_id: UUID, filing: Filing, *, actor: Actor, at: datetime) -> str:
    """Seal who reported; the claim code for one without account."""
    contact = filing.contact
    who = {"name": contact.name, "phone": contact.phone, "email": contact.email}
    account = "" if filing.on_behalf or actor.account_id is None else str(actor.account_id)
    if account:
        who["account"] = account
    claim_code = ""
    if not account and actor.kind != "system":
        claim_code = filing.claim_code or "".join(secrets.choice(CLAIM_ALPHABET) for _ in range(10))
    sealed = seal_text(json.dumps(who, ensure_ascii=False)) if any(who.values()) else ""
    account_blind = blind(account, "reporter") if account else ""
    claim_blind = blind(claim_code, "claim") if claim_code else ""
    insert(Reporter, _REPORTER, [(signal_id, case_id, sealed, account_blind, claim_blind, False, at)])
    return claim_code


def _open(case: Case, category: Category, filing: Filing, *, actor: Actor, at: datetime) -> None:
    """Number the new case, start its process, make it findable and tell the log."""
    city = directory.city()
    month = at.astimezone(ZoneInfo(city.timezone))
    first = process_queries.definition(process_of(category)).first
    case.step, case.status = first.key, first.status
    n = count_with_number(scopes(case), f"number:{month:%y%m}")
    case.number = case_number(city.case_prefix, month, n)
    case.tail = f"{n:04d}"[-4:]
    routing = directory.route_for(category.key, case.area, month.date())
    moved = processes.start(
        process_of(category),
        case.ref,
        budget=budget_of(category, city.defaults.budget_working_days),
        agency=routing.agency,
        values={"category": category.key, "area": case.area, "source": filing.source},
        actor=actor,
        at=case.opened_at,
    )
    set_place_in_process(case, moved, at)
    opened = CaseOpened(str(case.id), case.number, case.category, case.area, case.group, filing.source)
    emit(case, opened, actor=actor, at=at, audience=live_audience(case))
    index("case", str(case.id), f"{case.number} {case.text} {case.place}", audience="ioc", at=at)
