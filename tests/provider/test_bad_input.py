"""Bad input is reported where it is, whatever the stack was about to do; nothing is written."""

from typing import Any

import pytest

from tests.support.provider_calls import (
    KEY_1,
    KEY_2,
    PROVIDER,
    identity,
    wish,
    with_login,
)
from tests.support.servers import EmbeddedCluster

PRIVATE_KEY = KEY_2.replace("}", ',"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}')
SYMMETRIC_KEY = '{"k":"c2VjcmV0IG9mIHRoZSBzaWduZXI","kid":"k2","kty":"oct"}'


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
    pytest.param(
        with_login("a b"), 'logins["a b"]', "is not a legal SQL user", id="an illegal user"
    ),
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
        id="a future type of key",
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
        id="one kid for two keys",
    ),
    pytest.param(
        {"registry_database": "my claims"},
        "registry_database",
        "'my claims' is not a legal name of a registry database",
        id="a database with a blank",
    ),
    pytest.param(
        {"registry_database": "system"},
        "registry_database",
        "but not `system`",
        id="a reserved database",
    ),
]


@pytest.mark.parametrize(("changes", "at", "text"), BAD_INPUTS)
def test_a_bad_input_is_named_and_the_cluster_stays_as_it_is(
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

    assert failure.property == ""  # the engine prints the value of a named property
    assert "cret" not in failure.reason
    assert "percent-escape special characters" in failure.reason
