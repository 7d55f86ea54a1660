"""Inputs of a ClusterLogins, as the engine gives them."""

from copy import deepcopy
from typing import Any

from tests.unit.named_keys import ec_key

IDP = "https://idp.example.com"
SECRET = "hunter2"
WISH: dict[str, Any] = {
    "cluster_url": f"postgresql://op:{SECRET}@127.0.0.1:1/defaultdb",
    "owner": "org/shop/dev/sso",
    "mode": "pinned",
    "enabled": True,
    "registry_database": "crdb_sso",
    "sources": {"idp": {"issuer": IDP, "jwks_uri": f"{IDP}/keys", "keys": {"k1": ec_key("k1")}}},
    "logins": {
        "app": {
            "identities": {"orders": {"source": "idp", "audience": "crdb", "subject": "o-1"}},
            "roles": {"readers": True},
        },
        "idle": {"identities": {}, "login": False},
    },
}


def with_value(path: str, value: object) -> dict[str, Any]:
    """Return the wish with one value changed; blanks separate the parts of the path."""
    props = deepcopy(WISH)
    *steps, last = path.split()
    bag = props
    for step in steps:
        bag = bag[step]
    bag[last] = value
    return props
