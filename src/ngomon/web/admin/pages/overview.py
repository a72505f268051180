"""What needs attention; the loaded pack; the definitions of processes; who did what."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.core import clock
from ngomon.core.audit import AuditLine, audit_lines
from ngomon.core.errors import CityError
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.core.units import unit
from ngomon.core.worker import parked_aggregates
from ngomon.directory import commands as directory_commands
from ngomon.directory import queries as directory
from ngomon.directory.terms import InvalidData, PackDiff
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.messages import queries as messages

from ..frame import agency_name, done, language_of, page

PAGE = 50


@require_safe
@requires("admin.see")
def overview(request: HttpRequest) -> HttpResponse:
    """What a person should see to, and the size of what is kept."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    on = directory.local_day(now)
    agencies = directory.agencies(on)
    unready = [a for a in agencies if not a.is_ready]
    letters = messages.dead_letters(actor=actor)
    return page(
        request,
        "overview",
        "overview",
        years=directory.unconfirmed_years(now),
        heirless=[(a.key, in_language(a.name, language)) for a in directory.heirless(on)],
        unready=len(unready),
        agencies=len(agencies),
        parked=len(parked_aggregates()),
        letters=len(letters),
        locked=len(identity.locked_accounts(actor=actor)),
        categories=len(directory.categories(on)),
        officers=len(identity.officers(now)),
        pack=directory.city(),
        edition=directory.edition(),
        recent=_audit_rows(audit_lines(limit=8), language),
    )


# --- the pack -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires("admin.see")
def pack(request: HttpRequest) -> HttpResponse:
    """The loaded pack beside the one on disk; a POST loads what differs."""
    now, language = clock.now(), language_of(request)
    diff: PackDiff | None = None
    problems: list[str] = []
    try:
        if request.method == "POST":
            with unit():
                directory_commands.load_pack(directory.pack_folder(), actor=actor_from(request), at=now)
            return done("/admin/pack", "pack")
        diff = directory_commands.pack_diff(directory.pack_folder(), at=now)
    except InvalidData as error:
        problems = [directory.problem_in_words(p, language) for p in error.problems]
    except CityError as error:
        problems = [text(error.code, language, **error.values)]
    groups = (
        [(name, getattr(diff, name)) for name in ("added", "changed", "closed", "removed", "kept")]
        if diff
        else []
    )
    return page(
        request,
        "pack",
        "pack",
        status=422 if problems else 200,
        city=directory.city(),
        edition=directory.edition(),
        diff=diff,
        groups=[
            {"key": name, "title": text(f"web.admin.pack.{name}", language, n=len(rows)), "rows": rows[:200]}
            for name, rows in groups
            if rows
        ],
        problems=problems,
    )


# --- the audit log --------------------------------------------------------------------------------------------------


@require_safe
@requires("audit.see")
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what to which thing, and who looked at whose data; by thing and by actor."""
    asked = {name: request.GET.get(name, "").strip()[:64] for name in ("kind", "key", "actor")}
    before = request.GET.get("before", "")
    lines = audit_lines(
        kind=asked["kind"],
        key=asked["key"],
        actor_id=asked["actor"],
        before=int(before) if before.isdecimal() and len(before) < 18 else None,
        limit=PAGE + 1,
    )
    more = len(lines) > PAGE
    return page(
        request,
        "audit",
        "audit",
        rows=_audit_rows(lines[:PAGE], language_of(request)),
        asked=asked,
        before=str(lines[PAGE - 1].id) if more else "",
    )


def _audit_rows(lines: list[AuditLine], language: str) -> list[dict[str, Any]]:
    """Lines in words. Officers are named; a citizen stays an id: who reported is nobody's business here."""
    names = {str(officer.account_id): officer.name for officer in identity.officers(clock.now())}
    return [
        {
            "line": line,
            "who": names.get(line.actor_id) or _program(line.actor_id),
            "what": _deed(line.action, language),
            "thing": _thing(line, names, language),
            "detail": "; ".join(
                f"{name}: {_short(value)}"
                for name, value in line.detail.items()
                if value not in ("", [], None)
            ),
        }
        for line in lines
    ]


def _program(actor_id: str) -> str:
    if actor_id.startswith("system:"):
        return text("web.admin.audit.system", name=actor_id.removeprefix("system:"))
    if actor_id == "anonymous":
        return text("web.admin.audit.anonymous")
    return text("web.admin.audit.client") if actor_id.startswith("client:") else actor_id


def _deed(action: str, language: str) -> str:
    key = f"web.admin.deed.{action.replace('.', '_')}"
    return text(key, language) if has_text(key) else action


def _thing(line: AuditLine, names: dict[str, str], language: str) -> str:
    key = f"web.admin.thing.{line.ref_kind}"
    kind = text(key, language) if has_text(key) else line.ref_kind
    name = (
        agency_name(line.ref_key, language)
        if line.ref_kind == "agency"
        else names.get(line.ref_key, line.ref_key)
    )
    return f"{kind} · {name}"


def _short(value: Any) -> str:
    words = ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
    return words if len(words) <= 60 else words[:59] + "…"
