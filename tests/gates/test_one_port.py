"""The embedded port: small requests, large bodies, streams and callers who leave, over the application object itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ngomon import asgi

pytestmark = pytest.mark.usefixtures("city")


def _ask(
    path: str, *, body: bytes = b"", headers: dict[bytes, bytes] | None = None, leaves: bool = False
) -> Any:
    """The messages that the port answers with."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST" if body else "GET", "path": path, "scheme": "http",
        "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(b"host", b"127.0.0.1"), (b"content-length", str(len(body)).encode()), *(headers or {}).items()],
    }  # fmt: skip
    parts = [body[: len(body) // 2], body[len(body) // 2 :]]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if leaves:
            return {"type": "http.disconnect"}
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asgi.app(scope, receive, send))
    return sent


def _body(sent: list[dict[str, Any]]) -> bytes:
    return b"".join(part.get("body", b"") for part in sent[1:])


def test_a_small_request_is_answered_whole() -> None:
    sent = _ask("/healthz")
    assert [part["type"] for part in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] in (200, 503)
    assert _body(sent).startswith(b"{")


def test_a_body_in_several_parts_arrives_whole() -> None:
    said = b'{"text": "x", "lon": "not a number"}'
    sent = _ask("/api/v1/reports", body=said, headers={b"content-type": b"application/json"})
    assert sent[0]["status"] == 422  # read to its end and understood: not a syntax error
    assert b"lon" in _body(sent)


def test_a_large_body_goes_the_other_way_to_the_same_answer() -> None:
    said = b'{"text": "' + b"x" * (asgi.SMALL + 1) + b'"}'
    sent = _ask("/api/v1/reports", body=said, headers={b"content-type": b"application/json"})
    assert sent[0]["status"] in (413, 422)


def test_a_stream_is_put_out_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        streaming = True
        closed = False

        def __iter__(self) -> Any:
            return iter([b"one", b"two"])

        def close(self) -> None:
            self.closed = True

    stream = Stream()

    def app(environ: Any, start: Any) -> Any:
        start("200 OK", [("Content-Type", "text/plain")])
        return stream

    monkeypatch.setattr(asgi, "wsgi", app)
    sent = _ask("/anything")
    assert [part.get("body") for part in sent[1:]] == [b"one", b"two", b""]
    assert stream.closed


def test_who_leaves_before_the_end_gets_nothing() -> None:
    assert _ask("/healthz", leaves=True) == []
