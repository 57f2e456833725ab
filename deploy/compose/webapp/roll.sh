#!/usr/bin/env bash
# Replaces the containers of all services by such of the image that is built now, without a gap: as many new ones
# beside the old, and when they are ready the old ones end. roll.sh order-service: of that one alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ $# -gt 0 ] || set -- \
  user-service catalog-service inventory-service payment-service notification-service order-service frontend

docker compose run --rm --no-deps migrate </dev/null

for service; do
  mapfile -t old < <(docker compose ps --quiet "$service")
  if [ ${#old[@]} -eq 0 ]; then
    echo "$service does not run" >&2
    exit 1
  fi
  docker compose up --detach --no-deps --no-recreate --wait --wait-timeout 120 \
    --scale "$service=$((2 * ${#old[@]}))" "$service"
  # Until Traefik has found them too: it asks every 2 s.
  sleep 5
  docker stop "${old[@]}" >/dev/null
  docker rm "${old[@]}" >/dev/null
  echo "$service: ${#old[@]} replaced"
done
