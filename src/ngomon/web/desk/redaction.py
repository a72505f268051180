"""Taking something out of a case for good: first what would go, then, asked twice, the doing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ngomon.cases import commands, queries
from ngomon.cases.terms import REDACT_GROUNDS, PictureView, picture_url
from ngomon.core import clock
from ngomon.core.errors import CityError, Invalid
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may

from . import views
from .views import queues_of


@never_cache
@require_http_methods(["GET", "POST"])
@requires("case.redact")
def redact(request: HttpRequest, number: str) -> HttpResponse:
    """Passages and pictures to take out; a first POST shows what would go, a second with a clear yes does it."""
    case_id = queries.case_id_of(number)
    if request.method != "POST":
        return _page(request, number, case_id)
    try:
        if request.POST.get("do") != "redact":
            return _page(request, number, case_id, is_preview=True)
        _take_out(request, case_id)
    except Invalid as error:
        words, fields = views.refusal(error, _language(request))
        return _page(request, number, case_id, failed=" ".join([*fields] or [words]), status=422)
    return HttpResponseRedirect(f"/desk/cases/{quote(number)}/redact?done=1")


def _language(request: HttpRequest) -> str:
    return str(getattr(request, "LANGUAGE_CODE", "vi"))[:2]


def _chosen(request: HttpRequest) -> list[UUID]:
    found = []
    for key in request.POST.getlist("pictures")[:50]:
        try:
            found.append(UUID(key))
        except ValueError:
            continue
    return found


def _take_out(request: HttpRequest, case_id: UUID) -> None:
    """Both in one unit. Raises: Invalid, Refused, NotFound."""
    passages, pictures = request.POST.get("passages", ""), _chosen(request)
    ground, actor, now = request.POST.get("ground", ""), actor_from(request), clock.now()
    if request.POST.get("sure") != "yes":
        raise Invalid("web.desk.redact.not_sure")
    if not passages.strip() and not pictures:
        raise Invalid("web.desk.redact.choose")
    with unit():
        if passages.strip():
            commands.redact_text(case_id, passages, ground, actor=actor, at=now)
        if pictures:
            commands.redact_pictures(case_id, pictures, ground, actor=actor, at=now)


def _page(
    request: HttpRequest,
    number: str,
    case_id: UUID,
    *,
    is_preview: bool = False,
    failed: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_from(request)
    passages = request.POST.get("passages", "")[:4000]
    with unit():
        try:
            found = commands.try_redaction(case_id, passages if is_preview else "", actor=actor)
        except Invalid as error:
            found = commands.try_redaction(case_id, "", actor=actor)
            failed, status, is_preview = _words(error), 422, False
    chosen = {str(key) for key in _chosen(request)}
    if is_preview and not found.struck and (passages.strip() or not chosen):
        key = "cases.error.redact_not_found" if passages.strip() else "web.desk.redact.choose"
        failed, status, is_preview = text(key), 422, False
    nav = [
        {
            "key": q.key,
            "label": text(f"web.desk.queue.{q.key}"),
            "url": f"/desk?queue={q.key}",
            "icon": q.icon,
        }
        for q in queues_of(actor)
    ]
    context = {
        "face": "desk",
        "nav": nav + views.tools(actor, request.path),
        "number": number,
        "back": f"/desk/cases/{number}" if may(actor, "case.see") else "",
        "passages": passages,
        "ground": request.POST.get("ground", ""),
        "grounds": [(key, text(f"cases.redact.ground.{key}")) for key in REDACT_GROUNDS],
        "pictures": [_picture(n, p, chosen) for n, p in enumerate(found.pictures, 1)],
        "is_preview": is_preview,
        "struck": [{"what": text(f"web.desk.redact.what.{s.what}"), "struck": s} for s in found.struck],
        "places": sum(s.n for s in found.struck),
        "n_pictures": len(chosen),
        "failed": failed,
        "is_done": request.GET.get("done") == "1",
    }
    return render(request, "web/desk/redact.html", context, status=status)


def _words(error: CityError) -> str:
    return text(next(iter(error.fields.values()), error.code), **error.values)


def _picture(n: int, picture: PictureView, chosen: set[str]) -> dict[str, Any]:
    return {
        "id": picture.id,
        "url": picture_url(picture.thumbnail or picture.file),
        "label": text("web.desk.redact.picture", n=n),
        "is_chosen": str(picture.id) in chosen,
    }
