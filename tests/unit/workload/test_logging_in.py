"""What a server said as it refused a login, out of what the driver says."""

import psycopg
import pytest

from crdb_sso.workload.logging_in import words_of_server

AT = 'connection to server at "127.0.0.1", port 26257 failed: '
WORDS = "JWT authentication: invalid audience"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(f"connection failed: {AT}FATAL:  {WORDS}", WORDS, id="one address"),
        pytest.param(f"{AT}FATAL:  {WORDS}\n{AT}FATAL:  {WORDS}\n", WORDS, id="two of them"),
        pytest.param(f"{AT}ERROR:  no\nDETAIL:  why", "no, why", id="with a detail"),
        pytest.param(f"{AT}Connection refused\n\tIs it running?", "", id="nobody answered"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_the_words_of_the_server_are_found(said: str, expected: str) -> None:
    assert words_of_server(psycopg.OperationalError(said)) == expected
