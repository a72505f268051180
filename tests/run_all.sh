#!/usr/bin/env bash
# All tests: everything on SQLite; journeys, core, engine and fault suites again on PostgreSQL. What drives browsers or
# kills processes runs alone, so that nothing else takes its time.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$(mktemp -d /tmp/ngomon-test.XXXXXX)
trap 'rm -rf "$home"' EXIT
export NGOMON_HOME=$home/sqlite
pytest -q -n 2 --dist loadfile src tests --ignore tests/journeys --ignore tests/faults
pytest -q tests/journeys tests/faults
export NGOMON_HOME=$home/postgres
tests/with_postgres.sh pytest -q -n 2 --dist loadfile src/ngomon/core src/ngomon/processes src/ngomon/cases src/ngomon/incidents tests/bench
tests/with_postgres.sh pytest -q tests/journeys tests/faults --ignore tests/journeys/test_accessibility.py
