"""Exits that are no rejections: danger told at once, what is added to it, guiding a case to where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ngomon.core.actors import Actor
from ngomon.core.audit import audit
from ngomon.core.errors import Conflict, Invalid, NotFound
from ngomon.core.events import emit
from ngomon.core.rows import save
from ngomon.core.search import index, unindex
from ngomon.core.units import command
from ngomon.directory import queries as directory
from ngomon.directory.terms import Exit, ExitKind, Secrecy
from ngomon.identity.rules import require
from ngomon.processes import commands as processes

from ..models import Case, Picture
from ..queries import live_audience
from ..rules import cell_of
from ..terms import CASE, QUESTION, SecrecyLifted
from .steps import NOWHERE, count_moved, locked, may_touch, scopes

GUIDED = "guided:"


def check_exit(case: Case, action: str, said: Mapping[str, str], *, actor: Actor, vouched: bool) -> None:
    """Guiding needs an exit that is there; what only the duty shift may know of is not there for others, nor for agencies.

    Raises: NotFound, Invalid, Conflict.
    """
    may_touch(case, actor, vouched=vouched)
    if action == "guide":
        _exit(said.get("exit", ""))
    if action == "route" and case.is_secret:
        raise Conflict("cases.error.secret_first", number=case.number)


def _exit(key: str) -> Exit:
    try:
        found = directory.exit_of(key)
    except NotFound as unknown:
        raise Invalid.field("exit", "cases.error.unknown_exit") from unknown
    if found.kind == ExitKind.DANGER:
        raise Invalid.field("exit", "cases.error.unknown_exit")
    return found


def take_exit(case: Case, action: str, said: Mapping[str, str], *, actor: Actor, at: datetime) -> None:
    """After an action: a guided case stands under its exit, as secret as that asks; one taken up again does not."""
    if action == "guide":
        exit = _exit(said.get("exit", ""))
        case.exit, case.outcome = exit.key, f"{GUIDED}{exit.key}"
        if exit.secrecy:
            _hide(case, at)
        if exit.secrecy == Secrecy.SHIFT_ONLY:
            case.is_secret, case.cell = True, NOWHERE
            processes.keep_to(case.ref, live_audience(case), actor=actor, at=at)
    if action == "overturn" and case.outcome.startswith(GUIDED):
        case.outcome = ""
        case.exit = case.exit if case.is_secret else ""


def _hide(case: Case, at: datetime) -> None:
    """Take a case back from everything public: lists, map, pictures, search."""
    case.is_public = False
    Picture.objects.filter(case=case).update(is_public=False)
    unindex(QUESTION, [str(case.id)])
    index(CASE, str(case.id), f"{case.number} {case.text} {case.place}", audience="ioc", at=at)


@command
def lift_secrecy(case_id: UUID, *, actor: Actor, at: datetime) -> None:
    """ "Không phải tố cáo": the duty shift found that a case may be known like others.

    Once: lifting twice changes nothing. Raises: Refused.
    """
    require(actor, "case.see_secret")
    case = locked(case_id)
    if not case.is_secret:
        return
    if case.outcome.startswith(GUIDED):
        raise Conflict("cases.error.guided_stays_secret", number=case.number)
    before = scopes(case)
    case.is_secret, case.exit = False, ""
    if case.area:
        case.cell = cell_of(case.lon, case.lat)
    processes.keep_to(case.ref, (), actor=actor, at=at)
    emit(case, SecrecyLifted(str(case.id)), actor=actor, at=at, audience=live_audience(case))
    save(case)
    count_moved(case, before)
    audit("cases.lift_secrecy", case.ref, actor=actor, at=at)
