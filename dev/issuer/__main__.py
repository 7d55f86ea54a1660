"""`python -m dev.issuer --dir DIR` serves; `python -m dev.issuer token --dir DIR ...` mints."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.issuer import certificates, private_files
from dev.issuer.grants import (
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    Client,
    OAuthError,
    TokenRequest,
    further_claims,
)
from dev.issuer.keyring import ALGORITHMS, Keyring, NoSuchKeyError
from dev.issuer.server import JWKS_PATH, TOKEN_PATH, IssuerServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class UsageError(Exception):
    """The command can't be carried out as given; the message says why."""


def main() -> int:
    """Run a command; return its exit status."""
    options = _arguments()
    try:
        if options.command == "token":
            print(mint(options.dir, _token_request(options)))
        else:
            serve(options.dir, options.port)
    except (NoSuchKeyError, OAuthError, UsageError) as exc:
        print(f"issuer: {exc}", file=sys.stderr)
        return 2
    return 0


def serve(folder: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT; one line of JSON on stdout says that it is ready.

    Args:
        folder: Keeps everything: CA, keys, client secret, the port of last time.
        port: 0 for that of last time if it is free, else for any free one.

    Raises:
        UsageError: Another issuer uses the folder, or the port is taken.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)  # before any thread inherits it
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _sole_user(folder):
        keyring = Keyring(folder / "keys.json")
        keyring.open()
        client = _client(folder / "client.json")
        with _server(folder, port, keyring, client) as server:
            private_files.write(folder / "issuer.json", json.dumps(_public(server)).encode())
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
            print(json.dumps(_ready(folder, server)), flush=True)
            signal.sigwait(_STOP_SIGNALS)
            server.shutdown()


def mint(folder: Path, request: TokenRequest) -> str:
    """Return a token of the issuer that keeps its state in a folder, running or not.

    Raises:
        UsageError: No issuer ever ran there.
        NoSuchKeyError: It publishes no key of the algorithm.
    """
    state, keys = folder / "issuer.json", folder / "keys.json"
    if not (state.exists() and keys.exists()):
        raise UsageError(f"no issuer ran in {folder} yet: python -m dev.issuer --dir {folder}")
    keyring = Keyring(keys)
    keyring.read()
    issuer = json.loads(state.read_bytes())["issuer"]
    return keyring.sign(request.payload(issuer, int(time.time())), request.alg)


@contextmanager
def _sole_user(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        raise UsageError(f"another issuer uses {folder}; stop it or name another --dir") from exc
    else:
        yield
    finally:
        os.close(descriptor)


def _client(path: Path) -> Client:
    if path.exists():
        return Client(**json.loads(path.read_bytes()))
    client = Client.make()
    private_files.write(path, json.dumps({"id": client.id, "secret": client.secret}).encode())
    return client


def _server(folder: Path, port: int, keyring: Keyring, client: Client) -> IssuerServer:
    tls = certificates.server_tls(folder)
    state = folder / "issuer.json"
    if not port and state.exists():
        with suppress(OSError):  # taken meanwhile: any other port will do
            last = json.loads(state.read_bytes())["port"]
            return IssuerServer(last, tls, keyring, client)
    try:
        return IssuerServer(port, tls, keyring, client)
    except (OSError, OverflowError) as exc:
        raise UsageError(f"port {port} cannot be used: {exc}") from exc


def _public(server: IssuerServer) -> dict[str, Any]:
    return {"issuer": server.issuer, "port": server.server_port}


def _ready(folder: Path, server: IssuerServer) -> dict[str, str]:
    return {
        "issuer": server.issuer,
        "jwks_uri": server.issuer + JWKS_PATH,
        "ca_cert": str(folder.resolve() / "ca.crt"),
        "token_endpoint": server.issuer + TOKEN_PATH,
        "client_id": server.client.id,
        "client_secret": server.client.secret,
    }


def _token_request(options: argparse.Namespace) -> TokenRequest:
    if not options.sub or not options.aud:
        raise UsageError("a token needs --sub and --aud")
    if not 0 < options.lifetime <= MAX_LIFETIME_S:
        raise UsageError(f"--lifetime must be from 1 to {MAX_LIFETIME_S} seconds")
    return TokenRequest(
        subject=options.sub,
        audiences=tuple(dict.fromkeys(options.aud)),
        lifetime_s=options.lifetime,
        claims=further_claims(options.claims),
        alg=options.alg,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.issuer", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "token"], default="serve")
    parser.add_argument("--dir", type=Path, required=True, help="where all state is kept")
    parser.add_argument("--port", type=int, default=0, help="serve: 0 means last time's, else any")
    parser.add_argument("--sub", help="token: its subject")
    parser.add_argument("--aud", action="append", help="token: its audience; may be repeated")
    parser.add_argument("--lifetime", type=int, default=DEFAULT_LIFETIME_S, help="token: seconds")
    parser.add_argument("--claims", default="{}", help="token: further claims, a JSON object")
    parser.add_argument("--alg", choices=ALGORITHMS, help="token: sign with the newest such key")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
