"""Reads of cases: for the public, for the reporter, for whoever has a right. Lists cost one statement and a count."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from ngomon.core.actors import Actor
from ngomon.core.audit import audit_look
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.ids import Ref, plain_number
from ngomon.core.rows import key_of
from ngomon.core.search import find
from ngomon.core.secrets import blind, open_text
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.directory.terms import Group
from ngomon.identity import queries as identity
from ngomon.identity.rules import may, permissions
from ngomon.processes import queries as processes

from .evidence import evidence_for as evidence_for
from .kin import family_of as family_of
from .kin import joined_words
from .kin import reused_pictures as reused_pictures
from .kin import same_as as same_as
from .learned import Service as Service
from .learned import corrections as corrections
from .learned import has_model as has_model
from .learned import in_service as in_service
from .learned import models as models
from .masking import masked
from .models import Case, Entry, Picture, Reporter, Signal, Tally
from .near import candidates as candidates
from .proposals import category_of as category_of
from .proposals import danger_words as danger_words
from .proposals import learning as learning
from .proposals import live_model as live_model
from .proposals import propose as propose
from .proposals import propose_agency as propose_agency
from .proposals import urgency_of as urgency_of
from .rules import is_reference
from .rules.place import chosen_key as chosen_key
from .rules.place import only_reading as only_reading
from .rules.place import placed as placed
from .terms import (
    CASE,
    REPORTERS_KINDS,
    AgencyStanding,
    Audience,
    CaseLine,
    CasePage,
    CaseView,
    Contact,
    EntryView,
    PictureView,
    Receipt,
    SignalView,
)
from .trial import routing_trial as routing_trial

PAGE = 50
_LINE = (
    "id", "number", "text", "category", "area", "agency", "step", "status", "opened_at", "due_at", "closed_at",
    "lon", "lat", "thumbnail", "reports", "rating", "place", "version", "holder", "queue_at", "kind",
    "place_radius_m", "place_source", "urgency",
)  # fmt: skip


def live_audience(case: Case) -> list[str]:
    """Who hears of this case's events as they happen."""
    if case.is_secret:
        return [f"role:{role}" for role in sorted(permissions()["case.see_secret"].roles)]
    keys = ["ioc", f"case:{case.id}"]
    if case.agency:
        keys.append(f"agency:{case.agency}")
    if case.is_public:
        keys.append("public")
    return keys


def staff_audience(case_id: UUID) -> list[str]:
    """Those of the offices who may see a case, for signs that nobody else hears."""
    row = Case.objects.filter(pk=case_id).only("agency", "is_secret").first()
    if row is None:
        return []
    return [key for key in live_audience(row) if key.startswith(("role:", "ioc", "agency:"))]


# --- receipts -----------------------------------------------------------------------------------------------------------


def taken_up_at(group: str, received_at: datetime) -> datetime | None:
    """When a report that came in then is taken up, where the desk is closed for what is not urgent; else None."""
    return None if group == Group.INSTANT else directory.taken_up_at(received_at)


def acknowledged_by(received_at: datetime, group: str = Group.TIMED) -> datetime:
    """By when the centre confirms a report that came in then; at night, counted from when the desk opens."""
    opens = taken_up_at(group, received_at) or received_at
    return opens + timedelta(minutes=directory.city().defaults.acknowledge_minutes)


def receipt(
    case: Case, received_at: datetime, *, is_new: bool, joined: bool, claim_code: str = ""
) -> Receipt:
    """What a reporter gets for a report that is in the case."""
    return Receipt(
        case_id=case.id,
        number=case.number,
        is_new=is_new,
        category=case.category,
        agency=case.agency,
        acknowledged_by_at=acknowledged_by(received_at, case.group),
        taken_up_at=taken_up_at(case.group, received_at),
        due_at=case.due_at,
        claim_code=claim_code,
        joined=joined,
    )


def receipt_of(source: str, external_id: str) -> Receipt:
    """The receipt of a report that was taken before. Raises: NotFound."""
    signal = Signal.objects.filter(source=source, external_id=external_id).select_related("case").first()
    if signal is None:
        raise NotFound("cases.not_found")
    return receipt(signal.case, signal.received_at, is_new=False, joined=False)


# --- lists ---------------------------------------------------------------------------------------------------------------


def _cursor(values: Sequence[Any]) -> str:
    plain = json.dumps([v.isoformat() if isinstance(v, datetime) else str(v) for v in values])
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Raises: Invalid for a cursor that we did not give."""
    try:
        at, key = json.loads(base64.urlsafe_b64decode(cursor[:300] + "=" * (-len(cursor[:300]) % 4)))
        return datetime.fromisoformat(at).astimezone(UTC), UUID(str(key))
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise Invalid.field("cursor", "cases.error.cursor") from error


def _newest(found: QuerySet[Case], cursor: str, size: int) -> tuple[list[CaseLine], str]:
    """A page by time of opening, newest first; one statement whatever the depth."""
    if cursor:
        at, key = _read_cursor(cursor)
        found = found.filter(Q(opened_at__lte=at) & (Q(opened_at__lt=at) | Q(id__lt=key)))
    rows = list(found.order_by("-opened_at", "-id").values_list(*_LINE)[: size + 1])
    lines = [CaseLine(*row) for row in rows[:size]]
    more = len(rows) > size
    return lines, _cursor((lines[-1].opened_at, lines[-1].id)) if more else ""


def _by_due(found: QuerySet[Case], cursor: str, size: int) -> tuple[list[CaseLine], str]:
    """A page by due time, most urgent first."""
    if cursor:
        at, key = _read_cursor(cursor)
        found = found.filter(Q(queue_at__gte=at) & (Q(queue_at__gt=at) | Q(id__gt=key)))
    rows = list(found.order_by("queue_at", "id").values_list(*_LINE)[: size + 1])
    lines = [CaseLine(*row) for row in rows[:size]]
    return lines, _cursor((lines[-1].queue_at, lines[-1].id)) if len(rows) > size else ""


def _total(*scopes: str) -> int:
    return sum(Tally.objects.filter(scope__in=scopes).values_list("n", flat=True))


def public_cases(
    *,
    cursor: str = "",
    size: int = PAGE,
    status: str = "",
    category: str = "",
    area: str = "",
    agency: str = "",
) -> CasePage:
    """What everybody may see, newest first. The total is exact where one filter or none is set, else unknown."""
    found = Case.objects.filter(is_public=True)
    filters = {"status": status, "category": category, "area": area, "agency": agency}
    chosen = {key: value for key, value in filters.items() if value}
    lines, more = _newest(found.filter(**chosen), cursor, min(size, 200))
    total = None
    if not chosen:
        total = _total("public")
    elif list(chosen) == ["status"]:
        total = _total(f"public:status:{status}")
    return CasePage(tuple(lines), more, "", total)


def all_cases(*, actor: Actor, cursor: str = "", size: int = PAGE, **filters: str) -> CasePage:
    """Every case of the city for IOC staff, an agency's own for its people. Raises: Refused."""
    found = _visible_to(actor)
    chosen = {key: value for key, value in filters.items() if value}
    lines, more = _newest(found.filter(**chosen), cursor, min(size, 200))
    counted = ["all", "secret"] if may(actor, "case.see_secret") else ["all"]
    total = _total(*counted) if not chosen and may(actor, "case.see_all") else None
    return CasePage(tuple(lines), more, "", total)


def _visible_to(actor: Actor) -> QuerySet[Case]:
    if may(actor, "case.see_all"):
        return Case.objects.all() if may(actor, "case.see_secret") else Case.objects.filter(is_secret=False)
    agencies = actor.agencies()
    if not agencies:
        raise Refused("cases.error.staff_only")
    return Case.objects.filter(agency__in=sorted(agencies), is_secret=False)


def waiting_counts(*, actor: Actor, steps: Iterable[str], more: Iterable[str] = ()) -> dict[str, int]:
    """How many open cases wait at each step, from the counters, and the counters named besides; one statement."""
    wanted = list(steps)
    if may(actor, "case.see_all"):
        kept = ("", "secret:") if may(actor, "case.see_secret") else ("",)
        scopes = {f"{before}step:{step}": step for step in wanted for before in kept}
    else:
        scopes = {f"agency:{a}:step:{step}": step for a in actor.agencies() for step in wanted}
    scopes |= {scope: scope for scope in more}
    counts = dict.fromkeys(scopes.values(), 0)
    for scope, n in Tally.objects.filter(scope__in=list(scopes)).values_list("scope", "n"):
        counts[scopes[scope]] += n
    return counts


def my_cases(*, actor: Actor, size: int = PAGE) -> list[CaseLine]:
    """What this account reported or follows, newest first."""
    if actor.account_id is None:
        return []
    mine = Reporter.objects.filter(account_blind=blind(str(actor.account_id), "reporter"))
    ids = list(mine.order_by("-at").values_list("case_id", flat=True)[:size])
    rows = Case.objects.filter(id__in=ids).order_by("-opened_at").values_list(*_LINE)
    return own_words([CaseLine(*row) for row in rows], _proofs(actor, ""))


def own_words(lines: Sequence[CaseLine], proofs: Q) -> list[CaseLine]:
    """The lines as these reporters may read them: of a case that they joined, and that is not public, their own words."""
    own = joined_words([line.id for line in lines], proofs)
    return [
        replace(line, text=own[line.id].text, place="", thumbnail=own[line.id].thumbnail)
        if line.id in own
        else line
        for line in lines
    ]


def find_cases(text: str, *, actor: Actor, limit: int = 30) -> list[CaseLine]:
    """Cases by number, its last four digits, or words (tone marks ignored); public ones for the public."""
    digits = is_reference(text)
    seen = Case.objects.filter(is_public=True) if not actor.is_staff else _visible_to(actor)
    if digits:
        rows = seen.filter(tail=digits[-4:]).order_by("-opened_at").values_list(*_LINE)[:limit]
        return [
            line for line in (CaseLine(*row) for row in rows) if line.number.replace("-", "").endswith(digits)
        ]
    audiences = ["public", "ioc"] if actor.is_staff else ["public"]
    keys = [UUID(key) for _, key in find(text, kinds=[CASE], audiences=audiences, limit=limit * 4)]
    rows = seen.filter(id__in=keys).order_by("-opened_at").values_list(*_LINE)[:limit]
    return [CaseLine(*row) for row in rows]


def map_points(
    *, box: tuple[float, float, float, float], actor: Actor, limit: int = 3000
) -> list[tuple[str, float, float, str, str]]:
    """Number, lon, lat, status and category of cases in a box (west, south, east, north), newest first."""
    west, south, east, north = box
    found = _visible_to(actor) if actor.is_staff else Case.objects.filter(is_public=True)
    found = found.filter(lon__range=(west, east), lat__range=(south, north), merged_into__isnull=True)
    rows = found.exclude(area="").order_by("-opened_at")[:limit]
    return list(rows.values_list("number", "lon", "lat", "status", "category"))


# --- one case ------------------------------------------------------------------------------------------------------------


def case_id_of(number: str) -> UUID:
    """The id behind a case number. Raises: NotFound."""
    found = key_of(Case, "number", plain_number(number))
    if found is None:
        raise NotFound("cases.not_found", number=number)
    return found


def public_case(number: str) -> CaseView:
    """What everybody may see of a public case. Raises: NotFound."""
    case = Case.objects.filter(number=plain_number(number), is_public=True).first()
    if case is None:
        raise NotFound("cases.not_found", number=number)
    return _view(case, {Audience.PUBLIC}, reports=False, unmasked=False)


def reporter_case(number: str, *, actor: Actor, claim_code: str = "") -> CaseView:
    """What its reporter may see, proven by account or claim code; one statement decides. Raises: NotFound."""
    theirs = Reporter.objects.filter(_proofs(actor, claim_code)).values("case_id")
    case = Case.objects.filter(number=plain_number(number), pk__in=theirs).first()
    if case is None:
        raise NotFound("cases.not_found", number=number)
    view = _view(case, {Audience.PUBLIC, Audience.REPORTER}, reports=False, unmasked=False)
    proofs = _proofs(actor, claim_code)
    own = {} if case.is_public else joined_words([case.id], proofs)
    if case.id not in own:
        return view
    shown = set(Picture.objects.filter(signal_id__in=own[case.id].signals).values_list("id", flat=True))
    return replace(
        view,
        line=own_words([view.line], proofs)[0],
        entries=tuple(e for e in view.entries if e.kind not in REPORTERS_KINDS),
        pictures=tuple(p for p in view.pictures if p.id in shown),
    )


def staff_case(number: str, *, actor: Actor) -> CaseView:
    """What an officer may see: texts masked for agencies, in full for IOC staff. Raises: NotFound, Refused."""
    case = _visible_to(actor).filter(number=plain_number(number)).first()
    if case is None:
        raise NotFound("cases.not_found", number=number)
    sees_all = may(actor, "case.see_all")
    audiences = {Audience.PUBLIC, Audience.REPORTER, Audience.STAFF} | ({Audience.IOC} if sees_all else set())
    return _view(case, audiences, reports=True, unmasked=may(actor, "case.see_unmasked"))


def is_reporter(case_id: UUID, *, actor: Actor, claim_code: str = "") -> bool:
    """Whether this actor, or whoever knows this code, reported or follows the case."""
    return Reporter.objects.filter(_proofs(actor, claim_code), case_id=case_id).exists()


def _proofs(actor: Actor, claim_code: str) -> Q:
    code = claim_code.strip().upper().replace("-", "")
    own = Q(account_blind=blind(str(actor.account_id), "reporter")) if actor.account_id else Q(pk__in=[])
    return own | Q(claim_blind=blind(code, "claim")) if code else own


def signal_of_reporter(case_id: UUID, joined: str, *, actor: Actor, claim_code: str = "") -> UUID | None:
    """The newest report in a case that this actor, or whoever knows this code, sent, and that joined it so."""
    proofs = _proofs(actor, claim_code)
    mine = Reporter.objects.filter(proofs, case_id=case_id, signal__joined=joined).order_by("-at")
    return mine.values_list("signal_id", flat=True).first()


def merged_for(number: str, *, actor: Actor, claim_code: str = "") -> str:
    """Where the report that this reader filed under a number went by merging: that case's number, empty for nowhere."""
    merged = Case.objects.filter(number=plain_number(number), merged_into__isnull=False).values("id")
    mine = Reporter.objects.filter(_proofs(actor, claim_code), signal__opened__in=merged).values("case_id")
    found = Case.objects.filter(pk__in=mine).exclude(pk__in=merged).values_list("number", flat=True)
    return found.first() or ""


def case_of_claim(claim_code: str) -> str:
    """The number of the case that a claim code belongs to. Raises: NotFound."""
    code = claim_code.strip().upper().replace("-", "").replace(" ", "")
    # One statement, whether there is such a code or not: the time it takes tells nothing.
    of = Reporter.objects.filter(claim_blind=blind(code, "claim")).values("case_id")
    number = Case.objects.filter(pk__in=of).values_list("number", flat=True).first()
    if not code or number is None:
        raise NotFound("cases.error.claim_code")
    return number


def line_of(case: Case) -> CaseLine:
    """A case's row as a list shows it."""
    return CaseLine(*(getattr(case, name) for name in _LINE))


def _view(case: Case, audiences: set[Audience], *, reports: bool, unmasked: bool) -> CaseView:
    entries = Entry.objects.filter(case=case, audience__in=sorted(audiences)).order_by("at", "id")
    pictures = Picture.objects.filter(case=case).order_by("at", "id")
    if not reports and Audience.REPORTER not in audiences:
        pictures = pictures.filter(is_public=True)
    merged = ""
    if case.merged_into:
        merged = Case.objects.filter(pk=case.merged_into).values_list("number", flat=True).first() or ""
    fields = ("id", "kind", "text", "code", "agency", "at", "audience", "is_current")
    shown = ("id", "role", "file", "thumbnail", "width", "height", "is_public", "entry_id")
    return CaseView(
        line=line_of(case),
        entries=tuple(_entry(EntryView(*row), unmasked) for row in entries.values_list(*fields)),
        pictures=tuple(PictureView(*row) for row in pictures.values_list(*shown)),
        signals=_signals(case, unmasked) if reports else (),
        outcome=case.outcome,
        commit_until_on=case.commit_until_on,
        merged_into=merged,
        reopened=case.reopened,
        answered_at=case.answered_at,
        exit=case.exit,
        is_secret=case.is_secret,
        group=case.group,
    )


def _entry(view: EntryView, unmasked: bool) -> EntryView:
    """What a reporter wrote is masked as the report is; what the offices wrote is theirs to answer for."""
    return view if unmasked or view.kind not in REPORTERS_KINDS else replace(view, text=masked(view.text))


def _signals(case: Case, unmasked: bool) -> tuple[SignalView, ...]:
    rows = Signal.objects.filter(case=case).order_by("received_at")
    views = [SignalView(*r) for r in rows.values_list("id", "source", "text", "received_at", "language")]
    return tuple(v if unmasked else replace(v, text=masked(v.text)) for v in views)


@command
def reporter_of(case_id: UUID, *, actor: Actor, purpose: str, at: datetime) -> list[Contact]:
    """Who reported, for authorised IOC staff and the system itself; every look is written down.

    Raises: Refused. Source: QĐ 30/2022/QĐ-UBND (secrecy of the sender); Luật 91/2025/QH15.
    """
    if not may(actor, "reporter.see"):
        raise Refused("cases.error.reporter_secret")
    if not purpose.strip():
        raise Invalid.field("purpose", "cases.error.purpose_needed")
    audit_look([Ref(CASE, str(case_id))], actor=actor, at=at, purpose=purpose)
    rows = Reporter.objects.filter(case_id=case_id).values_list("sealed", flat=True)
    opened = [json.loads(open_text(sealed)) for sealed in rows if sealed]
    return [_contact(who) for who in opened]


def _contact(who: dict[str, str]) -> Contact:
    """What was left with the report; for an account its person's name and verified ways."""
    found = Contact(who.get("name", ""), who.get("phone", ""), who.get("email", ""))
    if not who.get("account"):
        return found
    account = UUID(who["account"])
    _, ways = identity.reach_of(account)
    of = {way.kind.value: way.value for way in reversed(ways)}
    return Contact(
        found.name or identity.name_of(account),
        found.phone or of.get("phone", ""),
        found.email or of.get("email", ""),
    )


# --- the overdue board ----------------------------------------------------------------------------------------------------


def standings(at: datetime) -> list[AgencyStanding]:
    """For each agency: open and overdue now; of what it closed, how much in time; how many were content. Base: all time.

    Two statements: counters, and the open cases that are past their time.
    """
    found: dict[str, dict[str, int]] = {}
    for scope, n in Tally.objects.filter(scope__startswith="board:").values_list("scope", "n"):
        _, agency, figure = scope.split(":")
        found.setdefault(agency, {})[figure] = n
    late = Case.objects.filter(is_public=True, is_open=True, due_at__lt=at).exclude(agency="")
    overdue = dict(late.values_list("agency").annotate(Count("id")))
    rows = [
        AgencyStanding(agency=agency, overdue=overdue.get(agency, 0), **{**_NOTHING, **figures})
        for agency, figures in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.overdue, row.agency))


_NOTHING = {"open": 0, "closed": 0, "on_time": 0, "satisfied": 0, "rated": 0}


def asked_case(of: Ref, task: UUID) -> tuple[CaseLine, str]:
    """The case that a consultation is about, and the words of its question. The caller asks for his own agency only."""
    row = Case.objects.filter(pk=UUID(of.key), is_secret=False).values_list(*_LINE).first()
    if row is None:
        raise NotFound("cases.not_found")
    asked = next((c.question for c in processes.consultations(of) if c.id == task), "")
    words = Entry.objects.filter(pk=UUID(asked)).values_list("text", flat=True).first() if asked else ""
    return CaseLine(*row), words or ""


def signals_from(source: str) -> int:
    """How many signals came by a source."""
    return Signal.objects.filter(source=source).count()
