#!/usr/bin/env bash
# docker compose run --rm backup: one consistent picture of the database, without stopping anything.
set -euo pipefail
umask 077
name=waybill-$(date -u +%Y%m%dT%H%M%SZ).dump
# Under another name until it is whole, so that a backup that broke off is never taken for one.
pg_dump --format=custom --compress=zstd:6 --lock-wait-timeout=30s --file="/backups/.$name.part"
pg_restore --list "/backups/.$name.part" >/dev/null
mv "/backups/.$name.part" "/backups/$name"
bash /jobs/prune.sh /backups
echo "/backups/$name"
