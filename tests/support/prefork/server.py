"""Fork an interpreter that has imported everything for each that asks; see the package."""

import atexit
import gc
import importlib
import marshal
import os
import random
import runpy
import select
import shutil
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from dev.emulator.statements.reader import plans
from tests.support.prefork import LIBRARIES_ALONE

IMPORTED = (
    *("components", "crdb_sso.provider.cluster_logins", "dev.cloud.__main__"),
    *("pulumi.dynamic", "pulumi.runtime.proto.provider_pb2_grpc"),
    *("grpc._channel", "grpc._server", "grpc.experimental", "httpcore", "encodings.idna"),
    *("dev.emulator.__main__", "dev.issuer.__main__"),
)
"""What a program, a provider, a stand-in of a cloud and a server have imported when they end."""

READ_ONCE = ("SHOW CLUSTER SETTING version", "SELECT 1")
"""Statements for which an embedded cluster builds its parsers, a fifth of a second each time."""

OURS = ("components", "crdb_sso", "dev")
LENGTH = struct.Struct("!I")
END = struct.Struct("!h")


def serve(address: Path, *, libraries_alone: bool) -> None:
    """Fork for whoever connects, until standard input ends."""
    for name in IMPORTED:
        importlib.import_module(name)
    for statement in READ_ONCE:
        plans(statement)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        if libraries_alone or name.endswith(".__main__"):  # that runs anew, as what it is
            del sys.modules[name]
    gc.freeze()  # forks share what is there
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while 0 not in select.select([listening.fileno(), 0], [], [])[0]:
            asking, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _keep(asking)
            asking.close()
    shutil.rmtree(address.parent)


def _keep(asking: socket.socket) -> NoReturn:
    """Run what is asked for in a fork; stay, to pass signals to it and its end back."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, streams = _order(asking)
    worker = os.fork()
    if worker == 0:
        asking.close()
        with ExitStack() as ending:
            ending.push(_end)
            _become(order, streams)
    for stream in (0, 1, *streams):
        os.close(stream)
    _until_end(worker, asking)
    os._exit(0)


def _order(asking: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read what is asked for, and the streams that it shall have."""
    head, streams, _, _ = socket.recv_fds(asking, LENGTH.size, 3)
    with asking.makefile("rb") as reading:
        order: dict[str, Any] = marshal.loads(reading.read(*LENGTH.unpack(head)))  # noqa: S302 - ours
    return order, streams


def _become(order: dict[str, Any], streams: list[int]) -> None:
    """Be the interpreter that was started with these arguments, there, with these variables."""
    for ours, theirs in enumerate(streams):
        os.dup2(theirs, ours)
        os.close(theirs)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["variables"])
    sys.path[:] = order["path"]
    sys.orig_argv = [sys.executable, *order["arguments"]]
    time.tzset()
    random.seed()
    arguments = order["arguments"]
    if arguments[0] == "-u":
        assert isinstance(sys.stdout, TextIOWrapper)
        sys.stdout.reconfigure(write_through=True)
        del arguments[0]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, order["folder"])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")


def _end(_kind: object, error: BaseException | None, trace: TracebackType | None) -> NoReturn:
    """End as an interpreter does, but without taking apart what is shared with others."""
    code = 0
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else bool(error.code)
        if isinstance(error.code, str):
            sys.stderr.write(f"{error.code}\n")
    elif error:
        sys.excepthook(type(error), error, trace)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 - waits for threads
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _until_end(worker: int, asking: socket.socket) -> None:
    """Pass signals to the worker until it ends, and say how; kill it if its asker is gone."""
    ended = os.pidfd_open(worker)
    while True:
        ready, _, _ = select.select([ended, asking.fileno()], [], [])
        if ended in ready:
            _, status = os.waitpid(worker, 0)
            asking.sendall(END.pack(os.waitstatus_to_exitcode(status)))
            return
        number = asking.recv(1)
        os.kill(worker, number[0] if number else signal.SIGKILL)
        if not number:
            return


if __name__ == "__main__":
    serve(Path(sys.argv[1]), libraries_alone=LIBRARIES_ALONE in sys.argv)
