#!/usr/bin/env bash
# Installs from Debian what the tests need and a fresh machine lacks: PostgreSQL, a browser, fonts, telephony, and Pango,
# with which WeasyPrint makes the PDFs of command rooms.
set -euo pipefail
need=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need+=(postgresql postgresql-contrib)
command -v chromium >/dev/null || need+=(chromium)
[ -d /usr/share/fonts/truetype/noto ] || need+=(fonts-noto-core fonts-noto-color-emoji)
PATH=$PATH:/usr/sbin:/sbin  # kamailio stands there
for engine in kamailio espeak-ng; do command -v $engine >/dev/null || need+=($engine); done
command -v baresip >/dev/null || need+=(baresip-core)
ldconfig -p | grep -q libpangoft2-1.0 || need+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
if [ ${#need[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
fi
