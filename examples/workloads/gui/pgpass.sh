#!/bin/sh
# Puts a fresh token into ~/.pgpass; run it with: crdb-sso connect app_orders -- sh pgpass.sh
set -eu
umask 077
file=${PGPASSFILE:-$HOME/.pgpass}
touch "$file"
fresh=$(mktemp "$file.XXXXXX")
trap 'rm -f "$fresh"' EXIT

grep -v "^[^:]*:[^:]*:[^:]*:$PGUSER:" "$file" > "$fresh" || true # the lines of other users
printf '%s:%s:*:%s:%s\n' "$PGHOST" "$PGPORT" "$PGUSER" "$PGPASSWORD" >> "$fresh"
mv "$fresh" "$file"
