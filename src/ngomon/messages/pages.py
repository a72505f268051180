"""How somebody wants to hear from us: by which ways, and when not. The inbox itself stands in the citizen app."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ngomon.core import clock
from ngomon.core.errors import Refused
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.messages.commands import set_preference
from ngomon.messages.queries import preference_of

_t = lazy(text, str)
_WRONG = {"required": _t("messages.preference.time"), "invalid": _t("messages.preference.time")}


class PreferenceForm(forms.Form):
    """Ways and quiet hours."""

    mail = forms.BooleanField(label=_t("messages.preference.mail"), required=False)
    sms = forms.BooleanField(label=_t("messages.preference.sms"), required=False)
    quiet_from = forms.TimeField(
        label=_t("messages.preference.quiet_from"),
        error_messages=_WRONG,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        label=_t("messages.preference.quiet_to"),
        error_messages=_WRONG,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


@requires("account.own")
@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """The form, and keeping what it says."""
    actor = actor_from(request)
    if actor.account_id is None:
        raise Refused("messages.refused.inbox")
    now = preference_of(actor.account_id)
    initial: dict[str, Any] = {
        "mail": now.mail,
        "sms": now.sms,
        "quiet_from": now.quiet_from,
        "quiet_to": now.quiet_to,
    }
    form = PreferenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with unit():
            set_preference(**form.cleaned_data, actor=actor, at=clock.now())
        return redirect(f"{request.path}?done=1")
    context = {"form": form, "is_done": "done" in request.GET}
    return render(request, "messages/preferences.html", context, status=422 if form.errors else 200)
