"""What `ngomon doctor` looks at in command support: whether documents can be made as PDF."""

from __future__ import annotations

from collections.abc import Iterator

from ngomon.core.doctor import Result, check

from .papers import can_print


@check
def printing() -> Iterator[Result]:
    """WeasyPrint needs Pango from the operating system; without it rooms work, but no PDF leaves them."""
    yield Result("incidents.doctor.print", "ok" if can_print() else "warn")
