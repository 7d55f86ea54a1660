"""Hand over to a fork of an interpreter that has imported everything; see the package above.

Or answer for pip; see tests/support/quick_pip.py.

The interpreter imports this file when it starts, before anything else of a test's or the engine's.
"""

import os
import sys


def _hand_over(address: str) -> None:
    import marshal  # noqa: PLC0415 - most interpreters that import this file need none of them
    import signal  # noqa: PLC0415
    import socket  # noqa: PLC0415
    import struct  # noqa: PLC0415

    order = marshal.dumps(
        {
            "arguments": sys.orig_argv[1:],
            "folder": os.getcwd(),  # noqa: PTH109 - `pathlib` takes as long as all the rest
            "variables": dict(os.environ),
            "path": sys.path,
        }
    )
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [struct.pack("!I", len(order))], [0, 1, 2])
        server.sendall(order)
        passed_on = (signal.SIGINT, signal.SIGTERM)
        for number in passed_on:
            signal.signal(number, lambda number, _: server.send(bytes([number])))
        ended = server.recv(2)
    code = struct.unpack("!h", ended)[0] if ended else 70  # EX_SOFTWARE: the fork was lost
    if code < 0:
        for number in passed_on:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _asked_for() -> bool:
    """Tell whether this interpreter is started for a program, a plugin or a server."""
    return any(
        argument in ("pulumi.dynamic", "dev.cloud", "dev.emulator", "dev.issuer")
        or argument.endswith("pulumi-language-python-exec")
        for argument in sys.orig_argv
    )


def _answer(said: str) -> None:
    """Be a pip that lists packages."""
    with open(said, "rb") as answer:  # noqa: PTH123 - `pathlib` takes as long as all the rest
        os.write(1, answer.read())
    os._exit(0)


_said = os.environ.get("CRDB_SSO_TEST_PIP_SAID")
if _said and sys.orig_argv[1:] == ["-m", "pip", "list", "-v", "--format", "json"]:
    _answer(_said)

_prefix, _, _served = os.environ.get("CRDB_SSO_TEST_PREFORK", "").partition(":")
_project, _, _address = _served.partition(":")
_path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
if _address and (_prefix, _project) == (os.path.realpath(sys.prefix), _path[0]) and _asked_for():
    _hand_over(_address)
