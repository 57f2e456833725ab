#!/usr/bin/env bash
# Kills a random container of Waybill, again and again, and measures how long its clients notice. See README.md.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
exec node "$root/scripts/run-ts.js" "$root/deploy/chaos/main.ts" kill --platform compose "$@"
