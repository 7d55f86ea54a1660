"""The embedded cluster as a person sees it in psql."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.token_login import TokenLogin

PSQL = shutil.which("psql")  # not the one beside the PostgreSQL of Python packages: it has no TLS
pytestmark = pytest.mark.skipif(PSQL is None, reason="no psql is installed on this machine")


def psql(login: TokenLogin, *commands: str, token: str = "") -> subprocess.CompletedProcess[str]:
    given = login.libpq()
    given["password"] = token or login.token
    environment = os.environ | {
        "PGHOST": given["host"],
        "PGPORT": str(given["port"]),
        "PGUSER": given["user"],
        "PGPASSWORD": given["password"],
        "PGDATABASE": given["dbname"],
        "PGOPTIONS": given["options"],
        "PGSSLMODE": given["sslmode"],
        "PGSSLROOTCERT": given["sslrootcert"],
    }
    asked = [part for command in commands for part in ("-c", command)]
    return subprocess.run(
        [str(PSQL), "-X", "-A", "-t", "-w", *asked],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_token_is_a_password_to_it(login: TokenLogin) -> None:
    answered = psql(login, "SELECT current_user", "SHOW crdb_version")
    assert (answered.returncode, answered.stderr) == (0, "")
    user, version = answered.stdout.splitlines()
    assert user == login.user
    assert version.startswith("CockroachDB CCL v25.2.0 EMULATOR")


def test_it_shows_why_a_token_is_refused(login: TokenLogin) -> None:
    refused = psql(login, "SELECT 1", token=login.other_token)
    assert refused.returncode == 2
    assert "ERROR:  JWT authentication: invalid audience" in refused.stderr
    assert "DETAIL:  token issued with an audience of [another audience]" in refused.stderr


def test_it_says_where_it_is(login: TokenLogin) -> None:
    answered = psql(login, r"\conninfo")
    assert (answered.returncode, answered.stderr) == (0, "")
    for part in (login.database, login.user, "localhost", str(login.port), "TLS"):
        assert part in answered.stdout


def test_it_lists_users(login: TokenLogin) -> None:
    answered = psql(login, r"\du")
    assert (answered.returncode, answered.stderr) == (0, "")
    shown = {line.split("|")[0]: line for line in answered.stdout.splitlines()}
    assert {"admin", "root", login.user} <= set(shown)
    assert "Cannot login" in shown["admin"]
    assert shown["root"].startswith("root|Superuser")
    assert "Superuser" not in shown[login.user]


def test_it_lists_databases(login: TokenLogin) -> None:
    answered = psql(login, r"\l")
    assert (answered.returncode, answered.stderr) == (0, "")
    shown = [line.split("|")[:4] for line in answered.stdout.splitlines()]
    assert [login.database, "root", "UTF8", "en_US.utf8"] in shown
    assert ["system", "node", "UTF8", "en_US.utf8"] in shown


@pytest.mark.parametrize("command", [r"\dt", r"\d things", r"\dn", r"\df", r"\dp"])
def test_what_it_cannot_list_is_refused_rather_than_empty(login: TokenLogin, command: str) -> None:
    answered = psql(
        login, "CREATE TABLE things (n INT PRIMARY KEY)", r"\set VERBOSITY verbose", command
    )
    assert answered.returncode == 1
    assert answered.stdout == "CREATE TABLE\n"
    assert answered.stderr.startswith("ERROR:  0A000: ")


def test_copy_is_refused_and_the_session_goes_on(login: TokenLogin) -> None:
    answered = psql(
        login,
        "CREATE TABLE things (n INT PRIMARY KEY)",
        r"\copy things FROM /dev/null",
        "SELECT count(*) FROM things",
    )
    assert answered.stdout.splitlines() == ["CREATE TABLE", "0"]
    assert "COPY" in answered.stderr
