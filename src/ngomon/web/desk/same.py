"""What the buttons of the panel "Có phải cùng một việc?" do, one unit each; merging stands with the other pages."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from ngomon.cases import commands
from ngomon.cases import queries as cases
from ngomon.core import clock
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires

from . import pages


def _other(request: HttpRequest) -> UUID:
    return cases.case_id_of(request.POST.get("other", "").strip())


@require_POST
@requires("case.triage")
def keep_apart(request: HttpRequest, number: str) -> HttpResponse:
    """ "Không phải": the two are not the same thing."""
    with unit():
        commands.keep_apart(
            cases.case_id_of(number), _other(request), actor=actor_from(request), at=clock.now()
        )
    return pages.back(request, number)


@require_POST
@requires("case.triage")
def parent(request: HttpRequest, number: str) -> HttpResponse:
    """Make this case a part of another, or of none where no number is given."""
    above = _other(request) if request.POST.get("other", "").strip() else None
    with unit():
        commands.set_parent(cases.case_id_of(number), above, actor=actor_from(request), at=clock.now())
    return pages.back(request, number)


@require_POST
@requires("case.triage")
def split(request: HttpRequest, number: str, id: UUID) -> HttpResponse:
    """Take a report out of this case; shows the case that it became."""
    with unit():
        cases.case_id_of(number)
        made = commands.split_signal(id, actor=actor_from(request), at=clock.now())
    return HttpResponseRedirect(f"/desk/cases/{made}")
