"""What another routing table would have done with the cases of the last month: looked at before it is applied."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Count

from ngomon.core import clock
from ngomon.core.errors import Invalid, NotFound
from ngomon.directory import queries as directory
from ngomon.directory.routing import RoutingTable

from .models import Case

DAYS = 30
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A case that would go elsewhere. `agency`: where it really is."""

    number: str
    category: str
    area: str
    text: str
    agency: str


@dataclass(frozen=True, slots=True)
class Move:
    """So many cases that the table in force sends to one agency would go to another."""

    source: str
    target: str
    n: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """The base is all cases opened since then; `moves` the ones that would go elsewhere, most frequent first."""

    since: datetime
    cases: int
    changed: int
    moves: tuple[Move, ...]


def routing_trial(table: RoutingTable, at: datetime) -> Trial:
    """Both tables asked for every case of the last month, as of today."""
    since, on = at - timedelta(days=DAYS), directory.local_day(at)
    opened = Case.objects.filter(opened_at__gte=since, merged_into__isnull=True, is_secret=False)
    moved: dict[tuple[str, str], tuple[str, str]] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    total = 0
    for category, area, n in opened.values_list("category", "area").annotate(n=Count("id")):
        total += n
        try:
            before = directory.route_for(category, area, on).agency
            after = directory.route_for(category, area, on, table).agency
        except NotFound:
            continue  # a category that the catalogue has lost has no route in either
        if before != after:
            moved[category, area] = (before, after)
            counts[before, after] += n
    examples: dict[tuple[str, str], list[Example]] = defaultdict(list)
    wanted = {category for category, _ in moved}
    rows = opened.filter(category__in=sorted(wanted)).order_by("-opened_at")
    for number, category, area, text, agency in rows.values_list(
        "number", "category", "area", "text", "agency"
    )[:5000]:
        of = moved.get((category, area))
        if of is not None and len(examples[of]) < EXAMPLES:
            examples[of].append(Example(number, category, area, text, agency))
    moves = [Move(a, b, n, tuple(examples[a, b])) for (a, b), n in counts.items()]
    moves.sort(key=lambda move: (-move.n, move.source, move.target))
    return Trial(since, total, sum(counts.values()), tuple(moves))


def evaluate_routing_file(path: Path) -> dict[str, Any]:
    """The trial of a routing.csv over this installation's cases, for `ngomon evaluate routing FILE`."""
    try:
        table = directory.read_routing(path.read_bytes(), path.name)
    except OSError as error:
        raise Invalid("cases.evaluate.unreadable", file=str(path), reason=str(error)) from error
    found = asdict(routing_trial(table, clock.now()))
    return {**found, "since": found["since"].isoformat()}
