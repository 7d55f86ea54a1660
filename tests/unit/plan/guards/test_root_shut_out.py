"""Forced SSO where nodes may shut root out: tokens are never the only way in that is certain."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN, Privilege
from crdb_sso.plan.inputs import PASSWORD, TOKEN, LiveUser, Operator
from tests.unit.cluster_versions import BEFORE_26_1, NOT_KNOWN
from tests.unit.plan.guards.test_forced_sso import OPS, refusal

ADMIN = LiveUser(may_login=True, privileges=(MEMBER_OF_ADMIN,))
SETTER = LiveUser(may_login=True, privileges=(Privilege("MODIFYCLUSTERSETTING"),))
BY_TOKEN = Operator("op", TOKEN)


@pytest.mark.parametrize("user", [ADMIN, SETTER], ids=["an admin", "a role that sets settings"])
@pytest.mark.parametrize("door", [Door("ops"), Door("ops", "10.0.0.0/8")], ids=str)
def test_tokens_are_not_the_only_way_in_where_an_admin_is_kept(user: LiveUser, door: Door) -> None:
    for method in ("cert", "password"):
        kept = {door: method}
        assert refusal("", BY_TOKEN, kept, version=NOT_KNOWN, users={"ops": user}) == ""


@pytest.mark.parametrize(
    "operator",
    [Operator(), Operator("root", PASSWORD)],
    ids=["by certificate", "by password"],
)
def test_root_counts_where_it_has_just_come_in(operator: Operator) -> None:
    assert refusal("", operator, version=NOT_KNOWN) == ""


def test_a_rule_for_others_or_for_other_addresses_does_not_matter() -> None:
    text = "host all mon all reject\nhost all ops 192.0.2.0/24 reject\nhost all ops ::/0 reject"

    assert refusal(text, BY_TOKEN, OPS, version=NOT_KNOWN, users={"ops": ADMIN}) == ""


def test_root_counts_where_no_node_can_shut_it_out() -> None:
    assert refusal("", BY_TOKEN, version=BEFORE_26_1) == ""


@pytest.mark.parametrize(
    ("doors", "users", "text", "reason"),
    [
        pytest.param({}, {}, "", "", id="nobody is kept"),
        pytest.param(
            {Door("root"): "cert"},
            {},
            "",
            "root is kept, but may be shut out all the same",
            id="root",
        ),
        pytest.param(
            OPS,
            {},
            "",
            "ops is kept, but is not a user that this stack knows to exist",
            id="nobody",
        ),
        pytest.param(
            OPS,
            {"ops": replace(ADMIN, may_login=False)},
            "",
            "ops is kept, but may not log in (NOLOGIN)",
            id="NOLOGIN",
        ),
        pytest.param(
            OPS,
            {"ops": LiveUser(may_login=True)},
            "",
            "ops is kept, but is not an admin",
            id="power",
        ),
        pytest.param(OPS, {"ops": ADMIN}, "host all ops all reject", "", id="rejected by others"),
        pytest.param(
            OPS,
            {"ops": ADMIN},
            "host all ops 0.0.0.0/0 reject\nhost all ops ::/0 reject",
            "",
            id="rejected from every address of both families",
        ),
        pytest.param(
            OPS,
            {"ops": ADMIN},
            "host all ops 0.0.0.0 0.0.0.0 oauth\nhostssl all all ::/1 reject\n"
            "host all ops 8000::/1 reject",
            "",
            id="rejected from every address, bit by bit",
        ),
        pytest.param(
            {Door("ops", "10.0.0.0/8"): "cert"},
            {"ops": ADMIN},
            "host all ops 10.0.0.0/7 reject",
            "",
            id="rejected from where it is kept",
        ),
        pytest.param({}, {"ops": ADMIN}, "host all ops all oauth", "", id="by OAUTHBEARER only"),
    ],
)
def test_a_token_alone_does_not_close_all_other_doors_where_root_may_be_shut_out(
    doors: dict[Door, str], users: dict[str, LiveUser], text: str, reason: str
) -> None:
    said = refusal(text, BY_TOKEN, doors, version=NOT_KNOWN, users=users)

    assert "would leave tokens as the only certain way in: the operator op logged in" in said
    assert "--disallow-root-login" in said
    assert reason in said
    assert '{"user": "ops", "method": "cert"}; or run `pulumi up` once as root' in said
