"""Hydra, a server that nobody here wrote, is trusted, rotated by its admin API and forgotten."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from crdb_sso.verdict.jose.decoding import decode
from crdb_sso.workload import Login, tokens
from tests.support.hydra_build import LONGEST_BUILD_S
from tests.support.hydra_issuer import (
    AUDIENCE,
    SECRET,
    SERVICE,
    HydraIssuer,
    hydra_issuer,
)
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(LONGEST_BUILD_S + 300)]


@pytest.fixture(scope="module")
def hydra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HydraIssuer]:
    with hydra_issuer(tmp_path_factory.mktemp("hydra")) as running:
        yield running


@pytest.fixture
def wish(cluster: EmbeddedCluster, hydra: HydraIssuer) -> dict[str, Any]:
    idp = {"issuer": hydra.issuer, "audience": AUDIENCE, "ca_file": hydra.ca_cert}
    return {
        "cluster_url": cluster.admin_url,
        "connect_ca_file": cluster.ca_cert,
        "issuers": {"idp": idp},
        "logins": {"app_orders": {"identities": [["idp", SERVICE]]}},
    }


def source(hydra: HydraIssuer) -> tokens.client_credentials:
    """Return what a workload gets its tokens from."""
    return tokens.client_credentials(
        hydra.token_endpoint,
        SERVICE,
        client_secret=SECRET,
        audience=AUDIENCE,
        ca_file=hydra.ca_cert,
    )


def workload(stack: Stack) -> Login:
    return Login.from_outputs(stack.output("connect"), "app_orders")


def user(login: Login, source: Callable[[], str] | tokens.client_credentials) -> str:
    """Log in as a workload does; return `current_user`."""
    with login.connect(source) as session:
        (name,) = session.execute("SELECT current_user").fetchone() or ("",)
    return str(name)


def test_pinned_keys_follow_a_rotation_and_end_after_it(
    cluster: EmbeddedCluster, hydra: HydraIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish(wish)
    stack.up()
    login = workload(stack)
    assert user(login, source(hydra)) == "app_orders"
    before = source(hydra).token().value
    assert login.check(lambda: before).first_failure is None

    new = hydra.rotate()
    after = source(hydra).token().value
    assert (decode(after).kid, decode(after).headers[0]["alg"]) == (new, "ES256")
    with pytest.raises(psycopg.OperationalError, match="invalid token"):
        user(login, lambda: after)
    stack.up()
    assert user(login, lambda: after) == user(login, lambda: before) == "app_orders"

    hydra.withdraw(decode(before).kid)
    stack.up()
    assert user(login, lambda: before) == "app_orders"  # while the old key is retired
    cluster.execute("UPDATE crdb_sso.public.retiring SET until = now() - '1s'::INTERVAL")
    stack.up_with_refresh()
    assert user(login, lambda: after) == "app_orders"
    with pytest.raises(psycopg.OperationalError, match="invalid token"):
        user(login, lambda: before)

    stack.destroy()
    assert cluster.snapshot() == found


@pytest.mark.holds(since="24.3")  # before, a cluster can't be told which CA to trust
def test_fetched_keys_follow_a_rotation_by_themselves(
    cluster: EmbeddedCluster, hydra: HydraIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish({**wish, "keys": "fetched"})
    stack.up()
    login = workload(stack)
    before = source(hydra).token().value
    assert user(login, lambda: before) == "app_orders"

    hydra.rotate()
    after = source(hydra).token().value
    assert user(login, lambda: after) == user(login, lambda: before) == "app_orders"
    hydra.withdraw(decode(before).kid)
    with pytest.raises(psycopg.OperationalError, match="invalid token"):
        user(login, lambda: before)

    stack.destroy()
    assert cluster.snapshot() == found
