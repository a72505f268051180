"""A destruction inside an installation, each ask in a process of its own: `python -m tests.faults.retention_inside ASK …`.

begin N ACCOUNT OFFICER   N old reports of an account that were not taken up; the destruction of what is due, confirmed; its id
state RUN                 how far it is, and what is wrong with it
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ngomon.settings")
    django.setup()

from ngomon.cases.commands import act_on_case, file_report
from ngomon.cases.models import Case, Reporter, Signal
from ngomon.cases.terms import Filing
from ngomon.core import certificates, clock, retention_runs, seal
from ngomon.core.actors import system
from ngomon.core.engine import engine
from ngomon.core.merkle import HASH_BYTES, Frontier
from ngomon.core.models import EventRow, RetentionBatch
from ngomon.core.units import unit
from ngomon.directory import queries as directory
from ngomon.identity.queries import actor_of
from tests.city import CORNER
from tests.faults.inside import _log

WORDS = "Hố ga mất nắp trước nhà tui"


def begin(n: int, account: str, officer: str) -> str:
    """Old cases that were not taken up, and the destruction of them, confirmed."""
    lan, ha = (actor_of(UUID(key), clock.now()) for key in (account, officer))
    for i in range(n):
        with unit():
            filing = Filing(f"{WORDS} số {i}", *CORNER, source="api", external_id=f"old-{i}")
            made = file_report(filing, actor=lan, at=clock.now())
            act_on_case(made.case_id, "reject", fields={"reason": "Đã xử lý"}, actor=ha, at=clock.now())
    at = clock.now() - timedelta(days=3 * 366)
    Case.objects.update(closed_at=at, is_open=False, outcome="rejected")
    now, me = clock.now(), system("test")
    with unit():
        rules = directory.retention_rules(directory.local_day(now))
        run = retention_runs.propose(rules, actor=me, at=now)
    assert run is not None
    with unit():
        retention_runs.confirm(run, actor=me, at=clock.now())
    return str(run)


def state(run_id: str) -> dict[str, Any]:
    """How it stands. `twice`: what was told or counted twice; `left`: whom words or name are still there of."""
    while engine().sequence():
        pass  # a killed worker leaves committed events without their position where a sequencer gives it
    run = retention_runs.run_of(UUID(run_id))
    leaves, tree = Counter[bytes](), Frontier()
    batches = RetentionBatch.objects.filter(part__run=run.id).order_by("part__place", "first")
    for batch in batches:
        whole = bytes(batch.hashes)
        for start in range(0, len(whole), HASH_BYTES):
            leaves[whole[start : start + HASH_BYTES]] += 1
            tree.append(whole[start : start + HASH_BYTES])
    told = Counter(EventRow.objects.filter(kind="cases.expired").values_list("aggregate_id", flat=True))
    return {
        "state": run.state,
        "parts": {p.what: (p.n, p.proposed_n) for p in run.parts},
        "twice": [*(k.hex() for k, n in leaves.items() if n > 1), *(k for k, n in told.items() if n > 1)],
        "told": len(told),
        "left": Signal.objects.filter(text__contains=WORDS).count(),
        "who": Reporter.objects.exclude(sealed="", account_blind="", claim_blind="").count(),
        "certificate": _is_right(run, certificates.encode_root(tree.root()), sum(leaves.values())),
        "log": _log(),
    }


def _is_right(run: retention_runs.Run, root: str, n: int) -> bool | None:
    if not run.certificate:
        return None
    body = certificates.read(run.certificate, seal.public_key())
    return bool(body["root"] == root and body["n"] == n)


def main() -> None:
    ask, *rest = sys.argv[1:]
    asks: dict[str, Any] = {"begin": lambda n, *r: begin(int(n), *r), "state": state}
    sys.stdout.write(json.dumps(asks[ask](*rest)) + "\n")


if __name__ == "__main__":
    main()
