"""`ngomon simulate DEFINITION`: what the next days of a process will look like, as it is and as it might be; words or JSON."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.utils import translation

from ngomon.core import clock
from ngomon.core.errors import Invalid, NotFound
from ngomon.core.text import in_language
from ngomon.core.texts import has_text, text
from ngomon.directory import queries as directory
from ngomon.processes.forecasting import work_off
from ngomon.processes.rules.outcomes import Band, Outcome, PoolBand
from ngomon.processes.rules.simulation import WhatIf
from ngomon.processes.rules.steps import AGENCY_ROLES
from ngomon.processes.simulating import Prediction, predict
from ngomon.processes.terms import Budget

OFFICERS = re.compile(r"([a-z_]+)(?::([a-z0-9_.*-]+))?=([+-]?\d{1,3})")
DEADLINE = re.compile(r"(\d{1,4})(wd|h|m)")
STORM = re.compile(r"(\d{1,3})=(\d{1,3}(?:\.\d+)?)")
UNITS = {"wd": "days", "h": "hours", "m": "minutes"}
SHOWN_POOLS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may be tried, and how often it is run."""
    parser.add_argument(
        "definition", nargs="?", default="", help="key of a process definition, e.g. field_reports.timed"
    )
    parser.add_argument(
        "--waiting", action="store_true", help="compute the forecasts that were asked for on the pages"
    )
    parser.add_argument(
        "--officers",
        action="append",
        default=[],
        metavar="ROLE[:AGENCY]=+N",
        help="so many people more or fewer; AGENCY * is each agency",
    )
    parser.add_argument("--deadline", metavar="N(wd|h|m)", help="another deadline: 5wd, 8h, 30m")
    parser.add_argument(
        "--storm",
        action="append",
        default=[],
        metavar="DAY=TIMES",
        help="on day DAY (1 the first) TIMES as many",
    )
    parser.add_argument("--days", type=int, default=30, help="how many days are looked ahead")
    parser.add_argument("--runs", type=int, default=20, help="more runs, steadier bands")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures")
    parser.add_argument("--json", action="store_true", help="all figures, the queue of each day included")


def run(options: argparse.Namespace) -> int:
    """Simulate and print. Raises: Invalid for a question that cannot be read, Conflict where there is too little history."""
    if options.waiting:
        # Whoever waits for a page or an alarm goes first.
        os.nice(10)
        sys.stdout.write(f"{work_off()}\n")
        return 0
    if not (1 <= options.runs <= 1000 and 1 <= options.days <= 366):
        raise Invalid("processes.simulate.unreadable", said=f"--runs {options.runs} --days {options.days}")
    found = predict(
        options.definition,
        at=clock.now(),
        what_if=question(options),
        days=options.days,
        runs=options.runs,
        seed=options.seed,
    )
    if options.json:
        sys.stdout.write(json.dumps(as_json(found), ensure_ascii=False, indent=2) + "\n")
        return 0
    sys.stdout.write("\n".join(in_words(found, translation.get_language() or "vi")) + "\n")
    return 0


def question(options: argparse.Namespace) -> WhatIf | None:
    """What is tried; None where nothing is."""
    staff: dict[tuple[str, str], int] = {}
    for said in options.officers:
        role, agency, n = _read(OFFICERS, said)
        if (role in AGENCY_ROLES) != bool(agency) or not has_text(f"identity.role.{role}"):
            raise Invalid("processes.simulate.unreadable", said=said)
        if agency and agency != "*":
            directory.agency(agency)
        staff[role, agency or ""] = staff.get((role, agency or ""), 0) + int(n)
    budget = None
    if options.deadline:
        n, unit = _read(DEADLINE, options.deadline)
        budget = Budget(UNITS[unit], int(n))
    storm = {int(day) - 1: float(times) for day, times in (_read(STORM, said) for said in options.storm)}
    return WhatIf(staff, budget, storm=storm) if staff or budget or storm else None


def _read(pattern: re.Pattern[str], said: str) -> tuple[Any, ...]:
    found = pattern.fullmatch(said)
    if found is None:
        raise Invalid("processes.simulate.unreadable", said=said)
    return found.groups()


# --- words ------------------------------------------------------------------------------------------------------------


def in_words(found: Prediction, language: str) -> Iterator[str]:
    """Line by line: what it rests on, then each prediction."""
    name = in_language(found.definition.name, language)
    based = found.based
    yield text(
        "processes.simulate.based",
        language,
        name=name,
        n=based.matters,
        tasks=based.tasks,
        since=f"{directory.local_day(based.since):%d/%m/%Y}",
        runs=found.now.runs,
    )
    for key, outcome in (("now", found.now), ("tried", found.tried)):
        if outcome:
            yield ""
            yield text(f"processes.simulate.{key}", language)
            yield from _outcome(found, outcome, language)


def _outcome(found: Prediction, outcome: Outcome, language: str) -> Iterator[str]:
    yield _line("arrived", outcome.arrived, language, 0)
    yield _line("overdue", _percent(outcome.overdue_ratio), language)
    yield _line("median", outcome.median_h, language)
    yield _line("p90", outcome.p90_h, language)
    yield _line("open", outcome.open_at_end, language, 0)
    asked = found.what_if.staff if found.what_if else {}
    for n, pool in enumerate(outcome.pools):
        if n < SHOWN_POOLS or pool.pool in asked:
            yield _pool(pool, language)
    worst = outcome.bottleneck
    if worst and worst.waited_h.mean > 0:
        yield text("processes.simulate.bottleneck", language, pool=pool_words(worst, language))
    if outcome.assumed:
        names = ", ".join(in_language(found.definition.steps[key].name, language) for key in outcome.assumed)
        yield text("processes.simulate.assumed", language, steps=names)


def _line(key: str, band: Band, language: str, digits: int = 1) -> str:
    return "  " + text(f"processes.simulate.{key}", language, **_band(band, language, digits))


def _band(band: Band, language: str, digits: int = 1) -> dict[str, str]:
    return {name: _number(value, language, digits) for name, value in asdict(band).items()}


def _number(value: float, language: str, digits: int = 1) -> str:
    said = f"{value:.{digits}f}"
    return said.replace(".", ",") if language[:2] == "vi" else said


def _percent(band: Band) -> Band:
    return Band(band.mean * 100, band.low * 100, band.high * 100)


def _pool(pool: PoolBand, language: str) -> str:
    peak = max(pool.queue, key=lambda band: band.mean)
    return "  " + text(
        "processes.simulate.pool",
        language,
        pool=pool_words(pool, language),
        people=pool.people,
        load=_number(pool.load_ratio.mean * 100, language, 0),
        peak=_number(peak.mean, language),
        **_band(pool.waited_h, language),
    )


def pool_words(pool: PoolBand, language: str) -> str:
    """A queue's name: the role, and the agency where it belongs to one."""
    role, agency = pool.pool
    said = text(f"identity.role.{role}", language) if has_text(f"identity.role.{role}") else role
    if not agency:
        return said
    try:
        return f"{said}, {in_language(directory.agency(agency).name, language)}"
    except NotFound:
        return f"{said}, {agency}"


# --- JSON -------------------------------------------------------------------------------------------------------------


def as_json(found: Prediction) -> dict[str, Any]:
    """All figures. Units: shares of one, working hours."""
    return {
        "definition": found.definition.key,
        "based_on": {
            "matters": found.based.matters,
            "tasks": found.based.tasks,
            "since": found.based.since.isoformat(),
        },
        "now": _outcome_json(found.now),
        "tried": _outcome_json(found.tried) if found.tried else None,
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    told = asdict(outcome)
    worst = outcome.bottleneck
    told["bottleneck"] = list(worst.pool) if worst and worst.waited_h.mean > 0 else None
    return told
