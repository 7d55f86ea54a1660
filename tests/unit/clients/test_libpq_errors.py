"""No value of cluster_url is repeated, but what must be known to find the fault."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.clients.connection import check_cluster_url
from crdb_sso.clients.libpq_errors import explained, without_values

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
