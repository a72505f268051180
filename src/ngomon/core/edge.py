"""The edge of every request: its id, its cost, its log line, and what an error looks like to a person or a program."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import structlog
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import translation

from ngomon.core import metrics
from ngomon.core.errors import CityError, Unavailable
from ngomon.core.ids import uuid7
from ngomon.core.problems import as_city_error, finish, problem, problem_response

log = structlog.get_logger("ngomon.edge")
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
API_PREFIXES = ("/api/", "/open311/", "/sta/", "/cap/", "/oidc/", "/live", "/healthz", "/metrics")

Answer = Callable[[HttpRequest], HttpResponseBase]


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks: by address, or because it wants JSON and no page."""
    prefixes: tuple[str, ...] = getattr(settings, "NGOMON_API_PREFIXES", API_PREFIXES)
    if request.path.startswith(prefixes):
        return True
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def request_id(request: HttpRequest) -> str:
    """The id under which this request is logged and answered."""
    found: str = getattr(request, "request_id", "")
    return found


def error_answer(request: HttpRequest, error: CityError, *, status: int | None = None) -> HttpResponse:
    """An error as this asker reads it: problem+json, or the page `NGOMON_ERROR_TEMPLATE` (default ui/error.html).

    The page gets `problem` (see core.problems) and `request_id`; it may choose its frame by `request`.
    """
    instance = f"urn:uuid:{request_id(request)}" if request_id(request) else ""
    if is_api(request):
        return problem_response(error, instance=instance, status=status)
    language = (translation.get_language() or "vi")[:2]
    found = problem(error, language=language, instance=instance, status=status)
    return finish(HttpResponse(_page(request, found), status=found["status"]), error)


def _page(request: HttpRequest, found: dict[str, Any]) -> str:
    context = {"problem": found, "request_id": request_id(request)}
    name = getattr(settings, "NGOMON_ERROR_TEMPLATE", "ui/error.html")
    try:
        return render_to_string(name, context, request=request)
    except TemplateDoesNotExist:
        return render_to_string("core/error.html", context)
    except Exception:  # the frame may fail for the very reason that is to be shown
        log.exception("error page failed")
        return render_to_string("core/error.html", context)


class _Counting:
    """Counts the statements of one request on one connection."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.n += 1
        return execute(sql, params, many, context)


class EdgeMiddleware:
    """First in the list of middleware. Settings: NGOMON_API_PREFIXES, NGOMON_ERROR_TEMPLATE."""

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("x-request-id", "")
        request.request_id = given if _ID.fullmatch(given) else str(uuid7())  # type: ignore[attr-defined]
        counting = _Counting()
        started, cpu_started = time.perf_counter(), time.thread_time()
        with structlog.contextvars.bound_contextvars(request_id=request_id(request)), ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(counting))
            response = self._next(request)
            cpu_ms = (time.thread_time() - cpu_started) * 1000
            _note(request, response, cpu_ms, (time.perf_counter() - started) * 1000, counting.n)
        response["X-Request-ID"] = request_id(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """CityError and its Django likenesses become answers; a bug goes on to Django, is logged, and ends as 500."""
        found = as_city_error(error)
        if found is None:
            return None
        if isinstance(found, Unavailable):
            log.error("unavailable", code=found.code, exc_info=error)
        return error_answer(request, found)


def _note(
    request: HttpRequest, response: HttpResponseBase, cpu_ms: float, took_ms: float, statements: int
) -> None:
    match = request.resolver_match
    route = match.route if match else "none"
    method = (
        request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
    )
    metrics.requests.labels(method, route, response.status_code).inc()
    metrics.cpu_ms.labels(route).observe(cpu_ms)
    metrics.statements.labels(route).observe(statements)
    log.info(
        "request",
        method=method,
        route=route,
        status=response.status_code,
        took_ms=round(took_ms, 1),
        cpu_ms=round(cpu_ms, 2),
        statements=statements,
    )
