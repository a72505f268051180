"""What this browser has proved: the claim codes typed or received here, encrypted in its session; and drafts of reports.

A code in the session lets its holder open, answer and rate that report from this browser only.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from ngomon.core.actors import Actor
from ngomon.core.secrets import open_text, seal_text
from ngomon.identity.edge import actor_from

MOST = 30
_CLAIMS = "claims"
_FRESH = "fresh_claims"
_DRAFT = "report_draft"


def actor_of(request: HttpRequest) -> Actor:
    """Who asks."""
    return actor_from(request)


def _session_is_there(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES or bool(request.session.session_key)


def claims(request: HttpRequest) -> dict[str, str]:
    """Case number -> claim code, of all reports proved in this browser, newest last."""
    if not _session_is_there(request):
        return {}
    sealed: dict[str, str] = request.session.get(_CLAIMS, {})
    return {number: open_text(code) for number, code in sealed.items()}


def claim_of(request: HttpRequest, number: str) -> str:
    """The code proved here for one case, empty for none."""
    if not _session_is_there(request):
        return ""
    return open_text(request.session.get(_CLAIMS, {}).get(number.upper(), ""))


def keep_claim(request: HttpRequest, number: str, code: str, *, fresh: bool = False) -> None:
    """Remember a proved code; `fresh` ones are shown once on the receipt."""
    kept: dict[str, str] = dict(request.session.get(_CLAIMS, {}))
    kept.pop(number, None)
    kept[number] = seal_text(code)
    request.session[_CLAIMS] = dict(list(kept.items())[-MOST:])
    if fresh:
        request.session[_FRESH] = [*request.session.get(_FRESH, []), number][-MOST:]


def is_fresh(request: HttpRequest, number: str) -> bool:
    """Whether the code of this case was just given and the receipt may still show it."""
    return _session_is_there(request) and number in request.session.get(_FRESH, [])


def forget_fresh(request: HttpRequest, number: str) -> None:
    """The reporter went on: the receipt shows the code no more."""
    if is_fresh(request, number):
        request.session[_FRESH] = [n for n in request.session[_FRESH] if n != number]


def keep_draft(request: HttpRequest, draft: dict[str, Any]) -> None:
    """Hold what was typed while its writer signs in; encrypted."""
    request.session[_DRAFT] = seal_text(json.dumps(draft, ensure_ascii=False))


def take_draft(request: HttpRequest) -> dict[str, Any]:
    """The held draft, once: it is forgotten when taken. Empty where there is none."""
    if not _session_is_there(request) or _DRAFT not in request.session:
        return {}
    held: dict[str, Any] = json.loads(open_text(request.session.pop(_DRAFT)))
    return held
