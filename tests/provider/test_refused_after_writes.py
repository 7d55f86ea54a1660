"""A guard that says no is believed to have kept everything as it was: so it is, or it says more."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from crdb_sso.errors import ChangeNotCompleted, CrdbSsoError, GuardRefused
from tests.provider.proven_wishes import only_orders, proven
from tests.support.own_issuer import OwnIssuer
from tests.support.provider_calls import create, identity, update, wish
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

SPOILT = '["https://a"] trailing'
ENABLED = "server.jwt_authentication.enabled"


def refused_after(
    cluster: EmbeddedCluster, held: str, work: Callable[[], object], meanwhile: Callable[[], None]
) -> CrdbSsoError:
    """Return the error of what is held at a statement while something else happens."""
    failed: list[CrdbSsoError] = []

    def working() -> None:
        with pytest.raises(CrdbSsoError) as caught:
            work()
        failed.append(caught.value)

    thread = threading.Thread(target=working)
    cluster.faults({"match": held, "kind": "hold"})
    thread.start()
    cluster.until_held()
    meanwhile()
    cluster.faults()
    thread.join()
    (error,) = failed
    return error


def take_over(cluster: EmbeddedCluster, seconds: float) -> None:
    """Let somebody else hold the lease, as if the writer had slept."""
    cluster.execute(
        "UPDATE crdb_sso.public.lease SET holder = 'org/other/prod/sso', until = now()"
        " + %s::FLOAT * '1s'::INTERVAL, since = now(), token = gen_random_uuid() WHERE id = 1",
        [seconds],
    )


LOGIN = {"app_stock": {"identities": {"s": identity("s-1")}}}


@pytest.mark.parametrize(
    "news",
    [
        pytest.param({"enabled": False}, id="a setting alone"),
        pytest.param({"logins": LOGIN}, id="claims, a user and a setting"),
    ],
)
def test_what_a_turn_has_begun_is_not_said_to_be_nothing_by_the_guards_of_the_next(
    cluster: EmbeddedCluster, news: dict[str, Any]
) -> None:
    state = create(wish(cluster))

    def somebody() -> None:
        take_over(cluster, 0.5)
        cluster.set(ISSUERS, SPOILT)

    error = refused_after(
        cluster, "SET CLUSTER SETTING", lambda: update(state, wish(cluster, **news)), somebody
    )

    assert type(error) is ChangeNotCompleted
    assert error.what.startswith("this change has begun, and can't be completed now: ")
    assert error.hint == "Run again: that says what has to be done first, if anything."
    assert cluster.snapshot().setting(ISSUERS) == SPOILT


def test_waiting_too_long_for_another_turn_does_not_say_that_nothing_was_written(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = create(wish(cluster))
    monkeypatch.setenv("CRDB_SSO_LEASE_WAIT_S", "0.2")
    try:
        error = refused_after(
            cluster,
            "SET CLUSTER SETTING",
            lambda: update(state, wish(cluster, enabled=False)),
            lambda: take_over(cluster, 60),
        )
    finally:
        take_over(cluster, 0)

    assert type(error) is ChangeNotCompleted
    assert "can't be completed now: after 0.2 s still waiting for org/other/prod/sso" in error.what
    assert "No setting" not in str(error)
    assert cluster.snapshot().setting(ENABLED) == "false"


def test_a_refusal_before_the_second_part_of_a_proven_change_says_that_it_has_begun(
    cluster: EmbeddedCluster, idp: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = create(proven(cluster, idp))

    def hear(line: str) -> None:
        if line == "proof: app_orders logged in":
            cluster.set(ISSUERS, SPOILT)

    monkeypatch.setattr("pulumi.log.info", hear)

    with pytest.raises(ChangeNotCompleted, match="this change has begun"):
        update(state, proven(cluster, idp, logins=only_orders(cluster)))


def test_a_refusal_right_after_the_claim_tables_were_made_names_them(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()

    error = refused_after(
        cluster,
        "CREATE TABLE",
        lambda: create(wish(cluster)),
        lambda: cluster.set(ISSUERS, SPOILT),
    )

    assert type(error) is GuardRefused
    assert "The claim tables in database crdb_sso were made; nothing else was written." in str(
        error
    )
    after = cluster.snapshot()
    assert (after.users, after.claims) == (before.users, before.claims)


def test_a_refusal_before_any_write_names_no_tables(cluster: EmbeddedCluster) -> None:
    cluster.set(ISSUERS, SPOILT)

    with pytest.raises(GuardRefused) as caught:
        create(wish(cluster))

    assert "claim tables" not in str(caught.value)
