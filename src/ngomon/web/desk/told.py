"""What the citizen will read, shown at each action before it is taken: the message, and the words on the case's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ngomon.cases import letters
from ngomon.cases import queries as cases
from ngomon.cases.terms import CaseLine, CaseView
from ngomon.core.texts import text
from ngomon.identity.edge import actor_from, requires

from .forms import ActionForm
from .frame import language_of


def spoken_by(view: CaseView, otherwise: str) -> str:
    """The language in which whoever reported is told."""
    return view.signals[0].language if view.signals else otherwise


def read_by_citizen(form: ActionForm) -> str:
    """The id of the field whose words the citizen reads on the case's page; empty for none."""
    name = letters.read_field(form.action.key)
    return str(form[name].auto_id) if name in form.fields else ""


def written(form: ActionForm) -> dict[str, str]:
    """What stands in a form's fields now: what was typed, else what is proposed."""
    return {name: str(form[name].value() or "") for name in form.fields}


def told(action: str, line: CaseLine, said: Mapping[str, str], language: str) -> dict[str, Any]:
    """The message of an action, or that none goes out, for the template `told.html`."""
    letter = letters.letter_of(action, line, said, language=language)
    if letter is None:
        return {"letter": None, "heading": text("web.desk.told.nobody")}
    heading = "web.desk.told.later" if letter.is_later else "web.desk.told.now"
    return {"letter": letter, "heading": text(heading)}


@require_POST
@requires("desk.see")
def read_before(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """The message as it reads with what stands in the form so far. Changes nothing."""
    view = cases.staff_case(number, actor=actor_from(request))
    said = {name: str(value)[:400] for name, value in request.POST.items()}
    shown = told(action, view.line, said, spoken_by(view, language_of(request)))
    return render(request, "web/desk/told.html", {"told": shown})
