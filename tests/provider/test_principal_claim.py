"""Logins by another claim than `sub`, on an embedded cluster."""

from collections.abc import Iterator

import psycopg
import pytest

from crdb_sso.errors import UnsupportedVersion
from crdb_sso.tokens.jwks import parse_fetched
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer, minted

POINTER = "/kubernetes.io/serviceaccount/uid"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.mark.holds(since="23.1")
def test_tokens_are_mapped_by_the_claim_until_destroy_restores_it(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    found = cluster.snapshot()
    keys, _ = parse_fetched(issuer._text(issuer.jwks_uri))  # noqa: SLF001 - as the cloud's keys are read
    sources = {"idp": {"issuer": issuer.issuer, "keys": keys.text_by_kid()}}
    by_iss = {"o": {"source": "idp", "audience": "crdb", "subject": issuer.issuer}}
    props = wish(cluster, sources=sources, logins={"app_orders": {"identities": by_iss}})
    token = minted(issuer, sub="anybody", aud="crdb")

    state = create({**props, "claim": "iss"})

    assert cluster.login("app_orders", token) == "app_orders"
    assert PROVIDER.read(OWNER, state).outs == state
    cluster.execute("SET CLUSTER SETTING server.jwt_authentication.claim = 'sub'")
    seen = PROVIDER.read(OWNER, state).inputs or {}
    assert seen["claim"] == "sub"
    assert PROVIDER.diff(OWNER, state | seen, {**props, "claim": "iss"}).changes
    state = update(state | seen, {**props, "claim": "iss"})
    assert cluster.login("app_orders", token) == "app_orders"
    state = update(state, props)
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_orders", token)
    delete(state)
    assert cluster.snapshot() == found


@pytest.mark.holds(since="23.1", before="26.3")
def test_a_pointer_is_refused_by_the_version_that_the_cluster_shows(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()

    with pytest.raises(UnsupportedVersion, match=r"takes JSON Pointers since 26\.3"):
        create(wish(cluster, claim=POINTER))

    assert cluster.snapshot() == before


@pytest.mark.holds(since="26.3")
def test_a_pointer_leads_to_the_principal(cluster: EmbeddedCluster) -> None:
    found = cluster.snapshot()

    state = create(wish(cluster, claim=POINTER))

    assert cluster.snapshot().setting("jwt_authentication.claim") == POINTER
    delete(state)
    assert cluster.snapshot() == found
