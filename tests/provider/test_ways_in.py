"""Connections to a real cluster: environment, TLS, and clusters that come up later."""

import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from crdb_sso.clients.connecting.connection import connection
from crdb_sso.errors import ClusterUnreachable
from tests.support.ports import kept_port
from tests.support.provider_calls import create, delete, wish
from tests.support.servers import EmbeddedCluster, embedded_cluster

ODD_PASSWORD = "p/@:?#% &=ü'\"\\x"


def shown(url: str, *variables: str) -> list[str]:
    with connection(url) as conn:
        rows = [conn.execute(f"SHOW {variable}").fetchone() for variable in variables]
    return [str(row[0]) for row in rows if row]


@pytest.mark.parametrize(
    ("environment", "parameters", "expected"),
    [
        pytest.param({}, "", "10min", id="no options"),
        pytest.param(
            {"PGOPTIONS": "-c statement_timeout=41s"}, "", "41000", id="in the environment"
        ),
        pytest.param({}, "&options=-c%20statement_timeout%3D42s", "42000", id="in the URL"),
        pytest.param(
            {"PGOPTIONS": "-c statement_timeout=41s"},
            "&options=-c%20statement_timeout%3D42s",
            "42000",
            id="the URL wins",
        ),
    ],
)
@pytest.mark.holds(since="24.1")  # the first with autocommit_before_ddl
def test_the_users_connection_options_are_added_to_ours(
    cluster: EmbeddedCluster,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    parameters: str,
    expected: str,
) -> None:
    monkeypatch.delenv("PGOPTIONS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    timeout, autocommit = shown(
        cluster.admin_url + parameters, "statement_timeout", "autocommit_before_ddl"
    )

    assert timeout.removesuffix("ms").replace("s", "000") == expected
    assert autocommit == "off"


def test_a_password_with_special_characters_works_when_escaped(
    cluster: EmbeddedCluster,
) -> None:
    literal = ODD_PASSWORD.replace("'", "''")
    cluster.execute(f"CREATE USER op WITH PASSWORD '{literal}'")
    cluster.execute("GRANT admin TO op")
    url = (
        f"postgresql://op:{quote(ODD_PASSWORD, safe='')}@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )
    before = cluster.snapshot()

    delete(create(wish(cluster, cluster_url=url)))

    assert cluster.snapshot() == before


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("sslmode=verify-full", "sslmode=disable", "secure mode", id="without TLS"),
        pytest.param(
            "sslmode=",
            "host=db.example.com&hostaddr=127.0.0.1&sslmode=",
            'does not match host name "db.example.com"',
            id="another name",
        ),
    ],
)
def test_a_tls_mismatch_is_reported_with_what_to_check(
    cluster: EmbeddedCluster, old: str, new: str, reason: str
) -> None:
    before = cluster.snapshot()
    assert old in cluster.admin_url

    with pytest.raises(ClusterUnreachable, match=reason) as caught:
        create(wish(cluster, cluster_url=cluster.admin_url.replace(old, new)))

    assert caught.value.hint.startswith("Check sslmode, sslrootcert")
    assert cluster.snapshot() == before


def test_a_cluster_that_comes_up_during_the_wait_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_CONNECT_WAIT_S", "60")
    states: list[dict[str, Any]] = []
    with kept_port() as port:
        with embedded_cluster(tmp_path, "--port", str(port)) as cluster:
            props = wish(cluster)
        creating = threading.Thread(target=lambda: states.append(create(props)), daemon=True)

        creating.start()
        with embedded_cluster(tmp_path, "--port", str(port)) as cluster:
            creating.join(timeout=60)

            assert states, "nothing was created"
            users = {user for user, _, _ in cluster.snapshot().users}
            assert {"app_orders", "app_billing"} < users


def test_two_components_of_one_program_do_not_lose_each_others_entries(
    cluster: EmbeddedCluster,
) -> None:
    found = cluster.snapshot()
    one, two = wish(cluster, owner="org/shop/dev/one"), wish(cluster, owner="org/shop/dev/two")
    two["sources"]["idp"]["issuer"] = "https://two.example.com"
    two["logins"] = {"app_two": two["logins"].pop("app_orders")}
    cluster.faults({"match": "SET CLUSTER SETTING", "kind": "delay", "ms": 100, "times": -1})

    states = side_by_side(lambda: create(one), lambda: create(two))

    standing = cluster.snapshot()
    lines = standing.setting("identity_map.configuration").splitlines()
    assert {line.split()[0] for line in lines} == {
        "https://idp.example.com",
        "https://two.example.com",
    }
    assert len(lines) == 3
    for issuer in ("https://idp.example.com", "https://two.example.com"):
        assert issuer in standing.issuers
    side_by_side(lambda: delete(states[0]), lambda: delete(states[1]))
    cluster.faults()
    assert cluster.snapshot() == found


def side_by_side(*calls: Any) -> list[Any]:
    """Run calls at the same time; return their results in order."""
    results: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda i=i, call=call: results.update({i: call()}))
        for i, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(calls)
    return [results[i] for i in range(len(calls))]
