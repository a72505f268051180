"""The proof of a case's history, for everybody who may see the case: in words, and as a file to keep and to check."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ngomon.cases import queries
from ngomon.cases.pages.proofs import claim_of
from ngomon.cases.terms import CaseLine
from ngomon.core import seal
from ngomon.core.errors import NotFound
from ngomon.identity.edge import actor_from, public


def _seen(request: HttpRequest, number: str) -> CaseLine:
    """The case, where this reader may see it. Raises: NotFound."""
    actor, code = actor_from(request), claim_of(request, number)
    if actor.account_id or code:
        try:
            return queries.reporter_case(number, actor=actor, claim_code=code).line
        except NotFound:
            pass
    return queries.public_case(number).line


@public
@require_safe
def proof_page(request: HttpRequest, number: str) -> HttpResponse:
    """What the proof says, what it does not say, and how to check it without trusting us."""
    line = _seen(request, number)
    try:
        proof = seal.proof_of(line.ref)
    except NotFound:
        proof = None
    context = {
        "line": line,
        "proof": proof,
        "n": len(proof["events"]) if proof else 0,
        "first": proof["events"][0]["event"]["position"] if proof else 0,
        "last": proof["events"][-1]["event"]["position"] if proof else 0,
        "size": proof["checkpoint"].split("\n")[1] if proof else 0,
        "key": seal.public_key(),
        "file": f"{line.number}-proof.json",
    }
    answer = render(request, "web/mydata/proof.html", context)
    answer["Cache-Control"] = "private, no-cache"
    return answer


@public
@require_safe
def proof_file(request: HttpRequest, number: str) -> HttpResponse:
    """The file: events by ids and codes, their places in the seal's tree, the signed checkpoint. Raises: NotFound."""
    line = _seen(request, number)
    proof = seal.proof_of(line.ref)
    answer = HttpResponse(
        json.dumps(proof, ensure_ascii=False, indent=1), content_type="application/json; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{line.number}-proof.json"'
    answer["Cache-Control"] = "private, no-cache"
    return answer
