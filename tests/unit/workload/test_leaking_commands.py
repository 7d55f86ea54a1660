"""A command that fails does not get a secret into an error, whatever it says."""

import json
import shlex
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from crdb_sso.workload.tokens.token import without_secrets

PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
JWK = ECKey.generate_key("P-256").as_dict(private=True)
D = str(JWK["d"])


def leaking(tmp_path: Path, secret: str) -> str:
    """A command that tells its secret to standard error, and fails."""
    (tmp_path / "secret").write_text(secret)
    script = f"cat {shlex.quote(str(tmp_path / 'secret'))} >&2; exit 3"
    return f"sh -c {shlex.quote(script)}"


@pytest.mark.parametrize("secret", [PEM, json.dumps(JWK), "hunter2 opaque"])
def test_a_command_that_gives_a_secret_is_not_quoted(tmp_path: Path, secret: str) -> None:
    command = leaking(tmp_path, secret)
    sources = (
        tokens.self_signed("https://i.example", "o", "crdb", key_command=command),
        tokens.client_credentials("https://127.0.0.1:1/t", "me", private_key_command=command),
    )
    for source in sources:
        with pytest.raises(TokenUnavailable) as caught:
            source.token()

        assert "ended with 3; what it says is not shown, as " in str(caught.value)
        assert "private key may be in it" in str(caught.value)
        assert not any(word in str(caught.value) for word in secret.split() if len(word) > 6)


@pytest.mark.parametrize("secret", [PEM, json.dumps(JWK), repr(JWK), json.dumps(json.dumps(JWK))])
def test_a_key_stays_out_of_what_a_token_command_says(tmp_path: Path, secret: str) -> None:
    with pytest.raises(TokenUnavailable) as caught:
        tokens.command(leaking(tmp_path, f"+ sign: {secret} is bad")).token()

    assert "ended with 3: + sign: " in str(caught.value)
    assert "[secret]" in str(caught.value)
    assert D not in str(caught.value)
    assert PEM.splitlines()[1] not in str(caught.value)


@given(st.integers(0, len(PEM) - 40), st.sampled_from([str, repr, json.dumps]))
def test_no_key_stays_in_a_foreign_text_when_its_begin_or_end_is_cut_off(
    cut: int, quoted: type[str]
) -> None:
    body = PEM.splitlines()[2]
    begun, ended = quoted(PEM)[: len(PEM) - cut], quoted(PEM)[cut:]

    assert body[:16] not in without_secrets(f"it says: {begun}")
    assert body[-16:] not in without_secrets(f"it says: {ended}")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("grant_type=x&client_secret=hunter2&a=b", "grant_type=x&client_secret=[secret]&a=b"),
        ('{"access_token": "abc.def", "a": 1}', '{"access_token": "[secret]", "a": 1}'),
        ("{'refresh_token': 'abc'}", "{'refresh_token': '[secret]'}"),
        ("the client_secret is wrong", "the client_secret is wrong"),
        ('{"kid": "d", "x": "AAAAAAAAAAAA"}', '{"kid": "d", "x": "AAAAAAAAAAAA"}'),
        ("-----BEGIN PUBLIC KEY-----\nAA", "-----BEGIN PUBLIC KEY-----\nAA"),
    ],
)
def test_what_is_named_as_a_secret_is_left_out_and_nothing_else(said: str, shown: str) -> None:
    assert without_secrets(said) == shown
