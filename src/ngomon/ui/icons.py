"""The outline icons (Lucide), drawn into the page. The front-end build writes their shapes beside its other output."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

SHAPES = Path(__file__).parent / "static/ngomon/icons.json"


@cache
def shapes() -> dict[str, str]:
    """The inner drawing of every icon by name; empty until the front end is built."""
    if not SHAPES.exists():
        return {}
    found: dict[str, str] = json.loads(SHAPES.read_text(encoding="utf-8"))
    return found


@cache
def svg(name: str, size: int = 20, label: str = "") -> SafeString:
    """The icon as inline SVG; hidden from screen readers unless it has a label. An unknown name draws a small circle."""
    inner = shapes().get(name, '<circle cx="12" cy="12" r="4"/>')
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return mark_safe(  # noqa: S308 - the shapes come from our own build, the label is escaped
        f'<svg class="icon" viewBox="0 0 24 24" width="{int(size)}" height="{int(size)}" {spoken}>{inner}</svg>'
    )
