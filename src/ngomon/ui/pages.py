"""The pages of the frame: how it looks (theme, text size) and the living style page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from ngomon.core.clock import now

from .showcase import Sample, showcase

# The test over all routes reads from each page which permission it needs; these need none.
OPEN_TO_ALL = ""
YEAR_S = 365 * 24 * 3600
LOOKS = {"theme": {"auto", "light", "dark"}, "text": {"normal", "big"}}


@require_POST
def set_look(request: HttpRequest) -> HttpResponse:
    """Keep theme and text size in cookies of this browser and go back to the page."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    for name, allowed in LOOKS.items():
        value = request.POST.get(name)
        if value in allowed:
            answer.set_cookie(
                f"ngomon_{name}", value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure()
            )
    return answer


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in one page: the test bench of the look."""
    form = Sample({"words": "", "contact": "0905"}) if "errors" in request.GET else Sample()
    face = request.GET.get("face", "citizen")
    return render(request, "ui/styleguide.html", {**showcase(now()), "form": form, "face": face})


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in a cookie of this browser and go back to the page."""
    return set_language(request)


for page in (set_look, styleguide, choose_language):
    setattr(page, "permission", OPEN_TO_ALL)
