"""Options of the whole cluster, as the engine gives them."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Login
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.provider.checking import problems
from crdb_sso.provider.reading import inputs_of, read_desired
from crdb_sso.provider.writing import seen_inputs
from tests.unit.engine_inputs import WISH
from tests.unit.observations import all_there

PLAIN = {**WISH, "logins": {"app": {"identities": {}}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, None, id="not used"),
        pytest.param({}, GroupSync("groups", "groups"), id="with the default names"),
        pytest.param({"group_claim": "teams"}, GroupSync("teams", "groups"), id="another claim"),
        pytest.param(
            {"group_claim": None}, GroupSync("groups", "groups"), id="counts as not given"
        ),
        pytest.param(
            {"group_claim": Unknown(), "userinfo_group_key": "k"},
            GroupSync(UNKNOWN, "k"),
            id="later",
        ),
        pytest.param(Unknown(), GroupSync(UNKNOWN, UNKNOWN), id="not known at all"),
    ],
)
def test_group_sync_is_read(given: Any, expected: GroupSync | None) -> None:
    props = {**PLAIN, "group_sync": given}

    assert problems(props) == []
    assert read_desired(props).group_sync == expected


@pytest.mark.parametrize(
    ("given", "expected"), [(True, True), (False, False), (None, False), (Unknown(), False)]
)
def test_automatic_provisioning_is_read(given: Any, *, expected: bool) -> None:
    props = {**WISH, "auto_provisioning": given}

    assert problems(props) == []
    assert read_desired(props).auto_provisioning is expected


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"group_sync": {}, "auto_provisioning": True},
        {"group_sync": {"group_claim": "groups"}},
        {"group_sync": {"group_claim": "teams", "userinfo_group_key": "roles"}},
    ],
)
def test_what_did_not_change_keeps_the_form_that_was_given(given: dict[str, Any]) -> None:
    props = {**PLAIN, **given}

    assert seen_inputs(props, all_there(read_desired(props))) == props
    assert inputs_of(props) == props


def test_manual_changes_show() -> None:
    props = {**PLAIN, "group_sync": {}, "auto_provisioning": True}
    shown = all_there(read_desired(props))
    off = {**shown.scalars, Setting.GROUP_SYNC: "false", Setting.PROVISIONING: "false"}
    assert seen_inputs(props, replace(shown, scalars=off)) == PLAIN

    renamed = {**shown.scalars, Setting.USERINFO_GROUP_KEY: "x"}
    seen = seen_inputs(props, replace(shown, scalars=renamed))
    assert seen["group_sync"] == {"userinfo_group_key": "x"}


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        pytest.param({"group_sync": True}, "group_sync", "it is not a map", id="a switch"),
        pytest.param(
            {"group_sync": {"claim": "x"}},
            "group_sync.claim",
            "unknown property; the known ones are group_claim, userinfo_group_key",
            id="misspelt",
        ),
        pytest.param(
            {"group_sync": {"group_claim": " "}},
            "group_sync.group_claim",
            "the name is blank",
            id="blank",
        ),
        pytest.param(
            {"group_sync": {"userinfo_group_key": "realm_access/roles"}},
            "group_sync.userinfo_group_key",
            "CockroachDB refuses 'realm_access/roles' as the name of a group claim",
            id="a path",
        ),
        pytest.param(
            {"group_sync": {"allow_privileged": "yes"}},
            "group_sync.allow_privileged",
            "it is neither true nor false",
            id="a text for a switch",
        ),
        pytest.param(
            {"group_sync": {"userinfo_group_key": 7.0}},
            "group_sync.userinfo_group_key",
            "it is not a string",
            id="a number",
        ),
        pytest.param({"auto_provisioning": "yes"}, "auto_provisioning", "neither true", id="text"),
    ],
)
def test_impossible_values_are_refused(given: dict[str, Any], path: str, reason: str) -> None:
    (problem,) = problems({**PLAIN, **given})

    assert problem.path == path
    assert reason in problem.reason


def test_roles_besides_group_sync_are_refused_by_name() -> None:
    (problem,) = problems({**WISH, "group_sync": {}})

    assert problem.path == 'logins["app"].roles'
    assert (
        "(in the configuration `groupSync`) revokes readers from app at its next login"
        in problem.reason
    )
    assert read_desired(PLAIN).logins == {"app": Login({})}
