#!/usr/bin/env bash
# Run once, by the image, on an empty volume: a role and a database of its own for each service.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(cat /run/secrets/database_password)" <<'SQL'
\set services 'ARRAY[\'membership\', \'campaign\', \'training\', \'metrics\']'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', name, :'password') FROM unnest(:services) name \gexec
SELECT format('CREATE DATABASE %I OWNER %I', name, name) FROM unnest(:services) name \gexec
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', name) FROM unnest(:services) name \gexec
SQL
