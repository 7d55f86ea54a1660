"""Who may read and write cluster settings."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract import setting_names
from tests.contract.expectations import holds
from tests.contract.setting_names import CLAIM, CUSTOM_CA, DISTSQL, IDENTITY_MAP, JWT, REDACT
from tests.contract.temporary_users import Users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings

pytestmark = holds(since="24.1")

SET_DENIED = (
    "only users with the MODIFYCLUSTERSETTING privilege are allowed to set cluster setting '{}'"
)
SHOW_DENIED = (
    "only users with MODIFYCLUSTERSETTING or VIEWCLUSTERSETTING privileges "
    "are allowed to show cluster setting '{}'"
)
LIST_DENIED = (
    "only users with MODIFYCLUSTERSETTING, MODIFYSQLCLUSTERSETTING or VIEWCLUSTERSETTING "
    "privileges are allowed to SHOW CLUSTER SETTINGS"
)
OLD_ISSUERS = f"{JWT}issuers"

NOBODY = "nobody special"
ADMIN = "a member of admin"
MODIFY = "has system MODIFYCLUSTERSETTING"
MODIFY_OPTION = "has the role option MODIFYCLUSTERSETTING"
MODIFY_BY_ROLE = "inherits system MODIFYCLUSTERSETTING"
VIEW = "has system VIEWCLUSTERSETTING"
VIEW_OPTION = "has the role option VIEWCLUSTERSETTING"
MODIFY_SQL = "has system MODIFYSQLCLUSTERSETTING"
EVERYBODY = (NOBODY, ADMIN, MODIFY, MODIFY_OPTION, MODIFY_BY_ROLE, VIEW, VIEW_OPTION, MODIFY_SQL)
WRITERS = (ADMIN, MODIFY, MODIFY_OPTION, MODIFY_BY_ROLE)
READERS = (*WRITERS, VIEW, VIEW_OPTION)


@dataclass(slots=True)
class Staff:
    """One logged-in user for each kind of privilege, connected when first asked for."""

    cluster: Cluster
    users: Users
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    connections: dict[str, Connection] = field(default_factory=dict)
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def session(self, kind: str) -> Connection:
        """Return the session of the user who `kind` describes."""
        if kind not in self.connections:
            user = self._hire(kind)
            connection = self.cluster.connect(user, self.password)
            self.connections[kind] = self.stack.enter_context(connection)
        return self.connections[kind]

    def _hire(self, kind: str) -> str:
        options = {
            MODIFY_OPTION: "MODIFYCLUSTERSETTING",
            VIEW_OPTION: "VIEWCLUSTERSETTING",
        }.get(kind, "")
        user = self.users.create(f"WITH PASSWORD '{self.password}' {options}")
        if kind == ADMIN:
            self.users.grant("admin", user)
        elif kind == MODIFY_BY_ROLE:
            role = self.users.create(kind="ROLE")
            self.users.grant_system("MODIFYCLUSTERSETTING", role)
            self.users.grant(role, user)
        elif kind in (MODIFY, VIEW, MODIFY_SQL):
            self.users.grant_system(kind.removeprefix("has system "), user)
        return user


@pytest.fixture(scope="module")
def staff(cluster: Cluster, db: Connection) -> Iterator[Staff]:
    hired = Staff(cluster, Users(db))
    with hired.stack:
        yield hired
    hired.users.drop_all()


def denied(session: Connection, statement: str) -> str | None:
    """Return the text of a refusal for lack of privilege (42501), or None if it was allowed."""
    try:
        session.execute(statement)
    except psycopg.errors.InsufficientPrivilege as exc:
        return exc.diag.message_primary
    return None


@pytest.mark.parametrize("kind", EVERYBODY)
@pytest.mark.parametrize(
    "statement", [f"SET CLUSTER SETTING {CLAIM} = 'after'", f"RESET CLUSTER SETTING {CLAIM}"]
)
def test_writing_a_server_setting_needs_modifyclustersetting(
    staff: Staff, settings: Settings, kind: str, statement: str
) -> None:
    settings.put(CLAIM, "before")
    expected = None if kind in WRITERS else SET_DENIED.format(CLAIM)
    assert denied(staff.session(kind), statement) == expected
    assert (settings.show(CLAIM) == "before") is (expected is not None)


@pytest.mark.parametrize("kind", EVERYBODY)
def test_reading_one_setting_needs_viewclustersetting(staff: Staff, kind: str) -> None:
    expected = None if kind in READERS else SHOW_DENIED.format(CLAIM)
    assert denied(staff.session(kind), f"SHOW CLUSTER SETTING {CLAIM}") == expected


@pytest.mark.parametrize("kind", EVERYBODY)
def test_the_list_may_be_read_by_holders_of_any_settings_privilege(staff: Staff, kind: str) -> None:
    expected = LIST_DENIED if kind == NOBODY else None
    assert denied(staff.session(kind), "SHOW CLUSTER SETTINGS") == expected


@pytest.mark.parametrize("kind", EVERYBODY)
def test_modifysqlclustersetting_writes_sql_defaults_only(
    staff: Staff, settings: Settings, kind: str
) -> None:
    settings.put(DISTSQL, "auto")
    answer = denied(staff.session(kind), f"SET CLUSTER SETTING {DISTSQL} = 'off'")
    if kind in (*WRITERS, MODIFY_SQL):
        assert answer is None
        assert settings.show(DISTSQL) == "off"
    else:
        assert answer is not None
        assert "MODIFYCLUSTERSETTING" in answer
        assert "MODIFYSQLCLUSTERSETTING" in answer
        assert settings.show(DISTSQL) == "auto"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(
            f"SET CLUSTER SETTING {CLAIM.upper()} = 'x'",
            SET_DENIED.format(CLAIM),
            id="the name is lower-cased",
        ),
        pytest.param(
            f"SET CLUSTER SETTING {OLD_ISSUERS} = 'x'",
            SET_DENIED.format(setting_names.ISSUERS),
            id="an alias is shown as the preferred name",
            marks=holds(since="24.3"),
        ),
        pytest.param(
            f"BEGIN; SET CLUSTER SETTING {CLAIM} = 'x'",
            SET_DENIED.format(CLAIM),
            id="privilege is checked before the transaction",
        ),
    ],
)
def test_a_refusal_names_the_setting(
    staff: Staff, settings: Settings, statement: str, expected: str
) -> None:
    settings.will_touch(CLAIM)
    session = staff.session(NOBODY)
    first, _, rest = statement.rpartition("; ")
    if first:
        session.execute(first)
    answer = denied(session, rest)
    if first:
        session.execute("ROLLBACK")
    assert answer == expected


def test_an_unknown_name_is_refused_before_the_privilege_is_checked(staff: Staff) -> None:
    with pytest.raises(psycopg.Error) as caught:
        staff.session(NOBODY).execute(f"SET CLUSTER SETTING {JWT}nonsense = 'x'")
    assert caught.value.diag.message_primary == f"unknown cluster setting '{JWT}nonsense'"


@pytest.mark.parametrize(
    ("name", "value", "kind", "shown"),
    [
        pytest.param(IDENTITY_MAP, "i a b", VIEW, "<redacted>", id="a reader sees no map"),
        pytest.param(IDENTITY_MAP, "i a b", MODIFY, "i a b", id="a writer sees the map"),
        pytest.param(IDENTITY_MAP, "i a b", ADMIN, "i a b", id="an admin sees the map"),
        pytest.param(IDENTITY_MAP, "", VIEW, "", id="an empty map is shown as empty"),
        pytest.param(setting_names.AUDIENCE, "a", VIEW, "a", id="an audience is not sensitive"),
        pytest.param(setting_names.JWKS, '{"keys": []}', VIEW, '{"keys": []}', id="keys are not"),
        pytest.param(setting_names.ISSUERS, "https://i", VIEW, "https://i", id="issuers are not"),
        pytest.param(CUSTOM_CA, "", VIEW, "", id="an empty CA is shown as empty"),
    ],
)
@holds(since="24.3")
def test_redaction_hides_sensitive_values_from_readers(
    staff: Staff, settings: Settings, *, name: str, value: str, kind: str, shown: str
) -> None:
    settings.put(name, value)
    settings.put(REDACT, value=True)
    row = staff.session(kind).execute(f"SHOW CLUSTER SETTING {name}").fetchone()
    assert row == (shown,)


@holds(since="24.3")
@pytest.mark.parametrize("statement", ["SHOW CLUSTER SETTINGS", "SHOW ALL CLUSTER SETTINGS"])
@pytest.mark.parametrize(("kind", "shown"), [(VIEW, "<redacted>"), (MODIFY, "i a b")])
def test_the_lists_are_redacted_too(
    staff: Staff, settings: Settings, *, statement: str, kind: str, shown: str
) -> None:
    settings.put(IDENTITY_MAP, "i a b")
    settings.put(REDACT, value=True)
    listed = f"SELECT value FROM [{statement}] WHERE variable = %s"  # noqa: S608 - a constant
    assert staff.session(kind).execute(listed, [IDENTITY_MAP]).fetchone() == (shown,)


def test_without_redaction_readers_see_sensitive_values(staff: Staff, settings: Settings) -> None:
    settings.put(IDENTITY_MAP, "i a b")
    settings.put(REDACT, value=False)
    row = staff.session(VIEW).execute(f"SHOW CLUSTER SETTING {IDENTITY_MAP}").fetchone()
    assert row == ("i a b",)
