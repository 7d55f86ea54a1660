"""SHOW GRANTS and SHOW SYSTEM GRANTS: their columns, and what a user inherits.

Sources: release notes of 23.1 (SHOW SYSTEM GRANTS), #104587 (roles, 23.1.3), #122718 and #122822
(object types, 23.1.22, 23.2.6, 24.1), #127086 (`public`, 24.2); pkg/sql/delegate/show_grants.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import every_version, holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster, Connection
    from tests.contract.temporary_users import Users

pytestmark = every_version

ONE_NAME = ["database_name", "schema_name", "relation_name"]
NAME_AND_TYPE = ["database_name", "schema_name", "object_name", "object_type"]
GRANTED = ["grantee", "privilege_type", "is_grantable"]
NAME_AND_TYPE_SINCE = {
    "23.1": holds(since="23.1.22", before="23.2"),
    "23.2": holds(since="23.2.6", before="24.1"),
    "24.1": holds(since="24.1"),
}
ONE_NAME_UNTIL = {
    "23.1": holds(before="23.1.22"),
    "23.2": holds(since="23.2", before="23.2.6"),
}


@pytest.mark.parametrize("statement", ["SHOW GRANTS", "SHOW GRANTS FOR root"])
@pytest.mark.parametrize(
    "columns",
    [
        *(pytest.param(ONE_NAME, id=f"old {k}", marks=m) for k, m in ONE_NAME_UNTIL.items()),
        *(pytest.param(NAME_AND_TYPE, id=k, marks=m) for k, m in NAME_AND_TYPE_SINCE.items()),
    ],
)
def test_grants_have_these_columns(db: Connection, statement: str, columns: list[str]) -> None:
    assert _columns(db, statement) == [*columns, *GRANTED]


@pytest.mark.parametrize("statement", ["SHOW SYSTEM GRANTS", "SHOW SYSTEM GRANTS FOR root"])
@pytest.mark.parametrize(
    "privilege",
    [
        pytest.param("privilege", id="old", marks=holds(before="23.1")),
        pytest.param("privilege_type", marks=holds(since="23.1")),
    ],
)
def test_system_grants_have_these_columns(db: Connection, statement: str, privilege: str) -> None:
    assert _columns(db, statement) == ["grantee", privilege, "is_grantable"]


@dataclass(frozen=True, slots=True)
class Family:
    """A user who is a member of `middle`, which is a member of `top`, in a database with a table.

    Each of the three was given something on the table: DELETE, INSERT, SELECT.
    """

    db: Connection
    user: str
    middle: str
    top: str
    database: str

    def told(self, asked: str) -> set[tuple[str, str]]:
        """Return grantee and privilege of each row, with USER, MIDDLE and TOP for the three.

        A name that stands in a question stands for the same.
        """
        words = {"USER": self.user, "MIDDLE": self.middle, "TOP": self.top, "DB": self.database}
        for word, name in words.items():
            asked = asked.replace(word, name)
        spoken = {name: word for word, name in words.items()}
        cursor = self.db.execute(asked)
        names = [described.name for described in cursor.description or ()]
        grantee = names.index("grantee")
        return {(spoken.get(row[grantee]) or row[grantee], row[grantee + 1]) for row in cursor}


@pytest.fixture
def family(cluster: Cluster, users: Users, scratch: str) -> Iterator[Family]:
    user, middle, top = users.create(), users.create(kind="ROLE"), users.create(kind="ROLE")
    users.grant(top, middle)
    users.grant(middle, user)
    with cluster.operator() as db:
        db.execute(f"USE {scratch}")
        db.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        for privilege, grantee in (("DELETE", user), ("INSERT", middle), ("SELECT", top)):
            db.execute(f"GRANT {privilege} ON TABLE t TO {grantee}")
        yield Family(db, user, middle, top, scratch)
        db.execute("DROP TABLE t")
        db.execute("USE defaultdb")


OWN = {("USER", "DELETE")}
INHERITED = {*OWN, ("MIDDLE", "INSERT"), ("TOP", "SELECT")}
NOTHING, ROLES = holds(before="23.1.3"), holds(since="23.1.3")
NOT_PUBLIC, PUBLIC = holds(since="23.1.3", before="24.2"), holds(since="24.2")


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(OWN, id="only its own", marks=NOTHING),
        pytest.param(INHERITED, id="and those of its roles, under their names", marks=ROLES),
    ],
)
def test_for_a_user_grants_on_a_table(family: Family, expected: set[tuple[str, str]]) -> None:
    assert family.told("SHOW GRANTS ON TABLE t FOR USER") == expected
    direct = f"SELECT * FROM [SHOW GRANTS ON TABLE t FOR USER] WHERE grantee = '{family.user}'"  # noqa: S608 - our own name
    assert family.told(direct) == OWN


def test_for_a_role_its_members_do_not_count(family: Family) -> None:
    assert family.told("SHOW GRANTS ON TABLE t FOR TOP") == {("TOP", "SELECT")}


def test_without_a_grantee_each_grant_is_listed_once(family: Family) -> None:
    admins = {("admin", "ALL"), ("root", "ALL")}
    assert family.told("SHOW GRANTS ON TABLE t") - admins == INHERITED


ON_SCHEMA = {("public", "CREATE"), ("public", "USAGE")}


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(OWN, marks=NOTHING),
        pytest.param(INHERITED, marks=NOT_PUBLIC),
        pytest.param(INHERITED | ON_SCHEMA, id="public too, on schemas", marks=PUBLIC),
    ],
)
def test_for_a_user_all_grants(family: Family, expected: set[tuple[str, str]]) -> None:
    """What `public` has on the database itself is not listed (from show_grants.go, inferred)."""
    assert family.told("SHOW GRANTS FOR USER") == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param("DATABASE DB", set(), marks=holds(before="24.2")),
        pytest.param("DATABASE DB", {"CONNECT"}, marks=holds(since="24.2", before="26.2")),
        pytest.param("DATABASE DB", {"CONNECT", "TEMPORARY"}, marks=holds(since="26.2")),
        pytest.param("SCHEMA DB.public", set(), marks=holds(before="24.2")),
        pytest.param("SCHEMA DB.public", {"CREATE", "USAGE"}, marks=PUBLIC),
    ],
)
def test_for_a_user_what_everybody_has(family: Family, asked: str, expected: set[str]) -> None:
    told = family.told(f"SHOW GRANTS ON {asked} FOR USER")
    assert told == {("public", privilege) for privilege in expected}


def test_for_public_its_own_grants(family: Family) -> None:
    assert ("public", "CONNECT") in family.told("SHOW GRANTS ON DATABASE DB FOR public")
    assert {grantee for grantee, _ in family.told("SHOW GRANTS FOR public")} == {"public"}


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(set(), id="only its own", marks=NOTHING),
        pytest.param({("TOP", "VIEWACTIVITY")}, id="and those of its roles", marks=ROLES),
    ],
)
def test_for_a_user_system_grants(
    users: Users, family: Family, expected: set[tuple[str, str]]
) -> None:
    """From show_grants.go, which serves both statements (inferred)."""
    users.grant_system("VIEWACTIVITY", family.top)
    assert family.told("SHOW SYSTEM GRANTS FOR USER") == expected
    assert ("TOP", "VIEWACTIVITY") in family.told("SHOW SYSTEM GRANTS")


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param({("MIDDLE", "USER")}, marks=NOTHING),
        pytest.param({("MIDDLE", "USER"), ("TOP", "MIDDLE")}, marks=ROLES),
    ],
)
def test_for_a_user_memberships(family: Family, expected: set[tuple[str, str]]) -> None:
    words = {family.user: "USER", family.middle: "MIDDLE", family.top: "TOP"}
    rows = family.db.execute(f"SHOW GRANTS ON ROLE FOR {family.user}").fetchall()
    assert {(words[role], words[member]) for role, member, _ in rows} == expected


def _columns(db: Connection, statement: str) -> list[str]:
    return [described.name for described in db.execute(statement).description or ()]
