"""The tabs of the citizen's face. What a later part will bring, a page says honestly."""

from __future__ import annotations

import tomllib
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ngomon.cases import queries as cases
from ngomon.cases.pages.mine import claimed_here
from ngomon.cases.pages.shown import CaseCard, card, progress
from ngomon.cases.terms import OPEN
from ngomon.core import clock
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, public, requires
from ngomon.identity.queries import name_of
from ngomon.messages.commands import mark_read
from ngomon.messages.queries import inbox
from ngomon.services.manifest import discover

LATEST = 6
FOLLOWED = 3


def _greeting(hour: int) -> str:
    part = "morning" if 4 <= hour < 11 else "noon" if hour < 14 else "afternoon" if hour < 18 else "evening"
    return text(f"web.home.greeting.{part}")


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: report, what I follow, what happens in the city."""
    actor, city, now = actor_from(request), directory.city(), clock.now()
    mine = cases.my_cases(actor=actor, size=20) or claimed_here(request)
    mine = sorted(mine, key=lambda line: line.status not in OPEN)
    latest = cases.public_cases(size=LATEST)
    name = name_of(actor.account_id) if actor.account_id else ""
    context = {
        "greeting": _greeting(now.astimezone(ZoneInfo(city.timezone)).hour),
        "name": name.split()[-1] if name else "",
        "mine": [_followed(card(line), now) for line in mine[:FOLLOWED]],
        "more": len(mine) > FOLLOWED,
        "latest": [card(line) for line in latest.lines],
        "total": latest.total,
        "city": city,
    }
    return render(request, "web/citizen/home.html", context)


def _followed(shown: CaseCard, now: Any) -> dict[str, Any]:
    return {"card": shown, "progress": progress(shown.line, now)}


@public
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """What the city offers here now, and what is still being built."""
    language = actor_from(request).language
    found = [
        {"name": in_language(manifest.name, language), "icon": manifest.icon, "key": key}
        for key, manifest in discover().items()
    ]
    return render(request, "web/citizen/services.html", {"services": found, "city": directory.city()})


@public
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What the city told this person; strangers are told how to get it."""
    actor = actor_from(request)
    page = inbox(actor, after=request.GET.get("after", "")) if actor.account_id else None
    return render(request, "web/citizen/notices.html", {"page": page, "actor": actor})


@requires("account.own")
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """All my notices are read."""
    with unit():
        mark_read(None, actor=actor_from(request), at=clock.now())
    return HttpResponseRedirect("/notices")


@public
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """My reports, my account, my data."""
    actor = actor_from(request)
    name = name_of(actor.account_id) if actor.account_id else ""
    return render(request, "web/citizen/me.html", {"actor": actor, "name": name, "city": directory.city()})


@public
@require_safe
def credits_page(request: HttpRequest) -> HttpResponse:
    """Where the city's data come from and under which licences, from the pack's SOURCES.toml."""
    path = directory.pack_folder() / "SOURCES.toml"
    sources = tomllib.loads(path.read_text(encoding="utf-8")).get("source", []) if path.exists() else []
    return render(request, "web/citizen/credits.html", {"sources": sources})
