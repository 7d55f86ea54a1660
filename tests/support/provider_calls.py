"""Calls of the provider as the engine makes them: inputs, create, update, delete."""

from copy import deepcopy
from typing import Any

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.provider.cluster_logins import ClusterLoginsProvider
from tests.support.servers import EmbeddedCluster

ISSUER = "https://idp.example.com"
AUDIENCE = "crdb"
KEY_1 = (
    '{"alg":"ES256","crv":"P-256","kid":"k1","kty":"EC","use":"sig",'
    '"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
    '"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'
)
KEY_2 = (
    '{"alg":"EdDSA","crv":"Ed25519","kid":"k2","kty":"OKP",'
    '"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
)

PROVIDER = ClusterLoginsProvider()
OWNER = "org/shop/dev/sso"


def identity(subject: str) -> dict[str, str]:
    return {"source": "idp", "audience": AUDIENCE, "subject": subject}


def wish(cluster: EmbeddedCluster, owner: str = OWNER, **changes: Any) -> dict[str, Any]:
    """Return inputs: one source with two keys, two logins without roles."""
    props: dict[str, Any] = {
        "cluster_url": cluster.admin_url,
        "owner": owner,
        "mode": "pinned",
        "enabled": True,
        "registry_database": "crdb_sso",
        "sources": {"idp": {"issuer": ISSUER, "keys": {"k1": KEY_1, "k2": KEY_2}}},
        "logins": {
            "app_orders": {"identities": {"orders": identity("o-1")}},
            "app_billing": {"identities": {"billing": identity("b-1")}},
        },
    }
    return deepcopy(props | changes)


def with_login(user: str, subject: str = "x") -> dict[str, Any]:
    """Return the change of a wish that has one login instead of its two."""
    return {"logins": {user: {"identities": {"me": identity(subject)}}}}


def other_wish(cluster: EmbeddedCluster) -> dict[str, Any]:
    """Return inputs that differ from `wish` in every kind of entry."""
    return wish(
        cluster,
        sources={"idp": {"issuer": "https://new-idp.example.com", "keys": {"k2": KEY_2}}},
        logins={
            "app_orders": {
                "identities": {"orders": identity("o-2") | {"audience": "crdb-2"}},
                "roles": {"readers": True},
            },
            "app_stock": {"identities": {"stock": identity("s-1")}, "login": False},
        },
    )


def create(props: dict[str, Any]) -> dict[str, Any]:
    """Create, and return what the state would remember."""
    return dict(PROVIDER.create(props).outs or {})


def reclaim(cluster: EmbeddedCluster, owner: str = OWNER) -> None:
    """Do what `crdb-sso claims reclaim` does: the next creation of that name takes over."""
    with (
        open_cluster(cluster.admin_url, database="crdb_sso") as connected,
        connected.turn(owner, lambda _line: None, Names()) as turn,
    ):
        turn.reopen(owner)


def asked(state: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs that a state remembers."""
    outputs = ("cluster_id", "instance", "retiring", "unproven")
    return {name: value for name, value in state.items() if name not in outputs}


def refresh(state: dict[str, Any]) -> dict[str, Any]:
    """Read, and compare as the engine does then; return what the state would remember."""
    seen = dict(PROVIDER.read(OWNER, state).outs or {})
    if seen:
        PROVIDER.diff(OWNER, seen, asked(state))
    return seen


def update(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """Update, and return what the state would remember."""
    return dict(PROVIDER.update(OWNER, olds, news).outs or {})


def delete(state: dict[str, Any]) -> None:
    """Delete what the state remembers."""
    PROVIDER.delete(OWNER, state)
