"""The application objects that servers load.

`wsgi` answers pages and APIs. `app` is for one embedded port: `/live` goes to the hub (pure asyncio, no ORM), all else to
`wsgi` in a bounded pool of threads that keep their database connections.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

wsgi = get_wsgi_application()
_pages = WSGIMiddleware(cast("Any", wsgi), workers=8)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """One port for everything."""
    if scope["type"] == "http":
        await _pages(scope, receive, send)  # type: ignore[arg-type]
