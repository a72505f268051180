"""What all pages of the desk stand in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from ngomon.core.texts import text
from ngomon.identity.edge import actor_from

from . import views


def language_of(request: HttpRequest) -> str:
    """The reader's language."""
    return str(getattr(request, "LANGUAGE_CODE", "vi"))[:2]


def plain(request: HttpRequest, **shown: Any) -> dict[str, Any]:
    """The frame of a desk page that shows no queue."""
    actor = actor_from(request)
    queues = [
        {
            "key": each.key,
            "label": text(f"web.desk.queue.{each.key}"),
            "url": f"/desk?queue={each.key}",
            "icon": each.icon,
        }
        for each in views.queues_of(actor)
    ]
    return {"face": "desk", "nav": queues + views.tools(actor, request.path), **shown}
