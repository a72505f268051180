"""Where a request gets its actor: middleware, the marks that say who may open a page, and signing in and out.

    @requires("desk.see")
    def desk(request): ...

Every view bears `@requires(...)` or `@public`; a test walks all routes and all roles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor
from ngomon.core.errors import Refused
from ngomon.identity.queries import actor_of, is_locked
from ngomon.identity.rules import may, permissions
from ngomon.identity.sessions import ACCOUNT_KEY, SEEN_EVERY

V = TypeVar("V", bound=Callable[..., Any])
Answer = Callable[[HttpRequest], HttpResponseBase]


class ActorMiddleware:
    """Gives each request its `actor`, worked out when first asked for."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = SimpleLazyObject(lambda: actor_from(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def address_of(request: HttpRequest) -> str:
    """The network address a request came from; a proxy's word counts only when the proxy is ours (NGOMON_PROXIES hops)."""
    hops = int(getattr(settings, "NGOMON_PROXIES", 0))
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def account_id_of(request: HttpRequest) -> UUID | None:
    """The account this browser is signed in as, also when that account is locked."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and not request.session.modified:
        return None
    found = request.session.get(ACCOUNT_KEY)
    return UUID(found) if found else None


def actor_from(request: HttpRequest) -> Actor:
    """The request's actor as a plain value (what `request.actor` stands for)."""
    known = request.__dict__.get("_actor")
    if known is not None:
        return cast("Actor", known)
    account_id = account_id_of(request)
    actor = actor_of(account_id, clock.now()) if account_id else ANONYMOUS
    address = address_of(request)
    if actor is ANONYMOUS:
        actor = replace(ANONYMOUS, language=(translation.get_language() or "vi")[:2], address=address)
    else:
        actor = replace(actor, session=request.session.session_key or "", address=address)
        _touch(request)
    request.__dict__["_actor"] = actor
    return actor


def _touch(request: HttpRequest) -> None:
    """Note, at most hourly, that this session is in use."""
    now = clock.now()
    seen = request.session.get("seen_at", "")
    if not seen or seen < (now - SEEN_EVERY).isoformat():
        request.session["seen_at"] = now.isoformat()


def sign_in(request: HttpRequest, account_id: UUID) -> None:
    """Make this browser the account's, under a fresh session key. Outside units: the session is a row of its own."""
    now = clock.now().isoformat()
    request.session.cycle_key()
    request.session[ACCOUNT_KEY] = str(account_id)
    request.session["started_at"] = request.session["seen_at"] = now
    request.session["agent"] = request.headers.get("User-Agent", "")[:200]
    request.session["address"] = address_of(request)
    request.__dict__.pop("_actor", None)
    request.actor = SimpleLazyObject(lambda: actor_from(request))  # type: ignore[attr-defined]


def sign_out(request: HttpRequest) -> None:
    """End this browser's session."""
    request.session.flush()
    request.__dict__.pop("_actor", None)
    request.actor = SimpleLazyObject(lambda: actor_from(request))  # type: ignore[attr-defined]


def become(request: HttpRequest, account_id: UUID) -> None:
    """Switch roles in a demonstration. Raises: Refused outside one."""
    if not settings.NGOMON_DEMO:
        raise Refused("identity.refused.demo")
    sign_in(request, account_id)


def public(view: V) -> V:
    """Mark a page that anybody may open."""
    view.permission = ""  # type: ignore[attr-defined]
    return view


def requires(action: str) -> Callable[[V], V]:
    """Mark a page with the permission it needs, and hold everybody else off: strangers sign in first, others are refused.

    Raises: ValueError for an action the rights table does not know.
    """
    if action not in permissions():
        raise ValueError(f"no permission is called {action}")

    def guard(view: V) -> V:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_from(request)
            if may(actor, action):
                return cast("HttpResponseBase", view(request, *args, **kwargs))
            if actor.kind == "anonymous":
                return _ask_to_sign_in(request)
            raise Refused("identity.refused.page")

        guarded.permission = action  # type: ignore[attr-defined]
        return cast("V", guarded)

    return guard


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    account_id = account_id_of(request)
    if account_id and is_locked(account_id, clock.now()):
        return redirect("/account/locked")
    if request.method not in {"GET", "HEAD"}:
        raise Refused("identity.refused.sign_in")
    return redirect(f"/account/sign-in?{urlencode({'next': request.get_full_path()})}")
