#!/usr/bin/env bash
# Replaces every process of Waybill, one service after the other, and fails when a single request fails meanwhile.
# The platform must be said: rolling-update.sh --platform kubernetes. See README.md.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
exec node "$root/scripts/run-ts.js" "$root/deploy/chaos/main.ts" roll "$@"
