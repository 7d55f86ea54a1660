"""What people do by hand is not undone: not by their own stack, and not by any other.

One line says so in preview and `up`; after a refresh, the next `up` puts it back.
"""

from typing import Any

import pytest

from tests.support.provider_calls import (
    ISSUER,
    KEY_2,
    OWNER,
    PROVIDER,
    asked,
    create,
    delete,
    identity,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

OTHER = "org/other/dev/sso"
MAP = "server.identity_map.configuration"
JWT = "server.jwt_authentication"
AGAIN = "not put back: `pulumi refresh`, then `pulumi up` does that"
BILLING = f"{ISSUER} b-1 app_billing"

MEASURES = {
    "NOLOGIN": (
        "ALTER USER app_orders NOLOGIN",
        f"SQL user app_orders was shut out by hand (NOLOGIN): {AGAIN}",
    ),
    "logins turned off": (
        f"SET CLUSTER SETTING {JWT}.enabled = false",
        f"{JWT}.enabled was set to 'false' by hand, this stack wrote 'true': {AGAIN}",
    ),
    "a removed line": (
        f"SET CLUSTER SETTING {MAP} = '{BILLING}'",
        f"map line {ISSUER} o-1 app_orders was taken away by hand: {AGAIN}",
    ),
    "a removed key": (
        f"SET CLUSTER SETTING {JWT}.jwks = '{KEY_2}'",
        f"key k1 was taken away by hand: {AGAIN}",
    ),
    "a replaced key": (
        f"SET CLUSTER SETTING {JWT}.jwks = '{{\"keys\":[{KEY_2},{KEY_2.replace('k2', 'k1')}]}}'",
        f"key k1 was changed by hand: {AGAIN}",
    ),
    "a removed issuer": (
        f"SET CLUSTER SETTING {ISSUERS} = '[\"https://theirs.example.com\"]'",
        f"issuer {ISSUER} was taken away by hand: {AGAIN}",
    ),
    "a removed audience": (
        f"SET CLUSTER SETTING {JWT}.audience = 'theirs'",
        f"audience crdb was taken away by hand: {AGAIN}",
    ),
    "a revoked role": (
        "REVOKE readers FROM app_orders",
        f"membership of app_orders in readers was taken away by hand: {AGAIN}",
    ),
    "a dropped user": (
        "DROP USER app_orders",
        f"SQL user app_orders was taken away by hand: {AGAIN}",
    ),
}
EACH_MEASURE = [pytest.param(*measure, id=name) for name, measure in MEASURES.items()]


def wanted(cluster: EmbeddedCluster, *more: str, **changes: Any) -> dict[str, Any]:
    """Return the wish, with a role and with some more logins."""
    props = wish(cluster, **changes)
    props["logins"]["app_orders"]["roles"] = {"readers": True}
    for user in more:
        props["logins"][user] = {"identities": {"me": identity(user)}}
    return props


def theirs(cluster: EmbeddedCluster, *users: str) -> dict[str, Any]:
    """Return inputs of another stack, which shares nothing but the switch."""
    source = {"issuer": "https://theirs.example.com", "keys": {}}
    logins = {
        user: {"identities": {"me": identity(user) | {"audience": "theirs"}}} for user in users
    }
    return wish(cluster, OTHER, sources={"idp": source}, logins=logins)


def warnings(told: list[str]) -> list[str]:
    """Return the warnings since the last call, but for those about lists that all stacks share."""
    found = [line.removeprefix("warn: ") for line in told if line.startswith("warn: ")]
    found = [line for line in found if " of this cluster from now on: " not in line]
    told.clear()
    return found


@pytest.fixture
def state(cluster: EmbeddedCluster) -> dict[str, Any]:
    cluster.execute("CREATE ROLE readers")
    return create(wanted(cluster))


@pytest.mark.parametrize(("statement", "line"), EACH_MEASURE)
def test_an_unrelated_up_leaves_it_and_one_line_says_so(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str], statement: str, line: str
) -> None:
    cluster.execute(statement)
    left = refresh(state)
    assert left != state

    PROVIDER.diff(OWNER, state, wanted(cluster, "app_new"))
    assert warnings(told) == [line]
    later = update(state, wanted(cluster, "app_new"))
    assert warnings(told) == []  # its preview has just said so

    seen = asked(refresh(later))
    del seen["logins"]["app_new"]
    assert seen == asked(left)


@pytest.mark.parametrize(("statement", "line"), EACH_MEASURE)
def test_an_up_and_a_destroy_of_another_stack_leave_it(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str], statement: str, line: str
) -> None:
    other = create(theirs(cluster, "app_x"))
    cluster.execute(statement)
    left = refresh(state)

    other = update(other, theirs(cluster, "app_y"))

    assert refresh(state) == left
    expected = [line] if "enabled" in line else []  # the other stack has it on as well
    assert warnings(told) == expected
    delete(other)
    assert refresh(state) == left


PUT_BACK = {
    "NOLOGIN": ("ALTER USER app_orders NOLOGIN", "SQL user app_orders"),
    "logins turned off": (f"SET CLUSTER SETTING {JWT}.enabled = false", f"setting {JWT}.enabled"),
    "a removed line": (
        f"SET CLUSTER SETTING {MAP} = '{BILLING}'",
        f"map line {ISSUER} o-1 app_orders",
    ),
    "a revoked role": ("REVOKE readers FROM app_orders", "membership of app_orders in readers"),
    "a dropped user": ("DROP USER app_orders", "SQL user app_orders"),
}


@pytest.mark.parametrize(
    ("statement", "what"), [pytest.param(*case, id=name) for name, case in PUT_BACK.items()]
)
def test_a_first_up_of_another_stack_that_wants_the_same_says_that_it_undoes_it(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str], statement: str, what: str
) -> None:
    cluster.execute(statement)

    create(wanted(cluster, owner=OTHER))

    line = (
        f"{what} was taken away or changed by hand since {OWNER} wrote it: this stack wants it too,"
        " and writes it again"
    )
    assert warnings(told) == [line]
    assert refresh(state) == state


@pytest.mark.parametrize(("statement", "line"), EACH_MEASURE)
def test_an_up_after_a_refresh_puts_it_back(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str], statement: str, line: str
) -> None:
    before = cluster.snapshot()
    cluster.execute(statement)
    PROVIDER.diff(OWNER, state, wanted(cluster))
    assert warnings(told) == [line]

    state = update(refresh(state), wanted(cluster))

    assert warnings(told) == []
    assert refresh(state) == state
    after = cluster.snapshot()
    assert (after.users, after.claims) == (before.users, before.claims)
