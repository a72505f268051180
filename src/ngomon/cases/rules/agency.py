"""Where officers send cases that the routing table sends elsewhere. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the table would have sent a case, and where it was sent."""

    area: str
    by_table: str
    agency: str


@dataclass(frozen=True, slots=True)
class Usual:
    """The agency that like cases went to: `times` of `of`."""

    agency: str
    times: int
    of: int


def usual_agency(like: Sequence[Sent], by_table: str, min_times: int, min_share_pct: int) -> Usual | None:
    """The agency that most of these cases went to against the table, where it is often enough; else None.

    Only cases count for which the table said what it says for this one.
    """
    same = [one for one in like if one.by_table == by_table]
    if not same:
        return None
    agency, times = Counter(one.agency for one in same).most_common(1)[0]
    if agency == by_table or times < min_times or times * 100 < min_share_pct * len(same):
        return None
    return Usual(agency, times, len(same))
