"""What a refresh writes if a cluster has lost something."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.settings import Setting
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource, observed
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.provider.reading import read_desired, read_remembered
from crdb_sso.provider.writing import outputs, seen_inputs
from crdb_sso.registry.claims import Registry
from tests.unit.cluster_model import at_default
from tests.unit.engine_inputs import IDP, WISH
from tests.unit.observations import all_there

SHOWN = all_there(read_desired(WISH))
IDP_AS_WRITTEN = WISH["sources"]["idp"]


def test_what_did_not_change_is_left_as_given() -> None:
    state = WISH | {"cluster_id": "id-1", "leftovers": ["key k9"]}

    assert seen_inputs(state, SHOWN) == WISH


@pytest.mark.parametrize(
    ("shown", "changed"),
    [
        pytest.param(
            replace(SHOWN, scalars={Setting.ENABLED: "false"}), {"enabled": False}, id="off"
        ),
        pytest.param(
            replace(SHOWN, sources={"idp": ObservedSource({}, is_trusted=False)}),
            {"sources": {"idp": {**IDP_AS_WRITTEN, "keys": {}, "trusted": False}}},
            id="keys, and the issuer",
        ),
        pytest.param(
            replace(SHOWN, logins={"app": ObservedLogin({})}),
            {"logins": {"app": {"identities": {}}}},
            id="a user, and all of another",
        ),
        pytest.param(
            replace(
                SHOWN,
                logins={
                    "app": ObservedLogin({"orders": ""}, frozenset({"readers"}), may_login=False)
                },
            ),
            {
                "logins": {
                    "app": {
                        "identities": {
                            "orders": {"source": "idp", "audience": "", "subject": "o-1"}
                        },
                        "roles": {"readers": True},
                        "login": False,
                    }
                }
            },
            id="an audience, and the login state",
        ),
        pytest.param(
            replace(SHOWN, leftovers=("user old",)), {"leftovers": ["user old"]}, id="left over"
        ),
    ],
)
def test_what_changed_shows(shown: Observed, changed: dict[str, Any]) -> None:
    assert seen_inputs(WISH, shown) == WISH | changed


FETCHED = WISH | {"mode": "fetched", "sources": {"idp": {"issuer": IDP, "keys": {}, "ca": "PEM"}}}


def test_nodes_that_no_longer_fetch_keys_show_as_pinned_keys() -> None:
    source = ObservedSource({}, has_ca=False)
    scalars = {Setting.AUTO_FETCH: "false", Setting.TIMEOUT: "5s"}
    shown = replace(SHOWN, sources={"idp": source}, scalars=scalars)

    assert seen_inputs(FETCHED, shown) == WISH | {"sources": {"idp": {"issuer": IDP, "keys": {}}}}


def test_what_a_stack_without_issuers_never_wrote_is_not_lost() -> None:
    state = {**WISH, "sources": {}, "logins": {}, "mode": "fetched", "claim": "email"}
    untouched = ClusterState(at_default(), Registry("id-1"))

    shown = observed(read_remembered(state), untouched, "org/shop/dev/sso")

    assert seen_inputs(state, shown) == state


def test_lost_options_are_left_out() -> None:
    options = {"sso_only": {"ops all": "cert"}, "auto_provisioning": True, "group_sync": {}}

    assert seen_inputs(WISH | options, SHOWN) == WISH


@pytest.mark.parametrize("live", ["upn", ""])
def test_a_different_claim_shows(live: str) -> None:
    shown = replace(SHOWN, scalars={**SHOWN.scalars, Setting.CLAIM: live})

    assert seen_inputs(WISH | {"claim": "email"}, shown) == WISH | {"claim": live}


def test_what_the_cluster_no_longer_has_shows_as_its_default() -> None:
    options = {"mode": "fetched", "claim": "email"}
    shown = replace(SHOWN, lacking=frozenset({Setting.CLAIM, Setting.AUTO_FETCH}))

    assert seen_inputs(WISH | options, shown) == WISH | {"mode": "pinned", "claim": ""}


def test_remaining_doors_show() -> None:
    doors = {"ops all": "cert", "mon all": "password"}
    shown = replace(SHOWN, sso_only={Door("ops"): "cert"})

    assert seen_inputs(WISH | {"sso_only": doors}, shown) == WISH | {
        "sso_only": {"ops all": "cert"}
    }


def test_outputs_name_the_cluster_the_owner_and_the_retired_keys() -> None:
    due = datetime(2026, 11, 25, 6, tzinfo=timezone.utc)

    assert outputs("id-1", "uuid", {}) == {"cluster_id": "id-1", "instance": "uuid"}
    assert outputs("id-1", "uuid", {"idp": {"k2": due, "k1": due}}) == {
        "cluster_id": "id-1",
        "instance": "uuid",
        "retiring": {"idp": {"k1": "2026-11-25T06:00:00+00:00", "k2": "2026-11-25T06:00:00+00:00"}},
    }
