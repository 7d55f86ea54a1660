"""Refusals for lack of privileges become the GRANTs to run."""

import pytest

from crdb_sso.crdb.missing_grants import missing_grants


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(
            "only users with the MODIFYCLUSTERSETTING privilege are allowed to set cluster setting"
            " 'server.jwt_authentication.enabled'",
            'Let an admin run: GRANT SYSTEM MODIFYCLUSTERSETTING TO "op";',
            id="settings",
        ),
        pytest.param(
            "user op does not have CREATEROLE privilege",
            'Let an admin run: GRANT SYSTEM CREATEROLE, CREATELOGIN TO "op"; (before 23.1:'
            ' ALTER USER "op" CREATEROLE CREATELOGIN;)',
            id="users",
        ),
        pytest.param(
            "user op does not have CREATELOGIN privilege",
            'Let an admin run: GRANT SYSTEM CREATEROLE, CREATELOGIN TO "op"; (before 23.1:'
            ' ALTER USER "op" CREATEROLE CREATELOGIN;)',
            id="users that may log in",
        ),
        pytest.param(
            "op is not a superuser or role admin for role readers",
            'Let an admin run: GRANT "readers" TO "op" WITH ADMIN OPTION;',
            id="a role",
        ),
        pytest.param(
            'op is not a role admin for role "admin"',
            'Let an admin run: GRANT "admin" TO "op" WITH ADMIN OPTION;',
            id="the admin role",
        ),
        pytest.param(
            "permission denied to create database: op does not have CREATEDB",
            'Let an admin run: GRANT SYSTEM CREATEDB TO "op"; (before 23.1: ALTER USER "op"'
            " CREATEDB;), or make the tables for it: `crdb-sso init --database crdb_sso"
            ' --registry-role ROLE`, then GRANT ROLE TO "op";',
            id="the registry database",
        ),
        pytest.param(
            "user op does not have SELECT privilege on relation claims",
            "Let an admin run: `crdb-sso init --database crdb_sso --registry-role ROLE`, then GRANT"
            ' ROLE TO "op";',
            id="the claim tables",
        ),
        pytest.param(
            "user op does not have CREATE privilege on schema public",
            "Let an admin run: `crdb-sso init --database crdb_sso --registry-role ROLE`, then GRANT"
            ' ROLE TO "op";',
            id="newer claim tables",
        ),
    ],
)
def test_a_refusal_becomes_the_grant_to_run(message: str, expected: str) -> None:
    assert missing_grants([message], "op", "crdb_sso") == expected


def test_a_role_that_does_not_exist_is_created_before_it_is_granted() -> None:
    refusal = "op is not a superuser or role admin for role readers"

    assert missing_grants([refusal], "op", "crdb_sso", {"readers"}) == (
        'Let an admin run: CREATE ROLE "readers"; GRANT "readers" TO "op" WITH ADMIN OPTION;'
    )


def test_several_refusals_become_one_list_of_grants_without_repetition() -> None:
    refusals = [
        "user op does not have CREATEROLE privilege",
        "op is not a superuser or role admin for role readers",
        "user op does not have CREATELOGIN privilege",
    ]

    assert missing_grants(refusals, "op", "crdb_sso") == (
        "Let an admin run:\n"
        '    GRANT SYSTEM CREATEROLE, CREATELOGIN TO "op";'
        ' (before 23.1: ALTER USER "op" CREATEROLE CREATELOGIN;)\n'
        '    GRANT "readers" TO "op" WITH ADMIN OPTION;'
    )
