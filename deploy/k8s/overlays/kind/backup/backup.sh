#!/bin/sh
# Writes the roles and the database at $DATABASE_URL into a new folder below $BACKUPS, and keeps the newest $KEEP.
set -eu
umask 077

name=$(date -u +%Y%m%dT%H%M%SZ)
part=$BACKUPS/$name.part
mkdir "$part"
# Without their passwords: `migrate` gives roles those of their URLs.
pg_dumpall --dbname="$DATABASE_URL" --roles-only --no-role-passwords >"$part/roles.sql"
pg_dump --dbname="$DATABASE_URL" --format=custom --file="$part/waybill.dump"
# A folder without `.part` is whole.
mv "$part" "$BACKUPS/$name"
echo "backup $name: $(du -sh "$BACKUPS/$name" | cut -f1)"

find "$BACKUPS" -mindepth 1 -maxdepth 1 -name '*.part' -mtime +1 -exec rm -r {} +
find "$BACKUPS" -mindepth 1 -maxdepth 1 -name '*Z' | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do
  rm -r "$old"
done
