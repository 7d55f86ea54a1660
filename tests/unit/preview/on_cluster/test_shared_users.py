"""Users that several stacks name, in lines for people."""

from dataclasses import replace

import pytest

from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source
from crdb_sso.plan.planner import plan_context
from crdb_sso.preview.on_cluster.shared_users import kept_lines, shared_lines
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import wanted

START = Cluster(roles=frozenset({"readers", "writers"}))
IDP = Source("https://idp.example.com", "", {"k1": ec_key("k1")})


def logins(*roles: str, subject: str = "s", user: str = "app") -> Desired:
    login = Login({"me": Identity("idp", "crdb", subject)}, frozenset(roles))
    return Desired({"idp": IDP}, {user: login})


def shared(cluster: Cluster, wish: Desired, owner: str = "me") -> list[str]:
    known = cluster.known(wanted(owner, wish))
    return list(shared_lines(plan_context(cluster.live_for(known), known)))


def kept(cluster: Cluster, wish: Desired, owner: str = "me") -> list[str]:
    known = cluster.known(wanted(owner, wish))
    return list(kept_lines(plan_context(cluster.live_for(known), known)))


THEIRS = carried_out(START, wanted("you", logins("readers")))
BOTH = carried_out(THEIRS, wanted("me", logins()))
SHARED = "SQL user app: shared with you: tokens of each of these stacks log in as it"


@pytest.mark.parametrize(
    ("cluster", "wish", "expected"),
    [
        pytest.param(START, logins("readers"), [], id="nobody else has it"),
        pytest.param(THEIRS, logins(user="other"), [], id="another user"),
        pytest.param(
            THEIRS,
            logins("writers"),
            [f"{SHARED}, with all their roles: readers, writers"],
            id="a second stack",
        ),
        pytest.param(BOTH, logins(), [], id="it was said before"),
        pytest.param(
            BOTH, logins(subject="t"), [f"{SHARED}, with all their roles: readers"], id="a subject"
        ),
        pytest.param(
            BOTH,
            logins("writers"),
            [f"{SHARED}, with all their roles: readers, writers"],
            id="a role",
        ),
        pytest.param(
            replace(THEIRS, users={}), logins("writers"), [], id="it was dropped in the meantime"
        ),
    ],
)
def test_more_access_to_a_user_of_another_stack_is_one_line(
    cluster: Cluster, wish: Desired, expected: list[str]
) -> None:
    assert shared(cluster, wish) == expected


def test_without_roles_and_with_several_stacks_all_of_them_are_named() -> None:
    cluster = carried_out(START, wanted("you", logins()))
    cluster = carried_out(cluster, wanted("they", logins()))

    assert shared(cluster, logins()) == [
        "SQL user app: shared with they, you: tokens of each of these stacks log in as it"
    ]


@pytest.mark.parametrize(
    ("cluster", "wish", "expected"),
    [
        pytest.param(BOTH, NOTHING, ["kept: SQL user app: also needed by you"], id="both"),
        pytest.param(BOTH, logins(), [], id="we stay"),
        pytest.param(carried_out(START, wanted("me", logins())), NOTHING, [], id="only we"),
    ],
)
def test_a_user_that_another_stack_needs_is_kept_and_named(
    cluster: Cluster, wish: Desired, expected: list[str]
) -> None:
    assert kept(cluster, wish) == expected
