"""Forced SSO in a program."""

from typing import Any

import pulumi
import pytest

from components._sso_only import check_sso_only, sso_only_props
from crdb_sso.errors import CrdbSsoError
from tests.components.programs import LOGINS, facts, run_sso


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, {}, id="not used"),
        pytest.param({}, {"sso_only": {}}, id="nobody is kept"),
        pytest.param({"keep": None}, {"sso_only": {}}, id="None counts as not given"),
        pytest.param(
            {
                "keep": [
                    {"user": "ops", "method": "cert"},
                    {"user": "bak", "method": "password", "address": "10.0.0.0/8"},
                ]
            },
            {"sso_only": {"ops all": "cert", "bak 10.0.0.0/8": "password"}},
            id="two are kept",
        ),
    ],
)
def test_those_who_are_kept_become_a_map_of_doors(given: Any, expected: dict[str, Any]) -> None:
    check_sso_only(given)
    assert sso_only_props(given) == expected


def test_the_cluster_gets_it() -> None:
    logins = {"app": {"identities": [facts()]}}
    keep = {"keep": [{"user": "ops", "method": "cert"}]}

    assert run_sso(logins, sso_only=keep).only(LOGINS).inputs["sso_only"] == {"ops all": "cert"}
    assert "sso_only" not in run_sso(logins).only(LOGINS).inputs


OPS = {"user": "ops", "method": "cert"}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(True, "`sso_only` is not a dict", id="a switch"),
        pytest.param({"kept": []}, "unknown key 'kept' in `sso_only`", id="misspelt"),
        pytest.param({"keep": "ops"}, "`keep` of `sso_only` is not a list", id="a text"),
        pytest.param(
            {"keep": ["ops"]}, "`keep` no. 1 of `sso_only` is not a dict", id="a user alone"
        ),
        pytest.param({"keep": [{"user": "ops"}]}, "method", id="no method"),
        pytest.param(
            {"keep": [OPS | {"user": pulumi.Output.from_input("ops")}]},
            "`keep` no. 1 of `sso_only` is not plain text",
            id="an Output",
        ),
        pytest.param(
            {"keep": [OPS | {"method": "trust"}]}, "'trust' is not a supported method", id="trust"
        ),
        pytest.param(
            {"keep": [OPS | {"address": "10.1"}]}, "not a block of addresses", id="address"
        ),
        pytest.param({"keep": [OPS | {"user": "a@b"}]}, "not a legal SQL user name", id="user"),
        pytest.param(
            {"keep": [OPS, OPS | {"method": "password"}]},
            "`keep` no. 2 of `sso_only` names ops all again, with another method",
            id="one door by two methods",
        ),
    ],
)
def test_impossible_values_are_refused(given: Any, text: str) -> None:
    with pytest.raises(CrdbSsoError) as caught:
        check_sso_only(given)
    assert text in str(caught.value)
