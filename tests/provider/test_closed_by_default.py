"""An issuer that is trusted has a line, whoever removes the last one of those that it had."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crdb_sso.tokens.jwks import parse_given
from tests.support.provider_calls import OWNER, create, delete, identity, update, wish
from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer, minted
from tests.support.snapshots import ISSUERS

OTHER = "org/other/dev/sso"
MAP = "server.identity_map.configuration"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def found(cluster: EmbeddedCluster, issuer: LocalIssuer) -> str:
    """A cluster set up by hand: an issuer with its keys, one line, and an admin dba2."""
    keys = ",".join(parse_given(issuer.jwks()).text_by_kid().values())
    line = f"{issuer.issuer} old app_old"
    for name, text in {
        ISSUERS: issuer.issuer,
        MAP: line,
        "server.jwt_authentication.jwks": f'{{"keys":[{keys}]}}',
        "server.jwt_authentication.audience": "crdb",
        "server.jwt_authentication.enabled": "true",
    }.items():
        cluster.set(name, text)
    cluster.execute("CREATE USER dba2")
    cluster.execute("GRANT admin TO dba2")
    return line


def using(
    cluster: EmbeddedCluster, issuer: LocalIssuer, owner: str, user: str, **more: Any
) -> dict[str, Any]:
    """Return inputs with one login of that issuer."""
    keys = parse_given(issuer.jwks()).text_by_kid()
    login = {"identities": {"me": identity(user.removeprefix("app_"))}}
    sources = {"idp": {"issuer": issuer.issuer, "keys": keys}}
    return wish(cluster, owner, sources=sources, logins={user: login}, **more)


def check_closed(cluster: EmbeddedCluster, issuer: LocalIssuer, told: list[str]) -> None:
    """Check that the issuer is trusted, that nobody gets in, and that this was said."""
    assert issuer.issuer in cluster.snapshot().issuers
    assert cluster.snapshot().setting(MAP).splitlines() == [
        f"{issuer.issuer} /[^\\x00-\\x{{10FFFF}}] public"
    ]
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("dba2", minted(issuer, sub="dba2", aud="crdb"))
    closed = f"info: issuer {issuer.issuer} would have no identity map line, so that its subjects"
    assert [line for line in told if line.startswith(closed)] == [
        f"{closed} log in as the users they name: closed with a line that matches nobody"
    ]


def test_when_another_stack_has_taken_the_old_line_over_and_removed_it(
    cluster: EmbeddedCluster, issuer: LocalIssuer, found: str, told: list[str]
) -> None:
    second = create(using(cluster, issuer, OTHER, "app_new"))
    first = create(using(cluster, issuer, OWNER, "app_old", take_over=True))

    delete(first)
    assert found not in cluster.snapshot().setting(MAP)
    assert told == []
    delete(second)

    check_closed(cluster, issuer, told)
    assert cluster.snapshot().claims == ()


def test_when_somebody_has_removed_the_old_line_by_hand(
    cluster: EmbeddedCluster, issuer: LocalIssuer, found: str, told: list[str]
) -> None:
    state = create(using(cluster, issuer, OWNER, "app_new"))
    cluster.set(MAP, cluster.snapshot().setting(MAP).replace(f"{found}\n", ""))

    delete(state)

    check_closed(cluster, issuer, told)


def test_when_an_update_removes_the_last_login_of_the_issuer(
    cluster: EmbeddedCluster, issuer: LocalIssuer, found: str, told: list[str]
) -> None:
    state = create(using(cluster, issuer, OWNER, "app_new"))
    cluster.set(MAP, cluster.snapshot().setting(MAP).replace(f"{found}\n", ""))

    update(state, wish(cluster, sources={}, logins={}))

    check_closed(cluster, issuer, told)


def test_when_somebody_has_removed_every_line_by_hand_the_next_up_closes_it(
    cluster: EmbeddedCluster, issuer: LocalIssuer, found: str, told: list[str]
) -> None:
    state = create(using(cluster, issuer, OWNER, "app_new"))
    cluster.set(MAP, "")
    assert found
    assert cluster.login("dba2", minted(issuer, sub="dba2", aud="crdb")) == "dba2"

    update(state, using(cluster, issuer, OWNER, "app_new"))

    check_closed(cluster, issuer, told)


def test_the_line_that_matches_nobody_stays_when_a_later_stack_leaves(
    cluster: EmbeddedCluster, issuer: LocalIssuer, found: str, told: list[str]
) -> None:
    state = create(using(cluster, issuer, OWNER, "app_new"))
    cluster.set(MAP, cluster.snapshot().setting(MAP).replace(f"{found}\n", ""))
    delete(state)

    delete(create(using(cluster, issuer, OTHER, "app_later")))

    check_closed(cluster, issuer, told)


def test_an_issuer_that_was_found_open_is_left_closed(
    cluster: EmbeddedCluster, issuer: LocalIssuer, found: str, told: list[str]
) -> None:
    assert found
    cluster.set(MAP, "")
    props = using(cluster, issuer, OWNER, "app_new")
    props["sources"]["idp"]["close_passthrough"] = True

    delete(create(props))

    check_closed(cluster, issuer, told)
