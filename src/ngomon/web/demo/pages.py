"""The demonstration's page: a phone, the console, a strip of roles, the tray of messages, the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import Invalid
from ngomon.core.texts import text
from ngomon.directory import queries as directory
from ngomon.identity.edge import public
from ngomon.identity.queries import name_of
from ngomon.messages import queries as messages

from .roles import KEY, PARTS, Part, account_for
from .story import Story, load_story
from .tour import STEPS, Scene, inside, part_named, scene_as, scene_of

WINDS = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}


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


def _enter(request: HttpRequest, scene: Scene, **more: str) -> HttpResponse:
    """Play the scene in this browser."""
    playing = _playing(request) | {"officer": str(scene.account or ""), "part": scene.part.key, **more}
    request.session[KEY] = playing
    return _room(scene.phone, scene.desk)


def _room(phone: str, desk: str) -> HttpResponse:
    return redirect(f"/demo?{urlencode({'phone': phone, 'desk': desk})}")


def _shown(request: HttpRequest, part: Part) -> tuple[str, str]:
    """What phone and desk show: kept over a change of part or of time."""
    given = request.POST if request.method == "POST" else request.GET
    return inside(given.get("phone", ""), "/"), inside(given.get("desk", ""), part.start)


def _tour(playing: dict[str, str]) -> dict[str, Any]:
    current = playing.get("step", STEPS[0])
    steps = [{"key": key, "title": text(f"web.demo.step.{key}"), "current": key == current} for key in STEPS]
    return {"steps": steps, "step": current, "step_words": text(f"web.demo.step.{current}.words")}


@public
@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """The first three minutes."""
    _only_in_demo()
    playing = _playing(request)
    phone, desk = _shown(request, part_named(playing.get("part", "")))
    story = _story()
    context = {
        "parts": [_part(each, playing) for each in PARTS],
        "phone_url": phone,
        "desk_url": desk,
        "story": {"text": story.text, "answer": story.body.get("answer", {}).get("text", "")},
        "now": clock.now(),
        "tray": messages.tray(limit=30),
        **_tour(playing),
    }
    return render(request, "web/demo/demo.html", context)


@public
@require_POST
def play(request: HttpRequest) -> HttpResponse:
    """Play another part; the case on the desk stays open for whoever may see it."""
    _only_in_demo()
    key = request.POST.get("part", "")
    part = next((each for each in PARTS if each.key == key), None)
    if part is None:
        raise Invalid.field("part", "web.demo.error.part")
    phone, desk = _shown(request, part)
    return _enter(request, scene_as(part, _story(), phone=phone, desk=desk))


@public
@require_POST
def step(request: HttpRequest) -> HttpResponse:
    """Go to a step of the tour."""
    _only_in_demo()
    key = request.POST.get("step", "")
    if key not in STEPS:
        raise Invalid.field("step", "web.demo.error.tour")
    return _enter(request, scene_of(key, _story()), step=key)


@public
@require_safe
def picture(request: HttpRequest, which: str) -> FileResponse:  # noqa: ARG001
    """The story's own photograph, for a visitor who has none at hand."""
    _only_in_demo()
    named = {"before": _story().body.get("report", {}), "after": _story().body.get("answer", {})}
    folder = directory.pack_folder() / "demo" / "pictures"
    path = folder / f"{named.get(which, {}).get('photo', '')}.webp"
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), content_type="image/webp")


@public
@require_POST
def wind(request: HttpRequest) -> HttpResponse:
    """Wind the city's clock forward; the worker then does what became due."""
    _only_in_demo()
    by = WINDS.get(request.POST.get("by", ""))
    if by is None:
        raise Invalid.field("by", "web.demo.error.step")
    clock.wind(by)
    phone, desk = _shown(request, part_named(_playing(request).get("part", "")))
    return _room(phone, desk)


@public
@require_safe
@xframe_options_sameorigin
def tray(request: HttpRequest) -> HttpResponse:
    """The messages as their receivers see them, newest first."""
    _only_in_demo()
    return render(request, "web/demo/tray.html", {"tray": messages.tray(limit=30)})
