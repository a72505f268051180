#!/usr/bin/env bash
# Runs a command against a throw-away PostgreSQL cluster (unix socket only): tests/with_postgres.sh COMMAND…
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin  # runuser stands there
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2; exit 3; }
dir=$(mktemp -d /tmp/ngomon-pg.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as=(runuser -u postgres --); fi
stop() { "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf "$dir"; }
trap stop EXIT
(cd "$dir" && "${as[@]}" "$bin/initdb" -D "$dir/data" -U ngomon -A trust -E UTF8 --locale=C.UTF-8 >/dev/null)
(cd "$dir" && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" \
  -o "-k $dir -c listen_addresses='' -c max_connections=120 -c shared_buffers=256MB -c synchronous_commit=on" start >/dev/null)
"${as[@]}" "$bin/createdb" -h "$dir" -U ngomon ngomon
export NGOMON_DATABASE_URL="postgres://ngomon@/ngomon?host=$dir"
"$@"
