"""Connect URLs mean the same to Go (net/url, which pgx and lib/pq use) as to libpq."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.components.programs import ESCAPED_PASSWORD, facts, run_sso
from tests.support.go_programs import built

READER = Path(__file__).with_name("read_url.go")
FIXED = {"options": "--crdb:jwt_auth_enabled=true", "sslmode": "verify-full"}
OPTIONS = "options=--crdb%3Ajwt_auth_enabled%3Dtrue&sslmode=verify-full"

LIBPQ = ("user", "dbname", "options", "sslrootcert")
"""What libpq and Go call the same."""

URLS = [
    pytest.param(
        "app",
        {"cluster_url": f"postgresql://ops:{ESCAPED_PASSWORD}@db.example.com/x?application_name=a"},
        f"postgresql://app@db.example.com:26257/defaultdb?{OPTIONS}",
        {"user": "app", "authority": "db.example.com:26257", "dbname": "defaultdb"},
        id="plain",
    ),
    pytest.param(
        "müller",
        {"cluster_url": "postgresql://db:1", "connect_database": "a/b +c?d#e&f=g"},
        f"postgresql://m%C3%BCller@db:1/a%2Fb%20%2Bc%3Fd%23e%26f%3Dg?{OPTIONS}",
        {"user": "müller", "authority": "db:1", "dbname": "a/b +c?d#e&f=g"},
        id="names that need escaping",
    ),
    pytest.param(
        "app",
        {"cluster_url": "postgresql://[2001:db8::1]:9/x"},
        f"postgresql://app@[2001:db8::1]:9/defaultdb?{OPTIONS}",
        {"user": "app", "authority": "[2001:db8::1]:9", "dbname": "defaultdb"},
        id="IPv6",
    ),
    pytest.param(
        "app",
        {"cluster_url": "postgresql://a:1,b:2/x"},
        f"postgresql://app@a:1,b:2/defaultdb?{OPTIONS}",
        {"user": "app", "authority": "a:1,b:2", "dbname": "defaultdb"},
        id="two hosts",
    ),
    pytest.param(
        "app",
        {"cluster_url": "postgresql://[::1]:1,b,[::2]:3/x"},
        "postgresql://app@/defaultdb?host=%3A%3A1%2Cb%2C%3A%3A2&port=1%2C26257%2C3&" + OPTIONS,
        {
            "user": "app",
            "authority": "",
            "dbname": "defaultdb",
            "host": "::1,b,::2",
            "port": "1,26257,3",
        },
        id="IPv6 among others",
    ),
    pytest.param(
        "app",
        {
            "cluster_url": "postgresql://db:1/x?options=-c%20cluster%3Dshop",
            "connect_ca_file": "/etc/my ca+1.crt",
        },
        "postgresql://app@db:1/defaultdb?options=-c%20cluster%3Dshop%20--crdb%3Ajwt_auth_enabled"
        "%3Dtrue&sslmode=verify-full&sslrootcert=%2Fetc%2Fmy%20ca%2B1.crt",
        {
            "user": "app",
            "authority": "db:1",
            "dbname": "defaultdb",
            "options": "-c cluster=shop --crdb:jwt_auth_enabled=true",
            "sslrootcert": "/etc/my ca+1.crt",
        },
        id="virtual cluster and CA",
    ),
]


def connect_url(user: str, args: dict[str, Any]) -> str:
    done = run_sso({user: {"identities": [facts()]}}, **args)
    return str(done.exports["connect"][user]["url"])


@pytest.mark.parametrize(("user", "args", "url", "read"), URLS)
def test_libpq_reads_what_was_meant(
    user: str, args: dict[str, Any], url: str, read: dict[str, str]
) -> None:
    assert connect_url(user, args) == url

    found = conninfo_to_dict(url)

    assert found.pop("host")
    assert found.pop("port")
    assert found == {**FIXED, **{name: read[name] for name in read if name in LIBPQ}}


@pytest.mark.parametrize(("user", "args", "url", "read"), URLS)
def test_go_reads_what_was_meant(
    go_reader: Path, user: str, args: dict[str, Any], url: str, read: dict[str, str]
) -> None:
    assert connect_url(user, args) == url

    ran = subprocess.run([go_reader], input=url, text=True, capture_output=True, check=True)

    assert json.loads(ran.stdout) == {"password": "", **FIXED, **read}


@pytest.fixture(scope="module")
def go_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that reads URLs, built with the standard library alone."""
    return built(READER, tmp_path_factory.mktemp("go"))
