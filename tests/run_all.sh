#!/usr/bin/env bash
# All tests: everything on SQLite; journeys, core, engine and fault suites again on PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$(mktemp -d /tmp/ngomon-test.XXXXXX)
trap 'rm -rf "$home"' EXIT
export NGOMON_HOME=$home/sqlite
pytest -q -n 2 --dist loadfile src tests
export NGOMON_HOME=$home/postgres
tests/with_postgres.sh pytest -q -n 2 --dist loadfile src/ngomon/core src/ngomon/processes src/ngomon/cases tests/journeys tests/faults
