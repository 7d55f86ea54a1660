"""In the engine's diff, one change is one marked leaf, or one block under its key."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PROGRAM = '''\
"""Logins of two issuers as wish.json says, each identity named."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
issuers = {name: OidcIssuer(name, args) for name, args in wish["issuers"].items()}
logins = {
    user: {
        **login,
        "identities": [
            issuers[source].subject(subject, name=name)
            for name, (source, subject) in login["identities"].items()
        ],
    }
    for user, login in wish["logins"].items()
}
url = pulumi.Output.secret(wish["cluster_url"])
ClusterSso("sso", {"cluster_url": url, "keys": "pinned", "logins": logins})
'''

X_1 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
X_2 = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"


def key_set(**x_by_kid: str) -> str:
    key = {"kty": "OKP", "crv": "Ed25519"}
    return json.dumps({"keys": [{**key, "kid": kid, "x": x} for kid, x in x_by_kid.items()]})


def marked(shown: str) -> list[str]:
    """Return the places that the engine marks, without the `~` blocks around them."""
    properties = (
        line for line in shown.splitlines() if line.startswith(" " * 6)
    )  # not meant for people
    lines = (" ".join(line.split()).replace(" :", ":") for line in properties)
    return [
        line
        for line in lines
        if line.startswith(("+ ", "- ", "~ ")) and not (line[0] == "~" and line.endswith("{"))
    ]


def test_each_change_is_marked_where_it_is_and_nothing_else_is(
    cluster: EmbeddedCluster, stack: Stack
) -> None:
    (stack.folder / "__main__.py").write_text(PROGRAM)
    for role in ("readers", "writers"):
        cluster.execute(f"CREATE ROLE {role}")
    wish: dict[str, Any] = {
        "cluster_url": cluster.admin_url,
        "issuers": {
            "idp": {"issuer": "https://idp", "audience": "crdb", "jwks": key_set(k1=X_1)},
        },
        "logins": {
            "app": {"identities": {"batch": ["idp", "b-1"]}, "roles": ["readers"]},
            "web": {"identities": {"front": ["idp", "w-1"]}},
        },
    }
    stack.wish(wish)
    stack.up()

    def shown_after(*path: str, to: Any) -> list[str]:
        changed = deepcopy(wish)
        bag = changed
        for step in path[:-1]:
            bag = bag[step]
        bag[path[-1]] = to
        stack.wish(changed)
        return marked(stack.preview())

    app = ("logins", "app")
    assert shown_after(*app, "identities", "batch", to=["idp", "b-2"]) == [
        '~ subject: "b-1" => "b-2"'
    ]
    assert shown_after("issuers", "idp", "issuer", to="https://new") == [
        '~ issuer: "https://idp" => "https://new"'
    ]
    assert shown_after(*app, "roles", to=["readers", "writers"]) == ["+ writers: true"]
    assert shown_after(*app, "roles", to=[]) == ["- roles: {", "- readers: true"]
    assert shown_after(*app, "login", to=False) == ["+ login: false"]
    (rotated,) = shown_after("issuers", "idp", "jwks", to=key_set(k1=X_1, k2=X_2))[:1]
    assert rotated == "+ k2: (json) {"
    added = shown_after("logins", "api", to={"identities": {"api": ["idp", "a-1"]}})
    assert added[0] == "+ api: {"
    assert not [place for place in added if place.startswith(("-", "~"))]
    only_app = {"app": wish["logins"]["app"]}
    removed = shown_after("logins", to=only_app)
    assert removed[0] == "- web: {"
    assert not [place for place in removed if place.startswith(("+", "~"))]
    stack.wish(wish)
    stack.destroy()
