"""Options of the whole cluster as an engine gives them."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.desired.logins import Login
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.provider.checking import problems
from crdb_sso.provider.props import inputs_of, logins, seen_props
from tests.unit.engine_inputs import WISH

PLAIN = {**WISH, "logins": {"app": {"identities": {}}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, None, id="not used"),
        pytest.param({}, GroupSync("groups", "groups"), id="by the usual names"),
        pytest.param({"group_claim": "teams"}, GroupSync("teams", "groups"), id="another claim"),
        pytest.param({"group_claim": None}, GroupSync("groups", "groups"), id="as good as not"),
        pytest.param(
            {"group_claim": Unknown(), "userinfo_group_key": "k"}, GroupSync(None, "k"), id="later"
        ),
        pytest.param(Unknown(), GroupSync(None, None), id="not known at all"),
    ],
)
def test_group_sync_is_read(given: Any, expected: GroupSync | None) -> None:
    props = {**PLAIN, "group_sync": given}

    assert problems(props) == []
    assert logins(props).group_sync == expected


@pytest.mark.parametrize(
    ("given", "expected"), [(True, True), (False, False), (None, False), (Unknown(), False)]
)
def test_automatic_provisioning_is_read(given: Any, *, expected: bool) -> None:
    props = {**WISH, "auto_provisioning": given}

    assert problems(props) == []
    assert logins(props).auto_provisioning is expected


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"group_sync": {}, "auto_provisioning": True},
        {"group_sync": {"group_claim": "groups"}},
        {"group_sync": {"group_claim": "teams", "userinfo_group_key": "roles"}},
    ],
)
def test_what_is_seen_unchanged_has_the_shape_that_was_given(given: dict[str, Any]) -> None:
    props = {**PLAIN, **given}

    assert seen_props(props, logins(props)) == props
    assert inputs_of(props) == props


def test_what_a_hand_changed_shows() -> None:
    props = {**PLAIN, "group_sync": {}, "auto_provisioning": True}
    asked = logins(props)

    off = replace(asked, group_sync=None, auto_provisioning=False)
    assert seen_props(props, off) == PLAIN
    renamed = replace(asked, group_sync=GroupSync("groups", "x"))
    assert seen_props(props, renamed)["group_sync"] == {"userinfo_group_key": "x"}


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        pytest.param({"group_sync": True}, "group_sync", "no map", id="a switch"),
        pytest.param(
            {"group_sync": {"claim": "x"}},
            "group_sync.claim",
            "known are group_claim",
            id="misspelt",
        ),
        pytest.param(
            {"group_sync": {"group_claim": " "}}, "group_sync.group_claim", "no name", id="blank"
        ),
        pytest.param(
            {"group_sync": {"userinfo_group_key": 7.0}},
            "group_sync.userinfo_group_key",
            "no name",
            id="a number",
        ),
        pytest.param({"auto_provisioning": "yes"}, "auto_provisioning", "neither true", id="text"),
    ],
)
def test_what_can_not_be_is_refused(given: dict[str, Any], path: str, reason: str) -> None:
    (problem,) = problems({**PLAIN, **given})

    assert problem.path == path
    assert reason in problem.reason


def test_roles_beside_group_sync_are_refused_by_name() -> None:
    (problem,) = problems({**WISH, "group_sync": {}})

    assert problem.path == 'logins["app"].roles'
    assert "`group_sync` revokes readers from app at its next login" in problem.reason
    assert logins(PLAIN).logins == {"app": Login({})}
