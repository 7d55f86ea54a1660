"""A refusal of a login is told from what else a server or a network says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.verdict import messages
from crdb_sso.verdict.messages import Message
from crdb_sso.verdict.told import is_refused, message_in

AT = 'connection failed: connection to server at "127.0.0.1", port 26257 failed: '
ROWS = [row for row in vars(messages).values() if isinstance(row, Message)]
VALUES = st.from_regex(r"[\w:/.-]{1,30}", fullmatch=True)


def said_of(row: Message, value: str, word: str = "FATAL") -> str:
    texts = (re.sub(r"\{\w+\}|\.\.\.", value, text) for text in (row.message, row.detail))
    return f"{AT}{word}:  " + "\nDETAIL:  ".join(filter(None, texts))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.message} {row.detail}"[:70])
@given(value=VALUES, word=st.sampled_from(["FATAL", "ERROR"]))
def test_every_known_message_is_a_refusal(row: Message, value: str, word: str) -> None:
    said = said_of(row, value, word)

    assert is_refused(said)
    found = message_in(said)
    assert found is not None
    assert found.message == row.message


@pytest.mark.parametrize(
    "row",
    [
        messages.UNKNOWN_KID,
        messages.BAD_SIGNATURE,
        messages.WRONG_TIME,
        messages.NO_KID,
        messages.WRONG_AUDIENCE,
        messages.OTHER_USER,
        messages.USER_MISSING,
        messages.NO_LOGIN,
    ],
    ids=lambda row: f"{row.message} {row.detail}"[:70],
)
def test_the_detail_decides_which_message_it_is(row: Message) -> None:
    assert message_in(said_of(row, "k1")) is row


@pytest.mark.parametrize(
    "said",
    [
        f"{AT}Connection refused\n\tIs the server running on that host?",
        f"{AT}timeout expired",
        f'{AT}FATAL:  database "shop" does not exist',
        f"{AT}FATAL:  sorry, too many clients already",
        f"{AT}FATAL:  server is not accepting clients, try another node",
        f"{AT}FATAL:  no server.host_based_authentication.configuration entry for host",
        'could not translate host name "JWT authentication: not enabled" to address',
        'root certificate file "ca.crt" does not exist',
        "",
    ],
)
def test_what_else_goes_wrong_is_no_refusal_of_a_token(said: str) -> None:
    assert not is_refused(said)
    assert message_in(said) is None


def test_a_message_of_tokens_that_nobody_knows_yet_is_a_refusal_too() -> None:
    said = f"{AT}FATAL:  JWT authentication: something new"

    assert is_refused(said)
    assert message_in(said) is None


def test_of_several_hosts_one_that_refuses_is_enough() -> None:
    said = f"{AT}Connection refused\n{AT}FATAL:  JWT authentication: not enabled"

    assert message_in(said) is messages.NOT_ENABLED
