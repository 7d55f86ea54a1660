"""Runs the local issuer as a program, and talks to it."""

from __future__ import annotations

import base64
import json
import signal
import ssl
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "dev.issuer")
FORM = {"grant_type": "client_credentials", "aud": "crdb", "sub": "kyle"}


@dataclass(frozen=True)
class Issuer:
    process: subprocess.Popen[str]
    folder: Path
    ready: dict[str, str]
    session: httpx.Client

    @property
    def url(self) -> str:
        return self.ready["issuer"]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def client(self) -> httpx.Client:
        return _client(self.ready)

    def post(self, path: str, form: dict[str, Any], **options: Any) -> httpx.Response:
        return self.session.post(path, data=form, **options)

    def get(self, path: str) -> dict[str, Any]:
        found = self.session.get(path, auth=None).raise_for_status().json()
        assert isinstance(found, dict)
        return found

    def token(self, **form: Any) -> str:
        answer = self.post("/token", FORM | form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def kids(self, path: str = "/jwks") -> list[str]:
        return [key["kid"] for key in self.get(path)["keys"]]

    def claims(self, token: str, path: str = "/jwks") -> dict[str, Any]:
        """The claims of a token that a published key signed."""
        keys = KeySet.import_key_set(self.get(path))  # type: ignore[arg-type]  # JSON
        return jwt.decode(token, keys, algorithms=["RS256", "ES256", "ES384"]).claims

    def stop(self, stop_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(stop_signal)
        return self.process.wait(timeout=20)


def header(token: str) -> dict[str, Any]:
    part = token.partition(".")[0]
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(found, dict)
    return found


def _client(ready: dict[str, str]) -> httpx.Client:
    tls = ssl.create_default_context(cafile=ready["ca_cert"])
    credentials = (ready["client_id"], ready["client_secret"])
    return httpx.Client(base_url=ready["issuer"], verify=tls, auth=credentials, timeout=30)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Issuer]:
    command = [*COMMAND, "--dir", str(folder), *options]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            with _client(ready) as session:
                yield Issuer(process, folder, ready, session)
        finally:
            process.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )
