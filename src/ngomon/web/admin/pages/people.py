"""People: officers and their posts, absence, delegation; locked accounts and appeals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import CityError, NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import commands, queries
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may, read_contact
from ngomon.identity.terms import AbsenceShown, AccountShown, DelegationShown, HoldingShown, Role

from ..commands import give_post
from ..forms import (
    AbsenceForm,
    AccountForm,
    AppealForm,
    DelegationForm,
    GivePostForm,
    LockForm,
    empty,
    give_choices,
    lock_choices,
    officer_choices,
)
from ..frame import (
    agency_choices,
    agency_name,
    by_language,
    done,
    language_of,
    page,
    role_name,
    saves,
    start_of,
)
from ..views import day_words, last_day

SHOWN = 100


@require_safe
@requires("account.see")
def people(request: HttpRequest) -> HttpResponse:
    """Officers by name, agency and role."""
    now, language = clock.now(), language_of(request)
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "agency", "role")}
    agency = {"": None, "city": ""}.get(asked["agency"], asked["agency"])
    found = queries.officers(now, words=asked["q"], agency=agency, role=asked["role"])
    away = {
        a.account_id
        for a in queries.absences_of((o.account_id for o in found[:SHOWN]), now)
        if a.valid_from <= now
    }
    rows = [
        {
            "id": officer.account_id,
            "name": officer.name,
            "away": officer.account_id in away,
            "posts": [
                {
                    "role": role_name(h.role, language),
                    "agency": agency_name(h.agency, language),
                    "is_main": h.is_main,
                }
                for h in officer.holdings
            ],
        }
        for officer in found[:SHOWN]
    ]
    roles = [(role.value, role_name(role, language)) for role in Role]
    city_first = [("city", text("web.admin.whole_city")), *agency_choices(language, now)]
    return page(
        request,
        "people",
        "people",
        rows=rows,
        total=len(found),
        more=max(0, len(found) - SHOWN),
        asked=asked,
        agencies=empty(city_first, "web.admin.all_agencies"),
        role_choices=empty(roles, "web.admin.all_roles"),
        may_change=may(actor_from(request), "post.give"),
    )


@require_http_methods(["GET", "POST"])
@requires("post.give")
def person_new(request: HttpRequest) -> HttpResponse:
    """Open an officer's account; whoever signs in with that address already keeps theirs."""
    language = language_of(request)
    form = AccountForm(request.POST or None)
    opened: list[UUID] = []

    def write() -> None:
        said = form.cleaned_data
        contacts = [read_contact(said[name]) for name in ("email", "phone") if said[name]]
        actor, now = actor_from(request), clock.now()
        opened.append(commands.open_account(said["full_name"], contacts, actor=actor, at=now))

    if request.method == "POST" and saves(form, write, language):
        return done(f"/admin/people/{opened[0]}", "account_opened")
    return page(request, "person_new", "people", status=422 if form.errors else 200, form=form)


@require_safe
@requires("account.see")
def person(request: HttpRequest, id: UUID) -> HttpResponse:
    """One officer: posts, absence, delegation, lock."""
    return _person_page(request, id)


def _account(id: UUID) -> AccountShown:
    found = queries.account_shown(id)
    if found is None:
        raise NotFound("identity.account.missing")
    return found


def _forms(request: HttpRequest, id: UUID, bound: str = "") -> dict[str, Any]:
    """The forms of a person's page; the bound one holds what was sent."""
    now, language = clock.now(), language_of(request)
    on = directory.local_day(now)
    officers = officer_choices(queries.officers(now), language, id)
    held = [
        (str(h.id), f"{role_name(h.role, language)} · {agency_name(h.agency, language)}")
        for h in queries.holdings_of(id, now)
    ]
    week = {"from_on": on, "until_on": on + timedelta(days=7)}
    made: dict[str, tuple[type[Any], dict[str, Any], dict[str, Any]]] = {
        "give": (GivePostForm, give_choices(language, now), {"from_on": on, "is_main": True}),
        "absence": (AbsenceForm, {"substitute": empty(officers, "web.admin.nobody")}, week),
        "delegation": (
            DelegationForm,
            {
                "receiver": empty(officers, "web.admin.choose"),
                "holding": empty(held, "web.admin.all_posts"),
            },
            week,
        ),
        "lock": (LockForm, lock_choices(), {}),
    }
    return {
        f"{name}_form": kind(
            request.POST if name == bound else None, choices=choices, initial=initial, prefix=name
        )
        for name, (kind, choices, initial) in made.items()
    }


def _post_row(held: HoldingShown, now: datetime, language: str) -> dict[str, Any]:
    return {
        "holding": held,
        "role": role_name(held.role, language),
        "title": in_language(held.title, language) if held.title else "",
        "agency": agency_name(held.agency, language),
        "agency_key": held.agency,
        "from": day_words(directory.local_day(held.valid_from)),
        "until": day_words(last_day(held.valid_to)) if held.valid_to else "",
        "ahead": held.valid_from > now,
    }


def _absence_row(absence: AbsenceShown, names: Mapping[UUID, str], now: datetime) -> dict[str, Any]:
    return {
        "id": absence.id,
        "from": day_words(directory.local_day(absence.valid_from)),
        "until": day_words(last_day(absence.valid_to)),
        "who": names.get(absence.substitute_id, "") if absence.substitute_id else "",
        "now": absence.valid_from <= now,
    }


def _delegation_row(given: DelegationShown, id: UUID, names: Mapping[UUID, str]) -> dict[str, Any]:
    is_given = given.giver_id == id
    return {
        "id": given.id,
        "is_given": is_given,
        "who": names.get(given.receiver_id if is_given else given.giver_id, ""),
        "document": given.document,
        "from": day_words(directory.local_day(given.valid_from)),
        "until": day_words(last_day(given.valid_to)),
    }


def _person_page(request: HttpRequest, id: UUID, failed: str = "", **forms: Any) -> HttpResponse:
    account, now, language = _account(id), clock.now(), language_of(request)
    actor = actor_from(request)
    shown = {**_forms(request, id), **forms}
    absences = queries.absences_of([id], now)
    delegations = queries.delegations_shown([id], now)
    names = queries.names_of(
        {a.substitute_id for a in absences if a.substitute_id}
        | {d.giver_id for d in delegations}
        | {d.receiver_id for d in delegations}
    )
    is_wrong = failed or any(form.is_bound and form.errors for form in shown.values())
    return page(
        request,
        "person",
        "people",
        status=422 if is_wrong else 200,
        account=account,
        name=account.organisation or account.name,
        posts=[_post_row(held, now, language) for held in queries.holdings_of(id, now)],
        absences=[_absence_row(absence, names, now) for absence in absences],
        delegations=[_delegation_row(given, id, names) for given in delegations],
        reason=text(f"identity.locked.reason.{account.locked_reason}") if account.locked_at else "",
        audit_url=f"/admin/audit?kind=account&key={id}",
        failed=failed,
        may_change=may(actor, "post.give"),
        may_delegate=may(actor, "delegation.give"),
        may_lock=may(actor, "account.lock") and actor.account_id != id,
        may_audit=may(actor, "audit.see"),
        **shown,
    )


def _change(
    request: HttpRequest, id: UUID, bound: str, what: str, write: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    """One of the forms of a person's page was sent."""
    _account(id)
    forms = _forms(request, id, bound)
    form = forms[f"{bound}_form"]
    if saves(form, lambda: write(form.cleaned_data), language_of(request)):
        return done(f"/admin/people/{id}", what)
    return _person_page(request, id, **forms)


def _press(request: HttpRequest, id: UUID, what: str, write: Callable[[], object]) -> HttpResponse:
    """One of the buttons of a person's page was pressed."""
    try:
        with unit():
            write()
    except CityError as error:
        return _person_page(request, id, failed=text(error.code, **error.values))
    return done(f"/admin/people/{id}", what)


@require_POST
@requires("post.give")
def post_give(request: HttpRequest, id: UUID) -> HttpResponse:
    """An officer takes a post, a first one or one more (kiêm nhiệm)."""
    now = clock.now()

    def write(said: dict[str, Any]) -> None:
        starts = start_of(said["from_on"])
        give_post(
            id,
            said["role"],
            agency=said["agency"],
            title=by_language(said, "title"),
            is_main=said["is_main"],
            from_at=starts,
            to_at=start_of(said["to_on"] + timedelta(days=1)) if said["to_on"] else None,
            actor=actor_from(request),
            at=now,
        )

    return _change(request, id, "give", "post_given", write)


@require_POST
@requires("post.give")
def post_leave(request: HttpRequest, id: UUID, holding: UUID) -> HttpResponse:
    """An officer no longer holds a post, from now on."""
    return _press(
        request,
        id,
        "post_left",
        lambda: commands.leave_post(holding, actor=actor_from(request), at=clock.now()),
    )


@require_POST
@requires("post.give")
def absence_set(request: HttpRequest, id: UUID) -> HttpResponse:
    """An officer is away for some days."""

    def write(said: dict[str, Any]) -> None:
        commands.set_absence(
            id,
            from_at=start_of(said["from_on"]),
            to_at=start_of(said["until_on"] + timedelta(days=1)),
            substitute_id=UUID(said["substitute"]) if said["substitute"] else None,
            actor=actor_from(request),
            at=clock.now(),
        )

    return _change(request, id, "absence", "absence_set", write)


@require_POST
@requires("post.give")
def absence_end(request: HttpRequest, id: UUID, absence: UUID) -> HttpResponse:
    """An officer is back."""
    return _press(
        request,
        id,
        "absence_ended",
        lambda: commands.end_absence(absence, actor=actor_from(request), at=clock.now()),
    )


@require_POST
@requires("delegation.give")
def delegation_give(request: HttpRequest, id: UUID) -> HttpResponse:
    """An officer empowers another for a stated time."""

    def write(said: dict[str, Any]) -> None:
        commands.delegate(
            id,
            UUID(said["receiver"]),
            holding_id=UUID(said["holding"]) if said["holding"] else None,
            from_at=start_of(said["from_on"]),
            to_at=start_of(said["until_on"] + timedelta(days=1)),
            document=said["document"],
            actor=actor_from(request),
            at=clock.now(),
        )

    return _change(request, id, "delegation", "delegated", write)


@require_POST
@requires("delegation.give")
def delegation_end(request: HttpRequest, id: UUID, delegation: UUID) -> HttpResponse:
    """A delegation is taken back before its date."""
    return _press(
        request,
        id,
        "delegation_ended",
        lambda: commands.end_delegation(delegation, actor=actor_from(request), at=clock.now()),
    )


# --- locks ----------------------------------------------------------------------------------------------------------


@require_POST
@requires("account.lock")
def lock(request: HttpRequest, id: UUID) -> HttpResponse:
    """Lock an account for a stated reason; its owner may appeal."""

    def write(said: dict[str, Any]) -> None:
        commands.lock_account(id, said["reason"], said["note"], actor=actor_from(request), at=clock.now())

    return _change(request, id, "lock", "locked", write)


@require_POST
@requires("account.lock")
def unlock(request: HttpRequest, id: UUID) -> HttpResponse:
    """Lift a lock."""
    return _press(
        request,
        id,
        "unlocked",
        lambda: commands.unlock_account(id, actor=actor_from(request), at=clock.now()),
    )


@require_safe
@requires("account.decide_appeal")
def locks(request: HttpRequest) -> HttpResponse:
    """Appeals that wait for a decision, and all locked accounts. Reading an appeal is written down."""
    return _locks_page(request)


def _locks_page(request: HttpRequest, wrong: tuple[UUID, AppealForm] | None = None) -> HttpResponse:
    actor, now = actor_from(request), clock.now()
    with unit():
        appeals = queries.appeals_open(actor=actor, at=now)
    locked = queries.locked_accounts(actor=actor)
    by = {UUID(row.locked_by) for row in locked if len(row.locked_by) == 36}
    names = queries.names_of({a.account_id for a in appeals} | by)
    return page(
        request,
        "locks",
        "locks",
        status=422 if wrong else 200,
        appeals=[
            {
                "appeal": appeal,
                "name": names.get(appeal.account_id, ""),
                "reason": text(f"identity.locked.reason.{appeal.reason}"),
                "form": wrong[1]
                if wrong and wrong[0] == appeal.id
                else AppealForm(prefix=f"a{appeal.id.hex[-8:]}"),
            }
            for appeal in appeals
        ],
        locked=[
            {
                "row": row,
                "reason": text(f"identity.locked.reason.{row.reason}"),
                "by": names.get(UUID(row.locked_by), "") if len(row.locked_by) == 36 else row.locked_by,
            }
            for row in locked
        ],
    )


@require_POST
@requires("account.decide_appeal")
def appeal_decide(request: HttpRequest, id: UUID) -> HttpResponse:
    """Lift a lock or let it stand, with an answer in words; whoever locked may not decide."""
    form = AppealForm(request.POST, prefix=f"a{id.hex[-8:]}")

    def write() -> None:
        commands.decide_appeal(
            id,
            is_lifted=request.POST.get("decision") == "lift",
            answer=form.cleaned_data["answer"],
            actor=actor_from(request),
            at=clock.now(),
        )

    if saves(form, write, language_of(request)):
        return done("/admin/locks", "appeal_decided")
    return _locks_page(request, (id, form))
