"""What was on a cluster before the first stack stays, unless the stack takes it over."""

from typing import Any

from tests.support.provider_calls import AUDIENCE, ISSUER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster


def found_by_hand(cluster: EmbeddedCluster) -> None:
    """Add what the wish wants by hand, and a line of somebody else."""
    cluster.execute("CREATE USER app_orders")
    cluster.set("server.jwt_authentication.audience", AUDIENCE)
    cluster.set(
        "server.identity_map.configuration",
        f"https://theirs sub u\n{ISSUER} o-1 app_orders\n{ISSUER} b-1 app_billing",
    )


def left(cluster: EmbeddedCluster, state: dict[str, Any]) -> tuple[str, str, set[str]]:
    """Return map, audience and users once the stack is gone."""
    delete(state)
    after = cluster.snapshot()
    users = {user for user, _, _ in after.users} - {"admin", "root"}
    return after.setting("identity_map.configuration"), after.setting("audience"), users


def test_without_take_over_what_was_found_stays(cluster: EmbeddedCluster) -> None:
    found_by_hand(cluster)

    kept, audience, users = left(cluster, create(wish(cluster)))

    assert f"{ISSUER} o-1 app_orders" in kept
    assert audience == AUDIENCE
    assert users == {"app_orders"}


def test_what_is_taken_over_is_removed_with_the_stack_and_foreign_entries_stay(
    cluster: EmbeddedCluster,
) -> None:
    found_by_hand(cluster)

    kept, audience, users = left(cluster, create(wish(cluster, take_over=True)))

    assert kept.splitlines() == ["https://theirs sub u"]
    assert AUDIENCE not in audience
    assert users == set()


def test_what_was_found_may_be_taken_over_later(cluster: EmbeddedCluster) -> None:
    found_by_hand(cluster)
    before = create(wish(cluster))
    settings = cluster.snapshot().settings

    after = update(before, wish(cluster, take_over=True))

    assert cluster.snapshot().settings == settings
    kept, _, users = left(cluster, after)
    assert kept.splitlines() == ["https://theirs sub u"]
    assert users == set()
