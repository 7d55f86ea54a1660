#!/bin/sh
# Start a secure single node of CockroachDB in a container, in memory, on loopback.
#
#   start-cockroachdb.sh IMAGE FOLDER
#
# FOLDER gets the certificates; the container is called cockroachdb. It shares this machine's
# loopback, and so reaches the issuers of the tests. Returns once SQL works.
set -eu

image=$1
folder=$2
mkdir -p -m 700 "$folder"

# The image's own entry point would prepare something else.
cockroach() {
    docker run --rm --user "$(id -u):$(id -g)" --volume "$folder:/certs" \
        --entrypoint /cockroach/cockroach "$image" "$@" --certs-dir=/certs --ca-key=/certs/ca.key
}
cockroach cert create-ca
cockroach cert create-node localhost 127.0.0.1
cockroach cert create-client root

docker run --detach --name cockroachdb --user "$(id -u):$(id -g)" --volume "$folder:/certs" \
    --workdir /tmp --network host --entrypoint /cockroach/cockroach "$image" \
    start-single-node --certs-dir=/certs --store=type=mem,size=1GiB --logtostderr=WARNING \
    --listen-addr=localhost:26257 --http-addr=localhost:8080

tries=60
until docker exec cockroachdb /cockroach/cockroach sql --certs-dir=/certs -e 'SELECT version()'; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        docker logs --tail 50 cockroachdb >&2
        exit 1
    fi
    sleep 1
done
