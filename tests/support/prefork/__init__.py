"""Programs, providers and servers as forks of one process that has imported everything.

An engine starts two interpreters for each command. Nine tenths of their time goes into importing
Pulumi and this project, and a run gives a thousand commands; an embedded cluster needs half a
second for the same. So a worker keeps one process that has imported them once; the interpreters
hand over to a fork of it (`client/sitecustomize.py`) and pass on its end. They remain, for whoever
signals or kills them.

What a program or server is given, its folder, variables, arguments, streams, is its own. Tests
whose subject is the start or the end itself (the installed package, README, demo, clusters that are
killed) do without.
"""

import atexit
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

SERVED = "CRDB_SSO_TEST_PREFORK"
LIBRARIES_ALONE = "--libraries-alone"
"""Forget this project's own modules, so that a fork imports another copy of them."""

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]


def preforked(product: Path = PROJECT) -> dict[str, str]:
    """Return the variable that makes interpreters of a stack hand over, if they read the client.

    Args:
        product: The first folder on its PYTHONPATH. The forks have imported the product from this
            project's folder; for another one, only the libraries that it uses.
    """
    if sys.platform != "linux":  # elsewhere an interpreter starts as it always does
        return {}
    return {
        SERVED: f"{Path(sys.prefix).resolve()}:{product}:{_serving(is_ours=product == PROJECT)}"
    }


def server_environment(**more: str) -> dict[str, str]:
    """Return the environment in which an embedded cluster or a local issuer hands over."""
    path = os.pathsep.join([str(PROJECT), prefork_client()])
    return {**os.environ, **preforked(), "PYTHONPATH": path, **more}


def prefork_client() -> str:
    """Return the folder to put on PYTHONPATH behind the project."""
    return str(HERE / "client")


@cache
def _serving(*, is_ours: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="crdb-sso-prefork-"))
    address = folder / "socket"
    more = [] if is_ours else [LIBRARIES_ALONE]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.prefork.server", str(address), *more],
        cwd=PROJECT,
        stdin=subprocess.PIPE,  # closed when this process ends, however it does: the server's sign
        stdout=subprocess.PIPE,
    )
    assert server.stdin
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    atexit.register(server.wait, timeout=30)
    atexit.register(server.stdin.close)
    return address
