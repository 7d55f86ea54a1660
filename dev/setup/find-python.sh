#!/bin/sh
# Prints the first Python on PATH that is new enough ($PYTHON is tried first), or says what to install.
set -u
found=""
for candidate in "${PYTHON:-}" python3 python python3.14 python3.13 python3.12 python3.11 python3.10; do
    [ -n "$candidate" ] || continue
    version=$("$candidate" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
    found="${found:+$found, }$version"
done
echo "setup: Python 3.10 or newer is needed (found ${found:-none}): install it, e.g. apt-get install python3 python3-venv" >&2
exit 1
