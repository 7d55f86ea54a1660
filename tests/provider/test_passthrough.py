"""Subjects as user names, on an embedded cluster: who can log in, and who no longer can."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crdb_sso.errors import GuardRefused
from crdb_sso.tokens.jwks import parse_fetched
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer, minted


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def identity(subject: str) -> dict[str, Any]:
    return {"identities": {"o": {"source": "idp", "audience": "crdb", "subject": subject}}}


@pytest.fixture
def props(cluster: EmbeddedCluster, issuer: LocalIssuer) -> dict[str, Any]:
    keys, _ = parse_fetched(issuer.jwks())
    source = {
        "issuer": issuer.issuer,
        "keys": keys.text_by_kid(),
        "subject_is_username": True,
        "audience": "crdb",
    }
    return wish(cluster, sources={"idp": source}, logins={"app.orders": identity("App.Orders")})


def test_each_subject_logs_in_as_the_user_of_its_name(
    cluster: EmbeddedCluster, issuer: LocalIssuer, props: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    cluster.execute("CREATE USER theirs")

    state = create(props)

    assert cluster.login("app.orders", minted(issuer, sub="App.Orders", aud="crdb")) == "app.orders"
    assert cluster.login("theirs", minted(issuer, sub="theirs", aud="crdb")) == "theirs"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("theirs", minted(issuer, sub="App.Orders", aud="crdb"))
    assert PROVIDER.read(OWNER, state).outs == state
    delete(state)
    cluster.execute("DROP USER theirs")
    assert cluster.snapshot() == found


def test_a_line_added_by_hand_is_seen_and_named(
    cluster: EmbeddedCluster, issuer: LocalIssuer, props: dict[str, Any]
) -> None:
    state = create(props)
    cluster.set("server.identity_map.configuration", f"{issuer.issuer} s theirs")
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app.orders", minted(issuer, sub="App.Orders", aud="crdb"))

    seen = PROVIDER.read(OWNER, state).inputs or {}

    assert seen["sources"]["idp"]["trusted"] is False
    with pytest.raises(GuardRefused, match="a line that no stack put there maps them"):
        update(state | seen, props)
    cluster.execute("RESET CLUSTER SETTING server.identity_map.configuration")
    delete(update(state | seen, props))


def test_logins_may_become_mapped_without_a_gap(
    cluster: EmbeddedCluster, issuer: LocalIssuer, props: dict[str, Any]
) -> None:
    token = minted(issuer, sub="App.Orders", aud="crdb")
    state = create(props)
    source = {k: v for k, v in props["sources"]["idp"].items() if k in ("issuer", "keys")}
    mapped = props | {"sources": {"idp": source}}

    state = update(state, mapped)

    assert cluster.login("app.orders", token) == "app.orders"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("root", minted(issuer, sub="root", aud="crdb"))
    delete(update(state, props))
