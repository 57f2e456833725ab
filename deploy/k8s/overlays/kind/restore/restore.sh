#!/bin/sh
# Puts the newest backup below $BACKUPS, or the one that $BACKUP names, in the place of what is in $DATABASE_URL.
# All or nothing. Services must be stopped: they would meet tables that come and go.
set -eu

backup=${BACKUP:-$(find "$BACKUPS" -mindepth 1 -maxdepth 1 -name '*Z' | sort | tail -n 1 | xargs -r basename)}
folder=$BACKUPS/$backup
[ -n "$backup" ] && [ -d "$folder" ] || { echo "no backup \"$backup\" in $BACKUPS" >&2; exit 1; }

export PGOPTIONS=--client-min-messages=warning
# Roles that are there are refused, and that is well: the file is for a server that has none yet.
psql --dbname="$DATABASE_URL" --quiet --file="$folder/roles.sql" 2>&1 | grep -v 'already exists' || :
pg_restore --dbname="$DATABASE_URL" --clean --if-exists --single-transaction "$folder/waybill.dump"
echo "restored $backup"
