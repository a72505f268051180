"""What cases hold of a person: reports, words, pictures; handed out, and taken away so that every proof stays valid.

The log holds commitments only, so nothing in it changes; rows lose their words and salts. What others said, and what the
offices did, stays: it is the city's record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from ngomon.core import files
from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.events import emit
from ngomon.core.models import FileRow
from ngomon.core.personal import register
from ngomon.core.search import index
from ngomon.core.secrets import blind, open_text
from ngomon.core.texts import text
from ngomon.identity.queries import every_account_of

from .commands.steps import as_reporter, index_question
from .masking import masked
from .models import Case, Entry, Picture, Reporter, Signal
from .queries import live_audience
from .terms import CASE, REPORTER, REPORTERS_KINDS, ContentErased, picture_url


def _blinds(accounts: Iterable[UUID]) -> list[str]:
    return [blind(str(account), "reporter") for account in accounts]


def _signals(accounts: Sequence[UUID]) -> list[Signal]:
    theirs = Reporter.objects.filter(account_blind__in=_blinds(accounts)).values("pk")
    return list(Signal.objects.filter(pk__in=theirs).order_by("received_at", "id"))


def _entries(accounts: Sequence[UUID]) -> list[Entry]:
    """What these accounts wrote as reporters; an entry bears the keyed hash of its writer."""
    rows = Entry.objects.filter(actor_id__in=_blinds(accounts), kind__in=sorted(REPORTERS_KINDS))
    return list(rows.order_by("at", "id"))


def _pictures(signals: Sequence[Signal], entries: Sequence[Entry]) -> list[Picture]:
    wanted = Q(signal_id__in=[s.pk for s in signals]) | Q(entry_id__in=[e.pk for e in entries], role="before")
    return list(Picture.objects.filter(wanted).order_by("at", "id"))


# --- handed out -----------------------------------------------------------------------------------------------------


def export_reports(person_id: UUID, *, actor: Actor, at: datetime) -> dict[str, Any]:  # noqa: ARG001 (the port's)
    """What the person reported, followed and wrote, with the contact that was left."""
    accounts = every_account_of(person_id)
    signals, entries = _signals(accounts), _entries(accounts)
    contacts = dict(Reporter.objects.filter(pk__in=[s.pk for s in signals]).values_list("pk", "sealed"))
    ids = {s.case_id for s in signals} | {e.case_id for e in entries}
    numbers = dict(Case.objects.filter(pk__in=ids).values_list("pk", "number"))
    found = {
        "reports": [
            _report(s, numbers[s.case_id], contacts.get(s.pk, "")) for s in signals if s.source != "follow"
        ],
        "followed": [
            {"case": numbers[s.case_id], "since": s.received_at.isoformat()}
            for s in signals
            if s.source == "follow"
        ],
        "written": [
            {"case": numbers[e.case_id], "kind": e.kind, "text": e.text, "at": e.at.isoformat()}
            for e in entries
        ],
        "pictures": [picture_url(p.file) for p in _pictures(signals, entries)],
    }
    return {name: held for name, held in found.items() if held}


def _report(signal: Signal, number: str, sealed: str) -> dict[str, Any]:
    who = json.loads(open_text(sealed)) if sealed else {}
    return {
        "case": number,
        "text": signal.text,
        "received_at": signal.received_at.isoformat(),
        "by": signal.source,
        "category": signal.category,
        "attributes": json.loads(signal.attributes),
        "lon": signal.lon,
        "lat": signal.lat,
        "contact": {name: who[name] for name in ("name", "phone", "email") if who.get(name)},
    }


def cases_reported_by(person_id: UUID) -> list[tuple[UUID, str]]:
    """The cases in which a person reported or follows, with their numbers, newest first: to tell them who looked."""
    blinds = _blinds(every_account_of(person_id))
    ids = Reporter.objects.filter(account_blind__in=blinds).values("case_id")
    return list(Case.objects.filter(pk__in=ids).order_by("-opened_at").values_list("pk", "number"))


# --- taken away -----------------------------------------------------------------------------------------------------


def erase_reports(person_id: UUID, *, actor: Actor, at: datetime) -> int:
    """Who reported, what was said, written and shown goes; the cases stay, in neutral words where nobody else spoke."""
    accounts = every_account_of(person_id)
    signals, entries = _signals(accounts), _entries(accounts)
    if not signals and not entries:
        return 0
    teller = as_reporter(actor) if actor.person_id == person_id else actor
    pictures = _pictures(signals, entries)
    touched = {s.case_id for s in signals} | {s.opened for s in signals} | {e.case_id for e in entries}
    _empty(signals, entries)
    for case in Case.objects.select_for_update().filter(pk__in=touched).order_by("pk"):
        mine = [s for s in signals if s.opened == case.pk and s.source != "follow"]
        wrote = [e for e in entries if e.case_id == case.pk]
        shown = [p for p in pictures if p.case_id == case.pk]
        erase_pictures(case, shown)
        if mine:
            _say_otherwise(case, mine)
        event = ContentErased(str(case.pk), len(mine), len(wrote), len(shown))
        emit(case, event, actor=teller, at=at, audience=live_audience(case))
        case.save(update_fields=["version", "text", "place", "thumbnail", "look"])
        audience = "public" if case.is_public else "ioc"
        index(CASE, str(case.pk), f"{case.number} {case.text} {case.place}", audience=audience, at=at)
        index_question(case, at)
        audit(
            "cases.erase", case.ref, actor=teller, at=at, detail={"signals": len(mine), "entries": len(wrote)}
        )
    return len(signals) + len(entries) + len(pictures)


def _empty(signals: Sequence[Signal], entries: Sequence[Entry]) -> None:
    """Words, salts, contacts, hashes and codes leave the rows. The id of an outside program may name its user: it goes."""
    for signal in signals:
        signal.text, signal.salt, signal.attributes = "", "", "{}"
        signal.external_id = f"erased:{signal.pk}"
    Signal.objects.bulk_update(signals, ["text", "salt", "attributes", "external_id"], batch_size=500)
    Reporter.objects.filter(pk__in=[s.pk for s in signals]).update(
        sealed="", account_blind="", claim_blind="", kin=""
    )
    Entry.objects.filter(pk__in=[e.pk for e in entries]).update(text="", salt="", actor_id=REPORTER)


def _say_otherwise(case: Case, mine: Sequence[Signal]) -> None:
    """The case's own words were those of its first report: where that was erased, the next one's, else a neutral sentence."""
    said = Signal.objects.filter(opened=case.pk).exclude(source="follow").order_by("received_at", "id")
    first = said.values_list("pk", flat=True).first()
    if first not in {s.pk for s in mine}:
        return
    others = said.exclude(text="").values_list("text", flat=True).first()
    case.text = masked(others) if others else text("cases.erased.words", "vi")
    case.place = ""


def erase_pictures(case: Case, gone: Sequence[Picture]) -> None:
    """Rows and bytes; what somebody else sent too stays theirs."""
    if not gone:
        return
    digests = {d for p in gone for d in (p.file, p.thumbnail, p.original, p.original_thumbnail) if d}
    Picture.objects.filter(pk__in=[p.pk for p in gone]).delete()
    left = Picture.objects.filter(case=case).order_by("at", "id")
    kept = {
        d for pair in left.values_list("file", "thumbnail", "original", "original_thumbnail") for d in pair
    }
    rows = FileRow.objects.filter(ref_kind=CASE, ref_key=str(case.pk), digest__in=digests - kept)
    files.erase(rows.values_list("id", flat=True))
    if case.thumbnail not in kept:
        first = left.filter(role="before").values_list("thumbnail", "look").first()
        case.thumbnail, case.look = first or ("", "")


register("cases", export=export_reports, erase=erase_reports)
