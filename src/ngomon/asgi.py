"""The application objects that servers load.

`wsgi` answers pages and APIs; `live` the stream alone. `app` is for one embedded port: `/live` goes to the hub (pure
asyncio, no ORM), all else to `wsgi` in a bounded pool of threads that keep their database connections.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import os
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import build_environ
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")

wsgi = get_wsgi_application()

from ngomon.core.live import live_app as live  # noqa: E402 (reads settings, so after Django is set up)
from ngomon.core.personal import settle_restore  # noqa: E402

settle_restore()

# What was loaded lives as long as the process: the collector need not walk it again and again, nor look after every few
# requests for circles that hardly occur.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

THREADS = int(os.environ.get("NGOMON_THREADS", "8"))
SMALL = 64 * 1024
"""Bytes of a request's body that are read before a thread is taken: what comes slowly then holds no thread."""

_large = WSGIMiddleware(cast("Any", wsgi), workers=THREADS)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pages")


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """One port for everything."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/live":
        await live(scope, receive, send)
    elif _is_small(scope):
        await _answer_small(scope, receive, send)
    else:

        async def receive_coroutine() -> Message:
            # The server's own awaitable is no coroutine, which the bridge's threads need.
            return await receive()

        await _large(cast("Any", scope), cast("Any", receive_coroutine), cast("Any", send))


def _is_small(scope: Message) -> bool:
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return False
    length = headers.get(b"content-length", b"0")
    return bool(length.isdigit() and int(length) <= SMALL)


async def _answer_small(scope: Message, receive: Receive, send: Send) -> None:
    """One hop to a thread and one back, where the general bridge takes one for each part of body and answer."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    environ = build_environ(cast("Any", scope), cast("Any", io.BytesIO(body)))

    def put(part: Message) -> None:
        asyncio.run_coroutine_threadsafe(_sent(send, part), loop).result()

    whole = await loop.run_in_executor(_threads, context.run, _answer, environ, put)
    if whole is not None:
        head, said = whole
        await send(head)
        await send({"type": "http.response.body", "body": said})


async def _sent(send: Send, part: Message) -> None:
    await send(part)


def _answer(environ: Any, put: Callable[[Message], None]) -> tuple[Message, bytes] | None:
    """A page's head and body; a stream (a file, an export) is put out part by part from its thread, and None is returned."""
    heads: list[Message] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        told = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers]
        heads.append({"type": "http.response.start", "status": int(status[:3]), "headers": told})

    answer = wsgi(environ, cast("Any", start))
    try:
        if not getattr(answer, "streaming", False):
            return heads[-1], b"".join(answer)
        put(heads[-1])
        for part in answer:
            put({"type": "http.response.body", "body": part, "more_body": True})
        put({"type": "http.response.body", "body": b""})
        return None
    finally:
        cast("Any", answer).close()


__all__ = ["app", "live", "wsgi"]
