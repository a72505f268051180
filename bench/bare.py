"""The bare limit of an intake: the rows that one report writes, written by the raw driver in one durable transaction each,
with the same settings of the database: `python -m bench.bare N KEY` inside an installation.

SQLite takes one writer at a time, so one thread writes; PostgreSQL gets as many connections as the load has.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client

from bench.loading import Loader, Sample, table_order
from bench.requests import report
from bench.rows import COUNTS, Stamp, watched
from ngomon.cases.models import Case
from ngomon.core import clock
from ngomon.core.ids import uuid7

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
    slot = "?" if connection.vendor == "sqlite" else "%s"
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


def write_sqlite(todo: list[Transaction]) -> None:
    """One thread, as SQLite takes it."""
    database = sqlite3.connect(str(settings.DATABASES["default"]["NAME"]), isolation_level=None, timeout=10)
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


def main() -> None:
    """Write n reports bare; the rate, CPU milliseconds of this process per report, and what was written."""
    n, key = int(sys.argv[1]), sys.argv[2]
    made = mould(key)
    todo = transactions(n, made)
    connection.close()
    write = write_sqlite if connection.vendor == "sqlite" else write_postgres
    cpu, began = time.process_time(), time.perf_counter()
    write(todo)
    seconds, cpu_ms = time.perf_counter() - began, (time.process_time() - cpu) * 1000
    moved = sum(map(len, made[1].counts.values()))
    rows = sum(len(some) for _, some in Loader([made]).stamp(0)[1]) + moved
    sys.stdout.write(
        json.dumps({"rate": n / seconds, "cpu_ms": cpu_ms / n, "statements": len(todo[0]), "rows": rows})
        + "\n"
    )


if __name__ == "__main__":
    main()
