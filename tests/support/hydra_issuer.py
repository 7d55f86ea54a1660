"""An OpenID Connect server that people run in production: Ory Hydra.

Its keys are rotated as its operators do it: by its admin API.
"""

import json
import secrets
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.issuer.certificates import server_tls
from tests.support.hydra_build import NotBuilt, built
from tests.support.ports import kept_port
from tests.support.servers import PATIENCE_S

SERVICE, SECRET = "orders", "secret-of-orders-for-this-test"
AUDIENCE = "crdb"
KEY_SET = "hydra.jwt.access-token"
"""Hydra's name of the keys that sign access tokens; it publishes those of ID tokens with them."""


@dataclass(frozen=True)
class HydraIssuer:
    """A running Hydra.

    Attributes:
        issuer: Its `iss`.
        ca_cert: Path of the private CA of its server.
        admin: URL of its admin API.
    """

    issuer: str
    ca_cert: str
    admin: str

    @property
    def token_endpoint(self) -> str:
        return f"{self.issuer}/oauth2/token"

    def rotate(self) -> str:
        """Sign with a new key from now on; the older ones stay published. Return its kid.

        The first key is an RSA key of 4096 bits, as Hydra makes it; the new one takes no time.
        """
        wanted = {"alg": "ES256", "use": "sig", "kid": ""}
        return str(self._ask("POST", f"keys/{KEY_SET}", wanted)["keys"][0]["kid"])

    def withdraw(self, kid: str) -> None:
        """Publish a key no longer."""
        gone = httpx.delete(f"{self.admin}/keys/{KEY_SET}/{kid}", timeout=PATIENCE_S)
        gone.raise_for_status()

    def register(self, client: Mapping[str, Any]) -> None:
        """Let a client ask for tokens."""
        self._ask("POST", "clients", client)

    def sign_in(self, person: str, client_id: str, redirect_uri: str) -> str:
        """Sign somebody in by a browser's way through a public client; return the refresh token."""
        asked = {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "openid offline",
            "state": secrets.token_urlsafe(16),
        }
        with httpx.Client(verify=self._trusted(), timeout=PATIENCE_S) as browser:
            page = browser.get(f"{self.issuer}/oauth2/auth", params=asked)
            page = browser.get(self._accept("login", page, {"subject": person}))
            page = browser.get(
                self._accept("consent", page, {"grant_scope": ["openid", "offline"]})
            )
            code = _in_query(page, "code")
            form = {"grant_type": "authorization_code", "code": code}
            form |= {"client_id": client_id, "redirect_uri": redirect_uri}
            answer = browser.post(self.token_endpoint, data=form)
        return str(answer.raise_for_status().json()["refresh_token"])

    def _accept(self, what: str, page: httpx.Response, answer: Mapping[str, Any]) -> str:
        """Answer a page as the operator's own login application does; return where that leads."""
        challenge = _in_query(page, f"{what}_challenge")
        path = f"oauth2/auth/requests/{what}/accept?{what}_challenge={challenge}"
        return str(self._ask("PUT", path, answer)["redirect_to"])

    def _trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_cert)

    def until_ready(self, server: subprocess.Popen[bytes], log: Path) -> None:
        """Wait until it publishes keys, which it makes when they are first asked for."""
        trusted = self._trusted()
        latest = time.monotonic() + PATIENCE_S
        while not self._has_keys(trusted):
            has_ended = server.poll() is not None or time.monotonic() > latest
            assert not has_ended, log.read_text(errors="replace")[-2000:]
            time.sleep(0.05)  # it says nothing when it is ready: it has to be asked

    def _has_keys(self, trusted: ssl.SSLContext) -> bool:
        published = f"{self.issuer}/.well-known/jwks.json"
        with suppress(httpx.TransportError):
            return httpx.get(published, verify=trusted, timeout=PATIENCE_S).is_success
        return False

    def _ask(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        answer = httpx.request(method, f"{self.admin}/{path}", json=body, timeout=PATIENCE_S)
        return answer.raise_for_status().json()


def _in_query(page: httpx.Response, name: str) -> str:
    """Return a parameter of the address to which a page sends on."""
    return httpx.URL(page.headers["location"]).params[name]


@contextmanager
def hydra_issuer(folder: Path) -> Iterator[HydraIssuer]:
    """Run it, with one client; skip the test where it can't be built."""
    try:
        program = built()
    except NotBuilt as exc:
        pytest.skip(str(exc))
    server_tls(folder)
    configuration, log = folder / "hydra.json", folder / "hydra.log"
    with kept_port() as port, kept_port() as admin_port:
        made = HydraIssuer(
            f"https://127.0.0.1:{port}",
            str(folder / "ca.crt"),
            f"http://127.0.0.1:{admin_port}/admin",
        )
        configuration.write_text(json.dumps(_configuration(made.issuer, port, admin_port, folder)))
        with (
            log.open("wb") as said,
            subprocess.Popen(
                [program, "serve", "all", "--config", configuration],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            ) as server,
        ):
            try:
                made.until_ready(server, log)
                made.register(_service())
                yield made
            finally:
                server.kill()  # all it knows is in its memory


def _service() -> Mapping[str, Any]:
    return {
        "client_id": SERVICE,
        "client_secret": SECRET,
        "grant_types": ["client_credentials"],
        "audience": [AUDIENCE],
    }


def _configuration(issuer: str, port: int, admin_port: int, folder: Path) -> dict[str, Any]:
    tls = {
        "enabled": True,
        "cert": {"path": str(folder / "server.crt")},
        "key": {"path": str(folder / "server.key")},
    }
    return {
        "dsn": "memory",
        "sqa": {"opt_out": True},  # it would report its use to its makers
        "urls": {"self": {"issuer": issuer}},
        "serve": {
            "public": {"host": "127.0.0.1", "port": port, "tls": tls},
            "admin": {"host": "127.0.0.1", "port": admin_port},
        },
        "strategies": {"access_token": "jwt"},
        "ttl": {"access_token": "5m"},
        "secrets": {"system": ["system secret of a test"]},
    }
