"""`python -m dev.emulator`: one embedded cluster in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlencode

from dev.emulator.host.certificates import ensure_certificates, server_tls
from dev.emulator.host.folder_lock import FolderInUse, claim
from dev.emulator.host.postgres import ISOLATIONS, Postgres, PostgresFailed
from dev.emulator.login.store import Store
from dev.emulator.session.backend import Backends
from dev.emulator.session.faults import Faults
from dev.emulator.session.server import Front, listen
from dev.emulator.sqlerror import SqlError
from dev.emulator.versions import DEFAULT, VERSIONS, Version

WRONG_USE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a cluster until it is told to stop.

    Returns:
        The exit code: 0 after a signal, 2 for wrong arguments, 1 when something failed.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="dev.emulator: %(message)s")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # clients are told what it cannot read
    version = VERSIONS.get(options.version)
    if version is None:
        known = ", ".join(VERSIONS)
        return _say(f"--version {options.version} is not one of {known}", WRONG_USE)
    if options.disallow_root_login and not version.may_disallow_root:
        return _say(f"--disallow-root-login: unknown flag of version {version.name}", WRONG_USE)
    faults = Faults(options.faults)
    try:
        faults.refresh()
        folder = options.dir.resolve()
        descriptor = claim(folder)
        try:
            return asyncio.run(_run(folder, options, version, faults))
        finally:
            os.close(descriptor)
    except SqlError as exc:
        return _say(exc.message, WRONG_USE)
    except (FolderInUse, PostgresFailed, OSError) as exc:
        return _say(str(exc), 1)


async def _run(folder: Path, options: argparse.Namespace, version: Version, faults: Faults) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ensure_certificates(folder)
    listener = listen(options.port)
    postgres = Postgres(folder, options.isolation, options.prepared)
    try:
        await postgres.start()
        store = Store(
            postgres.socket_folder,
            options.propagation_ms,
            version,
            licence_needed=options.no_licence,
            root_disallowed=options.disallow_root_login,
        )
        await store.install()
        backends = Backends(postgres.socket_path, version)
        front = Front(server_tls(folder), backends, store, faults)
        serving = asyncio.create_task(front.serve(listener))
        print(json.dumps(_ready(folder, listener.getsockname()[1], store)), flush=True)
        code = await _until_told(stop, postgres, serving)
        serving.cancel()
        await asyncio.wait({serving})
        await backends.close()
        await store.close()
        return code
    finally:
        listener.close()
        await postgres.stop()


async def _until_told(stop: asyncio.Event, postgres: Postgres, serving: asyncio.Task[None]) -> int:
    """Wait for a signal; return 1 if something ends by itself first."""
    told, ended = asyncio.create_task(stop.wait()), asyncio.create_task(postgres.ended())
    await asyncio.wait({told, ended, serving}, return_when=asyncio.FIRST_COMPLETED)
    if told.done():
        ended.cancel()
        return 0
    told.cancel()
    if ended.done():
        return _say(f"PostgreSQL ended by itself with code {ended.result()}", 1)
    ended.cancel()
    return _say(f"the listener failed: {serving.exception()!r}", 1)


def _ready(folder: Path, port: int, store: Store) -> dict[str, object]:
    credentials = {
        "sslmode": "verify-full",
        "sslrootcert": str(folder / "ca.crt"),
        "sslcert": str(folder / "client.root.crt"),
        "sslkey": str(folder / "client.root.key"),
    }
    return {
        "admin_url": f"postgresql://root@localhost:{port}/defaultdb?{urlencode(credentials)}",
        "ca_cert": str(folder / "ca.crt"),
        "host": "localhost",
        "port": port,
        "cluster_id": store.cluster_id,
        "version": store.version.name,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.emulator",
        description="An embedded stand-in for a CockroachDB cluster, for logins with tokens.",
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder that holds the cluster")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 picks a free one")
    parser.add_argument("--version", default=DEFAULT.name, help="CockroachDB version to imitate")
    parser.add_argument(
        "--no-licence",
        action="store_true",
        help="refuse tokens in versions that ask for an enterprise licence",
    )
    parser.add_argument(
        "--disallow-root-login",
        action="store_true",
        help="close the cluster to root, from 26.1 on",
    )
    parser.add_argument(
        "--propagation-ms",
        type=int,
        default=0,
        help="how long a write of a setting stays invisible",
    )
    parser.add_argument(
        "--isolation",
        choices=ISOLATIONS,
        default=ISOLATIONS[0],
        help="isolation level of every transaction",
    )
    parser.add_argument("--faults", type=Path, help="JSON file of faults, for tests")
    parser.add_argument(
        "--prepared", type=Path, help="folder for what many clusters share: each starts sooner"
    )
    return parser


def _say(text: str, code: int) -> int:
    print(f"dev.emulator: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
