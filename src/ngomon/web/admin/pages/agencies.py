"""Agencies: the list with readiness, one agency with its posts, roster and test messages, closing with a successor."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.cases import queries as cases
from ngomon.core import clock
from ngomon.core.errors import CityError, Invalid
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import commands, queries
from ngomon.directory.terms import AgencyKind, DutySlot, Shift
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may, require

from ..commands import answer_readiness_test, part_names, send_readiness_test, trial_of
from ..forms import (
    AgencyForm,
    CloseForm,
    EndForm,
    PostForm,
    agency_form_choices,
    agency_initial,
    empty,
    post_choices,
    post_names,
)
from ..frame import agency_choices, agency_name, area_name, by_language, done, language_of, page, saves
from ..views import agency_rows, post_rows, readiness_rows, roster_grid

STATES = ("open", "ready", "unready", "ended", "all")


def _open_work(at: datetime) -> dict[str, int]:
    return {standing.agency: standing.open for standing in cases.standings(at)}


@require_safe
@requires("catalogue.see")
def agencies(request: HttpRequest) -> HttpResponse:
    """All agencies, by name, with who can be reached."""
    now, language = clock.now(), language_of(request)
    state = request.GET.get("state", "open")
    asked = {
        "q": request.GET.get("q", "").strip()[:100],
        "kind": request.GET.get("kind", ""),
        "state": state if state in STATES else "open",
    }
    rows = agency_rows(language, now, asked, _open_work(now))
    return page(
        request,
        "agencies",
        "agencies",
        rows=rows,
        asked=asked,
        kinds=empty(
            [(k.value, text(f"web.admin.kind.{k.value}")) for k in AgencyKind], "web.admin.all_kinds"
        ),
        states=[(key, text(f"web.admin.state.{key}"), key == asked["state"]) for key in STATES],
        may_change=may(actor_from(request), "agency.change"),
    )


@require_http_methods(["GET", "POST"])
@requires("agency.change")
def agency_new(request: HttpRequest) -> HttpResponse:
    """An agency more."""
    now, language = clock.now(), language_of(request)
    form = AgencyForm(request.POST or None, choices=agency_form_choices(language, now))

    def write() -> None:
        key = form.cleaned_data["key"]
        commands.add_agency(key, form.changes(), actor=actor_from(request), at=now)

    if request.method == "POST" and saves(form, write, language):
        return done(f"/admin/agencies/{form.cleaned_data['key']}", "agency_added")
    return page(request, "agency_new", "agencies", status=422 if form.errors else 200, form=form)


@require_http_methods(["GET", "POST"])
@requires("catalogue.see")
def agency(request: HttpRequest, key: str) -> HttpResponse:
    """One agency: particulars, posts and who holds them, whether it can be reached."""
    found, now, language = queries.agency(key), clock.now(), language_of(request)
    form = AgencyForm(
        request.POST or None, initial=agency_initial(found), choices=agency_form_choices(language, now, key)
    )
    form.fields["key"].required = False
    if request.method == "POST":
        actor = actor_from(request)
        require(actor, "agency.change")
        if saves(form, lambda: commands.edit_agency(key, form.changes(), actor=actor, at=now), language):
            return done(f"/admin/agencies/{key}", "saved")
    return _agency_page(request, key, form=form)


def _agency_page(request: HttpRequest, key: str, failed: str = "", **forms: Any) -> HttpResponse:
    found, now, language = queries.agency(key), clock.now(), language_of(request)
    on, actor = queries.local_day(now), actor_from(request)
    shown = {
        "form": AgencyForm(initial=agency_initial(found), choices=agency_form_choices(language, now, key)),
        "post_form": PostForm(choices=post_choices(key, language, on), prefix="post"),
        **forms,
    }
    is_wrong = failed or any(form.errors for form in shown.values())
    parts = readiness_rows(key, language, now)
    return page(
        request,
        "agency",
        "agencies",
        status=422 if is_wrong else 200,
        agency=found,
        name=in_language(found.name, language),
        kind=text(f"web.admin.kind.{found.kind}"),
        area=area_name(found.area, language) or text("web.admin.whole_city"),
        ended=found.valid_to is not None and found.valid_to <= on,
        successor=agency_name(found.successor, language) if found.successor else "",
        posts=post_rows(key, language, now),
        parts=parts,
        can_test=any(row["account"] and not row["at"] for row in parts),
        open=_open_work(now).get(key, 0),
        today=on.isoformat(),
        roster_url=f"/admin/agencies/{key}/roster",
        close_url=f"/admin/agencies/{key}/close",
        failed=failed,
        may_change=may(actor, "agency.change"),
        may_see_roster=may(actor, "roster.see", key),
        may_see_people=may(actor, "account.see"),
        **shown,
    )


@require_http_methods(["GET", "POST"])
@requires("agency.change")
def agency_close(request: HttpRequest, key: str) -> HttpResponse:
    """An agency ends and another takes its place: what moves is said before it is decided."""
    found, now, language = queries.agency(key), clock.now(), language_of(request)
    others = [row for row in agency_choices(language, now) if row[0] != key]
    form = CloseForm(
        request.POST or None,
        choices={"successor": empty(others, "web.admin.choose")},
        initial={"on": queries.local_day(now), "successor": found.successor},
    )

    def write() -> None:
        said = form.cleaned_data
        commands.close_agency(key, said["successor"], said["on"], actor=actor_from(request), at=now)

    is_sure = request.POST.get("sure") == "yes"
    if request.method == "POST" and is_sure and saves(form, write, language):
        return done(f"/admin/agencies/{key}", "agency_closed")
    is_asked = request.method == "POST" and not is_sure and form.is_valid()
    return page(
        request,
        "agency_close",
        "agencies",
        status=422 if form.errors else 200,
        form=form,
        agency=found,
        name=in_language(found.name, language),
        is_asked=is_asked,
        agency_url=f"/admin/agencies/{key}",
        heir=agency_name(form.cleaned_data["successor"], language) if is_asked else "",
        on=form.cleaned_data["on"] if is_asked else None,
        open=_open_work(now).get(key, 0),
        posts=len(queries.posts(key, queries.local_day(now))),
        holders=len(identity.staff_of(key, now)),
    )


# --- posts and roster -----------------------------------------------------------------------------------------------


@require_POST
@requires("agency.change")
def post_add(request: HttpRequest, key: str) -> HttpResponse:
    """A position more in an agency."""
    now, language = clock.now(), language_of(request)
    choices = post_choices(key, language, queries.local_day(now))
    form = PostForm(request.POST, choices=choices, prefix="post")

    def write() -> None:
        said = form.cleaned_data
        stands_for = said["substitute_of"]
        commands.add_post(
            key,
            said["role"],
            title={code: words for code, words in by_language(said, "title").items() if words},
            substitute_of=UUID(stands_for) if stands_for else None,
            actor=actor_from(request),
            at=now,
        )

    if saves(form, write, language):
        return done(f"/admin/agencies/{key}", "post_added")
    return _agency_page(request, key, post_form=form)


@require_POST
@requires("agency.change")
def post_end(request: HttpRequest, key: str, post: UUID) -> HttpResponse:
    """A position ends on a day."""
    form = EndForm(request.POST)

    def write() -> None:
        commands.end_post(post, form.cleaned_data["on"], actor=actor_from(request), at=clock.now())

    if saves(form, write, language_of(request)):
        return done(f"/admin/agencies/{key}", "post_ended")
    return _agency_page(request, key, end_form=form)


@require_http_methods(["GET", "POST"])
@requires("roster.see")
def roster(request: HttpRequest, key: str) -> HttpResponse:
    """An agency's week of duty, by post; its head and administrators change it."""
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    found = queries.agency(key)
    require(actor, "roster.see", key)
    failed = ""
    if request.method == "POST":
        require(actor, "roster.change", key)
        try:
            slots = _slots(request, key)
            with unit():
                commands.set_roster(key, slots, actor=actor, at=now)
            return done(f"/admin/agencies/{key}/roster", "roster_set")
        except CityError as error:
            code = next(iter(error.fields.values()), error.code)
            failed = text(code, language, **error.values)
    on = queries.local_day(now)
    weekday, shift = queries.shift_at(now)
    return page(
        request,
        "roster",
        "agencies",
        status=422 if failed else 200,
        agency=found,
        name=in_language(found.name, language),
        grid=roster_grid(key, language),
        posts=post_names(key, language, on),
        failed=failed,
        now_on=text(f"web.admin.weekday.{weekday}") + ", " + text(f"web.admin.shift.{shift}"),
        may_change=may(actor, "roster.change", key),
        may_see_agency=may(actor, "catalogue.see"),
    )


def _slots(request: HttpRequest, key: str) -> list[DutySlot]:
    """The grid's filled lines. Raises: Invalid for what is no post."""
    slots = []
    for shift in Shift:
        for weekday in range(7):
            for n in range(20):
                name = f"{shift.value}_{weekday}_{n}"
                post, substitute = (request.POST.get(f"{name}_{part}", "") for part in ("post", "substitute"))
                if not post:
                    continue
                try:
                    slots.append(
                        DutySlot(
                            key, weekday, shift.value, UUID(post), UUID(substitute) if substitute else None
                        )
                    )
                except ValueError:
                    raise Invalid.field("post", "directory.post.not_here", agency=key) from None
    return slots


# --- readiness ------------------------------------------------------------------------------------------------------


@require_POST
@requires("agency.change")
def readiness_send(request: HttpRequest, key: str) -> HttpResponse:
    """Send the test message to whoever of an agency has not answered it yet."""
    try:
        with unit():
            send_readiness_test(key, actor=actor_from(request), at=clock.now())
    except CityError as error:
        return _agency_page(request, key, failed=text(error.code, **error.values))
    return done(f"/admin/agencies/{key}", "test_sent")


@require_http_methods(["GET", "POST"])
@requires("readiness.acknowledge")
def ready(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of a test message leads: the officer it went to says that it came."""
    language, actor = language_of(request), actor_from(request)
    test = trial_of(token)
    is_done = False
    if request.method == "POST":
        with unit():
            answer_readiness_test(token, actor=actor, at=clock.now())
        is_done = True
    elif actor.account_id == test.account_id:
        is_done = test.part in queries.readiness(test.agency).acknowledged
    return page(
        request,
        "ready",
        "",
        face="desk",
        name=agency_name(test.agency, language),
        part=part_names(test.part)[language],
        is_mine=actor.account_id == test.account_id,
        is_done=is_done,
    )
