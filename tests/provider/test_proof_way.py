"""A proof verifies the cluster whatever the operator does, and offers nothing of the operator's."""

import re
from pathlib import Path

import pytest

from crdb_sso.provider.engine_errors import FailedThoughWritten
from tests.provider.proven_wishes import proven
from tests.support.own_issuer import OwnIssuer
from tests.support.provider_calls import create
from tests.support.servers import EmbeddedCluster


def test_a_cluster_that_cannot_be_verified_is_sent_no_token(
    cluster: EmbeddedCluster, idp: OwnIssuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # libpq looks there for a CA
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "0")
    cluster.faults({"match": "^LOGIN app_orders", "kind": "hold"})
    verified = r"sslmode=verify-full&sslrootcert=[^&]*"
    url, count = re.subn(verified, "sslmode=require", cluster.admin_url)
    assert count == 1

    with pytest.raises(FailedThoughWritten) as failed:
        create(proven(cluster, idp) | {"cluster_url": url})

    assert "A proof always verifies the cluster (sslmode=verify-full)." in failed.value.hint
    assert not cluster.faults_file.with_name(f"{cluster.faults_file.name}.held").exists()


def test_a_token_is_not_sent_to_a_socket_where_there_is_no_tls(
    cluster: EmbeddedCluster, idp: OwnIssuer
) -> None:
    url, count = re.subn(r"@([^/?]*):(\d+)", r"@\1:\2,%2Fno%2Fsuch:\2", cluster.admin_url)
    assert count == 1

    with pytest.raises(FailedThoughWritten) as failed:
        create(proven(cluster, idp) | {"cluster_url": url})

    assert "the host is a Unix socket: a token would be sent without TLS" in str(failed.value)


def test_the_certificate_of_the_operator_is_not_even_read(
    cluster: EmbeddedCluster,
    idp: OwnIssuer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[str],
) -> None:
    certificate = tmp_path / "client.root.crt"
    certificate.write_text("whoever offers this fails; the operator's URL names another one")
    monkeypatch.setenv("PGSSLCERT", str(certificate))

    create(proven(cluster, idp))

    assert "info: proof: app_orders logged in" in told
