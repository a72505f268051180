"""Rate limits: so many uses of a thing within a window. Asked at the edge, before the unit is opened.

    BUDGET = budget("identity.code", limit=5, window_s=3600)
    spend(BUDGET, address, at=at)

A city may set its own numbers: `[limits."identity.code"]` with `limit` and `window_s` in its `city.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ngomon.core.engine import engine
from ngomon.core.errors import TooMany
from ngomon.core.secrets import blind
from ngomon.core.units import in_unit


@dataclass(frozen=True, slots=True)
class Budget:
    """How often something may be done by one key within a window."""

    name: str
    limit: int
    window_s: int


budgets: dict[str, Budget] = {}


def budget(name: str, *, limit: int, window_s: int) -> Budget:
    """Declare a named budget (room.what) with its default numbers."""
    made = Budget(name, limit, window_s)
    budgets[name] = made
    return made


def in_city(declared: Budget) -> Budget:
    """The budget with the numbers of the city pack, where it sets its own."""
    own = getattr(settings, "NGOMON_CITY", {}).get("limits", {}).get(declared.name, {})
    limit, window_s = own.get("limit", declared.limit), own.get("window_s", declared.window_s)
    return Budget(declared.name, int(limit), int(window_s))


def within(key: str, limit: int, window_s: int, *, at: datetime) -> None:
    """Count one use. Raises: TooMany with the seconds to wait; RuntimeError inside a unit, where a count would be lost
    with the unit and, held until its end, would queue up everybody of the same key.
    """
    if in_unit():
        raise RuntimeError("rate limits are asked before the unit is opened")
    wait_s = engine().take(key, limit, window_s, at)
    if wait_s:
        raise TooMany("core.problem.too_many", retry_after_s=wait_s, wait_s=wait_s)


def spend(declared: Budget, key: str, *, at: datetime) -> None:
    """Count one use of a named budget by a key (an address, a contact, a client), which is kept as a hash only.

    Raises: TooMany.
    """
    own = in_city(declared)
    within(f"{own.name}:{blind(key, 'limits')[:32]}", own.limit, own.window_s, at=at)
