"""What cases keep for a time: who reported, what was said word for word, the pictures; by how the case ended.

Of an ordinary case the public, masked words and the city's own answers stay: they are the city's record. Of a report that
was not taken up, or was guided elsewhere, nothing of the reporter stays. The log keeps commitments only, so every proof
stays valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.events import emit
from ngomon.core.retention import Found, Window, register
from ngomon.core.search import index
from ngomon.core.texts import text

from .models import Case, Entry, Picture, Reporter, Signal
from .personal import erase_pictures
from .queries import live_audience
from .terms import CASE, REPORTER, REPORTERS_KINDS, ContentExpired

WALK = 100
FIRST = 20

_REJECTED = Q(outcome="rejected")
_DENOUNCED = Q(outcome="guided:denunciation")
_GUIDED = (Q(outcome="referred") | Q(outcome__startswith="guided:")) & ~_DENOUNCED
_ORDINARY = ~(_REJECTED | _DENOUNCED | _GUIDED)

_WHO = Exists(
    Reporter.objects.filter(case_id=OuterRef("pk")).exclude(
        sealed="", account_blind="", claim_blind="", kin=""
    )
)
_SAID = Exists(
    Signal.objects.filter(case=OuterRef("pk")).exclude(source="follow").exclude(text="", attributes="{}")
) | Exists(Entry.objects.filter(case=OuterRef("pk"), kind__in=sorted(REPORTERS_KINDS)).exclude(text=""))
_SHOWN = Exists(Picture.objects.filter(case=OuterRef("pk"), role="before"))


def _ids(held: frozenset[str]) -> list[UUID]:
    found = []
    for key in held:
        try:
            found.append(UUID(key))
        except ValueError:
            continue
    return found


def _place(key: UUID, closed_at: datetime | None) -> str:
    return f"{closed_at.isoformat()}|{key}" if closed_at else ""


class Closed:
    """One kind of things in closed cases of one ending. See `core.retention.Held`."""

    def __init__(self, what: str, ending: Q, has: Any, parts: Sequence[str]) -> None:
        self.what, self.ending, self.has, self.parts = what, ending, has, frozenset(parts)

    def _due(self, before: datetime) -> QuerySet[Case]:
        closed = Case.objects.filter(closed_at__lt=before, is_open=False)
        return closed.filter(self.ending).filter(self.has)

    def found(self, before: datetime, held: frozenset[str]) -> Found:
        due, ids = self._due(before), _ids(held)
        free = due.exclude(pk__in=ids)
        oldest = free.order_by("closed_at", "id").values_list("closed_at", flat=True).first()
        # What only the duty shift may know of is counted here, and not named.
        named = free.filter(is_secret=False).order_by("closed_at", "id")
        first = tuple(named.values_list("number", flat=True)[:FIRST])
        kept = due.filter(pk__in=ids).count() if ids else 0
        return Found(free.count(), oldest, first, kept)

    def window(self, before: datetime, held: frozenset[str], after: str) -> Window:
        """By the instant of closing, along an index, whatever is due of it, so that each step costs the same."""
        rows = Case.objects.filter(closed_at__lt=before)
        if after:
            at, _, key = after.partition("|")
            since = datetime.fromisoformat(at)
            rows = rows.filter(closed_at__gte=since).exclude(closed_at=since, pk__lte=UUID(key))
        walked = list(rows.order_by("closed_at", "id").values_list("pk", "closed_at")[:WALK])
        wanted = self._due(before).filter(pk__in=[pk for pk, _ in walked]).exclude(pk__in=_ids(held))
        keys = tuple(str(pk) for pk in wanted.order_by("closed_at", "id").values_list("pk", flat=True))
        end = _place(*walked[-1]) if len(walked) == WALK else ""
        return Window(keys, end)

    def destroy(self, keys: tuple[str, ...], *, actor: Actor, at: datetime) -> None:
        cases = Case.objects.select_for_update().filter(pk__in=keys).order_by("pk")
        ids = [UUID(key) for key in keys]
        if "who" in self.parts:
            _forget_who(ids)
        if "said" in self.parts:
            _forget_said(ids)
        for case in cases:
            if "shown" in self.parts:
                erase_pictures(case, list(Picture.objects.filter(case=case, role="before")))
            if "said" in self.parts and ("case" in self.parts or not case.is_public):
                case.text, case.place = text("cases.expired.words", "vi"), ""
            event = ContentExpired(str(case.pk), self.what)
            emit(case, event, actor=actor, at=at, audience=live_audience(case))
            case.save(update_fields=["version", "text", "place", "thumbnail", "look"])
            audience = "public" if case.is_public else "ioc"
            index(CASE, str(case.pk), f"{case.number} {case.text} {case.place}", audience=audience, at=at)
            audit("cases.expire", case.ref, actor=actor, at=at, detail={"what": self.what})


def _forget_who(keys: Sequence[UUID]) -> None:
    """Contacts and hashes; the id of an outside program may name its user, that of a follower bears a hash."""
    Reporter.objects.filter(case_id__in=keys).update(sealed="", account_blind="", claim_blind="", kin="")
    wrote = Entry.objects.filter(case__in=keys, kind__in=sorted(REPORTERS_KINDS))
    wrote.update(actor_id=REPORTER)
    signals = list(Signal.objects.filter(case__in=keys).only("pk", "external_id"))
    for signal in signals:
        signal.external_id = f"erased:{signal.pk}"
    Signal.objects.bulk_update(signals, ["external_id"], batch_size=500)


def _forget_said(keys: Sequence[UUID]) -> None:
    Signal.objects.filter(case__in=keys).update(text="", salt="", attributes="{}")
    Entry.objects.filter(case__in=keys, kind__in=sorted(REPORTERS_KINDS)).update(text="", salt="")


_WHOLE = ("who", "said", "shown", "case")
register("reporter_identity", Closed("reporter_identity", _ORDINARY, _WHO, ["who"]))
register("report_words", Closed("report_words", _ORDINARY, _SAID, ["said"]))
register("report_photos", Closed("report_photos", _ORDINARY, _SHOWN, ["shown"]))
register("rejected_report", Closed("rejected_report", _REJECTED, Q(_WHO) | Q(_SAID) | Q(_SHOWN), _WHOLE))
register("guided_case", Closed("guided_case", _GUIDED, Q(_WHO) | Q(_SAID) | Q(_SHOWN), _WHOLE))
register("denunciation", Closed("denunciation", _DENOUNCED, Q(_WHO) | Q(_SAID) | Q(_SHOWN), _WHOLE))
