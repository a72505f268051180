"""The application objects that servers load.

`wsgi` answers pages and APIs; `live` the stream alone. `app` is for one embedded port: `/live` goes to the hub (pure
asyncio, no ORM), all else to `wsgi` in a bounded pool of threads that keep their database connections.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")

wsgi = get_wsgi_application()

from ngomon.core.live import live_app as live  # noqa: E402 (reads settings, so after Django is set up)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

THREADS = int(os.environ.get("NGOMON_THREADS", "8"))
_pages = WSGIMiddleware(cast("Any", wsgi), workers=THREADS)


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """One port for everything."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/live":
        await live(scope, receive, send)
        return

    async def receive_coroutine() -> Message:
        # The server's own awaitable is no coroutine, which the bridge's threads need.
        return await receive()

    await _pages(cast("Any", scope), cast("Any", receive_coroutine), cast("Any", send))


__all__ = ["app", "live", "wsgi"]
