#!/bin/sh
# Opens `cockroach sql` with the token file; arguments are passed on. The token is not among them.
COCKROACH_URL=$(
    jq -er --rawfile token "${CRDB_TOKEN_FILE:-token}" \
        '.app_orders.url | sub("@"; ":" + ($token | rtrimstr("\n")) + "@")' \
        "${CRDB_SSO_CONNECT:-connect.json}"
) || exit 1
export COCKROACH_URL
exec cockroach sql "$@"
