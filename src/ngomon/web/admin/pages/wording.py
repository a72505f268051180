"""Standard texts: the list with how often each was used, one text in both languages."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.cases.commands import text_uses
from ngomon.cases.rules.standard import VARIABLES, unknown_variables
from ngomon.core import clock
from ngomon.core.errors import NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import commands, queries
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may, require

from ..forms import AdminForm, line, prose
from ..frame import by_language, done, language_of, page, saves

ANY = "*"


class TextForm(AdminForm):
    """A standard text: for which action and category, in both languages."""

    key = line(required=True, max_length=60)
    action = line(required=True, max_length=40)
    category = forms.ChoiceField()
    text_vi = prose(required=True, rows=5)
    text_en = prose(required=True, rows=5)

    def clean(self) -> dict[str, object]:
        """Only variables that a case can fill."""
        said = super().clean() or {}
        for name in ("text_vi", "text_en"):
            wrong = unknown_variables(str(said.get(name, "")))
            if wrong:
                known = ", ".join(f"{{{each}}}" for each in VARIABLES)
                self.add_error(name, text("web.admin.texts.unknown", names=", ".join(wrong), known=known))
        return said


def _categories(language: str) -> list[tuple[str, str]]:
    on = queries.local_day(clock.now())
    rows = [(c.key, in_language(c.name, language)) for c in queries.categories(on)]
    return [(ANY, text("web.admin.texts.any")), *rows]


def _action(key: str) -> str:
    """What a text is for, in words where the desk has them."""
    known = f"web.desk.history.{key}"
    return text(known) if has_text(known) else key


@require_safe
@requires("catalogue.see")
def texts(request: HttpRequest) -> HttpResponse:
    """All standard texts by action, those used most first."""
    language, used = language_of(request), text_uses()
    names = dict(_categories(language))
    found = queries.all_standard_texts()
    by_use = sorted(found, key=lambda t: (t.action, -used.get(t.key, (0, None))[0], t.key))
    rows = [
        {
            "text": each,
            "action": _action(each.action),
            "category": names.get(each.category, each.category),
            "words": in_language(each.text, language),
            "n": used[each.key][0] if each.key in used else 0,
            "used_at": used[each.key][1] if each.key in used else None,
        }
        for each in by_use
    ]
    may_change = may(actor_from(request), "catalogue.change")
    return page(request, "texts", "texts", rows=rows, may_change=may_change)


@require_http_methods(["GET", "POST"])
@requires("catalogue.see")
def text_edit(request: HttpRequest, key: str = "") -> HttpResponse:
    """One standard text, or a new one."""
    language = language_of(request)
    found = next((t for t in queries.all_standard_texts() if t.key == key), None)
    if key and found is None:
        raise NotFound("core.not_found")
    initial = {"category": ANY}
    if found:
        initial = {
            "key": found.key,
            "action": found.action,
            "category": found.category,
            "text_vi": found.text.get("vi", ""),
            "text_en": found.text.get("en", ""),
        }
    data = {**request.POST.dict(), "key": key} if key and request.method == "POST" else request.POST or None
    form = TextForm(data, initial=initial, choices={"category": _categories(language)})
    if request.method == "POST":
        require(actor_from(request), "catalogue.change")
        if saves(form, lambda: _write(request, form), language):
            return done("/admin/texts", "saved")
    may_change = may(actor_from(request), "catalogue.change")
    status = 422 if form.errors else 200
    return page(
        request,
        "text",
        "texts",
        status=status,
        form=form,
        key=key,
        may_change=may_change,
        variables=VARIABLES,
    )


def _write(request: HttpRequest, form: TextForm) -> None:
    said = form.cleaned_data
    commands.edit_standard_text(
        said["key"],
        said["action"],
        said["category"],
        by_language(said, "text"),
        actor=actor_from(request),
        at=clock.now(),
    )
