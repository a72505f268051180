"""What the frame of every page shows: the city's name, the navigation of the face, who is signed in, the roles at hand.

A visitor without session costs no statement.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.http import urlencode

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from
from ngomon.identity.queries import device_key, own_name
from ngomon.identity.rules import may
from ngomon.messages.queries import unread

# (key, address, icon, addresses below which it is current)
CITIZEN: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("home", "/", "house", ("/reports",)),
    ("map", "/map", "map", ("/cases", "/board")),
    ("services", "/services", "layout-grid", ()),
    ("notices", "/notices", "bell", ()),
    ("me", "/me", "user-round", ("/my", "/claim", "/account", "/about")),
)
# (face, address, icon, permission): which face an address belongs to, and who may see it.
FACES: tuple[tuple[str, str, str, str], ...] = (
    ("desk", "/desk", "inbox", "desk.see"),
    ("console", "/ioc", "radar", "console.see"),
    ("leader", "/leader", "gauge", "leader.see"),
    ("admin", "/admin", "settings", "admin.see"),
)

# The faces that have pages here; a signed-in person switches between those they may see.
OPEN_FACES = frozenset({"desk", "console", "admin"})


def face_of(path: str) -> str:
    """Which face an address belongs to."""
    for face, address, _, _ in FACES:
        if path == address or path.startswith(f"{address}/"):
            return face
    return "citizen"


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    actor = actor_from(request) if hasattr(request, "actor") else None
    face = face_of(request.path)
    language = (translation.get_language() or "vi")[:2]
    signed_in = actor is not None and actor.account_id is not None
    return {
        "face": face,
        **_site(language),
        "nav": _nav(request, actor) if face == "citizen" else [],
        "roles": _roles(face, actor) if actor is not None and actor.is_staff else [],
        "me": _me(actor) if actor is not None and signed_in else None,
        "sign_in_url": ""
        if signed_in
        else f"/account/sign-in?{urlencode({'next': request.get_full_path()})}",
        "demo": settings.NGOMON_DEMO,
        "home_url": "/",
        "live_url": "/live",
        "map_layers_url": "/map/layers.json",
        "footer_links": _links(),
        "notices": [],
    }


def _site(language: str) -> dict[str, Any]:
    """The city's own words; the product's name before a pack was loaded."""
    try:
        city = directory.city()
    except CityError:
        return {"site_name": text("ui.brand"), "site_line": "", "city": None, "city_center": None}
    return {
        "site_name": in_language(city.site_name, language),
        "site_line": in_language(city.name, language),
        "city": city,
        "city_center": city.center,
    }


def _is_current(path: str, address: str, below: tuple[str, ...]) -> bool:
    if path == address:
        return True
    return any(path == start or path.startswith(f"{start}/") for start in below)


def _nav(request: HttpRequest, actor: Actor | None) -> list[dict[str, Any]]:
    news = unread(actor.account_id) if actor is not None and actor.account_id else 0
    return [
        {
            "key": key,
            "label": text(f"web.nav.{key}"),
            "url": address,
            "icon": icon,
            "current": _is_current(request.path, address, below),
            "count": news if key == "notices" else 0,
            "live": "message:*" if key == "notices" else "",
        }
        for key, address, icon, below in CITIZEN
    ]


def _roles(face: str, actor: Actor) -> list[dict[str, Any]]:
    """The faces this person may use, the citizen's first."""
    found = [("citizen", "/", "house")]
    found += [
        (key, address, icon)
        for key, address, icon, action in FACES
        if key in OPEN_FACES and may(actor, action)
    ]
    return [
        {
            "label": text(f"web.face.{key}"),
            "note": text(f"web.face.{key}.note") if has_text(f"web.face.{key}.note") else "",
            "url": address,
            "icon": icon,
            "current": key == face,
        }
        for key, address, icon in found
    ]


def _me(actor: Actor) -> dict[str, str]:
    if actor.account_id is None:
        return {"name": "", "url": "/me", "key": ""}
    return {
        "name": own_name(actor.account_id, clock.now()),
        "url": "/me",
        "key": device_key(actor.account_id),
    }


def _links() -> list[dict[str, str]]:
    return [
        {"label": text("cases.privacy.title"), "url": "/about/privacy"},
        {"label": text("cases.board.title"), "url": "/board"},
        {"label": text("web.credits.title"), "url": "/credits"},
    ]
