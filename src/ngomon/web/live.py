"""Who may hear what live: the keys behind a browser's session, for the live hub. Runs in a thread, once per connection."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from ngomon.core import clock
from ngomon.identity.queries import actor_of, live_keys
from ngomon.identity.sessions import ACCOUNT_KEY, SessionStore
from ngomon.web.demo.roles import KEY as DEMO_KEY


def keys(headers: Mapping[str, str]) -> set[str]:
    """The audience keys of whoever holds the session in these headers; what the public may hear without one."""
    close_old_connections()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        cookie = None
    if cookie is None:
        return {"public"}
    session = SessionStore(cookie.value)
    played = (session.get(DEMO_KEY) or {}).values() if settings.NGOMON_DEMO else ()
    found = {"public"}
    for account in [session.get(ACCOUNT_KEY), *played]:
        if account and len(account) == 36:
            found |= live_keys(actor_of(UUID(account), clock.now()))
    return found
