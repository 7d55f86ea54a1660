"""What is shown of a token: header, claims and length, and no way to use it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.preview.logins.verdicts import token_lines, verdict_lines
from crdb_sso.verdict.jose.decoding import MASK, decode
from crdb_sso.verdict.jose.jws import UnreadableTokenError
from tests.emulator.token_forge import b64
from tests.unit.verdict.logins import NOW_S, token, verdict
from tests.unit.verdict.near_logins import Login, near_logins

LONGER_THAN_A_WORD = 20


def lines(text: str) -> list[str]:
    return list(token_lines(decode(text), NOW_S))


def test_a_token_is_shown_as_header_claims_length_and_end() -> None:
    sent = token({"alg": "RS256", "kid": "k", "typ": "JWT"})

    assert lines(sent) == [
        f"token of {len(sent)} characters, never shown; nothing in it has been checked",
        '  header: {"alg": "RS256", "kid": "k", "typ": "JWT"}',
        '  claim iss: "https://idp.example.com"',
        '  claim sub: "kyle"',
        '  claim aud: ["crdb"]',
        "  claim exp: 1700000600 (2023-11-14 22:23:20 +0000 UTC)",
        "  claim iat: 1700000000 (2023-11-14 22:13:20 +0000 UTC)",
        "  valid until 2023-11-14 22:23:20 +0000 UTC: ends 10 min from now",
    ]


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": NOW_S - 60}, "  expired 1 min ago"),
        ({"exp": NOW_S}, "  expired 0 s ago"),
        ({"exp": None}, "  never expires: it has no `exp`"),
        ({"nbf": NOW_S + 5}, "  not valid yet: begins 5 s from now"),
        ({"iat": NOW_S + 90}, "  not valid yet: issued 1 min 30 s from now; compare the clocks"),
    ],
)
def test_until_when_a_token_is_valid_is_said(claims, said) -> None:
    assert lines(token(**claims))[-1] == said


def test_a_token_without_kid_is_called_useless() -> None:
    said = lines(token({"alg": "RS256"}))

    assert "  no kid in the header: it selects no key, so a cluster refuses it" in said


def test_the_answer_of_a_token_endpoint_is_not_shown() -> None:
    inner = token()
    answer = json.dumps({"aud": "x", "access_token": inner, "client_secret": "s3cret"})

    shown = decode(answer)

    assert not shown.is_signed
    assert lines(answer)[1].startswith("  no signature: a cluster takes no such text")
    assert dict(shown.claims) == {"aud": MASK, "access_token": MASK, "client_secret": MASK}


def test_a_token_within_a_claim_is_masked() -> None:
    inner = token()

    shown = decode(token(act={"token": [f"Bearer {inner}"]}))

    assert shown.claims["act"] == {"token": [f"Bearer {MASK}"]}


@pytest.mark.parametrize("text", ["", "secret", "a.b", "a.b.c.d.e", "{", "Bearer a.b.c"])
def test_what_is_not_a_token_is_refused_without_repeating_it(text) -> None:
    with pytest.raises(UnreadableTokenError) as refused:
        decode(text)
    assert not text or text not in str(refused.value)


@given(near_logins)
def test_no_token_and_no_signature_is_ever_in_what_people_read(login: Login) -> None:
    sent = login.sent()
    outcome = verdict(sent)
    said = [*verdict_lines("kyle", outcome), *(f"{c.expected} {c.seen}" for c in outcome.checks)]
    with suppress(UnreadableTokenError):
        said += lines(sent)
    everything = "\n".join(said)

    secrets = [sent.strip(), *(part for part in sent.split(".") if part)]
    long = [secret for secret in secrets if len(secret) > LONGER_THAN_A_WORD]
    assert [secret for secret in long if secret in everything] == []


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.text())))
def test_every_claim_of_a_token_is_shown(more) -> None:
    claims = {"iss": "i", "aud": "a", **{f"x{name}": value for name, value in more.items()}}
    sent = f"{b64(b'{}')}.{b64(json.dumps(claims).encode())}.{b64(b'x')}"

    assert len(decode(sent).claims) == len(claims)
