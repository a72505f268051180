"""Who else has a case open: the page's heartbeat, answered with the others' names. For staff who may see the case.

Who looks on hears by /live at once that somebody came, began to work or went.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ngomon.cases import bulks
from ngomon.cases import queries as cases
from ngomon.cases.terms import CASE
from ngomon.core import clock
from ngomon.core.errors import NotFound
from ngomon.core.ids import Ref
from ngomon.core.presence import WORKING, be_gone, be_here
from ngomon.identity import queries as identity
from ngomon.identity.edge import actor_from, requires


@require_POST
@requires("desk.see")
def here(request: HttpRequest, number: str) -> HttpResponse:
    """Tell that this officer has the case open; who else does. Raises: NotFound for a case of others."""
    actor = actor_from(request)
    case_id = cases.case_id_of(number)
    if case_id not in bulks.visible_among([case_id], actor=actor):
        raise NotFound("cases.not_found", number=number)
    doing, of, audience = (
        request.POST.get("doing", ""),
        Ref(CASE, str(case_id)),
        cases.staff_audience(case_id),
    )
    if doing == "gone":
        be_gone(of, actor=actor, audience=audience)
        return HttpResponse(status=204)
    others = be_here(of, doing, actor=actor, at=clock.now(), audience=audience)
    names = identity.names_of(UUID(who) for who, _ in others)
    seen = [(names.get(UUID(who), ""), what == WORKING) for who, what in others]
    return render(request, "web/desk/presence.html", {"others": sorted(seen, key=lambda row: not row[1])})
