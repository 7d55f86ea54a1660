"""A clear error, and nothing written."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from crdb_sso.errors import ClusterRefused, ClusterUnreachable, GuardRefused, UnsupportedVersion
from tests.support.ports import kept_port
from tests.support.provider_calls import ISSUER, KEY_2, PROVIDER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

FORGED_K1 = KEY_2.replace('"k2"', '"k1"')
VENDOR = "https://cockroachlabs.cloud"
AUDIENCE_NAME = "server.jwt_authentication.audience"


def refused(cluster: EmbeddedCluster, props: dict[str, Any], text: str, *, hint: str) -> None:
    """Check that creating is refused with a text, and changes nothing."""
    faults = json.loads(cluster.faults_file.read_text())
    cluster.faults()
    before = cluster.snapshot()
    cluster.faults(*faults)
    with pytest.raises((GuardRefused, ClusterUnreachable, UnsupportedVersion)) as caught:
        create(props)
    assert text in str(caught.value)
    assert hint in caught.value.hint
    assert "Traceback" not in str(caught.value)
    cluster.faults()
    assert cluster.snapshot() == before


def set_by_hand(name: str, value: str) -> Callable[[EmbeddedCluster], None]:
    return lambda cluster: cluster.set(name, value)


def fault(kind: str, setting: str) -> Callable[[EmbeddedCluster], None]:
    return lambda cluster: cluster.faults(
        {"match": "SHOW", "kind": kind, "message": setting, "times": -1}
    )


GUARDS = {
    "a kid that names another key": (
        set_by_hand("server.jwt_authentication.jwks", f'{{"keys":[{FORGED_K1}]}}'),
        "the kid 'k1' already names another key on this cluster, put there by somebody outside",
        "under another kid",
    ),
    "an issuer on which others log in without a line": (
        set_by_hand(ISSUERS, ISSUER),
        f"issuer {ISSUER} is already trusted here without an identity map line",
        "close_passthrough",
    ),
    "a redacted live value": (
        fault("redact", "identity_map"),
        "server.identity_map.configuration reads as <redacted>",
        "GRANT SYSTEM MODIFYCLUSTERSETTING",
    ),
    "an overridden live value": (
        fault("override", "audience"),
        "server.jwt_authentication.audience is overridden from outside",
        "host cluster",
    ),
    "an unparsable live value": (
        set_by_hand(ISSUERS, '["https://a"] trailing'),
        "can't be read: there is text after the JSON value",
        "fix it by hand",
    ),
}


SHOWS_ORIGIN = pytest.mark.holds(
    since="23.2"
)  # older versions do not show where a value comes from


@pytest.mark.parametrize(
    ("prepare", "text", "hint"),
    [
        pytest.param(*v, id=k, marks=[SHOWS_ORIGIN] if k == "an overridden live value" else [])
        for k, v in GUARDS.items()
    ],
)
def test_a_guard_refuses_before_anything_is_written(
    cluster: EmbeddedCluster,
    prepare: Callable[[EmbeddedCluster], None],
    text: str,
    hint: str,
) -> None:
    prepare(cluster)

    refused(cluster, wish(cluster), text, hint=hint)


def test_close_passthrough_permits_the_first_line(cluster: EmbeddedCluster) -> None:
    cluster.set(ISSUERS, ISSUER)
    props = wish(cluster)
    props["sources"]["idp"]["close_passthrough"] = True

    delete(create(props))

    assert cluster.snapshot().issuers == ISSUER


def test_a_role_that_does_not_exist_is_named_with_the_statement_that_creates_it(
    cluster: EmbeddedCluster,
) -> None:
    props = wish(cluster)
    props["logins"]["app_orders"]["roles"] = {"orders_rw": True}

    refused(
        cluster,
        props,
        "this role does not exist on the cluster: orders_rw",
        hint='CREATE ROLE "orders_rw";',
    )


def test_the_vendor_issuer_is_never_dropped(cluster: EmbeddedCluster) -> None:
    props = wish(cluster)
    props["sources"]["idp"]["issuer"] = VENDOR
    state = create(props)
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match=f"this would drop {VENDOR}"):
        delete(state)

    assert cluster.snapshot() == before
    cluster.set(ISSUERS, "[]")
    delete(state)
    assert cluster.snapshot().issuers == ""


def test_claim_tables_of_a_newer_version_are_left_alone(cluster: EmbeddedCluster) -> None:
    delete(create(wish(cluster)))
    cluster.execute("UPDATE crdb_sso.public.meta SET value = '4' WHERE key = 'schema_version'")

    before = cluster.snapshot()
    with pytest.raises(UnsupportedVersion, match=r"are of version 4; this program knows up to 3"):
        create(wish(cluster))
    assert cluster.snapshot() == before


def test_a_kid_of_another_stack_names_that_stack(cluster: EmbeddedCluster) -> None:
    create(wish(cluster, owner="org/other/prod/sso"))
    props = wish(cluster)
    props["sources"]["idp"]["keys"]["k1"] = FORGED_K1

    refused(cluster, props, "put there by org/other/prod/sso", hint="under another kid")


def test_a_setting_that_this_version_lacks_names_the_first_that_has_it(
    cluster: EmbeddedCluster,
) -> None:
    cluster.faults({"match": "SHOW ALL", "kind": "hide", "message": r"\.jwks$", "times": -1})

    refused(
        cluster,
        wish(cluster),
        "this cluster has no setting server.jwt_authentication.jwks",
        hint="CockroachDB has it since 22.2",
    )


# refused by the cluster, in the middle


def test_an_error_in_the_middle_names_what_was_already_written(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster, logins={}))
    fault = {"match": f"SET CLUSTER SETTING {AUDIENCE_NAME}", "kind": "error", "times": -1}
    cluster.faults(fault | {"sqlstate": "XXUUU", "message": "disk is full"})

    with pytest.raises(ClusterRefused) as caught:
        update(state, wish(cluster))

    assert caught.value.what == f"while setting {AUDIENCE_NAME}: disk is full"
    assert caught.value.written == ("claims and users", "server.identity_map.configuration")
    assert (
        "\n  Already written: claims and users, server.identity_map.configuration.\n  Next step:"
    ) in str(caught.value)


# the connection


def test_the_wait_for_a_cluster_that_never_answers_is_bounded(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_CONNECT_WAIT_S", "0.5")
    with kept_port() as port:
        props = wish(cluster, cluster_url=f"postgresql://root:s3cret@127.0.0.1:{port}/defaultdb")

        with pytest.raises(ClusterUnreachable) as caught:
            create(props)

    assert f"can't connect to 127.0.0.1:{port}" in str(caught.value)
    assert "CRDB_SSO_CONNECT_WAIT_S" in caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_a_wrong_ca_is_a_tls_error_that_names_the_parameters(cluster: EmbeddedCluster) -> None:
    other_ca = cluster.folder / "client.root.crt"
    url = cluster.admin_url.replace(cluster.ca_cert.replace("/", "%2F"), str(other_ca))
    url = url.replace(cluster.ca_cert, str(other_ca))

    refused(cluster, wish(cluster, cluster_url=url), "can't connect", hint="sslrootcert")


def test_a_wrong_password_fails_without_a_wait_and_is_not_shown(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE USER op WITH PASSWORD 'right'")
    url = (
        f"postgresql://op:wr0ng@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )

    refused(cluster, wish(cluster, cluster_url=url), "password authentication", hint="PGPASSWORD")


def test_a_user_that_owns_something_is_named_after_its_trust_is_gone(
    cluster: EmbeddedCluster,
) -> None:
    state = create(wish(cluster))
    cluster.execute("CREATE TABLE defaultdb.public.stuff (i INT)")
    cluster.execute("GRANT SELECT ON defaultdb.public.stuff TO app_orders")

    with pytest.raises(ClusterRefused, match="app_orders") as caught:
        delete(state)

    assert "REVOKE" in caught.value.hint
    after = cluster.snapshot()
    assert after.setting("identity_map.configuration") == ""
    assert {(kind, entry) for kind, entry, _, _, _ in after.claims} == {("user", "app_orders")}
    cluster.execute("DROP TABLE defaultdb.public.stuff")
    PROVIDER.delete("id", state)
    assert cluster.snapshot().claims == ()
