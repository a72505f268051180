"""The HTTP API `/api/v1`: typed and described (`openapi.json`), for other programs and for the app.

JSON for the world is made here alone. Errors are problem+json in the reader's language, whoever raised them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.urls import URLPattern
from django.utils.module_loading import module_has_submodule
from ninja import NinjaAPI, Router
from ninja.security import HttpBearer

from . import cases, city, questions, reports
from .edge import guarded, knows, say_error
from .shapes import PROBLEM_MEDIA

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


PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code", "instance")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}


class _Api(NinjaAPI):
    """Says of each operation that its refusals are problems, too."""

    def get_openapi_schema(self, **given: Any) -> Any:
        found = super().get_openapi_schema(**given)
        refusal = {
            "description": "A refusal, in the language of Accept-Language",
            "content": {PROBLEM_MEDIA: {"schema": PROBLEM}},
        }
        for path in found["paths"].values():
            for operation in path.values():
                operation["responses"]["4XX"] = refusal
        return found


api = _Api(
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


def _hang_in() -> None:
    """Rooms above have operations too: an application's own `api.router` is part of the one API and its description."""
    known = [router for _, router in api._routers]
    for app in apps.get_app_configs():
        if app.name == "ngomon.cases" or not module_has_submodule(app.module, "api"):
            continue
        router = getattr(import_module(f"{app.name}.api"), "router", None)
        if isinstance(router, Router) and router not in known:
            api.add_router("", router)


def urls() -> list[URLPattern]:
    """The API's addresses below `/api/v1/`."""
    _hang_in()
    found = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in found:
        pattern.callback = guarded(pattern.callback)
    return found
