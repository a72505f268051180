"""How well the same thing is found: a city's reports streamed in time order through the scorer, beside pairs its staff named.

Each report looks at the cases that were open when it came, in the nine cells around it, as intake does. Reads files of
the documented columns, never how the staff closed a case: `status_notes`, `duplicate_flag` and `refers_to` are not read.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import heapq
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ngomon.core.errors import Invalid
from ngomon.core.geo import distance_m

from .rules import same
from .rules.same_weights import FEATURES as FEATURES
from .rules.same_weights import SURE
from .rules.same_weights import Threshold as Threshold

NEEDED = ("id", "description", "requested_at", "lat", "lon")


@dataclass(slots=True)
class Filed:
    """A report of a file. Units: seconds since 1970; `closed` is infinite for one that was never closed."""

    id: str
    category: str
    text: str
    place: str
    at: float
    closed: float
    lon: float
    lat: float
    slice: str
    said: same.Spoken


@dataclass(slots=True)
class Heap:
    """A case of the stream: what its first report said, and all reports that were linked to it."""

    first: Filed
    closed: float
    members: list[Filed] = field(default_factory=list)


@dataclass(slots=True)
class Look:
    """What one report found around it: the cases, best first, with their likeness, distance and age."""

    report: Filed
    cases: list[tuple[Heap, same.Likeness, float, float]]
    linked: Heap | None

    def by_distance_and_time(self) -> list[Heap]:
        """The order that place and time alone would give."""
        worth = [(0.5 ** (m / 30.0) * 0.5 ** (h / 24 / 60), heap) for heap, _, m, h in self.cases]
        return [heap for _, heap in heapq.nlargest(same.SHOWN, worth, key=lambda pair: pair[0])]


def threshold(asked: Mapping[str, float | None]) -> Threshold:
    """What an automatic link needs: as measured, or as asked for."""
    return replace(SURE, **{name: value for name, value in asked.items() if value is not None})


# --- files -----------------------------------------------------------------------------------------------------------


def rows_of(path: Path, needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, also a gzipped one, further columns included. Raises: Invalid when columns are missing."""
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise Invalid("cases.evaluate.columns", file=path.name, columns=", ".join(missing))
        yield from reader


def _seconds(said: str) -> float:
    return datetime.fromisoformat(said).timestamp()


def read_reports(paths: Iterable[Path]) -> list[Filed]:
    """All reports of the files in the order in which they came. Raises: Invalid."""
    found = [_filed(row) for path in paths for row in rows_of(path, NEEDED)]
    return sorted(found, key=lambda one: (one.at, one.id))


def _filed(row: Mapping[str, str]) -> Filed:
    at = _seconds(row["requested_at"])
    is_closed = row.get("status", "closed") == "closed" and bool(row.get("updated_at"))
    place = row.get("address") or ""
    return Filed(
        id=row["id"],
        category=row.get("category") or "",
        text=row["description"] or "",
        place=place,
        at=at,
        closed=_seconds(row["updated_at"]) if is_closed else float("inf"),
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        slice=row.get("slice") or "",
        said=same.spoken(row["description"] or "", place),
    )


@dataclass(frozen=True, slots=True)
class Named:
    """The pairs that people named: for the later report of each the earlier ones, the groups they make, its slices."""

    earlier: Mapping[str, frozenset[str]]
    group: Mapping[str, str]
    slices: Mapping[tuple[str, str], tuple[str, ...]]


def read_pairs(path: Path, reports: Sequence[Filed]) -> Named:
    """The named pairs of which both reports are in the files. A pair's slice: its own, its report's, and the year."""
    known = {one.id: one for one in reports}
    earlier: dict[str, set[str]] = defaultdict(set)
    slices: dict[tuple[str, str], tuple[str, ...]] = {}
    above: dict[str, str] = {}

    def top(one: str) -> str:
        while above.setdefault(one, one) != one:
            one = above[one]
        return one

    for row in rows_of(path, ("duplicate_id", "refers_to")):
        if row["duplicate_id"] not in known or row["refers_to"] not in known:
            continue
        pair = sorted((known[row["duplicate_id"]], known[row["refers_to"]]), key=lambda r: (r.at, r.id))
        first, later = pair[0].id, pair[1].id
        earlier[later].add(first)
        above[top(later)] = top(first)
        year = datetime.fromtimestamp(known[row["refers_to"]].at).astimezone().year
        own = row.get("slice") or known[row["duplicate_id"]].slice
        slices[first, later] = (f"year {year}", *([own] if own else []))
    frozen = {later: frozenset(firsts) for later, firsts in earlier.items()}
    return Named(frozen, {one: top(one) for one in above}, slices)


# --- the stream ------------------------------------------------------------------------------------------------------


def stream(reports: Iterable[Filed], *, links: Threshold | None) -> Iterator[Look]:
    """Each report in time order with what it finds; with `links` it joins a case that is sure enough, as at intake."""
    grid: dict[int, list[Heap]] = defaultdict(list)
    for report in reports:
        cases = _around(grid, report)
        found = same.weigh(report.said, [_other(report, heap, metres) for metres, heap in cases])
        ranked = sorted(
            (
                (heap, likeness, metres, (report.at - heap.first.at) / 3600)
                for (metres, heap), likeness in zip(cases, found, strict=True)
            ),
            key=lambda one: -one[1].score,
        )
        linked = None
        if links and ranked and ranked[0][1].is_sure(ranked[0][2], links):
            linked = ranked[0][0]
            linked.members.append(report)
            linked.closed = max(linked.closed, report.closed)
        else:
            own = Heap(report, report.closed, [report])
            grid[same.cell_of(report.lon, report.lat)].append(own)
        yield Look(report, ranked, linked)


def _around(grid: dict[int, list[Heap]], report: Filed) -> list[tuple[float, Heap]]:
    """The nearest cases open now, with their distance; closed ones are forgotten on the way."""
    found: list[tuple[float, int, Heap]] = []
    since = report.at - same.OPEN_DAYS * 86_400
    here = (report.lon, report.lat)
    for cell in same.cells_around(*here):
        if cell not in grid:
            continue
        still = [heap for heap in grid[cell] if heap.closed >= report.at and heap.first.at > since]
        grid[cell] = still
        for heap in still:
            found.append((distance_m(here, (heap.first.lon, heap.first.lat)), len(found), heap))
    return [
        (metres, heap) for metres, _, heap in heapq.nsmallest(same.NEAREST, found) if metres <= same.FAR_M
    ]


def _other(report: Filed, heap: Heap, metres: float) -> same.Other:
    first = heap.first
    return same.Other(first.said, metres, (report.at - first.at) / 3600, report.category == first.category)


# --- figures ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Count:
    """Hits among so many."""

    n: int = 0
    hits: int = 0

    def add(self, is_hit: bool) -> None:
        """One more."""
        self.n += 1
        self.hits += is_hit

    @property
    def ratio(self) -> float | None:
        """Hits per one; None of none."""
        return round(self.hits / self.n, 4) if self.n else None


class Figures:
    """What is counted while reports stream by."""

    def __init__(self, named: Named) -> None:
        self.named = named
        self.shown: dict[str, Count] = defaultdict(Count)
        self.near: dict[str, Count] = defaultdict(Count)
        self.could: dict[str, Count] = defaultdict(Count)
        self.joined: dict[str, Count] = defaultdict(Count)
        self.covered: dict[str, Count] = defaultdict(Count)
        self.bins: list[tuple[float, bool]] = []
        self.links = 0
        self.reports = 0

    def take(self, look: Look) -> None:
        """Count one report's look."""
        self.reports += 1
        self.links += look.linked is not None
        if look.report.id in self.named.earlier:
            self._named(look)

    def _named(self, look: Look) -> None:
        me = look.report.id
        ranked = [heap for heap, *_ in look.cases]
        shown = [h for h, likeness, *_ in look.cases[: same.SHOWN] if likeness.score >= same.SHOWN_FROM]
        near = look.by_distance_and_time()
        for first in self.named.earlier[me]:
            for name in ("all", *self.named.slices[first, me]):
                self.shown[name].add(any(self.holds(h, first) for h in shown))
                self.near[name].add(any(self.holds(h, first) for h in near))
                self.could[name].add(any(self.holds(h, first) for h in ranked))
                self.covered[name].add(look.linked is not None)
                if look.linked is not None:
                    self.joined[name].add(self.is_of_group(look.linked, me))
        for heap, likeness, *_ in look.cases:
            self.bins.append((likeness.score, self.is_of_group(heap, me)))

    def holds(self, heap: Heap, report: str) -> bool:
        """Whether a report is in a case."""
        return any(member.id == report for member in heap.members)

    def is_of_group(self, heap: Heap, report: str) -> bool:
        """Whether a case holds a report that people named as the same thing, the report itself apart."""
        own = self.named.group[report]
        return any(self.named.group.get(m.id) == own and m.id != report for m in heap.members)

    def calibration(self, bins: int = 10) -> dict[str, Any]:
        """How far scores are from what came true, among the cases around named duplicates (staff named few of them)."""
        parts: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
        for score, came in self.bins:
            parts[min(bins - 1, int(score * bins))].append((score, came))
        table = [
            {
                "score": round(sum(s for s, _ in part) / len(part), 3),
                "named": round(sum(c for _, c in part) / len(part), 3),
                "n": len(part),
            }
            for part in parts
            if part
        ]
        n = len(self.bins) or 1
        error = sum(abs(row["score"] - row["named"]) * row["n"] for row in table) / n
        return {"error": round(error, 4), "bins": table}

    def told(self) -> dict[str, Any]:
        """All as plain data."""
        names = sorted(self.shown, key=lambda name: (name != "all", name))
        return {
            "reports": self.reports,
            "links_in_all": self.links,
            "by_slice": {
                name: {
                    "pairs": self.shown[name].n,
                    "recall_at_3": self.shown[name].ratio,
                    "recall_at_3_distance_and_time_alone": self.near[name].ratio,
                    "open_and_around_at_all": self.could[name].ratio,
                    "links_coverage": self.covered[name].ratio,
                    "links_join_named_group": self.joined[name].ratio,
                    "links_of_named": self.joined[name].n,
                }
                for name in names
            },
            "calibration": self.calibration(),
        }


def figures_of(reports: Sequence[Filed], named: Named, *, links: Threshold | None) -> Figures:
    """Stream the reports once and count."""
    figures = Figures(named)
    for look in stream(reports, links=links):
        figures.take(look)
    return figures


# --- the sheet to read by hand ---------------------------------------------------------------------------------------

SHEET = (
    "report", "case", "distance_m", "hours", "score", "share", "report_text", "case_text", "report_place",
    "case_place", "reason", "judgement",
)  # fmt: skip


def sheet_rows(
    reports: Sequence[Filed],
    named: Named,
    *,
    links: Threshold,
    in_words: Callable[[tuple[same.Reason, ...]], str],
    n: int = 200,
    seed: int = 7,
) -> list[dict[str, str]]:
    """A seeded sample of the automatic links of reports that nobody named, both texts beside each other, to be judged."""
    sample: list[tuple[int, Look]] = []
    for look in stream(reports, links=links):
        if look.linked is None or look.report.id in named.group:
            continue
        look.cases = look.cases[:1]
        # The lot falls by the report's id, so that another threshold leaves most of the sample as it was.
        lot = int.from_bytes(hashlib.sha256(f"{seed}:{look.report.id}".encode()).digest()[:8], "big")
        sample.append((lot, look))
    drawn = [look for _, look in heapq.nsmallest(n, sample, key=lambda pair: pair[0])]
    return [_sheet_row(look, in_words) for look in sorted(drawn, key=lambda one: one.report.id)]


def _sheet_row(look: Look, in_words: Callable[[tuple[same.Reason, ...]], str]) -> dict[str, str]:
    (heap, likeness, metres, hours), report = look.cases[0], look.report
    why = same.reasons(likeness, distance_m=metres, age_h=hours, text=report.text)
    values = (
        report.id, heap.first.id, f"{metres:.0f}", f"{hours:.1f}", f"{likeness.score:.3f}", f"{likeness.share:.3f}",
        report.text, heap.first.text, report.place, heap.first.place, in_words(why), "",
    )  # fmt: skip
    return dict(zip(SHEET, values, strict=True))
