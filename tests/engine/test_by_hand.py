"""What somebody takes away by hand: each command names it, and a refresh lets `up` put it back."""

from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

MAP = "server.identity_map.configuration"
ENABLED = "server.jwt_authentication.enabled"
NOT_PUT_BACK = "not put back: `pulumi refresh`, then `pulumi up` does that"


def test_each_such_thing_is_named_until_a_refresh_and_no_unrelated_change_undoes_it(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.execute("CREATE ROLE readers")
    wish["logins"]["app_billing"]["roles"] = ["readers"]
    stack.wish(wish)
    stack.up()
    wanted = cluster.snapshot()
    lines = wanted.setting(MAP).splitlines(keepends=True)
    (taken,) = [line for line in lines if "app_orders" in line]
    cluster.set(MAP, wanted.setting(MAP).replace(taken, ""))
    cluster.execute("ALTER USER app_orders WITH NOLOGIN")
    cluster.execute("REVOKE readers FROM app_billing")
    cluster.set(ENABLED, "false")
    named = (
        f"warning: map line {taken.strip()} was taken away by hand: {NOT_PUT_BACK}",
        f"warning: SQL user app_orders was shut out by hand (NOLOGIN): {NOT_PUT_BACK}",
        f"warning: membership of app_billing in readers was taken away by hand: {NOT_PUT_BACK}",
        f"warning: {ENABLED} was set to 'false' by hand, this stack wrote 'true': {NOT_PUT_BACK}",
    )

    shown = stack.pulumi("preview", "--expect-no-changes", "-s", stack.name)
    assert shown.code == 0
    logins = wish["logins"] | {"app_stock": {"identities": [["idp", "stock"]]}}
    stack.wish(wish | {"logins": logins})
    printed = stack.up()

    for line in named:
        assert line in shown.text
        assert line in printed
    now = cluster.snapshot()
    assert taken not in now.setting(MAP)
    assert "stock app_stock" in now.setting(MAP)
    assert now.setting(ENABLED) == "false"
    assert {user: (options, roles) for user, options, roles in now.users} == {
        **{user: (options, roles) for user, options, roles in wanted.users},
        "app_orders": ("NOLOGIN", "{}"),
        "app_billing": ("", "{}"),
        "app_stock": ("", "{}"),
    }

    stack.wish(wish)
    stack.refresh()
    assert "by hand" not in stack.preview()
    stack.up()
    back = cluster.snapshot()
    assert (back.users, back.claims) == (wanted.users, wanted.claims)
    assert sorted(back.setting(MAP).splitlines()) == sorted(wanted.setting(MAP).splitlines())
    assert back.setting(ENABLED) == "true"
    stack.destroy()


def test_an_up_with_refresh_puts_it_back_at_once(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    stack.up()
    wanted = cluster.snapshot()
    cluster.execute("ALTER USER app_orders WITH NOLOGIN")

    printed = stack.up_with_refresh()

    assert "by hand" not in printed
    assert cluster.snapshot() == wanted
    stack.destroy()
