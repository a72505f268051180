"""Durable steps of processes inside an installation: `python -m bench.steps_inside LIVES LOOPS`, what was measured as JSON.

A life is a report's process from its start to the rating, each move a unit of its own by who may make it. Three ways in turn,
round by round, on one connection each: the engine's commands; SpiffWorkflow with its state in a table (read, step, written
back, one durable transaction each); and the very statements that the commands write with, by the raw driver.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.base import Database
from tests.running import ROOT

from bench.installation import database_cpu_ms
from bench.loading import Staff
from ngomon.core import clock, units
from ngomon.core.actors import ANONYMOUS, Actor
from ngomon.core.ids import Ref, uuid7
from ngomon.core.rows import parted, send
from ngomon.core.units import unit
from ngomon.identity.queries import actor_of
from ngomon.processes import commands
from ngomon.processes.terms import Budget
from ngomon.processes.tests import in_spiff

DEFINITION = ROOT / "src/ngomon/services/field_reports/processes/timed.toml"
ROUNDS, SHOWN = 4, 20
SPIFF_LOOPS = 150
"""SpiffWorkflow 3.2 looks for what is ready no deeper than 1,000 tasks: after 198 loops a matter is lost to it."""
Transaction = list[tuple[str, list[Any]]]


@dataclass(frozen=True)
class Turn:
    """One move: who does what, and what comes with it."""

    actor: Actor
    action: str
    said: Mapping[str, Any] = field(default_factory=dict)
    is_reporter: bool = False


def life(at: datetime) -> list[Turn]:
    """A report's usual way after its start."""
    staff = Staff(at)
    return [
        Turn(staff["ioc_operator"], "route", {"agency": staff.agency}),
        Turn(staff["agency_clerk"], "accept"),
        Turn(staff["agency_head"], "assign", {"assignee": staff.officer}),
        Turn(actor_of(staff.officer, at), "answer", {"fields": {"answer": "Đã xử lý xong."}}),
        Turn(staff["agency_head"], "approve"),
        Turn(staff["ioc_editor"], "publish"),
        Turn(ANONYMOUS, "rate", {"fields": {"rating": "satisfied"}}, is_reporter=True),
    ]


def start(at: datetime) -> Ref:
    """A matter of its own, begun."""
    of = Ref("bench", str(uuid7()), "PA-2611-0001", "/cases/PA-2611-0001")
    with unit():
        commands.start("field_reports.timed", of, budget=Budget.days(7), actor=ANONYMOUS, at=at)
    return of


def act(of: Ref, turn: Turn, at: datetime) -> None:
    """One move in its unit."""
    with unit():
        commands.act(
            of, turn.action, actor=turn.actor, at=at, is_reporter=turn.is_reporter, **turn.said
        )  # fmt: skip


# --- the same, as SpiffWorkflow keeps it ------------------------------------------------------------------------------


class Kept:
    """SpiffWorkflow's state in a table of the same database, by the raw driver."""

    def __init__(self, at: datetime) -> None:
        self.raw = tomllib.loads(DEFINITION.read_text(encoding="utf-8"))
        self.spec = in_spiff.spec_of(self.raw)
        self.serializer = in_spiff.serializer()
        self.city = in_spiff.City(lambda _, began: began + timedelta(days=10), at)
        self.now, self.raw_connection = at, opened()
        self._run("CREATE TABLE IF NOT EXISTS bench_spiff (id text PRIMARY KEY, state text NOT NULL)")
        self._commit()

    def start(self) -> str:
        """A matter begun and kept."""
        key = str(uuid7())
        made = in_spiff.InSpiff.begun(self.raw, self.spec, self.city)
        self._begin()
        state = self.serializer.serialize_json(made.workflow)
        self._run("INSERT INTO bench_spiff (id, state) VALUES (?, ?)", key, state)
        self._commit()
        return key

    def act(self, key: str, action: str) -> int:
        """Read it, complete its task, write it back; how long its state is then. Units: bytes."""
        self._begin()
        hold = "" if connection.vendor == "sqlite" else " FOR UPDATE"
        held = self._run(f"SELECT state FROM bench_spiff WHERE id = ?{hold}", key).fetchone()[0]
        made = in_spiff.InSpiff(self.raw, self.serializer.deserialize_json(held), self.city)
        made.act(action, {}, {}, self.now)
        state = self.serializer.serialize_json(made.workflow)
        self._run("UPDATE bench_spiff SET state = ? WHERE id = ?", state, key)
        self._commit()
        return len(state)

    def act_in_memory(self, made: in_spiff.InSpiff, key: str, action: str) -> None:
        """The same where the running matter stays in memory and its state is only written."""
        self._begin()
        made.act(action, {}, {}, self.now)
        self._run(
            "UPDATE bench_spiff SET state = ? WHERE id = ?",
            self.serializer.serialize_json(made.workflow),
            key,
        )
        self._commit()

    def _run(self, sql: str, *values: Any) -> Any:
        told = sql if connection.vendor == "sqlite" else sql.replace("?", "%s")
        return self.raw_connection.execute(told, values)

    def _begin(self) -> None:
        self._run("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")

    def _commit(self) -> None:
        if connection.vendor != "sqlite" or self.raw_connection.in_transaction:
            self._run("COMMIT")


# --- the same, bare ---------------------------------------------------------------------------------------------------


def opened() -> Any:
    """A connection of the raw driver with the same settings."""
    if connection.vendor == "sqlite":
        # The same library as the server's, which may be newer than Python's own.
        made = Database.connect(str(settings.DATABASES["default"]["NAME"]), isolation_level=None, timeout=10)
        made.executescript(settings.DATABASES["default"]["OPTIONS"]["init_command"])
        return made
    known = connection.get_connection_params()
    known = {key: known[key] for key in ("dbname", "user", "password", "host", "port") if known.get(key)}
    return psycopg.connect(**known, autocommit=True)


class _Undone(Exception):
    """Takes a unit back after all was written."""


def recorded(do: Callable[[], Any]) -> Transaction:
    """The statements that a unit writes with, as the database was told them; the unit itself is taken back."""
    seen: Transaction = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        given = iter(params or ())
        for one in parted(sql):
            if one.startswith(("INSERT", "UPDATE", "DELETE")):
                seen.append((one, list(islice(given, one.count("%s")))))
        return execute(sql, params, many, context)

    def send_and_undo(statements: Any) -> None:
        send(statements)
        raise _Undone

    units.send = send_and_undo
    try:
        with connection.execute_wrapper(note):
            do()
    except _Undone:
        pass
    finally:
        units.send = send
    return seen


def bare(raw: Any, todo: Sequence[Transaction]) -> None:
    """Write them, one durable transaction each."""
    begin = "BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN"
    for statements in todo:
        raw.execute(begin)
        for sql, values in statements:
            raw.execute(sql, values)
        raw.execute("COMMIT")


def _placed(todo: list[Transaction], first: int) -> list[Transaction]:
    """As SQLite takes them: its own slots, and the log's positions one after the other."""
    if connection.vendor != "sqlite":
        return todo
    for statements in todo:
        for n, (sql, values) in enumerate(statements):
            if sql.startswith('INSERT INTO "core_event"'):
                for at in range(1, len(values), 12):
                    values[at] = first
                    first += 1
            statements[n] = (sql.replace("%s", "?"), values)
    return todo


# --- measuring --------------------------------------------------------------------------------------------------------


@dataclass
class Spent:
    """What some steps took: this process's CPU, the database's own, and the time."""

    n: int = 0
    cpu_ms: float = 0.0
    database_ms: float = 0.0
    seconds: float = 0.0

    def add(self, other: Spent) -> None:
        """And what others took."""
        self.n, self.cpu_ms = self.n + other.n, self.cpu_ms + other.cpu_ms
        self.database_ms, self.seconds = self.database_ms + other.database_ms, self.seconds + other.seconds

    def told(self) -> dict[str, float]:
        """Per step."""
        return {
            "cpu_ms": self.cpu_ms / self.n,
            "database_ms": self.database_ms / self.n,
            "rate": self.n / self.seconds,
        }


def _database_ms() -> float:
    if connection.vendor == "sqlite":
        return 0.0
    return database_cpu_ms(str(connection.settings_dict["NAME"]))


def spend(spent: Spent, n: int, do: Callable[[], Any]) -> None:
    """Do n steps and add what they took."""
    database, cpu, began = _database_ms(), time.process_time(), time.perf_counter()
    do()
    spent.seconds += time.perf_counter() - began
    spent.cpu_ms += (time.process_time() - cpu) * 1000
    spent.database_ms += _database_ms() - database
    spent.n += n


class Ways:
    """The three ways side by side, each over whole lives."""

    def __init__(self, at: datetime) -> None:
        self.at, self.turns, self.kept, self.raw = at, life(at), Kept(at), opened()
        self.spiff_bytes = 0
        self.forget()

    def forget(self) -> None:
        """Count from here: what went before only warmed."""
        self.start, self.spiff, self.memory, self.plain = Spent(), Spent(), Spent(), Spent()
        self.by_action = {turn.action: Spent() for turn in self.turns}

    def ours(self, lives: int) -> None:
        """By the engine's commands."""
        begun: list[Ref] = []
        spend(self.start, lives, lambda: begun.extend(start(self.at) for _ in range(lives)))
        for turn in self.turns:
            spent = self.by_action[turn.action]
            spend(spent, lives, lambda t=turn: [act(of, t, self.at) for of in begun])

    def in_spiff(self, lives: int) -> None:
        """By SpiffWorkflow: read at each step, and kept in memory and only written."""
        keys, kept = [self.kept.start() for _ in range(lives)], self.kept
        n, sizes = lives * len(self.turns), []
        spend(self.spiff, n, lambda: sizes.extend(kept.act(k, t.action) for t in self.turns for k in keys))
        self.spiff_bytes = sizes[-1]
        held = [(in_spiff.InSpiff.begun(kept.raw, kept.spec, kept.city), key) for key in keys]
        ways = [(made, key, turn.action) for turn in self.turns for made, key in held]
        spend(self.memory, n, lambda: [kept.act_in_memory(*way) for way in ways])

    def bare(self, lives: int) -> None:
        """The same rows by plain SQL."""
        begun = [start(self.at) for _ in range(lives)]
        for turn in self.turns:
            with connection.cursor() as cursor:
                cursor.execute("SELECT COALESCE(MAX(position), 0) + 1 FROM core_event")
                first = cursor.fetchone()[0]
            todo = [recorded(lambda o=of, t=turn: act(o, t, self.at)) for of in begun]
            todo = _placed(todo, first)
            spend(self.plain, lives, lambda some=todo: bare(self.raw, some))

    def told(self) -> dict[str, Any]:
        """All of it, per step."""
        ours = Spent()
        for spent in self.by_action.values():
            ours.add(spent)
        told = {
            "ours": ours,
            "spiff": self.spiff,
            "memory": self.memory,
            "bare": self.plain,
            "start": self.start,
        }
        by_action = {action: spent.told() for action, spent in self.by_action.items()}
        more = {"by_action": by_action, "spiff_bytes": self.spiff_bytes}
        return {name: spent.told() for name, spent in told.items()} | more


def rounds(lives: int, at: datetime) -> dict[str, Any]:
    """Whole lives, the three ways in turn; the first round only warms."""
    ways = Ways(at)
    for n in range(ROUNDS + 1):
        ways.ours(lives)
        ways.in_spiff(lives // 4)
        ways.bare(lives)
        if n == 0:
            ways.forget()
    return ways.told()


def loops(n: int, at: datetime) -> dict[str, Any]:
    """A matter answered and sent back n times: what a step takes in the first loops and in the last, for both engines."""
    turns = {turn.action: turn for turn in life(at)}
    turns["return"] = Turn(turns["approve"].actor, "return", {"fields": {"reason": "Chưa rõ"}})
    several = [start(at) for _ in range(10)]
    for of in several:
        for action in ("route", "accept", "assign"):
            act(of, turns[action], at)
    ours, theirs = [Spent() for _ in range(n)], [Spent() for _ in range(min(n, SPIFF_LOOPS))]
    kept = Kept(at)
    key = kept.start()
    for action in ("route", "accept", "assign"):
        kept.act(key, action)
    size: list[int] = []
    for i in range(n):
        for action in ("answer", "return"):
            spend(ours[i], len(several), lambda a=action: [act(of, turns[a], at) for of in several])
    for spent in theirs:
        for action in ("answer", "return"):
            spend(spent, 1, lambda a=action: size.append(kept.act(key, a)))
    return {"ours": _ends(ours), "spiff": _ends(theirs), "spiff_bytes": size[-1], "spiff_loops": len(theirs)}


def _ends(spent: Sequence[Spent]) -> tuple[float, float]:
    """CPU-ms per step, the database's included, in the first loops after warming and in the last."""
    warm = spent[5 : 5 + SHOWN], spent[-SHOWN:]
    first, last = (sum(s.cpu_ms + s.database_ms for s in some) / sum(s.n for s in some) for some in warm)
    return first, last


# --- sizes ------------------------------------------------------------------------------------------------------------

TABLES = {
    "process": ("processes_instance", "processes_task", "processes_ledger"),
    "log": ("core_event", "core_audit"),
}


def _sizes() -> dict[str, int]:
    """Bytes of tables with their indexes, packed."""
    size = _size_in_sqlite if connection.vendor == "sqlite" else _size_in_postgres
    return {name: sum(map(size, tables)) for name, tables in TABLES.items()}


def _size_in_sqlite(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    # Python's own library can tell sizes; the server's may be newer and built without.
    database = sqlite3.connect(str(settings.DATABASES["default"]["NAME"]))
    asked = "SELECT SUM(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = ?)"
    found = database.execute(asked, [table]).fetchone()[0]
    database.close()
    return int(found or 0)


def _size_in_postgres(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM FULL {table}")
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])


def sizes(n: int, at: datetime) -> dict[str, dict[str, float]]:
    """Bytes per matter of the process's own tables and of the log: for n that run, at their officer's, and n that ended."""
    turns, before = life(at), _sizes()
    begun = [start(at) for _ in range(n)]
    for turn in turns[:3]:
        for of in begun:
            act(of, turn, at)
    running = _sizes()
    for turn in turns[3:]:
        for of in begun:
            act(of, turn, at)
    ended = _sizes()
    names = TABLES
    return {
        "running": {name: (running[name] - before[name]) / n for name in names},
        "ended": {name: (ended[name] - before[name]) / n for name in names},
    }


def main() -> None:
    """Measure and tell."""
    lives, n_loops = int(sys.argv[1]), int(sys.argv[2])
    at = clock.now()
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.extend(parted(sql))
        return execute(sql, params, many, context)

    found = rounds(lives, at)
    of, turn = start(at), life(at)[0]
    with connection.execute_wrapper(note):
        act(of, turn, at)
    found["statements"] = len(
        [sql for sql in seen if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    )
    found["loops"] = loops(n_loops, at)
    found["sizes"] = sizes(lives * 2, at)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
