"""What drivers get to log in with a token."""

import os
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import InvalidInput
from crdb_sso.workload import Login, Token
from crdb_sso.workload.clients import environment_for
from crdb_sso.workload.parameters import TEXTS, asyncpg_parameters, libpq_parameters, tls_of
from tests.unit.standard_certificates import CA

TOKEN = Token("opaque")
SHOP = Login(host="db.example.com", user="app_orders", ca_file="system")


def login(**changes: Any) -> Login:
    return Login(**{"host": "db.example.com", "user": "app_orders", "ca_file": "system", **changes})


def test_a_driver_of_libpq_gets_all_that_a_token_needs() -> None:
    assert libpq_parameters(login().address, TOKEN, {}) == {
        "host": "db.example.com",
        "port": "26257",
        "user": "app_orders",
        "dbname": "defaultdb",
        "password": "opaque",
        "options": "--crdb:jwt_auth_enabled=true",
        "sslmode": "verify-full",
        "gssencmode": "disable",
        "sslrootcert": "system",
    }


def test_without_a_ca_the_default_of_libpq_counts() -> None:
    assert "sslrootcert" not in libpq_parameters(login(ca_file="").address, TOKEN, {})


@pytest.mark.parametrize(
    ("virtual_cluster", "more", "options"),
    [
        ("", None, "--crdb:jwt_auth_enabled=true"),
        ("shop", None, "-ccluster=shop --crdb:jwt_auth_enabled=true"),
        ("shop", " -c a=b ", "-ccluster=shop -c a=b --crdb:jwt_auth_enabled=true"),
    ],
)
def test_options_of_the_program_stay_beside_ours(
    virtual_cluster: str, more: str | None, options: str
) -> None:
    address = login(virtual_cluster=virtual_cluster).address
    given = {} if more is None else {"options": more}

    assert libpq_parameters(address, TOKEN, given)["options"] == options
    settings = {"server_settings": {"search_path": "shop", **given}}
    assert asyncpg_parameters(address, TOKEN, settings)["server_settings"] == {
        "search_path": "shop",
        "options": options,
    }


@pytest.mark.parametrize(
    ("host", "port", "hosts", "ports"),
    [
        ("a", 1, "a", 1),
        ("a,b", "1,2", ["a", "b"], [1, 2]),
        ("a,b", 7, ["a", "b"], [7, 7]),
    ],
)
def test_asyncpg_gets_hosts_and_ports_as_it_takes_them(
    host: str, port: int | str, hosts: Any, ports: Any
) -> None:
    made = asyncpg_parameters(login(host=host, port=port).address, TOKEN, {})

    assert (made["host"], made["port"], made["database"]) == (hosts, ports, "defaultdb")
    assert made["password"] == "opaque"


def test_asyncpg_verifies_the_cluster_by_the_ca_of_the_login(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text(CA)
    context = tls_of(str(file))

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert tls_of("system").check_hostname


def test_asyncpg_finds_the_ca_where_libpq_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.crt"
    file.write_text(CA)
    monkeypatch.setenv("PGSSLROOTCERT", str(file))

    assert len(tls_of("").get_ca_certs()) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_that_can_not_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_text(content)

    with pytest.raises(InvalidInput, match=r"the CA of the cluster can't be read from .*ca\.crt"):
        tls_of(str(file))


def test_a_context_of_the_program_is_taken() -> None:
    context = ssl.create_default_context()

    assert asyncpg_parameters(login().address, TOKEN, {"ssl": context})["ssl"] is context


@pytest.mark.parametrize(
    "changes",
    [
        {"host": ""},
        {"host": "/run/socket"},
        {"host": "@abstract"},
        {"host": "db.example.com,"},
        {"host": ",db.example.com"},
        {"host": "db.example.com,/run"},
        {"host": "a,,b"},
        {"host": " /run"},
        {"host": "h?sslmode=disable&x"},
        {"host": "h#x"},
        {"host": "me@h"},
        {"host": "h\nx"},
        {"host": "h\u200b"},
        {"host": "[::1]"},
        {"user": ""},
        {"database": ""},
        {"user": "a\0b"},
        {"port": 0},
        {"port": 65_536},
        {"port": "x"},
        {"port": "1,2"},
        {"host": "a,b,c", "port": "1,2"},
        {"port": "9" * 5000},
        {"port": "\u0662\u0666"},
        {"user": "\udcff"},
        {"database": "a\ud800"},
        {"ca_file": "a\0b"},
        {"ca_file": "a\ud800"},
        {"virtual_cluster": "a\0b"},
    ],
)
def test_a_login_that_can_not_be_is_refused_at_once(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        login(**changes)


texts = st.text(st.sampled_from("a\0\ud800\udcff\n\u00e9%") | st.characters(exclude_categories=()))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(TEXTS, texts) | {"port": texts}))
def test_what_a_login_takes_every_client_can_be_given(changes: dict[str, str]) -> None:
    try:
        address = login(**changes).address
    except InvalidInput:
        return

    made = environment_for("cockroach", address, TOKEN)

    assert all(b"\0" not in os.fsencode(text) for text in made.values())


@given(st.text())
def test_no_login_has_a_host_that_libpq_takes_for_a_socket(host: str) -> None:
    with suppress(InvalidInput):
        login(host=host)
        assert all(one and one[0] not in "/@" and one.isprintable() for one in host.split(","))


@pytest.mark.parametrize(
    "host", ["db", "db.example.com", "10.0.0.1", "::1", "fe80::1%eth0", "a,b", "bücher.example"]
)
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert login(host=host).host == host


def test_a_login_is_a_value_without_a_secret() -> None:
    assert login() == SHOP
    assert repr(login()).startswith("Login(host='db.example.com', user='app_orders'")
