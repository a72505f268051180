"""The parts of a draft beside its steps and actions: head, fields, ladder, variants, what is ticked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from ngomon.core import clock
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.text import in_language
from ngomon.core.units import unit
from ngomon.identity.edge import requires
from ngomon.processes.rules import editing
from ngomon.processes.terms import DraftShown

from ..definition_parts import PARTS, HeadForm, Refused, field_tables, part_choices, part_rows
from ..definition_views import findings_of, uses_of
from ..frame import done, language_of, page, saves
from .processes import change, draft_shown, edition_of, step_page

Tables = Mapping[str, Any]


@require_http_methods(["GET", "POST"])
@requires("catalogue.change")
def head(request: HttpRequest, key: str) -> HttpResponse:
    """The head of a draft: names, group, start, clock; its fields and its ladder."""
    found, language = draft_shown(key), language_of(request)
    form = HeadForm(
        request.POST or None, initial={**HeadForm.begin(found.tables), "edition": found.edition},
        choices=_of(HeadForm, part_choices(found.tables, language)),
    )  # fmt: skip

    def write() -> None:
        changes, edition = form.changes(found.tables), form.cleaned_data["edition"]
        change(request, key, edition, lambda tables: editing.with_head(tables, changes))

    if request.method == "POST" and saves(form, write, language):
        return done(f"/admin/processes/{key}/draft/head", "saved")
    return _head_page(request, key, form)


def _of(form: Any, offered: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rows for name, rows in offered.items() if name in form.base_fields}


def _head_page(
    request: HttpRequest, key: str, form: HeadForm | None = None, refused: Refused | None = None
) -> HttpResponse:
    found, language = draft_shown(key), language_of(request)
    offered = part_choices(found.tables, language)
    begin = {**HeadForm.begin(found.tables), "edition": found.edition}
    form = form or HeadForm(initial=begin, choices=_of(HeadForm, offered))
    _, said = findings_of(found.tables, clock.now(), language)
    return page(
        request, "draft_head", "processes", status=422 if form.errors or refused else 200, draft=found, key=key,
        name=in_language(found.tables.get("name") or {}, language) or key, form=form,
        findings=said["by_place"].get("", []),
        fields=part_rows("field", field_tables(found.tables), offered, found.edition, bad=refused),
        ladder=part_rows(
            "escalation", found.tables.get("escalation", []), offered, found.edition, bad=refused
        ),
        uses=uses_of(key, str(found.tables.get("group", "")), language),
    )  # fmt: skip


@require_POST
@requires("catalogue.change")
def part(request: HttpRequest, key: str) -> HttpResponse:
    """A part of a list: changed, one more, or taken away (`do=remove`)."""
    found, language = draft_shown(key), language_of(request)
    kind, at, n = _which(request)
    back = f"/admin/processes/{key}/draft/" + (f"steps/{at[0]}" if at else "head")
    table = _part(found, kind, at, n)
    if request.POST.get("do") == "remove":
        with unit():
            change(request, key, edition_of(request), _without(kind, at, n, str(table.get("key", ""))))
        return done(back, "part_removed")
    form = PARTS[kind](request.POST, choices=_of(PARTS[kind], part_choices(found.tables, language)))

    def write() -> None:
        change(request, key, form.cleaned_data["edition"], _with(kind, at, n, form, table))

    if saves(form, write, language):
        return done(back, "saved")
    refused = Refused(kind, at, n, form)
    return (
        step_page(request, key, at[0], refused=refused) if at else _head_page(request, key, refused=refused)
    )


def _which(request: HttpRequest) -> tuple[str, tuple[str, ...], int]:
    """Which part is meant. Raises: Invalid."""
    said = request.POST
    kind, n = said.get("kind", ""), said.get("n", "")
    at = tuple(word for word in (said.get("step", ""), said.get("action", "")) if word)
    if kind not in PARTS or len(at) != DEPTH[kind] or not n.isdecimal() or len(n) > 4:
        raise Invalid("processes.error.no_step", step=kind)
    return kind, at, int(n)


DEPTH = {"field": 0, "escalation": 0, "variant": 1, "check": 2}


def _part(found: DraftShown, kind: str, at: tuple[str, ...], n: int) -> Mapping[str, Any]:
    """The table that is meant; empty for one more. Raises: NotFound for a step or action that is not there."""
    try:
        holder = editing.step_of(found.tables, at[0]) if at else found.tables
        holder = editing.action_of(holder, at[1]) if len(at) > 1 else holder
    except editing.Unknown as error:
        raise NotFound("processes.error.no_step", step=str(error)) from error
    rows = field_tables(found.tables) if kind == "field" else holder.get(kind, [])
    return rows[n] if n < len(rows) else {}


def _with(
    kind: str, at: tuple[str, ...], n: int, form: Any, table: Tables
) -> Callable[[Tables], dict[str, Any]]:
    changes = form.changes(table)
    if kind != "field":
        return lambda tables: editing.with_part(tables, at, kind, n, changes)
    # A field's key is what actions name it by: it stays.
    key = str(table.get("key") or form.cleaned_data["key"])
    return lambda tables: editing.with_field(tables, key, changes)


def _without(kind: str, at: tuple[str, ...], n: int, key: str) -> Callable[[Tables], dict[str, Any]]:
    if kind == "field":
        return lambda tables: editing.without_field(tables, key)
    return lambda tables: editing.without_part(tables, at, kind, n)
