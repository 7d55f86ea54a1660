"""`python -m dev.issuer --dir DIR` serves; with `token`, `rotate` or `retire` it does that."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dev.issuer import certificates, private_files
from dev.issuer.entra import CLOUDS
from dev.issuer.faults import FAULTS
from dev.issuer.grants import (
    ALGORITHMS,
    DEFAULT_LIFETIME_S,
    MAX_LIFETIME_S,
    Client,
    Form,
    OAuthError,
    TokenRequest,
    further_claims,
)
from dev.issuer.keyring import NoSuchKeyError
from dev.issuer.minting import VOICES, Keyrings, signed, wanted_of
from dev.issuer.rotating import ACTIONS, FolderInUseError, change_keys, sole_user
from dev.issuer.server import (
    ENTRA_JWKS_PATH,
    GOOGLE_JWKS_PATH,
    JWKS_PATH,
    TOKEN_PATH,
    IssuerServer,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from dev.issuer.minting import Wanted

_OWN_OPTIONS = ("claims", "alg")
_VOICES_OPTIONS = ("email", "tenant", "caller", "roles", "cloud")
COMMANDS = ("serve", "token", *ACTIONS)
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class UsageError(Exception):
    """The command can't be carried out as given; the message says why."""


def main() -> int:
    """Run a command; return its exit status."""
    options = _arguments()
    try:
        if options.command == "token":
            print(mint(options.dir, _wanted(options), options.faults))
        elif options.command in ACTIONS:
            print(json.dumps(rotated(options)))
        else:
            serve(options.dir, options.port)
    except (NoSuchKeyError, OAuthError, UsageError) as exc:
        print(f"issuer: {exc}", file=sys.stderr)
        return 2
    return 0


def serve(folder: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT; one line of JSON on stdout says that it is ready.

    Args:
        folder: Keeps everything: CA, keys, client secret, the last port.
        port: 0 for the last one if it is free, otherwise for any free one.

    Raises:
        UsageError: Another issuer uses the folder, or the port is taken.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)  # before any thread inherits it
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with sole_user(folder):
            _serve(folder, port)
    except FolderInUseError as exc:
        hint = "stop it or name another --dir"
        raise UsageError(f"another issuer uses {folder}; {hint}") from exc


def _serve(folder: Path, port: int) -> None:
    keyrings = Keyrings.kept_in(folder)
    keyrings.open()
    client = _client(folder / "client.json")
    with _server(folder, port, keyrings, client) as server:
        private_files.write(folder / "issuer.json", json.dumps(_public(server)).encode())
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        print(json.dumps(_ready(folder, server)), flush=True)
        signal.sigwait(_STOP_SIGNALS)
        server.shutdown()


def mint(folder: Path, wanted: Wanted, faults: Collection[str] = ()) -> str:
    """Return a token of the issuer that keeps its state in a folder, running or not.

    Raises:
        UsageError: No issuer ever ran there.
        NoSuchKeyError: It does not publish a key for the algorithm.
    """
    state, keyrings = folder / "issuer.json", Keyrings.kept_in(folder)
    try:
        issuer = json.loads(state.read_bytes())["issuer"]
        keyrings.read()
    except FileNotFoundError as exc:
        raise _no_issuer(folder) from exc
    return signed(wanted, keyrings, issuer, int(time.time()), faults)


def rotated(options: argparse.Namespace) -> dict[str, Any]:
    """Rotate or retire keys, of an issuer that runs or does not; return which are published then.

    Raises:
        UsageError: No issuer ever ran there.
        NoSuchKeyError: It does not make keys for the algorithm.
    """
    named = {"alg": options.alg, "as": options.voice, "keep": options.keep}
    fields = {name: str(value) for name, value in named.items() if value is not None}
    try:
        return change_keys(options.dir, options.command, fields)
    except FileNotFoundError as exc:
        raise _no_issuer(options.dir) from exc


def _no_issuer(folder: Path) -> UsageError:
    return UsageError(f"no issuer ran in {folder} yet: python -m dev.issuer --dir {folder}")


def _client(path: Path) -> Client:
    if path.exists():
        return Client(**json.loads(path.read_bytes()))
    client = Client.make()
    private_files.write(path, json.dumps({"id": client.id, "secret": client.secret}).encode())
    return client


def _server(folder: Path, port: int, keyrings: Keyrings, client: Client) -> IssuerServer:
    tls = certificates.server_tls(folder)
    state = folder / "issuer.json"
    if not port and state.exists():
        with suppress(OSError):  # taken in the meantime: any other port will do
            last = json.loads(state.read_bytes())["port"]
            return IssuerServer(last, tls, keyrings, client)
    try:
        return IssuerServer(port, tls, keyrings, client)
    except (OSError, OverflowError) as exc:
        raise UsageError(f"port {port} cannot be used: {exc}") from exc


def _public(server: IssuerServer) -> dict[str, Any]:
    return {"issuer": server.issuer, "port": server.server_port}


def _ready(folder: Path, server: IssuerServer) -> dict[str, str]:
    return {
        "issuer": server.issuer,
        "jwks_uri": server.issuer + JWKS_PATH,
        "google_jwks_uri": server.issuer + GOOGLE_JWKS_PATH,
        "entra_jwks_uri": server.issuer + ENTRA_JWKS_PATH,
        "ca_cert": str(folder.resolve() / "ca.crt"),
        "token_endpoint": server.issuer + TOKEN_PATH,
        "client_id": server.client.id,
        "client_secret": server.client.secret,
    }


def _wanted(options: argparse.Namespace) -> Wanted:
    given = vars(options)
    strange = _OWN_OPTIONS if options.voice else _VOICES_OPTIONS
    if used := [f"--{name}" for name in strange if given[name]]:
        raise UsageError(f"{', '.join(used)} goes {'without' if options.voice else 'with'} --as")
    return _of_voice(given) if options.voice else _token_request(options)


def _of_voice(given: dict[str, Any]) -> Wanted:
    named = ("sub", "aud", "lifetime", *_VOICES_OPTIONS)
    form = {name: given[name] for name in named if given[name] is not None}
    return wanted_of(given["voice"], Form(urlencode(form, doseq=True)))


def _token_request(options: argparse.Namespace) -> TokenRequest:
    if not options.sub or not options.aud:
        raise UsageError("a token needs --sub and --aud")
    lifetime_s = DEFAULT_LIFETIME_S if options.lifetime is None else options.lifetime
    if not 0 < lifetime_s <= MAX_LIFETIME_S:
        raise UsageError(f"--lifetime must be from 1 to {MAX_LIFETIME_S} seconds")
    return TokenRequest(
        subject=options.sub,
        audiences=tuple(dict.fromkeys(options.aud)),
        lifetime_s=lifetime_s,
        claims=further_claims(options.claims or "{}"),
        alg=options.alg,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.issuer", description=__doc__)
    parser.add_argument("command", nargs="?", choices=COMMANDS, default="serve")
    parser.add_argument("--dir", type=Path, required=True, help="where all state is kept")
    parser.add_argument("--port", type=int, default=0, help="serve: 0 means the last one, or any")
    parser.add_argument("--sub", help="token: its subject")
    parser.add_argument("--aud", action="append", help="token: its audience; may be repeated")
    parser.add_argument("--lifetime", type=int, help="token: seconds")
    parser.add_argument("--claims", help="token: more claims, a JSON object")
    parser.add_argument(
        "--alg", choices=ALGORITHMS, help="sign with the newest such key, or make one"
    )
    parser.add_argument("--keep", type=int, help="rotate, retire: how many older keys stay")
    parser.add_argument("--as", dest="voice", choices=VOICES, help="token: in their style")
    parser.add_argument("--email", help="google: the account's address, as a claim")
    parser.add_argument("--tenant", help="entra: id of the tenant")
    parser.add_argument("--caller", help="entra: client id of the identity")
    parser.add_argument("--roles", action="append", help="entra: an app role; may be repeated")
    parser.add_argument("--cloud", choices=CLOUDS, help="entra: where the tenant is")
    for fault, meaning in FAULTS.items():
        parser.add_argument(
            f"--{fault}",
            action="append_const",
            const=fault,
            dest="faults",
            default=[],
            help=f"token: {meaning}",
        )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
