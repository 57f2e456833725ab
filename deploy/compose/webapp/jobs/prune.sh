#!/usr/bin/env bash
# prune.sh FOLDER: keeps the newest 24 backups and the last of each of the newest 14 days, and none that broke off
# a day ago or earlier.
set -euo pipefail
cd "${1:?which folder?}"
count=0
declare -A days=()
while read -r file; do
  day=${file:8:8}
  count=$((count + 1))
  if [ -z "${days[$day]:-}" ] && [ ${#days[@]} -lt 14 ]; then
    days[$day]=kept
  elif [ "$count" -gt 24 ]; then
    rm -- "$file"
  fi
done < <(find . -maxdepth 1 -name 'waybill-????????T??????Z.dump' -printf '%f\n' | sort -r)
find . -maxdepth 1 -name '.waybill-*.part' -mtime +0 -delete
