"""How often one network address may use the forms, so that nobody floods the desk or guesses claim codes.

A family, a school or an office may share one address: generous for reports, strict for codes.
"""

from __future__ import annotations

from django.http import HttpRequest

from ngomon.core import clock
from ngomon.core.limits import budget, spend
from ngomon.identity.edge import address_of

_BUDGETS = {
    "report": budget("cases.report", limit=60, window_s=3600),
    "danger": budget("cases.danger", limit=60, window_s=3600),
    "hints": budget("cases.hints", limit=120, window_s=60),
    "claim": budget("cases.claim", limit=10, window_s=900),
    "act": budget("cases.act", limit=60, window_s=3600),
    "search": budget("cases.search", limit=120, window_s=60),
}


def limit(request: HttpRequest, use: str) -> None:
    """Count one use by this address, before any unit. Raises: TooMany with the seconds to wait."""
    spend(_BUDGETS[use], address_of(request), at=clock.now())
