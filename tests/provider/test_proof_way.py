"""A proof verifies the cluster whatever the operator does, and offers nothing of the operator's."""

import re
from pathlib import Path

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.provider.engine_errors import FailedThoughWritten
from tests.provider.proven_wishes import proven
from tests.support.own_issuer import OwnIssuer
from tests.support.provider_calls import PROVIDER, create
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


@pytest.fixture
def url_of_a_socket(cluster: EmbeddedCluster) -> str:
    """A URL whose first host an operator reaches, and whose second is a Unix socket."""
    url, count = re.subn(r"@([^/?]*):(\d+)", r"@\1:\2,%2Fno%2Fsuch:\2", cluster.admin_url)
    assert count == 1
    return url


def test_a_token_is_not_sent_to_a_socket_where_there_is_no_tls(
    cluster: EmbeddedCluster, idp: OwnIssuer, url_of_a_socket: str
) -> None:
    found = cluster.snapshot()

    with pytest.raises(InvalidInput, match="the host is a Unix socket: a token would be sent"):
        create(proven(cluster, idp) | {"cluster_url": url_of_a_socket})

    assert cluster.snapshot() == found


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param("", "the host is a Unix socket: a token would be sent", id="a socket"),
        pytest.param(
            "&options=-ccluster%3Da%27b",
            "the `options` of cluster_url name a virtual",
            id="options",
        ),
    ],
)
def test_a_preview_refuses_a_way_that_no_token_goes(
    cluster: EmbeddedCluster, idp: OwnIssuer, url_of_a_socket: str, options: str, reason: str
) -> None:
    url = f"{cluster.admin_url}{options}" if options else url_of_a_socket

    (failure,) = PROVIDER.check({}, proven(cluster, idp) | {"cluster_url": url}).failures or []

    assert not failure.property  # the engine would print its value
    assert failure.reason.startswith(
        f"cluster_url does not lead to where `prove` can log in: {reason}"
    )


def test_a_login_that_is_shut_out_is_shut_out_over_a_socket_too(
    cluster: EmbeddedCluster, idp: OwnIssuer, url_of_a_socket: str
) -> None:
    news = proven(cluster, idp) | {"cluster_url": url_of_a_socket}
    news["logins"]["app_orders"]["login"] = False

    assert not PROVIDER.check({}, news).failures


def test_a_url_that_cannot_be_read_is_one_problem(cluster: EmbeddedCluster, idp: OwnIssuer) -> None:
    failures = PROVIDER.check({}, proven(cluster, idp) | {"cluster_url": "mysql://db"}).failures

    assert len(failures or []) == 1


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
