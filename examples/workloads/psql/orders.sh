#!/bin/sh
# Runs each line of its standard input as a query; each login reads the token file.
url=$(jq -er .app_orders.url "${CRDB_SSO_CONNECT:-connect.json}") || exit 1

while read -r query; do
    PGPASSWORD=$(cat "${CRDB_TOKEN_FILE:-token}") psql -XAtw -d "$url" -c "$query" </dev/null
done
exit 0 # a failed query has already been reported
