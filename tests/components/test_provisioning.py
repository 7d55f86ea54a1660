"""Automatic provisioning and group sync in a program."""

from typing import Any

import pulumi
import pytest

from components._provisioning import check_group_sync, group_sync_props
from crdb_sso.errors import CrdbSsoError
from tests.components.mockrun import run
from tests.components.programs import LOGINS, facts, run_sso, sso

WANTED = {"app": {"identities": [facts()]}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, {}, id="not used"),
        pytest.param({}, {"group_sync": {}}, id="with the default names"),
        pytest.param({"group_claim": None}, {"group_sync": {}}, id="None counts as not given"),
        pytest.param(
            {"group_claim": "teams", "userinfo_group_key": "roles"},
            {"group_sync": {"group_claim": "teams", "userinfo_group_key": "roles"}},
            id="both names",
        ),
        pytest.param(
            {"allow_privileged": True}, {"group_sync": {"allow_privileged": True}}, id="admins"
        ),
        pytest.param({"allow_privileged": False}, {"group_sync": {}}, id="the default"),
    ],
)
def test_group_sync_becomes_a_map(given: Any, expected: dict[str, Any]) -> None:
    check_group_sync(given)
    assert group_sync_props(given) == expected


def test_the_cluster_gets_both() -> None:
    def program() -> None:
        claim = pulumi.Output.from_input("teams")
        sso(WANTED, auto_provisioning=True, group_sync={"group_claim": claim})

    given = run(program).only(LOGINS).inputs
    assert given["auto_provisioning"] is True
    assert given["group_sync"] == {"group_claim": "teams"}


@pytest.mark.parametrize("given", [{}, {"auto_provisioning": False}, {"group_sync": None}])
def test_unused_options_are_left_out(given: dict[str, Any]) -> None:
    inputs = run_sso(WANTED, **given).only(LOGINS).inputs

    assert not {"auto_provisioning", "group_sync"} & inputs.keys()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(True, "`group_sync` is not a dict", id="a switch"),
        pytest.param({"groups": "x"}, "unknown key 'groups' in `group_sync`", id="misspelt"),
        pytest.param(
            {"allow_privileged": "no"}, "`allow_privileged` is 'no', not True or False", id="text"
        ),
    ],
)
def test_impossible_values_are_refused(given: Any, text: str) -> None:
    with pytest.raises(CrdbSsoError) as caught:
        check_group_sync(given)
    assert text in str(caught.value)


def test_a_switch_is_not_a_text() -> None:
    with pytest.raises(pulumi.RunError, match="`auto_provisioning` is 'false', not True or False"):
        run_sso(WANTED, auto_provisioning="false")
