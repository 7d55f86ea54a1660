"""Two of the issuers' examples by the real engine: one whose issuer nobody here wrote."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from crdb_sso.workload import Login, tokens
from tests.support.examples import Example
from tests.support.issuers.machines import KUBERNETES, OF_POD
from tests.support.issuers.oauth import SERVICE_ACCOUNT
from tests.support.issuers.row import IssuerKey
from tests.support.servers import EmbeddedCluster
from tests.support.third_party_issuer import SECRET, SERVICE, ThirdPartyIssuer, third_party_issuer

pytestmark = pytest.mark.engine

REALM = "https://keycloak.example.com/realms/shop"
SECRET_FILE = "/var/run/secrets/keycloak/client-secret"


@pytest.fixture
def third_party(
    tmp_path_factory: pytest.TempPathFactory, example: Example, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ThirdPartyIssuer]:
    """The issuer in place of the example's realm, and what a workload finds."""
    folder = tmp_path_factory.mktemp("third-party")
    with third_party_issuer(folder) as issuer:
        secret = folder / "client-secret"
        secret.write_text(SECRET)
        example.settle(
            (REALM, issuer.issuer), (SERVICE_ACCOUNT, SERVICE), (SECRET_FILE, str(secret))
        )
        example.environment["SSL_CERT_FILE"] = issuer.ca_cert
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", issuer.ca_cert)
        yield issuer


def workload(example: Example, cluster: EmbeddedCluster) -> Login:
    """Return a login as a workload makes it: of the stack's output."""
    (example.folder / "connect.json").write_text(example.run("pulumi stack output connect --json"))
    output = example.folder / "connect.json"
    return Login.from_outputs(output, "app_orders", ca_file=cluster.ca_cert)


def user_of(login: Login) -> str:
    with login.connect(login.source()) as session:
        (user,) = session.execute("SELECT current_user").fetchone() or ("",)
    return str(user)


@pytest.mark.parametrize("example", ["issuers/keycloak"], indirect=True, ids=["keycloak"])
def test_an_issuer_that_nobody_here_wrote_is_trusted_rotated_and_forgotten(
    example: Example, cluster: EmbeddedCluster, third_party: ThirdPartyIssuer
) -> None:
    found = cluster.snapshot()
    example.bring_up(cluster.admin_url)
    login = workload(example, cluster)

    assert user_of(login) == "app_orders"
    before = login.source().token().value
    assert login.check(lambda: before).first_failure is None

    third_party.rotate()
    with pytest.raises(psycopg.OperationalError, match="invalid token"):
        user_of(login)
    example.run("pulumi up")
    assert user_of(login) == "app_orders"
    assert cluster.login("app_orders", before) == "app_orders"

    third_party.rotate(keep=0)  # at once, with the old ones withdrawn
    example.run("pulumi up")
    assert user_of(login) == "app_orders"
    assert cluster.login("app_orders", before) == "app_orders"  # while the old keys are retired

    third_party.stop()
    example.run("pulumi up")  # keys stay if the issuer is down
    example.run("pulumi destroy")
    left = cluster.snapshot()
    assert (left.settings, left.users) == (found.settings, found.users)


@pytest.mark.parametrize("example", ["issuers/kubernetes"], indirect=True, ids=["kubernetes"])
def test_pods_log_in_though_nobody_reaches_their_issuer(
    example: Example, cluster: EmbeddedCluster
) -> None:
    key = IssuerKey.made_for(KUBERNETES)
    (example.folder / "cluster-keys.json").write_text(key.jwks())
    example.bring_up(cluster.admin_url)
    login = workload(example, cluster)
    projected = example.folder / "token"
    projected.write_text(key.token(OF_POD, int(time.time())))

    assert login.token_from == {"kind": "kubernetes"}
    with login.connect(tokens.kubernetes(projected)) as session:
        assert session.execute("SELECT current_user").fetchone() == ("app_orders",)
    example.run("pulumi preview --expect-no-changes", "pulumi destroy")
    assert "app_" not in str(cluster.snapshot())
