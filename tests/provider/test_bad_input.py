"""Bad input is named where it stands, whatever the stack was about to do; nothing is written."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from crdb_sso.errors import CrdbSsoError
from tests.support.servers import ISSUERS, EmbeddedCluster
from tests.support.wishes import (
    AUDIENCE,
    KEY_1,
    KEY_2,
    OWNER,
    PROVIDER,
    create,
    delete,
    identity,
    other_wish,
    update,
    wish,
)

PRIVATE_KEY = KEY_2.replace("}", ',"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}')
SYMMETRIC_KEY = '{"k":"c2VjcmV0IG9mIHRoZSBzaWduZXI","kid":"k2","kty":"oct"}'


def with_login(user: str, subject: str = "x") -> dict[str, Any]:
    return {"logins": {user: {"identities": {"me": identity(subject)}}}}


def with_source(issuer: str = "https://idp", **keys: str) -> dict[str, Any]:
    return {"sources": {"idp": {"issuer": issuer, "keys": keys}}}


def at_subject(user: str) -> str:
    return f'logins["{user}"].identities["me"].subject'


KEY_AT = 'sources.idp.keys["k2"]'

BAD_INPUTS = [
    *(
        pytest.param(
            with_login(user), f'logins["{user}"]', "is reserved or too powerful", id=f"user {user}"
        )
        for user in ("root", "node", "public", "none", "admin", "pg_x", "crdb_internal_x")
    ),
    pytest.param(
        with_login("u" * 64), f'logins["{"u" * 64}"]', "is too long: 64 bytes", id="a long user"
    ),
    pytest.param(
        with_login("ü" * 32), f'logins["{"ü" * 32}"]', "is too long: 64 bytes", id="long in bytes"
    ),
    pytest.param(with_login("a b"), 'logins["a b"]', "is no legal SQL user", id="an illegal user"),
    pytest.param(
        with_login("App"), 'logins["App"]', "Write 'app': names are folded", id="an unfolded user"
    ),
    pytest.param(with_source(" https://idp"), "sources.idp.issuer", "contains ' '", id="a blank"),
    pytest.param(with_source("https://i/#x"), "sources.idp.issuer", "contains '#'", id="a hash"),
    pytest.param(with_source(""), "sources.idp.issuer", "the issuer is empty", id="no issuer"),
    pytest.param(
        with_login("app", "batch runner"),
        at_subject("app"),
        r"Give the anchored regular expression instead: /^batch\x20runner$",
        id="a subject with a blank",
    ),
    pytest.param(
        with_login("app", "s" * 60_000),
        at_subject("app"),
        "the identity map line of app is too long: 60028 bytes",
        id="a subject that no line can carry",
    ),
    pytest.param(
        with_source(k2=PRIVATE_KEY), KEY_AT, "key 'k2': it holds a private key", id="a private key"
    ),
    pytest.param(
        with_source(k2=SYMMETRIC_KEY), KEY_AT, "it is symmetric (oct)", id="a symmetric key"
    ),
    pytest.param(
        with_source(k2=KEY_2.replace('"kid":"k2",', "")), KEY_AT, "it has no `kid`", id="no kid"
    ),
    pytest.param(
        with_source(k2='{"kid":"k2","kty":"AKP","pub":"AA"}'),
        KEY_AT,
        "its `kty` is 'AKP'; CockroachDB knows RSA, EC and OKP",
        id="a type of key to come",
    ),
    pytest.param(
        {
            "sources": {
                "idp": {"issuer": "https://idp", "keys": {"k1": KEY_1}},
                "two": {"issuer": "https://two", "keys": {"k1": KEY_2.replace("k2", "k1")}},
            }
        },
        'sources.two.keys["k1"]',
        "the kid 'k1' names one key in idp and another in two",
        id="one kid with two meanings",
    ),
    pytest.param(
        {"registry_database": "my claims"},
        "registry_database",
        "'my claims' is no legal name of a registry database",
        id="a database with a blank",
    ),
    pytest.param(
        {"registry_database": "system"}, "registry_database", "not be `system`", id="theirs"
    ),
]


@pytest.mark.parametrize(("changes", "at", "text"), BAD_INPUTS)
def test_an_input_that_can_not_be_used_is_named_and_the_cluster_stays_as_it_is(
    cluster: EmbeddedCluster, changes: dict[str, Any], at: str, text: str
) -> None:
    before = cluster.snapshot()
    news = wish(cluster, **changes)
    if "sources" in changes and "two" not in changes["sources"]:
        news["logins"] = {"app": {"identities": {"me": identity("x")}}}

    failures = PROVIDER.check({}, news).failures

    assert [failure.property for failure in failures] == [at]
    assert text in failures[0].reason
    assert "nWGxne" not in failures[0].reason  # of the private key
    assert "c2VjcmV0" not in failures[0].reason  # of the symmetric one
    assert cluster.snapshot() == before


def test_a_key_of_a_url_is_never_named_with_its_value(cluster: EmbeddedCluster) -> None:
    news = wish(cluster, cluster_url="postgresql://op:s3/cret@db:26257/defaultdb")

    (failure,) = PROVIDER.check({}, news).failures

    assert failure.property == ""  # the engine prints the value of a property that has a name
    assert "cret" not in failure.reason
    assert "percent-escape special characters" in failure.reason


# what a cluster says no to, in every life phase of a stack


Prepare = Callable[[EmbeddedCluster], object]


def setting_fault(kind: str, pattern: str) -> Prepare:
    fault = {"match": "SHOW ALL", "kind": kind, "message": pattern, "times": -1}
    return lambda cluster: cluster.faults(fault)


def statement(text: str) -> Prepare:
    return lambda cluster: cluster.execute(text)


CLAIM = "INSERT INTO crdb_sso.public.claims (kind, entry, owner, text, found) VALUES "

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
        statement("UPDATE crdb_sso.public.meta SET value = '3' WHERE key = 'schema_version'"),
        "the claim tables in database crdb_sso are of version 3; this program knows up to 2",
    ),
    "a version that is no number": (
        statement("UPDATE crdb_sso.public.meta SET value = 'new' WHERE key = 'schema_version'"),
        "the claim tables in database crdb_sso hold the schema_version 'new', which this program",
    ),
    "claim tables without the name of the cluster": (
        statement("DELETE FROM crdb_sso.public.meta WHERE key = 'cluster_id'"),
        "the claim tables in database crdb_sso hold no cluster_id",
    ),
    "a claim of a kind that nobody writes": (
        statement(CLAIM + "('grant', 'all', 'by hand', '', false)"),
        "hold a claim of the unknown kind 'grant' on 'all' by 'by hand'",
    ),
    "another cluster behind the URL": (
        statement("UPDATE crdb_sso.public.meta SET value = 'b-1' WHERE key = 'cluster_id'"),
        "another cluster answers behind cluster_url",
    ),
}


TOLD_ORIGIN = pytest.mark.holds(since="23.2")  # older lists do not tell where a value comes from


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        pytest.param(*v, id=k, marks=[TOLD_ORIGIN] if k == "an overridden value" else [])
        for k, v in UNREADABLE.items()
    ],
)
def test_what_can_not_be_read_safely_is_neither_changed_nor_taken_for_drift(
    cluster: EmbeddedCluster, prepare: Prepare, text: str
) -> None:
    state = create(wish(cluster))
    prepare(cluster)
    faults = cluster.faults_file.read_text()
    cluster.faults()
    before = cluster.snapshot()
    cluster.faults_file.write_text(faults)

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
    "a role that does not exist": (lambda _: None, "no such role on the cluster: readers"),
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
def test_a_privilege_that_was_taken_away_is_named_as_the_grant(
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
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON crdb_sso.public.* TO" in caught.value.hint

    cluster.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON crdb_sso.public.* TO op")
    if phase != "read":  # reading is possible now
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
