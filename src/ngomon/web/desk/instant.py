"""The instant queue: every open alarm with its countdown, who is being called and each step; going on by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ngomon.core import clock
from ngomon.core.actors import Actor
from ngomon.core.errors import CityError, Invalid
from ngomon.core.ids import Ref
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.identity.edge import actor_from, requires
from ngomon.identity.rules import may
from ngomon.messages import queries as messages
from ngomon.messages.terms import Answer, Attempt, Told
from ngomon.processes import alarms
from ngomon.processes import commands as processes
from ngomon.processes.terms.oncall import AlarmShown, CalledShown, ContactLeft

from .frame import language_of, plain
from .views import agency_name, area_name

TONES = {
    "calling": "red",
    "acknowledged": "amber",
    "en_route": "amber",
    "on_scene": "river",
    "done": "leaf",
    "called_off": "neutral",
}
OUTCOME_TONES = {
    "acknowledged": "leaf",
    "declined": "red",
    "passed": "neutral",
    "skipped": "neutral",
    "": "amber",
}
REASONS = ("false_alarm", "handled_otherwise", "exercise")
SAID = (Answer.ACKNOWLEDGED, Answer.DECLINED, Answer.EN_ROUTE, Answer.ON_SCENE, Answer.DONE)


@require_safe
@never_cache
@requires("alarm.see")
def instant(request: HttpRequest) -> HttpResponse:
    """What calls for somebody now; fetched again whenever something happens."""
    return _page(request)


def _page(request: HttpRequest, failed: str = "", status: int = 200) -> HttpResponse:
    actor, now, language = actor_from(request), clock.now(), language_of(request)
    context = {
        "alarms": [
            card(one, actor, now, language, is_whole=n < MOST_WHOLE)
            for n, one in enumerate(alarms.alarms_open(actor=actor))
        ],
        "over": [
            card(one, actor, now, language, is_whole=False) for one in alarms.alarms_over(actor=actor, at=now)
        ],
        "failed": failed,
    }
    if request.headers.get("HX-Request"):
        return render(request, "web/desk/instant_list.html", context)
    return render(request, "web/desk/instant.html", plain(request, **context), status=status)


def beside(of: Ref, actor: Actor, at: datetime, language: str) -> list[dict[str, Any]]:
    """The alarms of a case, for the case's own page."""
    return [card(one, actor, at, language) for one in alarms.alarms_of(of, actor=actor)]


MOST_WHOLE = 20
"""On a day with hundreds the first show everything; the others their state and people, the rest on the case's page."""


def card(
    one: AlarmShown, actor: Actor, at: datetime, language: str, *, is_whole: bool = True
) -> dict[str, Any]:
    """One alarm in words; `is_whole`: with what was sent and whom to telephone, which cost statements."""
    may_steer = may(actor, "alarm.steer") and not one.is_over
    sent = _sent(one.of, actor) if is_whole else {}
    calls = [_call(call, sent, language) for call in one.calls]
    left = alarms.contacts_left(one, at) if may_steer and is_whole else []
    return {
        "alarm": one,
        "state": text(f"web.desk.instant.state.{one.state}", language),
        "tone": TONES[one.state],
        "agency": agency_name(one.agency, language) if one.agency else text("web.desk.no_agency", language),
        "area": area_name(one.area, language) if one.area else "",
        "why": "; ".join(
            text(f"cases.urgency.because.{r['code']}", language, words=", ".join(r["words"]), n=r["n"])
            for r in one.reasons
        ),
        "calls": calls,
        "now": [c for c in calls if c["is_open"]],
        "is_calling": one.state == "calling",
        "url": f"/desk/cases/{one.of.label}" if one.of.kind == "case" else one.of.url,
        "may_steer": may_steer,
        "people": _people(left, language),
        "out": _out(left, language) if one.state == "calling" else [],
        "answers": [(str(a), text(f"web.desk.instant.said.{a}", language)) for a in SAID],
        "reasons": [(code, text(f"web.desk.instant.off.{code}", language)) for code in REASONS],
    }


def _people(left: list[ContactLeft], language: str) -> list[tuple[str, str]]:
    """Whom the operator may have telephoned: everybody in the chain."""
    return [(str(c.account), f"{c.name} · {text(f'web.desk.instant.rung.{c.rung}', language)}") for c in left]


def _out(left: list[ContactLeft], language: str) -> list[str]:
    """Who is called after the others of the agency, and why."""
    return [
        text(
            f"web.desk.instant.out.{c.out.state}",
            language,
            name=c.name,
            of=c.out.label or text("web.desk.instant.out.another", language),
        )
        for c in left
        if c.out
    ]


def _sent(of: Ref, actor: Actor) -> dict[UUID, list[tuple[Told, list[Attempt]]]]:
    """What went out for each call, with each try by voice."""
    if not may(actor, "message.see"):
        return {}
    tries = messages.attempts_of(of)
    found: dict[UUID, list[tuple[Told, list[Attempt]]]] = {}
    for told in messages.messages_of(of, actor=actor):
        if told.delivery_id is not None:
            found.setdefault(told.message_id, []).append((told, tries.get(told.delivery_id, [])))
    return found


def _call(
    call: CalledShown, sent: dict[UUID, list[tuple[Told, list[Attempt]]]], language: str
) -> dict[str, Any]:
    outcome = call.outcome or "open"
    return {
        "call": call,
        "rung": text(f"web.desk.instant.rung.{call.rung}", language),
        "outcome": text(f"web.desk.instant.outcome.{outcome}", language),
        "how": text(f"web.desk.instant.how.{call.how}", language) if call.how else "",
        "tone": OUTCOME_TONES.get(call.outcome, "neutral"),
        "is_open": call.outcome == "",
        "sent": [_way(told, tries, language) for told, tries in sent.get(call.id, [])],
    }


def _way(told: Told, tries: list[Attempt], language: str) -> dict[str, Any]:
    return {
        "id": told.delivery_id,
        "channel": text(f"web.desk.sent_channel.{told.channel}", language),
        "to": told.address,
        "state": text(f"web.desk.sent_state.{told.state}", language),
        "due_at": told.due_at if told.state == "queued" else None,
        "tries": [
            {"at": t.at, "said": text(f"web.desk.instant.try.{t.outcome}", language), "seconds": t.seconds}
            for t in tries
        ],
        "may_resend": told.state == "dead",
    }


# --- by hand ----------------------------------------------------------------------------------------------------------


def _do(request: HttpRequest, what: Callable[..., None], *values: Any) -> HttpResponse:
    """One command in a unit; then where it was asked from, or the reason why not."""
    try:
        with unit():
            what(*values, actor=actor_from(request), at=clock.now())
    except CityError as error:
        return _page(request, text(error.code, language_of(request), **dict(error.values)), error.status)
    return redirect("/desk/instant")


@require_POST
@requires("alarm.steer")
def call_next(request: HttpRequest, id: UUID) -> HttpResponse:
    """Call the next contact now."""
    return _do(request, processes.call_next, id)


@require_POST
@requires("alarm.steer")
def skip(request: HttpRequest, id: UUID) -> HttpResponse:
    """Whoever is being called cannot come."""
    return _do(request, processes.skip, id)


@require_POST
@requires("alarm.steer")
def answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Write down what somebody said by telephone."""
    said, account = request.POST.get("answer", ""), request.POST.get("account", "")
    try:
        who = UUID(account)
        answer_ = Answer(said)
    except ValueError:
        raise Invalid.field("account", "processes.error.not_on_call") from None
    return _do(request, processes.record_answer, id, who, answer_)


@require_POST
@requires("alarm.steer")
def off(request: HttpRequest, id: UUID) -> HttpResponse:
    """Nobody is needed."""
    reason = request.POST.get("reason", "")
    if reason not in REASONS:
        raise Invalid.field("reason", "web.desk.instant.reason_needed")
    return _do(request, processes.call_off, id, reason)
