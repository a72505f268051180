"""The catalogue: the tree of categories, one category, who is competent for it where."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ngomon.core import clock
from ngomon.core.text import in_language
from ngomon.directory import commands, queries
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may, require

from ..forms import (
    CategoryForm,
    EndForm,
    RoutingForm,
    category_choices,
    category_initial,
    routing_choices,
)
from ..frame import by_language, done, language_of, page, saves
from ..views import budget_words, routing_rows, tree_rows


@require_safe
@requires("catalogue.see")
def categories(request: HttpRequest) -> HttpResponse:
    """The tree as a table, searched by name, key and the words that people use."""
    q = request.GET.get("q", "").strip()[:100]
    on = queries.local_day(clock.now())
    rows = tree_rows(language_of(request), on, q)
    return page(
        request,
        "categories",
        "categories",
        rows=rows,
        q=q,
        leaves=sum(1 for row in rows if row["category"].group and not row["ended"]),
        may_change=may(actor_from(request), "catalogue.change"),
    )


@require_http_methods(["GET", "POST"])
@requires("catalogue.change")
def category_new(request: HttpRequest) -> HttpResponse:
    """A category more."""
    language = language_of(request)
    form = CategoryForm(
        request.POST or None,
        choices=category_choices(language),
        initial={"public_map": True, "group": "timed"},
    )
    if request.method == "POST" and saves(
        form,
        lambda: commands.add_category(
            form.cleaned_data["key"], form.changes(), actor=actor_from(request), at=clock.now()
        ),
        language,
    ):
        return done(f"/admin/categories/{form.cleaned_data['key']}", "category_added")
    return page(request, "category_new", "categories", status=422 if form.errors else 200, form=form)


@require_http_methods(["GET", "POST"])
@requires("catalogue.see")
def category(request: HttpRequest, key: str) -> HttpResponse:
    """One category: its particulars and who is competent."""
    found, language = queries.category(key), language_of(request)
    form = CategoryForm(
        request.POST or None, initial=category_initial(found), choices=category_choices(language, key)
    )
    form.fields["key"].required = False
    if request.method == "POST":
        require(actor_from(request), "catalogue.change")
        if saves(
            form,
            lambda: commands.edit_category(key, form.changes(), actor=actor_from(request), at=clock.now()),
            language,
        ):
            return done(f"/admin/categories/{key}", "saved")
    return _category_page(request, key, form=form)


def _category_page(request: HttpRequest, key: str, **forms: Any) -> HttpResponse:
    found, language, now = queries.category(key), language_of(request), clock.now()
    on = queries.local_day(now)
    choices = category_choices(language, key)
    shown = {
        "form": CategoryForm(initial=category_initial(found), choices=choices),
        "routing_form": RoutingForm(
            initial={"valid_from": on, **_usual_why()}, choices=routing_choices(language, now), prefix="route"
        ),
        **forms,
    }
    return page(
        request,
        "category",
        "categories",
        status=422 if any(form.errors for form in shown.values()) else 200,
        category=found,
        name=in_language(found.name, language),
        budget=budget_words(found, language),
        above=_above(found.parent, language),
        rules=routing_rows(found, language, on),
        today=on.isoformat(),
        may_change=may(actor_from(request), "catalogue.change"),
        **shown,
    )


def _usual_why() -> dict[str, str]:
    return {
        "why_vi": "{agency} chịu trách nhiệm về {category} tại {area}",
        "why_en": "{agency} is responsible for {category} in {area}",
    }


def _above(key: str, language: str) -> list[tuple[str, str]]:
    chain: list[tuple[str, str]] = []
    while key:
        found = queries.category(key)
        chain.insert(0, (found.key, in_language(found.name, language)))
        key = found.parent
    return chain


@require_POST
@requires("catalogue.change")
def routing_add(request: HttpRequest, key: str) -> HttpResponse:
    """From a day on, an agency is competent for this category at a place."""
    language = language_of(request)
    form = RoutingForm(request.POST, choices=routing_choices(language, clock.now()), prefix="route")

    def write() -> None:
        said = form.cleaned_data
        commands.add_routing(
            key,
            said["area"],
            said["agency"],
            by_language(said, "why"),
            valid_from=said["valid_from"],
            source=said["source"],
            actor=actor_from(request),
            at=clock.now(),
        )

    if saves(form, write, language):
        return done(f"/admin/categories/{key}", "routing_added")
    return _category_page(request, key, routing_form=form)


@require_POST
@requires("catalogue.change")
def routing_end(request: HttpRequest, key: str, rule: int) -> HttpResponse:
    """A routing row is no longer in force from a day on."""
    form = EndForm(request.POST)

    def write() -> None:
        commands.end_routing(rule, form.cleaned_data["on"], actor=actor_from(request), at=clock.now())

    if saves(form, write, language_of(request)):
        return done(f"/admin/categories/{key}", "routing_ended")
    return _category_page(request, key, end_form=form)
