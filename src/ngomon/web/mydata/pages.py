"""What the city holds of a person, in words; to take along as a file; to have erased; and who looked at it.

Source: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (rights to know, to a copy, to erasure).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from ngomon.cases.personal import cases_reported_by
from ngomon.core import clock, personal
from ngomon.core.actors import Actor
from ngomon.core.audit import AuditLine, looks_at
from ngomon.core.errors import Conflict, Refused
from ngomon.core.ids import Ref
from ngomon.core.limits import budget, spend
from ngomon.core.texts import text
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.edge import actor_from, public, requires, sign_out
from ngomon.identity.queries import actor_of, holdings_of

COPIES = budget("web.data_copy", limit=20, window_s=3600)
LOOKS = 100


def _own(request: HttpRequest) -> tuple[Actor, UUID]:
    """The reader and their person. Raises: Refused for programs."""
    actor = actor_from(request)
    if actor.person_id is None or actor.account_id is None:
        raise Refused("identity.refused.sign_in")
    return actor, actor.person_id


@requires("account.own")
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """What we hold, who looked, what can be done with it."""
    return _page(request)


def _page(request: HttpRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    actor, person_id = _own(request)
    now = clock.now()
    with unit():
        held = {
            name: holder.export(person_id, actor=actor, at=now) for name, holder in personal.holders.items()
        }
    account = held.get("identity", {})
    context = {
        "facts": _facts(account),
        "counts": _counts(held),
        "reports": [report["case"] for report in held.get("cases", {}).get("reports", [])][-20:],
        "looks": _looks(actor, person_id, now),
        "posts": _posts(actor, now),
        "wrong": wrong,
        "city": directory.city(),
        "actor": actor,
    }
    answer = render(request, "web/mydata/data.html", context, status=status)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _facts(account: dict[str, Any]) -> list[dict[str, str]]:
    contacts = ", ".join(point["value"] for point in account.get("contacts", []))
    rows = [
        ("name", account.get("name", "")),
        ("contacts", contacts),
        ("number", account.get("national_id", "")),
    ]
    return [{"label": text(f"web.data.{key}"), "value": value} for key, value in rows if value]


def _counts(held: dict[str, dict[str, Any]]) -> list[str]:
    """How much of each kind there is, in words; kinds without anything are left out."""
    places = (
        *(("cases", "reports"), ("cases", "written"), ("cases", "pictures"), ("cases", "followed")),
        *(("messages", "messages"), ("identity", "sessions"), ("identity", "lock_appeals")),
    )
    counted = [(name, len(held.get(room, {}).get(name, ()))) for room, name in places]
    return [text(f"web.data.n_{name}", n=n) for name, n in counted if n]


def _posts(actor: Actor, at: datetime) -> list[str]:
    """The posts that keep a member of staff from being erased."""
    if actor.account_id is None:
        return []
    return [text(f"identity.role.{held.role}") for held in holdings_of(actor.account_id, at)]


def _looks(actor: Actor, person_id: UUID, at: datetime) -> list[dict[str, Any]]:
    """Who looked at this person's data, by their office and not by name; the reader's own looks are left out."""
    numbers = {str(key): number for key, number in cases_reported_by(person_id)}
    refs = [Ref("person", str(person_id)), Ref("account", str(actor.account_id))]
    refs += [Ref("case", key) for key in numbers]
    found = [line for line in looks_at(refs, limit=LOOKS) if line.actor_id != actor.id]
    return [
        {
            "at": line.at,
            "who": _office(line, at),
            "what": numbers.get(line.ref_key, ""),
            "why": "" if "." in line.purpose and " " not in line.purpose else line.purpose,
        }
        for line in found
    ]


def _office(line: AuditLine, at: datetime) -> str:
    """The looker's office: the roles held today; of one who left, that they were staff."""
    try:
        roles = sorted({grant.role for grant in actor_of(UUID(line.actor_id), at).grants})
    except ValueError:
        return text("web.data.who_program")
    return ", ".join(text(f"identity.role.{role}") for role in roles) or text("web.data.who_former")


@requires("account.own")
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """All of it as a JSON file; written down in the audit log."""
    actor, person_id = _own(request)
    now = clock.now()
    spend(COPIES, actor.id, at=now)
    with unit():
        found = personal.export_person(person_id, purpose="own", actor=actor, at=now)
    told = {"format": "ngomon-person/1", "at": now.isoformat(), **found}
    answer = HttpResponse(orjson.dumps(told, option=orjson.OPT_INDENT_2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@requires("account.own")
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Erase the reader everywhere, once they said that they are sure. Raises: Conflict for staff in a post."""
    actor, person_id = _own(request)
    now = clock.now()
    if _posts(actor, now):
        raise Conflict("web.data.holds_posts")
    if request.POST.get("sure") != "yes":
        return _page(request, wrong=text("web.data.not_sure"), status=422)
    with unit():
        personal.erase_person(person_id, purpose="own", actor=actor, at=now)
    sign_out(request)
    return HttpResponseRedirect("/me/data/erased")


@public
@require_safe
def erased(request: HttpRequest) -> HttpResponse:
    """What happened, and what stays."""
    return render(request, "web/mydata/erased.html", {"city": directory.city()})
