"""Whole clusters of versions other than the default."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.emulator.embedded import failed_start, refusal, rows, running
from tests.emulator.token_forge import CLAIMS, ISSUER, jwks, rsa_pair

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.embedded import Connection, Embedded

JWT = "server.jwt_authentication."
TOKENS = "--crdb:jwt_auth_enabled=true"


def trust(root: Connection, version: str) -> None:
    """Accept tokens of the usual issuer and key."""
    issuers = "issuers.configuration" if version >= "24.3" else "issuers"
    for name, value in {
        "jwks": jwks(rsa_pair().jwk(alg="RS256")),  # 22.2 infers none
        issuers: ISSUER,
        "audience": "crdb",
    }.items():
        root.execute(f"SET CLUSTER SETTING {JWT}{name} = '{value}'".encode())
    root.execute(f"SET CLUSTER SETTING {JWT}enabled = true".encode())


def said(cluster: Embedded, user: str, token: str) -> str:
    """Return the refusal of a login with a token; nothing if it gets in."""
    try:
        cluster.connect(user, password=token, options=TOKENS).close()
    except psycopg.OperationalError as exc:
        return str(exc).partition("ERROR:")[2].strip()
    return ""


@pytest.mark.parametrize(("version", "asks"), [("22.2", True), ("24.1", True), ("25.2", False)])
def test_old_versions_ask_for_a_licence_last(tmp_path: Path, version: str, *, asks: bool) -> None:
    with running(tmp_path, "--version", version, "--no-licence") as cluster:
        with cluster.connect() as root:
            trust(root, version)
            root.execute("CREATE USER kyle")
            wrong = said(cluster, "kyle", rsa_pair().token(CLAIMS | {"aud": "x"}))
            assert wrong.startswith("JWT authentication: invalid audience")
            refused = said(cluster, "kyle", rsa_pair().token())
            where = f"https://cockroachlabs.com/pricing?cluster={cluster.ready['cluster_id']}"
            assert refused == (
                f"use of JWT authentication requires an enterprise license. see {where} "
                "for details on how to enable enterprise features"
                if asks
                else ""
            )
            root.execute("SET CLUSTER SETTING enterprise.license = 'crl-0-x'")
        assert said(cluster, "kyle", rsa_pair().token()) == ""


def test_a_cluster_can_be_upgraded_but_not_back(tmp_path: Path) -> None:
    with running(tmp_path, "--version", "24.1") as old, old.connect() as root:
        trust(root, "24.1")
        root.execute("CREATE USER kyle CREATEDB")
        assert said(old, "kyle", rsa_pair().token()) == ""
    with running(tmp_path, "--version", "25.4") as new:
        assert new.ready["version"] == "25.4"
        assert new.ready["cluster_id"] == old.ready["cluster_id"]
        with new.connect() as root:
            name = f"{JWT}issuers.configuration"
            assert rows(root, f"SHOW CLUSTER SETTING {name}") == [(ISSUER,)]
            users = rows(root, "SELECT username, options FROM [SHOW USERS]")
            assert ("kyle", ["CREATEDB"]) in users
        assert said(new, "kyle", rsa_pair().token()) == ""
    code, why = failed_start("--dir", str(tmp_path), "--version", "25.2")
    assert code == 2
    assert why == (
        "dev.emulator: the folder holds a cluster of version 25.4, which cannot go back to 25.2: "
        "choose another --dir"
    )


def test_an_expired_token_makes_its_user_and_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, "--version", "25.4") as cluster, cluster.connect() as root:
        trust(root, "25.4")
        root.execute("SET CLUSTER SETTING security.provisioning.jwt.enabled = true")
        expired = rsa_pair().token(CLAIMS | {"exp": 1_700_000_000})
        assert said(cluster, "kyle", expired).startswith("JWT authentication: invalid token")
        assert ("kyle", [f"PROVISIONSRC=jwt_token:{ISSUER}"]) in rows(
            root, "SELECT username, options FROM [SHOW USERS]"
        )
        strange = rsa_pair().token(CLAIMS | {"sub": "a b"})
        assert said(cluster, "a b", strange) == (
            'JWT provisioning: failed to create role: "a b": username is invalid'
        )


def test_closed_internals_are_opened_by_a_session_for_itself(tmp_path: Path) -> None:
    asked = "SELECT crdb_internal.is_admin()"
    closed = ("42501", "Access to crdb_internal and system is restricted.")
    with running(tmp_path, "--version", "26.2") as cluster:
        with cluster.connect() as root, cluster.connect() as other:
            root.execute("SET allow_unsafe_internals = true")
            assert rows(root, asked) == [(True,)]
            assert refusal(other, asked) == closed
            root.execute("RESET allow_unsafe_internals")
            assert refusal(root, asked) == closed
        with cluster.connect(options="-c allow_unsafe_internals=true") as root:
            assert rows(root, asked) == [(True,)]


def test_a_client_that_speaks_oauthbearer_is_told_that_it_is_not_imitated(tmp_path: Path) -> None:
    rules = "server.host_based_authentication.configuration"
    with running(tmp_path, "--version", "26.4") as cluster:
        with cluster.connect() as root:
            root.execute("CREATE USER kyle")
            root.execute(f"SET CLUSTER SETTING {rules} = 'host all all all oauth'".encode())
        context = ssl.create_default_context(cafile=cluster.ready["ca_cert"])
        with socket.create_connection(("127.0.0.1", cluster.ready["port"])) as plain:
            plain.sendall(struct.pack("!ii", 8, 80877103))
            assert plain.recv(1) == b"S"
            with context.wrap_socket(plain, server_hostname="localhost") as encrypted:
                start = struct.pack("!i", 3 << 16) + b"user\0kyle\0\0"
                encrypted.sendall(struct.pack("!i", len(start) + 4) + start)
                assert encrypted.recv(100) == b"R" + struct.pack("!ii", 21, 10) + b"OAUTHBEARER\0\0"
                bearer = b"n,,\x01auth=Bearer x\x01\x01"
                chosen = b"OAUTHBEARER\0" + struct.pack("!i", len(bearer)) + bearer
                encrypted.sendall(b"p" + struct.pack("!i", len(chosen) + 4) + chosen)
                refused = encrypted.recv(1000)
    assert refused[:1] == b"E"
    assert b"C0A000\0MOAUTHBEARER is not implemented in the embedded cluster\0" in refused
