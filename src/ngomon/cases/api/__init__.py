"""The HTTP API `/api/v1`: typed and described (`openapi.json`), for other programs and for the app.

JSON for the world is made here alone. Errors are problem+json in the reader's language, whoever raised them.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.security import HttpBearer

from . import cases, city, questions, reports
from .edge import guarded, knows, say_error

DESCRIPTION = (
    "Reports from people to the city, the cases that come of them, and what is done about them. "
    "A program sends `Authorization: Bearer <key>`; a browser its session, with the CSRF token for changes. "
    "Errors are `application/problem+json` (RFC 9457) in the language of Accept-Language."
)


class _Door(HttpBearer):
    """Tells the description about bearer keys; who asks is worked out by `knows`, also without one."""

    def __call__(self, request: Any) -> Any:
        return knows(request)

    def authenticate(self, request: Any, token: str) -> Any:
        """Not reached: `__call__` decides."""
        raise NotImplementedError


api = NinjaAPI(
    title="Ngọ Môn",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    auth=_Door(),
    urls_namespace="api",
)
api.add_exception_handler(Exception, say_error)
for _known in list(api._exception_handlers):
    api.add_exception_handler(_known, say_error)
for _router in (reports.router, cases.router, questions.router, city.router):
    api.add_router("", _router)


def urls() -> list[URLPattern]:
    """The API's addresses below `/api/v1/`."""
    found = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in found:
        pattern.callback = guarded(pattern.callback)
    return found
