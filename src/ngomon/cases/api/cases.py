"""Cases by the API: lists, one case, its history, and what its reporter or an officer does with it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS
from ngomon.core.errors import Invalid, NotFound, Refused
from ngomon.core.text import clean
from ngomon.core.units import unit
from ngomon.processes import queries as processes
from ngomon.processes.terms import Action

from .. import commands, queries
from .. import public as reads
from ..terms import CaseLine, CasePage, CaseView
from ..uploads import photos_from
from . import shapes
from .edge import READ, Unknown, actor_of, answer, as_agency, body_of, count, with_scope

router = Router(tags=["cases"])
MOST = 200


@router.get(
    "/cases",
    response=shapes.CasesOut,
    summary="Public cases, newest first; your own agency's with view=staff",
)
def list_cases(
    request: HttpRequest,
    status: str = Query("", max_length=12),
    category: str = Query("", max_length=60),
    area: str = Query("", max_length=20),
    agency: str = Query("", max_length=60),
    show: str = Query("", description="open, late, answered, on_time, rated, satisfied"),
    q: str = Query("", max_length=200, description="words or a number; no paging"),
    view: str = Query("public", pattern="^(public|staff)$"),
    cursor: str = Query("", max_length=200),
    size: int = Query(50, ge=1, le=MOST),
) -> HttpResponse:
    """A page by keyset cursor: as fast at any depth. `total` where a counter is kept for what was asked, else null."""
    at = count(request, "read")
    chosen = {
        "status": clean(status),
        "category": clean(category),
        "area": clean(area),
        "agency": clean(agency),
    }
    if show and show not in reads.SHOWS:
        raise Invalid.field("show", "cases.api.error.choice")
    if view == "staff":
        found = _staff_list(request, q, cursor, size, chosen)
    elif clean(q):
        actor = actor_of(request)
        lines = (
            queries.find_cases(clean(q), actor=actor, limit=size)
            if actor.kind != "client"
            else _search(q, size)
        )
        found = CasePage(tuple(lines), "", "", None)
    else:
        found = reads.shown_cases(at=at, show=show, cursor=cursor, size=size, **chosen)
    return answer(shapes.page(found, at))


def _search(q: str, size: int) -> list[CaseLine]:
    return queries.find_cases(clean(q), actor=ANONYMOUS, limit=size)


def _staff_list(request: HttpRequest, q: str, cursor: str, size: int, chosen: dict[str, str]) -> CasePage:
    actor = with_scope(actor_of(request), READ)
    if not actor.is_staff:
        raise Refused("cases.error.staff_only")
    if clean(q):
        return CasePage(tuple(queries.find_cases(clean(q), actor=actor, limit=size)), "", "", None)
    return queries.all_cases(actor=actor, cursor=cursor, size=size, **chosen)


@router.get("/me/cases", summary="What you reported or follow")
def my_cases(request: HttpRequest) -> HttpResponse:
    """Newest first; needs a session. Raises: Unknown."""
    at = count(request, "read")
    actor = actor_of(request)
    if actor.account_id is None:
        raise Unknown("cases.api.error.sign_in")
    return answer({"cases": shapes.lines(queries.my_cases(actor=actor), at)})


def _claim(request: HttpRequest, given: str = "") -> str:
    """The claim code that came along; each try is counted, so that nobody guesses. Raises: TooMany."""
    code = clean(given or request.headers.get("Claim-Code", "")).upper().replace("-", "").replace(" ", "")
    if code:
        count(request, "claim")
    return code[:20]


def _seen(request: HttpRequest, number: str) -> tuple[CaseView, list[Action]]:
    """A case as this reader may see it: as officer, as reporter, as anybody. Raises: NotFound."""
    actor = actor_of(request)
    if actor.is_staff and (actor.kind != "client" or actor.holds(READ)):
        try:
            view = queries.staff_case(number, actor=actor)
            acting = as_agency(actor) if actor.holds("scope:cases.write") else actor
            return view, processes.actions_for(view.line.ref, acting)
        except (NotFound, Refused):
            pass
    code = _claim(request)
    if actor.account_id or code:
        try:
            view = queries.reporter_case(number, actor=actor, claim_code=code)
            return view, processes.actions_for(view.line.ref, actor, is_reporter=True)
        except NotFound:
            pass
    return queries.public_case(number), []


@router.get(
    "/cases/{number}",
    summary="One case; more of it for its reporter (session or Claim-Code) and for officers",
)
def one_case(request: HttpRequest, number: str) -> HttpResponse:
    """What this reader may see, and the actions that they may take now."""
    at = count(request, "read")
    view, actions = _seen(request, number)
    return answer(shapes.view(view, actions, at))


@router.get("/cases/{number}/history", summary="What happened with a case, in order")
def case_history(request: HttpRequest, number: str) -> HttpResponse:
    """Events without persons; `version` counts them and leaves no gap."""
    count(request, "read")
    view, _ = _seen(request, number)
    return answer({"number": view.line.number, "events": shapes.history(reads.events_of(view.line.id))})


@router.post(
    "/cases/{number}/actions/{action}",
    response=shapes.CaseOut,
    summary="Take an action of the case's process: for officers, and for an agency's program with cases.write",
    openapi_extra=dict(shapes.described(shapes.ActionIn, has_photos=True)),
)
def act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """The process decides who may do what and which fields it asks for. 409 when the case moved on meanwhile."""
    actor = actor_of(request)
    if actor.kind == "anonymous":
        raise Unknown("cases.api.error.sign_in")
    actor = as_agency(actor)
    if not actor.is_staff:
        raise Refused("cases.error.staff_only")
    at = count(request, "act") if actor.kind == "client" else count(request, "read")
    said = body_of(request, shapes.ActionIn)
    photos = photos_from(request.FILES.getlist("photos"))
    case_id = queries.case_id_of(number)
    with unit():
        line = commands.act_on_case(
            case_id,
            action[:40],
            fields={clean(key): clean(value) for key, value in said.fields.items()},
            photos=photos,
            agency=said.agency,
            assignee=_account(said.assignee),
            version=said.version,
            actor=actor,
            at=at,
        )
    return answer(shapes.lines([line], at)[0])


def _account(given: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise Invalid.field("assignee", "cases.api.error.uuid") from error


def _as_reporter(
    request: HttpRequest, number: str, given: str, do: Callable[[UUID, str], CaseLine]
) -> HttpResponse:
    """Do one thing as the case's reporter, proven by session or claim code. Raises: NotFound for anybody else."""
    at = count(request, "act")
    actor, code = actor_of(request), _claim(request, given)
    view = queries.reporter_case(number, actor=actor, claim_code=code)
    with unit():
        line = do(view.line.id, code)
    return answer(shapes.lines([line], at)[0])


@router.post(
    "/cases/{number}/rate",
    response=shapes.CaseOut,
    summary="Rate the answer",
    openapi_extra=dict(shapes.described(shapes.RateIn)),
)
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """Satisfied, acceptable, dissatisfied; the last needs a comment and opens the case again."""
    said, actor = body_of(request, shapes.RateIn), actor_of(request)
    words = clean(said.comment)
    if said.rating == "dissatisfied" and not words:
        raise Invalid.field("comment", "cases.error.reason_needed")

    def do(case_id: UUID, code: str) -> CaseLine:
        at = clock.now()
        return commands.rate(case_id, said.rating, comment=words, claim_code=code, actor=actor, at=at)

    return _as_reporter(request, number, said.claim_code, do)


def _words(request: HttpRequest) -> tuple[str, str]:
    said = body_of(request, shapes.SaidIn)
    if not clean(said.text):
        raise Invalid.field("text", "cases.error.reason_needed")
    return clean(said.text), said.claim_code


_SAID = dict(shapes.described(shapes.SaidIn, has_photos=True))


@router.post(
    "/cases/{number}/reply",
    response=shapes.CaseOut,
    summary="Answer the centre's question",
    openapi_extra=_SAID,
)
def reply(request: HttpRequest, number: str) -> HttpResponse:
    """The case goes on where it waited."""
    words, given = _words(request)
    actor, photos = actor_of(request), photos_from(request.FILES.getlist("photos"))

    def do(case_id: UUID, code: str) -> CaseLine:
        at = clock.now()
        return commands.reply(case_id, words, claim_code=code, photos=photos, actor=actor, at=at)

    return _as_reporter(request, number, given, do)


@router.post("/cases/{number}/object", response=shapes.CaseOut, summary="Not solved", openapi_extra=_SAID)
def object_to_answer(request: HttpRequest, number: str) -> HttpResponse:
    """The case opens again with another officer, and the supervisor knows."""
    words, given = _words(request)
    actor, photos = actor_of(request), photos_from(request.FILES.getlist("photos"))

    def do(case_id: UUID, code: str) -> CaseLine:
        at = clock.now()
        return commands.object_to_answer(case_id, words, claim_code=code, photos=photos, actor=actor, at=at)

    return _as_reporter(request, number, given, do)


@router.post(
    "/cases/{number}/appeal", response=shapes.CaseOut, summary="Appeal a refusal", openapi_extra=_SAID
)
def appeal(request: HttpRequest, number: str) -> HttpResponse:
    """The shift lead looks again at a report that was not taken up."""
    words, given = _words(request)
    actor = actor_of(request)

    def do(case_id: UUID, code: str) -> CaseLine:
        return commands.appeal(case_id, words, claim_code=code, actor=actor, at=clock.now())

    return _as_reporter(request, number, given, do)
