"""Forced SSO on a cluster: who can log in after `up`, and that `destroy` restores everything."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from crdb_sso.errors import GuardRefused
from crdb_sso.tokens.jwks import parse_given
from dev.emulator.host.certificates import issue_client
from tests.provider.test_crash_points import crash_points
from tests.support.provider_calls import (
    AUDIENCE,
    OWNER,
    PROVIDER,
    create,
    delete,
    identity,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster, local_issuer, minted
from tests.support.snapshots import ORIGIN

SETTING = "server.host_based_authentication.configuration"
FOREIGN = "# people\nhost all mon 10.0.0.5/32 cert\nhost  all all all cert-password"
OPS = {"ops all": "password"}
OTHER = "org/shop/dev/other"


@pytest.fixture(autouse=True)
def given_back(cluster: EmbeddedCluster) -> Iterator[None]:
    yield
    cluster.faults()
    cluster.execute(f"RESET CLUSTER SETTING {SETTING}")


def rules(cluster: EmbeddedCluster) -> tuple[str, str]:
    """Return text and origin of the host-based rules; without an origin, they count as set."""
    (row,) = cluster.execute(
        "SELECT * FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = %s", [SETTING]
    )
    if len(row) > ORIGIN:
        return row[1], row[ORIGIN]
    return row[1], "override" if row[1] else "default"


def certificate(cluster: EmbeddedCluster, user: str) -> dict[str, str]:
    """Return the parameters to log in by certificate."""
    cert, key = issue_client(cluster.folder, user)
    return {"sslcert": str(cert), "sslkey": str(key)}


def comes_in(cluster: EmbeddedCluster, user: str, **more: Any) -> str:
    """Log in, by password or certificate; return the cluster's objection, if any."""
    try:
        psycopg.connect(
            host=cluster.host,
            port=cluster.port,
            user=user,
            password="pa55-word",
            dbname="defaultdb",
            sslmode="verify-full",
            sslrootcert=cluster.ca_cert,
            **more,
        ).close()
    except psycopg.OperationalError as exc:
        return str(exc)
    return ""


@pytest.fixture
def people(cluster: EmbeddedCluster) -> None:
    for user in ("ops", "dev"):
        cluster.execute(f"CREATE USER {user} WITH PASSWORD 'pa55-word'")


@pytest.mark.usefixtures("people")
def test_those_who_are_not_kept_are_rejected_until_destroy(cluster: EmbeddedCluster) -> None:
    cluster.set(SETTING, FOREIGN)
    assert comes_in(cluster, "dev") == ""

    state = create(wish(cluster, sso_only=OPS))

    assert comes_in(cluster, "ops") == ""
    assert "authentication rejected by configuration" in comes_in(cluster, "dev")
    delete(state)
    assert rules(cluster) == (FOREIGN, "override")
    assert comes_in(cluster, "dev") == ""


@pytest.mark.usefixtures("people")
def test_the_certificate_of_a_kept_user_works_and_others_do_not(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster, sso_only={"ops all": "cert"}))

    assert comes_in(cluster, "ops", **certificate(cluster, "ops")) == ""
    said = comes_in(cluster, "dev", **certificate(cluster, "dev"))
    assert "authentication rejected by configuration" in said
    assert "no TLS peer certificates" in comes_in(cluster, "ops")


def test_tokens_log_in_whatever_the_rules_say(
    cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as issuer:
        props = wish(cluster, sso_only={})
        keys = parse_given(issuer.jwks()).text_by_kid()
        props["sources"]["idp"] = {"issuer": issuer.issuer, "keys": keys}
        create(props)

        token = minted(issuer, sub="o-1", aud="crdb")
        assert cluster.login("app_orders", token) == "app_orders"


def test_a_setting_at_its_default_is_at_its_default_again(cluster: EmbeddedCluster) -> None:
    delete(create(wish(cluster, sso_only={})))

    assert rules(cluster) == ("", "default")


def test_two_stacks_share_one_block(cluster: EmbeddedCluster) -> None:
    cluster.set(SETTING, FOREIGN)
    one = create(wish(cluster, sso_only=OPS))
    two = create(wish(cluster, owner=OTHER, sso_only={"bak all": "cert"}))
    both, _ = rules(cluster)
    delete(one)
    left, _ = rules(cluster)
    delete(two)

    assert "hostssl all bak all cert\nhostssl all ops all password\nhost all all all reject" in both
    assert "ops" not in left
    assert "hostssl all bak all cert\n" in left
    assert rules(cluster) == (FOREIGN, "override")


def test_an_update_begins_changes_and_ends_forced_sso(cluster: EmbeddedCluster) -> None:
    state = update(create(wish(cluster)), wish(cluster, sso_only=OPS))
    assert "ops all password" in rules(cluster)[0]
    state = update(state, wish(cluster, sso_only={"ops all": "cert"}))
    assert "ops all cert" in rules(cluster)[0]
    update(state, wish(cluster))
    assert rules(cluster) == ("", "default")


def test_refresh_sees_that_somebody_opened_the_doors(cluster: EmbeddedCluster) -> None:
    props = wish(cluster, sso_only=OPS)
    state = create(props)
    assert PROVIDER.read(OWNER, state).inputs == props

    cluster.set(SETTING, f"host all all all password\n{rules(cluster)[0]}")

    assert PROVIDER.read(OWNER, state).inputs == wish(cluster)
    update(refresh(state), props)
    assert PROVIDER.read(OWNER, state).inputs == props


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_an_update_that_fails_anywhere_closes_the_doors_with_the_next(
    cluster: EmbeddedCluster, kind: str
) -> None:
    cluster.set(SETTING, FOREIGN)
    old = create(wish(cluster))
    for _ in crash_points(cluster, kind, lambda: update(old, wish(cluster, sso_only=OPS))):
        closed = update(old, wish(cluster, sso_only=OPS))
        assert "ops all password" in rules(cluster)[0]
        update(closed, wish(cluster))
        assert rules(cluster) == (FOREIGN, "override")


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_delete_that_fails_anywhere_restores_the_rules_with_the_next(
    cluster: EmbeddedCluster, kind: str
) -> None:
    cluster.set(SETTING, FOREIGN)
    states: list[dict[str, Any]] = [create(wish(cluster, sso_only=OPS))]
    for _ in crash_points(cluster, kind, lambda: delete(states[-1])):
        delete(states[-1])
        assert rules(cluster) == (FOREIGN, "override")
        states.append(create(wish(cluster, sso_only=OPS)))
    assert rules(cluster) == (FOREIGN, "override")


@pytest.mark.usefixtures("people")
def test_an_operator_that_would_be_shut_out_changes_nothing(cluster: EmbeddedCluster) -> None:
    cluster.execute("GRANT admin TO dev")
    before = cluster.snapshot()
    url = (
        f"postgresql://dev:pa55-word@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )

    with pytest.raises(GuardRefused, match="would shut out the operator dev") as caught:
        create(wish(cluster, cluster_url=url, sso_only={}))

    assert '{"user": "dev", "method": "password"}' in caught.value.hint
    assert cluster.snapshot() == before
    assert rules(cluster) == ("", "default")
    state = create(wish(cluster, cluster_url=url, sso_only={"dev all": "password"}))
    delete(state)


@pytest.mark.usefixtures("people")
def test_doors_of_others_that_stay_do_not_shut_out_the_operator_unsaid(
    cluster: EmbeddedCluster,
) -> None:
    cluster.execute("GRANT admin TO ops")
    cluster.execute("GRANT admin TO dev")
    url = (
        f"postgresql://ops:pa55-word@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )
    kept = wish(cluster, cluster_url=url, sso_only=OPS)
    state = create(kept)
    other = create(wish(cluster, owner=OTHER, sso_only={"dev all": "password"}))
    before = cluster.snapshot()

    changes: list[dict[str, Any]] = [
        {"sso_only": None},
        {"sso_only": None, "sources": {}, "logins": {}},
    ]
    for news in changes:
        for refused in (partial(PROVIDER.diff, OWNER), update):
            with pytest.raises(GuardRefused, match="would shut out the operator ops"):
                refused(state, {k: v for k, v in (kept | news).items() if v is not None})

    assert cluster.snapshot() == before
    delete(state)  # that always works
    assert "rejected" in comes_in(cluster, "ops")
    delete(other)
    assert comes_in(cluster, "ops") == ""


@pytest.fixture
def by_token(
    cluster: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Yield the wish of a stack whose operator is an admin with a token."""
    cluster.execute("CREATE USER boss")
    cluster.execute("GRANT admin TO boss")
    with local_issuer(tmp_path_factory.mktemp("issuer")) as issuer:
        keys = parse_given(issuer.jwks()).text_by_kid()
        sources = {"idp": {"issuer": issuer.issuer, "keys": keys}}
        boss = {"identities": {"me": identity("boss-1")}, "allow_privileged": True}
        create(wish(cluster, sources=sources, logins={"boss": boss}, owner=OTHER))
        url = (
            f"postgresql://boss:{minted(issuer, sub='boss-1', aud=AUDIENCE)}@{cluster.host}"
            f":{cluster.port}/defaultdb?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
            "&options=--crdb:jwt_auth_enabled%3Dtrue"
        )
        yield wish(cluster, cluster_url=url, sources=sources, sso_only={})


@pytest.mark.holds(before="26.1")
def test_an_operator_with_a_token_may_close_the_doors_while_root_has_one(
    by_token: dict[str, Any],
) -> None:
    create(by_token)


@pytest.mark.usefixtures("people")
@pytest.mark.holds(since="26.1")
def test_an_operator_with_a_token_must_keep_an_admin_where_root_may_be_shut_out(
    cluster: EmbeddedCluster, by_token: dict[str, Any]
) -> None:
    kept = by_token | {"sso_only": OPS}
    for refused, reason in ((by_token, "--disallow-root-login"), (kept, "ops is kept, but is not")):
        with pytest.raises(GuardRefused, match=f"tokens as the only certain way in: .*{reason}"):
            create(refused)

    cluster.execute("GRANT admin TO ops")
    state = create(kept)

    create(wish(cluster, owner="org/shop/dev/third", sso_only={"dev all": "cert"}))
    without = {name: value for name, value in kept.items() if name != "sso_only"}
    with pytest.raises(
        GuardRefused, match=r"only certain way in: .*dev is kept, but is not an adm"
    ):
        update(state, without)
    cluster.execute("GRANT admin TO dev")
    update(state, without)


def test_hidden_rules_matter_only_where_sso_is_forced(cluster: EmbeddedCluster) -> None:
    fault = {"match": "SHOW", "kind": "redact", "message": "host_based", "times": -1}
    cluster.faults(fault)

    state = create(wish(cluster))

    with pytest.raises(GuardRefused, match=r"host_based_authentication.* reads as <redacted>"):
        update(state, wish(cluster, sso_only=OPS))
