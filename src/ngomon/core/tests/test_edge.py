"""The edge: what programs and people read when something is wrong, health, metrics, logs without personal data."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from ngomon.core import clock, logs, pages
from ngomon.core.errors import Conflict, Invalid, TooMany, Unavailable
from ngomon.core.models import Cursor, Delivery, Tick
from ngomon.core.react import Reaction, reactions

pytestmark = pytest.mark.django_db(transaction=True)

RAISED = {
    "invalid": Invalid.field("photo", "core.photo.too_big", most=20),
    "conflict": Conflict("core.photo.busy"),
    "many": TooMany("core.problem.too_many", retry_after_s=7, wait_s=7),
    "unavailable": Unavailable("core.photo.busy", retry_after_s=10),
    "missing": Http404("x"),
    "denied": PermissionDenied(),
    "strange": SuspiciousOperation(),
    "bug": ZeroDivisionError("Nguyễn Văn An 0912345678"),
}


def raising(request, name):
    raise RAISED[name]


urlpatterns = [
    path("api/raise/<str:name>", raising),
    path("page/raise/<str:name>", raising),
    path("page/fine", lambda request: HttpResponse("fine")),
    path("", include("ngomon.core.urls")),
]
handler400, handler403, handler404, handler500 = pages.malformed, pages.refused, pages.not_found, pages.broken


@pytest.fixture
def client():
    chosen = override_settings(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["ngomon.core.edge.EdgeMiddleware", "django.middleware.locale.LocaleMiddleware"],
        NGOMON_ERROR_TEMPLATE="core/error.html",
        DEBUG=False,
    )
    with chosen:
        made = Client(raise_request_exception=False)
        yield made


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("invalid", 422),
        ("conflict", 409),
        ("many", 429),
        ("unavailable", 503),
        ("missing", 404),
        ("denied", 403),
        ("strange", 422),
        ("bug", 500),
    ],
)
def test_a_program_reads_problem_json(client, name, status):
    response = client.get(f"/api/raise/{name}", headers={"accept-language": "en"})
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body = json.loads(response.content)
    assert body["status"] == status
    assert body["type"].endswith(body["code"])
    assert body["instance"] == f"urn:uuid:{response['X-Request-ID']}"
    assert "0912345678" not in response.content.decode()


def test_fields_are_named_and_told_in_the_readers_language(client):
    url = "/api/raise/invalid"
    english = json.loads(client.get(url, headers={"accept-language": "en"}).content)
    vietnamese = json.loads(client.get(url, headers={"accept-language": "vi"}).content)
    (wrong,) = english["errors"]
    assert wrong["field"] == "photo"
    assert wrong["detail"].startswith("The photo is larger than 20 MB")
    assert vietnamese["errors"][0]["detail"].startswith("Ảnh lớn hơn 20 MB")


def test_whoever_is_told_to_wait_is_told_how_long(client):
    assert client.get("/api/raise/many")["Retry-After"] == "7"


def test_a_person_reads_a_page_and_a_program_anywhere_reads_json(client):
    page = client.get("/page/raise/conflict", headers={"accept": "text/html"})
    assert page.status_code == 409
    assert page["Content-Type"].startswith("text/html")
    assert page["X-Request-ID"] in page.content.decode()
    asked = client.get("/page/raise/conflict", headers={"accept": "application/json"})
    assert asked["Content-Type"] == "application/problem+json"


def test_an_unknown_address_is_not_found_in_both_ways(client):
    assert client.get("/nowhere").status_code == 404
    assert json.loads(client.get("/api/nowhere").content)["code"] == "core.problem.not_found"


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("abcdef-12345678", True), ("a", False), ("x" * 90, False), ("a b\nc<script>", False)],
)
def test_a_request_id_is_kept_when_it_is_one(client, given, is_kept):
    assert (client.get("/page/fine", headers={"x-request-id": given})["X-Request-ID"] == given) is is_kept


def test_health_tells_what_is_wrong(client):
    first = client.get("/healthz")
    assert first.status_code == 200
    assert json.loads(first.content)["checks"]["worker_heartbeat_age_s"]["status"] == "degraded"
    Tick.objects.create(name="core.heartbeat", done_at=clock.now())
    assert json.loads(client.get("/healthz").content)["status"] == "ok"


def test_health_is_down_without_a_disk(client, monkeypatch):
    monkeypatch.setattr(pages, "DISK_LEAST_BYTES", 10**18)
    assert client.get("/healthz").status_code == 503


def test_metrics_count_requests_by_route_and_tell_of_the_log(client, monkeypatch):
    monkeypatch.setitem(
        reactions, "test.slow", Reaction("test.slow", frozenset(), lambda *a, **k: None, False)
    )
    Cursor.objects.create(name="test.slow", position=0)
    Delivery.objects.create(
        channel="smtp", state="dead", purpose="x", created_at=clock.now(), due_at=clock.now()
    )
    client.get("/page/fine")
    client.get("/api/raise/invalid")
    told = client.get("/metrics").content.decode()
    assert 'ngomon_requests_total{method="GET",route="page/fine",status="200"}' in told
    assert 'route="api/raise/<str:name>",status="422"' in told
    assert 'ngomon_cursor_lag{reaction="test.slow"} 0.0' in told
    assert 'ngomon_deliveries{state="dead"} 1.0' in told
    assert "ngomon_request_statements_bucket" in told


def test_metrics_are_not_for_strangers(client, settings):
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "1.2.3.4"}).status_code == 403
    settings.NGOMON_METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"authorization": "Bearer s3cret"}).status_code == 200


@pytest.fixture
def lines():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    logs.configure("json", stream=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_bear_the_request_and_its_cost_and_nothing_personal(client, lines):
    client.get("/page/fine?phone=0912345678", headers={"x-request-id": "request-0001"})
    client.get("/api/raise/bug", headers={"x-request-id": "request-0002"})
    logging.getLogger("other").error("mail to an.nguyen@example.com failed, 0912 345 678")
    found = lines()
    fine = next(line for line in found if line.get("route") == "page/fine")
    assert fine["request_id"] == "request-0001"
    assert {"cpu_ms", "statements", "status", "method"} <= set(fine)
    bug = next(line for line in found if "ZeroDivisionError" in line.get("exception", ""))
    assert bug["request_id"] == "request-0002"
    everything = json.dumps(found, ensure_ascii=False)
    assert "0912345678" not in everything
    assert "an.nguyen" not in everything
    assert "/api/raise/bug" not in everything
    assert "0912 345 678" not in everything


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("2026-11-24T06:34:22.123456Z", True),
        ("0192f0c1-7a1b-7c33-9f00-123456789012", True),
        ("position 123456", True),
        ("took 12.5 ms", True),
        ("call 0912345678 now", False),
        ("+84 912 345 678", False),
        ("CCCD 046203012345", False),
        ("a@b.vn", False),
        ("duplicate\nDETAIL:  Key (name)=(An) already exists.", False),
    ],
)
def test_what_is_blotted_out(text, is_kept):
    assert (logs.blot(text) == text) is is_kept
