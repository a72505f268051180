"""One browser plays two people in a demonstration: citizen pages are a citizen's, all other faces an officer's.

What belongs to neither (pictures, map data, the live stream) follows the page that asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from ngomon.core import clock
from ngomon.identity.queries import actor_of, holders
from ngomon.web.context import face_of

KEY = "demo"
Answer = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True)
class Part:
    """Somebody to play: a role, and in which agency ("here" is the one that handles the story)."""

    key: str
    role: str
    icon: str
    in_agency: bool = False
    start: str = "/desk"


PARTS = (
    Part("operator", "ioc_operator", "headset"),
    Part("clerk", "agency_clerk", "inbox", in_agency=True),
    Part("head", "agency_head", "signature", in_agency=True),
    Part("officer", "agency_officer", "hammer", in_agency=True),
    Part("editor", "ioc_editor", "badge-check"),
    Part("lead", "ioc_lead", "radar"),
    Part("office", "city_office", "landmark"),
    Part("leader", "leader", "gauge", start="/board"),
    Part("admin", "admin", "settings", start="/admin"),
)


def account_for(part: Part, agency: str) -> UUID | None:
    """Who plays a part: the first who holds the post now."""
    found = holders(part.role, agency if part.in_agency else None, None, clock.now())
    return found[0].account_id if found else None


def _plays_citizen(request: HttpRequest) -> bool:
    """Whether this request belongs to the phone: by its own address, or by the page that asks."""
    path = request.path
    if path.startswith(("/pictures", "/map/", "/live")):
        path = urlsplit(request.headers.get("Referer", "")).path or path
    return face_of(path) == "citizen"


class DemoRoles:
    """Behind the actor's middleware, in a demonstration only."""

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            playing = cast("dict[str, str]", request.session.get(KEY) or {})
            chosen = playing.get("citizen" if _plays_citizen(request) else "officer")
            if chosen:
                request.__dict__["_actor"] = actor_of(UUID(chosen), clock.now())
        return self._next(request)
