"""Definitions for people who do not program: what is in force, drafts, checks, BPMN files, running work moved on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.errors import CityError, NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.processes import commands, drafting, queries
from ngomon.processes.bpmn_in import MOST_BYTES, import_bpmn
from ngomon.processes.bpmn_out import export
from ngomon.processes.rules import editing
from ngomon.processes.terms import DraftShown

from ..definition_forms import (
    ActionForm,
    BpmnForm,
    NewStepForm,
    PublishForm,
    StepForm,
    action_initial,
    choices_of,
    own_actions,
    step_initial,
)
from ..definition_parts import Refused, part_choices, part_rows
from ..definition_views import (
    definition_rows,
    difference_rows,
    drawn,
    findings_of,
    migration_rows,
    readable,
    remark_lines,
    steps_with_findings,
)
from ..frame import by_language, done, language_of, page, saves, start_of
from ..views import process_view


@require_safe
@requires("catalogue.see")
def definitions(request: HttpRequest) -> HttpResponse:
    """The definitions: versions, what runs, who is writing one."""
    return page(
        request, "processes", "processes", rows=definition_rows(language_of(request)),
        may_change=may(actor_from(request), "catalogue.change"), form=BpmnForm(),
    )  # fmt: skip


@require_safe
@requires("catalogue.see")
def definition(request: HttpRequest, key: str) -> HttpResponse:
    """One definition in one of its versions: its steps and ways as a table, beside the drawing."""
    wanted, language = request.GET.get("n", ""), language_of(request)
    shown = process_view(key, int(wanted) if wanted.isdecimal() else None, language)
    n = shown["definition"].n
    running = drafting.running_by_version(key)
    latest = max(v["n"] for v in shown["versions"])
    return page(
        request, "process", "processes", **shown, drawn=drawn(drafting.tables_of(key, n), language),
        running=running.get(n, 0), is_old=n != latest, draft=drafting.draft_of(key),
        may_change=may(actor_from(request), "catalogue.change"),
    )  # fmt: skip


@require_safe
@requires("catalogue.see")
def bpmn(request: HttpRequest, key: str) -> HttpResponse:
    """A version, or the draft (`?draft=1`), as a BPMN 2.0 file."""
    wanted = request.GET.get("n", "")
    if request.GET.get("draft"):
        tables, name = draft_shown(key).tables, f"{key}-draft"
    else:
        n = int(wanted) if wanted.isdecimal() else None
        tables, name = drafting.tables_of(key, n), f"{key}-{wanted or 'live'}"
    try:
        content = export(tables)
    except (ValueError, LookupError) as error:
        raise NotFound("web.admin.definitions.cannot_draw") from error
    answer = HttpResponse(content, content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.bpmn"'
    return answer


@require_POST
@requires("catalogue.change")
def bpmn_import(request: HttpRequest) -> HttpResponse:
    """Read a BPMN file into a draft, with a report on what is not supported."""
    language, form = language_of(request), BpmnForm(request.POST, request.FILES)
    made: list[str] = []

    def write() -> None:
        content = form.cleaned_data["bpmn_file"].read(MOST_BYTES + 1)
        found = import_bpmn(content, form.cleaned_data["definition_key"].strip())
        made.append(commands.import_draft(found, actor=actor_from(request), at=clock.now()).key)

    if saves(form, write, language):
        return done(f"/admin/processes/{made[0]}/draft", "definition_imported")
    rows = definition_rows(language)
    return page(request, "processes", "processes", status=422, rows=rows, may_change=True, form=form)


# --- a draft ----------------------------------------------------------------------------------------------------------


def draft_shown(key: str) -> DraftShown:
    """The draft that a page is about. Raises: NotFound."""
    found = drafting.draft_of(key)
    if found is None:
        raise NotFound("processes.error.no_draft", key=key)
    return found


def _draft_page(request: HttpRequest, key: str, *, status: int = 200, **more: Any) -> HttpResponse:
    found, language = draft_shown(key), language_of(request)
    faults, said = findings_of(found.tables, clock.now(), language)
    made = readable(found.tables)
    begin = {"edition": found.edition, "step_kind": "task"}
    shown = {
        "publish_form": PublishForm(initial=begin),
        "new_form": NewStepForm(initial=begin, choices=_offered(NewStepForm, found, language)),
        **more,
    }
    return page(
        request, "draft", "processes", status=status, draft=found, key=key,
        name=in_language(found.tables.get("name") or {}, language) or key,
        drawn=drawn(found.tables, language, faults),
        steps=steps_with_findings(made, said["by_place"], language),
        marked={f.where.split(".")[1] for f in faults if f.where.startswith("step.") and not f.is_advice},
        differences=difference_rows(found, language), remarks=remark_lines(found, language), **said, **shown,
    )  # fmt: skip


def _offered(
    form: Any, found: DraftShown, language: str, step: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    offered = choices_of(found.tables, language)
    offered["lapse_action"] = own_actions(step or {}, language)
    return {name: rows for name, rows in offered.items() if name in form.base_fields}


@require_http_methods(["GET", "POST"])
@requires("catalogue.change")
def draft(request: HttpRequest, key: str) -> HttpResponse:
    """A draft: steps and drawing, what is wrong with it, what it changes. A POST opens one."""
    if request.method == "POST":
        with unit():
            commands.open_draft(key, actor=actor_from(request), at=clock.now())
        return HttpResponseRedirect(f"/admin/processes/{key}/draft")
    return _draft_page(request, key)


@require_POST
@requires("catalogue.change")
def publish(request: HttpRequest, key: str) -> HttpResponse:
    """Put a draft in force, now or at the beginning of a day."""
    form = PublishForm(request.POST)

    def write() -> None:
        said = form.cleaned_data
        on = start_of(said["in_force_on"]) if said["in_force_on"] else None
        how = {"edition": said["edition"], "publish_at": on}
        commands.publish_draft(key, **how, actor=actor_from(request), at=clock.now())

    if saves(form, write, language_of(request)):
        if drafting.draft_of(key):
            return done(f"/admin/processes/{key}/draft", "definition_scheduled")
        return done(f"/admin/processes/{key}", "definition_published")
    return _draft_page(request, key, status=422, publish_form=form)


@require_POST
@requires("catalogue.change")
def recall(request: HttpRequest, key: str) -> HttpResponse:
    """Take a draft back that waits for its day."""
    with unit():
        commands.recall_draft(key, edition=edition_of(request), actor=actor_from(request), at=clock.now())
    return done(f"/admin/processes/{key}/draft", "definition_recalled")


@require_POST
@requires("catalogue.change")
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Throw a draft away."""
    with unit():
        commands.discard_draft(key, edition=edition_of(request), actor=actor_from(request), at=clock.now())
    return done("/admin/processes", "definition_discarded")


def edition_of(request: HttpRequest) -> int:
    said = request.POST.get("edition", "")
    return int(said) if said.isdecimal() and len(said) < 9 else 0


def change(
    request: HttpRequest, key: str, edition: int, change: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> None:
    commands.change_draft(key, change, edition=edition, actor=actor_from(request), at=clock.now())


@require_POST
@requires("catalogue.change")
def step_new(request: HttpRequest, key: str) -> HttpResponse:
    """A step more."""
    found, language = draft_shown(key), language_of(request)
    form = NewStepForm(request.POST, choices=_offered(NewStepForm, found, language))

    def write() -> None:
        said = form.cleaned_data
        step = {"name": by_language(said, "name"), "kind": said["step_kind"]}
        change(request, key, said["edition"], lambda tables: editing.with_new_step(tables, said["key"], step))

    if form.is_valid() and form.cleaned_data["key"] in {s.get("key") for s in found.tables["step"]}:
        form.add_error("key", text("web.admin.definitions.key_taken", language))
    if saves(form, write, language):
        return done(f"/admin/processes/{key}/draft/steps/{form.cleaned_data['key']}", "step_added")
    return _draft_page(request, key, status=422, new_form=form)


@require_http_methods(["GET", "POST"])
@requires("catalogue.change")
def step(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """One step of a draft: who, how long, and its actions."""
    found, language = draft_shown(key), language_of(request)
    table = _table(found, step)
    form = StepForm(
        request.POST or None, initial=step_initial(table, found.edition),
        choices=_offered(StepForm, found, language, table),
    )  # fmt: skip

    def write() -> None:
        changes = form.changes(table)
        edition = form.cleaned_data["edition"]
        change(request, key, edition, lambda tables: editing.with_step(tables, step, changes))

    if request.method == "POST" and saves(form, write, language):
        return done(f"/admin/processes/{key}/draft/steps/{step}", "saved")
    return step_page(request, key, step, form=form)


def _table(found: DraftShown, step: str) -> dict[str, Any]:
    try:
        return editing.step_of(found.tables, step)
    except editing.Unknown as error:
        raise NotFound("processes.error.no_step", step=step) from error


def step_page(
    request: HttpRequest,
    key: str,
    step: str,
    *,
    form: StepForm | None = None,
    bad: ActionForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    """The page of a step with what was sent and refused, if anything. Raises: NotFound."""
    found, language = draft_shown(key), language_of(request)
    table, offered = _table(found, step), part_choices(found.tables, language)
    faults, said = findings_of(found.tables, clock.now(), language)
    main = form or StepForm(
        initial=step_initial(table, found.edition), choices=_offered(StepForm, found, language, table)
    )
    return page(
        request, "draft_step", "processes", status=422 if main.errors or bad or refused else 200, draft=found,
        key=key, step=step, name=in_language(table.get("name") or {}, language) or step, form=main,
        actions=_action_rows(found, table, language, bad, refused), findings=said["by_place"].get(step, []),
        drawn=drawn(found.tables, language, faults),
        variants=part_rows(
            "variant", table.get("variant", []), offered, found.edition, at=(step,), bad=refused
        ),
    )  # fmt: skip


def _action_rows(
    found: DraftShown,
    table: Mapping[str, Any],
    language: str,
    bad: ActionForm | None,
    refused: Refused | None,
) -> list[dict[str, Any]]:
    """A form for each action of a step with what is ticked before it, and one for another action."""
    offered, parts = _offered(ActionForm, found, language), part_choices(found.tables, language)
    rows: list[dict[str, Any]] = []
    for n, each in enumerate([*table.get("action", []), {}]):
        mine = bad is not None and bad.data.get("key") == each.get("key", bad.data.get("key"))
        mine = mine and not any(row["form"] is bad for row in rows)
        at = (str(table["key"]), str(each.get("key", "")))
        shown = (
            bad
            if bad is not None and mine
            else ActionForm(initial=action_initial(each, found.edition), choices=offered)
        )
        shown.auto_id = f"id_{n}_%s"
        name = in_language(each.get("name") or {}, language) or each.get("key", "")
        checks = part_rows("check", each.get("check", []), parts, found.edition, at=at, bad=refused)
        is_open = mine or (refused is not None and refused.at == at)
        rows.append(
            {"form": shown, "key": each.get("key", ""), "name": name, "open": is_open, "checks": checks}
        )
    return rows


@require_POST
@requires("catalogue.change")
def step_remove(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """A step less; what led to it is told by the checks."""
    with unit():
        change(request, key, edition_of(request), lambda tables: editing.without_step(tables, step))
    return done(f"/admin/processes/{key}/draft", "step_removed")


@require_POST
@requires("catalogue.change")
def action(request: HttpRequest, key: str, step: str) -> HttpResponse:
    """An action of a step: changed, new, or taken away (`do=remove`)."""
    found, language = draft_shown(key), language_of(request)
    table, back = _table(found, step), f"/admin/processes/{key}/draft/steps/{step}"
    name = request.POST.get("key", "")
    if request.POST.get("do") == "remove":
        with unit():
            change(
                request, key, edition_of(request), lambda tables: editing.without_action(tables, step, name)
            )
        return done(back, "action_removed")
    form = ActionForm(request.POST, choices=_offered(ActionForm, found, language))
    known: dict[str, Any] = next((a for a in table.get("action", []) if a.get("key") == name), {})

    def write() -> None:
        changes = form.changes(known)
        edition = form.cleaned_data["edition"]
        change(request, key, edition, lambda tables: editing.with_action(tables, step, name, changes))

    if saves(form, write, language):
        return done(back, "saved")
    return step_page(request, key, step, bad=form)


# --- running work -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@requires("catalogue.change")
def migrate(request: HttpRequest, key: str) -> HttpResponse:
    """Running work goes on by the latest version: where each step leads, tried first, then carried out."""
    language, latest = language_of(request), queries.versions(key)[0][0]
    said = request.POST if request.method == "POST" else request.GET
    running = {n: count for n, count in drafting.running_by_version(key).items() if n != latest}
    wanted = said.get("from", "")
    from_n = int(wanted) if wanted.isdecimal() and int(wanted) in running else next(iter(running), 0)
    mapping = {name[5:]: str(to) for name, to in said.items() if name.startswith("step.") and to}
    failed = ""
    if from_n and request.method == "POST" and said.get("do") == "carry_out":
        try:
            n = _carry_out(request, key, from_n, latest, mapping)
            return done(f"/admin/processes/{key}", "definition_migrated", moved=str(n))
        except CityError as error:
            failed = text(error.code, language, **error.values)
    plan = drafting.migration_plan(key, from_n, latest, mapping) if from_n else None
    return page(
        request, "migrate", "processes", status=409 if failed else 200, failed=failed, key=key, plan=plan,
        name=in_language(queries.definition(key).name, language), running=running, latest=latest,
        rows=migration_rows(plan, language) if plan else [],
    )  # fmt: skip


def _carry_out(request: HttpRequest, key: str, from_n: int, to_n: int, mapping: dict[str, str]) -> int:
    """Portion by portion, each in a unit of its own; how many were moved."""
    moved = 0
    while True:
        with unit():
            n = commands.migrate(key, from_n, to_n, mapping, actor=actor_from(request), at=clock.now())
        moved += n
        if not n:
            return moved
