"""What is asked of an installation from inside, each in a process of its own: `python -m tests.faults.inside ASK`.

budgets   names of all rate limits
key       a fresh API key for filing reports
check     what is in the database, against the list of acknowledged reports in the file named next
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from django.db import connection
from django.db.models import Count, Max, Min

from ngomon.cases.commands.steps import scopes
from ngomon.cases.models import Case, Reporter, Signal, Tally
from ngomon.core import clock
from ngomon.core.engine import engine
from ngomon.core.limits import budgets
from ngomon.core.models import AuditRow, Cursor, Delivery, EventRow, Parked
from ngomon.core.units import unit
from ngomon.identity.commands import make_client
from ngomon.identity.models import Holding
from ngomon.identity.queries import actor_of
from ngomon.messages.models import Call
from ngomon.processes.models import Alarm, AlarmCall, Instance
from ngomon.processes.models import Counter as Standing


def names_of_budgets() -> list[str]:
    import_module("ngomon.urls")
    return sorted(budgets)


def make_key(scopes: list[str]) -> str:
    """A client's key, made by the administrator of the small city."""
    admin = Holding.objects.filter(role="admin").first()
    assert admin is not None, "the small city has an administrator"
    at = clock.now()
    with unit():
        return make_client("replay", scopes, actor=actor_of(admin.account_id, at), at=at)[1]


def _alarms() -> dict[str, list[str]]:
    """Every urgent case has its alarm, each alarm called somebody, and nobody twice in one round."""
    urgent = set(Case.objects.filter(group="instant").values_list("pk", flat=True))
    raised = {UUID(key) for key in Alarm.objects.filter(of_kind="case").values_list("of_key", flat=True)}
    calls = Counter(AlarmCall.objects.values_list("alarm", "round", "account"))
    silent = Alarm.objects.filter(state="calling").exclude(pk__in={alarm for alarm, _, _ in calls})
    return {
        "urgent without alarm": [str(key) for key in urgent - raised],
        "alarms that called nobody": [str(key) for key in silent.values_list("pk", flat=True)],
        "called twice in one round": [str(call) for call, n in calls.items() if n > 1],
        "alarms without a call in messages": [
            str(key)
            for key in set(AlarmCall.objects.values_list("pk", flat=True))
            - set(Call.objects.values_list("pk", flat=True))
        ],
    }


def check(acknowledged: dict[str, str]) -> dict[str, Any]:
    """Findings by name (each must be empty), counts, and the deliveries of every acknowledged report."""
    rows = Signal.objects.filter(source="api").values_list("external_id", "case__number")
    # The door keeps callers' ids apart by putting who called in front.
    signals = {external_id.rpartition("/")[2]: number for external_id, number in rows}
    deliveries = _deliveries()
    return {
        "counts": {
            "cases": Case.objects.count(),
            "signals": len(rows),
            "events": EventRow.objects.count(),
            "alarms": Alarm.objects.count(),
            "calls": AlarmCall.objects.count(),
        },
        "findings": {
            "acknowledged and lost": sorted(set(acknowledged) - set(signals)),
            "taken twice": [x for x, n in Counter(x.rpartition("/")[2] for x, _ in rows).items() if n > 1],
            "under another number": [x for x, n in acknowledged.items() if signals.get(x, n) != n],
            "reports without case of their own": _doubled(),
            **_alarms(),
            "log": _log(),
            "readers of the log": _readers(),
            "counts of cases": _tallies(),
            "counts of processes": _standings(),
            "rows of a report": _parts(),
        },
        "deliveries": {x: deliveries.get(n, []) for x, n in acknowledged.items()},
    }


def _deliveries() -> dict[str, list[tuple[str, str, str]]]:
    """By case number: id, state and purpose of each message."""
    numbers = {str(key): number for key, number in Case.objects.values_list("id", "number")}
    found: dict[str, list[tuple[str, str, str]]] = {}
    for id, ref, state, purpose in Delivery.objects.filter(ref_kind="case").values_list(
        "id", "ref_key", "state", "purpose"
    ):
        found.setdefault(numbers[ref], []).append((str(id), state, purpose))
    return found


def _doubled() -> list[str]:
    """Each report of a replay opens a case of its own, so there are as many cases as reports."""
    per_case = Signal.objects.values("case").annotate(n=Count("id")).filter(n__gt=1)
    wrong = [f"case {row['case']} has {row['n']} reports" for row in per_case]
    without = Case.objects.exclude(id__in=Signal.objects.values("case"))
    return wrong + [f"case {case.number} has no report" for case in without]


def _log() -> list[str]:
    """Positions are dense from 1; each aggregate's versions are too, and its row knows the last one."""
    wrong = []
    # On PostgreSQL a killed worker leaves committed events that wait for their position: the next sequencer gives it.
    until = time.monotonic() + 20
    while EventRow.objects.filter(position=None).exists() and time.monotonic() < until:
        engine().sequence()
    found = EventRow.objects.aggregate(first=Min("position"), last=Max("position"), n=Count("position"))
    rows = EventRow.objects.count()
    if (found["first"], found["last"], found["n"]) != (1, rows, rows):
        wrong.append(f"positions {found} of {rows} events")
    by = EventRow.objects.values_list("aggregate_kind", "aggregate_id")
    told = by.annotate(first=Min("aggregate_version"), last=Max("aggregate_version"), n=Count("seq"))
    last = {}
    for kind, key, first, top, n in told:
        last[kind, key] = top
        if first != 1 or top != n:
            wrong.append(f"versions of {kind} {key}: {first}..{top}, {n} events")
    for kind, model in (("case", Case), ("process", Instance)):
        for key, version in model.objects.values_list("id", "version"):
            if last.get((kind, str(key))) != version:
                wrong.append(f"{kind} {key} is at {version}, its log at {last.get((kind, str(key)))}")
    return wrong


def _readers() -> list[str]:
    top = EventRow.objects.aggregate(top=Max("position"))["top"]
    behind = Cursor.objects.exclude(position=top).values_list("name", "position")
    parked = Parked.objects.values_list("reaction", "position", "error")
    return [f"{name} stands at {at} of {top}" for name, at in behind] + [f"parked: {row}" for row in parked]


def _tallies() -> list[str]:
    """The kept counts equal a recount; numbers run from 1 without a gap."""
    counted: Counter[str] = Counter()
    numbers: dict[str, list[int]] = {}
    for case in Case.objects.all():
        counted.update(scopes(case))
        _, month, n = case.number.rsplit("-", 2)
        numbers.setdefault(f"number:{month}", []).append(int(n))
    kept = {row.scope: row.n for row in Tally.objects.all() if row.n}
    given = {scope: n for scope, n in kept.items() if scope.startswith("number:")}
    wrong = [
        f"{scope}: kept {kept.get(scope, 0)}, counted {counted.get(scope, 0)}"
        for scope in sorted((set(kept) - set(given)) | set(counted))
        if kept.get(scope, 0) != counted.get(scope, 0)
    ]
    for scope, found in numbers.items():
        if sorted(found) != list(range(1, given.get(scope, 0) + 1)):
            wrong.append(f"{scope}: {len(found)} numbers given, the counter stands at {given.get(scope)}")
    return wrong


def _standings() -> list[str]:
    """The counters of processes equal a recount."""
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for row in Instance.objects.filter(ended_at__isnull=True):
        counted[row.agency, row.definition, row.step, "open"] += 1
        counted[row.agency, row.definition, row.step, "late"] += row.is_late
    kept: Counter[tuple[str, str, str, str]] = Counter()
    for row in Standing.objects.all():
        kept[row.agency, row.definition, row.step, "open"] += row.open
        kept[row.agency, row.definition, row.step, "late"] += row.late
    return [] if +kept == +counted else [f"kept {+kept}, counted {+counted}"]


def _parts() -> list[str]:
    """Each report wrote all of its parts: reporter, running process, audit, and the words to find it by."""
    n = Signal.objects.filter(source="api").count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM core_search WHERE kind = 'case'")
        found = cursor.fetchone()[0]
    parts = {
        "reporters": Reporter.objects.count(),
        "processes": Instance.objects.filter(of_kind="case").count(),
        "audits": AuditRow.objects.filter(action="cases.file_report").count(),
        "entries of the search index": found,
    }
    return [f"{many} {name} of {n} reports" for name, many in parts.items() if many != n]


def main() -> None:
    ask, *rest = sys.argv[1:]
    if ask == "budgets":
        answer: Any = names_of_budgets()
    elif ask == "key":
        answer = make_key(rest)
    else:
        answer = check(json.loads(Path(rest[0]).read_text(encoding="utf-8")))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
