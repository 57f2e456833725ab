#!/usr/bin/env bash
# Puts random passwords into .env where those of the lab are. Run it before the first start: the stores take theirs
# over when they are made (docs/deployment.md says how to change one later).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
file=${1:-.env}
[ -f "$file" ] || { echo "There is no $file: cp .env.example .env first." >&2; exit 1; }
umask 077
new=$(mktemp "$file.XXXXXX")
count=0
while IFS= read -r line; do
  if [[ $line =~ ^([A-Z_]+)=lab-only- ]]; then
    # Letters and digits: they stand in URLs.
    secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    line="${BASH_REMATCH[1]}=$secret"
    count=$((count + 1))
  fi
  printf '%s\n' "$line"
done <"$file" >"$new"
mv "$new" "$file"
echo "$count passwords are new in $file, which only you can read now."
