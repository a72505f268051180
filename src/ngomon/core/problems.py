"""How errors look on the wire: problem+json for programs, in the reader's language. One mapping for the whole house.

Source: RFC 9457 (problem details), RFC 9110 §10.2.3 (Retry-After).
"""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.utils import translation

from ngomon.core.errors import CityError, Invalid, NotFound, Refused
from ngomon.core.texts import has_text, text

MEDIA_TYPE = "application/problem+json"


def as_city_error(error: BaseException) -> CityError | None:
    """Our own error for what Django raises in its place; None for a bug."""
    if isinstance(error, CityError):
        return error
    if isinstance(error, Http404):
        return NotFound("core.problem.not_found")
    if isinstance(error, PermissionDenied):
        return Refused("core.problem.refused")
    if isinstance(error, SuspiciousOperation):
        return Invalid("core.problem.malformed")
    return None


def title(status: int, language: str | None = None) -> str:
    """What kind of trouble this is, in a few words."""
    key = f"core.problem.title.{status}"
    return text(key if has_text(key) else "core.problem.title.500", language)


def problem(
    error: CityError, *, language: str | None = None, instance: str = "", status: int | None = None
) -> dict[str, Any]:
    """The members of a problem document. `errors` names each wrong field with its code and a sentence."""
    status = status or error.status
    found: dict[str, Any] = {
        "type": f"urn:ngomon:problem:{error.code}",
        "title": title(status, language),
        "status": status,
        "detail": text(error.code, language, **error.values),
        "code": error.code,
    }
    if instance:
        found["instance"] = instance
    if error.retry_after_s is not None:
        found["retry_after_s"] = error.retry_after_s
    found |= error.more
    if error.fields:
        found["errors"] = [
            {"field": field, "code": code, "detail": text(code, language, **error.values)}
            for field, code in error.fields.items()
        ]
    return found


def finish(response: HttpResponse, error: CityError | None) -> HttpResponse:
    """What every answer to an error carries: never cached, and when to come back."""
    response["Cache-Control"] = "no-store"
    if error is not None and error.retry_after_s is not None:
        response["Retry-After"] = str(error.retry_after_s)
    return response


def problem_response(
    error: CityError, *, instance: str = "", language: str | None = None, status: int | None = None
) -> HttpResponse:
    """The error as an answer to a program."""
    language = language or (translation.get_language() or "vi")[:2]
    body = problem(error, language=language, instance=instance, status=status)
    response = HttpResponse(orjson.dumps(body), status=body["status"], content_type=MEDIA_TYPE)
    response["Content-Language"] = language
    return finish(response, error)
