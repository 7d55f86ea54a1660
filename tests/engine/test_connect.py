"""What `connect` tells, before and after an `up` that is refused."""

from copy import deepcopy
from typing import Any

import pytest

from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

NEW = {"identities": [["idp", "stock"]], "roles": ["no_such_role"]}


def with_a_new_login(wish: dict[str, Any], **changes: Any) -> dict[str, Any]:
    changed = deepcopy(wish)
    changed["logins"]["app_stock"] = {**NEW, **changes}
    return changed


def test_after_a_refused_up_connect_tells_of_what_was_written_before(
    stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    stack.up()
    before = stack.output("connect")
    assert set(before) == {"app_orders", "app_billing"}
    stack.wish(with_a_new_login(wish))

    refused = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert "this role does not exist on the cluster: no_such_role" in refused.text
    assert stack.output("connect") == before
    stack.destroy()


def test_after_a_refused_first_up_connect_tells_of_nothing(
    stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(with_a_new_login(wish))

    refused = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert "this role does not exist on the cluster: no_such_role" in refused.text
    outputs = stack.pulumi("stack", "output", "--json", "-s", stack.name)
    assert outputs.text.strip() == "{}"


def test_an_up_of_something_else_does_not_tell_of_a_login_that_it_left_out(
    stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    stack.up()
    stack.wish(with_a_new_login(wish, roles=[]))

    idp = "urn:pulumi:test::shop::crdb-sso:index:OidcIssuer::idp"
    ran = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name, "--target", idp)

    assert ran.code == 0, ran.text
    assert set(stack.output("connect")) == {"app_orders", "app_billing"}
    stack.destroy()


def test_a_preview_of_one_more_login_knows_how_all_of_them_connect(
    stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    first = stack.preview()
    stack.up()
    stack.wish(with_a_new_login(wish, roles=[]))

    second = stack.preview()

    assert "[unknown]" not in first.partition(" connect: {")[2]
    assert "[unknown]" not in second.partition(" connect: {")[2]
    assert "postgresql://app_orders@" in first
    assert "postgresql://app_stock@" in second
    stack.destroy()
