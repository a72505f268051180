"""The bare limit: the rows that one request writes (or reads), written (or read) by the raw driver, in one durable transaction
each, with the same settings of the database. Inside an installation:

    python -m bench.bare report N KEY                       reports, each a new case
    python -m bench.bare change N PATH HEADERS BODY         a status change, each of another case
    python -m bench.bare read N PATH HEADERS                what a page reads, and its rows as JSON

SQLite takes one writer at a time, so one thread writes; PostgreSQL gets as many connections as the load has.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

import orjson
import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.base import Database
from django.test import Client

from bench.loading import Loader, Sample, table_order
from bench.requests import report
from bench.rows import COUNTS, Change, Stamp, utc, watched
from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.ids import uuid7
from ngomon.core.models import EventRow
from ngomon.processes.models import Instance

THREADS = 16
Transaction = list[tuple[str, list[Any]]]


def mould(key: str) -> tuple[Sample, Stamp]:
    """What one report over the API writes in a warm process."""
    client = Client(headers={"Authorization": f"Bearer {key}"})
    for n in range(3):
        with watched() as written:
            # Named here: identifiers older than the watch are taken for known ones.
            _, path, _, body = report(key, str(uuid7()), n)
            answer = client.post(path, body, content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
    case = Case.objects.get(number=answer.json()["number"])
    sample = Sample("received", case.text, case.category, case.lon, case.lat, clock.now())
    return sample, Stamp(written, case.number, at=case.opened_at)


def transactions(n: int, made: tuple[Sample, Stamp]) -> list[Transaction]:
    """Statements and values of n reports, one INSERT per table, the counts by one upsert each."""
    loader, found = Loader([made]), []
    slot = _slot()
    for _ in range(n):
        statements: Transaction = []
        rows = dict(loader.stamp(0)[1])
        for table in sorted(rows, key=table_order):
            statements.append(_insert(table, made[1].columns[table], rows[table], slot))
        statements += [_upsert(table, moved, slot) for table, moved in made[1].counts.items() if moved]
        found.append(statements)
    return found


def _insert(
    table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], slot: str
) -> tuple[str, list[Any]]:
    names, one = ", ".join(f'"{c}"' for c in columns), "(" + ", ".join([slot] * len(columns)) + ")"
    sql = f'INSERT INTO "{table}" ({names}) VALUES ' + ", ".join([one] * len(rows))
    return sql, [value for row in rows for value in row]


def _upsert(table: str, moved: dict[Any, Any], slot: str) -> tuple[str, list[Any]]:
    keys, values = COUNTS[table]
    sql, flat = _insert(table, (*keys, *values), [(*key, *moved[key]) for key in sorted(moved)], slot)
    changes = ", ".join(f'"{name}" = {table}."{name}" + EXCLUDED."{name}"' for name in values)
    return f"{sql} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}", flat


def changes(n: int, path: str, headers: str, body: str) -> tuple[list[Transaction], int]:
    """Statements and values of n status changes like the one this request makes, each of another case at the same step; how
    many rows each writes. Rows that the change touched are updated whole, new ones inserted with fresh identifiers.
    """
    number = path.split("/")[4]
    case = Case.objects.get(number=number)
    process = Instance.objects.get(of_key=str(case.id))
    mine, others = (case.id, process.id, process.task), _alike(case, n)
    client = Client(headers=json.loads(headers))
    client.get("/api/v1/cases")
    with watched() as written:
        answer = client.post(path, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    # Every identifier is replaced: the case's and its process's by those of another case, new ones by fresh ones.
    since_ms, written.since_ms = written.since_ms, 0
    case.refresh_from_db()
    stamp = Stamp(written, number, at=utc(case.acknowledged_at))
    first, found = EventRow.objects.count() + 1, []
    for i, (theirs, their_number) in enumerate(others):
        alike = dict(zip(mine, theirs, strict=True))
        ids = [_replaced(one, since_ms, alike) for one in stamp.identifiers]
        at = Change(ids, their_number, timedelta(), case.lon, case.lat, case.cell, first + i * stamp.events)
        statements: Transaction = []
        for table, rows in sorted(stamp.rows(at), key=lambda item: table_order(item[0])):
            statements += _written(table, stamp.columns[table], rows)
        statements += [_upsert(table, moved, _slot()) for table, moved in stamp.counts.items() if moved]
        found.append(statements)
    return found, sum(map(len, written.rows.values())) + sum(map(len, written.counts.values()))


def _alike(case: Case, n: int) -> list[tuple[tuple[UUID, UUID, UUID], str]]:
    """Cases at the same step: the case, its process and its open task, and its number."""
    rows = Case.objects.filter(step=case.step, is_open=True).exclude(id=case.id).order_by("id")
    known = list(rows.values_list("id", "number")[:n])
    found = Instance.objects.filter(of_key__in=[str(id) for id, _ in known])
    processes = {UUID(key): (id, task) for key, id, task in found.values_list("of_key", "id", "task")}
    return [((id, *processes[id]), number) for id, number in known]


def _replaced(one: UUID, since_ms: int, others: dict[UUID, UUID]) -> UUID:
    """An identifier in the rows of another case: its own, a fresh one, or the same where it stands for a person."""
    if one in others:
        return others[one]
    return uuid7() if one.int >> 80 >= since_ms else one


def _slot() -> str:
    return "?" if connection.vendor == "sqlite" else "%s"


def _written(table: str, columns: Sequence[str], rows: list[Any]) -> Transaction:
    slot = _slot()
    if table in ("cases_case", "processes_instance"):
        names = ", ".join(f'"{name}" = {slot}' for name in columns)
        key = columns.index("id")
        return [(f'UPDATE "{table}" SET {names} WHERE "id" = {slot}', [*row, row[key]]) for row in rows]
    if table == "core_search":
        kind, key = columns.index("kind"), columns.index("key")
        gone = f"DELETE FROM core_search WHERE kind = {slot} AND key = {slot}"
        return [*((gone, [row[kind], row[key]]) for row in rows), _insert(table, columns, rows, slot)]
    if table == "core_event":
        version = columns.index("aggregate_version")
        rows = [(*row[:version], row[version] + 1000, *row[version + 1 :]) for row in rows]
    return [_insert(table, columns, rows, slot)]


def write_sqlite(todo: list[Transaction]) -> None:
    """One thread, as SQLite takes it."""
    # The same library as the server's, which may be newer than Python's own.
    database = Database.connect(str(settings.DATABASES["default"]["NAME"]), isolation_level=None, timeout=10)
    database.executescript(settings.DATABASES["default"]["OPTIONS"]["init_command"])
    for statements in todo:
        database.execute("BEGIN IMMEDIATE")
        for sql, values in statements:
            database.execute(sql, values)
        database.execute("COMMIT")
    database.close()


def write_postgres(todo: list[Transaction]) -> None:
    """As many connections as the load has, each its share."""
    known = connection.get_connection_params()
    known = {key: known[key] for key in ("dbname", "user", "password", "host", "port") if known.get(key)}

    def share(mine: list[Transaction]) -> None:
        with psycopg.connect(**known) as database:
            for statements in mine:
                with database.transaction():
                    for sql, values in statements:
                        database.execute(sql, values)

    threads = [threading.Thread(target=share, args=(todo[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def reading(path: str, headers: str) -> Transaction:
    """The statements of one request in a warm process, with their values."""
    seen: Transaction = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql.replace("%s", _slot()), list(params or ())))
        return execute(sql, params, many, context)

    client = Client(headers=json.loads(headers))
    for _ in range(2):
        seen.clear()
        with connection.execute_wrapper(note):
            answer = client.get(path)
        assert answer.status_code == 200, answer.content
    return [(sql, values) for sql, values in seen if sql.lstrip().upper().startswith("SELECT")]


def read(n: int, statements: Transaction) -> int:
    """Ask the statements n times on one connection, the rows made JSON; how many rows one time gives."""
    rows: list[Any] = []
    with connection.cursor() as django_cursor:
        cursor = django_cursor.cursor.connection.cursor()
        for _ in range(n):
            rows = []
            for sql, values in statements:
                cursor.execute(sql, values)
                rows += cursor.fetchall()
            orjson.dumps([[*row] for row in rows], default=str)
    return len(rows)


def main() -> None:
    """Write bare; the rate, CPU milliseconds of this process per transaction, and what was written."""
    what, n, *rest = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
    if what == "report":
        made = mould(rest[0])
        todo = transactions(n, made)
        moved = sum(map(len, made[1].counts.values()))
        rows = sum(len(some) for _, some in Loader([made]).stamp(0)[1]) + moved
    elif what == "read":
        statements = reading(*rest)
        cpu, began = time.process_time(), time.perf_counter()
        rows = read(n, statements)
        seconds, cpu_ms = time.perf_counter() - began, (time.process_time() - cpu) * 1000
        told = {"rate": n / seconds, "cpu_ms": cpu_ms / n, "statements": len(statements), "rows": rows}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    else:
        todo, rows = changes(n, *rest)
    connection.close()
    write = write_sqlite if connection.vendor == "sqlite" else write_postgres
    cpu, began = time.process_time(), time.perf_counter()
    write(todo)
    seconds, cpu_ms = time.perf_counter() - began, (time.process_time() - cpu) * 1000
    told = {"rate": n / seconds, "cpu_ms": cpu_ms / n, "statements": len(todo[0]), "rows": rows}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
