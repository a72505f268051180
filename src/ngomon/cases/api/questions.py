"""Questions to an agency by the API: answered ones, one of them, asking."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from ngomon.core.errors import Refused
from ngomon.core.text import clean
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.directory.terms import Agency
from ngomon.identity.queries import may_file
from ngomon.identity.terms import Requirement

from .. import commands
from .. import question_queries as questions
from ..terms import Filing
from . import shapes
from .edge import WRITE, Unknown, actor_of, answer, body_of, count, external_id, with_scope
from .reports import contact_of, language_of

router = Router(tags=["questions"])
SOURCE = "api"


def _name(key: str, known: dict[str, Agency]) -> dict[str, str]:
    return dict(known[key].name) if key in known else {}


def _out(one: questions.Answered, known: dict[str, Agency]) -> dict[str, Any]:
    return {
        "number": one.number,
        "text": one.text,
        "agency": one.agency,
        "agency_name": _name(one.agency, known),
        "asked_at": one.asked_at,
        "answered_at": one.answered_at,
        "answer": one.answer,
        "rating": one.rating,
        "url": f"/questions/{one.number}",
    }


def _known() -> dict[str, Agency]:
    return {agency.key: agency for agency in directory.agencies()}


@router.get("/questions", response=shapes.QuestionsOut, summary="Answered questions, the newest answer first")
def list_questions(
    request: HttpRequest,
    q: str = Query("", max_length=200, description="words, tone marks ignored; no paging"),
    agency: str = Query("", max_length=60),
    cursor: str = Query("", max_length=200),
    size: int = Query(30, ge=1, le=200),
) -> HttpResponse:
    """A page by keyset cursor. Personal data in the questions is masked."""
    count(request, "read")
    page = questions.answered_questions(cursor=cursor, size=size, agency=clean(agency), q=clean(q))
    known = _known()
    rows = [_out(one, known) for one in page.rows]
    return answer({"questions": rows, "next": page.next, "total": page.total})


@router.get("/questions/{number}", response=shapes.QuestionOut, summary="One answered question")
def one_question(request: HttpRequest, number: str) -> HttpResponse:
    """404 until it is answered; its asker reads it as a case (`/cases/{number}` with Claim-Code)."""
    count(request, "read")
    return answer(_out(questions.answered_question(number), _known()))


@router.post(
    "/questions",
    response={201: shapes.ReceiptOut, 200: shapes.ReceiptOut},
    summary="Ask an agency, once per external_id or Idempotency-Key",
    openapi_extra=dict(shapes.described(shapes.QuestionIn)),
)
def ask(request: HttpRequest) -> HttpResponse:
    """201 with the receipt; 200 with the first receipt for a repeat. `agency` is proposed by the words when empty."""
    actor = with_scope(actor_of(request), WRITE)
    at = count(request, "report")
    said = body_of(request, shapes.QuestionIn)
    rule = may_file(SOURCE, "question", actor)
    if not rule.is_met:
        if rule.requires == Requirement.ACCOUNT:
            raise Unknown("cases.api.error.sign_in")
        raise Refused("cases.api.error.verified_phone")
    given = external_id(request, said.external_id, said.text)
    filing = Filing(
        text=said.text,
        lon=0.0,
        lat=0.0,
        source=SOURCE,
        external_id=f"q/{given}" if given else "",
        language=language_of(said.language),
        contact=contact_of(said.contact.name, said.contact.phone, said.contact.email, "contact."),
        agency=clean(said.agency),
    )
    with unit():
        made = commands.ask_question(filing, actor=actor, at=at)
    return answer({**shapes.receipt(made), "similar": []}, 201 if made.is_new else 200)
