#!/usr/bin/env bash
# docker compose run --rm restore <file> [database]: a backup into a database of its own, which must not be there yet.
# The database in use is never touched; docs/deployment.md says how to put the restored one in its place.
set -euo pipefail
file=${1:?which backup? One of: $(ls -m /backups)}
database=${2:-waybill_restored}
[ -f "/backups/$file" ] || { echo "There is no /backups/$file" >&2; exit 1; }
if [ "$database" = "$PGDATABASE" ]; then
  echo "$database is in use: restore beside it, look at it, and change names (docs/deployment.md)." >&2
  exit 1
fi
export PGDATABASE=postgres
# The modules' roles belong to the server and are no part of a backup: what they own is nobody's without them.
psql --quiet --set ON_ERROR_STOP=1 <<'SQL'
SELECT format('CREATE ROLE %I NOLOGIN', role)
FROM unnest(ARRAY['orders','inventory','payments','users','notifications','catalog']) AS module,
     LATERAL (SELECT 'waybill_' || module AS role) AS named
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role) \gexec
SQL
createdb "$database"
pg_restore --dbname="$database" --exit-on-error --jobs=2 "/backups/$file"
vacuumdb --quiet --analyze-only "$database"
echo "$file is restored into $database"
