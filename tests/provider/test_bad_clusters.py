"""What a cluster refuses, in every phase of a stack's life; nothing is written then."""

import json
from collections.abc import Callable

import pytest

from crdb_sso.errors import CrdbSsoError
from tests.support.provider_calls import (
    AUDIENCE,
    KEY_1,
    OWNER,
    PROVIDER,
    create,
    delete,
    other_wish,
    update,
    wish,
    with_login,
)
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

Prepare = Callable[[EmbeddedCluster], object]


def setting_fault(kind: str, pattern: str) -> Prepare:
    fault = {"match": "SHOW ALL", "kind": kind, "message": pattern, "times": -1}
    return lambda cluster: cluster.faults(fault)


def statement(text: str) -> Prepare:
    return lambda cluster: cluster.execute(text)


UNREADABLE = {
    "a redacted value": (
        setting_fault("redact", "identity_map"),
        "server.identity_map.configuration reads as <redacted>",
    ),
    "an overridden value": (
        setting_fault("override", "audience"),
        "server.jwt_authentication.audience is overridden from outside",
    ),
    "a value that can't be parsed": (
        lambda cluster: cluster.set(ISSUERS, '["https://a"] trailing'),
        f"the live value of {ISSUERS}",
    ),
    "a setting that this version lacks": (
        setting_fault("hide", r"\.jwks$"),
        "this cluster has no setting server.jwt_authentication.jwks",
    ),
    "claim tables of a newer version": (
        statement("UPDATE crdb_sso.public.meta SET value = '4' WHERE key = 'schema_version'"),
        "the claim tables in database crdb_sso are of version 4; this program knows up to 3",
    ),
    "a version that is not a number": (
        statement("UPDATE crdb_sso.public.meta SET value = 'new' WHERE key = 'schema_version'"),
        "the claim tables in database crdb_sso hold the schema_version 'new', which this program",
    ),
    "claim tables without the name of the cluster": (
        statement("DELETE FROM crdb_sso.public.meta WHERE key = 'cluster_id'"),
        "the claim tables in database crdb_sso hold no cluster_id",
    ),
    "another cluster behind the URL": (
        statement("UPDATE crdb_sso.public.meta SET value = 'b-1' WHERE key = 'cluster_id'"),
        "`cluster_url` (in the configuration `clusterUrl`) leads to another cluster",
    ),
}


SHOWS_ORIGIN = pytest.mark.holds(
    since="23.2"
)  # older versions do not show where a value comes from


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        pytest.param(*v, id=k, marks=[SHOWS_ORIGIN] if k == "an overridden value" else [])
        for k, v in UNREADABLE.items()
    ],
)
def test_what_cannot_be_read_safely_is_neither_changed_nor_drift(
    cluster: EmbeddedCluster, prepare: Prepare, text: str
) -> None:
    state = create(wish(cluster))
    prepare(cluster)
    faults = json.loads(cluster.faults_file.read_text())
    cluster.faults()
    before = cluster.snapshot()
    cluster.faults(*faults)

    for call in (
        lambda: PROVIDER.read(OWNER, state),
        lambda: update(state, wish(cluster, **with_login("app"))),
        lambda: delete(state),
    ):
        with pytest.raises(CrdbSsoError) as caught:
            call()
        assert text in caught.value.what
        assert caught.value.hint

    cluster.faults()
    assert cluster.snapshot() == before


def forge_k2(cluster: EmbeddedCluster) -> None:
    forged = KEY_1.replace("k1", "k2")
    cluster.set("server.jwt_authentication.jwks", json.dumps({"keys": [json.loads(forged)]}))


def trust_without_line(cluster: EmbeddedCluster) -> None:
    cluster.set(ISSUERS, "https://new-idp.example.com")


GUARDED = {
    "a role that does not exist": (
        lambda _: None,
        "this role does not exist on the cluster: readers",
    ),
    "a kid that names another key": (forge_k2, "the kid 'k2' already names another key"),
    "an issuer on which others log in without a line": (
        trust_without_line,
        "issuer https://new-idp.example.com is already trusted here without an identity map line",
    ),
}


@pytest.mark.parametrize(("prepare", "text"), [pytest.param(*v, id=k) for k, v in GUARDED.items()])
def test_an_update_is_refused_before_anything_is_written(
    cluster: EmbeddedCluster, prepare: Prepare, text: str
) -> None:
    olds = wish(cluster)
    olds["sources"]["idp"]["keys"].pop("k2")
    state = create(olds)
    if "role" not in text:
        cluster.execute("CREATE ROLE readers")
    prepare(cluster)
    before = cluster.snapshot()

    with pytest.raises(CrdbSsoError) as caught:
        update(state, other_wish(cluster))

    assert text in caught.value.what
    assert cluster.snapshot() == before


@pytest.mark.parametrize("phase", ["read", "update", "delete"])
def test_a_privilege_that_was_revoked_is_named_as_the_grant(
    cluster: EmbeddedCluster, phase: str
) -> None:
    state = create(wish(cluster))
    cluster.execute("CREATE USER op WITH PASSWORD 's3cret-pw'")
    cluster.execute("GRANT SYSTEM VIEWCLUSTERSETTING, CREATEROLE, CREATELOGIN TO op")
    url = (
        f"postgresql://op:s3cret-pw@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )
    before = cluster.snapshot()
    calls = {
        "read": lambda: PROVIDER.read(OWNER, state | {"cluster_url": url}),
        "update": lambda: update(state, wish(cluster, cluster_url=url, **with_login("app"))),
        "delete": lambda: delete(state | {"cluster_url": url}),
    }

    with pytest.raises(CrdbSsoError, match=r"op does not have (SELECT|UPDATE) priv") as caught:
        calls[phase]()
    assert "crdb-sso init --database crdb_sso --registry-role ROLE" in caught.value.hint

    cluster.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON crdb_sso.public.* TO op")
    if phase != "read":  # now it can be read
        with pytest.raises(CrdbSsoError) as caught:
            calls[phase]()
        assert 'GRANT SYSTEM MODIFYCLUSTERSETTING TO "op";' in caught.value.hint
    assert "s3cret-pw" not in str(caught.value)
    assert cluster.snapshot() == before


def test_no_logins_at_all_leave_an_issuer_closed_and_an_empty_wish_nothing(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()
    closed = create(wish(cluster, logins={}))
    assert cluster.snapshot().setting("identity_map.configuration") == (
        "https://idp.example.com /[^\\x00-\\x{10FFFF}] public\n"
    )
    assert AUDIENCE not in cluster.snapshot().setting("audience")
    delete(closed)

    empty = create(wish(cluster, logins={}, sources={}))
    assert cluster.snapshot() == before
    delete(empty)

    assert cluster.snapshot() == before
