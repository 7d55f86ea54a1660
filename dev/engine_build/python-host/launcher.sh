#!/bin/sh
# Starts the language host that was built from Go modules. It is older than the engine: it ignores the
# `options` that Pulumi.yaml gives the runtime, and runs the first python3 on PATH. Where that is not the
# Python that the options name, this says so in one line.
set -u
here=$(dirname "$0")

project=$PWD # the program's folder; Pulumi.yaml may be further up
while [ ! -f "$project/Pulumi.yaml" ] && [ "$project" != / ]; do project=$(dirname "$project"); done
option() { # the value of an option; nothing if it is not set
    sed -n "s/^[^#]*$1:[[:space:]]*[\"']\{0,1\}\([^][:space:],}\"'#]*\).*/\1/p" "$project/Pulumi.yaml" 2>/dev/null | head -n 1
}
virtualenv=$(option virtualenv)
toolchain=$(option toolchain)
ignored=
if [ -n "$virtualenv" ]; then
    named=$(cd "$project" && cd "$virtualenv" 2>/dev/null && pwd -P)
    running=$("${PULUMI_PYTHON_CMD:-python3}" -c 'import os, sys; print(os.path.realpath(sys.prefix))' 2>/dev/null)
    [ "$named" = "$running" ] || ignored="virtualenv: $virtualenv"
elif [ "${toolchain:-pip}" != pip ]; then
    ignored="toolchain: $toolchain"
fi
if [ -n "$ignored" ]; then
    python=$(command -v "${PULUMI_PYTHON_CMD:-python3}")
    echo "this Python language host ignores \`$ignored\` of Pulumi.yaml and runs $python: activate the environment first" >&2
fi
exec "$here/pulumi-language-python-host" "$@"
