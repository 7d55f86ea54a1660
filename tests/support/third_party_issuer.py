"""An OpenID Connect provider that nobody here wrote: node-oidc-provider, over TLS on loopback."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from dev.issuer.certificates import server_tls
from dev.processes import Processes
from tests.support.ports import kept_port
from tests.support.registries import is_out_of_reach
from tests.support.servers import PROJECT
from tests.support.shared_folder import made_once

SOURCE = PROJECT / "tests" / "support" / "oidc_provider"
TOKEN_PATH = "/protocol/openid-connect/token"
SERVICE, SECRET = "orders", "secret+of orders: 100%2B"
KEYED_SERVICE = "billing"
"""A client that signs for itself (private_key_jwt)."""

AUDIENCE = "crdb"
LIFETIME_S = 300


@dataclass
class ThirdPartyIssuer:
    """A running provider.

    Attributes:
        issuer: Its `iss`.
        ca_cert: Path of the private CA of its server.
        keys: Its keys, the signing one first.
        client_key: The private key of KEYED_SERVICE.
    """

    issuer: str
    ca_cert: str
    port: int
    folder: Path
    packages: Path
    keys: list[RSAKey] = field(default_factory=list)
    client_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    _running: Processes | None = None

    @property
    def token_endpoint(self) -> str:
        return f"{self.issuer}{TOKEN_PATH}"

    def rotate(self, *, keep: int = 1) -> None:
        """Sign with a new key from now on.

        Args:
            keep: How many of the older keys stay published.
        """
        self.keys = [RSAKey.generate_key(2048), *self.keys[:keep]]
        self.restart()

    def restart(self) -> None:
        """Start it, with the keys that it has now."""
        self.stop()
        given = self.folder / "configuration.json"
        given.write_text(json.dumps(self._configuration()))
        self._running = Processes()
        self._running.serve(
            ["node", str(self.packages / "server.mjs"), str(given)],
            log=self.folder / "issuer.log",
            cwd=self.packages,
        )

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop_all()
            self._running = None

    def _configuration(self) -> dict[str, Any]:
        public = {**self.client_key.as_dict(private=False), "use": "sig", "alg": "ES256"}
        client = {"grant_types": ["client_credentials"], "redirect_uris": [], "response_types": []}
        return {
            "issuer": self.issuer,
            "port": self.port,
            "key": str(self.folder / "server.key"),
            "certificate": str(self.folder / "server.crt"),
            "token_path": TOKEN_PATH,
            "audience": AUDIENCE,
            "lifetime_s": LIFETIME_S,
            "alg": "RS256",
            "jwks": {
                "keys": [
                    {**key.as_dict(private=True), "use": "sig", "alg": "RS256"} for key in self.keys
                ]
            },
            "clients": [
                {**client, "client_id": SERVICE, "client_secret": SECRET},
                {
                    **client,
                    "client_id": KEYED_SERVICE,
                    "token_endpoint_auth_method": "private_key_jwt",
                    "jwks": {"keys": [{**public, "kid": self.client_key.thumbprint()}]},
                },
            ],
        }


@contextmanager
def third_party_issuer(folder: Path) -> Iterator[ThirdPartyIssuer]:
    """Run it; skip the test where Node or the registry of its packages is missing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node on PATH to run node-oidc-provider with")
    packages = made_once("oidc-provider", _install)
    server_tls(folder)
    with kept_port() as port:
        made = ThirdPartyIssuer(
            f"https://127.0.0.1:{port}", str(folder / "ca.crt"), port, folder, packages
        )
        try:
            made.rotate()
            yield made
        finally:
            made.stop()


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc", "server.mjs"):
        shutil.copy(SOURCE / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--prefer-offline"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=240
    )
    if done.returncode and is_out_of_reach(done.stderr):
        pytest.skip("npm's registry is out of reach")
    assert done.returncode == 0, done.stderr
