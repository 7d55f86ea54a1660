"""Logging in with a certificate or a password, and what a client may ask for meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from dev.emulator.host.certificates import ensure_certificates, issue_client
from tests.emulator.embedded import Embedded, rows

if TYPE_CHECKING:
    from collections.abc import Callable


def said(cluster: Embedded, user: str, **more: Any) -> str:
    """Return what the server said to a login that must fail."""
    with pytest.raises(psycopg.OperationalError) as raised:
        cluster.connect(user, **more)
    text = str(raised.value)
    return text[text.index("ERROR:") :].strip()


def test_a_password_opens(cluster: Embedded, new_user: Callable[..., str]) -> None:
    user = new_user("WITH PASSWORD 'pässwörd'")
    with cluster.connect(user, password="pässwörd") as session:
        assert rows(session, "SELECT current_user, session_user") == [(user, user)]


@pytest.mark.parametrize(
    ("options", "password", "expected"),
    [
        ("WITH PASSWORD 'right'", "wrong", "password authentication failed for user {}"),
        ("", "any", "password authentication failed for user {}"),
        ("WITH PASSWORD NULL", "any", "password authentication failed for user {}"),
        ("NOLOGIN PASSWORD 'right'", "right", "{} does not have login privilege"),
        ("NOSQLLOGIN PASSWORD 'right'", "right", "{} does not have login privilege"),
        (
            "PASSWORD 'right' VALID UNTIL '2001-01-01'",
            "right",
            "password authentication failed for user {}",
        ),
    ],
)
def test_other_passwords_do_not(
    cluster: Embedded, new_user: Callable[..., str], options: str, password: str, expected: str
) -> None:
    user = new_user(options)
    assert said(cluster, user, password=password) == "ERROR:  " + expected.format(user)


@pytest.mark.parametrize("user", ["nobody_there", "node", "public", "admin_of_nothing"])
def test_an_unknown_user_is_refused_like_a_wrong_password(cluster: Embedded, user: str) -> None:
    expected = f"ERROR:  password authentication failed for user {user}"
    assert said(cluster, user, password="x") == expected


def test_a_password_can_be_changed_and_taken_away(
    cluster: Embedded, new_user: Callable[..., str], root: psycopg.Connection[Any]
) -> None:
    user = new_user("WITH PASSWORD 'old'")
    root.execute(f"ALTER USER {user} WITH PASSWORD 'new'".encode())
    assert said(cluster, user, password="old").startswith("ERROR:  password authentication failed")
    cluster.connect(user, password="new").close()
    root.execute(f"ALTER USER {user} WITH PASSWORD NULL".encode())
    assert said(cluster, user, password="new").startswith("ERROR:  password authentication failed")


def test_a_password_may_be_a_placeholder(
    cluster: Embedded, new_user: Callable[..., str], root: psycopg.Connection[Any]
) -> None:
    user = new_user()
    root.execute(f"ALTER USER {user} WITH PASSWORD %s".encode(), ["it's"])
    cluster.connect(user, password="it's").close()


def test_no_password_is_kept_in_clear(
    cluster: Embedded, new_user: Callable[..., str], root: psycopg.Connection[Any]
) -> None:
    user = new_user("WITH PASSWORD 'kept-nowhere-1'")
    root.execute(f"ALTER USER {user} WITH PASSWORD %s".encode(), ["kept-nowhere-2"])
    with pytest.raises(psycopg.Error):
        root.execute("CREATE USER root WITH PASSWORD 'kept-nowhere-3'")
    held = [path.read_bytes() for path in cluster.folder.rglob("*") if path.is_file()]
    assert len(held) > 100
    assert not any(b"kept-nowhere" in content for content in held)


def test_a_certificate_opens_for_its_own_user_only(
    cluster: Embedded, new_user: Callable[..., str]
) -> None:
    user = new_user("WITH PASSWORD 'right'")
    with cluster.connect(user) as session:
        assert rows(session, "SELECT current_user") == [(user,)]
    certificate, key = issue_client(cluster.folder, "somebody")
    answer = said(
        cluster, user, password="right", sslcert=str(certificate), sslkey=str(key)
    ).splitlines()
    assert answer == [
        f'ERROR:  certificate authentication failed for user "{user}"',
        'DETAIL:  The client certificate is valid for "somebody" on all tenants.',
    ]


def test_a_certificate_of_another_authority_is_refused(
    cluster: Embedded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    ensure_certificates(other)
    files = {"sslcert": str(other / "client.root.crt"), "sslkey": str(other / "client.root.key")}
    with pytest.raises(psycopg.OperationalError, match=r"SSL error|server closed the connection"):
        cluster.connect("root", **files).execute("SELECT 1")


def test_names_are_folded_as_the_user_logs_in(
    cluster: Embedded, new_user: Callable[..., str]
) -> None:
    user = new_user("WITH PASSWORD 'right'")
    with cluster.connect(user.upper(), password="right") as session:
        assert rows(session, "SELECT current_user") == [(user,)]


def test_without_tls_nobody_gets_in(cluster: Embedded) -> None:
    answer = said(cluster, "root", password="x", sslmode="disable")
    assert answer == "ERROR:  node is running secure mode, SSL connection required"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("crdb:jwt_auth_enabled", 'option "crdb:jwt_auth_enabled" is invalid, must have prefix'),
        ("--a=b=c", "option \"--a=b=c\" is invalid, check '='"),
        (
            "--crdb:jwt_auth_enabled=on",
            'crdb:jwt_auth_enabled: strconv.ParseBool: parsing "on": invalid syntax',
        ),
    ],
)
def test_bad_options_are_refused_with_a_reason(
    cluster: Embedded, options: str, expected: str
) -> None:
    assert expected in said(cluster, "root", password="x", options=options)


@pytest.mark.parametrize(
    ("more", "question", "expected"),
    [
        ({"options": "-c statement_timeout=5s"}, "SHOW statement_timeout", "5s"),
        ({"options": "--autocommit-before-ddl=true"}, "SHOW autocommit_before_ddl", "on"),
        ({"options": "--no_such_variable=1"}, "SHOW application_name", ""),
        ({"application_name": "tea"}, "SHOW application_name", "tea"),
        ({"dbname": "postgres"}, "SELECT current_database()", "postgres"),
        ({"dbname": "no_such_database"}, "SELECT current_database()", "no_such_database"),
        ({"dbname": "no_such_database"}, "SHOW database", "no_such_database"),
    ],
)
def test_a_session_begins_as_asked(
    cluster: Embedded, more: dict[str, str], question: str, expected: str
) -> None:
    with cluster.connect(**more) as session:
        assert rows(session, question) == [(expected,)]


def test_a_start_that_postgresql_would_not_hear_out_is_refused(cluster: Embedded) -> None:
    assert said(cluster, "root", dbname="d" * 6000) == "ERROR:  invalid length of startup packet"


def test_clients_are_told_the_version(cluster: Embedded) -> None:
    with cluster.connect(application_name="tea") as session:
        told = {
            name: session.info.parameter_status(name)
            for name in ("server_version", "server_encoding", "TimeZone", "application_name")
        }
        version = session.info.parameter_status("crdb_version") or ""
        assert rows(session, "SELECT version()") == [(version,)]
    assert told == {
        "server_version": "13.0.0",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "application_name": "tea",
    }
    assert version.startswith("CockroachDB CCL v25.2.")
    assert "EMULATOR" in version
