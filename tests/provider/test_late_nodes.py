"""A node that still shows what another stack has just replaced: nothing is merged into it.

The embedded cluster has one node. What another one would show is set by hand here, with the text
that was replaced; a node that catches up is somebody who sets the new text again.
"""

from typing import Any

import pulumi
import pytest

from crdb_sso.errors import GuardRefused
from tests.support.provider_calls import create, delete, identity, wish
from tests.support.servers import EmbeddedCluster

MAP = "server.identity_map.configuration"
THEIRS = "# theirs\nhttps://theirs s u\n"
OTHER = "org/other/prod/sso"
WAITING = "waiting for this node to show what another stack has just written"
LOGINS = {"app_stock": {"identities": {"s": identity("s-1")}}}


def lines(cluster: EmbeddedCluster) -> str:
    return cluster.snapshot().setting("identity_map.configuration")


@pytest.fixture(autouse=True)
def as_by_default(cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cluster  # which sets it for the other tests
    monkeypatch.delenv("CRDB_SSO_SPREAD_S")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", said.append)
    return said


def test_what_was_just_removed_does_not_come_back(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []

    def hear(line: str) -> None:
        logged.append(line)
        cluster.set(MAP, THEIRS)  # the node catches up

    monkeypatch.setattr(pulumi.log, "info", hear)
    cluster.set(MAP, THEIRS)
    state = create(wish(cluster))
    before = lines(cluster)
    delete(state)
    cluster.set(MAP, before)  # as shown by a node that is behind

    other = create(wish(cluster, owner=OTHER, logins=LOGINS))

    assert logged == [WAITING]
    assert "app_orders" not in lines(cluster)
    assert "app_stock" in lines(cluster)
    delete(other)
    assert lines(cluster) == THEIRS


def test_a_manual_reversal_is_believed_after_a_while(
    cluster: EmbeddedCluster, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.set(MAP, THEIRS)
    state = create(wish(cluster))
    before = lines(cluster)
    delete(state)
    cluster.set(MAP, before)  # by hand, right after: these lines belong to nobody
    monkeypatch.setenv("CRDB_SSO_SPREAD_S", "5")

    other = create(wish(cluster, owner=OTHER, logins=LOGINS))

    assert WAITING in logged
    assert lines(cluster).startswith(before)
    delete(other)
    assert lines(cluster) == before


def test_a_text_that_lacks_what_was_added_within_the_last_minute_is_not_built_upon(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_SPREAD_S", "0.5")
    cluster.set(MAP, THEIRS)
    create(wish(cluster))
    cluster.set(MAP, THEIRS)  # as shown by a node that is behind, or set by hand
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match="this node may be behind") as caught:
        create(wish(cluster, owner=OTHER, logins=LOGINS))

    assert f"{MAP} lacks what another stack added less than 3 s ago" in caught.value.what
    assert "Run again in a minute" in caught.value.hint
    assert cluster.snapshot() == before


def test_after_that_minute_it_counts_as_removed_by_hand(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_SPREAD_S", "0.5")
    cluster.set(MAP, THEIRS)
    create(wish(cluster))
    cluster.set(MAP, THEIRS)
    cluster.execute("UPDATE crdb_sso.public.claims SET since = now() - '1h'::INTERVAL")

    create(wish(cluster, owner=OTHER, logins=LOGINS))

    assert "app_stock" in lines(cluster)
    assert "app_orders" not in lines(cluster)


def test_records_for_other_writers_do_not_reveal_the_texts(cluster: EmbeddedCluster) -> None:
    delete(create(wish(cluster)))

    left: list[Any] = cluster.execute(
        "SELECT value FROM crdb_sso.public.meta WHERE key LIKE 'written %'"
    )

    assert len(left) == 5  # map, keys, issuers, audience, switch
    assert not any("app_orders" in value or "idp" in value for (value,) in left)
