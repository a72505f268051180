"""Reads for the citizen's pages beyond lists and one case: what may be shown, why then, who is told, the board's figures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from django.db.models import Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.audit import audit_look
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.events import history
from ngomon.core.ids import Ref
from ngomon.core.rows import fetch
from ngomon.core.secrets import blind, open_text
from ngomon.core.terms import Recorded
from ngomon.core.units import command
from ngomon.identity.rules import may
from ngomon.processes import queries as processes

from .models import Case, Picture, Reporter, Signal, Statement
from .pictures import is_whole_picture
from .queries import _LINE, PAGE, _newest, _total, _visible_to, own_words
from .terms import CASE, CaseLine, CasePage, Contact, Joined, Status

SHOWS = ("open", "late", "answered", "on_time", "rated", "satisfied")


def public_among(ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the cases that everybody may see; one statement, none for none."""
    wanted = list(ids)
    if not wanted:
        return frozenset()
    return frozenset(Case.objects.filter(id__in=wanted, is_public=True).values_list("id", flat=True))


def shown_cases(
    *,
    at: datetime,
    show: str = "",
    status: str = "",
    category: str = "",
    area: str = "",
    agency: str = "",
    cursor: str = "",
    size: int = PAGE,
) -> CasePage:
    """Public cases, newest first, with the filters of the list and of the board's numbers (`show`: one of SHOWS).

    The total is exact where a counter is kept for what was asked, else unknown. Raises: Invalid for a foreign cursor.
    """
    chosen = {"status": status, "category": category, "area": area, "agency": agency}
    chosen = {key: value for key, value in chosen.items() if value}
    found = _showing(Case.objects.filter(is_public=True, **chosen), show, at)
    lines, more = _newest(found, cursor, min(size, 200))
    total = None
    if not chosen and not show:
        total = _total("public")
    elif list(chosen) == ["status"] and not show:
        total = _total(f"public:status:{status}")
    return CasePage(tuple(lines), more, "", total)


def _showing(found: QuerySet[Case], show: str, at: datetime) -> QuerySet[Case]:
    if show == "open":
        return found.filter(is_open=True)
    if show == "late":
        return found.filter(is_open=True, due_at__lt=at)
    if show == "answered":
        return found.filter(answered_at__isnull=False).exclude(status=Status.RECORDED)
    if show == "on_time":
        return found.filter(answered_at__isnull=False, was_late=False).exclude(status=Status.RECORDED)
    if show == "rated":
        return found.exclude(rating="")
    if show == "satisfied":
        return found.filter(rating__in=["satisfied", "acceptable"])
    return found


def may_see_picture(digest: str, *, actor: Actor, claim_codes: Iterable[str] = ()) -> str:
    """Who may see the picture with this hash: `public`, `mine` when this reader may, `whole` where it is what
    was covered and this reader may redact, empty when not (or there is none)."""
    rows = Picture.objects.filter(Q(file=digest) | Q(thumbnail=digest))
    found = list(rows.values_list("is_public", "case_id")[:20])
    if not found:
        return (
            "whole"
            if (may(actor, "case.redact") or may(actor, "case.see_unmasked")) and is_whole_picture(digest)
            else ""
        )
    if any(is_public for is_public, _ in found):
        return "public"
    cases = {case_id for _, case_id in found}
    if actor.is_staff and _visible_to(actor).filter(id__in=cases).exists():
        return "mine"
    proofs = Q(claim_blind__in=[blind(code, "claim") for code in claim_codes if code])
    if actor.account_id:
        proofs |= Q(account_blind=blind(str(actor.account_id), "reporter"))
    return "mine" if Reporter.objects.filter(proofs, case_id__in=cases).exists() else ""


def events_of(case_id: UUID) -> list[Recorded]:
    """A case's own history, in order; whoever asks has already seen the case."""
    return history(CASE, str(case_id))


def due_why(of: Ref, language: str) -> str:
    """Why a case is due when it is, in words; empty where no process runs."""
    try:
        return processes.deadline_of(of).words(language)
    except NotFound:
        return ""


# --- who is told --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hearer:
    """Somebody who reported or follows a case and can be told: an account, or a bare contact."""

    account: UUID | None
    contact: Contact
    language: str


@command
def hearers_of(case_id: UUID, *, actor: Actor, purpose: str, at: datetime) -> list[Hearer]:
    """Whom to tell about a case, for the system alone; the look at who reported is written down.

    Raises: Invalid for anybody else: people read `reporter_of`.
    """
    if actor.kind != "system":
        raise Invalid("cases.error.reporter_secret")
    audit_look([Ref(CASE, str(case_id))], actor=actor, at=at, purpose=purpose)
    rows = Reporter.objects.filter(case_id=case_id).exclude(sealed="").select_related("signal")
    hearers = []
    seen: set[str] = set()
    for row in rows.order_by("at"):
        who = json.loads(open_text(row.sealed))
        key = who.get("account") or who.get("phone", "") + who.get("email", "")
        if key and key not in seen:
            seen.add(key)
            account = UUID(who["account"]) if who.get("account") else None
            contact = Contact(who.get("name", ""), who.get("phone", ""), who.get("email", ""))
            hearers.append(Hearer(account, contact, row.signal.language))
    return hearers


@dataclass(frozen=True, slots=True)
class Told:
    """What a message to a reporter needs to know of a case."""

    id: UUID
    number: str
    agency: str
    status: str
    due_at: datetime | None
    opened_at: datetime
    commit_until_on: str
    into: str
    group: str = "timed"

    @property
    def ref(self) -> Ref:
        """How the message points at the case."""
        return Ref(CASE, str(self.id), self.number, f"/cases/{self.number}")


def told_of(case_id: UUID) -> Told:
    """The case as its messages tell it. Raises: NotFound."""
    found = fetch(Case, 'WHERE "id" = %s', [case_id])
    if not found:
        raise NotFound("cases.not_found")
    case = found[0]
    until = case.commit_until_on.isoformat() if case.commit_until_on else ""
    into = ""
    if case.merged_into:
        into = Case.objects.filter(pk=case.merged_into).values_list("number", flat=True).first() or ""
    return Told(
        case.id, case.number, case.agency, case.status, case.due_at, case.opened_at, until, into, case.group
    )


def was_linked(signal_id: UUID) -> bool:
    """Whether a report came into its case by itself, so that its reporter can still say that it is another thing."""
    return Signal.objects.filter(pk=signal_id, joined=Joined.AUTOMATIC).exists()


# --- the board ------------------------------------------------------------------------------------------------------------

MEDIAN_DAYS = 90


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """The median time an agency took to answer. Units: days of 24 hours; `n` answers in the last 90 days."""

    days: float
    n: int


def answer_times(at: datetime) -> dict[str, AnswerTime]:
    """By agency, how long answers of the last 90 days took; one statement."""
    since = at - timedelta(days=MEDIAN_DAYS)
    rows = (
        Case.objects.filter(is_public=True, answered_at__gt=since)
        .exclude(agency="")
        .values_list("agency", "opened_at", "answered_at")
    )
    taken: dict[str, list[float]] = {}
    for agency, opened, answered in rows:
        if answered is not None:
            taken.setdefault(agency, []).append((answered - opened).total_seconds() / 86_400)
    return {agency: AnswerTime(median(days), len(days)) for agency, days in taken.items()}


def stated_reasons() -> dict[str, str]:
    """What each agency says about why it is late."""
    return dict(Statement.objects.values_list("agency", "text"))


@dataclass(frozen=True, slots=True)
class Point:
    """A public case on the map. Shape: lon, lat in WGS 84."""

    number: str
    lon: float
    lat: float
    status: str
    category: str
    due_at: datetime | None


def public_points(*, box: tuple[float, float, float, float], limit: int) -> list[Point]:
    """Public cases in a box (west, south, east, north), newest first; one statement."""
    west, south, east, north = box
    found = Case.objects.filter(is_public=True, lon__range=(west, east), lat__range=(south, north))
    rows = found.filter(merged_into__isnull=True).order_by("-opened_at")
    names = ("number", "lon", "lat", "status", "category", "due_at")
    return [Point(*row) for row in rows.values_list(*names)[:limit]]


def claimed_cases(claim_codes: Iterable[str]) -> list[CaseLine]:
    """The cases that these claim codes belong to, newest first; two statements, none for none."""
    blinds = [blind(code, "claim") for code in claim_codes if code]
    if not blinds:
        return []
    ids = Reporter.objects.filter(claim_blind__in=blinds).values_list("case_id", flat=True)
    rows = Case.objects.filter(id__in=list(ids)).order_by("-opened_at").values_list(*_LINE)
    return own_words([CaseLine(*row) for row in rows], Q(claim_blind__in=blinds))
