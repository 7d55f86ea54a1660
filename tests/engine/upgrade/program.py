"""The program of the stacks `pinned` and `fetched`: logins as wish.json beside it says."""

import json
from pathlib import Path
from typing import Any

import pulumi

from components import ClusterSso, OidcIssuer

wish: dict[str, Any] = json.loads(Path("wish.json").read_text())


class Platform(pulumi.ComponentResource):
    """A component of the program itself."""

    def __init__(self, name: str) -> None:
        super().__init__("shop:index:Platform", name)


def issuer_args(given: dict[str, Any]) -> Any:
    """Return the arguments of an issuer, with its keys as text."""
    return given | ({"jwks": json.dumps(given["jwks"])} if "jwks" in given else {})


issuers = {name: OidcIssuer(name, issuer_args(given)) for name, given in wish["issuers"].items()}
logins = {
    user: {
        **login,
        "identities": [issuers[name].subject(subject) for name, subject in login["identities"]],
    }
    for user, login in wish["logins"].items()
}
args: Any = {
    **wish["args"],
    "cluster_url": pulumi.Output.secret(wish["cluster_url"]),
    "logins": logins,
    "subject_is_username": [issuers[name].facts for name in wish.get("by_subject", ())],
}
parent = Platform(wish["platform"]) if "platform" in wish else None
sso = ClusterSso("sso", args, pulumi.ResourceOptions(parent=parent))
pulumi.export("connect", sso.connect)
