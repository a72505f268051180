"""Tags for the frame of a page: the look this browser chose, the language, the query string."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.utils import translation

from ngomon.core.clock import now

register = template.Library()

_ALLOWED = {"theme": ("auto", "light", "dark"), "text": ("normal", "big")}


@register.simple_tag(takes_context=True)
def look(context: Context, name: str) -> str:
    """What this browser chose for `theme` (auto, light, dark) or `text` (normal, big)."""
    request: HttpRequest | None = context.get("request")
    chosen = request.COOKIES.get(f"ngomon_{name}", "") if request is not None else ""
    allowed = _ALLOWED[name]
    return chosen if chosen in allowed else allowed[0]


@register.simple_tag
def language() -> str:
    """The reader's language, `vi` or `en`."""
    return (translation.get_language() or "vi")[:2]


@register.simple_tag
def server_now() -> str:
    """The city's instant for the clocks in the page, which may differ from the device's."""
    return now().isoformat()


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """This page's query string with some values changed: `<a href="{% query after=cursor %}">`. None takes one out."""
    request: HttpRequest = context["request"]
    values = request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            values.pop(name, None)
        else:
            values[name] = str(value)
    encoded = values.urlencode()
    return f"?{encoded}" if encoded else request.path
