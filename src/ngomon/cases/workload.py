"""Reads of workload: whom a case is proposed to, how the work of an agency and of the city is balanced, who left with work.

Every read counts in the database: the statements do not grow with officers or cases. What is looked at: open matters with
their due time and category, answers of the last half year, posts and absences. Nothing else about anybody.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Q

from ngomon.core.actors import Actor
from ngomon.core.text import fold
from ngomon.directory import queries as directory
from ngomon.identity import queries as identity
from ngomon.identity.rules import may, require
from ngomon.identity.terms import Holder as PostHolder
from ngomon.identity.terms import HoldingShown
from ngomon.processes import queries as processes
from ngomon.processes import workload as work

from .models import Case, Entry
from .rules import workload as rules
from .terms import CASE, CaseLine, EntryKind
from .workload_terms import AgencyLoad, Away, Candidate, Hand, Matter, Move, OfficerLoad, Proposed, Record

LOOKS_BACK = timedelta(days=180)
"""How far back it is looked how an officer did: half a year, as posts change more seldom."""
MONTH = timedelta(days=30)
SOON_DAYS = 3
"""Working days within which something is due soon."""
SAMPLE = 2000
"""How many answered cases the weight of a category is worked out from: the latest."""
KEEPS_S = 600.0
ROLES = ("agency_officer", "agency_clerk", "agency_head")
"""Who may be given a case, in this order: clerks and heads only where an agency has no officer."""


def may_see_figures(actor: Actor, agency: str) -> bool:
    """Whether somebody may see what each officer of an agency has in hand and how he did."""
    return may(actor, "workload.see", agency)


def soon_at(at: datetime) -> datetime:
    """Until when something is due soon."""
    return directory.working_calendar().add_working_days(at, SOON_DAYS)


# --- how much work a category makes ----------------------------------------------------------------------------------

_known: dict[str, tuple[float, dict[str, float]]] = {}


def difficulties(at: datetime) -> dict[str, float]:
    """The weight of a case by category, from how long the latest answered ones took. Kept for ten minutes. One statement."""
    kept = _known.get("")
    if kept is not None and time.monotonic() - kept[0] < KEEPS_S:
        return kept[1]
    found = Case.objects.filter(is_public=True, answered_at__gt=at - LOOKS_BACK, answered_at__lte=at)
    hours: dict[str, list[float]] = {}
    names = ("category", "opened_at", "answered_at")
    for category, opened, answered in found.order_by("-answered_at").values_list(*names)[:SAMPLE]:
        if answered is not None:
            hours.setdefault(category, []).append((answered - opened).total_seconds() / 3600)
    weights = rules.difficulties(hours)
    if weights:
        _known[""] = (time.monotonic(), weights)
    return weights


def matter_of(line: CaseLine, weights: Mapping[str, float]) -> Matter:
    """A case as somebody is looked for it. `weights`: of a case by category, see `difficulties`."""
    return Matter(str(line.id), line.category, line.area, weights.get(line.category, 1.0), line.due_at)


# --- who there is ----------------------------------------------------------------------------------------------------


def hands(accounts: Collection[UUID], at: datetime, *, agency: str = "") -> dict[UUID, Hand]:
    """What each account has in hand: cases weighed by category and due time, whatever else by its due time.

    Two statements, three where the weight of categories has to be looked up.
    """
    until, weights = soon_at(at), difficulties(at)
    others = work.in_hand(accounts, at, until, but=CASE, agency=agency)
    sums = {key: [o.n, o.late, o.soon, rules.weight_of(o.n, o.late, o.soon)] for key, o in others.items()}
    found = Case.objects.filter(holder__in=list(accounts), is_open=True)
    if agency:
        found = found.filter(agency=agency)
    rows = found.values_list("holder", "category").annotate(
        held=Count("id"),
        held_late=Count("id", filter=Q(due_at__lt=at)),
        held_soon=Count("id", filter=Q(due_at__gte=at, due_at__lt=until)),
    )
    for holder, category, n, late, soon in rows.order_by():
        if holder is None:
            continue
        own = sums.setdefault(holder, [0, 0, 0, 0.0])
        weight = rules.weight_of(n, late, soon, weights.get(category, 1.0))
        for i, more in enumerate((n, late, soon, weight)):
            own[i] += more
    given = {key: other.given_at for key, other in others.items()}
    return {key: Hand(int(s[0]), int(s[1]), int(s[2]), s[3], given.get(key)) for key, s in sums.items()}


def records(
    accounts: Iterable[UUID], categories: Collection[str], at: datetime
) -> dict[UUID, dict[str, Record]]:
    """How each account did in these categories within half a year, by the answers it wrote. One statement."""
    names = [str(account) for account in accounts]
    rows = Entry.objects.filter(kind=EntryKind.ANSWER, actor_id__in=names, at__gte=at - LOOKS_BACK)
    in_time = Q(case__due_at__isnull=True) | Q(at__lte=F("case__due_at"))
    counted = (
        rows.filter(case__category__in=list(categories))
        .values_list("actor_id", "case__category")
        .annotate(
            done=Count("case", distinct=True),
            on_time=Count("case", distinct=True, filter=in_time),
            came_back=Count("case", distinct=True, filter=Q(is_current=False, case__reopened__gt=0)),
        )
    )
    found: dict[UUID, dict[str, Record]] = {}
    for name, category, done, on_time, came_back in counted.order_by():
        found.setdefault(UUID(name), {})[category] = Record(done, on_time, came_back)
    return found


def _takers(agency: str, at: datetime, but: UUID | None) -> list[PostHolder]:
    for role in ROLES:
        found = [holder for holder in identity.holders(role, agency, None, at) if holder.account_id != but]
        if found:
            return found
    return []


def _away(accounts: Iterable[UUID], at: datetime) -> dict[UUID, list[Away]]:
    found: dict[UUID, list[Away]] = {}
    for absence in identity.absences_of(accounts, at):
        found.setdefault(absence.account_id, []).append(Away(absence.valid_from, absence.valid_to))
    return found


def _fields(held: Iterable[HoldingShown], categories: Collection[str]) -> frozenset[str]:
    """The categories that the name of a post speaks of: by the first words of the category's group."""
    titles = " ".join(fold(" ".join(holding.title.values())) for holding in held)
    found = []
    for key in categories if titles.strip() else ():
        parent = directory.category(key).parent
        group = directory.category(parent or key).name.get("vi", "").split(",")[0]
        if group and fold(group) in titles:
            found.append(key)
    return frozenset(found)


def candidates(
    agency: str, categories: Collection[str], at: datetime, *, but: UUID | None = None
) -> list[Candidate]:
    """Everybody whom cases of these categories could be given to, absent colleagues too (they may not take).

    Substitutes stand for those who are away. Eight statements, whatever their number.
    """
    there = _takers(agency, at, but)
    staff: dict[UUID, tuple[str, list[HoldingShown]]] = {}
    for holding, name in identity.staff_of(agency, at):
        staff.setdefault(holding.account_id, (name, []))[1].append(holding)
    roles = {holder.role for holder in there}
    missing = {
        key: name
        for key, (name, held) in staff.items()
        if key != but and any(h.role in roles for h in held) and key not in {t.account_id for t in there}
    }
    accounts = [*(holder.account_id for holder in there), *missing]
    in_hand, did = hands(accounts, at), records(accounts, categories, at)
    away = _away(accounts, at)

    def one(key: UUID, name: str, *, may_take: bool, stands_in: UUID | None, area: str = "") -> Candidate:
        held = staff.get(key, ("", []))[1]
        areas = frozenset({h.area for h in held if h.area} | ({area} if area else set()))
        return Candidate(
            key, name, in_hand.get(key, Hand()), did.get(key, {}), areas, _fields(held, categories),
            tuple(away.get(key, ())), staff.get(stands_in, ("", []))[0] if stands_in else "", may_take,
        )  # fmt: skip

    found = [
        one(h.account_id, h.name, may_take=True, stands_in=h.stands_in_for, area=h.area or "") for h in there
    ]
    gone = [one(key, name, may_take=False, stands_in=None) for key, name in missing.items()]
    return [*found, *(each for each in gone if each.away)]


def propose(line: CaseLine, at: datetime) -> list[Proposed]:
    """Whom a case of an agency is best given to, the best first, with the reasons. Nobody the reporter objected to."""
    if not line.agency:
        return []
    barred = work.barred_from(line.ref)
    found = candidates(line.agency, [line.category], at, but=barred)
    return rules.ranked(found, matter_of(line, difficulties(at)), at)


def shared_out(
    lines: Sequence[CaseLine], agency: str, at: datetime, *, but: UUID | None = None
) -> dict[UUID, UUID]:
    """Who of an agency gets which of these cases when they are shared out, the most urgent first; empty where nobody is
    there. Statements do not grow with the cases."""
    found = candidates(agency, sorted({line.category for line in lines}), at, but=but)
    urgent = sorted(lines, key=lambda line: (line.due_at or at + LOOKS_BACK, line.number))
    weights = difficulties(at)
    given = rules.shared([matter_of(line, weights) for line in urgent], found, at)
    return {UUID(key): taker for key, taker in given.items()}


# --- the balance of an agency and of the city -----------------------------------------------------------------------


def _answers_since(accounts: Iterable[UUID], since: datetime, agency: str) -> dict[str, int]:
    rows = Entry.objects.filter(
        kind=EntryKind.ANSWER, actor_id__in=[str(key) for key in accounts], at__gte=since, agency=agency
    )
    return dict(rows.values_list("actor_id").annotate(Count("case", distinct=True)).order_by())


def balance(agency: str, *, actor: Actor, at: datetime) -> list[OfficerLoad]:
    """What each officer of an agency has in hand there, by given name; those last who hold no post there any more.

    Raises: Refused. Nine statements, whatever the number of officers and cases.
    """
    require(actor, "workload.see", agency)
    staff = [(holding, name) for holding, name in identity.staff_of(agency, at) if holding.role in ROLES]
    names = {holding.account_id: name for holding, name in staff}
    # A clerk or a head without work is no line of the balance where there are officers.
    roles = {holding.account_id for holding, _ in staff if holding.role == ROLES[0]}
    held = {account for _, account, _ in work.held_by_agency([agency])}
    left = identity.names_of(held - set(names))
    shown = [key for key in names if key in roles or key in held or not roles] + list(left)
    names |= left
    in_hand = hands(shown, at, agency=agency)
    done = _answers_since(shown, at - MONTH, agency)
    absences = identity.absences_of(shown, at)
    substitutes = identity.names_of({a.substitute_id for a in absences if a.substitute_id})
    away = {key: [a for a in absences if a.account_id == key] for key in shown}
    return [
        OfficerLoad(
            key, names[key], in_hand.get(key, Hand()), done.get(str(key), 0),
            tuple(Away(a.valid_from, a.valid_to) for a in away[key]),
            next((substitutes.get(a.substitute_id, "") for a in away[key] if a.substitute_id), ""),
            key not in left,
        )
        for key in shown
    ]  # fmt: skip


def agencies(*, actor: Actor, at: datetime) -> list[AgencyLoad]:
    """The open work of each agency that has any, the most overdue first. Raises: Refused. Four statements."""
    require(actor, "workload.see")
    if not actor.holds("ioc_lead", "city_office"):
        return []
    open_: dict[str, list[int]] = {}
    for agency, _, _, n, late in processes.counts():
        if agency:
            own = open_.setdefault(agency, [0, 0])
            own[0] += n
            own[1] += late
    posts: dict[str, set[UUID]] = {}
    for officer in identity.officers(at):
        for holding in officer.holdings:
            if holding.agency and holding.role in ROLES:
                posts.setdefault(holding.agency, set()).add(officer.account_id)
    gone: dict[str, int] = {}
    for agency, account, n in work.held_by_agency():
        if account not in posts.get(agency, ()):
            gone[agency] = gone.get(agency, 0) + n
    found = [
        AgencyLoad(key, n, late, len(posts.get(key, ())), gone.get(key, 0))
        for key, (n, late) in open_.items()
    ]
    return sorted(found, key=lambda a: (-a.late, -a.open, a.agency))


def movable(giver: UUID, agency: str, n: int) -> list[UUID]:
    """Which cases of an officer are moved first: those with the most time left, so that what is under way stays."""
    rows = Case.objects.filter(holder=giver, agency=agency, is_open=True)
    return list(rows.order_by(F("due_at").desc(nulls_first=True), "-id").values_list("id", flat=True)[:n])


def suggested(loads: Iterable[OfficerLoad], agency: str, at: datetime) -> list[Move]:
    """The moves of cases that would even out what these officers have in hand; nobody who is away or left takes any."""
    shown = list(loads)
    rows = Case.objects.filter(holder__in=[one.account for one in shown], agency=agency, is_open=True)
    counts: dict[UUID, int] = dict(rows.values_list("holder").annotate(Count("id")).order_by())
    takers = [one.account for one in shown if one.has_post and rules.away_at(one.away, at) is None]
    return rules.evened({one.account: counts.get(one.account, 0) for one in shown}, takers)
