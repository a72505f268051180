"""Redaction: an editor takes passages or a picture out of a case for good, everywhere they stand.

Rows of the case and of those gathered with it, files and thumbnails, search, messages and what is not sent yet. The log
holds commitments only: the old ones open no more, what is left is committed to anew, every proof stays valid. Nothing
brings it back, so the page shows first what would go and asks twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.commitments import commit
from ngomon.core.engine import engine
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.search import index
from ngomon.core.units import command, current_unit
from ngomon.core.worker import forget_errors
from ngomon.identity.rules import may, require
from ngomon.messages.commands import strike_messages

from ..masking import masked
from ..models import Case, Entry, Picture, Signal
from ..personal import erase_pictures
from ..queries import live_audience
from ..rules.redact import Strike, passages_of, strike_of, too_short
from ..terms import CASE, REDACT_GROUNDS, ContentRedacted, PictureView
from .steps import may_touch


@dataclass(frozen=True, slots=True)
class Struck:
    """One text of a case and what would be left of it. `what` is signal, entry, case or place."""

    what: str
    id: UUID
    was: str
    left: str
    n: int


@dataclass(frozen=True, slots=True)
class Redactable:
    """What redaction would change of a case's texts, and its pictures."""

    struck: tuple[Struck, ...]
    pictures: tuple[PictureView, ...]


def _strike(typed: str) -> Strike:
    """What an editor marked, one passage a line. Raises: Invalid for none, or one that is too short."""
    passages = passages_of(typed)
    if not passages:
        raise Invalid.field("passages", "cases.error.redact_nothing")
    if too_short(passages):
        raise Invalid.field("passages", "cases.error.redact_short")
    return strike_of(passages, [masked(p) for p in passages])


def _group(case_id: UUID, actor: Actor) -> list[Case]:
    """The case, the one it was gathered in, and those gathered in it: their words are the same reports.

    Raises: NotFound for what the duty shift alone may know of.
    """
    into = Case.objects.filter(pk=case_id).values("merged_into")
    wanted = Q(pk=case_id) | Q(merged_into=case_id) | Q(pk__in=into)
    found = list(Case.objects.select_for_update().filter(wanted).order_by("pk"))
    for case in found:
        may_touch(case, actor)
    return found


@command
def try_redaction(case_id: UUID, passages: str, *, actor: Actor) -> Redactable:
    """What redaction would change, without a change; without passages the pictures alone.

    Texts are masked for whoever may not read reports in full. In a unit, as the rows are held. Raises: Refused,
    NotFound, Invalid.
    """
    require(actor, "case.redact")
    cases = _group(case_id, actor)
    if not cases:
        raise NotFound("cases.not_found")
    shown = ("id", "role", "file", "thumbnail", "width", "height", "is_public", "entry_id")
    rows = Picture.objects.filter(case=case_id).order_by("at", "id").values_list(*shown)
    struck = _struck(cases, _strike(passages)) if passages.strip() else []
    if not may(actor, "case.see_unmasked"):
        struck = [replace(found, was=masked(found.was), left=masked(found.left)) for found in struck]
    return Redactable(tuple(struck), tuple(PictureView(*row) for row in rows))


def _struck(cases: Sequence[Case], strike: Strike) -> list[Struck]:
    found: list[Struck] = []
    for case in cases:
        for what, words in (("case", case.text), ("place", case.place)):
            found.append(Struck(what, case.pk, words, strike(words), strike.count(words)))
    for signal in Signal.objects.filter(case__in=cases):
        said = "\n".join([signal.text, *map(str, _values(signal))])
        found.append(Struck("signal", signal.pk, said, strike(said), strike.count(said)))
    for entry in Entry.objects.filter(case__in=cases):
        found.append(Struck("entry", entry.pk, entry.text, strike(entry.text), strike.count(entry.text)))
    return [struck for struck in found if struck.n]


def _values(signal: Signal) -> list[object]:
    held = json.loads(signal.attributes)
    return list(held.values()) if isinstance(held, dict) else []


def _strike_json(body: str, strike: Strike) -> str:
    held = json.loads(body)
    if not isinstance(held, dict):
        return body
    return json.dumps(
        {key: strike(value) if isinstance(value, str) else value for key, value in held.items()},
        ensure_ascii=False,
        sort_keys=True,
    )


def _ground(ground: str) -> None:
    if ground not in REDACT_GROUNDS:
        raise Invalid.field("ground", "cases.error.redact_ground")


@command
def redact_text(case_id: UUID, passages: str, ground: str, *, actor: Actor, at: datetime) -> int:
    """Take passages (one a line) out of everything the house holds of a case; in how many places of its rows.

    Final: nothing brings them back. Raises: Refused, NotFound, Invalid where they are nowhere.
    """
    require(actor, "case.redact")
    _ground(ground)
    strike = _strike(passages)
    cases = _group(case_id, actor)
    struck = _struck(cases, strike)
    if not struck:
        raise Invalid.field("passages", "cases.error.redact_not_found")
    engine().erasing()
    current_unit().after.append(engine().erased)
    for case in cases:
        events = _strike_rows(case, strike, ground)
        is_touched = bool(events) or any(s.id == case.pk for s in struck)
        case.text, case.place = strike(case.text), strike(case.place)
        strike_messages(case.ref, strike)
        forget_errors(CASE, str(case.pk))
        if not is_touched:
            continue
        for event, commitment in events or [
            (ContentRedacted(str(case.pk), "case", str(case.pk), ground), "")
        ]:
            emit(case, event, actor=actor, at=at, audience=live_audience(case), commitment=commitment)
        case.save(update_fields=["version", "text", "place"])
        _index(case, at)
        audit("cases.redact", case.ref, actor=actor, at=at, detail={"ground": ground, "n": len(struck)})
    return sum(s.n for s in struck)


def _strike_rows(case: Case, strike: Strike, ground: str) -> list[tuple[ContentRedacted, str]]:
    """Reports and entries without the passages, under new salts; for each an event with the new commitment."""
    told: list[tuple[ContentRedacted, str]] = []
    for signal in Signal.objects.filter(case=case):
        words, attributes = strike(signal.text), _strike_json(signal.attributes, strike)
        if strike.count(signal.text) or strike.count(signal.attributes):
            salt, commitment = commit(words)
            Signal.objects.filter(pk=signal.pk).update(text=words, attributes=attributes, salt=salt)
            told.append((ContentRedacted(str(case.pk), "signal", str(signal.pk), ground), commitment))
    for entry in Entry.objects.filter(case=case):
        if strike.count(entry.text):
            salt, commitment = commit(strike(entry.text))
            Entry.objects.filter(pk=entry.pk).update(text=strike(entry.text), salt=salt)
            told.append((ContentRedacted(str(case.pk), "entry", str(entry.pk), ground), commitment))
    return told


@command
def redact_pictures(
    case_id: UUID, pictures: Sequence[UUID], ground: str, *, actor: Actor, at: datetime
) -> int:
    """Take pictures away for good, also where the same bytes were sent to another case; how many rows went.

    Raises: Refused, Invalid, NotFound for a picture that is not this case's.
    """
    require(actor, "case.redact")
    _ground(ground)
    wanted = Picture.objects.filter(case=case_id, pk__in=pictures)
    digests = {d for pair in wanted.values_list("file", "original") for d in pair if d}
    if not digests or wanted.count() != len(set(pictures)):
        raise NotFound("core.file.gone")
    engine().erasing()
    current_unit().after.append(engine().erased)
    same = Picture.objects.filter(Q(file__in=digests) | Q(original__in=digests))
    rows = list(same.order_by("at", "id"))
    for case in Case.objects.select_for_update().filter(pk__in={p.case_id for p in rows}).order_by("pk"):
        mine = [picture for picture in rows if picture.case_id == case.pk]
        erase_pictures(case, mine)
        for picture in mine:
            event = ContentRedacted(str(case.pk), "picture", str(picture.pk), ground)
            emit(case, event, actor=actor, at=at, audience=live_audience(case))
        case.save(update_fields=["version", "thumbnail", "look"])
        audit("cases.redact", case.ref, actor=actor, at=at, detail={"ground": ground, "pictures": len(mine)})
    return len(rows)


def _index(case: Case, at: datetime) -> None:
    audience = "public" if case.is_public else "ioc"
    index(CASE, str(case.pk), f"{case.number} {case.text} {case.place}", audience=audience, at=at)
