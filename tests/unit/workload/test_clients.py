"""How clients for people find address and token."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from crdb_sso.workload import Login, Token
from crdb_sso.workload.clients import environment_for, url_with_token, without_other_ways

TOKEN = Token("a.b-c_d")


def login(**changes: Any) -> Login:
    return Login(**{"host": "db.example.com", "user": "app_orders", **changes})


def test_a_ca_file_may_have_any_bytes_in_its_name() -> None:
    url = url_with_token(login(ca_file="/ca/\udcff.crt").address, TOKEN)

    assert url.endswith("sslrootcert=%2Fca%2F%FF.crt")


def test_psql_reads_its_environment() -> None:
    assert environment_for("psql", login(ca_file="/ca.crt").address, TOKEN) == {
        "PGHOST": "db.example.com",
        "PGPORT": "26257",
        "PGUSER": "app_orders",
        "PGDATABASE": "defaultdb",
        "PGPASSWORD": "a.b-c_d",
        "PGOPTIONS": "--crdb:jwt_auth_enabled=true",
        "PGSSLMODE": "verify-full",
        "PGGSSENCMODE": "disable",
        "PGSSLROOTCERT": "/ca.crt",
    }


@pytest.mark.parametrize("program", ["cockroach", "/usr/local/bin/cockroach"])
def test_cockroach_reads_a_url_in_its_environment(program: str) -> None:
    made = environment_for(program, login().address, TOKEN)

    assert made["COCKROACH_URL"] == url_with_token(login().address, TOKEN)
    assert "PGSSLROOTCERT" not in made


@pytest.mark.parametrize(
    ("changes", "host", "port"),
    [
        ({}, "db.example.com", "26257"),
        ({"host": "::1", "port": 9}, "::1", "9"),
        ({"host": "a,b", "port": "1,2"}, "a,b", "1,2"),
        ({"host": "a,b", "port": 7}, "a,b", "7,7"),
    ],
)
def test_a_url_says_what_libpq_reads_back(changes: dict[str, Any], host: str, port: str) -> None:
    given = {"user": "müller/@", "database": "a b", "ca_file": "C:\\a&b", "virtual_cluster": "t"}
    url = url_with_token(login(**given, **changes).address, TOKEN)

    assert conninfo_to_dict(url) == {
        "host": host,
        "port": port,
        "user": "müller/@",
        "password": "a.b-c_d",
        "dbname": "a b",
        "options": "-ccluster=t --crdb:jwt_auth_enabled=true",
        "sslmode": "verify-full",
        "sslrootcert": "C:\\a&b",
    }
    assert "a.b-c_d" in unquote(url)


def test_what_would_lead_a_client_elsewhere_is_left_out() -> None:
    elsewhere = {
        "PGSERVICE": "evil",
        "PGSERVICEFILE": "/evil/service.conf",
        "PGSYSCONFDIR": "/evil",
        "PGHOSTADDR": "10.0.0.1",
        "PGREQUIREAUTH": "password",
        "PGSSLNEGOTIATION": "direct",
        "PGGSSENCMODE": "require",
        "PGPASSFILE": "/evil/pass",
        "PGOF_A_LATER_VERSION": "x",
        "COCKROACH_URL": "postgresql://evil",
        "COCKROACH_HOST": "evil",
        "COCKROACH_INSECURE": "true",
    }
    kept = {"PATH": "/bin", "PGAPPNAME": "a", "PGSSLROOTCERT": "/ca", "PG_COLOR": "auto"}

    assert without_other_ways({**elsewhere, **kept}) == kept


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0,"), min_size=1))
def test_no_host_adds_to_a_url(host: str) -> None:
    url = url_with_token(replace(login().address, host=host), TOKEN)

    assert url.endswith("?options=--crdb%3Ajwt_auth_enabled%3Dtrue&sslmode=verify-full")
    assert not {"?", "#"} & {*url.partition("?")[0]}
    assert url.count("@") == 1
