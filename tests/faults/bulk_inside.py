"""A bulk inside an installation, each ask in a process of its own: `python -m tests.faults.bulk_inside ASK …`.

file N                   file N reports; their ids
begin N ACCOUNT AGENCY   file N reports, choose them all, preview and start routing them; the bulk's id
undo BULK ACCOUNT        take it back
state BULK               how far it is, and what is wrong with its rows, the log and the counts
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from ngomon.cases.commands import choose, file_report, preview, start, undo_bulk
from ngomon.cases.models import Bulk, BulkRow
from ngomon.cases.terms import Filing
from ngomon.core import clock
from ngomon.core.actors import ANONYMOUS
from ngomon.core.models import EventRow
from ngomon.core.units import unit
from ngomon.identity.queries import actor_of
from tests.city import CORNER
from tests.faults.inside import _log, _standings, _tallies


def file(n: int) -> list[str]:
    """N cases."""
    made = []
    for i in range(n):
        with unit():
            filing = Filing(f"Đèn đường thứ {i} tắt", *CORNER, source="api", external_id=f"bulk-{i}")
            made.append(str(file_report(filing, actor=ANONYMOUS, at=clock.now()).case_id))
    return made


def begin(n: int, account: str, agency: str) -> str:
    """N cases, and a bulk that routes them, started."""
    officer = actor_of(UUID(account), clock.now())
    made = [UUID(key) for key in file(n)]
    with unit():
        bulk = choose(made, actor=officer, at=clock.now())
    with unit():
        preview(bulk, "route", {"agency": agency}, actor=officer, at=clock.now())
    with unit():
        start(bulk, actor=officer, at=clock.now())
    return str(bulk)


def undo(bulk: str, account: str) -> str:
    """Take it back."""
    with unit():
        undo_bulk(UUID(bulk), actor=actor_of(UUID(account), clock.now()), at=clock.now())
    return bulk


def state(bulk: str) -> dict[str, Any]:
    """How it stands; `events`: how often each case was routed and taken back."""
    found = Bulk.objects.get(pk=UUID(bulk))
    results = Counter(BulkRow.objects.filter(bulk=found).values_list("result", flat=True))
    times: dict[str, Counter[str]] = {}
    for key, body in EventRow.objects.filter(kind="cases.moved").values_list("aggregate_id", "body"):
        times.setdefault(json.loads(body)["action"], Counter())[key] += 1
    events = {action: sorted(set(counted.values())) for action, counted in times.items()}
    cases = {action: len(counted) for action, counted in times.items()}
    return {
        "state": found.state, "done": found.done, "undone": found.undone, "results": dict(results),
        "events": events, "cases": cases, "wrong": [*_log(), *_tallies(), *_standings()],
    }  # fmt: skip


def main() -> None:
    ask, *rest = sys.argv[1:]
    asks: dict[str, Any] = {
        "file": lambda n: file(int(n)),
        "begin": lambda n, *r: begin(int(n), *r),
        "undo": undo,
        "state": state,
    }
    sys.stdout.write(json.dumps(asks[ask](*rest)) + "\n")


if __name__ == "__main__":
    main()
