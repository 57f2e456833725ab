#!/bin/sh
# Once, when the database is made: a role that may look at how the server does, and at no data.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$EXPORTER_PASSWORD" <<'SQL'
CREATE ROLE exporter LOGIN PASSWORD :'password' IN ROLE pg_monitor CONNECTION LIMIT 5;
SQL
