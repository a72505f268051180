"""The account's own page: name and language, contact points, password, where it is signed in, absence, organisations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, NotFound, Refused
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity import commands, queries
from ngomon.identity.commands.officers import day_start
from ngomon.identity.edge import actor_from, requires, sign_in
from ngomon.identity.forms import (
    AbsenceForm,
    CodeForm,
    ContactForm,
    NewPasswordForm,
    OrganisationForm,
    ProfileForm,
    put_errors,
)
from ngomon.identity.pages.signing_in import ask_for_code, code_context, code_words, worded
from ngomon.identity.rules import read_contact
from ngomon.identity.terms import AccountKind, AccountShown, CodePurpose, HoldingShown
from ngomon.ui.tags.words import said_exactly

HTTP_FOUND = 302


def own(request: HttpRequest) -> tuple[Actor, UUID, UUID]:
    """The actor with its account and person. Raises: Refused."""
    actor = actor_from(request)
    if actor.account_id is None or actor.person_id is None:
        raise Refused("identity.refused.sign_in")
    return actor, actor.account_id, actor.person_id


@requires("account.own")
@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return _show(request)


def _show(request: HttpRequest, **bound: forms.Form) -> HttpResponse:
    actor, account_id, person_id = own(request)
    at = clock.now()
    account = queries.account_shown(account_id)
    if account is None:
        raise NotFound("identity.account.missing")
    agencies = {agency.key: agency.name for agency in directory.agencies()}
    context: dict[str, Any] = {
        "account": account,
        "contacts": queries.contact_points(person_id, actor=actor, purpose="own", at=at),
        "sessions": queries.sessions_of(account_id, this=actor.session, at=at),
        "holdings": [_post(h, actor, agencies) for h in queries.holdings_of(account_id, at)],
        "accounts": queries.accounts_of_person(person_id),
        "absence": _absence(account_id),
        "done": text(_DONE[done]) if (done := request.GET.get("done", "")) in _DONE else "",
        "profile_form": _profile_form(account),
        "contact_form": ContactForm(),
        "password_form": NewPasswordForm(),
        "organisation_form": OrganisationForm(),
        "absence_form": AbsenceForm(colleagues=_colleagues(actor)) if actor.is_staff else None,
        **bound,
    }
    return render(request, "identity/profile.html", context, status=422 if bound else 200)


_DONE = {
    "saved": "identity.profile.saved",
    "ended": "identity.profile.ended",
    "password_done": "identity.profile.password_done",
}


def _profile_form(account: AccountShown) -> ProfileForm:
    is_organisation = account.kind == AccountKind.ORGANISATION
    name = account.organisation if is_organisation else account.name
    initial = {"name": name, "kind": account.kind, "language": account.language}
    return ProfileForm(initial=initial, is_organisation=is_organisation)


def _post(held: HoldingShown, actor: Actor, agencies: dict[str, Any]) -> dict[str, Any]:
    return {
        "role": text(f"identity.role.{held.role}"),
        "title": held.title.get(actor.language) or held.title.get("vi", ""),
        "agency": agencies.get(held.agency, held.agency),
        "valid_to": held.valid_to,
        "until_words": said_exactly(held.valid_to) if held.valid_to else "",
        "is_main": held.is_main,
    }


def _absence(account_id: UUID) -> dict[str, Any] | None:
    found = queries.absence_of(account_id, clock.now())
    if found is None:
        return None
    key, until, substitute = found
    nobody = text("identity.profile.absence_nobody")
    return {
        "id": key,
        "until_words": said_exactly(until),
        "substitute": queries.name_of(substitute) if substitute else nobody,
    }


def _colleagues(actor: Actor) -> list[tuple[str, str]]:
    """Who may stand in: whoever holds a post in one of the actor's agencies, or of the city."""
    at, found = clock.now(), {}
    for agency in sorted({grant.agency or "" for grant in actor.grants}):
        for held, name in queries.staff_of(agency, at):
            found[str(held.account_id)] = name
    found.pop(str(actor.account_id), None)
    return list(found.items())


def _attempt(
    request: HttpRequest,
    name: str,
    form: forms.Form,
    do: Callable[[dict[str, Any]], object],
    *,
    done: str = "saved",
) -> HttpResponse:
    """Do what a form of this page asks, or show the page again with what is wrong in it."""
    if form.is_valid():
        try:
            do(form.cleaned_data)
        except CityError as error:
            put_errors(form, worded(error))
        else:
            return _back(done)
    return _show(request, **{name: form})


def _back(done: str) -> HttpResponse:
    return redirect(f"/account/?done={done}")


@requires("account.own")
@require_POST
def change_profile(request: HttpRequest) -> HttpResponse:
    """Name, kind and language."""
    actor, account_id, _ = own(request)
    account = queries.account_shown(account_id)
    is_organisation = account is not None and account.kind == AccountKind.ORGANISATION

    def do(given: dict[str, Any]) -> None:
        kind = AccountKind(given["kind"]) if given.get("kind") else None
        name, language = given["name"], given["language"]
        with unit():
            commands.change_profile(
                account_id, name=name, language=language, kind=kind, actor=actor, at=clock.now()
            )

    form = ProfileForm(request.POST, is_organisation=is_organisation)
    response = _attempt(request, "profile_form", form, do)
    if response.status_code == HTTP_FOUND:
        language = form.cleaned_data["language"]
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax")
    return response


@requires("account.own")
@require_POST
def add_contact(request: HttpRequest) -> HttpResponse:
    """Send a code to a further phone number or e-mail address."""
    form = ContactForm(request.POST)
    response = _attempt(
        request,
        "contact_form",
        form,
        lambda given: ask_for_code(request, read_contact(given["contact"]), CodePurpose.ADD_CONTACT),
    )
    return redirect("identity_contact_code") if response.status_code == HTTP_FOUND else response


@requires("account.own")
@never_cache
@require_http_methods(["GET", "POST"])
def contact_code(request: HttpRequest) -> HttpResponse:
    """The six digits that prove it."""
    actor, _, _ = own(request)
    sent = request.session.get("code")
    if not sent or sent["purpose"] != CodePurpose.ADD_CONTACT:
        return redirect("identity_profile")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with unit():
                answer = commands.add_contact_by_code(
                    UUID(sent["id"]), form.cleaned_data["code"], actor=actor, at=clock.now()
                )
        except CityError as error:
            put_errors(form, error)
        else:
            if answer.outcome == "right":
                del request.session["code"]
                return _back("saved")
            form.add_error("code", code_words(answer))
    context = {"form": form, "is_demo": settings.NGOMON_DEMO, "is_own": True}
    context |= code_context(sent, again="identity_contact_code_again")
    return render(request, "identity/code.html", context, status=422 if form.errors else 200)


@requires("account.own")
@require_POST
def contact_code_again(request: HttpRequest) -> HttpResponse:
    """Another code to the same contact."""
    sent = request.session.get("code")
    if sent and sent["purpose"] == CodePurpose.ADD_CONTACT:
        ask_for_code(request, read_contact(sent["to"]), CodePurpose.ADD_CONTACT)
    return redirect("identity_contact_code")


@requires("account.own")
@require_POST
def remove_contact(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    """Forget a contact point."""
    actor, _, person_id = own(request)
    with unit():
        commands.remove_contact(person_id, contact_id, actor=actor, at=clock.now())
    return _back("saved")


@requires("account.own")
@require_POST
def make_primary(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    """Say where messages go."""
    actor, _, person_id = own(request)
    with unit():
        commands.make_primary(person_id, contact_id, actor=actor, at=clock.now())
    return _back("saved")


@requires("account.own")
@require_POST
def set_password(request: HttpRequest) -> HttpResponse:
    """Set the password, or take it away."""
    actor, account_id, _ = own(request)

    def do(given: dict[str, Any]) -> None:
        with unit():
            commands.set_password(account_id, given.get("password", ""), actor=actor, at=clock.now())

    if "remove" in request.POST:
        do({})
        return _back("password_done")
    return _attempt(request, "password_form", NewPasswordForm(request.POST), do, done="password_done")


@requires("account.own")
@require_POST
def end_session(request: HttpRequest, handle: str) -> HttpResponse:
    """Sign one other browser out."""
    actor, account_id, _ = own(request)
    with unit():
        commands.end_session(account_id, handle, actor=actor, at=clock.now())
    return _back("ended")


@requires("account.own")
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    actor, account_id, _ = own(request)
    with unit():
        commands.end_other_sessions(account_id, keep=actor.session, actor=actor, at=clock.now())
    return _back("ended")


@requires("account.own")
@require_POST
def open_organisation(request: HttpRequest) -> HttpResponse:
    """Open an account to act for an organisation."""
    actor, _, _ = own(request)

    def do(given: dict[str, Any]) -> None:
        with unit():
            commands.open_organisation(given["name"], given["tax_code"], actor=actor, at=clock.now())

    return _attempt(request, "organisation_form", OrganisationForm(request.POST), do)


@requires("account.own")
@require_POST
def act_as(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Go on as another account of the same person: oneself, or an organisation."""
    _, _, person_id = own(request)
    mine = {account.id for account in queries.accounts_of_person(person_id) if account.locked_at is None}
    if account_id not in mine:
        raise NotFound("identity.account.missing")
    sign_in(request, account_id)
    return redirect("identity_profile")


@requires("account.own")
@require_POST
def set_absence(request: HttpRequest) -> HttpResponse:
    """Be away from a day through a day, with a substitute; or be back."""
    actor, account_id, _ = own(request)
    if "back" in request.POST:
        found = queries.absence_of(account_id, clock.now())
        if found is not None:
            with unit():
                commands.end_absence(found[0], actor=actor, at=clock.now())
        return _back("saved")

    def do(given: dict[str, Any]) -> None:
        with unit():
            commands.set_absence(
                account_id,
                from_at=day_start(given["from_on"]),
                to_at=day_start(given["to_on"] + timedelta(days=1)),
                substitute_id=UUID(given["substitute"]) if given["substitute"] else None,
                actor=actor,
                at=clock.now(),
            )

    return _attempt(request, "absence_form", AbsenceForm(request.POST, colleagues=_colleagues(actor)), do)
