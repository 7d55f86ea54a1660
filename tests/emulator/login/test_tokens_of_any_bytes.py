"""Whatever bytes a client sends as a token, it is let in or told why not."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import text_of
from dev.emulator.jose.tokens import read_unverified
from dev.emulator.login.groups import groups_in
from dev.emulator.login.token_check_orders import identify, judge_collapsed, vouched_claims
from dev.emulator.login.token_checks import JwtSettings, judge
from dev.emulator.sqlerror import SqlError
from dev.emulator.wire.messages import Notice, error_message
from tests.contract.raw_login import Address, knock
from tests.emulator.embedded import running
from tests.emulator.login.any_tokens import ANY_TOKENS, CLAIM_NAMES
from tests.emulator.token_forge import CLAIMS, ISSUER, NOW, b64, jwks, oct_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.raw_login import Answer

JWT = "server.jwt_authentication."
TRUSTING = JwtSettings(
    enabled=True,
    jwks=jwks(oct_pair().jwk(alg="HS256")),
    issuers=ISSUER,
    audience="crdb",
    claim="",
    identity_map="",
)
JUDGES: list[Callable[[JwtSettings, str], object]] = [
    lambda found, token: judge(found, token, "kyle", NOW),
    lambda found, token: judge_collapsed(found, token, "kyle", NOW),
    lambda found, token: identify(found, token, "kyle"),
    vouched_claims,
]


def told(act: Callable[[], object]) -> dict[str, str]:
    """Return what the client of a refused login reads; nothing if it gets in."""
    try:
        act()
    except SqlError as refused:
        return Notice.parse(error_message(refused).body).fields
    return {}


@settings(max_examples=300)
@given(ANY_TOKENS, st.sampled_from(CLAIM_NAMES), st.sampled_from(["", f"{ISSUER} /^(.*)$ \\1"]))
def test_every_judge_refuses_in_text_or_accepts(raw: bytes, claim: str, identity_map: str) -> None:
    token = text_of(raw)
    for issuers in (ISSUER, ""):
        changed = replace(TRUSTING, claim=claim, identity_map=identity_map, issuers=issuers)
        for judged in JUDGES:
            fields = told(partial(judged, changed, token))
            assert not fields or fields["C"] == "28000"
            assert not fields or fields["M"].startswith("JWT authentication: ")


@settings(max_examples=200)
@given(ANY_TOKENS)
def test_groups_of_any_token_are_texts_or_refused(raw: bytes) -> None:
    try:
        claims = read_unverified(text_of(raw))
        groups = [groups_in(value) for name, value in claims.values.items() if name == "groups"]
    except GoError as refused:
        str(refused).encode()
    else:
        assert all(group.encode() for listed in groups for group in listed)


NOT_TEXT = [
    pytest.param(
        f"{b64(bytes([0xFF, 0xFE]))}.e30.eA",
        "token parsing failed: invalid jws message: failed to parse JOSE headers: "
        "invalid character 'ÿ' looking for beginning of value",
        id="a header that is not UTF-8",
    ),
    pytest.param(
        f"{b64(b'{' + bytes([0x80]))}.e30.eA",
        "token parsing failed: invalid jws message: failed to parse JOSE headers: "
        r"invalid character '\u0080' looking for beginning of object key string",
        id="a header that goes on like that",
    ),
    pytest.param(
        oct_pair().token(bytes([0x7B, 0xC3, 0xA9])),
        "token parsing failed: failed to parse token: "
        "invalid character 'Ã' looking for beginning of object key string",
        id="claims after a letter of two bytes",
    ),
    pytest.param(
        oct_pair().token(b'{"iss":"\xff\xfe"}'),
        "token issued by \ufffd\ufffd",
        id="an issuer that is not UTF-8",
    ),
    pytest.param(
        oct_pair().token('{"iss":"a\\ud800b"}'),
        "token issued by a\ufffdb",
        id="half of a surrogate pair",
    ),
    pytest.param(
        oct_pair().token('{"iss":"a\\u0000Mforged"}'),
        "token issued by a",
        id="a NUL ends what the client reads",
    ),
    pytest.param(
        oct_pair().token(header=b'{"kid":"\xff"}'),
        'unable to parse token: key provider 0 failed: failed to find key with key ID "\ufffd" in '
        "key set",
        id="a kid that is not UTF-8",
    ),
    pytest.param(
        oct_pair().token('{"exp":1e400}'),
        "token parsing failed: failed to parse token: failed to decode value for key exp: "
        "json: cannot unmarshal number 1e400 into Go value of type float64",
        id="a number beyond every time",
    ),
    pytest.param(
        oct_pair().token('{"x":' + "[" * 10_000),
        "token parsing failed: failed to parse token: exceeded max depth",
        id="lists without end",
    ),
]


@pytest.mark.parametrize(("token", "detail"), NOT_TEXT)
def test_the_detail_is_text(token: str, detail: str) -> None:
    fields = told(lambda: judge(TRUSTING, token, "kyle", NOW))
    assert fields["M"].startswith("JWT authentication: invalid ")
    assert fields["D"] == detail


@pytest.mark.parametrize(
    ("opening", "closing", "shown"),
    [("[", "]", "[" * 246 + "]" * 246), ('{"a":', "}", "map[a:" * 245 + "map[]" + "]" * 245)],
    ids=["lists", "objects"],
)
def test_a_deeply_nested_claim_is_printed(opening: str, closing: str, shown: str) -> None:
    last = "{}" if closing == "}" else "[]"
    claim = f'{{"iss":"{ISSUER}","x":{{"y":{opening * 245}{last}{closing * 245}}}}}'
    by_x = replace(TRUSTING, claim="x")
    fields = told(lambda: identify(by_x, oct_pair().token(claim), "kyle"))
    assert fields["D"] == f"token issued for [map[y:{shown}]] and login was for kyle"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes], Answer]]:
    """Sends a token to a cluster that trusts the issuer; the cluster may log nothing."""
    with running(tmp_path_factory.mktemp("door")) as cluster:
        with cluster.connect() as root:
            root.execute("CREATE USER kyle")
            for name, value in {
                "jwks": TRUSTING.jwks,
                "issuers.configuration": f'["{ISSUER}",""]',
                "audience": "crdb",
            }.items():
                root.execute(f"SET CLUSTER SETTING {JWT}{name} = '{value}'".encode())
            root.execute(f"SET CLUSTER SETTING {JWT}enabled = true".encode())
        tls = ssl.create_default_context(cafile=cluster.ready["ca_cert"])
        address = Address("localhost", cluster.ready["port"], tls)
        start = {"user": "kyle", "options": "--crdb:jwt_auth_enabled=true"}
        yield lambda token: knock(address, start, token)


@pytest.mark.parametrize(("token", "detail"), NOT_TEXT)
def test_the_client_reads_it(door: Callable[[bytes], Answer], token: str, detail: str) -> None:
    answer = door(token.encode())
    assert (answer.sqlstate, answer.detail) == ("28000", detail)
    assert (answer.message or "").startswith("JWT authentication: invalid ")


def test_a_good_token_is_let_in(door: Callable[[bytes], Answer]) -> None:
    assert door(oct_pair().token(CLAIMS).encode()).admitted


@settings(max_examples=60)
@given(ANY_TOKENS)
def test_a_connection_always_ends_with_an_answer(
    door: Callable[[bytes], Answer], raw: bytes
) -> None:
    answer = door(raw)
    assert answer.admitted or (answer.message, answer.sqlstate) != (None, None)
