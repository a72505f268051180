"""Signing in: a contact, a code, a name for who is new; a password for who set one; out again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ngomon.core import clock
from ngomon.core.errors import CityError, TooMany
from ngomon.core.limits import budget, spend
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity import commands, queries
from ngomon.identity.edge import actor_from, address_of, public, requires, sign_in, sign_out
from ngomon.identity.forms import CodeForm, ContactForm, PasswordForm, ProfileForm, put_errors
from ngomon.identity.rules import mask, read_contact
from ngomon.identity.terms import AccountKind, CodePurpose, Contact, SignInAnswer

CODES_PER_CONTACT = budget("identity.codes_per_contact", limit=5, window_s=15 * 60)
CODES_PER_DAY = budget("identity.codes_per_day", limit=20, window_s=24 * 3600)
CODES_PER_ADDRESS = budget("identity.codes_per_address", limit=60, window_s=3600)
PASSWORDS_PER_CONTACT = budget("identity.passwords_per_contact", limit=10, window_s=15 * 60)
PASSWORDS_PER_ADDRESS = budget("identity.passwords_per_address", limit=60, window_s=15 * 60)
CODE_MINUTES = 10


def limit_codes(request: HttpRequest, contact: Contact) -> None:
    """Hold off who asks for too many codes. Raises: TooMany."""
    at = clock.now()
    spend(CODES_PER_ADDRESS, address_of(request), at=at)
    spend(CODES_PER_CONTACT, contact.value, at=at)
    spend(CODES_PER_DAY, contact.value, at=at)


def worded(error: CityError) -> CityError:
    """A rate limit in minutes, as people count."""
    if isinstance(error, TooMany):
        return TooMany("identity.limit.wait", minutes=max(1, -(-(error.retry_after_s or 60) // 60)))
    return error


def next_of(request: HttpRequest, default: str = "/") -> str:
    """Where to go afterwards: an address of our own that was asked for, else home."""
    wanted = request.GET.get("next") or request.session.get("next") or default
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return str(wanted) if is_ours and wanted.startswith("/") else default


def ask_for_code(request: HttpRequest, contact: Contact, purpose: CodePurpose) -> None:
    """Send a code and remember in this browser's session which one. Raises: TooMany."""
    limit_codes(request, contact)
    actor = actor_from(request)
    with unit():
        code = commands.send_code(
            contact,
            purpose=purpose,
            account_id=actor.account_id if purpose == CodePurpose.ADD_CONTACT else None,
            language=actor.language,
            actor=actor,
            at=clock.now(),
        )
    request.session["code"] = {"id": str(code), "to": contact.value, "purpose": purpose.value}


@public
@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Where do we send the code?"""
    if actor_from(request).account_id is not None:
        return redirect(next_of(request))
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_code(request, read_contact(form.cleaned_data["contact"]), CodePurpose.SIGN_IN)
        except CityError as error:
            put_errors(form, worded(error))
        else:
            request.session["next"] = next_of(request)
            return redirect("identity_code")
    return _page(request, "identity/sign_in.html", form)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The six digits."""
    sent = _sent(request, CodePurpose.SIGN_IN)
    if sent is None:
        return redirect("identity_sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with unit():
            answer = commands.sign_in_by_code(
                UUID(sent["id"]),
                form.cleaned_data["code"],
                language=actor_from(request).language,
                actor=actor_from(request),
                at=clock.now(),
            )
        if answer.account_id is not None:
            return _let_in(request, answer)
        form.add_error("code", code_words(answer))
    return _page(request, "identity/code.html", form, **code_context(sent, again="identity_code_again"))


def _sent(request: HttpRequest, purpose: CodePurpose) -> dict[str, str] | None:
    sent: dict[str, str] | None = request.session.get("code")
    return sent if sent and sent["purpose"] == purpose.value else None


def code_context(sent: dict[str, str], *, again: str) -> dict[str, Any]:
    """What the page of a code shows."""
    return {"to": mask(read_contact(sent["to"])), "minutes": CODE_MINUTES, "again_url": reverse(again)}


def code_words(answer: SignInAnswer) -> str:
    """What is wrong with a code, and what to do."""
    if answer.outcome == "spent":
        return text("identity.code.spent")
    key = "identity.code.wrong.one" if answer.tries_left == 1 else "identity.code.wrong.many"
    return text(key, n=answer.tries_left)


@public
@require_POST
def code_again(request: HttpRequest) -> HttpResponse:
    """Another code to the same contact."""
    sent = _sent(request, CodePurpose.SIGN_IN)
    if sent is None:
        return redirect("identity_sign_in")
    form = CodeForm()
    try:
        ask_for_code(request, read_contact(sent["to"]), CodePurpose.SIGN_IN)
    except TooMany as error:
        form = CodeForm({"code": ""})
        form.full_clean()
        form.errors.clear()
        put_errors(form, worded(error))
        return _page(request, "identity/code.html", form, **code_context(sent, again="identity_code_again"))
    return redirect("identity_code")


def _let_in(request: HttpRequest, answer: SignInAnswer) -> HttpResponse:
    account_id = answer.account_id
    assert account_id is not None
    wanted = next_of(request)
    for key in ("code", "next"):
        request.session.pop(key, None)
    if answer.outcome == "locked":
        request.session["locked"] = str(account_id)
        return redirect("identity_locked")
    sign_in(request, account_id)
    language = queries.actor_of(account_id, clock.now()).language
    response = redirect("identity_welcome") if answer.is_new else redirect(wanted)
    if answer.is_new:
        request.session["next"] = wanted
    elif settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax")
    return response


@requires("account.own")
@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """A name for a new account; it may be left for later."""
    actor = actor_from(request)
    assert actor.account_id is not None
    form = ProfileForm(request.POST or None, initial={"kind": "person", "language": actor.language})
    if request.method == "POST" and form.is_valid():
        try:
            with unit():
                commands.change_profile(
                    actor.account_id,
                    name=form.cleaned_data["name"],
                    language=form.cleaned_data["language"],
                    kind=AccountKind(form.cleaned_data["kind"] or "person"),
                    actor=actor,
                    at=clock.now(),
                )
        except CityError as error:
            put_errors(form, error)
        else:
            wanted = next_of(request)
            request.session.pop("next", None)
            return redirect(wanted)
    return _page(request, "identity/welcome.html", form, later_url=next_of(request))


@public
@never_cache
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Signing in with a password, for who set one."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = _by_password(request, form.cleaned_data["contact"], form.cleaned_data["password"])
        except CityError as error:
            put_errors(form, worded(error))
        else:
            if answer.account_id is not None:
                request.session["next"] = next_of(request)
                return _let_in(request, answer)
            form.add_error(None, text("identity.sign_in.wrong_password"))
    return _page(request, "identity/password.html", form)


def _by_password(request: HttpRequest, typed: str, password: str) -> SignInAnswer:
    contact, at = read_contact(typed), clock.now()
    spend(PASSWORDS_PER_ADDRESS, address_of(request), at=at)
    spend(PASSWORDS_PER_CONTACT, contact.value, at=at)
    with unit():
        return commands.sign_in_by_password(contact, password, actor=actor_from(request), at=at)


@public
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out of this browser."""
    sign_out(request)
    return redirect("/")


def _page(request: HttpRequest, template: str, form: Any, **more: Any) -> HttpResponse:
    context = {"form": form, "next": next_of(request), "is_demo": settings.NGOMON_DEMO, **more}
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)
