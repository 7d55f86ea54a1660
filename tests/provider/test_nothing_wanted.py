"""A stack that wants nothing comes to rest on a cluster that has no claim tables."""

from typing import Any

import pytest

from tests.support.provider_calls import (
    OWNER,
    PROVIDER,
    asked,
    create,
    delete,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster


def nothing(cluster: EmbeddedCluster) -> dict[str, Any]:
    return wish(cluster, sources={}, logins={})


@pytest.fixture
def state(cluster: EmbeddedCluster) -> dict[str, Any]:
    return create(nothing(cluster))


def databases(cluster: EmbeddedCluster) -> set[str]:
    return {name for (name,) in cluster.execute("SELECT database_name FROM [SHOW DATABASES]")}


def test_up_refresh_and_preview_show_no_change_and_write_nothing(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str]
) -> None:
    before = cluster.snapshot()
    for _ in range(2):
        state = refresh(state)
        assert asked(state) == nothing(cluster)
        PROVIDER.check(state, nothing(cluster))
        assert not PROVIDER.diff(OWNER, state, nothing(cluster)).changes
        state = update(state, nothing(cluster))

    delete(state)

    assert told == []
    assert cluster.snapshot() == before
    assert "crdb_sso" not in databases(cluster)


def test_it_stays_at_rest_when_another_stack_makes_the_claim_tables(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    other = create(wish(cluster, "org/other/prod/sso"))

    seen = refresh(state)

    assert asked(seen) == nothing(cluster)
    assert not PROVIDER.diff(OWNER, seen, nothing(cluster)).changes
    delete(seen)
    delete(other)
    assert cluster.snapshot().claims == ()


def test_it_may_want_something_later(cluster: EmbeddedCluster, state: dict[str, Any]) -> None:
    before = cluster.snapshot()

    state = update(state, wish(cluster))

    assert {claim[2] for claim in cluster.snapshot().claims} == {OWNER}
    state = update(state, nothing(cluster))
    assert cluster.snapshot() == before
    assert not PROVIDER.diff(OWNER, refresh(state), nothing(cluster)).changes
    delete(state)
    assert cluster.snapshot() == before


def test_a_stack_that_no_longer_wants_anything_keeps_its_name(cluster: EmbeddedCluster) -> None:
    state = update(create(wish(cluster)), nothing(cluster))

    state = update(state, wish(cluster))

    delete(state)
    assert cluster.execute("SELECT * FROM crdb_sso.public.owners") == []
