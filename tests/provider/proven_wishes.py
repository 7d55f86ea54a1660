"""Wishes with a login that is proven, and what a cluster has afterwards."""

import json
from typing import Any

from tests.support.own_issuer import OwnIssuer
from tests.support.provider_calls import identity, wish
from tests.support.servers import EmbeddedCluster

RESTORE = {"on_failed_proof": "restore"}


def proven(cluster: EmbeddedCluster, idp: OwnIssuer, **changes: Any) -> dict[str, Any]:
    """Return a wish whose login app_orders is proven with a token of its subject."""
    prove = {"app_orders": idp.source("o-1")}
    return wish(cluster, **{"sources": idp.sources(), "prove": prove, **changes})


def wrong(cluster: EmbeddedCluster, idp: OwnIssuer, **changes: Any) -> dict[str, Any]:
    """Return a wish whose proof fails: the token names somebody else."""
    return proven(cluster, idp, prove={"app_orders": idp.source("somebody")}, **changes)


def more(cluster: EmbeddedCluster, idp: OwnIssuer, **changes: Any) -> dict[str, Any]:
    """Return a wish that adds to `proven` in every kind of entry; its proof fails."""
    new_key = OwnIssuer(idp.file.parent, "new")
    new = {"issuer": "https://new-idp.example.com", "keys": new_key.keys}
    added = {"source": "new", "audience": "crdb-2", "subject": "o-2"}
    return wrong(
        cluster,
        idp,
        sources={**idp.sources(), "new": new},
        logins={
            "app_orders": {
                "identities": {"orders": identity("o-1")},
                "roles": {"readers": True},
            },
            "app_billing": {"identities": {"billing": identity("b-1"), "more": added}},
            "app_stock": {"identities": {"stock": identity("s-1")}, "on_delete": "disable"},
        },
        accept={"CRDB-SSO-002": "one team"},
        claim="email",
        **changes,
    )


def entries(cluster: EmbeddedCluster) -> tuple[Any, ...]:
    """Return what a cluster has, with its lists in any order."""
    shot = cluster.snapshot()
    settings = {name: in_any_order(value) for name, value, _ in shot.settings}
    return settings, shot.users, shot.claims, owners(cluster)


def in_any_order(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return sorted(text.splitlines())
    items = found.get("keys", found) if isinstance(found, dict) else found
    return sorted(map(json.dumps, items)) if isinstance(items, list) else [text]


def owners(cluster: EmbeddedCluster) -> list[Any]:
    return cluster.execute(
        "SELECT owner, completed >= begun FROM crdb_sso.public.owners ORDER BY owner"
    )


def only_orders(cluster: EmbeddedCluster) -> dict[str, Any]:
    return {"app_orders": wish(cluster)["logins"]["app_orders"]}
