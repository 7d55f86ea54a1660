"""The embedded cluster and the local issuer as processes, for tests that need real ones."""

import json
import ssl
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psycopg

from dev.processes import Processes
from tests.support.kept_connection import KeptConnection
from tests.support.prefork import server_environment
from tests.support.shared_folder import prepared
from tests.support.snapshots import Snapshot
from tests.support.versions import is_since, whole_version
from tests.support.wiping import undoing

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True)
class EmbeddedCluster:
    """A running embedded cluster."""

    admin_url: str
    banner: str
    """What `version()` answered."""
    ca_cert: str
    host: str
    port: int
    folder: Path
    faults_file: Path

    @cached_property
    def _operator(self) -> KeptConnection:
        return KeptConnection(self.admin_url)

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        """Run one statement as root."""
        with self._operator.use() as conn:
            cursor = conn.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def set(self, name: str, value: str) -> None:
        """Set a cluster setting as somebody else would, by hand."""
        literal = value if value in ("true", "false") else "'" + value.replace("'", "''") + "'"
        self.execute(f"SET CLUSTER SETTING {name} = {literal}")

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Make statements fail from now on; no argument means no more faults."""
        fresh = self.faults_file.with_suffix(".new")
        fresh.write_text(json.dumps(faults))
        fresh.replace(self.faults_file)  # in one step: the cluster may be reading it

    def until_held(self) -> None:
        """Wait until a statement is held back by the fault `hold`; other faults let it go."""
        latest = time.monotonic() + PATIENCE_S
        while not self.faults_file.with_name(f"{self.faults_file.name}.held").exists():
            assert time.monotonic() < latest, "no statement was held back"
            time.sleep(0.01)

    def snapshot(self) -> Snapshot:
        """Return what the product could have changed."""
        with self._operator.use() as conn:
            return Snapshot.of(conn)

    def wipe(self) -> None:
        """Reset the cluster to its initial state."""
        before = self.snapshot()
        with self._operator.use() as conn:
            for statement in undoing(before, lambda query: conn.execute(query).fetchall()):
                conn.execute(statement.encode())

    def login(self, user: str, token: str) -> str:
        """Log in with a token; return `current_user`."""
        with psycopg.connect(
            host=self.host,
            port=self.port,
            user=user,
            password=token,
            dbname="defaultdb",
            options="--crdb:jwt_auth_enabled=true",
            sslmode="verify-full",
            sslrootcert=self.ca_cert,
        ) as conn:
            row = conn.execute("SELECT current_user").fetchone()
            assert row is not None
            return str(row[0])


@contextmanager
def embedded_cluster(folder: Path, *options: str, **environment: str) -> Iterator[EmbeddedCluster]:
    """Run an embedded cluster, by default of the version that the run asks."""
    with Processes() as processes:
        ready = processes.serve(
            [*cluster_command(folder), *options],
            log=folder / "cluster.log",
            cwd=PROJECT,
            env=server_environment(**environment),
        )
        yield reached(ready, folder)


def end_lease(cluster: EmbeddedCluster) -> None:
    """End the lease of a dead process now, as if its time were over."""
    with suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName):
        cluster.execute("UPDATE crdb_sso.public.lease SET until = now()")


def cluster_command(folder: Path) -> list[str]:
    """Return the command that runs an embedded cluster, without faults, in a folder."""
    faults = folder / "faults.json"
    faults.write_text("[]")
    return [
        *(sys.executable, "-m", "dev.emulator", "--dir", str(folder / "cluster")),
        *("--version", whole_version(), "--faults", str(faults), *prepared()),
    ]


def reached(ready: Mapping[str, Any], folder: Path) -> EmbeddedCluster:
    """Return the cluster of a ready line."""
    with psycopg.connect(ready["admin_url"]) as conn:
        (banner,) = conn.execute("SELECT version()").fetchone() or ("",)
    return EmbeddedCluster(
        ready["admin_url"],
        banner,
        ready["ca_cert"],
        ready["host"],
        int(ready["port"]),
        folder / "cluster",
        folder / "faults.json",
    )


@dataclass(frozen=True)
class LocalIssuer:
    """A running local issuer."""

    issuer: str
    jwks_uri: str
    google_jwks_uri: str
    entra_jwks_uri: str
    ca_cert: str
    token_endpoint: str
    client_id: str
    client_secret: str

    def kids(self) -> set[str]:
        """Return the kids that are published now."""
        with self._client() as client:
            return {key["kid"] for key in client.get(self.jwks_uri).json()["keys"]}

    def rotate(self, voice: str = "") -> None:
        """Make a new signing key; the old one stays published.

        Args:
            voice: `google`, `entra-v1` or `entra-v2` for the keys of one of those.
        """
        with self._client() as client:
            client.post(f"{self.issuer}/rotate", data={"as": voice}).raise_for_status()

    def token(self, form: Mapping[str, str | Sequence[str]]) -> str:
        """Return a token of the token endpoint."""
        with self._client() as client:
            answer = client.post(
                self.token_endpoint, data={"grant_type": "client_credentials", **form}
            )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def google_token(self, sub: str, aud: str, **more: str) -> str:
        """Return an ID token of a Google service account; `more` is `email` or `lifetime`."""
        return self.token({"as": "google", "sub": sub, "aud": aud, **more})

    def entra_token(
        self, sub: str, aud: str, tenant: str, version: int = 2, **more: str | Sequence[str]
    ) -> str:
        """Return an access token of a managed identity.

        Args:
            sub: Object id of its service principal.
            aud: The API application: its client id, in v1 its URI.
            tenant: Id of the tenant.
            version: 1 or 2.
            more: `caller`, `roles`, `cloud`, `lifetime`.
        """
        about = {"as": f"entra-v{version}", "sub": sub, "aud": aud, "tenant": tenant}
        return self.token({**about, **more})

    def jwks(self) -> str:
        """Return the key set that is published."""
        return self._text(self.jwks_uri)

    def google_jwks(self) -> str:
        """Return the key set that this issuer publishes as Google."""
        return self._text(self.google_jwks_uri)

    def entra_jwks(self) -> str:
        """Return the key set that this issuer publishes as Entra ID."""
        return self._text(self.entra_jwks_uri)

    def _text(self, uri: str) -> str:
        with self._client() as client:
            return client.get(uri, auth=None).raise_for_status().text

    def _client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.ca_cert)
        return httpx.Client(verify=context, auth=(self.client_id, self.client_secret))


@contextmanager
def cluster_that_trusts(
    issuer: LocalIssuer, folder: Path, version: str | None = None
) -> Iterator[EmbeddedCluster]:
    """Run a cluster that can be told to fetch an issuer's keys.

    Before 24.3 a cluster can't be told which CA to trust: its machine has to.
    """
    version = version or whole_version()
    known = {} if is_since("24.3", version) else {"SSL_CERT_FILE": issuer.ca_cert}
    with embedded_cluster(folder, "--version", version, **known) as cluster:
        yield cluster


def minted(issuer: LocalIssuer, **claims: str) -> str:
    """Return a token of an issuer: `minted(issuer, sub="x", aud="y")`."""
    return issuer.token(claims)


@contextmanager
def local_issuer(folder: Path) -> Iterator[LocalIssuer]:
    """Run a local issuer."""
    argv = [sys.executable, "-m", "dev.issuer", "--dir", str(folder / "issuer")]
    with Processes() as processes:
        where = server_environment()
        ready = processes.serve(argv, log=folder / "issuer.log", cwd=PROJECT, env=where)
        yield LocalIssuer(**ready)
