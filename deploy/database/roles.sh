#!/bin/sh
# The first start of the database's container: the owner makes tables, the application only uses them.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set application="$(cat "$APPLICATION_PASSWORD_FILE")" --set owner="$(cat "$OWNER_PASSWORD_FILE")" <<'SQL'
CREATE ROLE rft_owner LOGIN PASSWORD :'owner';
CREATE ROLE rft_app LOGIN PASSWORD :'application';
ALTER ROLE rft_app SET statement_timeout = '5s';
ALTER ROLE rft_app SET lock_timeout = '3s';
ALTER ROLE rft_app SET idle_in_transaction_session_timeout = '15s';
CREATE DATABASE rft OWNER rft_owner;
GRANT pg_read_all_stats TO rft_owner;
\connect rft
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SQL
