"""No value of cluster_url is repeated, but what must be known to find the fault."""

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crdb_sso.clients.connecting.connection import check_cluster_url
from crdb_sso.clients.connecting.libpq_errors import explained, without_values

INLINE = "-----BEGIN PRIVATE KEY-----\n" + "MC4CAQAwBQYDK2VwBCIEIA" * 60 + "\n-----END-----"


def told(message: str, query: str) -> str:
    parameters = check_cluster_url(f"postgresql://op@db:26257/shop?{query}")
    return str(explained(psycopg.OperationalError(message), "db:26257", parameters))


@pytest.mark.parametrize(
    ("message", "query", "shown"),
    [
        pytest.param(
            'definition of service "hunter2" not found',
            "service=hunter2",
            'definition of service "[service]" not found',
            id="service",
        ),
        pytest.param(
            'invalid sslmode value: "hunter2"',
            "sslmode=hunter2",
            'invalid sslmode value: "[sslmode]"',
            id="sslmode",
        ),
        pytest.param(
            "bad value for connect_timeout: 'x'",
            "connect_timeout=x",
            "bad value for connect_timeout: '[connect_timeout]'",
            id="connect_timeout, even a short one",
        ),
        pytest.param(
            'could not open certificate file "/home/op/hunter2.crt": No such file or directory',
            "sslcert=/home/op/hunter2.crt",
            'could not open certificate file "[sslcert]": No such file or directory',
            id="the path of a file",
        ),
        pytest.param(
            'FATAL: invalid value for parameter "vault": "hunter2"',
            "options=-c%20vault%3Dhunter2",
            'FATAL: invalid value for parameter "vault": "[options]"',
            id="a value in options",
        ),
        pytest.param(
            'password authentication failed for user "op", database "shop"',
            "password=hunter2",
            'password authentication failed for user "op", database "shop"',
            id="user and database stay",
        ),
        pytest.param(
            "server does not support SSL, but SSL was required",
            "sslmode=require",
            "server does not support SSL, but SSL was required",
            id="words of libpq stay",
        ),
    ],
)
def test_a_value_of_the_url_reads_as_the_name_of_its_parameter(
    message: str, query: str, shown: str
) -> None:
    said = told(message, query)

    assert said.startswith(f"can't connect to db:26257: {shown}\n")
    assert "hunter2" not in said


MISSING_CA = (
    'connection failed: root certificate file "{}" does not exist\n'
    "Either provide the file, use the system's trusted roots with sslrootcert=system, or change"
    " sslmode to disable server certificate verification."
)


def test_a_missing_ca_is_named_with_what_to_do() -> None:
    assert told(MISSING_CA.format("cluster/ca.crt"), "sslrootcert=cluster/ca.crt") == (
        "can't connect to db:26257: connection failed: root certificate file"
        ' "cluster/ca.crt" does not exist\n'
        "  Next step: Let sslrootcert of cluster_url name the cluster's CA; a relative path is"
        " relative to the folder that the program runs in."
    )


def test_what_may_be_part_of_a_password_is_no_path() -> None:
    value = "hunter2@db"
    assert without_values(f"<{value}>", {"sslrootcert": value}) == "<[sslrootcert]>"


@pytest.mark.parametrize(
    ("message", "is_silent"),
    [
        pytest.param("Connection refused", True, id="nobody is there"),
        pytest.param("timeout expired", True, id="nobody answers"),
        pytest.param(MISSING_CA.format("ca.crt"), False, id="a file is missing"),
        pytest.param('invalid sslmode value: "x"', False, id="the URL is wrong"),
        pytest.param("FATAL: password authentication failed", False, id="the login is wrong"),
    ],
)
def test_only_a_cluster_that_does_not_answer_is_silent(message: str, *, is_silent: bool) -> None:
    error = explained(psycopg.OperationalError(message), "db:26257", {})

    assert error.is_silent is is_silent


def test_an_inline_key_is_not_repeated_even_where_libpq_cuts_it() -> None:
    for key in (INLINE, INLINE[:1023]):
        text = f'could not load private key file "{key}": no start line'

        assert without_values(text, {"sslkey": INLINE}) == (
            'could not load private key file "[sslkey]": no start line'
        )


values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=4)


LIBPQS_OWN_WORDS = {
    *("disable", "allow", "prefer", "require", "verify-ca", "verify-full", "read-write"),
    *("read-only", "primary", "standby", "prefer-standby", "random", "password", "scram-sha-256"),
    *("none", "system", "postgres", "direct"),
}


def is_foreign(value: str) -> bool:
    return bool(value.strip("[]sl_kwordvice ")) and value not in LIBPQS_OWN_WORDS


@example("conn")  # a part of a parameter's name
@given(values.filter(is_foreign))
def test_no_value_gets_through(value: str) -> None:
    for name in ("sslkey", "service", "passfile", "sslpassword", "connect_timeout"):
        said = without_values(f"<{value}> and '{value}'", {name: value})

        assert said == f"<[{name}]> and '[{name}]'"


@pytest.mark.parametrize(
    "message", ['invalid sslmode value: "x"', 'definition of service "x" not found']
)
def test_a_bad_value_is_to_be_corrected_in_the_url(message: str) -> None:
    assert told(message, "sslmode=x&service=x").endswith(
        "Next step: Correct that parameter of cluster_url."
    )
