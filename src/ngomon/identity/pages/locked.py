"""The page of a locked account: why, since when, and asking for another look."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ngomon.core import clock
from ngomon.core.errors import CityError
from ngomon.core.limits import budget, spend
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity import commands, queries
from ngomon.identity.edge import account_id_of, actor_from, public
from ngomon.identity.forms import AppealForm, put_errors
from ngomon.identity.pages.signing_in import worded

APPEALS = budget("identity.appeals", limit=5, window_s=24 * 3600)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """For a browser that proved a contact of a locked account; all others are sent to sign in."""
    account_id = _proved(request)
    account = queries.account_shown(account_id) if account_id else None
    if account is None or account.locked_at is None:
        return redirect("identity_sign_in")
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            spend(APPEALS, str(account.id), at=clock.now())
            with unit():
                commands.appeal_lock(
                    account.id, form.cleaned_data["text"], actor=actor_from(request), at=clock.now()
                )
        except CityError as error:
            put_errors(form, worded(error))
        else:
            return redirect("identity_locked")
    appeal = queries.last_appeal(account.id)
    context = {
        "account": account,
        "form": form,
        "reason": text(f"identity.locked.reason.{account.locked_reason}"),
        "is_waiting": bool(appeal and appeal[0]),
        "answer": appeal[1] if appeal else "",
    }
    return render(request, "identity/locked.html", context, status=422 if form.errors else 200)


def _proved(request: HttpRequest) -> UUID | None:
    known = request.session.get("locked")
    return UUID(known) if known else account_id_of(request)
