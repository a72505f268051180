"""Overdue cases inside an installation, each ask in a process of its own: `python -m tests.faults.escalation_inside ASK …`.

load N     so many cases due at one moment, as badly arranged as can be (`bench.overdue`); who has to hear of them
wind AT    the city's clock goes to this instant
check FILE  what became of them, against what `load` told (the file)
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from bench.overdue import load

from ngomon.core import clock
from ngomon.core.models import AuditRow, EventRow, Parked
from ngomon.identity.models import Holding
from ngomon.messages.models import Message, Sending
from ngomon.messages.terms import message_id
from ngomon.processes.models import Instance
from tests.faults.inside import _log, _readers, _standings, _tallies

MOMENT = ("processes.task_overdue", "processes.escalated")


def wind(at: str) -> float:
    """The clock goes there; by how many seconds."""
    by = datetime.fromisoformat(at) - clock.now()
    clock.wind(by)
    return by.total_seconds()


def check(told: dict[str, Any]) -> dict[str, Any]:
    """Findings by name (each must be empty), and counts. Times are seconds of the city's clock after the due time."""
    due = datetime.fromisoformat(told["due"])
    overdue = {i.pk: i for i in Instance.objects.filter(of_kind="case", task_due_at__lte=due)}
    rows = EventRow.objects.filter(kind__in=MOMENT).values_list("id", "kind", "aggregate_id", "at", "body")
    events = [(key, kind, UUID(of), at, json.loads(body)) for key, kind, of, at, body in rows.iterator()]
    up = Counter(of for _, kind, of, _, body in events if kind.endswith("escalated"))
    late = Counter((of, body["is_whole"]) for _, kind, of, _, body in events if kind.endswith("overdue"))
    after = sorted((at - due).total_seconds() for _, kind, _, at, _ in events if kind.endswith("escalated"))
    return {
        "counts": {
            "overdue": len(overdue),
            "escalations": up.total(),
            "events": len(events),
            "messages": Message.objects.filter(template__in=WORDS).count(),
        },
        "after_s": {"first": after[0], "half": after[len(after) // 2], "last": after[-1]} if after else {},
        "findings": {
            "never escalated": [str(key) for key in overdue if not up[key]],
            "escalated twice": [str(key) for key, n in up.items() if n > 1],
            "overdue told twice": [f"{key}" for key, n in late.items() if n > 1],
            "escalated before their time": [str(key) for key in up if key not in overdue],
            "told to somebody else": _elsewhere(events, overdue, told),
            "messages": _messages(events, overdue, told),
            "timers that failed": list(
                AuditRow.objects.filter(action="processes.timer_failed").values_list("ref_key", flat=True)
            ),
            "timers left": [str(i.pk) for i in overdue.values() if i.wake_at is None or i.wake_at <= due],
            "parked": list(Parked.objects.values_list("reaction", "error")),
            "log": _log(),
            "readers of the log": [said for said in _readers() if not said.startswith("core.seal ")],
            "counts of cases": _tallies(),
            "counts of processes": _standings(),
        },
    }


WORDS = ("processes.message.overdue", "processes.message.overdue_whole", "processes.message.escalated")
Events = list[tuple[UUID, str, UUID, datetime, dict[str, Any]]]


def _elsewhere(events: Events, overdue: dict[UUID, Instance], told: dict[str, Any]) -> list[str]:
    """Each escalation went to the role and agency that has to hear."""
    wrong = []
    for _, kind, of, _, body in events:
        if kind.endswith("escalated") and of in overdue:
            case = overdue[of]
            wanted = told["above"][f"{case.agency}:{case.step}"]
            if [body["to_role"], body["agency"]] != wanted:
                wrong.append(f"{case.agency}:{case.step} went to {body['to_role']} {body['agency']}")
    return wrong


def _receivers(told: dict[str, Any]) -> dict[tuple[str, str], set[UUID]]:
    """By role and agency who hears: the holders of the post, the substitute in place of who is away; read plainly."""
    held: dict[tuple[str, str], set[UUID]] = {}
    for row in Holding.objects.filter(valid_to__isnull=True, account__locked_at__isnull=True):
        held.setdefault((row.role, row.agency), set()).add(row.account_id)
    agency, substitute = told["stood_in"]
    held["agency_head", agency] = {UUID(substitute)}
    return held


def _messages(events: Events, overdue: dict[UUID, Instance], told: dict[str, Any]) -> list[str]:
    """Exactly the messages of these events are there, by their stable ids, each with its sending where a letter goes."""
    held, wanted = _receivers(told), set()
    for key, kind, _, _, body in events:
        if kind.endswith("escalated"):
            template, hearers = WORDS[2], held.get((body["to_role"], body["agency"]), set())
        else:
            template = WORDS[1] if body["is_whole"] else WORDS[0]
            roles = body["role"].split("+")
            hearers = set().union(*(held.get((role, body["agency"]), set()) for role in roles))
            if body["assignee"] == told["left"]:
                hearers = held["agency_head", body["agency"]]
            elif body["assignee"]:
                hearers = {UUID(body["assignee"])}
        wanted |= {message_id(key, hearer, template) for hearer in hearers}
    found = list(Message.objects.filter(template__in=WORDS).values_list("id", flat=True))
    sendings = Counter(Sending.objects.filter(message__template__in=WORDS).values_list("message", flat=True))
    return [
        *(f"missing {key}" for key in wanted - set(found)),
        *(f"too many {key}" for key in set(found) - wanted),
        *(f"sent {n} times {key}" for key, n in sendings.items() if n > 1),
    ]


def main() -> None:
    ask, *rest = sys.argv[1:]
    if ask == "load":
        answer: Any = load(int(rest[0]))
    elif ask == "wind":
        answer = wind(rest[0])
    else:
        answer = check(json.loads(Path(rest[0]).read_text(encoding="utf-8")))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
