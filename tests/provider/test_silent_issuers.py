"""An issuer is silent: revocations and everything else go through, and its keys stay."""

from typing import Any

import pytest

from crdb_sso.desired.not_fetched import not_fetched
from tests.support.provider_calls import (
    AUDIENCE,
    ISSUER,
    KEY_2,
    PROVIDER,
    create,
    delete,
    identity,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

SILENT = not_fetched("OidcIssuer 'idp': https://idp.example.com: no answer\n  Next step: wait.")
SILENT_SOURCE = {"issuer": ISSUER, "jwks_uri": "", "keys": SILENT}


def checked(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    result = PROVIDER.check(olds, news)
    assert result.failures == []
    return dict(result.inputs)


def live_kids(cluster: EmbeddedCluster) -> list[bool]:
    text = cluster.snapshot().setting("jwt_authentication.jwks")
    return [f'"{kid}"' in text for kid in ("k1", "k2")]


@pytest.mark.parametrize("revocation", [{"login": False}, None], ids=["shut out", "removed"])
def test_a_revocation_goes_through_and_no_key_is_retired(
    cluster: EmbeddedCluster, revocation: dict[str, Any] | None
) -> None:
    state = create(wish(cluster, retire_after_h=24))
    logins = wish(cluster)["logins"]
    left = logins.pop("app_billing")
    if revocation:
        logins["app_billing"] = left | revocation
    news = checked(
        state, wish(cluster, retire_after_h=24, logins=logins, sources={"idp": SILENT_SOURCE})
    )

    state = update(state, news)

    users = dict(
        cluster.execute(
            "SELECT rolname, rolcanlogin FROM pg_catalog.pg_roles WHERE rolname LIKE 'app%'"
        )
    )
    assert users == {"app_orders": True, **({"app_billing": False} if revocation else {})}
    assert live_kids(cluster) == [True, True]
    assert "retiring" not in state
    assert set(state["sources"]["idp"]["keys"]) == {"k1", "k2"}
    assert not PROVIDER.diff("id", state, news).changes
    delete(state)


def test_changes_of_another_issuer_go_through(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    other = {"issuer": "https://other.example.com", "keys": {"k2": KEY_2}}
    logins = {
        **wish(cluster)["logins"],
        "app_new": {"identities": {"me": identity("n") | {"source": "other"}}},
    }
    wanted = wish(cluster, logins=logins, sources={"idp": SILENT_SOURCE, "other": other})

    state = update(state, checked(state, wanted))

    assert "other.example.com" in cluster.snapshot().setting(ISSUERS)
    assert live_kids(cluster) == [True, True]
    delete(state)


def test_a_first_creation_is_refused_with_the_reason(cluster: EmbeddedCluster) -> None:
    result = PROVIDER.check({}, wish(cluster, sources={"idp": SILENT_SOURCE}))
    assert [(f.property, f.reason) for f in result.failures] == [("", next(iter(SILENT.values())))]
    assert "" not in result.inputs["sources"]["idp"]["keys"]
    assert AUDIENCE not in cluster.snapshot().setting("jwt_authentication.audience")
