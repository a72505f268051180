"""Filters of the queues: choosing one, saving it under a name, and the chips with their counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.cases import commands as cases
from ngomon.cases import filtering
from ngomon.cases.filtering import Listed
from ngomon.cases.terms import OPEN, CasePage
from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.text import in_language, sort_key
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, requires

from . import views
from .forms import agency_choices
from .frame import language_of, plain
from .views import Queue


def queue_of(said: Mapping[str, str], actor: Actor) -> Queue:
    """The queue that an address names, else the actor's first."""
    known = views.queues_of(actor)
    fallback = known[0] if known else views.QUEUES[0]
    return next((queue for queue in known if queue.key == said.get("queue", "")), fallback)


def listed_of(said: Mapping[str, str], actor: Actor) -> Listed:
    """The queue and filter that an address names."""
    queue = queue_of(said, actor)
    return Listed(queue.steps, queue.mine, filtering.wanted_of(said))


def selecting(
    request: HttpRequest, queue: Queue, counts: Mapping[str, int], page: CasePage
) -> dict[str, Any]:
    """What a list needs for narrowing and selecting: the filter in words, the saved ones, how many there are in all."""
    actor, language = actor_from(request), language_of(request)
    listed = listed_of(request.GET, actor)
    wanted = listed.wanted
    is_narrowed = bool(wanted.query) or queue.mine
    if is_narrowed and not page.next and not request.GET.get("after"):
        total = len(page.lines)
    elif is_narrowed:
        total = filtering.counts([listed], actor=actor, at=clock.now())[0]
    else:
        total = sum(counts.get(step, 0) for step in queue.steps)
    return {
        "filter_query": wanted.query,
        "filter_words": in_words(wanted, language),
        "filter_items": [(k, v) for k, v in parse_qsl(wanted.query)],
        "chips": chips(request, actor),
        "total": total,
    }


def in_words(wanted: filtering.Wanted, language: str) -> list[str]:
    """A filter as people say it, part by part."""
    said = []
    if wanted.category:
        said.append(_name(directory.category, wanted.category, language))
    if wanted.area:
        said.append(_name(directory.area, wanted.area, language))
    if wanted.agency:
        said.append(_name(directory.agency, wanted.agency, language))
    if wanted.status:
        said.append(text(f"cases.status.{wanted.status}", language))
    if wanted.late:
        said.append(text(f"web.desk.filter.{wanted.late}", language))
    if wanted.days:
        said.append(text("web.desk.filter.older", language, n=wanted.days))
    if wanted.reports:
        said.append(text("web.desk.filter.at_least", language, n=wanted.reports))
    if wanted.words:
        said.append(f"“{wanted.words}”")
    return said


def _name(find: Any, key: str, language: str) -> str:
    try:
        return in_language(find(key).name, language)
    except Exception:
        return key


def chips(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """The saved filters as links; the one that the page shows is marked."""
    now = (queue_of(request.GET, actor).key, filtering.wanted_of(request.GET).query)
    made = []
    for found in filtering.saved(actor=actor):
        said = dict(parse_qsl(found.query))
        is_here = (said.get("queue", ""), filtering.wanted_of(said).query) == now
        made.append({"filter": found, "url": f"/desk?{found.query}", "is_here": is_here, "said": said})
    return made


@require_safe
@requires("desk.see")
def counted(request: HttpRequest) -> HttpResponse:
    """The chips with how many cases each finds now; three statements however many there are."""
    actor = actor_from(request)
    shown = chips(request, actor)
    found = filtering.counts([listed_of(c["said"], actor) for c in shown], actor=actor, at=clock.now())
    for chip, n in zip(shown, found, strict=True):
        chip["n"] = n
    return render(request, "web/desk/chips.html", {"chips": shown, "chip_query": request.GET.urlencode()})


@require_http_methods(["GET", "POST"])
@requires("desk.see")
def narrow(request: HttpRequest) -> HttpResponse:
    """GET: choose what to narrow a queue by. POST: keep the filter under a name."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    said = request.POST if request.method == "POST" else request.GET
    queue, wanted = queue_of(said, actor), filtering.wanted_of(said)
    query = f"queue={queue.key}&{wanted.query}".rstrip("&")
    if request.method == "POST":
        with unit():
            cases.save_filter(
                request.POST.get("name", ""),
                query,
                is_shared=bool(request.POST.get("shared")),
                actor=actor,
                at=now,
            )
        return redirect(f"/desk?{query}")
    areas = sorted(
        (a.key, in_language(a.name, language)) for a in directory.areas(on=directory.local_day(now))
    )
    context = plain(
        request,
        queue=queue,
        queue_title=text(f"web.desk.queue.{queue.key}"),
        queues=[(q.key, text(f"web.desk.queue.{q.key}")) for q in views.queues_of(actor)],
        wanted=wanted,
        filter_words=in_words(wanted, language),
        categories=views.category_choices(now, language),
        areas=sorted(areas, key=lambda row: sort_key(row[1])),
        agencies=agency_choices(now, language),
        statuses=[(s.value, text(f"cases.status.{s}", language)) for s in sorted(OPEN)],
        may_share=bool(filtering.shares_in(actor)),
        saved=filtering.saved(actor=actor),
    )
    return render(request, "web/desk/filter.html", context)


@require_POST
@requires("desk.see")
def remove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a saved filter."""
    with unit():
        cases.remove_filter(id, actor=actor_from(request), at=clock.now())
    return redirect("/desk/filter")
