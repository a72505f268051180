"""Overdue cases inside an installation under measurement: `python -m bench.escalation_inside N` loads, winds the clock, works."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from bench.overdue import load
from ngomon.core import clock
from ngomon.core.engine import engine
from ngomon.core.models import EventRow
from ngomon.core.react import reactions
from ngomon.core.worker import run_reactions
from ngomon.messages.models import Message
from ngomon.processes.models import Instance
from ngomon.processes.reactions import wake_what_is_due

TOLD = ("processes.message.overdue", "processes.message.overdue_whole", "processes.message.escalated")
ESCALATED = "processes.when_escalated_tell_the_one_above"
OVERDUE = "processes.when_task_overdue_tell_holder"


def _timed(step: Callable[[], int], n: int) -> dict[str, float]:
    """Until nothing is left: CPU per case of this process, how long, and the longest turn."""
    longest, cpu, began = 0.0, time.process_time(), time.perf_counter()
    while True:
        at = time.perf_counter()
        if not step():
            break
        longest = max(longest, time.perf_counter() - at)
    return {
        "cpu_ms": (time.process_time() - cpu) * 1000 / n,
        "took_s": time.perf_counter() - began,
        "longest_ms": longest * 1000,
    }


def run(n: int) -> dict[str, Any]:
    """So many come, their moment comes, and one worker decides and tells."""
    told = load(n)
    due = datetime.fromisoformat(told["due"])
    clock.wind(due - clock.now() + timedelta(seconds=1))
    events = EventRow.objects.count()
    decided: dict[str, Any] = _timed(wake_what_is_due, n)
    decided["rows"] = EventRow.objects.count() - events
    while engine().sequence():
        pass
    # What others do with these events is measured where it belongs.
    for name in [name for name in reactions if name not in (ESCALATED, OVERDUE)]:
        del reactions[name]
    telling: dict[str, Any] = _timed(run_reactions, n)
    telling["rows"] = Message.objects.filter(template__in=TOLD).count()
    assert not Instance.objects.filter(wake_at__lte=clock.now()).exists()
    assert telling["rows"] > n
    return {"n": n, "decided": decided, "told": telling}


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
