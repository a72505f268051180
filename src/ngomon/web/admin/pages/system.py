"""The working calendar, the workbook of agencies and officers, and the programs that use our doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import commands, queries
from ngomon.directory.terms import InvalidData, Problem, WorkbookResult
from ngomon.directory.workbook import WorkbookRows
from ngomon.identity import commands as identity_commands
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires

from ..commands import take_workbook
from ..forms import ClientForm, DayForm, WorkbookForm, client_choices, day_choices
from ..frame import agency_name, by_language, done, language_of, page, rehearsal, role_name, saves
from ..views import year_months

# --- calendar -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires("calendar.decide")
def calendar(request: HttpRequest) -> HttpResponse:
    """A year of working and free days, who decided them, and whether somebody vouches for them; a POST decides a day."""
    now, language = clock.now(), language_of(request)
    form = DayForm(request.POST or None, choices=day_choices())

    def write() -> None:
        said = form.cleaned_data
        commands.decide_day(
            said["on"],
            said["kind"],
            {code: words for code, words in by_language(said, "name").items() if words},
            source=said["source"],
            decided_on=said["decided_on"],
            actor=actor_from(request),
            at=now,
        )

    if request.method == "POST" and saves(form, write, language):
        return done("/admin/calendar", "day_decided", year=str(form.cleaned_data["on"].year))
    return _calendar_page(request, now, language, form=form)


def _calendar_page(request: HttpRequest, now: datetime, language: str, form: DayForm) -> HttpResponse:
    known = queries.years()
    asked = request.GET.get("year", "")
    this = queries.local_day(now).year
    year = int(asked) if asked.isdecimal() and int(asked) in known else this
    decided = queries.day_decisions(date(year, 1, 1), date(year, 12, 31))
    return page(
        request,
        "calendar",
        "calendar",
        status=422 if form.errors else 200,
        year=year,
        is_confirmed=known.get(year, False),
        is_known=year in known,
        years=[
            {"label": str(each), "url": f"/admin/calendar?year={each}", "current": each == year}
            for each in known
        ],
        months=year_months(year, language),
        weekdays=[text(f"web.admin.weekday_short.{n}") for n in range(7)],
        decided=[
            {
                "day": d,
                "name": in_language(d.name, language),
                "kind": text(f"web.admin.day.{d.kind}"),
                "origin": text(f"web.admin.origin.{d.origin}"),
                "weekday": text(f"web.admin.weekday.{d.on.weekday()}"),
            }
            for d in decided
        ],
        today=queries.local_day(now),
        form=form,
    )


@require_POST
@requires("calendar.decide")
def day_withdraw(request: HttpRequest, on: date) -> HttpResponse:
    """Take back what the staff decided about a day."""
    with unit():
        commands.withdraw_day(on, actor=actor_from(request), at=clock.now())
    return done("/admin/calendar", "day_withdrawn", year=str(on.year))


@require_POST
@requires("calendar.decide")
def year_confirm(request: HttpRequest, year: int) -> HttpResponse:
    """Vouch that a year's days off are complete."""
    with unit():
        commands.confirm_year(year, actor=actor_from(request), at=clock.now())
    return done("/admin/calendar", "year_confirmed", year=str(year))


# --- workbook -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Looked:
    """What came of looking at a workbook: what it would do, or what is wrong with it."""

    result: WorkbookResult | None = None
    problems: tuple[Problem, ...] = ()
    failed: str = ""


@require_http_methods(["GET", "POST"])
@requires("agency.change")
def workbook(request: HttpRequest) -> HttpResponse:
    """Take in a workbook: first what it would do, or everything that is wrong by sheet, row and column; then doing it."""
    language = language_of(request)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    looked = _Looked()
    is_import = request.POST.get("do") == "import"
    if request.method == "POST" and form.is_valid():
        looked = _look(
            form.cleaned_data["file"].read(), is_import, actor_from(request), clock.now(), language
        )
        if is_import and looked.result is not None:
            return done("/admin/workbook", "workbook")
    is_wrong = bool(looked.problems or looked.failed or form.errors)
    return page(
        request,
        "workbook",
        "workbook",
        status=422 if is_wrong else 200,
        form=form,
        result=looked.result,
        failed=looked.failed,
        officers=_officer_lines(looked.result, language),
        problems=[
            {
                "sheet": p.where,
                "line": p.line or "",
                "column": p.column,
                "words": text(p.code, language, **p.values),
            }
            for p in looked.problems
        ],
    )


def _look(content: bytes, is_import: bool, actor: Actor, at: datetime, language: str) -> _Looked:
    try:
        rows = commands.read_workbook(content)
        if is_import:
            with unit():
                return _Looked(take_workbook(rows, actor=actor, at=at))
        return _Looked(_rehearse(rows, actor, at))
    except InvalidData as error:
        return _Looked(problems=error.problems)
    except CityError as error:
        code = next(iter(error.fields.values()), error.code)
        return _Looked(failed=text(code, language, **error.values))


def _rehearse(rows: WorkbookRows, actor: Actor, at: datetime) -> WorkbookResult | None:
    found: list[WorkbookResult] = []
    with rehearsal():
        found.append(take_workbook(rows, actor=actor, at=at))
    return found[0] if found else None


def _officer_lines(result: WorkbookResult | None, language: str) -> list[dict[str, Any]]:
    return [
        {
            "line": officer.line,
            "name": officer.name,
            "role": role_name(officer.role, language),
            "agency": agency_name(officer.agency, language),
        }
        for officer in (result.officers if result else ())
    ][:300]


@require_safe
@requires("agency.change")
def workbook_download(request: HttpRequest) -> HttpResponse:
    """The present state as a workbook to correct and hand in again; looking at officers' contacts is written down."""
    now = clock.now()
    on = queries.local_day(now)
    with unit():
        officers = _officer_rows(actor_from(request), now)
    answer = HttpResponse(
        commands.write_workbook(queries.agencies(on), officers),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = f'attachment; filename="{queries.city().key}-{on.isoformat()}.xlsx"'
    return answer


def _officer_rows(actor: Actor, at: datetime) -> list[dict[str, str]]:
    """The officers' sheet: one line for each post held."""
    found = identity.officers(at)
    keys = [officer.account_id for officer in found]
    contacts = identity.contacts_of(keys, actor=actor, purpose="web.admin.workbook", at=at)
    seats = {str(post.id): post.seat for post in queries.posts()}
    return [
        {
            "email": contacts.get(officer.account_id, {}).get("email", ""),
            "phone": contacts.get(officer.account_id, {}).get("phone", ""),
            "name": officer.name,
            "agency": holding.agency,
            "role": holding.role,
            "area": holding.area,
            "seat": seats.get(holding.post, ""),
            "primary": "yes" if holding.is_main else "no",
            "valid_from": queries.local_day(holding.valid_from).isoformat(),
            "valid_to": queries.local_day(holding.valid_to).isoformat() if holding.valid_to else "",
            "title_vi": holding.title.get("vi", ""),
            "title_en": holding.title.get("en", ""),
        }
        for officer in found
        for holding in officer.holdings
    ]


# --- programs -------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@requires("client.manage")
def clients(request: HttpRequest) -> HttpResponse:
    """The programs that may use our doors; a POST lets one more in and shows its key this once."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    form = ClientForm(request.POST or None, choices=client_choices(language, now))
    keys: list[str] = []

    def write() -> None:
        said = form.cleaned_data
        made = identity_commands.make_client(
            said["name"], said["scopes"], agency=said["agency"], actor=actor, at=now
        )
        keys.append(made[1])

    if request.method == "POST" and saves(form, write, language):
        form = ClientForm(choices=client_choices(language, now))
    rows = [
        {
            "client": c,
            "agency": agency_name(c.agency, language),
            "scopes": [text(f"web.admin.scope.{scope.replace('.', '_')}") for scope in c.scopes],
        }
        for c in identity.clients(actor=actor)
    ]
    return page(
        request,
        "clients",
        "clients",
        status=422 if form.errors else 200,
        form=form,
        key=keys[0] if keys else "",
        rows=rows,
    )


@require_POST
@requires("client.manage")
def client_revoke(request: HttpRequest, id: UUID) -> HttpResponse:
    """Close the doors to a program at once."""
    with unit():
        identity_commands.revoke_client(id, actor=actor_from(request), at=clock.now())
    return done("/admin/clients", "client_revoked")
