"""The demonstration's page: a phone, the console, a strip of roles, the tray of messages, the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from ngomon.core import clock
from ngomon.core.errors import Invalid
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.identity.queries import name_of
from ngomon.messages import queries as messages

from .roles import KEY, PARTS, Part, account_for
from .story import Story, load_story

STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}


def _only_in_demo() -> None:
    if not settings.NGOMON_DEMO:
        raise Http404


def _story() -> Story:
    return load_story(directory.pack_folder())


def _playing(request: HttpRequest) -> dict[str, str]:
    """Who this browser plays; the first visit begins as the story's citizen and the duty operator."""
    playing: dict[str, str] = dict(request.session.get(KEY) or {})
    if not playing:
        operator = account_for(PARTS[0], "")
        playing = {"officer": str(operator or ""), "part": "operator", "citizen": _citizen()}
        request.session[KEY] = playing
    return playing


def _citizen() -> str:
    story = _story()
    return str(story.account_of(story.citizen) or "")


def _part(part: Part, playing: dict[str, str]) -> dict[str, Any]:
    account = account_for(part, _story().agency)
    return {
        "key": part.key,
        "icon": part.icon,
        "label": text(f"web.demo.part.{part.key}"),
        "name": name_of(account) if account else "",
        "current": playing.get("part") == part.key,
        "missing": account is None,
    }


@public
@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    """The first three minutes."""
    _only_in_demo()
    playing = _playing(request)
    part = next((p for p in PARTS if p.key == playing.get("part")), PARTS[0])
    context = {
        "parts": [_part(each, playing) for each in PARTS],
        "phone_url": request.GET.get("phone") or "/",
        "desk_url": request.GET.get("desk") or part.start,
        "story": _story(),
        "now": clock.now(),
        "offset": clock.offset(),
        "tray": messages.tray(limit=30),
    }
    return render(request, "web/demo/demo.html", context)


@public
@require_POST
def play(request: HttpRequest) -> HttpResponse:
    """Play another part."""
    _only_in_demo()
    key = request.POST.get("part", "")
    part = next((each for each in PARTS if each.key == key), None)
    if part is None:
        raise Invalid.field("part", "web.demo.error.part")
    account = account_for(part, _story().agency)
    playing = _playing(request)
    playing |= {"officer": str(account or ""), "part": part.key}
    request.session[KEY] = playing
    return redirect("/demo")


@public
@require_POST
def wind(request: HttpRequest) -> HttpResponse:
    """Wind the city's clock forward; the worker then does what became due."""
    _only_in_demo()
    step = STEPS.get(request.POST.get("by", ""))
    if step is None:
        raise Invalid.field("by", "web.demo.error.step")
    clock.wind(step)
    return redirect("/demo")


@public
@require_GET
@xframe_options_sameorigin
def tray(request: HttpRequest) -> HttpResponse:
    """The messages as their receivers see them, newest first."""
    _only_in_demo()
    return render(request, "web/demo/tray.html", {"tray": messages.tray(limit=30)})
