"""Pages of the machine room: health, metrics, the seal's public words; and what Django shows when it has no page."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ngomon.core import metrics, seal
from ngomon.core.edge import error_answer
from ngomon.core.engine import engine
from ngomon.core.errors import CityError, Invalid, NotFound, Refused

WORKER_LATE_S = 60
LAG_MOST = 5_000
DISK_LEAST_BYTES = 500 * 1024 * 1024


def _database() -> tuple[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok", engine().name


def _disk() -> tuple[str, Any]:
    free = shutil.disk_usage(settings.NGOMON_HOME).free
    return ("ok" if free > DISK_LEAST_BYTES else "down"), free


def _worker() -> tuple[str, Any]:
    age = metrics.heartbeat_age()
    if age is None:
        return "degraded", None
    return ("ok" if age.total_seconds() < WORKER_LATE_S else "degraded"), round(age.total_seconds())


def _log() -> tuple[str, Any]:
    most = max(metrics.lags().values(), default=0)
    return ("ok" if most < LAG_MOST else "degraded"), most


_CHECKS: dict[str, Callable[[], tuple[str, Any]]] = {
    "database": _database,
    "disk_free_bytes": _disk,
    "worker_heartbeat_age_s": _worker,
    "cursor_lag": _log,
}


@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """503 when nobody can be served; `degraded` (200) when pages work and something behind them does not."""
    checks: dict[str, dict[str, Any]] = {}
    for name, check in _CHECKS.items():
        try:
            state, value = check()
        except (Error, OSError):
            state, value = "down", None
        checks[name] = {"status": state, "value": value}
    states = {check["status"] for check in checks.values()}
    worst = next((state for state in ("down", "degraded") if state in states), "ok")
    response = JsonResponse({"status": worst, "checks": checks}, status=503 if worst == "down" else 200)
    response["Cache-Control"] = "no-store"
    return response


def _may_read_metrics(request: HttpRequest) -> bool:
    token = getattr(settings, "NGOMON_METRICS_TOKEN", "")
    if token:
        return hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}")
    is_proxied = any(request.headers.get(h) for h in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not is_proxied


@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: from this machine, or with the bearer token that settings name."""
    if not _may_read_metrics(request):
        raise Refused("core.problem.refused")
    return HttpResponse(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The newest signed checkpoint, for whoever wants to keep it."""
    response = HttpResponse(seal.latest_checkpoint().note, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=30"
    return response


@require_safe
def seal_key(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The public key of the seal."""
    return HttpResponse(seal.public_key() + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def consistency(request: HttpRequest, old: int, new: int) -> HttpResponse:  # noqa: ARG001
    """The proof that a newer checkpoint contains an older one."""
    return JsonResponse({"old": old, "new": new, "path": seal.consistency(old, new)})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """handler404."""
    return error_answer(request, NotFound("core.problem.not_found"))


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """handler403."""
    return error_answer(request, Refused("core.problem.refused"))


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """handler400."""
    return error_answer(request, Invalid("core.problem.malformed"), status=400)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """CSRF_FAILURE_VIEW."""
    return error_answer(request, Refused("core.problem.forged"))


def broken(request: HttpRequest) -> HttpResponse:
    """handler500: a bug. Logged by Django under the request's id."""
    return error_answer(request, CityError("core.problem.broken"))


# The test over all routes reads from each page which permission it needs; these need none.
OPEN_TO_ALL = ""
for page in (health, show_metrics, checkpoint, seal_key, consistency):
    setattr(page, "permission", OPEN_TO_ALL)
