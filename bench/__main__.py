"""Run the benches, on both databases, print one table and write docs/benchmarks.md.

python -m bench [--only NAME] [--scale normal|full] [--database sqlite|postgres]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module

from bench.results import ROOT, Found, keep, table

NAMES = (
    "intake",
    "lists",
    "status_change",
    "router",
    "bulk",
    "process_steps",
    "process_totals",
    "escalation",
)
DATABASES = ("sqlite", "postgres")


def _run_on(database: str, name: str, scale: str) -> list[Found]:
    """One bench on one database, in a process of its own."""
    command = [sys.executable, "-m", "bench", "--only", name, "--scale", scale, "--inside"]
    env = {key: value for key, value in os.environ.items() if key != "NGOMON_DATABASE_URL"}
    if database == "postgres":
        command.insert(0, str(ROOT / "tests/with_postgres.sh"))
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return [Found(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=NAMES)
    parser.add_argument("--scale", choices=("normal", "full"), default="normal")
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        rows = import_module(f"bench.{options.only}").measure(options.scale)
        print(json.dumps([asdict(row) for row in rows]))
        return 0
    for name in [options.only] if options.only else NAMES:
        rows = [
            row
            for database in ([options.database] if options.database else DATABASES)
            for row in _run_on(database, name, options.scale)
        ]
        print(table(rows), flush=True)
        about = (import_module(f"bench.{name}").__doc__ or "").strip()
        if not options.database:
            keep(name, about, rows, options.scale)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
