"""Keys that the nodes fetch: logins, switching both ways, what is refused and restored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crdb_sso.errors import CrdbSsoError, GuardRefused
from crdb_sso.tokens.jwks import parse_fetched
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, identity, update, wish
from tests.support.servers import (
    EmbeddedCluster,
    LocalIssuer,
    cluster_that_trusts,
    local_issuer,
    minted,
)
from tests.support.snapshots import ISSUERS
from tests.support.versions import is_since

pytestmark = pytest.mark.holds(since="23.1.17")

SINCE_24_3 = pytest.mark.holds(since="24.3")
"""A CA and a time limit can be set, and issuers may be in a map."""

JWT = "server.jwt_authentication."
FETCH, TIMEOUT, CA = "jwks_auto_fetch.enabled", "client.timeout", "issuers.custom_ca"
OTHER = "org/other/prod/sso"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture(scope="module")
def running_cluster(
    issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    with cluster_that_trusts(issuer, tmp_path_factory.mktemp("cluster")) as running:
        yield running


def ca(issuer: LocalIssuer) -> str:
    return Path(issuer.ca_cert).read_text()


def fetched(cluster: EmbeddedCluster, issuer: LocalIssuer, **changes: Any) -> dict[str, Any]:
    source = {"issuer": issuer.issuer, "keys": {}}
    if is_since("24.3"):
        source["ca"] = ca(issuer)
    return wish(cluster, **({"mode": "fetched", "sources": {"idp": source}} | changes))


def pinned(cluster: EmbeddedCluster, issuer: LocalIssuer, **changes: Any) -> dict[str, Any]:
    keys, _ = parse_fetched(issuer._text(issuer.jwks_uri))  # noqa: SLF001 - as the cloud's keys are read
    source = {"issuer": issuer.issuer, "keys": keys.text_by_kid()}
    return wish(cluster, retire_after_h=24, **({"sources": {"idp": source}} | changes))


def log_in(cluster: EmbeddedCluster, issuer: LocalIssuer) -> str:
    return cluster.login("app_orders", minted(issuer, sub="o-1", aud="crdb"))


def test_a_login_works_before_and_after_a_rotation_and_nothing_is_pinned(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    create(fetched(cluster, issuer))

    assert log_in(cluster, issuer) == "app_orders"
    issuer.rotate()
    assert log_in(cluster, issuer) == "app_orders"

    after = cluster.snapshot()
    assert after.setting(FETCH) == "true"
    if is_since("24.3"):
        assert after.setting(TIMEOUT) == "5s"
        assert after.setting(CA).strip() == ca(issuer).strip()
    assert after.setting("authentication.jwks") == '{"keys":[]}'
    assert after.issuers == f'["{issuer.issuer}"]'


@SINCE_24_3
def test_the_clusters_settings_are_restored_byte_for_byte(
    cluster: EmbeddedCluster, issuer: LocalIssuer, tmp_path: Path
) -> None:
    with local_issuer(tmp_path) as another:
        cluster.set(f"{JWT}{CA}", f"# theirs\n\n{ca(another).strip()}")
    cluster.set(f"{JWT}{TIMEOUT}", "9s")
    found = cluster.snapshot()

    state = create(fetched(cluster, issuer))

    during = cluster.snapshot().setting(CA)
    assert ca(another).strip() in during
    assert ca(issuer).strip() in during
    assert log_in(cluster, issuer) == "app_orders"
    delete(state)
    assert cluster.snapshot() == found


def test_a_switch_there_and_back_lets_logins_through_and_leaves_nothing(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    found = cluster.snapshot()
    state = create(pinned(cluster, issuer))
    before = cluster.snapshot()

    state = update(state, fetched(cluster, issuer))
    assert log_in(cluster, issuer) == "app_orders"
    assert cluster.snapshot().setting("authentication.jwks") == '{"keys":[]}'
    assert "retiring" not in state

    state = update(state, pinned(cluster, issuer))
    assert log_in(cluster, issuer) == "app_orders"
    assert cluster.snapshot().settings == before.settings
    delete(state)
    assert cluster.snapshot() == found


@pytest.mark.parametrize("there", [True, False])
def test_a_switch_that_breaks_off_anywhere_keeps_logins_and_is_completed(
    cluster: EmbeddedCluster, issuer: LocalIssuer, *, there: bool
) -> None:
    ways = [pinned(cluster, issuer), fetched(cluster, issuer)]
    old, new = ways if there else reversed(ways)
    state = create(old)
    for skipped in range(5):
        fault = {"match": "SET CLUSTER SETTING", "kind": "drop_after", "skip": skipped, "times": 1}
        cluster.faults(fault)
        try:
            state = update(state, new)
        except CrdbSsoError:
            cluster.faults()
            assert log_in(cluster, issuer) == "app_orders"
            state = update(update(state, new), old)
        else:
            cluster.faults()
            break
    assert skipped > 1
    assert log_in(cluster, issuer) == "app_orders"


@SINCE_24_3
def test_issuers_are_a_map_with_their_uris_if_all_are_known(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    found = cluster.snapshot()
    source = {"issuer": "https://no-discovery.example.com", "keys": {}, "ca": ca(issuer)}
    source["jwks_uri"] = f"{issuer.issuer}/old"
    state = create(fetched(cluster, issuer, sources={"idp": source}))
    moved = {**source, "jwks_uri": issuer.jwks_uri}

    state = update(state, fetched(cluster, issuer, sources={"idp": moved}))

    assert cluster.snapshot().issuers == (
        f'{{"issuer_jwks_map":{{"https://no-discovery.example.com":"{issuer.jwks_uri}"}}}}'
    )
    delete(state)
    assert cluster.snapshot() == found


def test_keys_that_others_pinned_are_not_disabled(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    cluster.set(ISSUERS, "https://theirs.example.org")
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match=r"tokens of https://theirs\.example\.org") as caught:
        create(fetched(cluster, issuer))

    assert 'Use keys="pinned".' in caught.value.hint
    assert cluster.snapshot() == before


@SINCE_24_3
def test_issuers_of_others_in_a_map_do_not_prevent_fetching(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    theirs = '"https://theirs.example.org" : "https://theirs.example.org/k"'
    cluster.set(ISSUERS, f'{{"issuer_jwks_map": {{{theirs}}}}}')
    found = cluster.snapshot()
    source = {"issuer": issuer.issuer, "keys": {}, "ca": ca(issuer), "jwks_uri": issuer.jwks_uri}

    state = create(fetched(cluster, issuer, sources={"idp": source}))

    assert log_in(cluster, issuer) == "app_orders"
    assert theirs in cluster.snapshot().issuers
    delete(state)
    assert cluster.snapshot() == found


@pytest.mark.parametrize("first", ["pinned", "fetched"])
def test_stacks_of_one_cluster_have_to_agree(
    cluster: EmbeddedCluster, issuer: LocalIssuer, first: str
) -> None:
    wishes = {"pinned": pinned(cluster, issuer), "fetched": fetched(cluster, issuer)}
    second = "fetched" if first == "pinned" else "pinned"
    create(wishes[first])

    with pytest.raises(GuardRefused) as caught:
        create({**wishes[second], "owner": OTHER})

    assert f"this stack wants its keys {second}, {OWNER} (since 20" in caught.value.what
    assert f"has them {first}" in caught.value.what


def test_a_second_stack_that_fetches_too_keeps_fetching_on(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    found = cluster.snapshot()
    logins = {"app_stock": {"identities": {"s": identity("s-1")}}}
    first = create(fetched(cluster, issuer, logins=logins, owner=OTHER))
    second = create(fetched(cluster, issuer))

    delete(first)

    assert log_in(cluster, issuer) == "app_orders"
    delete(second)
    assert cluster.snapshot() == found


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        pytest.param(FETCH, "false", id="the switch"),
        pytest.param(TIMEOUT, "1s", id="the time limit", marks=SINCE_24_3),
    ],
)
def test_without_drift_a_stack_reads_as_written_and_drift_is_repaired(
    cluster: EmbeddedCluster, issuer: LocalIssuer, setting: str, value: str
) -> None:
    state = create(fetched(cluster, issuer))
    before = cluster.snapshot()
    assert PROVIDER.read(OWNER, state).outs == state

    cluster.set(f"{JWT}{setting}", value)
    seen = PROVIDER.read(OWNER, state).inputs or {}
    assert seen["mode"] == "pinned"
    update(state | seen, fetched(cluster, issuer))
    assert cluster.snapshot() == before


@SINCE_24_3
def test_a_ca_that_somebody_dropped_is_seen_and_comes_back(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    state = create(fetched(cluster, issuer))
    cluster.set(f"{JWT}{CA}", "")
    seen = PROVIDER.read(OWNER, state).inputs or {}
    assert "ca" not in seen["sources"]["idp"]
    with pytest.raises(psycopg.OperationalError, match="unable to validate token"):
        log_in(cluster, issuer)
    update(state | seen, fetched(cluster, issuer))
    assert log_in(cluster, issuer) == "app_orders"
