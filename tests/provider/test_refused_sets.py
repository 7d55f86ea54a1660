"""A SET that the cluster refuses: its claims are released, and no other stack notices."""

from typing import Any

import pytest

from crdb_sso.errors import ClusterRefused
from tests.support.provider_calls import (
    ISSUER,
    KEY_1,
    KEY_2,
    OWNER,
    create,
    delete,
    identity,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

OTHER = "org/other/prod/sso"
BAD = "refused-1"
JWT = "server.jwt_authentication"


def with_bad_line(props: dict[str, Any]) -> None:
    props["logins"]["app_bad"] = {"identities": {"me": identity(BAD)}}


def with_bad_key(props: dict[str, Any]) -> None:
    props["sources"]["idp"]["keys"][BAD] = KEY_2.replace("k2", BAD)


def with_bad_issuer(props: dict[str, Any]) -> None:
    props["sources"]["bad"] = {"issuer": f"https://{BAD}.example.com", "keys": {}}


def with_bad_audience(props: dict[str, Any]) -> None:
    props["logins"]["app_orders"]["identities"]["more"] = identity("o-2") | {"audience": BAD}


def with_bad_key_in_place_of_another(props: dict[str, Any]) -> None:
    props["sources"]["idp"]["keys"]["k2"] = KEY_1.replace("k1", "k2")


REFUSED = {
    "a map line": ("map line", "server.identity_map", BAD, with_bad_line),
    "a key": ("key", f"{JWT}.jwks", BAD, with_bad_key),
    "a replaced key": ("key", f"{JWT}.jwks", 'P-256","kid":"k2"', with_bad_key_in_place_of_another),
    "an issuer": ("issuer", f"{JWT}.issuers", BAD, with_bad_issuer),
    "an audience": ("audience", f"{JWT}.audience", BAD, with_bad_audience),
}
EACH = pytest.mark.parametrize(
    ("kind", "setting", "text", "make_bad"),
    [pytest.param(*case, id=name) for name, case in REFUSED.items()],
)


def refuse(cluster: EmbeddedCluster, setting: str, text: str) -> None:
    """Let the cluster refuse any text of a setting that contains something, from now on."""
    pattern = f"(?s)^SET CLUSTER SETTING {setting}.*{text}"
    refusal = {"kind": "error", "sqlstate": "22023", "message": "not like that", "times": -1}
    cluster.faults({"match": pattern, **refusal})


def stock(cluster: EmbeddedCluster, *users: str) -> dict[str, Any]:
    """Return inputs of another stack, with the same issuer."""
    logins = {user: {"identities": {"me": identity(user)}} for user in users}
    source = {"issuer": ISSUER, "keys": {"k1": KEY_1}}
    return wish(cluster, OTHER, sources={"idp": source}, logins=logins)


@EACH
def test_an_update_that_is_refused_releases_what_it_claimed_and_stops_nobody(
    cluster: EmbeddedCluster, kind: str, setting: str, text: str, make_bad: Any
) -> None:
    found = cluster.snapshot()
    state, other = create(wish(cluster)), create(stock(cluster, "app_a"))
    before = cluster.snapshot()
    bad = wish(cluster)
    make_bad(bad)
    refuse(cluster, setting, text)

    with pytest.raises(ClusterRefused, match="not like that"):
        update(state, bad)

    def claimed(claims: tuple[Any, ...]) -> list[Any]:
        return [claim for claim in claims if claim[0] == kind]

    assert claimed(cluster.snapshot().claims) == claimed(before.claims)
    other = update(other, stock(cluster, "app_a", "app_b"))
    delete(other)
    delete(create(stock(cluster, "app_c")))
    state = update(state, wish(cluster))
    assert {claim[2] for claim in cluster.snapshot().claims} == {OWNER}
    delete(state)
    cluster.faults()
    assert cluster.snapshot() == found


@EACH
def test_a_first_up_that_is_refused_leaves_nothing(
    cluster: EmbeddedCluster, kind: str, setting: str, text: str, make_bad: Any
) -> None:
    assert kind  # of the other test
    other = create(stock(cluster, "app_a"))
    before = cluster.snapshot()
    bad = wish(cluster)
    make_bad(bad)
    refuse(cluster, setting, text)

    with pytest.raises(ClusterRefused, match="was undone"):
        create(bad)

    assert cluster.snapshot() == before
    delete(update(other, stock(cluster, "app_b")))
