"""Groups of a token that become memberships of its user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import UNCATEGORISED, every_version, holds, refusal
from tests.contract.setting_names import (
    CLIENT_TIMEOUT,
    GROUP_CLAIM,
    GROUPS_ENABLED,
    USERINFO_GROUP_KEY,
)

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = [every_version, holds(since="25.4")]


@dataclass(frozen=True, slots=True)
class Staff:
    """A user, and three roles that exist; it is a member of `old`."""

    user: str
    one: str
    two: str
    old: str

    def named(self, value: Any) -> Any:
        """Return a claim in which ONE, TWO and OLD stand for the roles."""
        if isinstance(value, list):
            return [self.named(element) for element in value]
        for word, role in (("ONE", self.one), ("TWO", self.two), ("OLD", self.old)):
            value = value.replace(word, role) if isinstance(value, str) else value
        return value


@pytest.fixture
def staff(sso: Sso, users: Users) -> Staff:
    one, two, old = (users.create(kind="ROLE") for _ in range(3))
    user = users.create()
    users.grant(old, user)
    sso.trust()
    sso.settings.put(GROUPS_ENABLED, value=True)
    return Staff(user, one, two, old)


def roles_of(users: Users, user: str) -> set[str]:
    """Return the roles that a user is a direct member of."""
    asked = "SELECT member_of FROM [SHOW USERS] WHERE username = %s"
    row = users.db.execute(asked, [user]).fetchone()
    assert row is not None
    return set(row[0])


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param(["ONE"], {"ONE"}, id="a list"),
        pytest.param(["ONE", "TWO"], {"ONE", "TWO"}, id="a longer list"),
        pytest.param(["ONE", "OLD"], {"ONE", "OLD"}, id="what stays stays"),
        pytest.param("ONE", {"ONE"}, id="a text"),
        pytest.param("ONE,TWO", {"ONE", "TWO"}, id="a text with a comma"),
        pytest.param(" ONE , TWO,,", {"ONE", "TWO"}, id="blanks and nothing between commas"),
        pytest.param(["ONE", " ONE ", "ONE"], {"ONE"}, id="the same group again"),
        pytest.param(["ONE", "no_such_role"], {"ONE"}, id="a group without a role"),
        pytest.param(["no_such_role"], set(), id="only groups without a role"),
        pytest.param(["a b@c", "ONE"], {"ONE"}, id="a group that can't be a role"),
        pytest.param(["ONE", 5], {"ONE"}, id="a number among them"),
    ],
)
def test_a_user_belongs_to_the_roles_of_its_groups_and_to_no_others(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff, *, groups: Any, expected: set[str]
) -> None:
    token = sso.token(sub=staff.user, groups=staff.named(groups))
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {staff.named(role) for role in expected}


def test_groups_are_folded_to_lower_case(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    token = sso.token(sub=staff.user, groups=[staff.one.upper()])
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {staff.one}


def test_even_membership_of_admin_is_revoked(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    users.grant("admin", staff.user)
    token = sso.token(sub=staff.user, groups=[staff.one])
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {staff.one}


@pytest.mark.parametrize("groups", [[], "", " , ", ["", " "]], ids=repr)
def test_without_groups_memberships_are_revoked_and_the_login_refused(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff, groups: Any
) -> None:
    answer = cluster.knock(staff.user, sso.token(sub=staff.user, groups=groups))
    assert answer.message == "JWT authorization: empty group list"
    assert roles_of(users, staff.user) == set()


def test_the_group_claim_can_be_chosen(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    sso.settings.put(GROUP_CLAIM, "teams")
    token = sso.token(sub=staff.user, teams=[staff.one], groups=[staff.two])
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {staff.one}


def test_while_group_sync_is_off_groups_change_nothing(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    sso.settings.put(GROUPS_ENABLED, value=False)
    token = sso.token(sub=staff.user, groups=[staff.one])
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {staff.old}


@pytest.mark.parametrize("claims", [{}, {"groups": 5}, {"groups": {"a": 1}}], ids=repr)
def test_where_a_token_lists_no_groups_the_issuer_is_asked(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff, claims: dict[str, Any]
) -> None:
    """Nobody answers at the issuer of these tests."""
    sso.settings.put(CLIENT_TIMEOUT, "2s")
    answer = cluster.knock(staff.user, sso.token(sub=staff.user, **claims))
    assert answer.message == "JWT authorization: userinfo lookup failed"
    assert roles_of(users, staff.user) == {staff.old}


def test_a_refused_token_changes_no_membership(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    expired = sso.token(sub=staff.user, groups=[staff.one], exp=int(cluster.now_s()) - 30)
    assert cluster.verdict(staff.user, expired) == "JWT authentication: invalid token"
    assert roles_of(users, staff.user) == {staff.old}


def test_a_group_called_admin_makes_its_user_an_admin(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    """(inferred) from pkg/sql/authorization.go: nothing excludes `admin`, and no test covers it."""
    token = sso.token(sub=staff.user, groups=["Admin", staff.one])
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {"admin", staff.one}


def test_a_group_called_like_a_member_of_admin_makes_one_too(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    """(inferred) from pkg/sql/authorization.go."""
    users.grant("admin", staff.two)
    token = sso.token(sub=staff.user, groups=[staff.two])
    assert cluster.verdict(staff.user, token) == ADMITTED
    is_admin = "SELECT pg_has_role(%s, 'admin', 'member')"
    assert users.db.execute(is_admin, [staff.user]).fetchone() == (True,)


# Names of claims. Source: S3; the first version that checks them is open: a cluster of 25.4 may
# take all of them.

NAMES_OF_CLAIMS = [GROUP_CLAIM, USERINFO_GROUP_KEY]


@pytest.mark.parametrize("name", NAMES_OF_CLAIMS)
@pytest.mark.parametrize("text", ["teams", "a.b", "a_b-c.D1", "a,b", " a , b "])
def test_these_may_name_claims_of_groups(settings: Settings, name: str, text: str) -> None:
    settings.put(name, text)
    assert settings.show(name) == text


@pytest.mark.parametrize("name", NAMES_OF_CLAIMS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "value cannot be empty", id="nothing"),
        pytest.param("a,,b", "empty token in list", id="nothing between commas"),
        pytest.param("a, ", "empty token in list", id="nothing after a comma"),
        pytest.param("/realm/roles", '"/realm/roles" contains invalid characters', id="a path"),
        pytest.param("a, b c", '"b c" contains invalid characters', id="a blank within"),
        pytest.param("https://x", '"https://x" contains invalid characters', id="a URL"),
        pytest.param("é", '"é" contains invalid characters', id="a letter beyond ASCII"),
    ],
)
def test_other_names_of_claims_are_refused(
    db: Connection, settings: Settings, name: str, text: str, said: str
) -> None:
    settings.put(name, "teams")
    refused = refusal(db, f"SET CLUSTER SETTING {name} = '{text}'")
    assert refused.message_primary == f"JWT authentication: {said}"
    assert refused.sqlstate == UNCATEGORISED
    assert settings.show(name) == "teams"


def test_a_dot_in_the_name_of_a_claim_is_not_a_path(
    cluster: Cluster, sso: Sso, users: Users, staff: Staff
) -> None:
    sso.settings.put(GROUP_CLAIM, "realm.roles")
    claims: dict[str, Any] = {"realm.roles": [staff.one], "realm": {"roles": [staff.two]}}
    token = sso.token(sub=staff.user, **claims)
    assert cluster.verdict(staff.user, token) == ADMITTED
    assert roles_of(users, staff.user) == {staff.one}
