"""How somebody wants to hear from us, and the page of one who was called out. The inbox stands in the citizen app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS
from ngomon.core.errors import CityError, Invalid, Refused
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, public, requires
from ngomon.identity.queries import actor_of
from ngomon.messages.commands import answer_call, set_preference
from ngomon.messages.queries import call_of_link, call_shown, calls_of, link_of_call, preference_of
from ngomon.messages.terms import Answer, CallShown, How

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


# --- called out -------------------------------------------------------------------------------------------------------

BUTTONS = {
    Answer.ACKNOWLEDGED: ("check", "primary"),
    Answer.DECLINED: ("x", "quiet"),
    Answer.EN_ROUTE: ("navigation", "primary"),
    Answer.ON_SCENE: ("map-pin-check", "primary"),
    Answer.DONE: ("flag", "primary"),
}
KEPT = timedelta(days=2)
"""How long a call stands in the list of its receiver."""


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, token: str) -> HttpResponse:
    """One call, for whoever has its link: what, where, and one big button for what comes next. Reading changes nothing."""
    key = call_of_link(token)
    failed, status = "", 200
    if request.method == "POST":
        failed, status = _answer(request, key)
        if not failed:
            return redirect(request.path)
    language = str(getattr(request, "LANGUAGE_CODE", "vi"))[:2]
    shown = call_shown(key, language)
    context = {"call": shown, "buttons": _buttons(shown), "failed": failed, "nav": [], "roles": []}
    return render(request, "messages/call.html", context, status=status)


def _answer(request: HttpRequest, key: UUID) -> tuple[str, int]:
    """Say what the button says, as the one who was called; why not, and with which status."""
    said = request.POST.get("answer", "")
    try:
        if said not in set(Answer):
            raise Invalid.field("answer", "messages.call.not_now")
        actor = actor_of(call_shown(key).account_id, clock.now())
        if actor is ANONYMOUS:
            raise Refused("messages.call.no_account")
        with unit():
            answer_call(key, Answer(said), how=How.PAGE, actor=actor, at=clock.now())
    except CityError as error:
        return text(error.code), error.status
    return "", 200


def _buttons(shown: CallShown) -> list[dict[str, Any]]:
    """The answers that may follow, the likely one first and biggest; declining last."""
    return [
        {
            "answer": answer,
            "label": text(f"messages.call.do.{answer}"),
            "icon": BUTTONS[Answer(answer)][0],
            "tone": BUTTONS[Answer(answer)][1] if n == 0 or answer == Answer.DECLINED else "plain",
            "is_first": n == 0,
        }
        for n, answer in enumerate(shown.next)
    ]


@requires("account.own")
@never_cache
@require_safe
def my_calls(request: HttpRequest) -> HttpResponse:
    """What I was called out for lately."""
    actor = actor_from(request)
    if actor.account_id is None:
        raise Refused("messages.refused.inbox")
    found = calls_of(actor.account_id, since=clock.now() - KEPT)
    rows = [{"call": one, "url": link_of_call(one.id)} for one in found]
    return render(request, "messages/calls.html", {"rows": rows})
