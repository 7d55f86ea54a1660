"""What a person sees before anything happens: effect lines, and one marked leaf per change."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


@pytest.fixture
def standing(stack: Stack, cluster: EmbeddedCluster, wish: dict[str, Any]) -> dict[str, Any]:
    """The wish of a stack that is up."""
    for role in ("readers", "writers"):
        cluster.execute(f"CREATE ROLE {role}")
    wish["logins"]["app_orders"]["roles"] = ["readers"]
    stack.wish(wish)
    stack.up()
    return wish


def marked(shown: str) -> list[str]:
    """Return the lines of the diff that the engine marks, below the resource's own."""
    lines = (line.strip() for line in shown.splitlines())
    return [line for line in lines if line[:2] in ("+ ", "- ", "~ ") and ":" in line]


def test_the_first_preview_shows_users_sources_and_keys(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.execute("CREATE ROLE readers")
    wish["logins"]["app_orders"] |= {"roles": ["readers"], "login": False}
    stack.wish(wish)

    shown = stack.preview()

    (kid,) = issuer.kids()
    for line in (
        f"+ idp: tokens of issuer {issuer.issuer} are trusted, keys {kid}",
        "+ app_orders: SQL user, member of readers",
        "~ app_orders: shut out (NOLOGIN)",
        "+ app_orders: idp subject orders (audience crdb) may log in",
        "+ app_billing: SQL user",
        "+ app_billing: idp subject billing (audience crdb) may log in",
    ):
        assert line in shown
    assert cluster.execute("SELECT 1 FROM [SHOW DATABASES] WHERE database_name = 'crdb_sso'") == []


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def changed(wish: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        bag = wish
        for step in steps:
            bag = bag[step]
        if value is None:
            del bag[last]
        else:
            bag[last] = value

    return changed


CHANGES = {
    "another subject": (
        change("logins.app_orders.identities", [["idp", "orders-2"]]),
        [
            "- app_orders: idp subject orders (audience crdb) may no longer log in",
            "+ app_orders: idp subject orders-2 (audience crdb) may log in",
        ],
    ),
    "a new role": (
        change("logins.app_orders.roles", ["readers", "writers"]),
        ["+ app_orders: member of writers"],
    ),
    "a role less": (
        change("logins.app_orders.roles", []),
        ["- app_orders: no longer a member of readers"],
    ),
    "one shut out": (
        change("logins.app_billing.login", False),  # noqa: FBT003 - a value of the wish
        ["~ app_billing: shut out (NOLOGIN)"],
    ),
    "a new login": (
        change("logins.app_stock", {"identities": [["idp", "stock"]]}),
        ["+ app_stock: SQL user", "+ app_stock: idp subject stock (audience crdb) may log in"],
    ),
    "a login less": (
        change("logins.app_billing", None),
        ["- app_billing: tokens no longer open it; the SQL user is dropped if a stack created it"],
    ),
}


@pytest.mark.parametrize(("changed", "lines"), [pytest.param(*v, id=k) for k, v in CHANGES.items()])
def test_each_kind_of_change_is_one_place_in_the_diff_and_lines_for_people(
    stack: Stack,
    standing: dict[str, Any],
    changed: Callable[[dict[str, Any]], None],
    lines: list[str],
) -> None:
    wish = deepcopy(standing)
    changed(wish)
    stack.wish(wish)

    shown = stack.preview()

    positions = [shown.index(line) for line in lines]
    assert positions == sorted(positions)
    assert "cluster_url" not in "".join(marked(shown))
    assert "Unknown object at 0x" not in shown
    stack.up()
    assert stack.pulumi("preview", "--expect-no-changes", "-s", stack.name).code == 0
    stack.destroy()


UNKNOWN_PROGRAM = '''\
"""A subject, an issuer and a cluster that are known only after another resource exists."""
import json
from pathlib import Path

import pulumi
from pulumi import dynamic

from components import ClusterSso, OidcIssuer


class Later(dynamic.ResourceProvider):
    def create(self, props):
        return dynamic.CreateResult("later", {**props})

    def diff(self, _id, olds, news):
        return dynamic.DiffResult(changes=olds.get("text") != news.get("text"))

    def update(self, _id, olds, news):
        return dynamic.UpdateResult({**news})


class Thing(dynamic.Resource):
    value: pulumi.Output[str]

    def __init__(self, name, text):
        super().__init__(Later(), name, {"text": text, "value": None})


wish = json.loads(Path("wish.json").read_text())


def later(name, text):
    """Return a text that no preview knows before the thing exists."""
    return pulumi.Output.all(Thing(name, text).id, text).apply(lambda parts: parts[1])


args = dict(wish["issuers"]["idp"])
idp = OidcIssuer("idp", {**args, "issuer": later("issuer", args["issuer"])})
logins = {"app_orders": {"identities": [idp.subject(later("subject", "orders"), name="orders")]}}
url = pulumi.Output.secret(later("url", wish["cluster_url"]))
sso = ClusterSso("sso", {"cluster_url": url, "keys": "pinned", "logins": logins})
pulumi.export("connect", sso.connect)
'''


def test_unknown_values_are_marked_and_nothing_is_connected_to(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    (stack.folder / "__main__.py").write_text(UNKNOWN_PROGRAM)
    stack.wish(wish)
    cluster.faults({"match": "CONNECT", "kind": "drop_before", "times": -1})

    shown = stack.preview()

    cluster.faults()
    assert "+ app_orders: idp subject [unknown] (audience crdb) may log in" in shown
    assert "+ idp: tokens of issuer [unknown] are trusted, keys [unknown]" in shown
    assert "object at 0x" not in shown
    stack.up()
    assert cluster.snapshot().setting("identity_map.configuration").endswith("orders app_orders\n")
    stack.destroy()
