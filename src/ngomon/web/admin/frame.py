"""What all pages of administration share: navigation by right, refusals put beside their fields, the word after a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, NotFound
from ngomon.core.retention_runs import waiting_for_a_person
from ngomon.core.text import in_language, sort_key
from ngomon.core.texts import has_text, text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from
from ngomon.identity.rules import may

# (section, address, icon, permission)
SECTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("overview", "/admin", "layout-dashboard", "admin.see"),
    ("categories", "/admin/categories", "tags", "catalogue.see"),
    ("texts", "/admin/texts", "message-square-text", "catalogue.see"),
    ("agencies", "/admin/agencies", "landmark", "catalogue.see"),
    ("people", "/admin/people", "users", "account.see"),
    ("locks", "/admin/locks", "lock", "account.decide_appeal"),
    ("calendar", "/admin/calendar", "calendar-days", "calendar.decide"),
    ("workbook", "/admin/workbook", "sheet", "agency.change"),
    ("processes", "/admin/processes", "workflow", "catalogue.see"),
    ("proposals", "/admin/proposals", "lightbulb", "catalogue.see"),
    ("clients", "/admin/clients", "key-round", "client.manage"),
    ("pack", "/admin/pack", "package", "admin.see"),
    ("retention", "/admin/retention", "archive-x", "retention.see"),
    ("audit", "/admin/audit", "scroll-text", "audit.see"),
)


def language_of(request: HttpRequest) -> str:
    """The reader's language."""
    return str(getattr(request, "LANGUAGE_CODE", "vi"))[:2]


def _nav(actor: Actor, section: str) -> list[dict[str, Any]]:
    # Only whoever may decide is told on every page that something waits for the decision.
    waiting = waiting_for_a_person() if may(actor, "retention.decide") else 0
    return [
        {
            "key": key,
            "label": text(f"web.admin.nav.{key}"),
            "url": address,
            "icon": icon,
            "current": key == section,
            "count": waiting if key == "retention" else 0,
        }
        for key, address, icon, action in SECTIONS
        if may(actor, action)
    ]


def page(
    request: HttpRequest, template: str, section: str, *, status: int = 200, **shown: Any
) -> HttpResponse:
    """One page of administration in its frame; `?done=` says what was just done."""
    done = f"web.admin.done.{request.GET.get('done', '')}"
    context = {
        "face": "admin",
        "nav": _nav(actor_from(request), section),
        "done": text(done) if request.method == "GET" and has_text(done) else "",
        **shown,
    }
    return render(request, f"web/admin/{template}.html", context, status=status)


def done(address: str, what: str, **query: str) -> HttpResponseRedirect:
    """Back to a page that says what was done."""
    return HttpResponseRedirect(f"{address}?{urlencode({**query, 'done': what})}")


def put(form: forms.Form, error: CityError, language: str) -> None:
    """Put a refusal beside the fields it is about; what belongs to no field stands on top."""
    placed = False
    for name, code in error.fields.items():
        field = next((f for f in (name, f"{name}_vi", f"{name}_on") if f in form.fields), None)
        value = form.data.get(field, "") if field else ""
        words = text(code, language, **{"value": value, "file": "", "allowed": "", **error.values})
        form.add_error(field, words)
        placed = True
    if not placed:
        form.add_error(None, text(error.code, language, **error.values))


def saves(form: forms.Form, write: Callable[[], object], language: str) -> bool:
    """Whether a form was right and what it asks for was done, in one unit; else the form says why not."""
    if not form.is_valid():
        return False
    try:
        with unit():
            write()
    except CityError as error:
        put(form, error, language)
        return False
    return True


class _Undone(Exception):
    """Rolls a unit back after a rehearsal."""


@contextmanager
def rehearsal() -> Iterator[None]:
    """A unit whose writes are all taken back at its end: to see what would be done."""
    try:
        with unit():
            yield
            raise _Undone
    except _Undone:
        return


# --- names and choices ----------------------------------------------------------------------------------------------


def agency_name(key: str, language: str) -> str:
    """An agency's name; the whole city for none, the key itself where it is not (or not yet) known."""
    if not key:
        return text("web.admin.whole_city", language)
    try:
        return in_language(directory.agency(key).name, language)
    except NotFound:
        return key


def area_name(key: str, language: str) -> str:
    """An area's name; empty for none."""
    try:
        return in_language(directory.area(key).name, language) if key else ""
    except NotFound:
        return key


def agency_choices(language: str, at: datetime) -> list[tuple[str, str]]:
    """The agencies in force, by name."""
    on = directory.local_day(at)
    return [(a.key, in_language(a.name, language)) for a in directory.agencies(on)]


def area_choices(language: str, at: datetime) -> list[tuple[str, str]]:
    """The wards and communes in force, by name."""
    on = directory.local_day(at)
    rows = [
        (a.key, in_language(a.name, language))
        for a in directory.areas(on=on)
        if a.kind in {"ward", "commune"}
    ]
    return sorted(rows, key=lambda row: sort_key(row[1]))


def role_name(role: str, language: str) -> str:
    """A role in words; of a reporter or a substitute too."""
    for key in (f"identity.role.{role}", f"web.admin.role.{role}"):
        if has_text(key):
            return text(key, language)
    return role


def start_of(on: date) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(on, time.min, timezone.get_default_timezone())


def by_language(values: Mapping[str, Any], name: str) -> dict[str, str]:
    """`<name>_vi` and `<name>_en` of a form as one text."""
    return {code: str(values.get(f"{name}_{code}") or "") for code in ("vi", "en")}
