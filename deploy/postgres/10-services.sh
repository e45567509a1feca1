#!/bin/sh
# One database and one role per service. PostgreSQL's image runs this at the first start on an empty volume;
# running it again brings passwords and limits up to date and loses nothing.
set -eu

for service in customers groups importer followup console; do
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set service="$service" \
       --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set file '/run/secrets/' :service '_database_password'
\set password `cat :'file'`

SELECT format('CREATE ROLE %I', :'service')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'service') \gexec
-- 60 for each of five: one service that runs wild leaves the others their share of max_connections.
ALTER ROLE :"service" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60 PASSWORD :'password';
-- The services ask for these themselves; this is for everybody else who uses their roles.
ALTER ROLE :"service" SET statement_timeout = '120s';
ALTER ROLE :"service" SET lock_timeout = '10s';
ALTER ROLE :"service" SET idle_in_transaction_session_timeout = '300s';

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'service', :'service')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
SQL
done
