#!/bin/sh
# Puts a fresh token into ~/.pgpass; run it with: crdb-sso connect app_orders -- sh pgpass.sh
set -eu
umask 077
file=${PGPASSFILE:-$HOME/.pgpass}
touch "$file"
fresh=$(mktemp "$file.XXXXXX")
trap 'rm -f "$fresh"' EXIT

# the lines of other users, whose fields may hold colons behind a backslash
awk '{ line = $0; gsub(/\\./, " "); split($0, field, ":") }
     field[4] != ENVIRON["PGUSER"] { print line }' "$file" > "$fresh"
printf '%s:%s:*:%s:%s\n' "$PGHOST" "$PGPORT" "$PGUSER" "$PGPASSWORD" >> "$fresh"
mv "$fresh" "$file"
