"""What `ngomon doctor` looks at in the directory: years whose days off nobody confirmed, agencies without successor."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import translation

from ngomon.core import clock
from ngomon.core.doctor import Result, check
from ngomon.core.errors import Unavailable

from . import queries


@check
def directory() -> Iterator[Result]:
    """A pack is loaded, and what an operator should see to in it."""
    try:
        queries.city()
    except Unavailable:
        yield Result("directory.doctor.pack", "bad")
        return
    yield Result("directory.doctor.pack")
    language = (translation.get_language() or "vi")[:2]
    for said in queries.warnings(clock.now(), language):
        yield Result("directory.doctor.see_to", "warn", {"what": said})
