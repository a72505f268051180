"""The editor's pages: an answer before it is public, photos with what may be blurred in them, what was promised."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.cases import commands as cases_commands
from ngomon.cases import pictures
from ngomon.cases import queries as cases
from ngomon.cases.commands.publishing import DONE, NOT_APPLICABLE, PREFIX
from ngomon.cases.masking import proposed
from ngomon.cases.rules.boxes import read_boxes
from ngomon.cases.rules.redaction import Hiding, read_hiding
from ngomon.cases.rules.spans import Span
from ngomon.cases.terms import CaseView, Decided, PictureToDecide, picture_url
from ngomon.core import clock, files, images
from ngomon.core.errors import CityError, Conflict, Invalid
from ngomon.core.ids import Ref
from ngomon.core.images import StoredPhoto
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.processes import queries as processes

from . import views
from .frame import language_of, plain
from .told import spoken_by, told

ACTION = "publish"


# --- an answer before it is public ----------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires("case.publish")
def publish(request: HttpRequest, number: str) -> HttpResponse:
    """The words as everybody will read them, what is masked, the photos, the checklist; then publish."""
    actor = actor_from(request)
    view = cases.staff_case(number, actor=actor)
    offered = next((a for a in processes.actions_for(view.line.ref, actor) if a.key == ACTION), None)
    if offered is None:
        raise Conflict("web.desk.error.not_now")
    if request.method == "POST":
        try:
            _publish(request, view)
        except CityError as error:
            words, _ = views.refusal(error, language_of(request))
            fields = [
                text(code, **error.values) for name, code in error.fields.items() if not _is_check(name)
            ]
            missing = _missing(view, error, language_of(request))
            return _page(request, view, error.status, failed=words, failed_fields=[*missing, *fields])
        return HttpResponseRedirect(f"/desk/cases/{number}")
    return _page(request, view)


def _is_check(name: str) -> bool:
    return name.startswith(PREFIX)


def _missing(view: CaseView, error: CityError, language: str) -> list[str]:
    """The checklist's items that a refusal names, in words."""
    checks = processes.checks_for(view.line.ref, ACTION)
    return [in_language(c.name, language) for c in checks if f"{PREFIX}{c.key}" in error.fields]


def _publish(request: HttpRequest, view: CaseView) -> None:
    ticks = {name: value for name, value in request.POST.items() if name.startswith(PREFIX)}
    said = {name: request.POST.get(name, "") for name in ("note", "despite_parts")}
    fields = {**{name: str(value) for name, value in ticks.items()}, **said}
    actor, at = actor_from(request), clock.now()
    seen = int(request.POST.get("version") or view.line.version)
    hidings = {name: _hiding(request, name) for name in ("report", "answer")}
    if request.POST.get("keep"):
        with unit():
            cases_commands.check_answer(view.line.id, fields, **hidings, version=seen, actor=actor, at=at)
        return
    with unit():
        cases_commands.hide_words(view.line.id, **hidings, version=seen, actor=actor, at=at)
        cases_commands.act_on_case(view.line.id, ACTION, fields=fields, actor=actor, at=at)


def _hiding(request: HttpRequest, name: str) -> Hiding | None:
    length = request.POST.get(f"{name}_length", "")
    if not length:
        return None
    try:
        return read_hiding(length, request.POST.getlist(f"{name}_hide"), request.POST.get(f"{name}_also", ""))
    except ValueError as error:
        raise Invalid.field("also", "cases.error.words_changed") from error


def _page(request: HttpRequest, view: CaseView, status: int = 200, **more: Any) -> HttpResponse:
    language, line = language_of(request), view.line
    words = cases_commands.first_words_of(line.id)
    answers = [e for e in view.entries if e.kind == "answer" and e.is_current]
    kept = cases_commands.kept_checks(line.id)
    shown = {
        "line": line,
        "is_kept": bool(kept),
        "category": views.category_name(line.category, language),
        "agency": views.agency_name(line.agency, language) if line.agency else "",
        "texts": [
            _text(request, "report", words, text("web.desk.publish.report")) if words else None,
            _text(request, "answer", answers[-1].text, text("web.desk.publish.answer")) if answers else None,
        ],
        "pictures": [_picture(p) for p in pictures.pictures_of(line.id)],
        "undecided": pictures.undecided(line.id),
        "checks": [
            {
                "name": f"{PREFIX}{check.key}",
                "label": in_language(check.name, language),
                "value": request.POST.get(f"{PREFIX}{check.key}", kept.get(f"{PREFIX}{check.key}", "")),
            }
            for check in processes.checks_for(line.ref, ACTION)
        ],
        "marks": ((DONE, text("web.desk.publish.done")), (NOT_APPLICABLE, text("web.desk.publish.na"))),
        "note": request.POST.get("note", ""),
        "told": told(ACTION, line, {}, spoken_by(view, language)),
        "open_children": cases.family_of(line.id).open_children,
        "may_decide": pictures.may_decide(actor_from(request)),
    }
    return render(request, "web/desk/publish.html", plain(request, **shown, **more), status=status)


def _text(request: HttpRequest, name: str, words: str, title: str) -> dict[str, Any]:
    """A text with its proposed spans; what was unticked stays unticked over a refusal."""
    chosen = set(request.POST.getlist(f"{name}_hide")) if request.method == "POST" else None
    spans = [
        {
            "value": f"{span.start}-{span.end}",
            "words": words[span.start : span.end],
            "kind": text(f"web.desk.private.{span.kind}"),
            "is_on": chosen is None or f"{span.start}-{span.end}" in chosen,
        }
        for span in proposed(words)
    ]
    return {
        "name": name,
        "title": title,
        "length": len(words),
        "marked": _marked(words, proposed(words)),
        "spans": spans,
        "also": request.POST.get(f"{name}_also", ""),
    }


def _marked(words: str, spans: list[Span]) -> SafeString:
    """The text with its spans highlighted; escaped."""
    parts, at = [], 0
    for span in spans:
        parts.append(("", "", words[at : span.start]))
        parts.append(
            (f"{span.start}-{span.end}", text(f"web.desk.private.{span.kind}"), words[span.start : span.end])
        )
        at = span.end
    parts.append(("", "", words[at:]))
    return format_html_join(
        "",
        "{}",
        (
            (
                format_html('<mark data-span="{}" title="{}">{}</mark>', *part)
                if part[0]
                else format_html("{}", part[2]),
            )
            for part in parts
        ),
    )


# --- photos ---------------------------------------------------------------------------------------------------------


def _picture(p: PictureToDecide) -> dict[str, Any]:
    return {
        "id": p.id,
        "number": p.number,
        "url": picture_url(p.file),
        "thumb": picture_url(p.thumbnail),
        "alt": text("ui.after" if p.role == "after" else "ui.before"),
        "undecided": p.undecided,
        "covered": sum(box.decision == "cover" for box in p.boxes),
        "is_looked_at": p.is_looked_at,
        "edit": f"/desk/pictures/{p.id}",
    }


@require_safe
@requires("case.redact")
def waiting(request: HttpRequest) -> HttpResponse:
    """The photos in which something waits for a decision."""
    found = [_picture(p) for p in pictures.pictures_waiting(actor=actor_from(request))]
    return render(request, "web/desk/pictures.html", plain(request, pictures=found))


@require_http_methods(["GET", "POST"])
@requires("case.redact")
def picture(request: HttpRequest, id: UUID) -> HttpResponse:
    """One photo: what the machine proposes, what is drawn by hand; "blur and save" makes the public copy anew."""
    actor = actor_from(request)
    with unit():
        shown = pictures.picture_to_decide(id, actor=actor)
        if shown.whole != shown.file:
            pictures.look_at_whole(shown.whole, actor=actor, at=clock.now())
    failed = ""
    status = 200
    if request.method == "POST":
        try:
            _decide(request, shown)
        except CityError as error:
            failed, _ = views.refusal(error, language_of(request))
            status = error.status
        else:
            return HttpResponseRedirect(_next(request, shown))
    rows = [
        {
            "n": n,
            "id": str(box.id),
            "kind": box.kind,
            "label": text(f"web.desk.picture.kind.{box.kind}"),
            "by_hand": box.by_hand,
            "cover": box.decision != "keep",
            "left": _pct(box.left),
            "top": _pct(box.top),
            "width": _pct(box.width),
            "height": _pct(box.height),
        }
        for n, box in enumerate(shown.boxes, 1)
    ]
    context = {
        "picture": shown,
        "whole": picture_url(shown.whole),
        "rows": rows,
        "kinds": [(kind, text(f"web.desk.picture.kind.{kind}")) for kind in ("face", "plate", "other")],
        "failed": failed,
        "back": _next(request, shown),
    }
    return render(request, "web/desk/picture.html", plain(request, **context), status=status)


def _pct(share: float) -> str:
    return f"{share * 100:.1f}"


def _next(request: HttpRequest, shown: PictureToDecide) -> str:
    wanted = request.GET.get("back", "")
    return "/desk/pictures" if wanted == "list" else f"/desk/cases/{shown.number}"


def _decide(request: HttpRequest, shown: PictureToDecide) -> None:
    """The copy is made before the unit is opened: it takes another process some hundred milliseconds."""
    decided = _decided(request)
    covers = [(b.left, b.top, b.width, b.height) for b in decided if b.decision == "cover"]
    covered = _cover(shown.whole, covers) if covers else None
    with unit():
        cases_commands.decide_picture(
            shown.id,
            decided,
            covered,
            seen=request.POST.get("seen", ""),
            actor=actor_from(request),
            at=clock.now(),
        )


def _cover(digest: str, boxes: list[tuple[float, float, float, float]]) -> StoredPhoto:
    data = files.File(UUID(int=0), digest, "image/jpeg", 0, "", Ref("", ""), clock.now()).read()
    return images.store_photo(images.cover_photo(data, boxes))


def _decided(request: HttpRequest) -> list[Decided]:
    """The boxes that the island wrote, else those of the plain fields in per cent."""
    try:
        if request.POST.get("boxes"):
            return read_boxes(request.POST["boxes"])
        return _from_fields(request)
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid.field("boxes", "cases.error.boxes") from error


def _from_fields(request: HttpRequest) -> list[Decided]:
    columns = [
        request.POST.getlist(name)
        for name in ("kind", "left", "top", "width", "height", "by_hand", "decision")
    ]
    found = []
    for kind, left, top, width, height, by_hand, decision in zip(*columns, strict=True):
        if not width or not height:
            continue
        place = [float(value.replace(",", ".")) / 100 for value in (left or "0", top or "0", width, height)]
        found.append(Decided(kind, place[0], place[1], place[2], place[3], by_hand == "1", decision))
    return found
