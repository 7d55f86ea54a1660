"""Two stacks that name one user: the second one names the first, and what comes together."""

from typing import Any

import pytest

from tests.support.provider_calls import OWNER, PROVIDER, create, delete, identity, update, wish
from tests.support.servers import EmbeddedCluster

OTHER, THIRD = "org/other/prod/sso", "org/third/prod/sso"


@pytest.fixture(autouse=True)
def roles_to_give(cluster: EmbeddedCluster) -> None:
    for role in ("readers", "writers"):
        cluster.execute(f"CREATE ROLE {role}")


def orders(cluster: EmbeddedCluster, owner: str, *roles: str, subject: str = "o") -> dict[str, Any]:
    """Return inputs with one login."""
    login = {"identities": {"o": identity(subject)}, "roles": dict.fromkeys(roles, True)}
    return wish(cluster, owner, logins={"app_orders": login})


def shared(told: list[str]) -> list[str]:
    """Return the lines about shared users since the last call."""
    lines = [line for line in told if "shared with" in line]
    told.clear()
    return lines


def line(*owners: str, roles: str = "") -> str:
    together = f", with all their roles: {roles}" if roles else ""
    return (
        f"info: SQL user app_orders: shared with {', '.join(owners)}: tokens of each of these"
        f" stacks log in as it{together}"
    )


def test_the_preview_of_the_second_names_the_first_and_the_roles_of_both(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    create(orders(cluster, OTHER, "readers"))
    assert shared(told) == []
    second = orders(cluster, OWNER, "writers")

    PROVIDER.check({}, second)
    assert shared(told) == [line(OTHER, roles="readers, writers")]
    create(second)
    assert shared(told) == []  # its preview has just said so
    assert ("app_orders", "", "{readers,writers}") in cluster.snapshot().users


def test_without_roles_only_the_stacks_are_named(cluster: EmbeddedCluster, told: list[str]) -> None:
    create(orders(cluster, OTHER))
    create(orders(cluster, THIRD))
    told.clear()

    create(orders(cluster, OWNER))

    assert shared(told) == [line(OTHER, THIRD)]


@pytest.mark.parametrize(
    ("changes", "roles"),
    [
        pytest.param({"roles": ("readers",)}, "readers", id="a role"),
        pytest.param({"subject": "o-2"}, "", id="an identity"),
    ],
)
def test_an_update_that_adds_access_says_it_again(
    cluster: EmbeddedCluster, told: list[str], changes: dict[str, Any], roles: str
) -> None:
    create(orders(cluster, OTHER))
    state = create(orders(cluster, OWNER))
    added = orders(cluster, OWNER, *changes.pop("roles", ()), **changes)
    shared(told)

    PROVIDER.diff(OWNER, state, added)
    assert shared(told) == [line(OTHER, roles=roles)]
    update(state, added)
    assert shared(told) == []  # its preview has just said so


def test_other_changes_do_not_repeat_it(cluster: EmbeddedCluster, told: list[str]) -> None:
    create(orders(cluster, OTHER, "readers"))
    state = create(orders(cluster, OWNER, "writers"))
    more = orders(cluster, OWNER, "writers")
    more["logins"]["app_new"] = {"identities": {"n": identity("n")}}
    shared(told)

    state = update(state, more)
    delete(state)

    assert shared(told) == []
    assert ("app_orders", "", "{readers}") in cluster.snapshot().users
