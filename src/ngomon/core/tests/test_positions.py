"""The proof of the log's positions: many writers, commits and rollbacks, several sequencers, a reader going by position.

On both databases: threads here, and processes of their own. No event is skipped, none is seen before an earlier one of
its aggregate, positions are dense. The writers share a few aggregates, so that they wait for each other.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, models

from ngomon.core import actors, clock
from ngomon.core.engine import engine
from ngomon.core.events import Aggregate, emit, read_log
from ngomon.core.models import EventRow
from ngomon.core.terms import Event, Recorded, event
from ngomon.core.units import unit

pytestmark = pytest.mark.django_db(transaction=True)
THINGS = [uuid.UUID(int=n + 1) for n in range(6)]


@event("test.position_moved")
class PositionMoved(Event):
    writer: str


class Counted(Aggregate):
    aggregate_kind = "counted"
    id = models.UUIDField(primary_key=True)

    class Meta:
        app_label = "core"
        managed = False
        db_table = "test_counted"


@pytest.fixture(autouse=True)
def table():
    kind = "uuid" if connection.vendor == "postgresql" else "char(32)"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE test_counted (id {kind} PRIMARY KEY, version integer NOT NULL)")
    Counted.objects.bulk_create([Counted(id=id) for id in THINGS])
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_counted")


class Changed(Exception):
    """A writer thinks better of it: its unit is rolled back."""


def write(chance: random.Random, units: int, things: list[uuid.UUID]) -> int:
    """Random units; how many events were committed."""
    committed = 0
    for _ in range(units):
        # Locked in one order, as commands do, or two writers could wait for each other for ever.
        wanted = sorted(chance.sample(things, chance.randint(1, 3)))
        emitted = 0
        try:
            with unit():
                for id in wanted:
                    counted = Counted.objects.select_for_update().get(id=id)
                    for _ in range(chance.randint(1, 3)):
                        emit(counted, PositionMoved(str(os.getpid())), actor=actors.ANONYMOUS, at=clock.now())
                        emitted += 1
                    counted.save(update_fields=["version"])
                    if chance.random() < 0.3:
                        time.sleep(chance.random() * 0.01)
                if chance.random() < 0.25:
                    raise Changed
        except Changed:
            continue
        committed += emitted
    return committed


class Watching:
    """Sequencers and a reader by position, until told to stop."""

    def __init__(self, sequencers: int = 2) -> None:
        self._stop = threading.Event()
        self.seen: list[Recorded] = []
        self.errors: list[BaseException] = []
        self._threads = [self._thread(engine().sequence) for _ in range(sequencers)]
        self._threads.append(self._thread(self._read))

    def _thread(self, step: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                while not self._stop.is_set():
                    step()
                    time.sleep(0.002)
            except BaseException as error:
                self.errors.append(error)
            finally:
                connection.close()

        made = threading.Thread(target=run)
        made.start()
        return made

    def _read(self) -> None:
        after = self.seen[-1].position if self.seen else 0
        self.seen += read_log(after, limit=17)

    def finish(self) -> None:
        """Stop, number what is left, and read to the end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        while engine().sequence():
            pass
        before = -1
        while len(self.seen) != before:
            before = len(self.seen)
            self._read()


def check(watching: Watching, committed: int) -> None:
    assert not watching.errors
    positions = [recorded.position for recorded in watching.seen]
    assert positions == list(range(1, committed + 1)), "dense, nothing skipped, never backwards"
    assert len({recorded.id for recorded in watching.seen}) == committed
    assert EventRow.objects.count() == committed
    for id in THINGS:
        versions = [r.version for r in watching.seen if r.aggregate_id == str(id)]
        assert versions == list(range(1, len(versions) + 1)), "each thing's events in order"
        assert Counted.objects.get(id=id).version == len(versions)


@pytest.mark.parametrize("seed", [1, 2])
def test_many_threads_write_and_a_reader_misses_nothing(seed):
    committed: list[int] = []
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            committed.append(write(random.Random(seed * 100 + n), 12, THINGS))
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    watching = Watching()
    writers = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    watching.finish()
    assert not failed
    assert sum(committed) > 100
    check(watching, sum(committed))


def test_several_processes_write_and_a_reader_misses_nothing():
    name = str(connection.settings_dict["NAME"])
    script = Path(__file__).with_name("writing.py")
    root = Path(__file__).resolve().parents[4]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    watching = Watching()
    writers = [
        subprocess.Popen([sys.executable, str(script), name, str(n), "25"], env=environment) for n in range(4)
    ]
    codes = [writer.wait(120) for writer in writers]
    watching.finish()
    assert codes == [0] * 4
    counted = EventRow.objects.count()
    assert counted > 100
    check(watching, counted)


@pytest.mark.postgres
def test_an_open_unit_holds_back_no_other_event_and_gets_its_place_later():
    """PostgreSQL alone: what was written first and committed last comes behind, and no place is kept free for it."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: on SQLite units do not overlap")
    is_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with unit():
            counted = Counted.objects.select_for_update().get(id=THINGS[0])
            EventRow.objects.create(
                kind="test.position_moved",
                aggregate_kind="counted",
                aggregate_id=str(counted.id),
                aggregate_version=1,
                at=clock.now(),
                actor_id="x",
                body='{"writer":"slow"}',
            )
            is_written.set()
            may_commit.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    is_written.wait(10)
    write(random.Random(1), 5, THINGS[1:])
    engine().sequence()
    early = read_log(0, limit=1000)
    assert early
    assert all(recorded.aggregate_id != str(THINGS[0]) for recorded in early)
    may_commit.set()
    thread.join()
    engine().sequence()
    late = read_log(early[-1].position)
    assert [(r.position, r.aggregate_id) for r in late] == [(early[-1].position + 1, str(THINGS[0]))]
