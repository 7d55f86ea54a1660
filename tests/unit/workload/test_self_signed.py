"""Tokens that a workload signs itself."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.jwk import import_key

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.tokens.jwk import public_key
from crdb_sso.workload import tokens
from tests.unit.workload.token_texts import VirtualClock

ISSUER = "https://keys.example.com/shop"


def pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


RSA = pem(rsa.generate_private_key(65537, 2048))
P256 = pem(ec.generate_private_key(ec.SECP256R1()))
P384 = pem(ec.generate_private_key(ec.SECP384R1()))
ED25519 = pem(ed25519.Ed25519PrivateKey.generate())
WEAK = pem(rsa.generate_private_key(65537, 1024))  # noqa: S505 - to be refused


def jwk(text: str, **members: str) -> str:
    return json.dumps({**import_key(text, "EC").as_dict(private=True), **members})


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "key"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("key", "kind", "algorithm"),
    [
        pytest.param(RSA, "RSA", "RS256", id="RSA"),
        pytest.param(P256, "EC", "ES256", id="P-256"),
        pytest.param(P384, "EC", "ES384", id="P-384"),
        pytest.param(ED25519, "OKP", "EdDSA", id="Ed25519"),
    ],
)
@pytest.mark.filterwarnings("ignore:EdDSA")  # has a newer name, which CockroachDB does not know
def test_the_public_key_verifies_it_and_its_kid_is_the_thumbprint(
    tmp_path: Path, key: str, kind: Any, algorithm: str
) -> None:
    clock = VirtualClock()
    source = tokens.self_signed(
        ISSUER, "orders", "crdb", key_file=written(tmp_path, key), clock=clock
    )
    token = source.token()

    public = import_key(key, kind)
    read = jwt.decode(token.value, public, algorithms=[algorithm])
    assert read.header == {"typ": "JWT", "alg": algorithm, "kid": public.thumbprint()}
    assert read.claims == {
        "iss": ISSUER,
        "sub": "orders",
        "aud": "crdb",
        "iat": clock() - 30,
        "exp": clock() + 300,
    }
    assert token.expires_at == clock() + 300
    assert public_key({**public.as_dict(private=False), "kid": public.thumbprint()})


def test_a_jwk_says_its_own_kid(tmp_path: Path) -> None:
    file = written(tmp_path, jwk(P256, kid="2026-a"))

    token = tokens.self_signed(ISSUER, "orders", "crdb", key_file=file).token()

    assert jwt.decode(token.value, import_key(P256, "EC")).header["kid"] == "2026-a"


def test_the_key_is_read_for_each_token_so_that_it_can_be_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock()
    monkeypatch.setenv("SIGNING_KEY", P256)
    from_env = tokens.self_signed(ISSUER, "o", "crdb", key_env="SIGNING_KEY", clock=clock)
    file = written(tmp_path, P256)
    by_command = tokens.self_signed(
        ISSUER, "o", "crdb", key_command=f"cat {shlex.quote(str(file))}", clock=clock
    )
    for source in (from_env, by_command):
        jwt.decode(source.token().value, import_key(P256, "EC"))

    clock.go_on(290)
    monkeypatch.setenv("SIGNING_KEY", RSA)
    file.write_text(RSA)

    for source in (from_env, by_command):
        jwt.decode(source.token().value, import_key(RSA, "RSA"))


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        pytest.param("no key", "can't be read: ValueError", id="not a key"),
        pytest.param("", "the private key is empty", id="empty"),
        pytest.param("{", "can't be read: JSONDecodeError", id="broken JSON"),
        pytest.param('{"kty":"oct","k":"c2VjcmV0"}', "it is not a private key", id="symmetric"),
        pytest.param(WEAK, "1024 bits", id="too short"),
    ],
)
def test_a_key_that_can_not_sign_is_refused_without_repeating_it(
    tmp_path: Path, key: str, reason: str
) -> None:
    source = tokens.self_signed(ISSUER, "o", "crdb", key_file=written(tmp_path, key))

    with pytest.raises(TokenUnavailable, match=reason) as caught:
        source.token()

    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_public_key_is_not_enough(tmp_path: Path) -> None:
    public = json.dumps(import_key(P256, "EC").as_dict(private=False))

    with pytest.raises(TokenUnavailable, match="it is not a private key"):
        tokens.self_signed(ISSUER, "o", "crdb", key_file=written(tmp_path, public)).token()


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    with pytest.raises(TokenUnavailable, match=r"can't read the private key from .*absent"):
        tokens.self_signed(ISSUER, "o", "crdb", key_file=absent).token()
    with pytest.raises(TokenUnavailable, match="ABSENT_KEY is not set"):
        tokens.self_signed(ISSUER, "o", "crdb", key_env="ABSENT_KEY").token()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: tokens.self_signed(ISSUER, "o", "a"), id="no key"),
        pytest.param(
            lambda: tokens.self_signed(ISSUER, "o", "a", key_file="k", key_env="K"), id="two keys"
        ),
        pytest.param(
            lambda: tokens.self_signed(ISSUER, "o", "a", key_file="k", lifetime_s=0), id="no life"
        ),
        pytest.param(
            lambda: tokens.self_signed(ISSUER, "o", "a", key_file="k", lifetime_s=10**6),
            id="too long a life",
        ),
        pytest.param(lambda: tokens.self_signed(ISSUER, "\ud800", "a", key_file="k"), id="half"),
        pytest.param(
            lambda: tokens.self_signed(ISSUER, "o", "a", key_file="k", claims={"x": {1}}),
            id="a claim that is not JSON",
        ),
        pytest.param(
            lambda: tokens.self_signed(ISSUER, "o", "a", key_file="k", claims={"x": float("nan")}),
            id="a claim that is not a number",
        ),
        pytest.param(lambda: tokens.self_signed("a b", "o", "a", key_file="k"), id="no issuer"),
    ],
)
def test_what_can_not_work_is_refused_at_once(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        make()
