"""The SQL that is sent for users, settings and questions, word for word."""

from collections.abc import Iterable

import pytest
from psycopg import sql

from crdb_sso.clients.sql.statements import (
    READ_ALL_MEMBERSHIPS,
    READ_MEMBERSHIPS,
    READ_OPERATOR,
    READ_ROLES,
    READ_SETTINGS,
    announce_users,
    retire_users,
    set_setting,
)
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.steps import Announce, Retire

LOGIN, NOLOGIN = LoginState.LOGIN, LoginState.NOLOGIN
APP_READS, BACK_READS = Membership("readers", "app"), Membership("readers", "back")


def texts(statements: Iterable[sql.Composable]) -> list[str]:
    return [" ".join(statement.as_string(None).split()) for statement in statements]


def test_users_are_created_altered_and_granted_roles_in_that_order() -> None:
    step = Announce(
        create_users={"app": LOGIN, "3f2504e0-4f89": NOLOGIN},
        alter_users={"old": NOLOGIN, "back": LOGIN},
        grants=(APP_READS, Membership("writers", "app"), BACK_READS),
    )

    assert texts(announce_users(step)) == [
        'CREATE USER IF NOT EXISTS "app"',
        'CREATE USER IF NOT EXISTS "3f2504e0-4f89" NOLOGIN',
        'ALTER USER "old" WITH NOLOGIN',
        'ALTER USER "back" WITH LOGIN',
        'GRANT "readers" TO "app", "back"',
        'GRANT "writers" TO "app"',
    ]


def test_roles_are_revoked_then_users_altered_and_dropped() -> None:
    step = Retire(
        revokes=(APP_READS, BACK_READS),
        alter_users={"app": LOGIN},
        drop_users=("old", "older"),
    )

    assert texts(retire_users(step)) == [
        'REVOKE "readers" FROM "app", "back"',
        'ALTER USER "app" WITH LOGIN',
        'DROP USER IF EXISTS "old", "older"',
    ]


@pytest.mark.parametrize(
    ("setting", "aim", "expected"),
    [
        pytest.param(
            Setting.ENABLED,
            LiveSetting("server.jwt_authentication.enabled", "true"),
            "SET CLUSTER SETTING server.jwt_authentication.enabled = true",
            id="a switch",
        ),
        pytest.param(
            Setting.ENABLED,
            LiveSetting("server.jwt_authentication.enabled", "false", is_default=True),
            "RESET CLUSTER SETTING server.jwt_authentication.enabled",
            id="back to the default",
        ),
        pytest.param(
            Setting.PROVISIONING,
            LiveSetting("security.provisioning.jwt.enabled", "true; DROP USER root"),
            "SET CLUSTER SETTING security.provisioning.jwt.enabled = 'true; DROP USER root'",
            id="a switch with another text is quoted",
        ),
        pytest.param(
            Setting.TIMEOUT,
            LiveSetting("server.jwt_authentication.client.timeout", "5s"),
            "SET CLUSTER SETTING server.jwt_authentication.client.timeout = '5s'",
            id="a length of time",
        ),
        pytest.param(
            Setting.AUDIENCE,
            LiveSetting("server.jwt_authentication.audience", "true"),
            "SET CLUSTER SETTING server.jwt_authentication.audience = 'true'",
            id="an audience that looks like a switch",
        ),
        pytest.param(
            Setting.IDENTITY_MAP,
            LiveSetting("server.identity_map.configuration", "i it's u % {}\n"),
            "SET CLUSTER SETTING server.identity_map.configuration = 'i it''s u % {}\n'",
            id="quotes, percents and braces",
        ),
        pytest.param(
            Setting.IDENTITY_MAP,
            LiveSetting("server.identity_map.configuration", r"i /^\d$ u"),
            r"SET CLUSTER SETTING server.identity_map.configuration =  E'i /^\\d$ u'",
            id="backslashes",
        ),
    ],
)
def test_a_setting_is_set_by_a_literal_or_reset(
    setting: Setting, aim: LiveSetting, expected: str
) -> None:
    assert set_setting(setting, aim).as_string(None) == expected


def test_a_name_cannot_break_out_of_its_quotes() -> None:
    step = Announce(create_users={'a"; DROP USER root --': LOGIN})
    assert texts(announce_users(step)) == ['CREATE USER IF NOT EXISTS "a""; DROP USER root --"']


def test_queries_ask_only_for_what_is_named() -> None:
    for question, parameters in [
        (READ_SETTINGS, 1),
        (READ_OPERATOR, 0),
        (READ_ROLES, 1),
        (READ_MEMBERSHIPS, 1),
        (READ_ALL_MEMBERSHIPS, 0),
    ]:
        assert question.as_string(None).count("%s") == parameters
