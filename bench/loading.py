"""Many cases at once: a few are made by commands, at every stage of their life, and stamped again and again.

The rows equal those of the commands (tests/bench/test_loading.py): only identifiers, numbers, positions in the log, moments
(by some minutes at most) and places (by some ten metres) differ. Run inside an installation: `python -m bench.loading N`.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from django.conf import settings
from django.db import connection, transaction

from bench.rows import COUNTS, Change, Row, Stamp, Written, watched
from ngomon.cases import commands
from ngomon.cases.rules import cell_of
from ngomon.cases.terms import Contact, Filing
from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS, Actor
from ngomon.core.ids import Ref, uuid7
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.models import Holding
from ngomon.identity.queries import actor_of
from ngomon.processes.queries import checks_for

STAGES = ("received", "routed", "handled", *["answered"] * 5, "rejected")
# Seven of nine are public, so that the public list of 100,000 cases has a page 1,500.
WORDS = (
    "Đèn đường trước kiệt 42 tắt 3 đêm rồi",
    "Ổ gà sâu giữa đường, xe máy hay sập",
    "Rác chưa thu gom ba ngày, mùi rất hôi",
    "Cống nghẹt, mưa xuống là ngập cả đoạn",
    "Cây xanh ngã chắn lối đi bộ",
    "Nắp hố ga vỡ, trẻ em dễ té",
    "Loa kéo hát karaoke quá khuya",
    "Vỉa hè bị lấn chiếm buôn bán",
)
BATCH = 2_000
STEP = timedelta(milliseconds=40)


@dataclass(frozen=True)
class Sample:
    """What one case is made of."""

    stage: str
    text: str
    category: str
    lon: float
    lat: float
    at: datetime


class Staff:
    """Those of the small city who move cases on."""

    def __init__(self, at: datetime) -> None:
        held = {row.role: row for row in Holding.objects.order_by("-id")}
        self._actors = {role: actor_of(row.account_id, at) for role, row in held.items()}
        self.agency = held["agency_officer"].agency
        self.officer = held["agency_officer"].account_id

    def __getitem__(self, role: str) -> Actor:
        return self._actors[role]


def make(sample: Sample, staff: Staff) -> str:
    """One case by commands, up to its stage; its number."""
    contact = Contact(email="nguoi-dan@demo.invalid")
    filing = Filing(
        text=sample.text, lon=sample.lon, lat=sample.lat, source="api", external_id=str(uuid7()),
        category=sample.category, contact=contact,
    )  # fmt: skip
    with unit():
        receipt = commands.file_report(filing, actor=ANONYMOUS, at=sample.at)

    def act(role: str, action: str, **said: Any) -> None:
        more = {key: said.pop(key) for key in ("agency", "assignee") if key in said}
        said |= {f"check_{c.key}": "done" for c in checks_for(Ref("case", str(receipt.case_id)), action)}
        with unit():
            commands.act_on_case(
                receipt.case_id, action, fields=said, actor=staff[role], at=sample.at, **more
            )

    if sample.stage == "rejected":
        act("ioc_operator", "reject", reason="Không tìm thấy địa điểm này")
    if sample.stage in ("routed", "handled", "answered"):
        act("ioc_operator", "route", agency=staff.agency, why="Đường kiệt do phường quản lý")
    if sample.stage in ("handled", "answered"):
        act("agency_clerk", "accept")
        act("agency_head", "assign", assignee=staff.officer)
    if sample.stage == "answered":
        stated = "Thay ban đêm nên chưa chụp được ảnh"
        act("agency_officer", "answer", answer="Đã xử lý xong lúc 15 giờ 20.", stated_reason=stated)
        act("agency_head", "approve")
        act("ioc_editor", "publish")
    return receipt.number


def samples(n: int, at: datetime, seed: int = 1) -> list[Sample]:
    """n different cases over the days before."""
    dice = random.Random(seed)
    kinds = [
        c.key for c in directory.categories() if c.group == "timed" and not c.photo_required and c.public_map
    ]
    base = at.replace(microsecond=123_457)
    points: list[tuple[float, float]] = []
    while len(points) < n:
        lon, lat = dice.uniform(107.52, 107.66), dice.uniform(16.40, 16.52)
        if directory.area_at(lon, lat, at.date()):
            points.append((lon, lat))
    return [
        Sample(
            stage=STAGES[i % len(STAGES)],
            text=WORDS[i % len(WORDS)],
            category=kinds[(i * 7) % len(kinds)],
            lon=lon,
            lat=lat,
            at=base - timedelta(days=1 + i % 60, minutes=i),
        )
        for i, (lon, lat) in enumerate(points)
    ]


Made = list[tuple[Sample, Written, str]]


def made_by_commands(n: int, at: datetime) -> Made:
    """Cases of every stage made by commands, each with the rows that were written and its number."""
    staff, made = Staff(at), Made()
    for sample in samples(n, at):
        with watched() as written:
            number = make(sample, staff)
        made.append((sample, written, number))
    return made


def moulds(made: Made) -> list[tuple[Sample, Stamp]]:
    """The moulds of such cases."""
    return [(sample, Stamp(written, number, at=sample.at)) for sample, written, number in made]


def kept(path: Path, n: int, at: datetime) -> Made:
    """Made once per installation: watching what is written reads all tables, which should still be small."""
    if not path.exists():
        path.write_bytes(pickle.dumps(made_by_commands(n, at)))
    found: Made = pickle.loads(path.read_bytes())
    return found


class Loader:
    """Stamps cases and keeps positions, numbers and counts in step. `step`: how far each follows the one before in time."""

    def __init__(
        self, made: Sequence[tuple[Sample, Stamp]], seed: int = 2, *, step: timedelta = STEP
    ) -> None:
        self._moulds, self._step = list(made), step
        self._dice = random.Random(seed)
        self._stamped: Counter[int] = Counter()
        self._position = _one("SELECT COALESCE(MAX(position), 0) FROM core_event")
        self._numbers: dict[str, int] = {}

    def load(self, n: int) -> None:
        """n further cases, in batches; all readers of the log are moved to its end."""
        for start in range(0, n, BATCH):
            self._batch(range(start, min(n, start + BATCH)))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE core_cursor SET position = %s", [self._position])

    def stamp(self, which: int) -> tuple[Change, Iterator[tuple[str, list[Row]]]]:
        """The rows of one further case after the mould of this index."""
        sample, mould = self._moulds[which]
        self._stamped[which] += 1
        lon, lat = self._near(sample)
        change = Change(
            ids=[uuid7() for _ in range(mould.n_ids)],
            number=self._number(mould.number),
            moved=self._step * self._stamped[which],
            lon=lon,
            lat=lat,
            cell=cell_of(lon, lat),
            position=self._position + 1,
        )
        self._position += mould.events
        return change, mould.rows(change)

    def _near(self, sample: Sample) -> tuple[float, float]:
        lon = sample.lon + self._dice.uniform(-0.0005, 0.0005)
        lat = sample.lat + self._dice.uniform(-0.0005, 0.0005)
        day = sample.at.date()
        here, there = directory.area_at(sample.lon, sample.lat, day), directory.area_at(lon, lat, day)
        return (lon, lat) if here == there else (sample.lon, sample.lat)

    def _number(self, like: str) -> str:
        series = like.rsplit("-", 1)[0]
        if series not in self._numbers:
            scope = f"number:{series.rsplit('-', 1)[1]}"
            self._numbers[series] = _one(
                "SELECT COALESCE(MAX(n), 0) FROM cases_tally WHERE scope = %s", [scope]
            )
        self._numbers[series] += 1
        return f"{series}-{self._numbers[series]:04d}"

    def _batch(self, which: Iterable[int]) -> None:
        rows: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
        counts: dict[str, Counter[tuple[Row, int]]] = {table: Counter() for table in COUNTS}
        for i in which:
            mould = i % len(self._moulds)
            stamp = self._moulds[mould][1]
            for table, made in self.stamp(mould)[1]:
                rows.setdefault((table, stamp.columns[table]), []).extend(made)
            for table, moved in stamp.counts.items():
                for key, values in moved.items():
                    for n, value in enumerate(values):
                        counts[table][key, n] += value
        with transaction.atomic():
            for (table, columns), made in sorted(rows.items(), key=lambda item: table_order(item[0][0])):
                write(table, columns, made)
            for table, moved_by in counts.items():
                move(table, moved_by)


_FIRST = ("cases_case", "cases_signal", "processes_instance")


def table_order(table: str) -> tuple[int, str]:
    """Tables that others point at come first."""
    return (_FIRST.index(table) if table in _FIRST else len(_FIRST), table)


def _one(ask: str, values: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(ask, list(values))
        return int(cursor.fetchone()[0])


def write(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Rows by the fastest way each database has."""
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            slots = ", ".join("?" * len(columns))
            connection.connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({slots})', rows)


def move(table: str, moved: Counter[tuple[Row, int]]) -> None:
    keys, values = COUNTS[table]
    by_key: dict[Row, list[int]] = {}
    for (key, n), value in moved.items():
        by_key.setdefault(key, [0] * len(values))[n] += value
    columns = ", ".join(f'"{name}"' for name in (*keys, *values))
    slots = ", ".join(["%s"] * (len(keys) + len(values)))
    changes = ", ".join(f'"{name}" = {table}."{name}" + EXCLUDED."{name}"' for name in values)
    conflict = ", ".join(keys)
    with connection.cursor() as cursor:
        for key, added in sorted(by_key.items()):
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES ({slots}) ON CONFLICT ({conflict}) DO UPDATE SET {changes}",
                [*key, *added],
            )


def main() -> None:
    """Load as many cases as named; how many there are then, and how long it took."""
    began = time.monotonic()
    wanted = int(sys.argv[1])
    loader = Loader(moulds(kept(settings.NGOMON_HOME / "moulds.pickle", 56, clock.now())))
    loader.load(wanted - _one("SELECT COUNT(*) FROM cases_case"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    cases = _one("SELECT COUNT(*) FROM cases_case")
    sys.stdout.write(json.dumps({"cases": cases, "took_s": round(time.monotonic() - began, 1)}) + "\n")


if __name__ == "__main__":
    main()
