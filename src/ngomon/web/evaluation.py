"""`ngomon evaluate NAME FILES…`: measures a part of the product on files of the documented columns; JSON on standard output."""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from ngomon.cases import duplicates, same_learning
from ngomon.cases import queries as cases
from ngomon.cases.timing import open_cases
from ngomon.core import clock
from ngomon.core.errors import Invalid
from ngomon.core.texts import text

Evaluation = Callable[[argparse.Namespace], dict[str, Any]]
THRESHOLDS = ("score", "share", "overlap", "metres")
TIMED_CASES, TIMED_LOOKS = 100_000, 400


def arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command for each evaluation."""
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    _duplicates_arguments(
        names.add_parser("duplicates", help=(evaluate_duplicates.__doc__ or "").split("\n")[0])
    )
    for name, (_, _, files, what) in OF_FILES.items():
        parser_of_one = names.add_parser(name, help=what)
        parser_of_one.add_argument("files", type=Path, nargs="+", metavar=files, help="see docs/evaluation")


def run(options: argparse.Namespace) -> int:
    """Evaluate and print. Raises: Invalid for another number of files than the evaluation takes."""
    found = EVALUATIONS[options.name](options) if options.name in EVALUATIONS else _of_files(options)
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    return 0


OF_FILES = {
    "private": (
        "ngomon.cases.private_evaluation",
        "evaluate_private_file",
        "FILE",
        "Personal data in text: recall and false alarms, by kind, with each miss.",
    ),
    "category": (
        "ngomon.cases.evaluation",
        "evaluate_category_files",
        "TRAIN TEST",
        "Proposals of the category: accuracy, macro-F1, calibration, abstaining, against plain models and rules.",
    ),
    "routing": (
        "ngomon.cases.trial",
        "evaluate_routing_file",
        "FILE",
        "An edited routing table tried on last month's cases: what would go elsewhere.",
    ),
    "places": (
        "ngomon.directory.place_evaluation",
        "evaluate_place_files",
        "FILE",
        "Phrases of place: right ward, place in its circle, radius, time.",
    ),
    "simulation": (
        "ngomon.processes.back_testing",
        "evaluate_simulation_files",
        "FILE…",
        "The simulation back-tested: the second half of a record predicted from the first.",
    ),
}
"""Name -> module, function, its files by name, and what it tells. Loaded when asked for: some need large libraries."""


def _of_files(options: argparse.Namespace) -> dict[str, Any]:
    module, function, files, _ = OF_FILES[options.name]
    if not files.endswith("…") and len(options.files) != len(files.split()):
        raise Invalid("web.command.files", name=options.name, n=len(files.split()))
    found: dict[str, Any] = getattr(importlib.import_module(module), function)(*options.files)
    return found


# --- the same thing --------------------------------------------------------------------------------------------------


def _duplicates_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="REPORTS… PAIRS as .csv or .csv.gz: reports with id, description, requested_at, lat, lon and, where there"
        " are, category, status, updated_at, address, slice; pairs with duplicate_id, refers_to",
    )
    parser.add_argument("--sheet", type=Path, help="write 200 other automatic links here, to be read by hand")
    for name in THRESHOLDS:
        parser.add_argument(f"--{name}", type=float, help=f"another {name} for automatic links")
    parser.add_argument(
        "--learn-before", type=int, metavar="YEAR", help="learn weights from pairs before a year"
    )
    parser.add_argument("--no-timing", action="store_true", help="leave out the time on 100,000 open cases")


def evaluate_duplicates(options: argparse.Namespace) -> dict[str, Any]:
    """Recall at 3, precision of automatic links and milliseconds of finding the same thing, on pairs that staff named."""
    *files, pairs = options.files
    reports = duplicates.read_reports(files)
    named = duplicates.read_pairs(pairs, reports)
    links = duplicates.threshold({name: getattr(options, name) for name in THRESHOLDS})
    if options.learn_before:
        return _learnt(reports, named, options.learn_before, links)
    found: dict[str, Any] = {
        "pairs": len(named.slices),
        "links_from": asdict(links),
        "as_the_product_does": duplicates.figures_of(reports, named, links=links).told(),
        "without_automatic_links": duplicates.figures_of(reports, named, links=None).told(),
    }
    if options.sheet:
        _write_sheet(options.sheet, duplicates.sheet_rows(reports, named, links=links, in_words=_in_words))
    if not options.no_timing:
        found["milliseconds"] = candidates_ms(reports)
    return found


def _learnt(
    reports: Sequence[duplicates.Filed], named: duplicates.Named, year: int, links: duplicates.Threshold
) -> dict[str, Any]:
    rows = same_learning.examples(reports, named, before_year=year, links=links)
    intercept, weights = same_learning.learn(rows)
    return {
        "examples": len(rows),
        "same": sum(row.is_same for row in rows),
        "intercept": intercept,
        "weights": dict(zip(duplicates.FEATURES, weights, strict=True)),
    }


def _in_words(why: Sequence[tuple[str, dict[str, Any]]]) -> str:
    return ", ".join(text(key, "en", **values) for key, values in why)


def _write_sheet(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, duplicates.SHEET)
        writer.writeheader()
        writer.writerows(rows)


def candidates_ms(reports: Sequence[duplicates.Filed]) -> dict[str, Any]:
    """How long `cases.queries.candidates` takes in this installation's database among 100,000 open cases made of the
    reports, opened evenly over the last 80 days. The rows are taken back; tables are made where there are none."""
    if "cases_case" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0)
    now = clock.now()
    made = open_cases(reports[-TIMED_CASES:], until=now, over=timedelta(days=80))
    asked = reports[:: max(1, len(reports) // TIMED_LOOKS)][:TIMED_LOOKS]
    taken: list[tuple[float, float]] = []
    with transaction.atomic():
        made.write()
        for one in asked:
            began, spent = time.perf_counter(), time.process_time()
            cases.candidates(
                lon=one.lon, lat=one.lat, text=one.text, category=one.category, place=one.place, at=now
            )
            taken.append(((time.perf_counter() - began) * 1000, (time.process_time() - spent) * 1000))
        transaction.set_rollback(True)
    return {
        "what": "cases.queries.candidates on rows of cases_case",
        "database": connection.vendor,
        "open_cases": made.n,
        "looks": len(taken),
        "by_the_clock": _spread([clock_ms for clock_ms, _ in taken]),
        "cpu_of_this_process": _spread([cpu_ms for _, cpu_ms in taken]),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    found = sorted(values)
    return {
        "p50": round(found[len(found) // 2], 2),
        "p95": round(found[int(len(found) * 0.95)], 2),
        "max": round(found[-1], 2),
    }


EVALUATIONS: dict[str, Evaluation] = {"duplicates": evaluate_duplicates}
