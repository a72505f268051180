"""How many matters stand where, over all that ever ran: by agency, definition and step, open or ended, in time or late.

Read from the counts that every step moves in its own unit, so the answer does not wait for millions of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from ngomon.core.statements import run

from .models import Counter


@dataclass(frozen=True, slots=True)
class Total:
    """The matters of an agency at a step of a definition. `late` of the open ones are late as a whole; `ended_late` were."""

    agency: str
    definition: str
    step: str
    open: int
    late: int
    ended: int
    ended_late: int


def totals(*, agencies: Sequence[str] | None = None, definition: str = "") -> list[Total]:
    """From the counts, in order of agency, definition and step; what never stood anywhere is left out. One statement."""
    found = Counter.objects.filter(Q(open__gt=0) | Q(ended__gt=0))
    if agencies is not None:
        found = found.filter(agency__in=list(agencies))
    if definition:
        found = found.filter(definition=definition)
    names = ("agency", "definition", "step", "open", "late", "ended", "ended_late")
    return [Total(*row) for row in found.order_by(*names[:3]).values_list(*names)]


_RECOUNT = """
SELECT agency, definition, step,
    SUM(CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END),
    SUM(CASE WHEN ended_at IS NULL AND is_late THEN 1 ELSE 0 END),
    SUM(CASE WHEN ended_at IS NOT NULL THEN 1 ELSE 0 END),
    SUM(CASE WHEN ended_at IS NOT NULL AND (is_late OR met_at > due_at) THEN 1 ELSE 0 END)
FROM processes_instance GROUP BY agency, definition, step ORDER BY agency, definition, step
"""


def recounted() -> list[Total]:
    """The same from the rows themselves: what the counts must equal. Reads every instance."""
    return [Total(*row) for row in run(_RECOUNT).fetchall()]
