"""Filing a report: from any door, once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
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
from ngomon.directory.terms import Area, Category, Group
from ngomon.processes import commands as processes
from ngomon.processes import queries as process_queries

from ..calling import call_for, group_of, severity
from ..exit_queries import presumed_exit
from ..kinship import kin_of
from ..masking import masked
from ..models import Case, Reporter, Signal
from ..near import candidates, settings
from ..queries import category_of, danger_words, live_audience, receipt, receipt_of
from ..rules import CLAIM_ALPHABET, MAX_PLACE, MAX_TEXT, SHOWN, case_number, cell_of, process_of
from ..terms import (
    Candidate,
    CaseKind,
    CaseOpened,
    Filing,
    Joined,
    PlaceSource,
    Receipt,
    SignalLinked,
    SignalReceived,
    Status,
)
from .kinds import budget_of_kind, checked_kind, prefix_of
from .steps import NOWHERE, add_pictures, as_reporter, count_with_number, locked, scopes, set_place_in_process

_SIGNAL = (
    "id", "case", "opened", "source", "external_id", "text", "language", "category", "attributes", "lon", "lat",
    "received_at", "salt", "joined",
)  # fmt: skip
_REPORTER = ("signal", "case_id", "sealed", "account_blind", "claim_blind", "kin", "is_follower", "at")
_CASE = tuple(field.name for field in Case._meta.concrete_fields)


@command
def file_report(filing: Filing, *, actor: Actor, at: datetime) -> Receipt:
    """Take a report in: open a case for it, or add it to an open one: that the reporter pointed at, or surely the same.

    Once: the same (source, external_id) gives the first receipt again and changes nothing.
    Raises: Invalid naming the fields; Conflict when the case pointed at is closed.
    Source: QĐ 30/2022/QĐ-UBND (reception: clear words, picture, time and place).
    """
    filing, area, category = _checked(filing, at)
    actor = actor if filing.on_behalf else as_reporter(actor)
    made = new_case(filing, area.key if area else "", category, at=at)
    alike = _alike(made, filing) if area is not None else []
    case, joined = _case_for(filing, category, made, alike)
    case = case or made
    is_new = not joined
    signal_id, salt, commitment = uuid7(), *commit(filing.text)
    if not write_signal(signal_id, case, filing, salt, at, joined=joined):
        return receipt_of(filing.source, filing.external_id)
    claim_code = write_reporter(case.id, signal_id, filing, actor=actor, at=at)
    if is_new:
        open_case(case, category, filing.source, actor=actor, at=at, agency=filing.agency)
        if case.group == Group.INSTANT:
            agency = filing.agency or _proposed(case, at)
            call_for(case, severity(filing, category, at), agency, actor=actor, at=at)
    case.reports += 1
    received = SignalReceived(str(case.id), str(signal_id), filing.source, is_new)
    emit(case, received, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
    if joined is Joined.AUTOMATIC:
        linked = SignalLinked(str(case.id), str(signal_id), f"{alike[0].score:.3f}")
        emit(case, linked, actor=actor, at=at, audience=live_audience(case))
    add_pictures(case, filing.photos, role="before", at=at, signal_id=signal_id)
    if is_new:
        insert_case(case)
    else:
        save(case)
    detail = {"source": filing.source, "new": is_new, **({"joined": str(joined)} if joined else {})}
    audit("cases.file_report", case.ref, actor=actor, at=at, detail=detail)
    told = receipt(case, at, is_new=is_new, joined=bool(joined), claim_code=claim_code)
    others = tuple(c for c in alike if c.case_id != case.id)
    return replace(told, linked=joined is Joined.AUTOMATIC, similar=others)


def _checked(filing: Filing, at: datetime) -> tuple[Filing, Area | None, Category]:
    """The filing with clean words, its area and category; the proposal decides where none was chosen."""
    if filing.kind != CaseKind.REPORT:
        return checked_kind(filing, at)
    wrong: dict[str, str] = {}
    text, place = clean(filing.text), clean(filing.place_words)
    if len(text) > MAX_TEXT:
        wrong["text"] = "cases.error.text_too_long"
    if not text and not filing.photos and not filing.category:
        wrong["text"] = "cases.error.nothing_said"
    if filing.place_source and filing.place_source not in set(PlaceSource):
        raise ValueError(filing.place_source)
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


def _alike(made: Case, filing: Filing) -> list[Candidate]:
    """Open cases that may be the same thing, best first. Compared are masked words: that is what cases hold."""
    return candidates(
        lon=filing.lon,
        lat=filing.lat,
        text=made.text,
        category=made.category,
        at=made.opened_at,
        most=1,
        public=SHOWN,
        place=made.place,
        uncertain_m=float(filing.place_radius_m or 0),
        looks=tuple(int(photo.look, 16) for photo in filing.photos if photo.look),
    )


def _case_for(
    filing: Filing, category: Category, made: Case, alike: Sequence[Candidate]
) -> tuple[Case | None, Joined | None]:
    """The open case that the report joins: the one pointed at, else the one that is surely the same; None for its own."""
    if filing.follows is not None:
        case = locked(filing.follows)
        if not case.is_open:
            raise Conflict("cases.error.cannot_join", number=case.number)
        return case, Joined.CHOSEN
    if not alike or made.is_secret or not _may_link(filing, category, alike[0]):
        return None, None
    case = locked(alike[0].case_id)
    return (case, Joined.AUTOMATIC) if case.is_open else (None, None)


def _may_link(filing: Filing, category: Category, best: Candidate) -> bool:
    """Whether a report is linked by itself: where the city wants it and it is sure. Never what the desk writes down (the
    operator was shown the candidates), and never where life may be in danger: that is looked at by a person, each time."""
    wanted = settings()
    if filing.kind != CaseKind.REPORT:
        return False
    if not wanted.automatic or filing.on_behalf or filing.source == "desk":
        return False
    if not wanted.links.is_met(
        score=best.score, share=best.share, overlap=best.overlap, metres=best.distance_m
    ):
        return False
    return category.group == Group.TIMED and not danger_words(filing.text)


def new_case(filing: Filing, area: str, category: Category, *, at: datetime) -> Case:
    """The row of a case for a report, not yet numbered nor written. `area`: empty where no place is known."""
    exit, is_secret = presumed_exit(filing.text)
    is_hidden = is_secret or not area
    return Case(
        id=uuid7(),
        text=masked(filing.text),
        category=category.key,
        area=area,
        group=group_of(filing, category, at),
        status=Status.RECEIVED,
        place=masked(filing.place_words),
        lon=filing.lon,
        lat=filing.lat,
        place_radius_m=filing.place_radius_m,
        place_source=filing.place_source,
        cell=NOWHERE if is_hidden else cell_of(filing.lon, filing.lat),
        opened_at=filing.reported_at or at,
        reports=0,
        kind=filing.kind,
        exit=exit,
        is_secret=is_secret,
    )


def _proposed(case: Case, at: datetime) -> str:
    """The agency that the table names; empty where none could be called for it."""
    return directory.route_for(case.category, case.area or None, directory.local_day(at)).agency


def insert_case(case: Case) -> None:
    """Write the row of a new case."""
    insert(Case, _CASE, [[getattr(case, name) for name in _CASE]])


def write_signal(
    signal_id: UUID, case: Case, filing: Filing, salt: str, at: datetime, *, joined: Joined | None = None
) -> bool:
    """Write the report word for word; False when this (source, external id) is known already."""
    attributes = json.dumps(dict(filing.attributes), ensure_ascii=False, sort_keys=True)
    said = (filing.source, filing.external_id, filing.text, filing.language, filing.category, attributes)
    row = (signal_id, case.pk, case.pk, *said, filing.lon, filing.lat, at, salt, str(joined or ""))
    return insert(Signal, _SIGNAL, [row], skip_known=True) == 1


def write_reporter(case_id: UUID, signal_id: UUID, filing: Filing, *, actor: Actor, at: datetime) -> str:
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
    kin = kin_of(filing, actor=actor, at=at)
    insert(Reporter, _REPORTER, [(signal_id, case_id, sealed, account_blind, claim_blind, kin, False, at)])
    return claim_code


def _kept(case: Case) -> dict[str, str]:
    """Who alone hears of the process of a case that only the duty shift may know of."""
    return {"audience": " ".join(live_audience(case))} if case.is_secret else {}


def _process(category: Category, group: str) -> str:
    """The definition of the group; the timed one where the category's service has none for minutes."""
    wanted = process_of(category, group)
    try:
        process_queries.definition(wanted)
    except NotFound:
        return process_of(category, Group.TIMED)
    return wanted


def open_case(
    case: Case, category: Category, source: str, *, actor: Actor, at: datetime, agency: str = ""
) -> None:
    """Number the new case, start its process, make it findable and tell the log."""
    city = directory.city()
    month = at.astimezone(ZoneInfo(city.timezone))
    process = _process(category, case.group)
    first = process_queries.definition(process).first
    case.step, case.status = first.key, first.status
    prefix = prefix_of(case.kind, city)
    counted = f"number:{month:%y%m}" if prefix == city.case_prefix else f"number:{prefix}:{month:%y%m}"
    n = count_with_number(scopes(case), counted)
    case.number = case_number(prefix, month, n)
    case.tail = f"{n:04d}"[-4:]
    routing = directory.route_for(category.key, case.area, month.date())
    moved = processes.start(
        process,
        case.ref,
        budget=budget_of_kind(case, category, city),
        agency=agency or routing.agency,
        values={"category": category.key, "area": case.area, "source": source, **_kept(case)},
        actor=actor,
        at=case.opened_at,
        clock_from=None if case.group == Group.INSTANT else directory.taken_up_at(case.opened_at),
    )
    set_place_in_process(case, moved, at)
    opened = CaseOpened(str(case.id), case.number, case.category, case.area, case.group, source)
    emit(case, opened, actor=actor, at=at, audience=live_audience(case))
    index("case", str(case.id), f"{case.number} {case.text} {case.place}", audience="ioc", at=at)
